"""The sentences of a text that order something: what they begin with, and whether they forbid."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from promptkit.lint.sentences import every_sentence
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
    "add address adopt adapt adjust aim align allow analyse analyze annotate answer apply ask assess assign assume"
    " avoid base be begin break bring build calculate call capture categorise categorize change check choose cite"
    " clarify classify clean collect combine compare complete compose compute confirm consider construct convert"
    " copy correct count create critique decide decline define delete deliver derive describe detail detect"
    " determine develop discuss display divide document draft draw edit eliminate emphasise emphasize enclose end"
    " enhance ensure escape establish estimate evaluate examine exclude execute expand explain explore express"
    " extract fill filter find finish fix focus follow format formulate gather generate give go group guess guide"
    " handle help hide highlight identify ignore imagine implement improve include incorporate indicate infer insert"
    " integrate interpret introduce keep label leave let limit link list locate look maintain make map mark match"
    " measure mention merge mimic modify move name note number obey offer omit optimise optimize order organise"
    " organize outline output paraphrase parse perform pick place plan point prefer prefix prepare present preserve"
    " prevent print prioritise prioritize process produce propose provide put quote rank rate read recommend record"
    " refer refine reflect refrain refuse remain remember remove rename render reorganize repeat rephrase replace"
    " reply report request resolve respect respond restate return reveal review revise rewrite run save say scan"
    " score search select send separate set share shorten show simplify skip solve sort speak specify split start"
    " state stay stick stop strip structure study submit suggest summarise summarize support tag tailor take talk"
    " tell test think transform translate treat trim try turn understand update use utilize validate verify wait"
    " wrap write"
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
    text = text[:LOOKED_AT]
    found = []
    for sentence in every_sentence(text):
        if _HINTS.isdisjoint(words(sentence.text)):
            continue
        forbids = _forbids(sentence.text)
        if forbids is None:
            continue
        lead = _LEAD.match(sentence.text)
        begin = sentence.start + (lead.end() if lead is not None else 0)
        line = text.rfind("\n", 0, begin) + 1
        leads = _ITEM.match(text, line) is None or not any(map(str.isalpha, text[line:begin]))
        said = sentence.text.rstrip()
        end = sentence.start + len(said)
        found.append(Order(begin, end, forbids, sentence.scope, leads, said[begin - sentence.start :]))
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
