"""JSON Schema: checking schemas, and values against them. The only module that knows jsonschema.

Importing jsonschema takes 40 ms, so what is plainly right is found to be so without it. All else is
left to jsonschema, which alone says what is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.protocols import Validator

MAX_DEPTH = 100
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array", "null"})
_TEXTS = frozenset({"title", "description", "format"})  # `format` is checked by no validator of this module
_SIZES = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_BOUNDS = frozenset({"minimum", "maximum"})
_NESTED = frozenset({"items", "additionalProperties"})


def schema_fault(schema: Mapping[str, Any]) -> str | None:
    """What is wrong with a JSON Schema, None when nothing is. A reference that leaves the schema is wrong."""
    for reference in _references(schema, 0):
        if not reference.startswith("#"):
            return f"the reference '{reference[:80]}' leaves the file; copy what it names into $defs"
    if _is_sound(schema, 0):
        return None
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    try:
        validator_for(schema, default=_default()).check_schema(dict(schema))
    except SchemaError as error:
        return f"{_place(error.absolute_path)}{error.message[:200]}"
    except RecursionError:
        return "it is nested too deep; flatten it, by $defs and $ref"
    return None


def violation(schema: Mapping[str, Any], value: Any) -> str | None:
    """The first thing in `value` that the schema forbids, None when it is valid."""
    if _is_sound(schema, 0) and _fits(schema, value):
        return None
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        error = best_match(_validator(schema).iter_errors(value))
    except Unresolvable as unresolvable:
        return f"the schema's reference {unresolvable.ref!r} names nothing"
    except RecursionError:
        return "is nested too deep to be checked"
    return None if error is None else f"{_place(error.absolute_path)}{error.message[:200]}"


def _is_sound(schema: Any, depth: int) -> bool:
    """Whether `schema` is plainly a valid schema, of the keywords that `_fits` knows."""
    if isinstance(schema, bool):
        return True
    known = isinstance(schema, dict) and depth <= MAX_DEPTH
    return known and all(_is_sound_keyword(key, value, depth + 1) for key, value in schema.items())


def _is_sound_keyword(key: str, value: Any, depth: int) -> bool:
    if key == "type":
        return value in _TYPES if isinstance(value, str) else bool(value) and _are_names(value) and {*value} <= _TYPES
    if key == "required":
        return _are_names(value)
    if key in _NESTED:
        return _is_sound(value, depth)
    if key == "properties":
        return isinstance(value, dict) and all(_is_sound(each, depth) for each in value.values())
    if key == "anyOf":
        return isinstance(value, list) and value != [] and all(_is_sound(each, depth) for each in value)
    if key in _TEXTS:
        return isinstance(value, str)
    if key in _SIZES:
        return type(value) is int and value >= 0
    if key in _BOUNDS:
        return type(value) in (int, float)
    return (key == "enum" and isinstance(value, list)) or (key == "$schema" and value == _DIALECT) or key == "default"


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value) and len({*value}) == len(value)


def _fits(schema: Any, value: Any) -> bool:
    """Whether `value` plainly has no fault by a sound schema."""
    if isinstance(schema, bool):
        return schema
    types = schema.get("type", ())
    if types and _type(value) not in ([types] if isinstance(types, str) else types):
        return _type(value) == "integer" and "number" in types and _fits({**schema, "type": "integer"}, value)
    if "enum" in schema and not any(type(each) is type(value) and each == value for each in _scalars(schema["enum"])):
        return False
    if "anyOf" in schema and not any(_fits(each, value) for each in schema["anyOf"]):
        return False
    if isinstance(value, str | list):
        kind = "Length" if isinstance(value, str) else "Items"
        if not schema.get(f"min{kind}", 0) <= len(value) <= schema.get(f"max{kind}", len(value)):
            return False
    if isinstance(value, list):
        return all(_fits(schema.get("items", True), each) for each in value)
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        return value.keys() >= {*schema.get("required", ())} and all(
            _fits(known.get(name, others), each) for name, each in value.items()
        )
    number = type(value) in (int, float)
    return not number or schema.get("minimum", value) <= value <= schema.get("maximum", value)


def _scalars(values: list[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, str | int | float | None)]


def _type(value: Any) -> str | None:
    """The JSON type of `value`; None for what is none of JSON's."""
    names = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
    return "null" if value is None else names.get(type(value))


def _validator(schema: Mapping[str, Any]) -> Validator:
    from jsonschema.validators import validator_for
    from referencing import Registry

    # here: an empty registry, since jsonschema's own would fetch what a schema names
    return validator_for(schema, default=_default())(schema, registry=Registry())


def _default() -> type[Validator]:
    from jsonschema import Draft202012Validator

    return Draft202012Validator


def _place(path: Any) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"{place.lstrip('.')}: " if place else ""


def _references(schema: Any, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in {"$ref", "$dynamicRef"} and isinstance(value, str):
                yield value
            yield from _references(value, depth + 1)
    elif isinstance(schema, list):
        for item in schema:
            yield from _references(item, depth + 1)
