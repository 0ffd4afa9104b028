"""What is known of models: a row for each, a page of one, and the same as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from promptkit.errors import ModelError
from promptkit.pricing.facts import RATES, STALE_AFTER_DAYS
from promptkit.report.money import INAPPLICABLE, UNKNOWN
from promptkit.report.tables import Column, number, table, width
from promptkit.tokens import tokenizer_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from promptkit.pricing.facts import ModelFacts, Rates
    from promptkit.tokens import Tokenizer

UNIT = "USD per million tokens"


_COLUMNS = (
    Column("model"),
    *(Column(name, right=True) for name in ("context", "input", "cached", "write", "output", "batch")),
    Column("retires"),
    Column("age", right=True),
    Column("source"),
)
_SPARE = ("batch", "write", "retires")  # columns that give way where a terminal is too narrow, in this order


def models_table(models: Sequence[ModelFacts], fit: int | None = None) -> str:
    """A row for each model, its long-context rates in rows below it.

    `fit` is how many columns a terminal has: columns are left out until a row fits, and named below the table.
    """
    rows = [row for facts in models for row in _rows(facts)]
    left_out: list[str] = []
    while True:
        columns = [column for column in _COLUMNS if column.name not in left_out]
        shown = table(columns, [[row.get(column.name, "") for column in columns] for row in rows])
        if fit is None or len(left_out) == len(_SPARE) or width(shown.split("\n", 2)[1]) <= fit:
            break
        left_out.append(_SPARE[len(left_out)])
    notes = [
        UNIT,
        *([] if "batch" in left_out else ["batch: input/output"]),
        f"{UNKNOWN} unknown",
        *([] if "retires" in left_out else [f"{INAPPLICABLE} no retirement known"]),
    ]
    notes += [f"a wider terminal shows {', '.join(left_out)}"] if left_out else []
    return f"{shown}\n\n{'; '.join(notes)}"


def _rows(facts: ModelFacts) -> Iterator[dict[str, str]]:
    for place, tier in enumerate(facts.tiers):
        row = dict(zip(("input", "cached", "write", "output"), _cells(tier.rates), strict=True))
        row["batch"] = UNKNOWN if tier.batch.input is None else f"{price(tier.batch.input)}/{price(tier.batch.output)}"
        if place:
            yield row | {"model": f"  above {number(tier.above_tokens)}"}
            continue
        yield row | {
            "model": facts.name,
            "context": _rounded(facts.context_window),
            "retires": INAPPLICABLE if facts.retires is None else facts.retires.isoformat(),
            "age": _age(facts) + (", stale" if facts.stale else ""),
            "source": _short(facts.source),
        }


def model_page(facts: ModelFacts) -> str:
    """All that is known of one model."""
    lines = [facts.name, *(f"{name:<11} {text}" for name, text in _lines(facts))]
    rows = []
    for tier in facts.tiers:
        above = f", above {number(tier.above_tokens)} tokens" if tier.above_tokens else ""
        rows += [[f"call{above}", *_cells(tier.rates)], [f"batch{above}", *_cells(tier.batch)]]
    columns = [Column(UNIT), *(Column(name, right=True) for name in ("input", "cached", "write", "output"))]
    return "\n".join([*lines, "", table(columns, rows)])


def _lines(facts: ModelFacts) -> Iterator[tuple[str, str]]:
    tokenizer = _tokenizer(facts.name)
    yield "provider", facts.provider or UNKNOWN
    yield "tokenizer", UNKNOWN if tokenizer is None else f"{tokenizer.encoding} ({tokenizer.basis})"
    yield "context", _with(facts.context_window, "{} tokens")
    yield "output", _with(facts.max_output_tokens, "at most {} tokens")
    yield "cache", _with(facts.cache_minimum, "from {} tokens on") + _with(facts.cache_step, ", in steps of {}", "")
    reasons = {None: UNKNOWN, True: "by itself", False: "only when asked, or not at all"}
    yield "reasons", reasons[facts.reasons]
    yield "retires", "no day known" if facts.retires is None else facts.retires.isoformat()
    yield "source", facts.source or UNKNOWN
    stale = f" (stale from {STALE_AFTER_DAYS + 1} on)" if facts.stale else ""
    yield "checked", UNKNOWN if facts.checked is None else f"{facts.checked}, {_age(facts)} ago{stale}"


def models_data(facts: ModelFacts) -> dict[str, Any]:
    """The same as data for JSON; prices are texts, so that no reader rounds them."""
    tokenizer = _tokenizer(facts.name)
    return {
        "model": facts.name,
        "provider": facts.provider,
        "tokenizer": None if tokenizer is None else tokenizer.encoding,
        "basis": None if tokenizer is None else tokenizer.basis,
        "context_window": facts.context_window,
        "max_output_tokens": facts.max_output_tokens,
        "usd_per_million_tokens": [
            {"above_tokens": tier.above_tokens, "call": _data(tier.rates), "batch": _data(tier.batch)}
            for tier in facts.tiers
        ],
        "cache_minimum": facts.cache_minimum,
        "cache_step": facts.cache_step,
        "reasons": facts.reasons,
        "retires": None if facts.retires is None else facts.retires.isoformat(),
        "source": facts.source,
        "checked": None if facts.checked is None else facts.checked.isoformat(),
        "age_days": facts.age_days,
        "stale": facts.stale,
    }


def price(of: Decimal | None) -> str:
    """A price with two decimals, or with all that it has; a dash where it is unknown."""
    if of is None:
        return UNKNOWN
    text = format(of.normalize(), "f")
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest:<02}"


def _cells(rates: Rates) -> list[str]:
    return [price(getattr(rates, key)) for key in RATES]


def _data(rates: Rates) -> dict[str, str | None]:
    return {key: None if getattr(rates, key) is None else price(getattr(rates, key)) for key in RATES}


def _age(facts: ModelFacts) -> str:
    return UNKNOWN if facts.age_days is None else f"{facts.age_days:,} day{'' if facts.age_days == 1 else 's'}"


def _with(of: int | None, text: str, unknown: str = UNKNOWN) -> str:
    return unknown if of is None else text.format(number(of))


def _rounded(tokens: int | None) -> str:
    """A size as a column has room for it: 400k, 1.05M."""
    if tokens is None or tokens < 1_000:
        return number(tokens)
    return f"{tokens / 1_000:.0f}k" if tokens < 999_500 else f"{tokens / 1_000_000:.3g}M"


def _short(source: str | None) -> str:
    """A source as a column has room for it: of an address the domain."""
    if source is None:
        return UNKNOWN
    return ", ".join(_domain(part) for part in source.split("; "))


def _domain(source: str) -> str:
    host = urlsplit(source).hostname
    return source.split(", ")[0] if host is None else ".".join(host.split(".")[-2:])


def _tokenizer(model: str) -> Tokenizer | None:
    try:
        return tokenizer_for(model)
    except ModelError:
        return None
