"""Demands on the manner of an answer: its form, language and register, its lists and marks, its reasoning and depth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from promptkit.lint.sentences import ANSWER, LANGUAGES, WHOLE, Demand
from promptkit.lint.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.sentences import Sentence

_NOT = (
    r"\b(?:do not|don['’]t|never|avoid|no|without)"
    r"(?: (?:use|using|produce|include|including|output|write|add|any|the|of))*"
)
_IN = r"(?:use|keep|maintain|adopt|write in|answer in|respond in|reply in|speak in)(?: (?:a|an|the|your|very))*"
_SPEAK = (
    r"\b(?:answer|respond|reply|write|speak|communicate)(?: (?:only|always|exclusively|strictly|all|your|the|answers?"
    r"|responses?|repl(?:y|ies)|everything|back|to|user))* in"
)
_ONLY = r"(?:only|strictly|exclusively|solely|just|must)"
_TONE = r"(?:,? (?:and )?[\w-]+)? (?:tone|style|language|register|voice|manner)\b"
_END = r"[ ]*[.,;!)]|[ ]*$| or\b| and\b"
_LIST = r"(?P<list>bullet(?:ed)?(?: ?points?| lists?|s)|bulletpoints|numbered lists?|lists)"
_REASONS = r"(?:explanations?|reasoning|justifications?|rationales?|thought process)"
_FULL = r"(?:[\w-]+,? (?:and )?){0,2}?(?:comprehensive|detailed|exhaustive|in-depth|lengthy|extensive)"
_THING = r"(?P<part>summary|answers?|responses?|repl(?:y|ies)|explanation|description|overview|report|essay|article)"
_MAKE = r"\b(?:write|give|provide|produce|create|compose|draft|generate)(?: me| us)?"


class _Manner(NamedTuple):
    """One way of saying one demand. A `value` of None is what the group of that name holds."""

    kind: str
    value: str | None
    pattern: re.Pattern[str]


_HINTS = {
    "language": words(LANGUAGES) | {"language"},
    "form": words("json xml yaml csv html markdown latex plain"),
    "markdown": frozenset({"markdown"}),
    "register": words("casual casually informal informally colloquial colloquially formal formally"),
    "emoji": frozenset({"emoji", "emojis"}),
    "list": words("bullet bullets bulleted bulletpoints list lists"),
    "reasoning": words(
        "explanation explanations reasoning justification justifications rationale rationales thought work justify"
    ),
    "depth": words(
        "detail length exhaustively comprehensively comprehensive detailed exhaustive depth lengthy extensive"
    ),
}
"""The words of which a sentence has one where it demands such a manner."""


def _manner(kind: str, value: str | None, *parts: str) -> _Manner:
    return _Manner(kind, value, re.compile("".join(parts), re.IGNORECASE))


_MANNERS = (
    _manner("language", None, _SPEAK, rf" (?P<value>{LANGUAGES})\b(?! (?:or|and|style))"),
    _manner("language", "same", _SPEAK, r" (?:the )?(?:same )?language (?:of|as|used (?:by|in)|that) "),
    _manner("language", "same", _SPEAK, r" the user['’]s (?:own )?language\b"),
    _manner(
        "form",
        None,
        rf"\b(?:answer|respond|reply|output|return)(?: (?:{_ONLY}|always|in|with|using|as|a|an|valid|raw|pure"
        rf"|single|the"
        r"|your|answer|response|final|result|be))* (?P<value>JSON|XML|YAML|CSV|HTML|Markdown|LaTeX|plain text)\b",
        r"(?! (?:string|code|block|file|tag|table|list|head|field|document|report|syntax|link))(?P<only> only\b)?",
    ),
    _manner("markdown", "off", _NOT, rf" markdown(?= formatting| syntax| markup|{_END})"),
    _manner(
        "markdown",
        "on",
        r"\b(?:use|answer in|respond in|reply in|write in|(?:format|write) (?:your |the )?(?:answer|response|reply"
        r"|output)"
        r" (?:in|as|with|using)) (?:proper |clear |valid )?markdown\b(?! (?:code|table|link|block))",
    ),
    _manner("register", "casual", rf"\b{_IN} (?:[\w-]+,? (?:and )?)?(?:casual|informal|colloquial)", _TONE),
    _manner("register", "formal", rf"\b{_IN} (?:[\w-]+,? (?:and )?)?formal", _TONE),
    _manner("register", "casual", r"^\W*(?:write|answer|speak) (?:very )?(?:casually|informally|colloquially)\b"),
    _manner("register", "formal", r"^\W*(?:write|answer|speak) (?:very )?formally\b"),
    _manner("emoji", "off", _NOT, r" emojis?\b"),
    _manner("emoji", "on", r"\b(?:use|include|add)(?: [\w-]+){0,3}? emojis?\b"),
    _manner("list", "off", rf"\b(?:use|output)\b[^;:()]*, not {_LIST}(?={_END})"),
    _manner("list", "off", _NOT, rf" {_LIST}(?= anywhere\b|{_END})"),
    _manner(
        "list",
        "on",
        r"\b(?:use|output|(?:answer|respond|reply) (?:in|with|as)|format (?:your |the )?(?:answer|response|reply"
        r"|output)"
        rf" (?:in|as|with|using))(?: (?:a|an|short|clear|concise))* {_LIST}",
        r"(?=[ ]*[.,;!]|[ ]*$| for (?:clarity|readability|output|lists)\b| only\b)",
    ),
    _manner(
        "reasoning",
        "hidden",
        r"\b(?:do not|don['’]t|never) (?:include|provide|give|add|output|write|show|offer|reveal|explain)",
        rf"(?: (?:any|your|an?|the|additional|extra|further|chain|of))* {_REASONS}(?= of your\b| for your\b|{_END})",
    ),
    _manner(
        "reasoning",
        "hidden",
        r"(?:,|^|;|[–—-]|\bwith|\band|\b(?:answer|respond|reply))\s*(?:no|without(?: any)?) (?:additional |extra "
        r"|further )?",
        rf"{_REASONS}(?={_END})",
    ),
    _manner(
        "reasoning",
        "shown",
        r"\b(?:explain|show|include|provide|give|describe|state|share)(?: me| us)?",
        r" (?:a|an|the|your)(?: (?:brief|short|detailed|clear|full|thorough|concise|step-by-step))*",
        rf" (?:{_REASONS}|work)\b(?! (?:of (?!your)|how|what|to|why the|text))",
    ),
    _manner("reasoning", "shown", r"\bjustify your (?:answer|choice|decision|score|rating|verdict)\b"),
    _manner(
        "depth", "full", r"\b(?:answer|respond) (?:in (?:great |full )?detail|at length|exhaustively|comprehensively)\b"
    ),
    _manner("depth", "full", _MAKE, rf" (?:a|an|the|your) {_FULL}(?:,? (?:and )?[\w-]+)? {_THING}\b"),
    _manner("depth", "full", rf"(?:^|[\s*]){_THING} (?:must|should|is to|has to|needs? to) be {_FULL}\b"),
)
_OFF = frozenset({"off", "hidden"})
_LEAD = re.compile(
    r"(?:^|[,;:(–—-]|\b(?:and|then|please|always|must|should|shall|will|only|you|also|but|to"
    r"|strictly))[\s*\-–•\d.)#>]*$",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:not|never|don['’]t|avoid|no|without)\b[^,;:]{0,40}$", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\b(?:outside|before|after|beyond|other than|besides|apart|in addition|within|inside|JSON|XML|YAML|CSV"
    r"|SQL|code|HTML"
    r"|internal|silently|thinking|scratchpad|comments?)\b|[<>{}\[\]]",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\b(?:for|in|under|within) (?:the|this|that|these|those|all) (?!answer|response|reply|output)", re.IGNORECASE
)
_SURE = re.compile(rf"\b{_ONLY}\b", re.IGNORECASE)


def manners(sentence: Sentence, number: int) -> Iterator[Demand]:
    """What a sentence demands beside lengths, each kind and value once."""
    text = sentence.text
    own = words(text)
    for kind, value, pattern in _MANNERS:
        match = None if _HINTS[kind].isdisjoint(own) else pattern.search(text)
        if match is None or (kind == "reasoning" and _ELSEWHERE.search(text)):
            continue
        before = text[: match.start()]
        if before.count("(") > before.count(")") or (kind == "list" and _ASIDE.search(text, match.end())):
            continue
        if value not in _OFF and (_DENIED.search(before) or not (_LEAD.search(before) or "part" in match.groupdict())):
            continue
        part = (match.groupdict().get("part") or ANSWER).casefold()
        start, end = (sentence.start + each for each in match.span())
        about = ANSWER if part in WHOLE else part
        yield Demand(kind, _said(kind, value, match), about, start, end, number, sentence.scope)


def _said(kind: str, value: str | None, match: re.Match[str]) -> str:
    if kind == "list":
        word = match["list"].casefold()
        return f"{value} {'any' if word == 'lists' else 'numbered' if 'number' in word else 'bullets'}"
    said = value or match["value"].casefold()
    return f"{said}!" if kind == "form" and (match["only"] or _SURE.search(match[0])) else said
