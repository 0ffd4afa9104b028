"""Google's models, at the Gemini API.

Prices: https://ai.google.dev/gemini-api/docs/pricing as genai-prices 0.2.3 has them, in agreement with litellm
1.110.2 wherever that has a rate (2026-11-24); where the two differ about batches, or one is silent, nothing is said
of them. Implicit caches: a write is billed as input and nothing is stored.
Sizes and retirement: the same page as litellm 1.110.2 has it (2026-11-24).
Smallest cached prefix: https://ai.google.dev/gemini-api/docs/caching (2026-11-24). The step of a longer one is not
said.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from promptkit.pricing.facts import Quote
from promptkit.pricing.overlay.rows import of

_quote = partial(
    Quote,
    provider="google",
    source="https://ai.google.dev/gemini-api/docs/pricing",
    checked=date(2026, 11, 24),
    context_window=1_048_576,
    max_output_tokens=65_536,
    tiers=(),
)
_gemini_2_5 = partial(_quote, cache_minimum=2048, retires=date(2026, 12, 1))
_gemini_3 = partial(_quote, cache_minimum=4096)

QUOTES = {
    "gemini-2.5-flash-lite": _quote(prices=of("0.10 0.01 input 0.40"), batch=of("0.05 0.01 input 0.20")),
    "gemini-2.5-flash": _gemini_2_5(prices=of("0.30 0.03 input 2.50"), batch=of("0.15 0.03 input 1.25")),
    "gemini-2.5-pro": _gemini_2_5(
        prices=of("1.25 0.125 input 10"),
        batch=of("0.625 0.125 input 5"),
        tiers=((200_000, of("2.50 0.25 input 15"), of("1.25 0.25 input 7.50")),),
    ),
    "gemini-3.1-flash-lite": _quote(
        prices=of("0.25 0.025 input 1.50"), batch=of("0.125 0.0125 input 0.75"), retires=date(2027, 5, 7)
    ),
    "gemini-3.1-pro-preview": _gemini_3(
        prices=of("2 0.20 input 12"),
        batch=of("1 0.20 input 6"),
        tiers=((200_000, of("4 0.40 input 18"), of("2 0.40 input 9")),),
    ),
    "gemini-3.5-flash-lite": _quote(prices=of("0.30 0.03 input 2.50"), batch=of("0.15 - - 1.25")),
    "gemini-3.5-flash": _gemini_3(prices=of("1.50 0.15 input 9")),
    "gemini-3.6-flash": _gemini_3(prices=of("0.75 0.075 input 3.75"), batch=of("0.375 0.0375 input 1.875")),
    "gemini-3.7-flash": _gemini_3(prices=of("0.75 0.075 input 3.75")),
    "gemini-3.8-flash": _gemini_3(prices=of("0.75 0.075 input 3.75"), batch=of("0.375 0.0375 input 1.875")),
    "gemini-4-argon": _gemini_3(prices=of("2 0.10 input 10"), batch=of("1 0.05 input 5"), max_output_tokens=1_048_576),
}

ALIASES: dict[str, str] = {}
