"""What is known of a model: its rates, its limits, its cache. Unknown is None, never 0."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

STALE_AFTER_DAYS: Final = 90
"""The age from which a price is stale: our choice, a quarter of a year, in which most vendors change some price."""

RETIRES_SOON_DAYS: Final = 90
"""Days before a retirement from which it is told: our choice, a quarter of a year to measure for another model."""

INPUT: Final = "input"
"""In the place of a price: the tokens are billed as input, as where writing a cache is free of charge."""

RATES: Final = ("input", "cached_input", "cache_write", "output")
Price = Decimal | Literal["input"]


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices in USD per million tokens; None where one is unknown.

    `cached_input` is what reading a cached prefix costs, `cache_write` what putting it there costs: where no provider
    charges for that, the price of input.
    """

    input: Decimal | None = None
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    output: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """The rates of calls with more than `above_tokens` input tokens in all; they hold for every token of the call.

    `batch` are those of the provider's batch service.
    """

    above_tokens: int = 0
    rates: Rates = Rates()
    batch: Rates = Rates()


@dataclass(frozen=True, slots=True)
class Quote:
    """What one source says of a model; None and absent prices are what it does not say.

    `tiers` are the long-context ones, each whole: (above how many tokens, prices, batch prices). `place` is where a
    library's own entry stands.
    """

    provider: str | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    batch: Mapping[str, Price] = field(default_factory=dict)
    tiers: tuple[tuple[int, Mapping[str, Price], Mapping[str, Price]], ...] | None = None
    cache_minimum: int | None = None
    cache_step: int | None = None
    reasons: bool | None = None
    retires: date | None = None
    source: str | None = None
    checked: date | None = None
    place: str | None = None

    @property
    def priced(self) -> bool:
        """Whether it says any price."""
        return bool(self.prices or self.batch or self.tiers)

    @property
    def whole(self) -> bool:
        """Whether it says all that genai-prices could, so that it need not be asked."""
        every = set(RATES)
        sizes = self.provider is not None and self.context_window is not None and self.tiers is not None
        return sizes and every <= self.prices.keys() and every <= self.batch.keys()


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model on a day; None where nothing is.

    `tiers` begins with the rates of any call; long-context ones follow, ascending. A prefix is cached from
    `cache_minimum` tokens on, in steps of `cache_step`. `reasons`: it reasons by itself, in output tokens that are
    billed. `source` names who says the prices, `checked` is the oldest date that one of them was looked up,
    `on` the day that its age and staleness are of. `place` is that of the library's own entry, where `checked` is its.
    """

    name: str
    provider: str | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    tiers: tuple[Tier, ...] = (Tier(),)
    cache_minimum: int | None = None
    cache_step: int | None = None
    reasons: bool | None = None
    retires: date | None = None
    source: str | None = None
    checked: date | None = None
    on: date | None = None
    place: str | None = None

    @property
    def rates(self) -> Rates:
        """The rates of a call that is not sent as a batch and reaches no long-context tier."""
        return self.tiers[0].rates

    @property
    def batch(self) -> Rates:
        """The rates of a call that is sent as a batch and reaches no long-context tier."""
        return self.tiers[0].batch

    @property
    def age_days(self) -> int | None:
        """Days since its prices were looked up."""
        return None if self.checked is None or self.on is None else (self.on - self.checked).days

    @property
    def stale(self) -> bool:
        """Whether its prices are older than STALE_AFTER_DAYS."""
        return self.age_days is not None and self.age_days > STALE_AFTER_DAYS

    def tier(self, input_tokens: int) -> Tier:
        """The tier of a call with so many input tokens in all."""
        return [self.tiers[0], *(tier for tier in self.tiers[1:] if tier.above_tokens < input_tokens)][-1]


def merged(name: str, quotes: Iterable[Quote], on: date) -> ModelFacts:
    """The facts of several sources, field by field, the later winning; long-context tiers are one field."""
    single: dict[str, object] = {}
    prices: dict[str, Price] = {}
    batch: dict[str, Price] = {}
    tiers: tuple[tuple[int, Mapping[str, Price], Mapping[str, Price]], ...] = ()
    givers: dict[str, Quote] = {}
    order = list(quotes)
    for quote in order:
        single |= {key: value for key in _SINGLE if (value := getattr(quote, key)) is not None}
        prices |= quote.prices
        batch |= quote.batch
        givers |= dict.fromkeys([*quote.prices, *(f"batch {key}" for key in quote.batch)], quote)
        if quote.tiers is not None:
            tiers = quote.tiers
            givers["tiers"] = quote
    used = sorted(givers.values(), key=order.index, reverse=True)
    dated = [(quote.checked, quote.place) for quote in used if quote.checked is not None]
    checked, place = min(dated, key=itemgetter(0), default=(None, None))
    return ModelFacts(
        name,
        tiers=tuple(
            Tier(above, _rates(of_call), _rates(of_batch))
            for above, of_call, of_batch in [(0, prices, batch), *sorted(tiers, key=lambda tier: tier[0])]
        ),
        source="; ".join(dict.fromkeys(quote.source for quote in used if quote.source)) or None,
        checked=checked,
        on=on,
        place=place,
        **single,  # type: ignore[arg-type]  # fields of both classes, of the same types
    )


_SINGLE = tuple(
    each.name
    for each in fields(Quote)
    if each.name in {one.name for one in fields(ModelFacts)} - {"source", "checked", "tiers", "place"}
)


def _rates(prices: Mapping[str, Price]) -> Rates:
    """The rates with "input" replaced by the price of input."""
    plain = prices.get("input")
    found = {key: plain if price == INPUT else price for key, price in prices.items()}
    return Rates(**found)  # type: ignore[arg-type]  # no word is left
