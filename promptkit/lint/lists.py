"""Lists of names in a text: those in quotes one after the other, and those that begin the points of a list."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from promptkit.lint.fences import without_fences

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOKED_AT = 200_000  # characters of a text: a stranger's may be of any size
MOST = 500  # lists of a text
LEAD = 80  # characters before a list, and after it, that say what it is of

_ITEM = r"(?:\"[^\"\n]{1,40}\"|'[^'\n]{1,40}'|`[^`\n]{1,40}`|“[^”\n]{1,40}”)"
_ROW = re.compile(rf"{_ITEM}(?:[ ]?(?:,[ ]?(?:and[ ]|or[ ])?|and[ ]|or[ ]|[|/][ ]?){_ITEM})+")
_QUOTED = re.compile(_ITEM)
_CASE = re.compile(rf"{_ITEM}[ ](?:when|if|where|means|for)\b")
_ENDS = {"“": "”"}
_POINT = re.compile(r"(?P<indent>[ \t]*)[-*+•][ \t]+(?P<rest>.*)")
_TERM = re.compile(
    r"(?:\*\*|[`\"'])?(?P<name>[A-Za-z][\w-]*(?:[ /][\w-]+){0,2}?)"
    r"(?=(?:\*\*|[`\"'])?(?:[ \t]*[:–—(]|[ \t]-[ ]|[ \t]*$)|:\*\*)"
)


class Name(NamedTuple):
    """A name of a list: `text[start:end]`."""

    text: str
    start: int
    end: int


class Names(NamedTuple):
    """The names of one list: `row`, in quotes one after the other; `cases`, each with its `when`; `points` of a list.

    `before` and `after` are what stands around it in its line; for points, `before` is the line above them.
    """

    kind: Literal["row", "cases", "points"]
    names: tuple[Name, ...]
    before: str = ""
    after: str = ""


@lru_cache(maxsize=256)  # views of a prompt repeat their messages
def lists(text: str) -> tuple[Names, ...]:
    """The lists of names in a text."""
    text = text[:LOOKED_AT]
    return tuple(islice(chain(_rows(text), _cases(text), _points(text)), MOST))


def _rows(text: str) -> Iterator[Names]:
    for match in _ROW.finditer(text):
        names = tuple(map(_quoted, _QUOTED.finditer(text, match.start(), match.end())))
        yield Names(
            "row", names, _before(text, match.start()), text[match.end() : match.end() + LEAD].partition("\n")[0]
        )


def _cases(text: str) -> Iterator[Names]:
    found: list[re.Match[str]] = []
    for match in [*_CASE.finditer(text), None]:
        if found and (match is None or "\n" in text[found[-1].end() : match.start()]):
            if len(found) > 1:
                yield Names("cases", tuple(map(_quoted, found)), _before(text, found[0].start()))
            found = []
        if match is not None:
            found.append(match)


def _quoted(match: re.Match[str]) -> Name:
    end = match.start() + match[0].index(_ENDS.get(match[0][0], match[0][0]), 1)
    return Name(match.string[match.start() + 1 : end], match.start() + 1, end)


def _before(text: str, start: int) -> str:
    return text[max(0, start - LEAD) : start].rpartition("\n")[2]


def _points(text: str) -> Iterator[Names]:
    """Points of one depth that all begin with a name; a list with another point among them is none."""
    found: list[Name | None] = []
    depth, offset, before, last = 0, 0, "", ""
    for line in [*without_fences(text).split("\n"), "."]:
        point = _POINT.fullmatch(line)
        indent = len(line) - len(line.lstrip())
        if found and line.strip() and (indent < depth or (indent == depth and point is None)):
            names = tuple(each for each in found if each is not None)
            if len(names) == len(found) > 1:
                yield Names("points", names, before)
            found = []
        if point is not None and (not found or indent == depth):
            depth, before = indent, before if found else last[-LEAD:]
            found.append(_name(text, offset + point.start("rest")))
        offset += len(line) + 1
        last = line if line.strip() else last


def _name(text: str, start: int) -> Name | None:
    end = text.find("\n", start)
    term = _TERM.match(text, start, len(text) if end < 0 else end)
    return None if term is None else Name(term["name"], *term.span("name"))
