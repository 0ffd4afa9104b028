"""What is wrong with a template, found by parsing alone: nothing is compiled or run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.errors import Problem, TemplateError, did_you_mean
from promptkit.template.plain import unsafe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jinja2 import nodes

    from promptkit.content import Text
    from promptkit.template.engine import Engine, Template

SYNTAX = "T101"
MISSING = "T104"
CYCLE = "T105"
UNSAFE = "X508"

REFUSED = "{% autoescape %} is not for prompts; remove it"


def naming_kinds() -> tuple[type[nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends], ...]:
    """The kinds of nodes that name other templates."""
    from jinja2 import nodes

    return (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


def check(template: Template) -> list[Problem]:
    """The problems of one template, in the order of their places. Those of the templates it includes are theirs."""
    if template.fields is not None:
        return []
    try:
        found = list(_nodes(template) if template.tags is None else _included(template))
    except TemplateError as error:
        assert error.span is not None
        return [Problem(error.span, SYNTAX, error.message)]
    except RecursionError:
        return [Problem(template.text.span(1), SYNTAX, "template syntax: nested too deeply")]
    return sorted(found + list(_cycles(template)))


def _nodes(template: Template) -> Iterator[Problem]:
    from jinja2 import nodes
    from jinja2.filters import FILTERS
    from jinja2.tests import TESTS

    text = template.text
    for node in template.every(nodes.Filter, nodes.Test):
        known, word = (FILTERS, "filter") if isinstance(node, nodes.Filter) else (TESTS, "test")
        if node.name not in known:
            message = f"template syntax: no {word} named '{node.name}'{_near(node.name, known)}"
            yield Problem(text.find(node.name, node.lineno or 1), SYNTAX, message)
    blocks: set[str] = set()
    for block in template.every(nodes.Block):
        if block.name in blocks:
            message = f"template syntax: block '{block.name}' defined twice"
            yield Problem(text.span(block.lineno or 1), SYNTAX, message)
        blocks.add(block.name)
    for naming in template.every(*naming_kinds()):
        lenient = getattr(naming, "ignore_missing", False)
        yield from _reference(template.engine, constants(naming), text, naming.lineno or 1, lenient=lenient)
    for scope in template.every(nodes.ScopedEvalContextModifier, nodes.EvalContextModifier):
        yield Problem(text.span(scope.lineno or 1), SYNTAX, f"template syntax: {REFUSED}")


def _included(template: Template) -> Iterator[Problem]:
    for name, line, lenient in template.references:
        yield from _reference(template.engine, [name], template.text, line, lenient=lenient)


def _reference(engine: Engine, names: list[str], text: Text, line: int, *, lenient: bool) -> Iterator[Problem]:
    if not names:
        return
    for name in names:
        if unsafe(name):
            yield Problem(text.find(name, line), UNSAFE, f"'{name}' leads out of the library; name a block or partial")
            return
    if lenient or any(engine.load(name) is not None for name in names):
        return
    known = [name for name in engine.names() if name.startswith("std/") == names[0].startswith("std/")]
    missing = f"'{names[0]}'" if len(names) == 1 else "any of " + ", ".join(f"'{name}'" for name in names)
    yield Problem(
        text.find(names[0], line), MISSING, f"no template {missing} to include{did_you_mean(names[0], known)}"
    )


def _near(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known)


def constants(node: nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends) -> list[str]:
    """The names that an include, import or extends is known to ask for; none of a computed name."""
    from jinja2 import nodes

    if isinstance(node.template, (nodes.List, nodes.Tuple)):
        items = node.template.items
        if all(isinstance(item, nodes.Const) and isinstance(item.value, str) for item in items):
            return [item.value for item in items if isinstance(item, nodes.Const)]
        return []
    if isinstance(node.template, nodes.Const):
        value = node.template.value
        if isinstance(value, str):
            return [value]
        if isinstance(value, (list, tuple)):
            return [one for one in value if isinstance(one, str)]
    return []


def computed(node: nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends) -> bool:
    """True where the name is not a constant."""
    return not constants(node)


def references(template: Template) -> list[tuple[str, int, bool]]:
    """See Template.references."""
    if template.fields is not None:
        return []
    if template.tags is not None:
        return [(tag.name, tag.line, False) for tag in template.tags if tag.included]
    found = []
    for node in sorted(template.every(*naming_kinds()), key=lambda each: each.lineno):
        found += [(name, node.lineno, getattr(node, "ignore_missing", False)) for name in constants(node)]
    return found


def _cycles(template: Template) -> Iterator[Problem]:
    """The references of `template` through which it comes back to itself.

    They follow from that of the first of the circle's templates by name, so that a circle is told once.
    """
    own = template.text.name
    if template.engine.load(own) is None:
        return  # no template can name it
    seen_lines: set[tuple[str, int]] = set()
    for name, line, _ in template.references:
        path = _path(template.engine, name, own)
        if path is not None and (name, line) not in seen_lines:
            seen_lines.add((name, line))
            shown = " -> ".join([own, *path])
            message = f"templates that include each other: {shown}"
            yield Problem(template.text.find(name, line), CYCLE, message, own != min(path))


def _path(engine: Engine, start: str, goal: str) -> list[str] | None:
    """The shortest way from `start` to `goal` by constant names."""
    paths = {start: [start]}
    queue = [start]
    while queue:
        name = queue.pop(0)
        if name == goal:
            return paths[name]
        try:
            template = engine.named(name)
            following = template.references if template is not None else []
        except (TemplateError, RecursionError):
            continue
        for other, _, _ in following:
            if other not in paths:
                paths[other] = [*paths[name], other]
                queue.append(other)
    return None


_PLAIN = frozenset(
    ("name", "names", "ctx", "attr", "op", "data", "with_context", "ignore_missing", "recursive", "scoped", "required")
)
"""Fields of nodes that hold no nodes."""


_holding: dict[type[nodes.Node], tuple[str, ...]] = {}  # the other fields of each kind of node that was met


def walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    """All nodes below `tree`, in their order, parents first; without recursion, and without Jinja2's generators."""
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        yield node
        kind = type(node)
        fields = _holding.get(kind)
        if fields is None:
            named = () if kind.__name__ == "Const" else kind.fields
            fields = _holding[kind] = tuple(name for name in named if name not in _PLAIN)
        if fields:
            below: list[Any] = []
            for name in fields:
                value = getattr(node, name, None)
                if type(value) is list:
                    below += value
                elif value is not None and not isinstance(value, str):
                    below.append(value)
            below.reverse()
            stack += below


def included(template: Template) -> dict[str, Text]:
    """The texts that a template can include, import or extend, by those names, its own left out.

    A computed name can be any that the engine knows: then all of them are there.
    """
    found: dict[str, Text] = {}
    pending = [template]
    while pending:
        current = pending.pop()
        names = [name for name, _, _ in current.references]
        if current.tags is None and any(map(computed, current.every(*naming_kinds()))):
            names = [*names, *current.engine.names()]
        for name in names:
            other = None if name in found else current.engine.named(name)
            if other is not None:
                found[name] = other.text
                pending.append(other)
    return dict(sorted(found.items()))
