"""Text to tokens exactly as tiktoken's `encode_ordinary` has them, for texts of any content and length.

`encode_ordinary` takes `<|endoftext|>` and its like as text. What is added here is only that long blank runs do not
raise.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from promptkit.tokens.vocabulary import encoding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.tokens.vocabulary import EncodingName

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


def encode(text: str, name: EncodingName, long_run: int = LONG_RUN) -> list[int]:
    """Tokens of `text`. A lone surrogate is encoded as U+FFFD. `long_run`, at least 2, changes no token.

    A blank run that no newline ends is, in both patterns, one piece: all of it at the end of the text, else all but
    its last character. A piece starts where the run starts, whatever stands before it. So its tokens are those of the
    run alone, and the texts on both sides keep theirs.
    """
    codec = encoding(name)
    if len(text) < long_run:
        return codec.encode_ordinary(text)
    tokens: list[int] = []
    done = 0
    for start, end in _blank_runs(text, long_run):
        tokens += codec.encode_ordinary(text[done:start])
        done = end if end == len(text) else end - 1
        tokens += _piece(text[start:done], name)
    return tokens + codec.encode_ordinary(text[done:])


@lru_cache(maxsize=4)
def _piece(text: str, name: EncodingName) -> list[int]:
    """Tokens of one piece. A prompt is counted whole and in parts, and a long run takes most of a second each time."""
    return encoding(name)._encode_single_piece(text)


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
