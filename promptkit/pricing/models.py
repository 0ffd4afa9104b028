"""The facts of a model by its name: genai-prices, then promptkit's own table, then the user's; the later wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from promptkit.modelnames import ESTIMATE, ModelName, model_name
from promptkit.pricing import genai
from promptkit.pricing.facts import RETIRES_SOON_DAYS, STALE_AFTER_DAYS, ModelFacts, Quote, merged
from promptkit.pricing.overlay import MAKERS, maker_of, own_names, own_quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NONE: Final[Mapping[str, Quote]] = {}


def today() -> date:
    """The day, in UTC, as prices change by it."""
    return datetime.now(UTC).date()


def model_facts(model: str, own: Mapping[str, Quote] = _NONE, on: date | None = None) -> ModelFacts:
    """What is known of a model on a day (None: today); all None where nothing is. `own` are the user's, by name.

    `provider/model` is asked of that provider, and a name without one of the model's maker. Elsewhere than at its maker
    a model has the maker's sizes, but no price of its; a fine-tuned model has no price of its base either.
    """
    on = on or today()
    plain = model.removeprefix(ESTIMATE)
    name = model_name(plain)
    maker = maker_of(name.name)
    provider = MAKERS.get(name.provider, name.provider) if name.provider else maker
    as_made = provider == maker and not name.tuned
    table = own_quote(name.name)
    if table is not None and not as_made:
        table = _sizes(table, provider)
    said = None
    if provider is not None and not name.tuned and (table is None or not table.whole):
        said = genai.quote(name.provider or provider, _spellings(plain, name), on)
    quotes = [
        None if said is None else replace(said, provider=provider),
        table,
        own.get(name.name) if as_made else None,
        own.get(plain),
    ]
    return merged(model, [quote for quote in quotes if quote is not None], on)


def _spellings(model: str, name: ModelName) -> tuple[str, ...]:
    """How a provider may write the model: as it stands behind the provider's prefix, then its own name."""
    rest = model.partition("/")[2] if name.provider and "/" in model else model
    return tuple(dict.fromkeys([rest, name.name]))


def _sizes(quote: Quote, provider: str | None) -> Quote:
    """What of a maker's facts holds wherever the model runs."""
    return Quote(
        provider, context_window=quote.context_window, max_output_tokens=quote.max_output_tokens, reasons=quote.reasons
    )


def known_models(own: Mapping[str, Quote] = _NONE) -> Iterator[str]:
    """The names of the models that the user's table and promptkit's own have, in their order, each once."""
    yield from dict.fromkeys([*own, *own_names()])


def warnings(facts: ModelFacts) -> tuple[str, ...]:
    """What to know before its money is believed: prices that are stale, a model that is retired or soon will be.

    One line each.
    """
    found = []
    if facts.stale:
        own = f"renew the entry at {facts.place} with its checked:"
        found.append(
            f"{facts.name}: prices of {facts.checked} are {facts.age_days} days old (stale after {STALE_AFTER_DAYS}); "
            f"look them up, and {own if facts.place else 'set them under prices: in promptkit.yaml'}"
        )
    if facts.retires is not None and facts.on is not None:
        left = (facts.retires - facts.on).days
        if left <= 0:
            found.append(f"{facts.name}: retired on {facts.retires}; measure for a current model")
        elif left <= RETIRES_SOON_DAYS:
            found.append(f"{facts.name}: retires on {facts.retires}; plan for another model")
    return tuple(found)
