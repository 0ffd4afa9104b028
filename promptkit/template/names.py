"""Which names of its scope a template looks up, found by walking its parsed tree: nothing is compiled or run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from promptkit.template.plain import Field, unsafe

if TYPE_CHECKING:
    from promptkit.errors import Span
    from promptkit.template.engine import Expression, Template

ROUNDS = 20  # of templates that include each other: each adds what one more step around the circle needs


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a template looks a name up. `guarded` where it stands under a test that the name is there."""

    name: str
    span: Span
    guarded: bool


@dataclass(frozen=True, slots=True)
class Needs:
    """The names that a template needs of its scope, and the places of names of templates that are computed.

    A name has one use a line, guarded where all those on the line are. `dynamic` also holds the first line of a
    template too deep to follow to its end. `exports` has what each macro needs that an import gives, by name.
    """

    uses: tuple[Use, ...]
    dynamic: tuple[Span, ...] = ()
    exports: tuple[tuple[str, Needs], ...] = ()


def needs(template: Template | Expression) -> Needs:
    """What the template looks up in its scope, what it includes, imports and extends counted in.

    TemplateError where one of them cannot be parsed. Names that lead to no template count for nothing.
    """
    order = _inner_first(template)
    found: dict[Template | Expression, Needs] = {}
    for _ in range(ROUNDS):
        before = dict(found)
        ahead = False
        for current, others in order.items():
            ahead |= any(other not in found and other._needs is None for other in others)
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
    if getattr(template, "tags", None) is not None:
        return _of_tags(cast("Template", template), found)
    from promptkit.template.lookups import Lookups  # here: it imports jinja2

    return Lookups(template, found).needs()


def _of_tags(template: Template, found: dict[Template | Expression, Needs]) -> Needs:
    """What Lookups finds in a template of simple tags, which bind and guard nothing."""
    uses: dict[tuple[str, Span], bool] = {}
    dynamic: dict[Span, None] = {}
    for tag in template.tags or ():
        if not tag.included:
            uses[tag.name, template.text.span(tag.line)] = False
            continue
        other = None if unsafe(tag.name) else template.engine.named(tag.name)
        inner = None if other is None else other._needs or found.get(other)
        for use in () if inner is None else inner.uses:
            uses[use.name, use.span] = use.guarded and uses.get((use.name, use.span), True)
        dynamic |= {} if inner is None else dict.fromkeys(inner.dynamic)
    return Needs(tuple(Use(name, span, guarded) for (name, span), guarded in uses.items()), tuple(dynamic))


def _others(template: Template | Expression) -> list[Template]:
    """The templates that it names."""
    source = template.text.source
    is_expression = not hasattr(template, "fields")
    if is_expression or not any(word in source for word in ("include", "import", "extends")):
        return []
    names = dict.fromkeys(name for name, _, _ in cast("Template", template).references if not unsafe(name))
    named = (template.engine.named(name) for name in names)
    return [other for other in named if other is not None]


def _inner_first(template: Template | Expression) -> dict[Template | Expression, list[Template]]:
    """The template and all that it leads to and that have no needs yet, each after those that it names.

    With each those that it names.
    """
    order: dict[Template | Expression, list[Template]] = {}
    entered: set[Template | Expression] = {template}
    others = _others(template)
    stack = [(template, others, iter(others))]
    while stack:
        current, others, rest = stack[-1]
        following = next((one for one in rest if one not in entered and one._needs is None), None)
        if following is None:
            stack.pop()
            order[current] = others
        else:
            entered.add(following)
            others = _others(following)
            stack.append((following, others, iter(others)))
    return order
