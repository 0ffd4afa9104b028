"""Sentences that speak of the answer at all times: none that is quoted, code, an example, or under a condition."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from promptkit.lint.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER = "answer"
WHOLE = frozenset(
    (
        "answer",
        "answers",
        "response",
        "responses",
        "reply",
        "replies",
        "output",
        "outputs",
        "result",
        "results",
        "it",
        "everything",
    )
)
LONGEST = 400  # characters of a sentence that is looked at
LINES = 2_000  # lines that are kept in mind: views of a prompt repeat theirs


class Demand(NamedTuple):
    """One demand: `text[start:end]` asks `value` of `about`, the answer or a part of it, in sentence `sentence`.

    `low` and `high` are those of a length, whose `value` is its unit; None is no bound. `scope` is the heading or label
    that it stands under, empty for the whole prompt.
    """

    kind: str
    value: str
    about: str
    start: int
    end: int
    sentence: int
    scope: str = ""
    low: int | None = None
    high: int | None = None


class Sentence(NamedTuple):
    """A sentence of a text, quotations and code blanked, and the heading or label that it stands under."""

    text: str
    start: int
    scope: str


LANGUAGES = (
    "English|German|French|Spanish|Italian|Portuguese|Dutch|Polish|Russian|Ukrainian|Turkish|Arabic|Hebrew|Hindi"
    "|Chinese|Japanese|Korean|Swedish|Danish|Norwegian|Finnish|Czech|Greek|Vietnamese|Thai|Indonesian"
)

TRIGGERS = words(LANGUAGES) | words(
    "word words sentence sentences paragraph paragraphs line lines character characters bullet bullets bulletpoints"
    " list lists comprehensive comprehensively detail detailed exhaustive exhaustively lengthy json xml yaml csv html"
    " latex markdown plain language formal informal formally informally casual casually colloquial emoji emojis"
    " explanation explanations reasoning rationale justify justification justifications work"
)
"""The words of which a sentence has one where it demands anything."""

_QUOTED = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{0,200}`|\"[^\"\n]{0,200}\"|“[^”\n]{0,200}”", re.DOTALL)
_EXAMPLE = re.compile(r"<(/?)[\w-]{0,30}(?:example|sample|demo|shot)[\w-]{0,30}[^>\n]{0,80}>", re.IGNORECASE)
_HEADING = re.compile(
    r"\s*(?:#{1,6}\s+(.*)|\*\*([^*\n]+)\*\*:?\s*$|([A-Z][A-Z &/'-]{3,50}):?\s*$"
    r"|[*_]{0,2}([A-Z][\w ]{1,40}):[*_]{0,2}\s*$"
    r"|(</?[\w-]+>)\s*$)"
)
_LABEL = re.compile(r"[\s>*\-•\d.)(]{0,12}(?P<label>\*{0,2}[\w /'-]{1,40}?\*{0,2})\s?:\*{0,2}\s")
_FIELD = re.compile(
    r"[\s>*\-•\d.)(]{0,12}(?:[A-Z ]{1,30}[(])?(?P<label>[`\"'][\w .-]{1,40}[`\"'])[*)]{0,3}\s?(?:[:,(—–-]|\s)"
)
_GENERAL = re.compile(
    r"(?:\W|\d|_|\b(?:rules?|outputs?|formats?|formatting|instructions?|guidelines?|requirements?|styles?|tones?|tasks?"
    r"|constraints?|responses?|answers?|important|notes?|overview|language|length|general|system|prompt|identity|goals?"
    r"|purpose|behaviou?r|restrictions?|role|critical|remember|writing|communication|voice|reply|replies|do|don|t|must"
    r"|always|never|not|and|the|your|of|for|key|final|core|additional|please|you|should|to|how|on|a|an|with|be)\b)*",
    re.IGNORECASE,
)
_SHOWN = re.compile(r"\b(?:examples?|samples?|input|demonstration|bad|good|wrong|correct|incorrect)\b", re.IGNORECASE)
_SPLIT = re.compile(r"(?<=[.!?])[\s*_]+")
_CONDITIONS = words(
    "if when whenever while unless where whether otherwise except depending optional optionally either could may might"
    " can cannot instead rather until sometimes usually typically try prefer ideally generally mostly simple complex"
    " first then next finally afterwards second step each every per called section field key column tag tags want"
    " wants wanted ask asks asked request requests requested was were previous earlier existing like likes would some"
)
_CONDITION = re.compile(
    r"\b(?:in case|for example|e\.g|such as|than just|not only|not just|about the|before you)\b|\?", re.IGNORECASE
)


def _blank(match: re.Match[str]) -> str:
    return "\n".join(" " * len(line) for line in match[0].split("\n"))


def _spoken(text: str) -> str:
    """The text with what is quoted, code or an example blanked, every other character at its place."""
    text = _QUOTED.sub(_blank, text)
    kept, end, opened = [], 0, None
    for match in _EXAMPLE.finditer(text):
        if opened is None and not match[1]:
            opened = match.start()
            kept.append(text[end:opened])
        elif opened is not None and match[1]:
            kept.append("\n".join(" " * len(line) for line in text[opened : match.end()].split("\n")))
            end, opened = match.end(), None
    if opened is not None:
        return "".join(kept)
    return "".join([*kept, text[end:]])


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text that speak of the answer at all times."""
    for line in spoken_lines(text):
        if not TRIGGERS.isdisjoint(words(line.text)):
            own, parts = _parts(line.text, text[line.start : line.start + len(line.text)])
            scope = f"{line.scope}/{own}" if own else line.scope
            yield from (Sentence(part, line.start + at, scope) for part, at in parts)


@lru_cache(maxsize=8)  # views of a prompt repeat a message
def spoken_lines(text: str) -> tuple[Sentence, ...]:
    """The lines of a text that are no heading, no example and under none, with what they stand under."""
    scope, is_shown, offset, found = "", False, 0, []
    for line in _spoken(text).split("\n"):
        start, offset = offset, offset + len(line) + 1
        title = _title(line)
        if title is not None:
            is_shown = _SHOWN.search(title) is not None
            scope = "" if title.startswith("</") else _scope(title)
        elif not is_shown and not line.isspace():
            found.append(Sentence(line, start, scope))
    return tuple(found)


def split(line: str) -> Iterator[tuple[str, int]]:
    """The sentences of a line at their offsets, those under a condition too."""
    at = 0
    for part in _SPLIT.split(line):
        at = line.find(part, at)
        if part and len(part) <= LONGEST:
            yield part, at
        at += len(part)


@lru_cache(maxsize=LINES)
def _title(line: str) -> str | None:
    """What a line says that is a heading; None for others."""
    heading = _HEADING.match(line) if len(line) < LONGEST else None
    return None if heading is None else next(each for each in heading.groups() if each is not None)


@lru_cache(maxsize=LINES)
def _parts(line: str, written: str) -> tuple[str, tuple[tuple[str, int], ...]]:
    """What the label of a line narrows to, and its sentences at their offsets; `written` has its quotations."""
    named = _FIELD.match(written) or _LABEL.match(line)
    label = named["label"].strip(" *`\"'") if named is not None else ""
    if _SHOWN.search(label):
        return "", ()
    at = named.end() if named is not None else 0
    found = []
    for part in _SPLIT.split(line[at:]):
        start = line.find(part, at)
        at = start + len(part)
        if len(part) <= LONGEST and _CONDITIONS.isdisjoint(words(part)) and not _CONDITION.search(part):
            found.append((part, start))
    return _scope(label), tuple(found)


def _scope(title: str) -> str:
    """What a heading or label narrows to; empty where it speaks of the whole prompt."""
    return "" if _GENERAL.fullmatch(title) else title.strip().casefold()
