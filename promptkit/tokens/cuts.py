"""Where a text can be cut so that the tokens of the parts are the tokens of the whole.

tokens(T) = tokens(T[:k]) + tokens(T[k:]), token for token, in o200k_base and cl100k_base, whenever

* rule L: T[k-1] is a newline, and the line that starts at k reaches a non-space character before any CR, LF or the end
  (o200k_base: which is not a "/" at k itself); or
* rule W: T[k-1] is not white space and T[k] is a space or a tab.

Why: the patterns have no look-behind, so what follows a piece's end splits as if it stood alone. Rule L: the only parts
of a pattern that consume a newline are a white-space run, which ends at its last newline = k, and the newlines
(o200k_base: and slashes) after punctuation, which end at k too. Rule W: a blank can only be the first character of a
piece that is not white space, and a piece of white space cannot start before k. Python's `\\s` holds all that the
patterns' `\\s` does (and \\x1c to \\x1f), so these tests err to the safe side.

The vocabularies of carriers are cut nowhere: their patterns look alike, and the rules are not proved for them.
Does not hold for r50k, p50k and gpt2, whose patterns have no newline part.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.tokens.vocabulary import EncodingName

# What may follow a newline at a cut by rule L. Possessive: a long run of blanks is looked at once.
_LINE = {"o200k_base": r"(?:[^\s/]|[ \t]++\S)", "cl100k_base": r"(?:\S|[ \t]++\S)"}
_STARTS_LINE: Mapping[str, re.Pattern[str]] = MappingProxyType({n: re.compile(p) for n, p in _LINE.items()})
_PARAGRAPH_END: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {n: re.compile(rf"\n\r?\n(?={p})") for n, p in _LINE.items()}
)


def may_cut(before: str, after: str, name: EncodingName) -> bool:
    """True where `before + after` has the tokens of `before`, then those of `after`, by rule L or W.

    Looks at the last character of `before` only. False says nothing: many other cuts are exact too.
    """
    if name not in _LINE:
        return False
    if before.endswith("\n"):
        return _STARTS_LINE[name].match(after) is not None
    return after.startswith((" ", "\t")) and before != "" and not before[-1].isspace()


def paragraphs(text: str, name: EncodingName) -> list[str]:
    """`text` cut by rule L after blank lines. The parts make up the text, and their tokens its tokens."""
    if name not in _LINE:
        return [text]
    parts = []
    start = 0
    for end in _PARAGRAPH_END[name].finditer(text):
        parts.append(text[start : end.end()])
        start = end.end()
    parts.append(text[start:])
    return parts
