"""Which names of its scope a template looks up, found by walking its parsed tree: nothing is compiled or run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.template.check import references
from promptkit.template.needs import Needs, Use
from promptkit.template.paths import unsafe
from promptkit.template.plain import Field

if TYPE_CHECKING:
    from promptkit.template.engine import Expression, Template

ROUNDS = 20  # of templates that include each other: each adds what one more step around the circle needs


def needs(template: Template | Expression) -> Needs:
    """What the template looks up in its scope, what it includes, imports and extends counted in.

    TemplateError where one of them cannot be parsed. Names that lead to no template count for nothing.
    """
    order = _inner_first(template)
    found: dict[Template | Expression, Needs] = {}
    for _ in range(ROUNDS):
        before = dict(found)
        ahead = False
        for current in order:
            ahead |= any(other not in found and other._needs is None for other in _others(current))
            found[current] = _own(current, found)
        if not ahead or found == before:  # in order, nothing was asked for before it was there
            break
    for current in order:
        if current is not template:
            current._needs = found[current]
    return found[template]


def _own(template: Template | Expression, found: dict[Template | Expression, Needs]) -> Needs:
    fields = getattr(template, "fields", None)
    if fields is not None:
        uses = {(f.name, f.line): template.text.span(f.line) for f in fields if isinstance(f, Field)}
        return Needs(tuple(Use(name, span, False) for (name, _), span in uses.items()))
    from promptkit.template.lookups import Lookups  # here: it imports jinja2

    return Lookups(template, found).needs()


def _others(template: Template | Expression) -> list[Template]:
    """The templates that it names."""
    from promptkit.template.engine import Template

    if not isinstance(template, Template):
        return []
    names = dict.fromkeys(name for name, _, _ in references(template) if not unsafe(name))
    named = (template.engine.named(name) for name in names)
    return [other for other in named if other is not None]


def _inner_first(template: Template | Expression) -> list[Template | Expression]:
    """The template and all that it leads to and that have no needs yet, those that others name before them."""
    order: list[Template | Expression] = []
    entered: set[Template | Expression] = {template}
    stack = [(template, iter(_others(template)))]
    while stack:
        current, others = stack[-1]
        following = next((one for one in others if one not in entered and one._needs is None), None)
        if following is None:
            stack.pop()
            order.append(current)
        else:
            entered.add(following)
            stack.append((following, iter(_others(following))))
    return order
