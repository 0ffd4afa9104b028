"""Plain text in the pieces that tiktoken cuts it into, and the tokens of a piece from the ranks of few.

tiktoken cuts a text by a pattern and merges the bytes of each piece by rank. Its pattern asks for Unicode properties,
which Python's `re` does not have. But over the *plain* characters (ASCII, the letters and signs of Latin-1, and signs
of general punctuation, arrows and boxes) each property is a handful of ranges that no later Unicode can change, and
there the patterns below cut the same pieces. Words come back, so a dictionary of pieces counts plain text faster than
tiktoken does: 0.55 of its time for English prose with o200k_base, 0.4 with cl100k_base, all of it seen before.

Text with other characters is cut by the rules of promptkit.tokens.cuts around the words that hold them.
"""

from __future__ import annotations

import re
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_UPPER = "A-ZÀ-ÖØ-Þ"
_LOWER = "a-zß-öø-ÿ"
_LETTER = _UPPER + _LOWER
# Neither letters, marks, digits nor white space: Latin-1 (less ª µ º and the digits ² ³ ¹ ¼ ½ ¾), general punctuation,
# the euro, arrows, boxes and blocks.
_SIGNS = "¡-©«¬®-±´¶-¸»¿×÷\u2010-\u2027\u2030-\u205e€\u2190-\u21ff\u2500-\u259f"
_FOREIGN = f"[^\\x00-\\x7f{_LETTER}{_SIGNS}]"

# tiktoken 0.14's patterns (tiktoken_ext/openai_public.py), the properties written out. re.ASCII: `\s` is the six blanks
# of ASCII, and no plain character is another. Possessive where what follows cannot match what would be given back.
_PIECE = {
    "o200k_base": rf"[^\r\n{_LETTER}0-9]?+[{_UPPER}]*+[{_LOWER}]++(?:'(?:[sStTmMdD]|[rRvV][eE]|[lL][lL])|)"
    rf"|[^\r\n{_LETTER}0-9]?+[{_UPPER}]++(?:'(?:[sStTmMdD]|[rRvV][eE]|[lL][lL])|)"
    rf"|[0-9]{{1,3}}+| ?[^\s{_LETTER}0-9]++[\r\n/]*+|\s*[\r\n]++|\s+(?!\S)|\s++",
    "cl100k_base": rf"'(?:[sStTmMdD]|[rRvV][eE]|[lL][lL])|[^\r\n{_LETTER}0-9]?+[{_LETTER}]++"
    rf"|[0-9]{{1,3}}+| ?[^\s{_LETTER}0-9]++[\r\n]*+|\s++\Z|\s*[\r\n]|\s+(?!\S)|\s",
}
PIECES: Mapping[str, Callable[[str], list[str]]] = MappingProxyType(
    {name: re.compile(pattern, re.ASCII).findall for name, pattern in _PIECE.items()}
)

LOOKS = 50  # at blanks before a foreign word, for a cut; what lies between is encoded with it
_first_foreign = re.compile(_FOREIGN).search
# A word from its first foreign character on, and the words after it that hold one too.
_foreign_words = re.compile(rf"{_FOREIGN}\S*+(?:\s++\S*?{_FOREIGN}\S*+)*+").search
_next_cut = re.compile(r"(?<=\S)(?=[ \t])|(?<=\n)(?=[^\s/])").search  # rule W, or the part of rule L that both share


def is_plain(text: str) -> bool:
    """Whether all of `text` is plain, so that PIECES cuts it as tiktoken does."""
    return text.isascii() or _first_foreign(text) is None


def foreign(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of the parts of `text` that are not plain. Where they begin and end, a cut changes no token."""
    end = 0
    while found := _foreign_words(text, end):
        start = _cut_before(text, end, found.start())
        cut = _next_cut(text, found.end())
        end = cut.start() if cut else len(text)
        yield start, end


def _cut_before(text: str, least: int, place: int) -> int:
    """A cut by rule W between `least` and `place`, the last but for long blanks; `least` where none is found."""
    for _ in range(LOOKS):
        place = text.rfind(" ", least + 1, place)
        if place < 0:
            break
        if not text[place - 1].isspace():
            return place
    return least


def merged(piece: bytes, rank: Callable[[bytes], int | None]) -> tuple[int, ...]:
    """Tokens of a piece that is no token: its bytes, of which the pair of the lowest rank is joined, again and again.

    Takes quadratic time. Every single byte has a rank.
    """
    parts = [piece[place : place + 1] for place in range(len(piece))]
    pairs = [rank(a + b) for a, b in pairwise(parts)]
    while ranked := [pair for pair in pairs if pair is not None]:
        place = pairs.index(min(ranked))
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
        del pairs[place]
        if place:
            pairs[place - 1] = rank(parts[place - 1] + parts[place])
        if place < len(pairs):
            pairs[place] = rank(parts[place] + parts[place + 1])
    return tuple(found for part in parts if (found := rank(part)) is not None)


def tokens_within(text: bytes, rank: Callable[[bytes], int | None]) -> set[bytes]:
    """Every token that occurs in `text`.

    Each token of both vocabularies is a byte, or two tokens end to end, so only such pairs are looked up.
    """
    found: set[bytes] = set()
    sizes: list[set[int]] = [set() for _ in range(len(text) + 1)]  # of the tokens that start at each place
    for place in reversed(range(len(text))):
        known = {1}
        pending = [1]
        while pending:
            size = pending.pop()
            for whole in {size + more for more in sizes[place + size]} - known:
                if rank(text[place : place + whole]) is not None:
                    known.add(whole)
                    pending.append(whole)
        sizes[place] = known
        found.update(text[place : place + size] for size in known)
    return found
