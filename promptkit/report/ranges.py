"""The ranges of variants as a table with a picture of each, and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.report.money import INAPPLICABLE
from promptkit.report.tables import BAR_WIDTH, Column, Grid, notes, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptkit.ranges import TokenRange
    from promptkit.report.tables import Form
    from promptkit.report.tokens import Row

SAMPLE, LEAST, SPAN, OPEN = "●", "├", "─", "→"


def ranges_report(rows: Sequence[Row], form: Form) -> str:
    """The ranges as a table, and under it what they rest on and what each unbounded input lacks."""
    found = [(row, row.range, shown(row)) for row in rows if row.range is not None]
    models = len({row.model for row, _, _ in found}) > 1
    scale = max((max(range_.least, tokens or 0, range_.most or 0) for _, range_, tokens in found), default=0)
    columns = [
        Column("prompt"),
        Column("variant"),
        *([Column("model")] if models else []),
        Column("sample", right=True),
        Column("least", right=True),
        Column("most", right=True),
        Column(""),
        Column("unbounded"),
    ]
    body = [
        (
            row.prompt or "",
            row.variant or "",
            *([row.model] if models else []),
            number(tokens),
            number(range_.least),
            INAPPLICABLE if range_.most is None else number(range_.most),
            picture(range_, tokens, scale),
            ", ".join(range_.unbounded) or ("template" if range_.most is None else ""),
        )
        for row, range_, tokens in found
    ]
    ranges = [(row.prompt or "", range_) for row, range_, _ in found]
    return Grid(tuple(columns), tuple(body)).written(form) + "\n\n" + notes(range_notes(ranges, form), form)


def shown(row: Row) -> int | None:
    """The count that a range is about: without images."""
    media = sum(part.tokens for part in row.parts if part.kind == "media")
    return None if row.tokens is None else row.tokens - media


def picture(found: TokenRange, tokens: int | None, scale: int, size: int = BAR_WIDTH) -> str:
    """The range on a scale from 0 to `scale` tokens: from the least to the most, the sample in between.

    An arrow at its end says that there is no most.
    """

    def place(number: int) -> int:
        return min(number * (size - 1) // max(scale, 1), size - 1)

    start, end = place(found.least), size - 1 if found.most is None else place(found.most)
    cells = [" "] * start + [SPAN] * (end - start + 1)
    cells[start] = LEAST
    cells[end] = OPEN if found.most is None else "┤"
    if start == end:
        cells[start] = "│" if found.most is not None else OPEN
    if tokens is not None:
        where = place(tokens)
        cells += [" "] * (where + 1 - len(cells))
        cells[where] = SAMPLE
    return "".join(cells)


def range_notes(ranges: Sequence[tuple[str, TokenRange]], form: Form) -> list[str]:
    """What the bounds of prompts rest on, and for each prompt what its unbounded inputs lack."""
    found = (
        [f"{LEAST}{SPAN}┤ least to most   {SAMPLE} with the samples   {OPEN} unbounded"]
        if ranges and form == "table"
        else []
    )
    found += [
        f"{each.model}: {each.basis}, {each.encoding}; framing {each.framing.kind}"
        for each in dict.fromkeys(each.tokenizer for _, each in ranges)
    ]
    slack = max((each.slack for _, each in ranges), default=0)
    if slack:
        found.append(
            f"bounds: most holds up to {slack:,} tokens for the seams between values and text, a measured allowance"
        )
    lacks = dict.fromkeys((prompt, reason.name, reason.why) for prompt, each in ranges for reason in each.reasons)
    for prompt, name, why in lacks:
        found.append(f"{prompt}: {f'{name}: ' if name else 'the template: '}{why}")
    uncounted = sorted({name for _, each in ranges for name in each.uncounted})
    if uncounted:
        found.append(f"not in the ranges: {', '.join(uncounted)}")
    return found


def range_data(found: TokenRange) -> dict[str, Any]:
    """The range for JSON. `most` is null where an input has no bound; `unbounded` says which and what it lacks."""
    return {
        "least": found.least,
        "most": found.most,
        "slack": found.slack,
        "unbounded": [{"input": reason.name, "reason": reason.why} for reason in found.reasons],
        "uncounted": list(found.uncounted),
    }
