"""How examples are chosen: the key `select`, a selector's name or a mapping with its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.blocks.kinds import SELECTS
from promptkit.content import Select, Text
from promptkit.errors import did_you_mean
from promptkit.read import fields, keys
from promptkit.read.nodes import Fault, Map, Node, Scalar, template_text

if TYPE_CHECKING:
    from promptkit.read.nodes import Problems


def select(node: Node, key: str, problems: Problems) -> Select:
    """The selector of an `examples` block. A name alone is short for `by`."""
    if not isinstance(node, Map):
        return Select(_by(node, key), span=node.span)
    noted = len(problems.found)
    fields.refuse_unknown(node, keys.SELECT, "key of select", problems)
    entries = node.entries
    if "by" not in entries:
        if len(problems.found) > noted:
            return Select()  # a misspelt by was noted, and says all there is to say
        raise Fault(node.span, f"select needs by, one of {', '.join(SELECTS)}")
    by = _by(entries["by"], "by")
    readers: dict[str, Any] = {
        "seed": fields.whole_or_expression,
        "on": _names,
        "label": _path,
        "order": lambda value, what: fields.one_of(value, what, keys.ORDERS),
    }
    options = {
        name: value
        for name, reader in readers.items()
        if name in entries and (value := problems.catch(reader, entries[name], name)) is not None
    }
    for name in readers:
        if name in entries and isinstance(by, str) and name not in SELECTS[by]:
            fit = [other for other, settings in SELECTS.items() if name in settings]
            problems.add(node.keys[name], f"'{name}' belongs to {' and '.join(fit)}, not to {by}; remove it")
    return Select(by, span=node.span, **options)


def _by(node: Node, what: str) -> str | Text:
    if isinstance(node, Scalar) and "{{" in node.value:
        return template_text(node)
    text = fields.string(node, what)
    if text not in SELECTS:
        raise Fault(node.span, f"unknown selector '{text}'{did_you_mean(text, SELECTS)}")
    return text


def _names(node: Node, what: str) -> tuple[str, ...]:
    names = tuple(fields.name(item, what) for item in fields.sequence(node, what))
    if not names:
        raise Fault(node.span, "on is empty; name inputs, or remove the key")
    for item, each in zip(fields.sequence(node, what), names, strict=True):
        if not each.isidentifier():
            raise Fault(item.span, f"'{each}' cannot be an input's name; use letters, digits and underscores")
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise Fault(node.span, f"on names '{double}' twice")
    return names


def _path(node: Node, what: str) -> str:
    """The dotted path of a value in a record: output, output.queue, inputs.language."""
    path = fields.name(node, what)
    head, *rest = path.split(".")
    roots = ("inputs", "output", "reasoning", "id")
    if head not in roots:
        raise Fault(node.span, f"label begins with a part of a record, not '{head}'{did_you_mean(head, roots)}")
    if not all(rest) or (head == "inputs") > bool(rest):
        raise Fault(node.span, f"label '{path}' lacks a name; write it as output.queue or inputs.language")
    return path
