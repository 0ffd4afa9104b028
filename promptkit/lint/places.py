"""Places of findings: from an offset in an authored text to lines and columns of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptkit.errors import Span

if TYPE_CHECKING:
    from promptkit.content import Text


class Place(NamedTuple):
    """Where a finding stands. Lines and columns count from 1, in characters; the end is after the last one.

    Only the path is there where a whole file is meant; the end is the start where only that is known.
    """

    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    @classmethod
    def of(cls, span: Span) -> Place:
        """The place of a span."""
        return cls(*span, *span[1:])

    @property
    def span(self) -> Span:
        """Its start."""
        return Span(*self[:3])


def place(text: Text, start: int, end: int) -> Place:
    """The place of `text.source[start:end]`. Columns of a quoted YAML scalar count no escapes."""
    first, last = _point(text, start), _point(text, max(start, end - 1))
    return Place(*first, last.line, None if last.column is None else last.column + (end > start))


def _point(text: Text, offset: int) -> Span:
    line = text.source.count("\n", 0, offset) + 1
    span = text.span(line)
    if span.column is None:
        return span if span.line is None else span._replace(column=1 + _inside(text, offset))
    return span._replace(column=span.column + _inside(text, offset))


def _inside(text: Text, offset: int) -> int:
    return offset - text.source.rfind("\n", 0, offset) - 1
