"""What in a template reaches for Python's internals, by parsing alone."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from jinja2 import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.template.engine import Template

_REACHES = re.compile(r"\{[^{}]*[.\[]_")
"""A field of a format text that takes a private attribute."""
_GLOBALS = frozenset({"lipsum", "cycler", "joiner"})


def escapes(template: Template) -> tuple[tuple[int, int, str], ...]:
    """The tags that do so, each once: from, to, and what is first in it. TemplateError where it cannot be parsed."""
    tags = [atom for atom in template.atoms if atom.kind in {"value", "tag"}]
    lines = [atom.line for atom in tags]
    source, found = template.text.source, []
    for node, word, what in _reaching(template):
        line = node.lineno or 1
        first, end = bisect_left(lines, line), bisect_right(lines, line)
        holds = (tag for tag in tags[first:end] if word in source[tag.start : tag.end])
        tag = next(holds, tags[max(first - 1, 0)])  # else one that began on an earlier line
        found.append((tag.start, tag.end, what))
    return tuple({(start, end): (start, end, what) for start, end, what in reversed(found)}.values())[::-1]


def _reaching(template: Template) -> Iterator[tuple[nodes.Expr, str, str]]:
    """Each expression, a word that its tag holds, and what is said of it."""
    for node in sorted(template.every(nodes.Getattr, nodes.Getitem, nodes.Filter), key=lambda each: each.lineno):
        if isinstance(node, nodes.Getattr):
            if node.attr.startswith("_"):
                yield node, node.attr, f"'.{node.attr}'"
            elif isinstance(node.node, nodes.Name) and node.node.name in _GLOBALS:
                yield node, node.attr, f"'{node.node.name}.{node.attr}'"
            elif node.attr in {"format", "format_map"} and not _is_plain(node.node):
                yield node, node.attr, f"'.{node.attr}()' of a text that is not constant"
        elif isinstance(node, nodes.Getitem):
            if isinstance(node.arg, nodes.Const) and str(node.arg.value).startswith("__"):
                yield node, str(node.arg.value), f"'{node.arg.value}'"
        elif isinstance(node, nodes.Filter):
            yield from _filtered(node)


def _is_plain(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, str) and not _REACHES.search(node.value)


def _filtered(node: nodes.Filter) -> Iterator[tuple[nodes.Expr, str, str]]:
    if node.name == "attr" and node.args:
        name = node.args[0]
        if not isinstance(name, nodes.Const) or str(name.value).startswith("_"):
            yield node, "attr", "'attr()' of a name that begins with _ or is not constant"
    for each in node.kwargs:
        if each.key == "attribute" and isinstance(each.value, nodes.Const) and "__" in str(each.value.value):
            yield node, str(each.value.value), f"'{each.value.value}'"
