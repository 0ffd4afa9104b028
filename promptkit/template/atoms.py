"""Where each part of a template stands, by offsets, which Jinja2's tree does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from jinja2 import Environment
from jinja2.lexer import TokenStream

from promptkit.template.plain import NEWLINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.template.engine import Template

AtomKind = Literal["words", "value", "tag", "comment"]


class Atom(NamedTuple):
    """A part of a template's source. `line` is Jinja2's, that of its first word; `name` is a tag's first word.

    Words are what is left after white space control; other parts reach from brace to brace.
    """

    kind: AtomKind
    start: int
    end: int
    line: int
    name: str = ""


_BEGINS: dict[str, AtomKind] = {"variable_begin": "value", "block_begin": "tag", "comment_begin": "comment"}
_ENDS = frozenset({"variable_end", "block_end", "comment_end"})
_RAW = frozenset({"raw_begin", "raw_end"})


class Syntax(Environment):
    """Jinja2's lexer and parser with these settings, which keep the tokens of what was parsed last."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(autoescape=False, **settings)
        self.tokens: list[tuple[int, str, str]] = []

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        self.tokens = list(self.lexer.tokeniter(source, name, filename, state))
        return TokenStream(self.lexer.wrap(self.tokens, name, filename), name, filename)


def atoms(template: Template) -> tuple[Atom, ...]:
    """The parts of a template, in order. TemplateError where it cannot be parsed."""
    text = template.text
    if text.literal:
        return (Atom("words", 0, len(text.source), 1),) if text.source else ()
    syntax = template.engine.syntax(text.name)
    _ = template.tree  # a text that cannot be parsed has no parts
    syntax.tokens = list(syntax.lexer.tokeniter(text.source, None))
    return atoms_of(text.source, syntax)


def atoms_of(source: str, syntax: Syntax) -> tuple[Atom, ...]:
    """The parts of the text that was parsed last."""
    tokens, syntax.tokens = syntax.tokens, []
    return tuple(_atoms(NEWLINE.sub("\n", source) if "\r" in source else source, tokens))


def _atoms(source: str, tokens: list[tuple[int, str, str]]) -> Iterator[Atom]:
    """Each token is where the one before it ends: Jinja2 drops nothing but white space, and only around tags."""
    place = start = 0
    line, name, kind = 1, "", None
    for at, token, value in tokens:
        while not source.startswith(value, place):
            place += 1
        if token == "data":  # noqa: S105 (a kind of token, no password)
            yield Atom("words", place, place + len(value), at)
        elif token in _BEGINS:
            start, line, name, kind = place, at, "", _BEGINS[token]
        elif token in _RAW:
            yield Atom("tag", place, place + len(value), at, token)
        elif token == "name" and not name:  # noqa: S105
            name, line = value, at
        place += len(value)
        if token in _ENDS and kind is not None:
            yield Atom(kind, start, place - len(value) + len(value.rstrip()), line, name)
