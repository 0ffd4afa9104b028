"""Rules of numbers that a text gives of its own parts."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from promptkit.lint.fences import without_code
from promptkit.lint.passages import VALUE
from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.views import Speech, View

MOST = 3  # findings of one message
_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_PARTS = (
    "actions|areas|aspects|attributes|buckets|cases|categories|classes|columns|components|conditions|constraints|"
    "criteria|dimensions|elements|facts|factors|features|fields|goals|groups|headings|inputs|intents|items|keys|kinds|"
    "labels|levels|modes|options|outputs|parameters|parts|phases|points|principles|properties|queues|questions|roles|"
    "rules|sections|stages|steps|tasks|tiers|tools|topics|types|values|variables|ways"
)
_INTRODUCED = re.compile(
    rf"\b(?P<number>{'|'.join(_WORDS)}|[2-9]|1[0-9]|20) (?:(?!(?:to|or|and|of|more) )[a-z][\w-]* ){{0,2}}"
    rf"(?P<noun>{_PARTS})"
    r"(?: (?:below|here|in order|in this order|as follows|only|exactly))?:[*_]*[ \t]*\n",
    re.IGNORECASE,
)
_LAST = re.compile(r":[*_]*[ \t]*\n")
_INEXACT = re.compile(
    r"(?:\b(?:about|around|at least|at most|between|choose|fewer than|first|last|less than|maximum of|minimum of|"
    r"more than|next|over|pick|select|top|under|up to|any|one of|some of|other|chapter|day|figure|grade|level|option|"
    r"part|phase|rule|section|stage|step|table|task|tier|type|version|week)[ \t]+(?:the[ \t]+|any[ \t]+)?"
    rf"|\b(?:{'|'.join(_WORDS)}|\d+)[ \t]+(?:to|or|and)[ \t]+|[-\u2013/.,#$]|\d[ \t]?)$",
    re.IGNORECASE,
)
"""What stands before a number that does not count the whole list."""

_ASKED = re.compile(
    r"\b(?:ask|create|extract|find|generate|give|identify|list|name|offer|produce|propose|provide|suggest|write)\b"
    r"[^.!?:\n]{0,40}$",
    re.IGNORECASE,
)
_MADE = frozenset(
    {"actions", "areas", "aspects", "cases", "facts", "factors", "features", "goals", "items", "options", "outputs"}
    | {"points", "principles", "questions", "rules", "tasks", "topics", "types", "variables", "ways"}
)
"""What a model may be asked to make so many of, so that the list says what each is like."""

_ITEM = re.compile(r"(?P<indent>[ \t>]*)(?:(?P<bullet>[-*+\u2022])|\(?(?P<number>\d{1,2}|[a-z])[.)])[ \t]+\S")


_VALUE_LINE = re.compile(rf"^[ \t>]*(?:[-*+\u2022][ \t]+)?{VALUE}[ \t]*$", re.MULTILINE)
LONGEST = 20_000  # characters of a list that is counted


class _Items(NamedTuple):
    """The items of a list, and where it ends. `is_whole` is False where it may have more than can be told."""

    size: int
    end: int
    is_whole: bool


@rule("S215", "count-mismatch", "warning", "A", "view")
def count_mismatch(view: View) -> Iterator[Hit]:
    """A list has more or fewer items than the sentence that opens it says.

    Why: the model is told two numbers. One item was added or taken away, and answers leave out or make up another.

    What is left alone: numbers such as "at least three", and lists that a loop or a value may lengthen.

    Bad: prompts/route.yaml:3:17
        === prompts/route.yaml
        blocks:
          - system: |
              There are three labels:
              - billing
              - shipping
              - returns
              - other
          - user: "{{ mail }}"

    Good:
        === prompts/route.yaml
        blocks:
          - system: |
              There are four labels:
              - billing
              - shipping
              - returns
              - other
          - user: "{{ mail }}"

    Source: the number and the items, as they are sent in each variant and branch (A).
    """
    for speech in view.of("system", "user"):
        if ":" in speech.text:
            yield from islice(_mismatches(speech), MOST)


def _mismatches(speech: Speech) -> Iterator[Hit]:
    found = list(_introduced(speech.text))
    text = without_code(speech.text) if found else ""
    for match in found:
        number = _number(match["number"])
        start, end = match.span()
        if text[start:end].isspace() or _INEXACT.search(text, max(0, start - 20), start):
            continue
        if match["noun"].lower() in _MADE and _ASKED.search(text, max(0, start - 60), start):
            continue
        items = _items(text, end)
        if items.size in {0, number} or not (items.is_whole or items.size > number):
            continue
        if _may_grow(speech, end, items.end):
            continue
        said = f"'{match['number']} {match['noun']}' opens a list of {items.size}"
        yield Hit(speech.at(start, match.end("noun")), f"{said}; mend the number or the list")


def _introduced(text: str) -> Iterator[re.Match[str]]:
    """The sentences that open a list and say how long it is."""
    for line in _LAST.finditer(text):
        yield from _INTRODUCED.finditer(text, text.rfind("\n", 0, line.start()) + 1, line.end())


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _WORDS.index(word.lower()) + 2


def _items(text: str, start: int) -> _Items:
    """The list below the line that ends at `start`. Nested lists and further lines of an item belong to the item."""
    opening = _ITEM.match(text, text.rfind("\n", 0, start - 1) + 1)
    first: re.Match[str] | None = None
    count, end, was_blank = 0, start, False
    for line in text[start : start + LONGEST].split("\n"):
        item = _ITEM.match(line)
        if first is None and line.strip():
            if item is None or item["number"] not in {None, "1", "a"} or _is_under(opening, item):
                break
            first, count = item, 1
        elif first is not None and item is not None and item["indent"] == first["indent"]:
            if item["bullet"] != first["bullet"] or item["number"] not in {None, _nth(first, count)}:
                return _Items(count, end, is_whole=False)
            count += 1
        elif first is not None and was_blank and line.strip() and not line.startswith((first["indent"] + " ", "\t")):
            return _Items(count, end, not _goes_on(text[end : end + LONGEST], first, count))
        was_blank = not line.strip()
        end += len(line) + 1
    return _Items(count, end, is_whole=end >= len(text))


def _is_under(opening: re.Match[str] | None, item: re.Match[str]) -> bool:
    """Whether the line that opens the list is an item beside its items."""
    return opening is not None and len(opening["indent"]) >= len(item["indent"])


def _nth(first: re.Match[str], count: int) -> str:
    """The number of the item after so many."""
    return str(count + 1) if first["number"] == "1" else chr(ord("a") + count)


def _goes_on(text: str, first: re.Match[str], count: int) -> bool:
    """Whether items of the list may stand below the paragraph that `text` begins with."""
    for line in text.split("\n"):
        item = _ITEM.match(line)
        if item and item["indent"] == first["indent"] and item["bullet"] == first["bullet"]:
            return item["bullet"] is not None or item["number"] == _nth(first, count)
        if line.startswith("#") or line.rstrip(" *_").endswith(":"):
            return False
    return False


def _may_grow(speech: Speech, start: int, end: int) -> bool:
    """Whether a loop or a value may make more items of some."""
    if _VALUE_LINE.search(speech.text, start, end):
        return True
    at = 0
    for piece in speech.pieces:
        if piece.looped and at < end and at + len(piece.text) > start:
            return True
        at += len(piece.text)
    return False
