"""What each variant of a prompt, and each cell of its matrix, adds to the base or saves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from promptkit.content import MISSING
from promptkit.model import BASE
from promptkit.report.costs import notes_of
from promptkit.report.money import INAPPLICABLE, UNKNOWN, exact, usd
from promptkit.report.tables import Column, Grid, notes, number
from promptkit.report.tokens import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from promptkit.model import Overlay, Prompt
    from promptkit.report.tables import Form
    from promptkit.report.tokens import Row


def cells(prompt: Prompt) -> Mapping[str, tuple[Cell, ...]]:
    """The cells of each variant of a prompt's matrix, by the variant's name."""
    found: dict[str, tuple[Cell, ...]] | None = prompt._shared.get(CELLS)
    if found is None:
        base = prompt[BASE]
        known = {each.name: each.default for each in base.settings.inputs if each.default is not MISSING}
        known |= base.set
        axes = [
            [Cell(axis.name, cell.name, _as_base(cell, known)) for cell in axis.cells] for axis in prompt.spec.matrix
        ]
        crossed = product(*axes) if axes else ()
        found = {",".join(f"{cell.axis}={cell.name}" for cell in each): each for each in crossed}
        prompt._shared[CELLS] = found
    return found


CELLS = "cells of the report"  # the key of `cells` among what a prompt's variants share


def _as_base(cell: Overlay, known: Mapping[str, Any]) -> bool:
    """Whether a cell leaves the base as it is: it edits nothing, and sets what is the default already."""
    edits = cell.drop or cell.replace or cell.add or cell.overrides
    return not edits and all(name in known and known[name] == value for name, value, _ in cell.set)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change adds to the tokens and costs of `against`, or saves where it is negative.

    A cell's is that of its axis alone: the other axes are where `against` has them; `elsewhere` is the least and the
    most that it is with them at any of their cells. None where a count or a price is unknown.
    """

    change: str
    variant: str
    against: str
    tokens: int | None
    effect: int | None
    usd_per_1000: Decimal | None
    elsewhere: tuple[int, int] | None = None
    cell: Cell | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of one prompt's variants for one model. `reference` is what cells are compared with."""

    base: Row
    changes: tuple[Effect, ...]
    reference: str | None


def effects(rows: Iterable[Row]) -> list[Effects]:
    """The effects for each prompt and model that has more than its base."""
    groups: dict[tuple[str | None, str], list[Row]] = {}
    for row in rows:
        if row.prompt is not None:
            groups.setdefault((row.prompt, row.model), []).append(row)
    return [_effects(group) for group in groups.values() if len(group) > 1 and group[0].variant == BASE]


def _effects(rows: Sequence[Row]) -> Effects:
    base = rows[0]
    changes = [_effect(str(row.variant), row, base) for row in rows[1:] if not row.cells]
    crossed = {row.cells: row for row in rows if row.cells}
    if not crossed:
        return Effects(base, tuple(changes), None)
    axes = [list(dict.fromkeys(cells)) for cells in zip(*crossed, strict=True)]
    home = tuple(next((cell for cell in axis if cell.as_base), axis[0]) for axis in axes)
    for place, axis in enumerate(axes):
        for cell in axis:
            row = crossed[(*home[:place], cell, *home[place + 1 :])]
            others = [
                _more(crossed[cells].tokens, crossed[(*cells[:place], home[place], *cells[place + 1 :])].tokens)
                for cells in crossed
                if cells[place] == cell
            ]
            known = [each for each in others if each is not None]
            span = (min(known), max(known)) if len(known) == len(others) else None
            changes.append(_effect(f"{cell.axis}={cell.name}", row, crossed[home], span, cell))
    return Effects(base, tuple(changes), str(crossed[home].variant))


def _effect(
    change: str, row: Row, against: Row, elsewhere: tuple[int, int] | None = None, cell: Cell | None = None
) -> Effect:
    own, its = (None if each.cost is None else each.cost.per_1000 for each in (row, against))
    return Effect(
        change=change,
        variant=str(row.variant),
        against=str(against.variant),
        tokens=row.tokens,
        effect=_more(row.tokens, against.tokens),
        usd_per_1000=None if own is None or its is None else own - its,
        elsewhere=elsewhere,
        cell=cell,
    )


def _more(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other


def effects_report(found: Effects, form: Form) -> str:
    """The effects as a table, and how its numbers were formed."""
    base = found.base
    priced = any(each.usd_per_1000 is not None for each in found.changes)
    crossed = found.reference is not None
    mark = "~" if base.tokenizer.basis == "estimate" else ""
    columns = [Column(f"{base.prompt} for {base.model}"), Column("tokens", right=True), Column("effect", right=True)]
    columns += [Column("elsewhere", right=True)] if crossed else []
    columns += [Column("$ / 1,000 calls", right=True)] if priced else []
    rows = [[BASE, _marked(mark, number(base.tokens)), *([""] * (len(columns) - 2))]]
    for each in found.changes:
        row = [each.change, _marked(mark, number(each.tokens)), _marked(mark, _signed(each.effect))]
        row += [_span(each, mark)] if crossed else []
        row += [_marked(mark, usd(each.usd_per_1000, sign=True))] if priced else []
        rows.append(row)
    return Grid(tuple(columns), tuple(map(tuple, rows))).written(form) + "\n\n" + notes(_method(found), form)


def _method(found: Effects) -> list[str]:
    lines = ["effect: tokens more or less than base has"] if any(each.cell is None for each in found.changes) else []
    if found.reference is not None:
        cells = [each for each in found.changes if each.cell is not None]
        home = [each for each in cells if each.variant == found.reference]
        same = ", which is as the base" if all(each.cell and each.cell.as_base for each in home) else ""
        lines.append(f"effect of a cell: against {found.reference}{same}, this axis alone being changed")
        apart = f"; {INAPPLICABLE}: of no axis" if any(each.cell is None for each in found.changes) else ""
        lines.append(f"elsewhere: the least and most of that effect, the other axes being at any of their cells{apart}")
    return lines


def effects_notes(found: Sequence[Effects]) -> list[str]:
    """What the numbers rest on, for each model."""
    money = any(each.usd_per_1000 is not None for one in found for each in one.changes)
    return notes_of([one.base for one in found], money=money)


def _marked(mark: str, text: str) -> str:
    return text if text == UNKNOWN else mark + text


def _signed(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:+,}" if value else "0"


def _span(each: Effect, mark: str) -> str:
    if each.elsewhere is None:
        return INAPPLICABLE if each.cell is None else UNKNOWN
    least, most = each.elsewhere
    return mark + (_signed(least) if least == most else f"{_signed(least)} to {_signed(most)}")


def effects_data(found: Effects) -> dict[str, Any]:
    """The effects as `promptkit tokens --by variant --format json` has them."""
    return {
        "prompt": found.base.prompt,
        "model": found.base.model,
        "base_tokens": found.base.tokens,
        "reference": found.reference,
        "changes": [
            {
                "change": each.change,
                "axis": each.cell.axis if each.cell else None,
                "cell": each.cell.name if each.cell else None,
                "as_base": each.cell.as_base if each.cell else None,
                "variant": each.variant,
                "against": each.against,
                "tokens": each.tokens,
                "effect_tokens": each.effect,
                "effect_tokens_elsewhere": list(each.elsewhere) if each.elsewhere else None,
                "effect_usd_per_1000": exact(each.usd_per_1000),
            }
            for each in found.changes
        ],
    }
