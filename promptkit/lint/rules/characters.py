"""Rules of characters that people see otherwise than a model does, or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.sources import SourceFile

MAX_HITS = 20  # of one rule in one file
MAX_TOLD = 60  # characters of a hidden text that a message repeats

_HIDDEN = re.compile(
    "[\U000e0000-\U000e007f]+|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}"
    "|[\u202a-\u202e\u2066-\u2069]+|[\u200b-\u200d\u2060-\u2064\ufeff\u115f\u1160\u3164\uffa0\u180e]+"
)
_TAG_BASE = 0xE0000
_CANCEL = "\U000e007f"
_FLAG = "\U0001f3f4"
_JOINERS = frozenset("\u200c\u200d")
_MARKS = frozenset("\ufe0e\ufe0f\u20e3")
"""Variation selectors of emoji, and the frame of a keycap: a joiner may follow them."""
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NAMES = {
    "\u200b": "zero width space",
    "\u200c": "zero width non-joiner",
    "\u200d": "zero width joiner",
    "\u2060": "word joiner",
    "\ufeff": "byte order mark",
    "\u180e": "Mongolian vowel separator",
    "\u115f": "Hangul filler",
    "\u1160": "Hangul filler",
    "\u3164": "Hangul filler",
    "\uffa0": "Hangul filler",
}


@rule("X505", "invisible-unicode", "error", "A", "raw")
def invisible_unicode(file: SourceFile) -> Iterator[Hit]:
    """Characters that nobody sees, and that a model reads.

    Why: instructions can be smuggled past review in them, and a word with one inside is another word: other tokens,
    no match when it is searched for.

    Bad: blocks/role/agent.md:1:24
        === blocks/role/agent.md
        You answer mails about \\u{200b}invoices.

    Bad: blocks/role/agent.md:1:9
        === blocks/role/agent.md
        Be kind.\\u{e0041}\\u{e006c}\\u{e006c}\\u{e006f}\\u{e0077}

    Good:
        === blocks/role/agent.md
        You answer mails about invoices.

    Source: the tag block mirrors ASCII and is drawn by nothing; bidirectional controls show text in another order than
    it has, https://trojansource.codes/. Joiners are left alone where scripts and emoji need them, tags in the flags of
    regions (A).
    """
    if file.text.isascii():
        return
    places: dict[str, list[tuple[int, int]]] = {}
    for match in _HIDDEN.finditer(file.text):
        told = _told(file.text, match.start(), match.end())
        if told is not None:
            places.setdefault(told, []).append(match.span())
    for told, spans in list(places.items())[:MAX_HITS]:
        often = "" if len(spans) == 1 else f" ({len(spans):,} places in this file)"
        yield Hit(file.span(*spans[0]), f"{told}{often}")


def _told(text: str, start: int, end: int) -> str | None:
    """What is said of a run of characters that cannot be seen; None where they belong there."""
    run = text[start:end]
    before, after = text[start - 1 : start], text[end : end + 1]
    if run[0] >= chr(_TAG_BASE) and run[0] <= _CANCEL:
        if before == _FLAG and run.endswith(_CANCEL):
            return None
        hidden = "".join(chr(ord(each) - _TAG_BASE) for each in run).encode("ascii", "replace").decode()
        told = "".join(each if each.isprintable() else "?" for each in hidden)[:MAX_TOLD]
        return f"{_many(len(run))} of the tag block hide the text '{told}'; remove them"
    if run[0] in _BIDI:
        if _is_isolated(run, text, start, end):
            return None
        return f"{_many(len(run))} of text direction ({_code(run[0])}) show the text in another order; remove them"
    if run[0] not in _NAMES and not 0x2060 <= ord(run[0]) <= 0x2064:
        return f"{_many(len(run))} that select a variant ({_code(run[0])} and on) can hide a text; remove them"
    if (start == 0 and run == "\ufeff") or (len(run) == 1 and run in _JOINERS and _joins(before, after)):
        return None
    if run == "\u200b" and _is_spaceless(before) and _is_spaceless(after):
        return None
    name = _NAMES.get(run[0], "invisible operator")
    return f"{_many(len(run))} that nobody sees, {_code(run[0])} {name}; remove them"


def _joins(before: str, after: str) -> bool:
    """Whether a joiner stands between letters of a script that is written with them, or parts of an emoji."""
    if not before or before.isascii():
        return False
    return before in _MARKS or _is_joined(before) or (_is_pictured(before) and bool(after) and not after.isascii())


def _is_joined(character: str) -> bool:
    """Arabic, Syriac, N'Ko, the scripts of India and South-East Asia, Tibetan, Khmer, Mongolian."""
    code = ord(character)
    return (
        (0x600 <= code <= 0x1FFF and not 0x1100 <= code <= 0x13FF)
        or 0xFB50 <= code <= 0xFDFF
        or 0xFE70 <= code <= 0xFEFC
    )


def _is_spaceless(character: str) -> bool:
    """Thai, Lao, Myanmar and Khmer put no spaces between words, and some writers a zero width space."""
    return "\u0e00" <= character <= "\u0eff" or "\u1000" <= character <= "\u109f" or "\u1780" <= character <= "\u17ff"


def _is_pictured(character: str) -> bool:
    code = ord(character)
    return code >= 0x1F000 or 0x2190 <= code <= 0x2BFF


def _is_isolated(run: str, text: str, start: int, end: int) -> bool:
    """Whether it is one isolate or embedding beside a letter that is written from right to left."""
    near = text[max(0, start - 40) : start] + text[end : end + 40]
    return len(run) <= 2 and run[0] not in "\u202d\u202e" and any("\u0590" <= each <= "\u08ff" for each in near)


def _many(number: int) -> str:
    return "1 character" if number == 1 else f"{number:,} characters"


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
