"""The words of a line: what a line lacks is told by them before a pattern is tried."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"\w+")
LONGEST = 2_000  # characters of a line that is kept in mind


def words(line: str) -> frozenset[str]:
    """The words of a line in lower case, as `\\b` divides them."""
    return _kept(line) if len(line) <= LONGEST else _words(line)


def _words(line: str) -> frozenset[str]:
    return frozenset(_WORD.findall(line.lower()))


_kept = lru_cache(maxsize=10_000)(_words)  # views of a prompt repeat their lines, and prompts those of what they share
