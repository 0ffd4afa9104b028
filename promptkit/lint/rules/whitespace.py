"""Rules of the lines that tags leave behind, and of those that they take away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.lint.rule import Hit, rule
from promptkit.template.outline import Choice, Loop, Value, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.content import Text
    from promptkit.lint.passages import Passage
    from promptkit.template.outline import Node

MOST = 5  # findings of one text
MOST_SHOWN = 40  # characters
MOST_CUT = 200  # characters that a tag takes away
_MARK = re.compile(r"(?:[-*+\u2022]|\d{1,2}[.)]|#{1,6}) +(?:\S|\Z)")
_ALONE = re.compile(
    r"""
    ^[ \t]*
    ( \{% (?! - | [ ]* (?: include | call | extends | print ) \b ) (?: [^\n%] | % (?!\}) )* (?<!-) %\}
    | \{\# (?! - | [ ]* promptkit: ) (?: [^\n\#] | \# (?!\}) )* (?<!-) \#\} )
    [ \t]* \n
    """,
    re.MULTILINE | re.VERBOSE,
)


@rule("T109", "whitespace-damage", "warning", "A", "text")
def whitespace_damage(passage: Passage) -> Iterator[Hit]:
    """A list item, heading or looped value on a line of its own, whose line break a tag before it takes away.

    Why: the model gets `- one- two` or `onetwo`, not a list.

    Bad: blocks/instructions/check.md:3:1
        === blocks/instructions/check.md
        Check these:
        {% for rule in rules -%}
        - {{ rule }}
        {%- endfor %}
        === prompts/check.yaml
        blocks:
          - use: instructions/check
          - user: "{{ text }}"

    Good:
        === blocks/instructions/check.md
        Check these:
        {%- for rule in rules %}
        - {{ rule }}
        {%- endfor %}
        === prompts/check.yaml
        blocks:
          - use: instructions/check
          - user: "{{ text }}"

    Source: the white space control of Jinja2, followed through each loop twice and to each mark of a list or heading,
    https://jinja.palletsprojects.com/en/stable/templates/#whitespace-control; text that one branch alone runs together
    is left alone (A).
    """
    source = passage.source
    if "-%}" in source or "-}}" in source or (passage.engine.trim_blocks and "%}" in source):
        lines = _Lines(passage.text)
        lines.walk(passage.nodes)
        for start, end in sorted(lines.glued.items())[:MOST]:
            shown = _shown(source[start:end])
            yield Hit(
                passage.at(start, end), f"'{shown}' runs on from the text before it; remove the - that joins them"
            )


class _Lines:
    """A walk over an outline that knows whether the last character printed ended a line.

    `glued` are the offsets of what stood on a line of its own and follows other words now.
    """

    def __init__(self, text: Text) -> None:
        self.text = text
        self.ended = True
        self.glued: dict[int, int] = {}
        self._after: dict[tuple[int, bool], bool] = {}

    def walk(self, nodes: tuple[Node, ...]) -> None:
        """Follows some nodes."""
        for node in nodes:
            if isinstance(node, Words):
                if not self.ended and _MARK.match(node.text) and self._cut(node):
                    self._note(node.start)
                self.ended = node.text.endswith("\n") or (self.ended and node.text.isspace())
            elif isinstance(node, Value):
                self.ended = not node.whole  # what is not known may end a line
            elif isinstance(node, Choice):
                before = self.ended
                self.walk(node.yes)
                yes, self.ended = self.ended, before
                self.walk(node.no)
                self.ended |= yes
            else:
                for _ in range(2):  # the second time what it printed itself stands before it
                    key = (id(node), self.ended)
                    if key not in self._after:
                        self.walk(node.body)
                        self._after[key] = self.ended
                    self.ended = self._after[key]
                self._alone(node)

    def _alone(self, loop: Loop) -> None:
        """A loop over nothing but a value: nothing parts what it prints."""
        value = loop.body[0] if len(loop.body) == 1 else None
        if isinstance(value, Value) and value.whole and self._cut(value):
            self._note(value.start)

    def _note(self, start: int) -> None:
        """What stands there runs to the end of its line."""
        end = self.text.source.find("\n", start)
        self.glued[start] = end if end >= 0 else len(self.text.source)

    def _cut(self, node: Words | Value) -> bool:
        """Whether a line break right before it was taken away by a tag."""
        if node.source is not self.text:
            return False
        before = self.text.source[max(node.start - MOST_CUT, 0) : node.start]
        kept = before.rstrip()
        return "\n" in before[len(kept) :] and kept.endswith("}")


@rule("T112", "empty-line-of-tag", "info", "A", "text")
def empty_line_of_tag(passage: Passage) -> Iterator[Hit]:
    """A tag alone on its line without white space control, which leaves an empty line in the prompt.

    Why: what was meant as one list or paragraph falls apart, and each such line costs a token in every call.

    Bad: blocks/instructions/check.md:2:1
        === blocks/instructions/check.md
        Check these:
        {% if strict %}
        - every date
        {% endif %}
        - every name
        === prompts/check.yaml
        blocks:
          - use: instructions/check
          - user: "{{ text }}"

    Good:
        === blocks/instructions/check.md
        Check these:
        {%- if strict %}
        - every date
        {%- endif %}
        - every name
        === prompts/check.yaml
        blocks:
          - use: instructions/check
          - user: "{{ text }}"

    Source: the default of Jinja2 is to keep the line break behind a tag,
    https://jinja.palletsprojects.com/en/stable/templates/#whitespace-control. One finding a text; a tag on its last
    line is left alone, and so are lint's own comments (A).
    """
    if passage.text.literal or _ALONE.search(passage.source) is None or not passage.sound:
        return
    found = list(_empty(passage))
    if found:
        more = f" ({len(found) - 1} more like it)" if len(found) > 1 else ""
        shown = _shown(found[0][1])
        message = f"'{shown}' leaves its line empty in the prompt{more}; put a - into the tag, or set trim_blocks"
        yield Hit(passage.at(*found[0].span(1)), message)


def _empty(passage: Passage) -> Iterator[re.Match[str]]:
    """The tags alone on their lines, both of whose line breaks are printed."""
    kept = [False] * len(passage.source)
    for start, end in _words(passage.nodes, passage.text):
        kept[start:end] = [True] * (end - start)
    for match in _ALONE.finditer(passage.source):
        if kept[match.end() - 1] and (match.start() == 0 or kept[match.start() - 1]):
            yield match


def _words(nodes: Iterable[Node], text: Text) -> Iterator[tuple[int, int]]:
    """Where the words of a text stand that are printed."""
    for node in nodes:
        if isinstance(node, Words):
            if node.source is text:
                yield node.start, node.start + len(node.text)
        elif isinstance(node, Choice):
            yield from _words(node.yes, text)
            yield from _words(node.no, text)
        elif isinstance(node, Loop):
            yield from _words(node.body, text)
            yield from _words(node.otherwise, text)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]}..."
