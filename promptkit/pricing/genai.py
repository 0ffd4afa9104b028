"""What the genai-prices package says of a model, if it is installed: taken only where it means exactly that model.

genai-prices finds a model by equality, prefix, substring or regular expression, and does not say by which: its rule for
one model can take in the name of another. So a name counts here only where it is written out in the data, or is an id
there with a date or `-latest` behind it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from promptkit.pricing.facts import INPUT, Price, Quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from genai_prices.types import ModelInfo, ModelPrice

# Providers as names spell them (promptkit.modelnames), as genai-prices 0.2.3 calls them; others are unknown.
_PROVIDERS: Final = {
    "amazon": "aws", "anthropic": "anthropic", "azure": "azure", "azure_ai": "azure", "bedrock": "aws",
    "cerebras": "cerebras", "cohere": "cohere", "databricks": "databricks", "deepseek": "deepseek",
    "fireworks_ai": "fireworks", "gemini": "google", "github_copilot": "github-copilot", "google": "google",
    "groq": "groq", "minimax": "minimax", "mistral": "mistral", "moonshot": "moonshotai", "openai": "openai",
    "openrouter": "openrouter", "perplexity": "perplexity", "together_ai": "together", "vertex_ai": "google",
    "x-ai": "x-ai", "xai": "x-ai", "zai": "zai",
}  # fmt: skip
_FIELDS: Final = {
    "input": "input_mtok",
    "cached_input": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "output": "output_mtok",
}
_DATED = re.compile(r"[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)")
_DATE = re.compile(r"\b(20\d{2}-\d{2}-\d{2})\b")
_BATCH: Final = {"processing": "batch"}


def quote(provider: str, names: Iterable[str], on: date) -> Quote | None:
    """What it says of the first of these names that it knows, at this provider; None where it is not installed."""
    try:
        from genai_prices.data_snapshot import get_snapshot  # here: optional, and it loads an HTTP client
    except ImportError:
        return None
    found = next((one for one in get_snapshot().providers if one.id == _PROVIDERS.get(provider)), None)
    model = None if found is None else next((one for name in names if (one := _named(found.models, name))), None)
    return None if found is None or model is None else _quote(model, (found.pricing_urls or [""])[0], on)


def _named(models: Iterable[ModelInfo], name: str) -> ModelInfo | None:
    """The model that this name is written out for, else the one whose id it is with a date behind."""
    models = tuple(models)
    name = name.lower()
    for model in models:
        if name == model.id.lower() or name in _written_out(model.match):
            return model
    return next((one for one in models if one.is_match(name) and _is_dated(name, one.id.lower())), None)


def _is_dated(name: str, known: str) -> bool:
    return name.startswith(known) and _DATED.fullmatch(name[len(known) :]) is not None


def _written_out(clause: Any) -> frozenset[str]:
    """The names that a rule takes by equality, any one of them being enough."""
    if hasattr(clause, "equals"):
        return frozenset({clause.equals.lower()})
    return frozenset(name for one in getattr(clause, "or_", ()) for name in _written_out(one))


def _quote(model: ModelInfo, url: str, on: date) -> Quote:
    at = datetime.combine(on, time(12), tzinfo=UTC)
    steady = not any(hasattr(one.constraint, "start_time") for one in _conditional(model.prices))
    call = _tiers(model.get_prices(at)) if steady else {}  # a price that depends on the hour is not one price
    batch = _tiers(model.get_prices(at, _BATCH)) if call and _has_batch(model, at) else {}
    dates = [day for day in _dates(model.price_comments or "") if day <= on]
    return Quote(
        context_window=model.context_window,
        prices=call.get(0, {}),
        batch=batch.get(0, {}),
        tiers=tuple((above, prices, batch.get(above, {})) for above, prices in call.items() if above) or None,
        source=f"genai-prices, {url}",
        checked=max(dates, default=None),
    )


def _dates(text: str) -> Iterator[date]:
    """The dates in the comment on a price, in which genai-prices says when it was verified."""
    for day in _DATE.findall(text):
        with suppress(ValueError):  # digits that are no date
            yield date.fromisoformat(day)


def _conditional(prices: Any) -> tuple[Any, ...]:
    return tuple(prices) if isinstance(prices, list) else ()


def _has_batch(model: ModelInfo, at: datetime) -> bool:
    return any(
        variant.when == _BATCH and (variant.constraint is None or variant.constraint.active(at))
        for variant in model.price_variants or ()
    )


def _tiers(prices: ModelPrice) -> dict[int, dict[str, Price]]:
    """Prices by the number of input tokens above which they hold; none where each call has a price of its own too."""
    given: dict[str, Any] = {key: getattr(prices, field, None) for key, field in _FIELDS.items()}
    given = {key: price for key, price in given.items() if price is not None}
    if "input" not in given or getattr(prices, "requests_kcount", None) is not None:
        return {}
    starts = sorted({0, *(tier.start for price in given.values() for tier in getattr(price, "tiers", ()))})
    found: dict[int, dict[str, Price]] = {}
    for start in starts:
        found[start] = {key: _at(price, start) for key, price in given.items()}
        if "cached_input" in given:
            found[start].setdefault("cache_write", INPUT)  # its own rule: a write without a price is input
    return found


def _at(price: Any, start: int) -> Decimal:
    """A price at the tier that begins there."""
    if isinstance(price, Decimal):
        return price
    found: Decimal = price.base
    for tier in price.tiers:
        found = tier.price if tier.start <= start else found
    return found
