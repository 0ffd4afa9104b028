"""The ranges of variants as a table with a picture of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptkit.report.costs import ESTIMATED, counted_by
from promptkit.report.money import INAPPLICABLE
from promptkit.report.tables import BAR_WIDTH, Column, Grid, notes, number
from promptkit.report.tokens import users_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptkit.ranges import Reason, TokenRange
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
            *(_marked(each, range_) for each in (tokens, range_.least)),
            INAPPLICABLE if range_.most is None else _marked(range_.most, range_),
            picture(range_, tokens, scale),
            ", ".join(range_.unbounded) or ("template" if range_.most is None else ""),
        )
        for row, range_, tokens in found
    ]
    return Grid(tuple(columns), tuple(body)).written(form) + "\n\n" + notes(range_notes(rows, form), form)


def _marked(tokens: int | None, of: TokenRange) -> str:
    return ("~" if of.basis == "estimate" and tokens is not None else "") + number(tokens)


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
        if found.most is None:
            where = min(where, end - 1)  # the arrow keeps its place
        cells += [" "] * (where + 1 - len(cells))
        cells[where] = SAMPLE
    return "".join(cells)


def range_notes(rows: Sequence[Row], form: Form) -> list[str]:
    """What the bounds of prompts rest on, and for each prompt what its unbounded inputs lack."""
    found = [(row, row.range) for row in rows if row.range is not None]
    lines = (
        [f"{LEAST}{SPAN}┤ least to most   {SAMPLE} with the samples   {OPEN} unbounded"]
        if found and form == "table"
        else []
    )
    counted = [replace(row, tokenizer=each.tokenizer, framing=each.tokenizer.framing.kind) for row, each in found]
    lines += dict.fromkeys(f"{row.model}: {counted_by(row)}" for row in counted)
    slack = max((each.slack for _, each in found), default=0)
    if slack:
        lines.append(
            f"bounds: most holds up to {slack:,} tokens for the seams between values and text, a measured allowance"
        )
    lines += dict.fromkeys(_lack(row.prompt or "", reason) for row, each in found for reason in each.reasons)
    uncounted = users_of([(row.prompt or "", each.uncounted) for row, each in found])
    if uncounted:
        lines.append(f"not in the ranges, nor in their samples: {uncounted}")
    if any(each.basis == "estimate" for _, each in found):
        lines.append(ESTIMATED)
    return lines


def _lack(prompt: str, reason: Reason) -> str:
    place = f"{reason.span}: " if reason.span else ""
    return f"{place}{prompt}: {reason.name or 'the template'}: {reason.why}"
