"""OpenAI's models.

Prices: https://developers.openai.com/api/docs/pricing as genai-prices 0.2.3 has them, in agreement with litellm
1.110.2 wherever that has a rate (2026-11-24). Where the page's batch table names no cached input, the standard rate
stands, as there.
Sizes: https://developers.openai.com/api/docs/models as those two have them (2026-11-24).
Retirement: https://developers.openai.com/api/docs/deprecations as litellm 1.110.2 has it (2026-11-24).
Caching: https://developers.openai.com/api/docs/guides/prompt-caching (2026-11-24): from 1,024 tokens on, before
GPT-5.6 in steps of 128 and written at no charge; from GPT-5.6 on, a breakpoint may end the prefix at any token.
Reasoning: models before GPT-5.1 reason by default, GPT-5.1 and 5.2 do not,
https://learn.microsoft.com/en-us/javascript/api/@azure/ai-projects/reasoningeffort and
https://docs.rs/openai-tools/3.0.0 (2026-11-24); of later ones nothing is said.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from promptkit.pricing.facts import Quote
from promptkit.pricing.overlay.rows import of

_quote = partial(
    Quote,
    provider="openai",
    source="https://developers.openai.com/api/docs/pricing",
    checked=date(2026, 11, 24),
    cache_minimum=1024,
)
_stepped = partial(_quote, cache_step=128, tiers=())
_chat = partial(_stepped, reasons=False)
_gpt_4o = partial(_chat, context_window=128_000, max_output_tokens=16_384, retires=date(2027, 1, 14))
_gpt_4_1 = partial(_chat, context_window=1_047_576, max_output_tokens=32_768, retires=date(2027, 1, 14))
_gpt_5 = partial(_stepped, context_window=400_000, max_output_tokens=128_000)
_gpt_5_0 = partial(_gpt_5, reasons=True, retires=date(2026, 12, 11))
_o = partial(_stepped, context_window=200_000, max_output_tokens=100_000, reasons=True)
_long = partial(_quote, context_window=1_050_000, max_output_tokens=128_000, cache_step=1)

QUOTES = {
    "gpt-4o": _gpt_4o(prices=of("2.50 1.25 input 10"), batch=of("1.25 1.25 input 5")),
    "gpt-4o-mini": _gpt_4o(prices=of("0.15 0.075 input 0.60"), batch=of("0.075 0.075 input 0.30")),
    "gpt-4.1": _gpt_4_1(prices=of("2 0.50 input 8"), batch=of("1 0.50 input 4")),
    "gpt-4.1-mini": _gpt_4_1(prices=of("0.40 0.10 input 1.60"), batch=of("0.20 0.10 input 0.80")),
    "gpt-4.1-nano": _gpt_4_1(
        prices=of("0.10 0.025 input 0.40"), batch=of("0.05 0.025 input 0.20"), retires=date(2026, 10, 23)
    ),
    "gpt-5": _gpt_5_0(prices=of("1.25 0.125 input 10"), batch=of("0.625 0.0625 input 5")),
    "gpt-5-mini": _gpt_5_0(prices=of("0.25 0.025 input 2"), batch=of("0.125 0.0125 input 1")),
    "gpt-5-nano": _gpt_5_0(prices=of("0.05 0.005 input 0.40"), batch=of("0.025 0.0025 input 0.20")),
    "gpt-5.1": _gpt_5(
        prices=of("1.25 0.125 input 10"), batch=of("0.625 0.0625 input 5"), reasons=False, retires=date(2027, 4, 1)
    ),
    "gpt-5.2": _gpt_5(prices=of("1.75 0.175 input 14"), batch=of("0.875 0.0875 input 7"), reasons=False),
    "gpt-5.4": _long(
        prices=of("2.50 0.25 input 15"),
        batch=of("1.25 0.13 input 7.50"),
        tiers=((272_000, of("5 0.50 input 22.50"), of("2.50 0.25 input 11.25")),),
        cache_step=128,
    ),
    "gpt-5.4-mini": _gpt_5(prices=of("0.75 0.075 input 4.50"), batch=of("0.375 0.0375 input 2.25")),
    "gpt-5.4-nano": _gpt_5(
        prices=of("0.20 0.02 input 1.25"), batch=of("0.10 0.01 input 0.625"), retires=date(2027, 4, 1)
    ),
    "gpt-5.5": _long(
        prices=of("5 0.50 input 30"),
        batch=of("2.50 0.25 input 15"),
        tiers=((272_000, of("10 1 input 45"), of("5 0.50 input 22.50")),),
        cache_step=128,
    ),
    "gpt-5.6-sol": _long(
        prices=of("4 0.40 5 20"),
        batch=of("2 0.20 2.50 10"),
        tiers=((272_000, of("8 0.80 10 30"), of("4 0.40 5 15")),),
    ),
    "gpt-5.6-terra": _long(
        prices=of("2 0.20 2.50 12"),
        batch=of("1 0.10 1.25 6"),
        tiers=((272_000, of("4 0.40 5 18"), of("2 0.20 2.50 9")),),
    ),
    "gpt-5.6-luna": _long(
        prices=of("0.20 0.02 0.25 1.20"),
        batch=of("0.10 0.01 0.125 0.60"),
        tiers=((272_000, of("0.40 0.04 0.50 1.80"), of("0.20 0.02 0.25 0.90")),),
    ),
    "gpt-6-astra": _long(
        prices=of("10 1 12.50 50"),
        batch=of("5 0.50 6.25 25"),
        tiers=((272_000, of("20 2 25 75"), of("10 1 12.50 37.50")),),
    ),
    "gpt-6-sol": _long(
        prices=of("2 0.20 2.50 10"),
        batch=of("1 0.10 1.25 5"),
        tiers=((272_000, of("4 0.40 5 15"), of("2 0.20 2.50 7.50")),),
    ),
    "gpt-6-luna": _long(
        prices=of("0.10 0.01 0.125 0.50"),
        batch=of("0.05 0.005 0.0625 0.25"),
        tiers=((272_000, of("0.20 0.02 0.25 0.75"), of("0.10 0.01 0.125 0.375")),),
    ),
    "gpt-6.1-sol": _long(
        prices=of("2 0.10 2.50 10"),
        batch=of("1 0.05 1.25 5"),
        tiers=((272_000, of("4 0.20 5 15"), of("2 0.10 2.50 7.50")),),
    ),
    "gpt-6.1-terra": _long(
        prices=of("1 0.05 1.25 5"),
        batch=of("0.50 0.025 0.625 2.50"),
        tiers=((272_000, of("2 0.10 2.50 7.50"), of("1 0.05 1.25 3.75")),),
    ),
    "o1": _o(prices=of("15 7.50 input 60"), batch=of("7.50 7.50 input 30"), retires=date(2026, 10, 23)),
    "o3": _o(prices=of("2 0.50 input 8"), batch=of("1 0.50 input 4"), retires=date(2026, 12, 11)),
    "o3-mini": _o(prices=of("1.10 0.55 input 4.40"), batch=of("0.55 0.55 input 2.20"), retires=date(2026, 10, 23)),
    "o4-mini": _o(prices=of("1.10 0.275 input 4.40"), batch=of("0.55 0.275 input 2.20"), retires=date(2026, 10, 23)),
}

# Names for the same model at the same price: the dated snapshots that the page of prices lists with it.
ALIASES = {
    "gpt-4o-2024-08-06": "gpt-4o",
    "gpt-4o-2024-11-20": "gpt-4o",
    "gpt-4o-mini-2024-07-18": "gpt-4o-mini",
    "gpt-4.1-2025-04-14": "gpt-4.1",
    "gpt-4.1-mini-2025-04-14": "gpt-4.1-mini",
    "gpt-4.1-nano-2025-04-14": "gpt-4.1-nano",
    "gpt-5-2025-08-07": "gpt-5",
    "gpt-5-mini-2025-08-07": "gpt-5-mini",
    "gpt-5-nano-2025-08-07": "gpt-5-nano",
    "gpt-5.1-2025-11-13": "gpt-5.1",
    "gpt-5.2-2025-12-11": "gpt-5.2",
    "gpt-5.4-2026-03-05": "gpt-5.4",
    "gpt-5.4-mini-2026-03-17": "gpt-5.4-mini",
    "gpt-5.4-nano-2026-03-17": "gpt-5.4-nano",
    "gpt-5.5-2026-04-23": "gpt-5.5",
    "o1-2024-12-17": "o1",
    "o3-2025-04-16": "o3",
    "o3-mini-2025-01-31": "o3-mini",
    "o4-mini-2025-04-16": "o4-mini",
}
