"""What an input can be, by its declaration: a few known values, or texts and lists within bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptkit.content import MISSING
from promptkit.template.extents import Alt, Domain, Known, Lit, Some, Value, either, opaque, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.content import Input

SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})
FINITE = frozenset({"string", "integer", "boolean", "null"})
BOOLEAN = Alt((Lit("True"), Lit("False")))
METHODS = frozenset(dir(dict))  # names that a template finds on a mapping before its keys
MAX_INTEGER = 10**15  # a larger whole number can be a float that prints with an exponent


def choices(declared: Input) -> tuple[Domain, ...] | None:
    """The values that a call can give, where they are few and known; None for any other input."""
    types = set(declared.types)
    if types == {"boolean"} and declared.enum is None:
        return Known(False), Known(True)
    if declared.enum is None or not types <= FINITE:
        return None
    found = [Known(value) for entry in declared.enum for value in _equal(entry, types)]
    return tuple(found) or None


def _equal(entry: Any, types: set[str]) -> list[Any]:
    """The values of these types that equal an entry of an enum: 1 is True, and 1.0 is 1."""
    found: list[Any] = []
    if isinstance(entry, str):
        return [entry] if "string" in types else []
    if entry is None:
        return [None] if "null" in types else []
    if isinstance(entry, bool | int | float) and entry == int(entry):
        found += [int(entry)] if "integer" in types else []
        found += [bool(entry)] if "boolean" in types and entry in (0, 1) else []
    return found


def domain(declared: Input, *, optional: bool = False) -> Some:
    """What a call can give, where it is not a few known values."""
    names, types = frozenset({declared.name}), set(declared.types)
    listed = choices(declared)
    if listed is not None:
        return Some(Alt(tuple(map(text_of, listed))), names, _kind(types), optional=optional)
    if types <= SCALARS:
        return Some(_scalar(declared, names), names, _kind(types), optional=optional)
    if types == {"array"}:
        return _array(declared, names, optional=optional)
    if types == {"messages"}:
        return _messages(declared, names, optional=optional)
    if types == {"object"}:
        found = schema_domain({"type": "object", "properties": declared.properties or {}}, names)
        return replace(found, optional=optional, truth=None)
    why = "declare its type, and max_tokens"
    return replace(opaque(names, why), optional=optional)


def _kind(types: set[str]) -> str:
    return "string" if types == {"string"} else "nullable" if "null" in types else "scalar"


def _scalar(declared: Input, names: frozenset[str]) -> Value | Alt:
    if set(declared.types) <= {"boolean", "null"}:
        return BOOLEAN
    return Value(declared.max_tokens, names, "declare max_tokens")


def _array(declared: Input, names: frozenset[str], *, optional: bool) -> Some:
    element = schema_domain(declared.items or {}, names)
    if declared.max_tokens is not None:
        element = _limited(element, declared.max_tokens)
    text = opaque(names, "a list as text; print its items").text
    return Some(text, names, "array", element, 0, declared.max_items, optional=optional)


def _limited(found: Some, tokens: int) -> Some:
    """An item of a list whose JSON has at most so many tokens: a text in it was cut out of that."""
    fields = {key: _limited(each, tokens) if isinstance(each, Some) else each for key, each in found.fields.items()}
    text = found.text
    if found.kind == "string" and isinstance(text, Value) and (text.tokens is None or text.tokens > tokens):
        text = replace(text, tokens=tokens, cuts=2)
    return replace(found, text=text, fields=fields)


def _messages(declared: Input, names: frozenset[str], *, optional: bool) -> Some:
    roles = Some(Alt((Lit("user"), Lit("assistant"), Lit("tool"))), names, "string", truth=True)
    content = opaque(names, "messages of any length")
    element = Some(
        opaque(names, "a message as text").text, names, "object", fields={"role": roles, "content": content}, truth=True
    )
    text = opaque(names, "messages as text").text
    return Some(text, names, "array", element, 0, declared.max_items, optional=optional)


def schema_domain(schema: Mapping[str, Any], names: frozenset[str]) -> Some:
    """What a value can be that a JSON Schema accepts, as far as its type, limits and enum say."""
    enum = schema.get("enum", [schema["const"]] if "const" in schema else None)
    kind = schema.get("type")
    if isinstance(enum, list) and enum and all(isinstance(entry, str) for entry in enum):
        return Some(Alt(tuple(Lit(entry) for entry in enum)), names, "string", truth=True if all(enum) else None)
    if kind == "string":
        return _schema_text(schema, names)
    if kind == "boolean":
        return Some(BOOLEAN, names)
    if kind == "integer":
        return _schema_integer(schema, names)
    if kind == "array":
        items = schema.get("items")
        element = schema_domain(items, names) if isinstance(items, dict) else opaque(names, "declare its items")
        most = _whole(schema.get("maxItems"))
        return Some(opaque(names, "a list as text").text, names, "array", element, 0, most)
    if kind == "object":
        return _schema_object(schema, names)
    return opaque(names, "what its items hold is not declared")


def _schema_text(schema: Mapping[str, Any], names: frozenset[str]) -> Some:
    chars = _whole(schema.get("maxLength"))
    tokens = None if chars is None else 4 * chars  # a token has a byte at least, a character four at most
    empty = (_whole(schema.get("minLength")) or 0) == 0
    value = Value(tokens, names, "give its texts maxLength, or declare max_tokens", empty)
    return Some(value, names, "string", truth=None if empty else True)


def _schema_integer(schema: Mapping[str, Any], names: frozenset[str]) -> Some:
    low, high = schema.get("minimum"), schema.get("maximum")
    if not isinstance(low, int) or not isinstance(high, int) or max(abs(low), abs(high)) > MAX_INTEGER:
        return opaque(names, "give its numbers minimum and maximum")
    chars = max(len(str(low)), len(str(high))) + 2  # 5.0 is an integer too
    return Some(Value(chars, names, empty=False), names)


def _schema_object(schema: Mapping[str, Any], names: frozenset[str]) -> Some:
    properties = schema.get("properties")
    required = schema.get("required", ())
    fields: dict[str, Domain] = {}
    for key, inner in (properties if isinstance(properties, dict) else {}).items():
        if key not in METHODS and isinstance(inner, dict):
            fields[key] = replace(schema_domain(inner, names), optional=key not in required)
    return Some(opaque(names, "an object as text; print its parts").text, names, "object", fields=fields)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def with_default(found: Some, default: Any) -> Domain:
    """What an input can be whose default stands where a call gives nothing."""
    return found if default is MISSING else either((found, Known(default)))
