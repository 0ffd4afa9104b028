"""Mistral's and DeepSeek's models.

Mistral: prices https://mistral.ai/pricing/api and sizes https://docs.mistral.ai/models as genai-prices 0.2.3 has
them, in agreement with litellm 1.110.2, which has the retirement (2026-11-24). A write is billed as input, of the
smallest cached prefix nothing is said: https://docs.mistral.ai/inference/conversations/advanced/prompt-caching
(2026-11-24).
DeepSeek: sizes https://api-docs.deepseek.com/quick_start/pricing as both have them (2026-11-24). Its prices depend on
the hour, so no one price is said here; set what holds for your traffic under prices: in promptkit.yaml.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from promptkit.pricing.facts import Quote
from promptkit.pricing.overlay.rows import of

_mistral = partial(
    Quote, provider="mistral", source="https://mistral.ai/pricing/api", checked=date(2026, 11, 24), tiers=()
)
_deepseek = partial(Quote, provider="deepseek", context_window=1_000_000, max_output_tokens=393_216)

QUOTES = {
    "mistral-large-4-0": _mistral(
        prices=of("0.70 0.07 input 2.10"), batch=of("0.35 0.035 input 1.05"), context_window=1_048_576
    ),
    "mistral-large-2512": _mistral(
        prices=of("0.50 0.05 input 1.50"),
        batch=of("0.25 0.025 input 0.75"),
        context_window=262_144,
        retires=date(2027, 4, 30),
    ),
    "mistral-medium-2604": _mistral(
        prices=of("1.50 0.15 input 7.50"), batch=of("0.75 0.075 input 3.75"), context_window=262_144
    ),
    "mistral-small-2603": _mistral(
        prices=of("0.15 0.015 input 0.60"), batch=of("0.075 0.0075 input 0.30"), context_window=262_144
    ),
    "ministral-3b-2512": _mistral(
        prices=of("0.10 0.01 input 0.10"), batch=of("0.05 0.005 input 0.05"), context_window=131_072
    ),
    "ministral-8b-2512": _mistral(
        prices=of("0.15 0.015 input 0.15"), batch=of("0.075 0.0075 input 0.075"), context_window=262_144
    ),
    "ministral-14b-2512": _mistral(
        prices=of("0.20 0.02 input 0.20"), batch=of("0.10 0.01 input 0.10"), context_window=262_144
    ),
    "codestral-2508": _mistral(prices=of("0.30 0.03 input 0.90"), batch=of("0.15 0.015 input 0.45")),
    "deepseek-flash": _deepseek(),
    "deepseek-v4-flash": _deepseek(),
    "deepseek-v4-pro": _deepseek(),
}

ALIASES = {
    "mistral-large-4": "mistral-large-4-0",
    "mistral-medium-3-5": "mistral-medium-2604",
    "mistral-medium-3.5": "mistral-medium-2604",
    "mistral-medium-latest": "mistral-medium-2604",
    "mistral-small-latest": "mistral-small-2603",
}
