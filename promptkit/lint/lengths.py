"""Demands on the length of an answer or of a named part of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.lint.sentences import ANSWER, WHOLE, Demand
from promptkit.lint.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.sentences import Sentence

_NUMBERS = {"a": 1, "single": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_NUMBERS |= {"nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "fifty": 50, "hundred": 100}
_NUMBER = rf"(?:\d{{1,5}}|a single|{'|'.join(_NUMBERS)})"
_LENGTH = re.compile(
    rf"\b(?P<bound>exactly|precisely|at most|at maximum|no more than|not more than|up to|a maximum of|maximum|under"
    rf"|less than|fewer than|below|within|at least|no less than|no fewer than|not less than|a minimum of|more than|over"
    rf"|exceed)?[ ]?(?<![\d.])(?P<low>{_NUMBER})(?:[ ]?(?:-|–|to|or)[ ]?(?P<high>{_NUMBER}))?(?P<gap>[ -])"
    rf"(?:short |concise |full |clear |brief |complete |plain |single )?(?P<unit>word|sentence|paragraph|character)s?\b"
    rf"(?P<after>[ ]?\(?(?:or (?:less|fewer|more)|at most|max(?:imum)?|at least|minimum)\b)?",
    re.IGNORECASE,
)
_UNITS = words("word words sentence sentences paragraph paragraphs character characters")
_ABOVE = frozenset({"at least", "no less than", "no fewer than", "not less than", "a minimum of"})
_STRICTLY_ABOVE = frozenset({"more than", "over"})
_BELOW = frozenset(
    {"at most", "at maximum", "no more than", "not more than", "up to", "a maximum of", "maximum", "within", "exceed"}
)
_STRICTLY_BELOW = frozenset({"under", "less than", "fewer than", "below"})
_NO_PART = frozenset(
    (
        "this",
        "that",
        "they",
        "them",
        "these",
        "those",
        "you",
        "what",
        "which",
        "there",
        "and",
        "or",
        "not",
        "word",
        "sentence",
        "list",
    )
)
_FRAMES = tuple(
    re.compile(each + "$", re.IGNORECASE)
    for each in (
        r"\b(?P<verb>answer|respond|reply)(?: (?!in |with )[\w,']+){0,4} (?:in|with|using)(?: only| just)?",
        r"\b(?P<verb>summari[sz]e|explain|describe)\b[^.,;:]{0,60} (?:in|using)(?: only| just)?",
        r"\b(?:keep|limit|restrict|cut)(?: your| the| all)?(?: final| whole| entire)? (?P<part>[\w-]+)(?: length"
        r"| size)?"
        r"(?: to| under| below| within| at)?(?: be| only| just)?",
        r"(?:^|[\s*])(?:your|the|all)?(?: final| whole| entire)? ?(?P<part>[\w-]+)"
        r" (?:must|should|shall|is to|are to|has to|have to|needs? to|will)(?: not| never)?(?: be| have| contain"
        r"| consist of| use"
        r"| stay| fit| span| run to)?(?: in| within| under| of| only| just| between)*",
        r"\b(?:write|give|provide|produce|output|return|create|compose|draft|generate)(?: me| us)? (?:a|an|the"
        r"|your|one)"
        r"(?: (?!of |in |with )[\w-]+,?){0,2}? (?P<part>[\w-]+) (?:of|in|with|using|that is)(?: only| just)?",
    )
)
_USE = re.compile(r"(?:^|you (?:must|should|will) )[\s*\-–•]*(?P<verb>use|write)$", re.IGNORECASE)
_MAKE = re.compile(
    r"\b(?:write|give|provide|produce|output|return|create|compose|draft|generate|answer with|respond with|reply with)"
    r"(?: me| us)?(?: only| just)?(?: a| an| the| your| one)?$",
    re.IGNORECASE,
)
_ADJECTIVE = re.compile(
    r"[ -](?:long )?(?P<part>summary|answer|response|reply|explanation|description|overview|title|abstract)\b", re.I
)
_VERBAL = {"summari": "summary", "explain": "explanation", "describ": "description"}


def _part(frame: re.Match[str]) -> str | None:
    """What a demand is of, from the words in front of it."""
    groups = frame.groupdict()
    if groups.get("verb"):
        return next((part for verb, part in _VERBAL.items() if groups["verb"].casefold().startswith(verb)), ANSWER)
    word = groups["part"].casefold()
    return None if word in _NO_PART else ANSWER if word in WHOLE else word


def lengths(sentence: Sentence, number: int) -> Iterator[Demand]:
    """The lengths that a sentence demands."""
    text = sentence.text
    for match in _LENGTH.finditer(text) if not _UNITS.isdisjoint(words(text)) else ():
        before = text[max(0, match.start() - 120) : match.start()].rstrip(" (*").removesuffix(":")
        adjective = _ADJECTIVE.match(text, match.end())
        about = None
        if before.count("(") > before.count(")") or (match["gap"] == "-" and adjective is None):
            continue
        if adjective is not None:
            part = adjective["part"].casefold()
            about = (ANSWER if part in WHOLE else part) if _MAKE.search(before) else None
        else:
            frame = next((found for each in _FRAMES if (found := each.search(before))), None)
            if frame is not None:
                about = _part(frame)
            elif _USE.search(before) and match["bound"]:
                about = ANSWER
        low, high = _bounds(match)
        if (match["bound"] or "").casefold() == "exceed" and not re.search(r"\b(?:not|never)$", before, re.IGNORECASE):
            continue
        if about is not None and (low, high) != (None, None):
            end = adjective.end() if adjective is not None else match.end()
            unit = match["unit"].casefold()
            at = sentence.start
            begin = at + match.start() + (match[0][0] == " ")
            yield Demand("length", unit, about, begin, at + end, number, sentence.scope, low, high)


def _bounds(match: re.Match[str]) -> tuple[int | None, int | None]:
    def number(word: str) -> int:
        return int(word) if word.isdigit() else _NUMBERS[word.casefold().removeprefix("a ")]

    low = number(match["low"])
    high = number(match["high"]) if match["high"] else low
    bound, after = (match["bound"] or "").casefold(), (match["after"] or "").strip(" (").casefold()
    if bound in _ABOVE or after in {"or more", "at least", "minimum"}:
        return low, None
    if bound in _STRICTLY_ABOVE:
        return low + 1, None
    if bound in _BELOW or after:
        return None, high
    if bound in _STRICTLY_BELOW:
        return None, high - 1
    return low, high
