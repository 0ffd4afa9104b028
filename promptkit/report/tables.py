"""Plain-text tables: aligned by what a terminal shows, numbers to the right, bars where a share is worth a look."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BAR_WIDTH = 24
MIN_FIT = 24  # columns that a broken cell has at least, however narrow the terminal
_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; `right` aligns it to the right, as numbers are."""

    name: str
    right: bool = False


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    total: Sequence[str] | None = None,
    fit: int | None = None,
) -> str:
    """The rows under their headings, with a total under a line. Without rows, the headings alone.

    `fit` is how many columns of a terminal there are: the last cell of a row is then broken into lines that fit.
    """
    body = [list(row) for row in rows]
    if fit is not None:
        before = sum(
            max(width(row[i]) for row in [[c.name for c in columns], *body]) + 2 for i in range(len(columns) - 1)
        )
        body = [line for row in body for line in _broken(row, max(fit - before, MIN_FIT))]
    shown = [[column.name for column in columns], *body, *([list(total)] if total is not None else [])]
    widths = [max(width(row[index]) for row in shown) for index in range(len(columns))]
    lines = [_line(columns, widths, row) for row in shown]
    rule = "  ".join("─" * size for size in widths)
    lines.insert(1, rule)
    if total is not None:
        lines.insert(len(lines) - 1, rule)
    return "\n".join(lines)


def _broken(row: list[str], size: int) -> list[list[str]]:
    """The row, and below it as many more as its last cell needs at `size` columns; a longer word stands whole."""
    lines = wrapped(row[-1], size)
    blank = [""] * (len(row) - 1)
    return [[*(blank if number else row[:-1]), line] for number, line in enumerate(lines)]


def wrapped(text: str, size: int) -> list[str]:
    """The words of `text` in lines of at most `size` columns; a longer word stands whole."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and width(longer) > size:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


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
    """A whole number with thousands separated; a dash where it is unknown."""
    return "—" if value is None else f"{value:,}"
