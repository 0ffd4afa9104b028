"""Plain-text tables: aligned by what a terminal shows, numbers to the right, bars where a share is worth a look."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from promptkit.report.money import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BAR_WIDTH = 24
Form = Literal["table", "md"]
_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; `right` aligns it to the right, as numbers are."""

    name: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table that can be written in either form."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None = None

    def written(self, form: Form, fit: int | None = None) -> str:
        """As a table for a terminal of `fit` columns, or in Markdown."""
        if form == "md":
            return markdown(self.columns, self.rows, self.total)
        return table(self.columns, self.rows, self.total, fit)


def notes(lines: Iterable[str], form: Form) -> str:
    """What stands under a table, one a line; a list in Markdown."""
    return "\n".join(f"- {line}" if form == "md" else line for line in lines)


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    total: Sequence[str] | None = None,
    fit: int | None = None,
) -> str:
    """The rows under their headings, with a total under a line. Without rows, the headings alone.

    `fit` is how many columns a terminal has: cells are then broken into lines, the widest first, until a row fits.
    """
    body = [list(row) for row in rows]
    if fit is not None:
        body = _fitted([column.name for column in columns], body, fit)
    shown = [[column.name for column in columns], *body, *([list(total)] if total is not None else [])]
    widths = [max(width(row[index]) for row in shown) for index in range(len(columns))]
    lines = [_line(columns, widths, row) for row in shown]
    rule = "  ".join("─" * size for size in widths)
    lines.insert(1, rule)
    if total is not None:
        lines.insert(len(lines) - 1, rule)
    return "\n".join(lines)


def markdown(columns: Sequence[Column], rows: Iterable[Sequence[str]], total: Sequence[str] | None = None) -> str:
    """The rows as a table of GitHub's Markdown, without columns that have no heading: those are pictures."""
    kept = [index for index, column in enumerate(columns) if column.name]
    lines = [
        [_escaped(columns[index].name) for index in kept],
        ["---:" if columns[index].right else "---" for index in kept],
        *([_escaped(row[index]) for index in kept] for row in rows),
    ]
    if total is not None:
        lines.append([f"**{text}**" if (text := _escaped(total[index])) else "" for index in kept])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _escaped(text: str) -> str:
    """A cell that Markdown shows as it is."""
    return re.sub(r"[\\|*_\[\]`]|<(?=[A-Za-z/!?])", r"\\\g<0>", text.replace("\n", " "))


def _fitted(heads: list[str], body: list[list[str]], fit: int) -> list[list[str]]:
    """The rows with their cells broken, so that they take `fit` columns where their longest words let them."""
    cells = list(zip(heads, *body, strict=True))
    sizes = [min(max(map(width, column)), fit) for column in cells]
    least = [max([width(head), *(width(part) for cell in column for part in _parts(cell))]) for head, *column in cells]
    spare = [index for index, size in enumerate(sizes) if size > least[index]]
    while spare and sum(sizes) + 2 * (len(sizes) - 1) > fit:
        widest = max(spare, key=sizes.__getitem__)
        sizes[widest] -= 1
        if sizes[widest] == least[widest]:
            spare.remove(widest)
    broken = ([wrapped(cell, size) for cell, size in zip(row, sizes, strict=True)] for row in body)
    return [list(line) for row in broken for line in zip_longest(*row, fillvalue="")]


def wrapped(text: str, size: int) -> list[str]:
    """`text` in lines of at most `size` columns, broken between words, a longer word after , / = or -."""
    lines = [""]
    for word in text.split():
        space = " " if lines[-1] else ""
        for part in _pieces(word, size):
            if lines[-1] and width(lines[-1] + space + part) > size:
                lines.append(part)
            else:
                lines[-1] += space + part
            space = ""
    return lines


def _pieces(word: str, size: int) -> list[str]:
    if width(word) <= size:
        return [word]
    listed = re.findall(r"[^,]*,|[^,]+", word)
    return _parts(word) if len(listed) < 2 else [piece for entry in listed for piece in _pieces(entry, size)]


def _parts(text: str) -> list[str]:
    """The pieces of a text that stay whole."""
    return re.findall(r"[^\s,/=-]*[,/=-]|[^\s,/=-]+", text)


def _line(columns: Sequence[Column], widths: Sequence[int], row: Sequence[str]) -> str:
    cells = []
    for column, size, text in zip(columns, widths, row, strict=True):
        pad = " " * (size - width(text))
        cells.append(pad + text if column.right else text + pad)
    return "  ".join(cells).rstrip()


def width(text: str) -> int:
    """Columns that a terminal gives to `text`: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def bar(share: float, size: int = BAR_WIDTH) -> str:
    """A bar of `share` (0 to 1) of `size` columns, exact to an eighth of one; never empty for a share above 0."""
    eighths = round(min(max(share, 0.0), 1.0) * size * 8)
    if share > 0:
        eighths = max(eighths, 1)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


def number(value: int | None) -> str:
    """A whole number with thousands separated."""
    return UNKNOWN if value is None else f"{value:,}"
