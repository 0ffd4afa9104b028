"""Code in Markdown: what a prompt quotes, as against what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_FENCE = re.compile(r"^[ \t>]*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+)?(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)
_INLINE = re.compile(r"`[^`\n]+`")


class Fence(NamedTuple):
    """A fenced block, its fences with it. `closed` is False where it runs to the end of the text."""

    start: int
    end: int
    mark: str
    closed: bool


def fences(text: str) -> list[Fence]:
    """The fenced blocks of a text, in order; a fence ends at one that is as long, of its character and bare."""
    found: list[Fence] = []
    opening: re.Match[str] | None = None
    if "```" not in text and "~~~" not in text:
        return found
    for match in _FENCE.finditer(text):
        mark, info = match[1], match[2].strip()
        if opening is None:
            if mark[0] not in info:
                opening = match
        elif mark.startswith(opening[1]) and not info:
            found.append(Fence(opening.start(1), match.end(1), opening[1], closed=True))
            opening = None
    if opening is not None:
        found.append(Fence(opening.start(1), len(text), opening[1], closed=False))
    return found


def without_code(text: str) -> str:
    """The text with fenced blocks and inline code blanked, every other character at its own offset."""
    return _blanked(text, lambda prose: _INLINE.sub(_blank, prose))


def without_fences(text: str) -> str:
    """The text with fenced blocks blanked, every other character at its own offset."""
    return _blanked(text, lambda prose: prose)


def _blanked(text: str, change: Callable[[str], str]) -> str:
    if "`" not in text and "~~~" not in text:
        return text
    parts, end = [], 0
    for fence in fences(text):
        parts += [change(text[end : fence.start]), re.sub(r"[^\n]", " ", text[fence.start : fence.end])]
        end = fence.end
    return "".join(parts) + change(text[end:])


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
