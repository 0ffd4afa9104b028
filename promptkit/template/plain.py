"""Texts that need no template engine: plain ones, and those whose only tags are bare `{{ name }}`."""

from __future__ import annotations

import re
from dataclasses import dataclass

OPENING = re.compile(r"\{[{%#]")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FIELD = re.compile(r"\{\{[ \t\n]*([A-Za-z_][A-Za-z0-9_]*)[ \t\n]*\}\}")
NEWLINE = re.compile(r"\r\n|\r")

# what Jinja2 does not look up as a variable, or binds itself
KEYWORDS = frozenset({"true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else"})
SPECIAL = frozenset({"loop", "self", "super", "caller", "varargs", "kwargs"})
GLOBALS = frozenset({"range", "dict", "lipsum", "cycler", "joiner", "namespace"})
RESERVED = KEYWORDS | SPECIAL | GLOBALS


@dataclass(frozen=True, slots=True)
class Field:
    """A bare `{{ name }}`. `line` is the source line of the name, `last` that of the closing braces, from 1."""

    name: str
    line: int
    last: int


def fields(source: str) -> tuple[str | Field, ...] | None:
    """`source` as static texts and fields, in order; None when it needs the engine.

    Printed with the fields' values as they stand, it is what Jinja2 prints with `keep_trailing_newline`.
    """
    if "\r" in source:
        source = NEWLINE.sub("\n", source)
    parts: list[str | Field] = []
    position, line = 0, 1
    while opening := OPENING.search(source, position):
        field = FIELD.match(source, opening.start())
        if field is None or field[1] in RESERVED:
            return None
        if opening.start() > position:
            parts.append(source[position : opening.start()])
        line += source.count("\n", position, field.start(1))
        last = line + source.count("\n", field.start(1), field.end())
        parts.append(Field(field[1], line, last))
        line = last
        position = field.end()
    if position < len(source):
        parts.append(source[position:])
    return tuple(parts)


def is_name(source: str) -> bool:
    """Whether an expression is nothing but a name that is looked up in the scope."""
    return NAME.fullmatch(source) is not None and source not in RESERVED


def unsafe(name: str) -> bool:
    """True for names of templates that could lead out of a library."""
    return "\\" in name or name.startswith("/") or ".." in name.split("/") or "\0" in name
