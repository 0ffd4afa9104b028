"""Where a message marks a part off from the rest: tags, fences, rules of dashes, quotations, BEGIN and END."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

_MARK = re.compile(
    r"<(?P<tag>/?[A-Za-z][\w:.-]{0,60})(?:\s[^<>]{0,200})?>"
    r"|\[(?P<square>/?[A-Za-z][\w -]{0,40})\]"
    r"|(?P<fence>\"{3,}|'{3,}|`{3,}|~{3,})"
    r"|^[ \t]*(?P<rule>-{3,}|={3,}|\*{3,}|#{3,}|_{3,}|\+{3,})[ \t]*$"
    r"|(?P<begin><<+|«|\b(?:BEGIN|START)\b)"
    r"|(?P<end>>>+|»|\bEND\b)",
    re.MULTILINE,
)
_ENDS = {"<": ">", "«": "»", "B": "E", "S": "E"}


class Marked:
    """The marked parts of a text."""

    def __init__(self, text: str) -> None:
        self.spans = _joined(_spans(text))
        self._starts = [start for start, _ in self.spans]

    def holds(self, offset: int) -> bool:
        """Whether the character there is in a marked part."""
        index = bisect_right(self._starts, offset) - 1
        return index >= 0 and offset < self.spans[index][1]


@lru_cache(maxsize=8)  # views of a prompt repeat a message
def marked_parts(text: str) -> Marked:
    """The marked parts of a text."""
    return Marked(text)


def outside(text: str, marked: Marked) -> str:
    """What a text says outside of its marked parts, each of which is a line break."""
    ends = [0, *(end for _, end in marked.spans)]
    starts = [*(start for start, _ in marked.spans), len(text)]
    return "\n".join(text[end:start] for end, start in zip(ends, starts, strict=True))


def _spans(text: str) -> list[tuple[int, int]]:
    """What lies between two marks that belong together, the marks with it."""
    found: list[tuple[int, int]] = []
    opened: dict[str, list[int]] = {}
    rules: dict[str, tuple[int, int]] = {}
    for match in _MARK.finditer(text):
        kind, word = str(match.lastgroup), match[str(match.lastgroup)]
        if kind in {"tag", "square"}:
            starts = opened.setdefault(f"{kind} {word.lstrip('/').casefold()}", [])
            if word[0] != "/":
                starts.append(match.start())
            elif starts:
                found.append((starts.pop(), match.end()))
        elif kind == "fence":
            starts = opened.setdefault(word[0], [])
            if starts:
                found.append((starts.pop(), match.end()))
            else:
                starts.append(match.start())
        elif kind == "rule":
            rules[word[0]] = (rules.get(word[0], match.span())[0], match.end())
        elif kind == "begin":
            opened.setdefault(_ENDS[word[0]], [match.start()])
        elif starts := opened.get(word[0], []):
            found.append((starts[0], match.end()))
    return [*found, *rules.values()]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
