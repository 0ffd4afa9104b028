"""The costs of prompts side by side, as a person would paste them into a memo: amounts, and what they rest on."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from promptkit.pricing.usage import Usage
from promptkit.report.money import INAPPLICABLE, UNKNOWN, exact, usd
from promptkit.report.tables import Column, Grid, notes, number
from promptkit.report.tokens import first_of, uncounted
from promptkit.tokens import CARRIERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from promptkit.pricing.costs import Cost
    from promptkit.report.tables import Form
    from promptkit.report.tokens import Row

TOKENS = "tokens"
MONTH = "$ / month"
VENDORS = "vendor's"
ALSO = "also sent"
ESTIMATED = "~: an estimate, and what rests on one"
FIT = 100  # columns of the table for terminals


def costs_report(rows: Sequence[Row], form: Form) -> str:
    """The rows with their costs: models side by side in Markdown, one under the other for a terminal."""
    if not rows:
        return "nothing to count"
    models = list(dict.fromkeys(row.model for row in rows))
    grid = _by_model(rows, models) if form == "md" or len(models) == 1 else _stacked(rows)
    return grid.written(form, FIT) + "\n\n" + notes(notes_of(rows), form)


Figure = tuple[Column, "Callable[[Row | None], str]"]


def _figures(rows: Sequence[Row]) -> list[Figure]:
    """The columns of one model: heading, and the cell of a row."""
    found: list[Figure] = [(Column(TOKENS, right=True), tokens_of), *remote_figures(rows)]
    if any(row.usage is not None and row.usage.hit_rate is not None for row in rows):
        found.append((Column("cached", right=True), _cached))
    found.append((Column("$ / call", right=True), lambda row: _amount(row, lambda cost: cost.per_call)))
    found += money_figures(rows)
    if any(row.context_share is not None for row in rows):
        found.append((Column("context", right=True), _context))
    return found


def remote_figures(rows: Sequence[Row]) -> list[Figure]:
    """The column of what vendors count themselves, where one was asked."""
    if not any(row.remote is not None or row.remote_error is not None for row in rows):
        return []
    found: list[Figure] = [(Column(VENDORS, right=True), _remote)]
    if any(_also_sent(row) for row in rows):
        found.append((Column(ALSO), _also_sent))
    return found


def _also_sent(row: Row | None) -> str:
    """What of a row the vendor was asked to count, and promptkit does not."""
    return "" if row is None or row.remote is None else ", ".join(row.uncounted)


def _remote(row: Row | None) -> str:
    if row is None or row.remote is None:
        return UNKNOWN if row is not None and row.remote_error is not None else INAPPLICABLE
    return ("~" if row.remote.basis == "estimate" else "") + number(row.remote.tokens)


def money_figures(rows: Sequence[Row]) -> list[Figure]:
    """The columns of money that every table with costs has: of 1,000 calls, and of a month where a volume is known."""
    found: list[Figure] = [
        (Column("$ / 1,000", right=True), lambda row: _amount(row, lambda cost: cost.per_1000)),
    ]
    if any(row.usage is not None and row.usage.calls_per_month is not None for row in rows):
        found.append((Column(MONTH, right=True), _month))
    return found


def _by_model(rows: Sequence[Row], models: Sequence[str]) -> Grid:
    names, first = _names(rows)
    by_name: dict[tuple[str, ...], dict[str, Row]] = {}
    for row in rows:
        by_name.setdefault(_name(row, first), {})[row.model] = row
    figures = _figures(rows)
    several = len(models) > 1
    columns = [*names]
    for model in models:
        columns += [Column(f"{model}: {column.name}" if several else column.name, right=True) for column, _ in figures]
    body = [
        [*name, *(figure(found.get(model)) for model in models for _, figure in figures)]
        for name, found in by_name.items()
    ]
    total = None
    if len(by_name) > 1:
        absent = sum(any(row.tokens is None for row in found.values()) for found in by_name.values())
        head = f"total of {len(by_name) - absent}" + (f", {absent} not counted" if absent else "")
        total = [head, *([""] * (len(names) - 1))]
        for model in models:
            total += [total_of([found.get(model) for found in by_name.values()], column.name) for column, _ in figures]
    return Grid(tuple(columns), tuple(map(tuple, body)), None if total is None else tuple(total))


def _stacked(rows: Sequence[Row]) -> Grid:
    names, first = _names(rows)
    figures = _figures(rows)
    columns = (*names, Column("model"), *(column for column, _ in figures))
    body = tuple((*_name(row, first), row.model, *(figure(row) for _, figure in figures)) for row in rows)
    return Grid(columns, body)


def _names(rows: Sequence[Row]) -> tuple[list[Column], bool]:
    """The columns that name a row, and whether these are plain files alone."""
    plain = all(row.path for row in rows)
    return ([Column("file")] if plain else [Column("prompt"), Column("variant")]), plain


def _name(row: Row, plain: bool) -> tuple[str, ...]:  # noqa: FBT001 (private)
    return (row.path or "",) if plain else (row.prompt or row.path or "", row.variant or "")


def mark_of(row: Row) -> str:
    """What stands before a figure that rests on an estimate."""
    return "~" if row.tokenizer.basis == "estimate" else ""


def tokens_of(row: Row | None) -> str:
    """The count of a row, with a mark where it is an estimate; unknown as such."""
    if row is None:
        return INAPPLICABLE
    return UNKNOWN if row.tokens is None else mark_of(row) + number(row.tokens)


def _amount(row: Row | None, of: Callable[[Cost], Decimal | None]) -> str:
    if row is None or row.path:
        return INAPPLICABLE
    known = None if row.cost is None else of(row.cost)
    return UNKNOWN if known is None else mark_of(row) + usd(known)


def _cached(row: Row | None) -> str:
    if row is None or row.path:
        return INAPPLICABLE
    known = None if row.cost is None else row.cost.cached_tokens
    return UNKNOWN if known is None else mark_of(row) + number(known)


def _month(row: Row | None) -> str:
    if row is not None and row.usage is not None and row.usage.calls_per_month is None:
        return UNKNOWN
    return _amount(row, lambda cost: cost.per_month)


def _context(row: Row | None) -> str:
    if row is None or row.path:
        return INAPPLICABLE
    share = row.context_share
    if share is None:
        return UNKNOWN
    return "<0.1%" if 0 < share < 0.0005 else f"{mark_of(row)}{share:.1%}"


def total_of(rows: Iterable[Row | None], column: str) -> str:
    """The sum of a column over counted rows: of tokens, and of money by the month, unknown where one amount is."""
    found = [row for row in rows if row is not None and row.tokens is not None]
    mark = "~" if any(row.tokenizer.basis == "estimate" for row in found) else ""
    if column == TOKENS:
        return mark + number(sum(row.tokens or 0 for row in found))
    if column != MONTH:
        return ""
    priced = [row for row in found if row.prompt is not None]
    months = [row.cost.per_month for row in priced if row.cost is not None and row.cost.per_month is not None]
    return mark + usd(sum(months, Decimal(0))) if len(months) == len(priced) else UNKNOWN


def notes_of(rows: Sequence[Row], *, money: bool = True) -> list[str]:
    """What the numbers rest on: counts; where `money` is shown, prices with source and date, use, what is unknown."""
    priced = [row for row in rows if row.prompt is not None] if money else []
    lines = [_use(priced)] if priced else []
    lines += [_rests_on(row, money=money) for row in {row.model: row for row in rows}.values()]
    unknown: dict[str, dict[str, None]] = {}
    for row in priced:
        for what in row.cost.unknown if row.cost is not None else ():
            unknown.setdefault(what, {})[row.model] = None
    lines += [f"{UNKNOWN}: the {what} of {', '.join(models)} is unknown" for what, models in unknown.items()]
    lines += signs(rows, priced)
    lines += _beyond(priced)
    apart = "not counted, and in no amount:" if money else "not counted:"
    lines += [line.replace("not counted:", apart, 1) for line in uncounted(rows)]
    lines += remote_notes(rows)
    if any(row.tokenizer.basis == "estimate" for row in rows):
        lines.append(ESTIMATED)
    if not priced:
        return lines
    from promptkit.pricing.models import warnings  # here: few tables have money

    lines += list(dict.fromkeys(line for row in priced if row.facts for line in warnings(row.facts)))
    return lines


def signs(rows: Sequence[Row], priced: Sequence[Row]) -> list[str]:
    """What else is unknown in a table with these rows, and what does not apply in it."""
    found = []
    idle = dict.fromkeys(row.name for row in priced if row.usage is None or row.usage.calls_per_month is None)
    if idle and len(idle) < len(dict.fromkeys(row.name for row in priced)):
        found.append(f"{UNKNOWN}: no calls a month are declared for {first_of(idle)}")
    sized = [row for row in priced if row.tokens is not None]
    blind = dict.fromkeys(row.model for row in sized if row.context_share is None)
    if any(row.context_share is not None for row in sized) and blind:
        found.append(f"{UNKNOWN}: the context window of {', '.join(blind)} is unknown")
    if any(row.tokens is None for row in rows):
        found.append(f"{UNKNOWN}: not counted, as an input has neither value nor sample")
    if len({row.prompt is None for row in rows}) > 1:
        found.append(f"{INAPPLICABLE}: does not apply to a file")
    return found


def _beyond(rows: Sequence[Row]) -> list[str]:
    """For each model the calls that it does not take, or not answer at such length."""
    found = []
    for model, facts in {row.model: row.facts for row in rows if row.facts is not None}.items():
        own = [row for row in rows if row.model == model]
        over = dict.fromkeys(row.name for row in own if row.over_context)
        if over:
            found.append(f"over the context window of {model}, {facts.context_window:,} tokens: {first_of(over)}")
        over = dict.fromkeys(row.name for row in own if row.over_output)
        if over:
            most = f"{facts.max_output_tokens:,}"
            found.append(f"more output than {model} gives, at most {most} tokens: {first_of(over)}")
    return found


def remote_notes(rows: Sequence[Row]) -> list[str]:
    """For each vendor that was asked, what its own number is by its own word; by what it can differ from `tokens`."""
    kinds = {"exact": "the exact count", "estimate": "an estimate"}
    found = [
        f"{row.remote.vendor} calls its number {kinds[row.remote.basis]}" for row in rows if row.remote is not None
    ]
    if any(map(_also_sent, rows)):
        found.append(f"{ALSO}: what the vendor was sent to count too; {VENDORS} may have it in, {TOKENS} has not")
    return list(dict.fromkeys(found))


def counted_by(row: Row) -> str:
    """What the count of a row rests on."""
    kind = row.tokenizer
    what = {
        "exact": f"exact, {kind.encoding}",
        "assumed": f"assumed {kind.encoding}: "
        + ("no other source has it" if kind.encoding in CARRIERS else "tiktoken does not name this model"),
        "estimate": f"an estimate ({kind.method})",
    }[kind.basis]
    return f"{what}; {'text as it is' if row.framing == 'none' else f'framing {row.framing}'}"


def _rests_on(row: Row, *, money: bool) -> str:
    facts = row.facts
    counted = f"{row.model}: tokens {counted_by(row)}"
    if not money or row.path:
        return counted
    if facts is None or facts.source is None:
        return f"{counted}; no prices known: set them under prices: in promptkit.yaml"
    return f"{counted}; prices: {facts.source}, " + (f"checked {facts.checked}" if facts.checked else "no date given")


def _use(rows: Sequence[Row]) -> str:
    """How the prompts are used, a fact at a time; what differs between them is as each declares it."""
    said = []
    for what, told in _USE.items():
        texts = list(dict.fromkeys(told(row.usage or Usage()) for row in rows))
        said.append(texts[0] if len(texts) == 1 else f"{what} as each prompt declares them")
    return "; ".join(filter(None, said))


def _calls(use: Usage) -> str:
    return "" if use.calls_per_month is None else f"{use.calls_per_month:,.0f} calls a month"


def _output(use: Usage) -> str:
    if use.output_tokens is None:
        return "input alone, no output tokens being declared"
    return f"{use.output_tokens:,} output tokens a call"


def _hits(use: Usage) -> str:
    if use.hit_rate is None:
        return "nothing cached, no hit rate being declared"
    return f"{exact(use.hit_rate * 100)}% of calls find the prefix in the cache"


def _batches(use: Usage) -> str:
    return f"{exact(use.batch_share * 100)}% of calls sent as a batch" if use.batch_share else ""


_USE = {"calls": _calls, "output tokens": _output, "hit rates": _hits, "batches": _batches}
