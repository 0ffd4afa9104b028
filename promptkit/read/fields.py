"""Reading single fields: each function takes a node and gives a value, or raises a Fault at the node's place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promptkit.content import MISSING, Input, Text
from promptkit.errors import InputError, Span, did_you_mean
from promptkit.inputs import check
from promptkit.read import keys
from promptkit.read.nodes import (
    PLAIN,
    Fault,
    Map,
    Node,
    Problems,
    Scalar,
    Seq,
    Table,
    describe,
    plain_data,
    scalar,
    template_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MEDIA = frozenset({"image", "audio", "file"})


def mapping(node: Node | None, what: str, span: Span | None = None) -> Map:
    """The node as a mapping."""
    if isinstance(node, Map):
        return node
    place = span if node is None else node.span
    found = "nothing" if node is None else describe(node)
    raise Fault(place or Span("<python>"), f"{what} must be a mapping, not {found}")


def sequence(node: Node, what: str) -> Sequence[Node]:
    """The node's items."""
    if isinstance(node, Seq):
        return node.value
    raise Fault(node.span, f"{what} must be a list, not {describe(node)}")


def string(node: Node, what: str) -> str:
    """A text, as typed."""
    if isinstance(node, Scalar) and node.native is None:
        return node.value
    raise Fault(node.span, f"{what} must be text, not {describe(node)}")


def name(node: Node, what: str) -> str:
    """A text that is not empty."""
    text = string(node, what)
    if not text.strip():
        raise Fault(node.span, f"{what} is empty; write a name, or remove the key")
    return text


def template(node: Node, what: str) -> Text:
    """A template text."""
    string(node, what)
    assert isinstance(node, Scalar)
    return template_text(node)


def whole(node: Node, what: str) -> int:
    """A whole number, 0 or more."""
    value = scalar(node) if isinstance(node, Scalar) else None
    if type(value) is int and value >= 0:
        return value
    text = node.value if isinstance(node, Scalar) else ""
    hint = f"; write {text}, without quotes" if re.fullmatch("0|[1-9][0-9]{0,14}", text) else ""
    raise Fault(node.span, f"{what} must be a whole number, 0 or more, not {describe(node)}{hint}")


def whole_or_expression(node: Node, what: str) -> int | Text:
    """A whole number, or a text with one `{{ expression }}`."""
    if isinstance(node, Scalar) and "{{" in node.value:
        return template_text(node)
    return whole(node, what)


def flag(node: Node, what: str) -> bool:
    """true or false."""
    value = scalar(node) if isinstance(node, Scalar) else None
    if isinstance(value, bool):
        return value
    raise Fault(node.span, f"{what} must be true or false, not {describe(node)}")


def one_of(node: Node, what: str, known: Iterable[str]) -> str:
    """One of the known words."""
    text = string(node, what)
    if text in known:
        return text
    raise Fault(node.span, f"unknown {what} '{text}'{did_you_mean(text, known)}")


def value_or_template(node: Node) -> Any:
    """Data, its strings that hold Jinja turned into templates."""
    if isinstance(node, Scalar):
        value = scalar(node)
        return template_text(node) if isinstance(value, str) and ("{{" in value or "{%" in value) else value
    return plain_data(node)


def refuse_unknown(node: Map, known: Iterable[str], what: str, problems: Problems) -> None:
    """Note every key that is not known. Keys that begin with x- are free for other tools."""
    for key, value in node.entries.items():
        if key not in known and not key.startswith("x-"):
            torn = " " in key and isinstance(value, Scalar) and value.tag == PLAIN and not value.value
            hint = "; quote a text that holds a comma" if torn else did_you_mean(key, known)
            if key.isdecimal() and isinstance(value, Scalar) and value.tag == PLAIN and not value.value:
                hint = f"; a number has a decimal point, as in 0.{key}"  # `{input: 0,40}` is an input of 0 and a key 40
            problems.add(node.keys[key], f"unknown {what} '{key}'{hint}")


def inputs(node: Node, problems: Problems) -> tuple[Input, ...]:
    """Declared inputs, in written order."""
    entries = mapping(node, "inputs")
    places = entries.keys
    return problems.each(lambda key: _input(key, entries.entries[key], places[key], problems), entries.entries)


def _input(key: str, node: Node, span: Span, problems: Problems) -> Input:
    if not key.isidentifier():
        raise Fault(span, f"'{key}' cannot be an input's name; use letters, digits and underscores")
    if isinstance(node, Scalar) and node.value in keys.TYPES:
        raise Fault(node.span, f"the input '{key}' must be a mapping; write {{type: {node.value}}}")
    fields = mapping(node, f"the input '{key}'").entries
    refuse_unknown(node, keys.INPUT, "key of an input", problems)  # type: ignore[arg-type]

    declared = Input(key, span=span, **problems.fields(fields, _INPUT))
    if declared.required and declared.default is not MISSING:
        raise Fault(span, f"the input '{key}' is required and has a default; remove one of them")
    _refuse_unfit(declared, fields, problems)
    return declared


def _schema(node: Node, key: str) -> Any:
    """The JSON Schema of an array's items, or those of an object's properties."""
    from promptkit.schemas import schema_fault  # here: jsonschema is slow to import

    found = plain_data(mapping(node, key))
    fault = schema_fault({key: found})
    if fault is not None:
        raise Fault(node.span, f"is not a JSON Schema: {fault}")
    return found


def _refuse_unfit(declared: Input, fields: Mapping[str, Node], problems: Problems) -> None:
    """Note a default or sample of a type that the input does not take. Token limits are for calls."""
    for key in ("default", "sample"):
        value = getattr(declared, key)
        if value is not MISSING and _MEDIA.isdisjoint(declared.types):
            try:
                check(declared, value, lambda _: 0)
            except InputError as error:
                problems.add(fields[key].span, f"{key}: {error.message}")


def _enum(node: Node) -> tuple[Any, ...]:
    return tuple(plain_data(entry) for entry in sequence(node, "enum"))


def _types(node: Node) -> tuple[str, ...]:
    nodes = sequence(node, "type") if isinstance(node, Seq) else (node,)
    return tuple([one_of(item, "type", keys.TYPES) for item in nodes])


_INPUT: Table = {
    "default": ("default", plain_data, ()),
    "sample": ("sample", plain_data, ()),
    "enum": ("enum", _enum, ()),
    "type": ("types", _types, ()),
    "description": ("description", string, ("description",)),
    "required": ("required", flag, ("required",)),
    "trust": ("trust", one_of, ("trust", ("trusted", "untrusted"))),
    "items": ("items", _schema, ("items",)),
    "properties": ("properties", _schema, ("properties",)),
    "max_tokens": ("max_tokens", whole, ("max_tokens",)),
    "max_items": ("max_items", whole, ("max_items",)),
}
