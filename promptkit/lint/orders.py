"""The sentences of a text that order something: what they begin with, and whether they forbid."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from promptkit.lint.sentences import LINES, split, spoken_lines
from promptkit.lint.words import words

LOOKED_AT = 200_000  # characters of a text: a stranger's may be of any size


class Order(NamedTuple):
    """One of them: `text[start:end]`, `words` with quotations blanked. `scope` is the heading that it stands under.

    `leads` is False for one that follows another sentence in an item of a list, of which it then speaks.
    """

    start: int
    end: int
    forbids: bool
    scope: str
    leads: bool
    words: str


VERBS = words(
    "adapt add address adjust adopt aim align allow analyse analyze annotate answer apologise apologize apply ask"
    " assess assign assume avoid base be begin break bring build calculate call capture categorise categorize change"
    " check choose cite clarify classify clean collect combine compare complete compose compute confirm consider"
    " construct convert copy correct count create critique decide decline define delete deliver derive describe"
    " detail detect determine develop disclose discuss display divide document draft draw edit eliminate emphasise"
    " emphasize enclose end enhance ensure escape establish estimate evaluate examine exclude execute expand explain"
    " explore express extract fill filter find finish fix focus follow format formulate gather generate give go"
    " greet group guess guide handle help hide highlight identify ignore imagine implement improve include"
    " incorporate indicate infer insert integrate interpret introduce invent keep label leave let limit link list"
    " locate look maintain make map mark match measure mention merge mimic mock modify move name note number obey"
    " offer omit optimise optimize order organise organize outline output paraphrase parse perform pick place plan"
    " point prefer prefix prepare present preserve prevent print prioritise prioritize process produce promise"
    " propose provide put quote rank rate read recommend record refer refine reflect refrain refuse remain remember"
    " remove rename render reorganize repeat rephrase replace reply report request resolve respect respond restate"
    " return reveal review revise rewrite run save say scan score search select send separate set share shorten show"
    " simplify skip solve sort speak specify speculate split start state stay stick stop strip structure study"
    " submit suggest summarise summarize support tag tailor take talk tell test thank think transform translate"
    " treat trim try turn understand update use utilize validate verify wait wrap write"
)
_FORBIDS = words("not don never avoid refrain cannot mustn shouldn no")
_HINTS = VERBS | _FORBIDS | words("must should shall need has have required")

_LEAD = re.compile(r"[\s>*#•\-–\d.)(\[\]x_]*(?:<[\w-]+>\s*)?(?:(?:step|rule) \d+:?\s*)?", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*•+]|\d{1,3}[.)])\s")
_LABEL = re.compile(r"\**[A-Z][\w /'-]{1,30}\**:\**\s+(?=[A-Z])")
_ADVERB = re.compile(
    r"(?:(?:please|always|then|next|finally|first|second|also|instead|only|just|simply|carefully|clearly|briefly|again"
    r"|however|and|important|note|remember|critical|strictly|under no circumstances|in your (?:answer|response)),?:?!?"
    r"\**\s+)+",
    re.IGNORECASE,
)
_FORBIDDING = re.compile(
    r"(?:do\s+not|don['’]t|never|avoid|refrain\s+from|no\s+(?=[a-z])(?!matter|more\s+than|fewer|less|longer\s+than|one\b)"
    r"|(?:you|your\s+\w+|the\s+(?:answer|response|output)|it)\s+(?:must\s+not|mustn['’]t|should\s+not|shouldn['’]t"
    r"|may\s+not|cannot|can['’]t|are\s+not\s+(?:to|allowed)|must\s+never|should\s+never))\b",
    re.IGNORECASE,
)
_MODAL = re.compile(
    r"(?:you|your\s+\w+|the\s+(?:answer|response|output|reply|result)|it|each\s+\w+|every\s+\w+|all\s+\w+)\s+"
    r"(?:must|should|shall|will|need\s+to|needs\s+to|have\s+to|has\s+to|are\s+(?:to|required))\b",
    re.IGNORECASE,
)
_FIRST = re.compile(r"[A-Za-z]+(?=[\s,.!]|$)")
_NOT_FORBIDDING = re.compile(r"(?:do\s+not|don['’]t)\s+(?:forget|hesitate|be\s+afraid|worry|fail)\b", re.IGNORECASE)


@lru_cache(maxsize=8)  # views of a prompt repeat a message
def orders(text: str) -> tuple[Order, ...]:
    """The orders of a text outside of its examples, quotations and code."""
    return tuple(
        order._replace(start=line.start + order.start, end=line.start + order.end, scope=line.scope)
        for line in spoken_lines(text[:LOOKED_AT])
        if not _HINTS.isdisjoint(words(line.text))
        for order in _in_line(line.text)
    )


@lru_cache(maxsize=LINES)
def _in_line(line: str) -> tuple[Order, ...]:
    """The orders of a line, at their offsets in it."""
    found = []
    for sentence, at in split(line):
        forbids = _forbids(sentence)
        if forbids is not None:
            lead = _LEAD.match(sentence)
            start = lead.end() if lead is not None else 0
            said, begin = sentence[start:].rstrip(), at + start
            leads = _ITEM.match(line) is None or not any(map(str.isalpha, line[:begin]))
            found.append(Order(begin, begin + len(said), forbids, "", leads, said))
    return tuple(found)


def _forbids(sentence: str) -> bool | None:
    """Whether a sentence forbids something; None where it orders nothing."""
    at = 0
    for part in (_LEAD, _LABEL, _ADVERB):
        match = part.match(sentence, at)
        at = match.end() if match is not None else at
    if _FORBIDDING.match(sentence, at):
        return _NOT_FORBIDDING.match(sentence, at) is None
    first = _FIRST.match(sentence, at)
    if (first is not None and first[0].casefold() in VERBS) or _MODAL.match(sentence, at):
        return False
    return None
