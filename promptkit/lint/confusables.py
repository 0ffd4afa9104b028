"""Letters of the Cyrillic and Greek scripts that look like Latin ones, and words that mix them.

Source: the letters that Unicode lists as confusable with one of A to Z, https://www.unicode.org/Public/security/
(UTS #39), as far as common fonts draw them alike; read 2026-11-24.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

LIKE_LATIN = {
    chr(code): latin
    for latin, codes in {
        "A": (0x410, 0x391),
        "B": (0x412, 0x392),
        "C": (0x421, 0x3F9),
        "E": (0x415, 0x395),
        "F": (0x3DC,),
        "G": (0x50C,),
        "H": (0x41D, 0x397),
        "I": (0x406, 0x4C0, 0x399),
        "J": (0x408, 0x37F),
        "K": (0x41A, 0x39A),
        "M": (0x41C, 0x39C, 0x3FA),
        "N": (0x39D,),
        "O": (0x41E, 0x39F),
        "P": (0x420, 0x3A1),
        "Q": (0x51A,),
        "S": (0x405,),
        "T": (0x422, 0x3A4),
        "V": (0x474,),
        "W": (0x51C,),
        "X": (0x425, 0x3A7),
        "Y": (0x423, 0x4AE, 0x3A5, 0x3D2),
        "Z": (0x396,),
        "a": (0x430, 0x3B1),
        "c": (0x441, 0x3F2),
        "d": (0x501,),
        "e": (0x435, 0x4BD),
        "h": (0x4BB,),
        "i": (0x456, 0x3B9),
        "j": (0x458, 0x3F3),
        "l": (0x4CF,),
        "o": (0x43E, 0x3BF, 0x3C3),
        "p": (0x440, 0x3C1, 0x3F1),
        "q": (0x51B,),
        "r": (0x433,),
        "s": (0x455,),
        "u": (0x3C5,),
        "v": (0x475, 0x3BD),
        "w": (0x51D, 0x461),
        "x": (0x445,),
        "y": (0x443, 0x4AF, 0x3B3),
    }.items()
    for code in codes
}
LIKE_CYRILLIC = dict(zip("ABCEHIKMOPTXYaceiopxy", "АВСЕНІКМОРТХУасеіорху", strict=True))
LONGEST = 60  # letters of a word that is looked at
SHORTEST, SHORTEST_GREEK = 3, 4  # letters of a word: fewer are units and formulas

_MEETING = re.compile("(?<=[A-Za-z\u00c0-\u024f_])[\u0370-\u052f]|[\u0370-\u052f](?=[A-Za-z\u00c0-\u024f_])")
_WORD = re.compile(r"\w*")
_PARTS = re.compile(r"[^\W\d_]+")
_ABBREVIATION = re.compile("[A-Z]{2,}[\u0430-\u045f]+")


class Mixed(NamedTuple):
    """A word of two scripts, `text[start:end]`: `letter` is the stranger in it, which looks like `meant`."""

    start: int
    end: int
    letter: str
    meant: str


def mixed_words(text: str) -> Iterator[Mixed]:
    """The words in which a letter of one script stands for one of another; of a name, over its underscores too."""
    end = 0
    for match in _MEETING.finditer(text):
        at = match.start()
        if at < end:
            continue
        start = at - _letters(text[max(0, at - LONGEST) : at][::-1])
        end = at + _letters(text[at : at + LONGEST])
        if end - start > LONGEST:
            continue
        if text[start - 1 : start] == "\\":
            start += 1  # the letter of an escape such as \n
        is_name = (
            "_" in text[start:end].strip("_")
            or text[start - 1 : start] in ("<", "{", "$")
            or text[start - 2 : start] in ("</", "{{")
        )
        found = _strange(text[start:end], is_name=is_name)
        if found is not None:
            yield Mixed(start, end, *found)


def _letters(text: str) -> int:
    """How many characters of a word a text begins with."""
    match = _WORD.match(text)
    return match.end() if match is not None else 0


def _strange(word: str, *, is_name: bool) -> tuple[str, str] | None:
    """The first letter of a word that is of another script and looks like one of the word's own."""
    for part in [word] if is_name else _PARTS.findall(word):
        foreign = [each for each in part if "\u0370" <= each <= "\u052f"]
        latin = [each for each in part if each.isalpha() and each < "\u0250"]
        if not foreign or not latin or (not is_name and len(part) < SHORTEST):
            continue
        if all(each in LIKE_LATIN for each in foreign):
            if is_name or foreign[0] >= "\u0400" or _is_inside(part, foreign[0]):
                return foreign[0], LIKE_LATIN[foreign[0]]
        elif (
            min(foreign) >= "\u0400"
            and all(each in LIKE_CYRILLIC for each in latin)
            and not _ABBREVIATION.fullmatch(part)
        ):
            return latin[0], LIKE_CYRILLIC[latin[0]]
    return None


def _is_inside(part: str, letter: str) -> bool:
    """Whether a Greek letter stands within a word, as in no formula."""
    at = part.index(letter)
    return len(part) >= SHORTEST_GREEK and 0 < at < len(part) - 1
