"""Rules of what a template says in vain."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.template.outline import Choice, Loop, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.content import Text
    from promptkit.lint.passages import Passage
    from promptkit.template.outline import Node, Test, Value

MOST = 5  # findings of one text
MOST_SHOWN = 40  # characters


@rule("T106", "dead-code", "warning", "A", "text")
def dead_code(passage: Passage) -> Iterator[Hit]:
    """Text under a condition that never holds.

    Why: whoever reads the template believes that the model is told so.

    Bad: blocks/instructions/answer.md:3:1
        === blocks/instructions/answer.md
        {%- if tone == "warm" %}
        Be warm.{% elif tone == "warm" -%}
        Be friendly.
        {%- endif %}
        === prompts/answer.yaml
        blocks:
          - use: instructions/answer
          - user: "{{ question }}"

    Bad: prompts/answer.yaml:2:34
        === prompts/answer.yaml
        blocks:
          - instructions: "{% if false %}Be kind.{% endif %}Be brief."
          - user: "{{ question }}"

    Good:
        === prompts/answer.yaml
        blocks:
          - instructions: "{% if warm %}Be kind.{% endif %}Be brief."
          - user: "{{ question }}"

    Source: a condition that is a constant, or that a condition around it or before it in the same chain decides: the
    same expression over the same values, or one value that cannot equal two constants (A).
    """
    if "if" not in passage.source or "{%" not in passage.source:
        return
    dead, live = _sides(passage.nodes, passage.text)
    for (start, end), test in islice(dead.items(), MOST):
        if start not in live:
            shown = _shown(passage.source[start:end])
            why = "its condition is a constant" if test.fixed is not None else "a condition around or before it decides"
            yield Hit(passage.at(start, end), f"'{shown}' is never printed: {why}; remove it, or mend the condition")


class _Known(NamedTuple):
    """A test that is held to be so where one stands."""

    test: Test
    held: bool


def _sides(nodes: tuple[Node, ...], text: Text) -> tuple[dict[tuple[int, int], Test], set[int]]:
    """The first lines of a text's sides of choices that are not printed, with their tests; and where others begin.

    What a macro prints is met once a call: it may be printed in one and not in another.
    """
    dead: dict[tuple[int, int], Test] = {}
    live: set[int] = set()
    stack: list[tuple[tuple[Node, ...], dict[str, _Known]]] = [(nodes, {})]
    while stack:
        body, known = stack.pop()
        for node in body:
            if isinstance(node, Loop):
                stack += [(node.body, known), (node.otherwise, known)]
            elif isinstance(node, Choice):
                held = _held(node.test, known)
                for side, way in ((node.yes, True), (node.no, False)):
                    if held in {None, way}:
                        own = {node.test.key: _Known(node.test, way)} if _is_steady(node.test) else {}
                        stack.append((side, {**known, **own}))
                    elif (line := _first(side, text)) is not None:
                        dead[line] = node.test
            elif node.source is text and (line := _line(node)) is not None:
                live.add(line[0])
    return dead, live


def _held(test: Test, known: dict[str, _Known]) -> bool | None:
    """What a test is held to be; None where nothing decides it."""
    if test.fixed is not None:
        return test.fixed
    if test.key in known:
        return known[test.key].held
    if test.name is not None:
        same = (each for each in known.values() if each.held and each.test.name == test.name)
        if any(each.test.constant != test.constant for each in same):
            return False
    return None


def _is_steady(test: Test) -> bool:
    """Whether a test is the same wherever it stands: it calls nothing, and asks no attribute of a template's own."""
    return "Call(" not in test.key and "'random'" not in test.key and not ("@" in test.key and "Get" in test.key)


def _first(nodes: tuple[Node, ...], text: Text) -> tuple[int, int] | None:
    """The first line of what a text itself prints among some nodes."""
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        if isinstance(node, Choice):
            stack += [*reversed(node.no), *reversed(node.yes)]
        elif isinstance(node, Loop):
            stack += reversed(node.body)
        elif node.source is text:
            span = _line(node)
            if span is not None:
                return span
    return None


def _line(node: Words | Value) -> tuple[int, int] | None:
    if not isinstance(node, Words):
        return node.start, node.end
    bare = node.text.lstrip()
    start = node.start + len(node.text) - len(bare)
    return (start, start + len(bare.partition("\n")[0].rstrip())) if bare else None


@rule("T111", "scope-leak", "warning", "A", "text")
def scope_leak(passage: Passage) -> Iterator[Hit]:
    """A name that a loop sets anew, as if its next round or what follows it could see that.

    Why: what is set inside a loop is gone when its round ends, so that the name keeps the value from before the loop.

    Bad: blocks/instructions/check.md:3:32
        === blocks/instructions/check.md
        {% set urgent = false -%}
        {% for ticket in tickets -%}
        {% if ticket.days > 3 %}{% set urgent = true %}{% endif -%}
        {% endfor -%}
        {% if urgent %}Answer today.{% else %}Answer this week.{% endif %}
        === prompts/check.yaml
        blocks:
          - use: instructions/check
          - user: "{{ question }}"

    Good:
        === blocks/instructions/check.md
        {% set found = namespace(urgent=false) -%}
        {% for ticket in tickets -%}
        {% if ticket.days > 3 %}{% set found.urgent = true %}{% endif -%}
        {% endfor -%}
        {% if found.urgent %}Answer today.{% else %}Answer this week.{% endif %}
        === prompts/check.yaml
        blocks:
          - use: instructions/check
          - user: "{{ question }}"

    Source: the scoping of Jinja2, which advises `namespace`,
    https://jinja.palletsprojects.com/en/stable/templates/#assignments; a value that the same round looks at is left
    alone, and so is one that a template included there may look at (A).
    """
    source = passage.source
    if "set " in source and "for " in source and passage.sound and passage.template.tags is None:
        from promptkit.template.vain import lost  # here: it imports jinja2

        for name, line in islice(lost(passage.template), MOST):
            path, row, column = passage.text.find(name, line)
            place = Place(path, row, column, row, None if column is None else column + len(name))
            yield Hit(place, f"the loop forgets '{name}' after each round; set an attribute of a namespace() instead")


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]}..."
