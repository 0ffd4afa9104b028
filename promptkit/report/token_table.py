"""The rows of `promptkit tokens` as tables, with a bar of where the tokens go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.report.costs import counted_by, money_figures, notes_of, remote_figures, remote_notes, signs, total_of
from promptkit.report.money import INAPPLICABLE
from promptkit.report.tables import BAR_WIDTH, Column, Grid, bar, number, table, width
from promptkit.report.tokens import uncounted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptkit.report.tables import Form
    from promptkit.report.tokens import Row
    from promptkit.tokens.ways import By

FIT = 100  # columns that the table keeps to, where its names let it
LEAST_BAR = 8


def token_table(rows: Sequence[Row]) -> str:
    """The rows with their total, a bar each, and what the counts rest on. Costs where it is declared how prompts are
    used."""
    if not rows:
        return "nothing to count"
    plain = all(row.path for row in rows)
    models = len({row.model for row in rows}) > 1
    money = money_figures(rows) if any(row.cost is not None for row in rows) else []
    remote = remote_figures(rows)
    columns = [Column("file")] if plain else [Column("prompt"), Column("variant")]
    columns += [Column("model")] if models else []
    columns += [Column("tokens", right=True), *(column for column, _ in remote)]
    columns += [] if plain else [Column("static", right=True), Column("cacheable", right=True)]
    columns += [*(column for column, _ in money), Column("")]
    body = []
    for row in rows:
        cells = [row.path or ""] if plain else [row.prompt or row.path or "", row.variant or ""]
        cells += [row.model] if models else []
        cells += [_counted(row), *(figure(row) for _, figure in remote)]
        cells += [] if plain else [_of_prompt(row, row.static_tokens), _of_prompt(row, row.cacheable_prefix_tokens)]
        body.append([*cells, *(figure(row) for _, figure in money)])
    total = _total(rows, columns)
    lines = [[column.name for column in columns[:-1]], *body, *([total[:-1]] if total else [])]
    room = FIT - sum(2 + max(map(width, cells)) for cells in zip(*lines, strict=True))
    largest = max((row.tokens or 0 for row in rows), default=0) or 1
    for row, cells in zip(rows, body, strict=True):
        cells.append(_bar(row, largest, min(max(room, LEAST_BAR), BAR_WIDTH)))
    return "\n".join([table(columns, body, total), *_basis(rows, plain=plain, money=bool(money))])


def _counted(row: Row) -> str:
    return ("~" if row.tokenizer.basis == "estimate" and row.tokens is not None else "") + number(row.tokens)


def _of_prompt(row: Row, tokens: int | None) -> str:
    return INAPPLICABLE if row.path else number(tokens)


def _total(rows: Sequence[Row], columns: Sequence[Column]) -> list[str] | None:
    if len(rows) < 2 or len({(row.name, row.path) for row in rows}) < len(rows):  # the same text for several models
        return None
    absent = sum(row.tokens is None for row in rows)
    note = f"{absent} not counted" if absent else ""
    sums = {"tokens": sum(row.tokens or 0 for row in rows), "static": sum(row.static_tokens or 0 for row in rows)}
    cells = [number(sums[each.name]) if each.name in sums else total_of(rows, each.name) for each in columns]
    if any(row.tokenizer.basis == "estimate" for row in rows):
        cells = ["~" + cell if cell[:1].isdigit() else cell for cell in cells]
    cells[0] = f"total of {len(rows) - absent}"
    cells[-1] = note
    return cells


def _bar(row: Row, largest: int, size: int) -> str:
    """Static text dark, other text and framing light, to the scale of the largest row."""
    if row.tokens is None:
        return ""
    whole = max(round(row.tokens / largest * size), 1 if row.tokens else 0)
    static = row.tokens if row.static_tokens is None else row.static_tokens
    dark = round(whole * static / row.tokens) if row.tokens else 0
    return "█" * dark + "░" * (whole - dark)


def _basis(rows: Sequence[Row], *, plain: bool, money: bool) -> list[str]:
    """What the numbers rest on, for each tokenizer, and how to read the bars."""
    lines = [""]
    if money:
        lines += notes_of(rows)
    else:
        lines += [*dict.fromkeys(f"{row.model}: {counted_by(row)}" for row in rows), *signs(rows, [])]
    lines += [] if plain else ["█ static text, ░ inputs and framing"]
    return lines if money else [*lines, *uncounted(rows), *remote_notes(rows)]


def parts_table(row: Row, by: By, form: Form) -> str:
    """The parts of one row, each with its share and a bar."""
    if row.tokens is None:
        return f"{row.name}: not counted"
    total = row.tokens or 1
    places = any(part.source and part.source != part.name for part in row.parts)
    columns = [
        Column(by),
        *([Column("source")] if places else []),
        Column("tokens", right=True),
        Column("share", right=True),
        Column(""),
    ]
    body = [
        (
            part.name,
            *([part.source or ""] if places else []),
            number(part.tokens),
            f"{part.tokens / total:.0%}",
            bar(part.tokens / total),
        )
        for part in row.parts
    ]
    total_row = (row.name, *([""] if places else []), _counted(row), "100%", row.model)
    return Grid(tuple(columns), tuple(body), total_row).written(form)
