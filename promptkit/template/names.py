"""Which names of its scope a template looks up, found by walking its parsed tree: nothing is compiled or run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptkit.template.check import computed, constants, walk
from promptkit.template.plain import GLOBALS

if TYPE_CHECKING:
    from promptkit.errors import Span
    from promptkit.template.engine import Expression, Template


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a template looks a name up. `guarded` where it stands under a test that the name is there."""

    name: str
    span: Span
    guarded: bool


@dataclass(frozen=True, slots=True)
class Needs:
    """The names that a template needs of its scope, and the places of names of templates that are computed."""

    uses: tuple[Use, ...]
    dynamic: tuple[Span, ...] = ()


def needs(template: Template | Expression, seen: frozenset[str] = frozenset()) -> Needs:
    """What the template looks up in its scope, what it includes and imports counted in."""
    from jinja2 import nodes

    from promptkit.template.plain import Field

    fields = getattr(template, "fields", None)
    if fields is not None:
        return Needs(tuple(Use(f.name, template.text.span(f.line), False) for f in fields if isinstance(f, Field)))
    uses: list[Use] = []
    dynamic: list[Span] = []
    stored = {node.name for node in walk(template.tree) if isinstance(node, nodes.Name) and node.ctx != "load"}
    tested = {
        node.node.name
        for node in walk(template.tree)
        if isinstance(node, (nodes.Test, nodes.Filter))
        and node.name in {"defined", "default", "d"}
        and isinstance(node.node, nodes.Name)
    }
    for node in walk(template.tree):
        span = template.text.span(node.lineno or 1)
        if (
            isinstance(node, nodes.Name)
            and node.ctx == "load"
            and node.name not in {*stored, *GLOBALS, "loop", "caller"}
        ):
            uses.append(Use(node.name, span, node.name in tested))
        elif isinstance(node, (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
            if computed(node):
                dynamic.append(span)
            for name in constants(node):
                other = None if name in seen else template.engine.named(name)
                if other is not None:
                    inner = needs(other, seen | {name})
                    uses += [use for use in inner.uses if use.name not in stored]
                    dynamic += inner.dynamic
    return Needs(tuple(uses), tuple(dynamic))
