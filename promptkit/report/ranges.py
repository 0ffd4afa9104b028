"""The ranges of variants as a table with a picture of each, and as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptkit.report.tables import BAR_WIDTH, Column, number, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptkit.ranges import TokenRange

SAMPLE, LEAST, SPAN, OPEN = "●", "├", "─", "→"


@dataclass(frozen=True, slots=True)
class RangeRow:
    """A variant's range. `tokens` is its count with the samples, None where an input has none."""

    prompt: str
    variant: str
    tokens: int | None
    range: TokenRange


def range_table(rows: Sequence[RangeRow], fit: int | None = None) -> str:
    """The ranges as a table, and under it what they rest on and what each unbounded input lacks.

    `fit` is how many columns a terminal has.
    """
    columns = [
        Column("prompt"),
        Column("variant"),
        Column("sample", right=True),
        Column("least", right=True),
        Column("most", right=True),
        Column(""),
        Column("unbounded"),
    ]
    scale = max((_end(row) for row in rows), default=0)
    body = [
        [
            row.prompt,
            row.variant,
            number(row.tokens),
            number(row.range.least),
            number(row.range.most),
            picture(row, scale),
            ", ".join(row.range.unbounded) or ("template" if row.range.most is None else ""),
        ]
        for row in rows
    ]
    return "\n".join([table(columns, body, fit=fit), "", *notes(rows)])


def _end(row: RangeRow) -> int:
    return max(row.range.least, row.tokens or 0, row.range.most or 0)


def picture(row: RangeRow, scale: int, size: int = BAR_WIDTH) -> str:
    """The range on a scale from 0 to `scale` tokens: from the least to the most, the sample in between.

    An arrow at its end says that there is no most.
    """

    def place(tokens: int) -> int:
        return min(tokens * (size - 1) // max(scale, 1), size - 1)

    found = row.range
    start, end = place(found.least), size - 1 if found.most is None else place(found.most)
    cells = [" "] * start + [SPAN] * (end - start + 1)
    cells[start] = LEAST
    cells[end] = OPEN if found.most is None else "┤"
    if start == end:
        cells[start] = "│" if found.most is not None else OPEN
    if row.tokens is not None:
        where = place(row.tokens)
        cells += [" "] * (where + 1 - len(cells))
        cells[where] = SAMPLE
    return "".join(cells)


def notes(rows: Sequence[RangeRow]) -> list[str]:
    """What the bounds rest on, and for each prompt what its unbounded inputs lack."""
    found = [f"{LEAST}{SPAN}┤ least to most   {SAMPLE} with the samples   {OPEN} unbounded"] if rows else []
    for row in {row.range.tokenizer: row for row in rows}.values():
        tokenizer = row.range.tokenizer
        found.append(f"{tokenizer.model}: {tokenizer.basis}, {tokenizer.encoding}; framing {tokenizer.framing.kind}")
    slack = max((row.range.slack for row in rows), default=0)
    if slack:
        found.append(
            f"bounds: most holds up to {slack:,} tokens for the seams between values and text, a measured allowance"
        )
    lacks: dict[tuple[str, str | None, str], None] = {}
    for row in rows:
        lacks |= {(row.prompt, reason.name, reason.why): None for reason in row.range.reasons}
    for prompt, name, why in lacks:
        found.append(f"{prompt}: {f'{name}: ' if name else 'the template: '}{why}")
    uncounted = sorted({name for row in rows for name in row.range.uncounted})
    if uncounted:
        found.append(f"not counted: {', '.join(uncounted)}")
    return found


def as_data(row: RangeRow) -> dict[str, Any]:
    """The row for JSON. `most` is null where an input has no bound; `unbounded` says which and what it lacks."""
    found = row.range
    return {
        "prompt": row.prompt,
        "variant": row.variant,
        "model": found.tokenizer.model,
        "tokenizer": found.tokenizer.encoding,
        "basis": found.basis,
        "framing": found.tokenizer.framing.kind,
        "tokens": row.tokens,
        "least": found.least,
        "most": found.most,
        "slack": found.slack,
        "unbounded": [{"input": reason.name, "reason": reason.why} for reason in found.reasons],
        "uncounted": list(found.uncounted),
    }
