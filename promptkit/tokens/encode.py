"""Text to tokens exactly as tiktoken's `encode_ordinary` has them, for texts of any content and length.

`encode_ordinary` takes `<|endoftext|>` and its like as text, and so does this. Nothing is loaded that the texts do not
need: the ranks of the first texts are looked up one by one, and the whole vocabulary takes over when that has cost
about what loading it does.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

from promptkit.tokens.carriers import CARRIERS, carried_encoding, carried_lengths, ends_blanks
from promptkit.tokens.pieces import PIECES, foreign, is_plain, merged, tokens_within
from promptkit.tokens.vocabulary import encoding, encoding_of, packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import tiktoken

    from promptkit.tokens.vocabulary import EncodingName

# Lookups of a rank, of 4 to 5 us, in the time that loading the whole vocabulary takes; and what else takes the time
# of how many. Measured on prose, code and Chinese.
LOOKUPS = {"o200k_base": 40_000, "cl100k_base": 20_000}
A_LOOKUP = 50  # characters of plain text that are cut in the time of one
A_PART = 1  # to have a foreign part encoded
A_CHARACTER = 5  # to find the tokens within a character of foreign text
AN_ENCODING = 1_000  # to make a tiktoken.Encoding of few ranks
MERGED = 300  # square bytes of a piece that is merged

PIECES_KEPT = 50_000
SHORT_TEXT = 4_000  # characters of a plain text up to which a dictionary of pieces is faster than tiktoken
LONG_PIECE = 250  # bytes; merging a longer piece is left to tiktoken, and it is not kept

# tiktoken 0.14 matches `\s+(?!\S)` by backtracking and panics (a BaseException) where a blank run that no newline ends
# has 999,999 characters or more. Measured, both encodings: nothing else panics at 1,200,000 (newlines, letters, marks,
# digits, punctuation, emoji). Runs from a tenth of that on are cut out here.
LONG_RUN = 100_000

# Unicode's White_Space less CR and LF: what the patterns' `\s` matches and `[\r\n]` does not.
_BLANKS = (
    "\t\x0b\x0c \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_BLANK_RUN = re.compile(f"[{_BLANKS}]*")


class _Part(NamedTuple):
    """An encoding of some ranks, which has every token of some texts."""

    encoding: tiktoken.Encoding
    ranks: dict[bytes, int]
    texts: frozenset[str]


class Codec(dict[str, tuple[int, ...]]):
    """One encoding: the tokens of every piece of plain text, filled by asking, and tiktoken for the rest.

    Threads may share it: what they can do to each other is look something up twice.
    """

    def __init__(self, name: EncodingName, lookups: int | None = None) -> None:
        super().__init__()
        self.name: EncodingName = name
        self._lookups = LOOKUPS[name] if lookups is None else lookups
        self._pieces = PIECES[name]
        self._ranks: dict[bytes, int | None] = {}
        self._part: _Part | None = None
        self._whole: tiktoken.Encoding | None = None

    @property
    def lengths(self) -> Sequence[int]:
        """Length in bytes of every token, by its id."""
        return packed(self.name).lengths

    def encode(self, text: str) -> list[int]:
        """Tokens of `text`. A lone surrogate is encoded as U+FFFD."""
        return list(chain.from_iterable(self._parts(text)))

    def size(self, text: str) -> int:
        """The number of tokens of `text`."""
        return sum(map(len, self._parts(text)))

    def _parts(self, text: str) -> Iterable[Sequence[int]]:
        """The tokens of `text`, in parts."""
        self._spend(len(text) // A_LOOKUP)
        if (self._whole is None or len(text) <= SHORT_TEXT) and is_plain(text):
            return map(self.__getitem__, self._pieces(text))
        return self._mixed(text) if self._whole is None else (encode_foreign(text, self._whole),)

    def _mixed(self, text: str) -> Iterator[Sequence[int]]:
        done = 0
        for start, end in foreign(text):
            yield from map(self.__getitem__, self._pieces(text[done:start]))
            self._spend(A_PART)
            yield encode_foreign(text[start:end], self._encoding_for(text[start:end]))
            done = end
        yield from map(self.__getitem__, self._pieces(text[done:]))

    def __missing__(self, piece: str) -> tuple[int, ...]:
        tokens = self._tokens(piece)
        if len(piece) <= LONG_PIECE:
            if len(self) >= PIECES_KEPT:
                self.clear()
            self[piece] = tokens
        return tokens

    def _tokens(self, piece: str) -> tuple[int, ...]:
        raw = piece.encode()
        if len(raw) > LONG_PIECE:
            return _long_piece(piece, self.whole())
        if self._whole is not None:
            return tuple(self._whole._encode_single_piece(raw))
        if (rank := self._rank(raw)) is not None:
            return (rank,)
        self._spend(len(raw) ** 2 // MERGED)
        return merged(raw, self._rank)

    def _rank(self, token: bytes) -> int | None:
        if token in self._ranks:
            return self._ranks[token]
        self._ranks[token] = rank = packed(self.name).rank(token)
        self._spend(1)
        return rank

    def _spend(self, lookups: int) -> None:
        self._lookups -= lookups
        if self._lookups < 0:
            self.whole()

    def whole(self) -> tiktoken.Encoding:
        """The encoding with its whole vocabulary, loaded if it was not."""
        if self._whole is None:
            self._whole = encoding(self.name)
        return self._whole

    def _encoding_for(self, text: str) -> tiktoken.Encoding:
        """An encoding that has every token of a foreign text."""
        if self._whole is not None or A_CHARACTER * len(text) > self._lookups:
            return self.whole()
        part = self._part
        if part is None or text not in part.texts:
            part = self._part = self._with(text, part)
        return part.encoding

    def _with(self, text: str, part: _Part | None) -> _Part:
        """`part` with every token of `text` added."""
        known, texts = (self._bytes(), frozenset[str]()) if part is None else (part.ranks, part.texts)
        every = tokens_within(repaired(text).encode(), self._rank)
        new = {token: rank for token in every - known.keys() if (rank := self._rank(token)) is not None}
        if part is not None and not new:
            return part._replace(texts=texts | {text})
        self._spend(AN_ENCODING)
        return _Part(encoding_of(self.name, known | new), known | new, texts | {text})

    def _bytes(self) -> dict[bytes, int]:
        """Ranks of the single bytes, without which no text can be encoded."""
        every = (bytes([byte]) for byte in range(256))
        return {byte: rank for byte in every if (rank := self._rank(byte)) is not None}


class Carried:
    """One encoding of a carrier, all by tiktoken. No text of it is cut: the rules of the bundled two are not proved."""

    def __init__(self, name: EncodingName) -> None:
        self.name: EncodingName = name

    @property
    def lengths(self) -> Sequence[int]:
        """Length in bytes of every token, by its id."""
        return carried_lengths(self.name)

    def encode(self, text: str) -> list[int]:
        """Tokens of `text`. A lone surrogate is encoded as U+FFFD."""
        text = normalize("NFC", text) if CARRIERS[self.name].nfc else text
        return encode_foreign(text, carried_encoding(self.name))

    def size(self, text: str) -> int:
        """The number of tokens of `text`."""
        return len(self.encode(text))


@cache
def codec(name: EncodingName) -> Codec | Carried:
    """What encodes in `name`."""
    return Carried(name) if name in CARRIERS else Codec(name)


def encode(text: str, name: EncodingName) -> list[int]:
    """Tokens of `text`. A lone surrogate is encoded as U+FFFD."""
    return codec(name).encode(text)


def size(text: str, name: EncodingName) -> int:
    """The number of tokens of `text`: of `encode`, without their list."""
    return codec(name).size(text)


def encode_foreign(text: str, by: tiktoken.Encoding, long_run: int = LONG_RUN) -> list[int]:
    """Tokens of `text` by tiktoken, whatever it holds. `long_run`, at least 2, changes no token.

    A blank run that no newline ends is, in every pattern, one piece: all of it at the end of the text, else all but its
    last character (deepseek_v3: or all of it). A piece starts where the run starts, whatever stands before it. So its
    tokens are those of the run alone, and the texts on both sides keep theirs.
    """
    if len(text) < long_run:
        return by.encode_ordinary(text)
    tokens: list[int] = []
    done = 0
    for start, end in _blank_runs(text, long_run):
        tokens += by.encode_ordinary(text[done:start])
        done = end if end == len(text) or ends_blanks(text[end], by.name) else end - 1
        tokens += _long_piece(text[start:done], by)
    return tokens + by.encode_ordinary(text[done:])


@lru_cache(maxsize=4)
def _long_piece(piece: str, by: tiktoken.Encoding) -> tuple[int, ...]:
    """Tokens of one piece. A prompt is counted whole and in parts, and a long run takes most of a second each time."""
    return tuple(by._encode_single_piece(piece))


def repaired(text: str) -> str:
    """`text` as tiktoken encodes it: surrogate pairs joined, lone surrogates as U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _blank_runs(text: str, least: int) -> Iterator[tuple[int, int]]:
    """Start and end of every whole blank run of at least `least` characters that no newline follows.

    Such a run holds a multiple of `least`, so only those places are looked at: texts without one cost next to nothing.
    """
    end = 0
    for place in range(0, len(text), least):
        if place < end or text[place] not in _BLANKS:
            continue
        floor = max(end, place - least)
        start = floor + len(text[floor:place].rstrip(_BLANKS))
        end = _BLANK_RUN.match(text, place).end()  # type: ignore[union-attr]  # `*` always matches
        if end - start >= least and text[end : end + 1] not in ("\r", "\n"):
            yield start, end
