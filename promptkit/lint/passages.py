"""An authored text as rules of words see it: its tags masked, every character at its own offset."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from promptkit.errors import PromptkitError
from promptkit.lint.places import Place, place
from promptkit.template.plain import OPENING, TAG

if TYPE_CHECKING:
    from promptkit.content import Text
    from promptkit.template import Engine, Template
    from promptkit.template.atoms import Atom
    from promptkit.template.outline import Node

VALUE = "\ufffc"
"""What stands for each character of a tag that prints a value, and for a whole value in the text of a view."""

TAGGED = "\x1f"
"""What stands for each character of a tag that prints nothing; `\\s` matches it."""


class Passage:
    """One authored text. `kind` is the kind of block that it is of; None where it is a partial or of no block."""

    def __init__(self, text: Text, engine: Engine, kind: str | None = None) -> None:
        self.text = text
        self.engine = engine
        self.kind = kind

    @property
    def source(self) -> str:
        """The text as it was written, with LF newlines."""
        return self.text.source

    @cached_property
    def template(self) -> Template:
        """The template of the text."""
        return self.engine.template(self.text)

    @cached_property
    def sound(self) -> bool:
        """Whether it can be parsed."""
        try:
            return self.template.tags is not None or self.template.tree is not None
        except PromptkitError:
            return False

    @cached_property
    def prose(self) -> str:
        """The source with tags masked: VALUE for each character of one that prints, TAGGED for others.

        Newlines are kept, so that offsets and lines are those of the source. All of it where it cannot be parsed.
        """
        source = self.source
        if self.text.literal or OPENING.search(source) is None or not self.sound:
            return source
        if self.template.tags is not None:
            return TAG.sub(lambda match: _mask(match[0], is_value=match["field"] is not None), source)
        found, end = [], 0
        for atom in self.atoms:
            found.append(_mask(source[end : atom.start], is_value=False))
            shown = source[atom.start : atom.end]
            found.append(shown if atom.kind == "words" else _mask(shown, is_value=atom.kind == "value"))
            end = atom.end
        return "".join(found) + _mask(source[end:], is_value=False)

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        """Its words, tags and comments by their offsets; none where it cannot be parsed."""
        return self.template.atoms if self.sound else ()

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Its outline, includes and macros followed; empty where one of them cannot be parsed."""
        try:
            return self.template.outline
        except (PromptkitError, RecursionError):
            return ()

    def at(self, start: int, end: int) -> Place:
        """The place of `source[start:end]`."""
        return place(self.text, start, end)


def _mask(text: str, *, is_value: bool) -> str:
    """`text` masked, its newlines and, outside of tags, its white space kept."""
    if not text or text.isspace():
        return text
    mask = VALUE if is_value else TAGGED
    return "\n".join(mask * len(line) for line in text.split("\n")) if "\n" in text else mask * len(text)
