"""Token counts that end soon, whatever a stranger's text holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.tokens import count, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptkit.tokens.vocabulary import EncodingName

LONG = 10_000
"""Characters of a word from which a text is counted in parts of so many: merging takes ever longer with the word. A
cut is a token or two more or less."""


def tally(text: str, encoding: EncodingName) -> int:
    """The tokens of a text; of one with a word of LONG characters those of its parts."""
    return count(text, encoding) if is_exact(text) else _in_parts(text, encoding)


def tallies(texts: Sequence[str], encoding: EncodingName) -> tuple[int, ...]:
    """`promptkit.tokens.split` of texts that stand one behind the other; apart and in parts where one word is LONG."""
    if is_exact("".join(texts)):
        return split(texts, encoding)
    return tuple(_in_parts(text, encoding) for text in texts)


def is_exact(text: str) -> bool:
    """Whether a text has no word of LONG characters."""
    return len(text) < LONG or max(map(len, text.split()), default=0) < LONG


def _in_parts(text: str, encoding: EncodingName) -> int:
    return sum(count(text[start : start + LONG], encoding) for start in range(0, len(text), LONG))
