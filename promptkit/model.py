"""The values that flow through promptkit: frozen, and without logic of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from promptkit.errors import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

Role = Literal["system", "user", "assistant", "tool"]

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Text:
    """One authored text and where each of its lines stands.

    `source` of a template has LF newlines and has lost one final newline; a literal text is kept byte for byte.
    `name` is what includes and error chains call it: a block's or partial's name, else its place.
    `first` is the place of its first character. `lines` maps line i of `source` (from 0) to a line of the file;
    None means that they follow each other from `first.line`. `indent` is the column of its later lines.
    """

    source: str
    name: str
    first: Span
    literal: bool = False
    lines: tuple[int, ...] | None = None
    indent: int = 1

    def span(self, line: int) -> Span:
        """The place of line `line` (from 1) of `source`."""
        if line <= 1 or self.first.line is None:
            return self.first
        if self.lines is None:
            return Span(self.first.path, self.first.line + line - 1, self.indent)
        return Span(self.first.path, self.lines[min(line, len(self.lines)) - 1], self.indent)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of rendered text with one origin.

    `block` is the name of the block that holds it and `kind` that block's kind. `span` is the place of the
    authored text, or of the expression that brought a value in. `inputs` are the inputs that its text came from, sorted;
    `conditions` those that decided whether it stands here (`if`, loops, `when`). `authored` is False for text
    that a value or an expression brought in.
    """

    text: str
    block: str
    kind: str
    span: Span
    inputs: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    authored: bool = True

    @property
    def static(self) -> bool:
        """True when the text is the same in every call of this variant."""
        return not self.inputs and not self.conditions
