"""Anthropic's models.

Prices: https://platform.claude.com/docs/en/about-claude/pricing as genai-prices 0.2.3 has them, in agreement with
litellm 1.110.2 wherever that has a rate (2026-11-24); a write is the five-minute one.
Sizes, smallest cached prefix and retirement: https://platform.claude.com/docs/en/about-claude/models/overview and
https://platform.claude.com/docs/en/about-claude/model-deprecations as litellm 1.110.2 has them (2026-11-24). A
breakpoint ends the prefix at any token.
Reasoning: from Claude 5 on models think unless told not to,
https://platform.claude.com/docs/en/models/sonnet-5-5/overview; before, only when asked,
https://docs.apiyi.com/en/live/2026-11/claude-thinking-guide-refresh (2026-11-24).
"""

from __future__ import annotations

from datetime import date
from functools import partial

from promptkit.pricing.facts import Quote
from promptkit.pricing.overlay.rows import of

_quote = partial(
    Quote,
    provider="anthropic",
    source="https://platform.claude.com/docs/en/about-claude/pricing",
    checked=date(2026, 11, 24),
    cache_step=1,
    tiers=(),
)
_claude_4_5 = partial(_quote, context_window=200_000, max_output_tokens=64_000, reasons=False)
_claude_4 = partial(_quote, context_window=1_000_000, max_output_tokens=128_000, reasons=False)
_claude_5 = partial(_quote, context_window=1_000_000, max_output_tokens=128_000, cache_minimum=512, reasons=True)

_OPUS = of("5 0.50 6.25 25")
_OPUS_BATCH = of("2.50 0.25 3.125 12.50")
_SONNET_4 = of("3 0.30 3.75 15")
_SONNET_4_BATCH = of("1.50 0.15 1.875 7.50")

QUOTES = {
    "claude-haiku-4-5": _claude_4_5(prices=of("1 0.10 1.25 5"), batch=of("0.50 0.05 0.625 2.50"), cache_minimum=4096),
    "claude-haiku-5-5": _claude_5(
        prices=of("0.10 0.01 0.125 0.50"),
        batch=of("0.05 0.005 0.0625 0.25"),
        tiers=((100_000, of("0.50 0.05 0.625 2.50"), of("0.25 0.025 0.3125 1.25")),),
    ),
    "claude-sonnet-4-5": _claude_4_5(
        prices=_SONNET_4, batch=_SONNET_4_BATCH, cache_minimum=1024, retires=date(2026, 11, 30)
    ),
    "claude-sonnet-4-6": _claude_4(prices=_SONNET_4, batch=_SONNET_4_BATCH, cache_minimum=1024),
    "claude-sonnet-5": _claude_5(prices=of("2 0.20 2.50 10"), batch=of("1 0.10 1.25 5"), cache_minimum=1024),
    "claude-sonnet-5-5": _claude_5(prices=of("2 0.10 2.50 10"), batch=of("1 0.05 1.25 5")),
    "claude-opus-4-5": _claude_4_5(prices=_OPUS, batch=_OPUS_BATCH, cache_minimum=4096),
    "claude-opus-4-6": _claude_4(prices=_OPUS, batch=_OPUS_BATCH, cache_minimum=4096),
    "claude-opus-4-7": _claude_4(prices=_OPUS, batch=_OPUS_BATCH, cache_minimum=2048),
    "claude-opus-4-8": _claude_4(prices=_OPUS, batch=_OPUS_BATCH, cache_minimum=1024),
    "claude-opus-5": _claude_5(prices=_OPUS, batch=_OPUS_BATCH),
    "claude-opus-5-5": _claude_5(prices=of("4 0.20 5 20"), batch=of("2 0.10 2.50 10")),
    "claude-fable-5": _claude_5(prices=of("10 1 12.50 50"), batch=of("5 0.50 6.25 25")),
    "claude-fable-5-1": _claude_5(prices=of("10 0.25 12.50 50"), batch=of("5 0.125 6.25 25")),
}

ALIASES = {
    "claude-haiku-4-5-20251001": "claude-haiku-4-5",
    "claude-sonnet-4-5-20250929": "claude-sonnet-4-5",
    "claude-opus-4-5-20251101": "claude-opus-4-5",
    "claude-opus-4-6-20260205": "claude-opus-4-6",
    "claude-opus-4-7-20260416": "claude-opus-4-7",
}
