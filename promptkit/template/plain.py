"""Texts that need no template engine: plain ones, and those whose only tags are bare `{{ name }}`.

Also tags so simple that what they look up is known without Jinja2's parser, which takes most of a library's reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OPENING = re.compile(r"\{[{%#]")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FIELD = re.compile(r"\{\{[ \t\n]*([A-Za-z_][A-Za-z0-9_]*)[ \t\n]*\}\}")
TAG = re.compile(
    r"""
    \{\# .*? \#\}
    | \{\{ -? \s* (?P<field> NAME ) \s* -? \}\}
    | \{% -? [ ]* (?:
        include [ ]+ (?P<quote> ["'] ) (?P<include> [\w./-]+ ) (?P=quote)
        | (?P<word> if | elif ) [ ]+ (?: not [ ]+ )? (?P<tested> NAME ) (?: [ ]* (?: [=!<>]= | [<>] ) [ ]* CONSTANT )?
        | (?P<alone> else | endif )
    ) [ ]* -? %\}
    """.replace("NAME", "[A-Za-z_][A-Za-z0-9_]*").replace(
        "CONSTANT", """(?: 0 | -?[1-9][0-9]* | "[^"'\\\\{}%\\n]*" | '[^"'\\\\{}%\\n]*' )"""
    ),
    re.VERBOSE | re.DOTALL | re.ASCII,
)
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


@dataclass(frozen=True, slots=True)
class Tag:
    """A name that is looked up, or a template that is included. `line` is its source line, from 1."""

    name: str
    line: int
    included: bool


def tags(source: str) -> tuple[Tag, ...] | None:
    """The tags of a template, in order; None for one that takes Jinja2's parser.

    Known are `{{ name }}`, `{% include "name" %}`, comments, and `if`, `elif`, `else` and `endif` in their order, whose
    tests are a name, its negation, or its comparison with a number or text.
    """
    if "\r" in source:
        source = NEWLINE.sub("\n", source)
    found: list[Tag] = []
    open_ifs: list[str] = []
    position, line = 0, 1
    while opening := OPENING.search(source, position):
        match = TAG.match(source, opening.start())
        if match is None or not _in_order(match["word"] or match["alone"], open_ifs):
            return None
        kind = match.lastgroup
        if kind in {"field", "tested", "include"}:
            if kind != "include" and match[kind] in RESERVED:
                return None
            line += source.count("\n", position, match.start(kind))
            position = match.start(kind)
            found.append(Tag(match[kind], line, kind == "include"))
        line += source.count("\n", position, match.end())
        position = match.end()
    return None if open_ifs else tuple(found)


def _in_order(word: str | None, open_ifs: list[str]) -> bool:
    """Whether `word` may stand where the last words of the ifs that are open are these; follows it."""
    if word == "if":
        open_ifs.append(word)
    elif word is not None:
        if not open_ifs or (word != "endif" and open_ifs[-1] == "else"):
            return False
        open_ifs[-1] = word
        if word == "endif":
            open_ifs.pop()
    return True


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
