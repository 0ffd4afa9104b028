"""What a template sets in vain, found by parsing alone."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.template.engine import Template


class Lost(NamedTuple):
    """A value that is set inside a loop and gone when its round ends. `line` is that of the template, from 1."""

    name: str
    line: int


class _Event(NamedTuple):
    place: int
    is_set: bool
    line: int
    loop: int  # the place where the innermost loop around it opens, -1 outside of all


class _Loop(NamedTuple):
    around: int
    end: int


_Step = nodes.Node | tuple[str, nodes.Node]


def lost(template: Template) -> Iterator[Lost]:
    """Names that are set ahead of a loop and again as the last that a round does with them, and are looked at where
    the value of the round can no longer be: in its next round, or behind the loop."""
    events, loops, included = _events(template)
    for name, found in events.items():
        places = [each.place for each in found]
        first: dict[int, int] = {}  # where it is set first, by the loop around that
        for each in found:
            if each.is_set:
                first.setdefault(each.loop, each.place)
        for index, event in enumerate(found):
            if not event.is_set or event.loop < 0:
                continue
            end = loops[event.loop].end
            following = found[index + 1] if index + 1 < len(found) else None
            if following is not None and following.place < end:
                continue  # looked at, or set again, in the same round
            if bisect_right(included, end) > bisect_right(included, event.place):
                continue  # what is included there may look at it
            behind = following is not None and not following.is_set
            again = not found[bisect_right(places, event.loop)].is_set
            if (behind or again) and any(first.get(each, end) < event.loop for each in _around(event.loop, loops)):
                yield Lost(name, event.line)
                break


def _around(loop: int, loops: dict[int, _Loop]) -> Iterator[int]:
    """The loops around a loop, and at last what is outside of all."""
    while loop >= 0:
        loop = loops[loop].around
        yield loop


def _events(template: Template) -> tuple[dict[str, list[_Event]], dict[int, _Loop], list[int]]:
    """The sets and looks of each name, the loops by where they open, and the includes: all in their order."""
    events: dict[str, list[_Event]] = {}
    closed: dict[int, _Loop] = {}
    included: list[int] = []
    loops = [-1]
    stack: list[_Step] = [template.tree]
    place = 0
    while stack:
        step = stack.pop()
        place += 1
        if isinstance(step, tuple):
            kind, node = step
            if kind == "close":
                opened = loops.pop()
                closed[opened] = _Loop(loops[-1], place)
            else:
                for name in _targets(node):
                    events.setdefault(name, []).append(_Event(place, True, node.lineno, loops[-1]))
        elif isinstance(step, nodes.Name):
            if step.ctx == "load":
                events.setdefault(step.name, []).append(_Event(place, False, step.lineno, loops[-1]))
        elif isinstance(step, nodes.For):
            loops.append(place)
            stack.append(("close", step))
            stack += reversed([step.iter, *step.body, *step.else_])
        elif isinstance(step, nodes.Assign | nodes.AssignBlock):
            stack.append(("set", step))
            stack += reversed([step.node] if isinstance(step, nodes.Assign) else step.body)
        else:
            if isinstance(step, nodes.Include):
                included.append(place)
            stack += reversed(list(step.iter_child_nodes()))
    return events, closed, included


def _targets(node: nodes.Node) -> Iterator[str]:
    target = node.target if isinstance(node, nodes.Assign | nodes.AssignBlock) else node
    for each in target.items if isinstance(target, nodes.Tuple) else [target]:
        if isinstance(each, nodes.Name):
            yield each.name
