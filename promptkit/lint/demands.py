"""What a text demands of the answer, as values that can be held against each other.

Few ways of saying it are understood, each of the whole answer or of one named part of it; a sentence that is not
understood demands nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from promptkit.lint.lengths import lengths
from promptkit.lint.manners import manners
from promptkit.lint.sentences import sentences

if TYPE_CHECKING:
    from promptkit.lint.sentences import Demand


LOOKED_AT = 200_000  # characters of a text: a stranger's may be of any size


@lru_cache(maxsize=8)  # views of a prompt repeat a message
def demands(text: str) -> tuple[Demand, ...]:
    """What a text demands, in its order."""
    text = text[:LOOKED_AT]
    found: list[Demand] = []
    for number, sentence in enumerate(sentences(text)):
        found += lengths(sentence, number)
        found += manners(sentence, number)
    return tuple(found)
