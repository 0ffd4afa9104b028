"""JSON Schema: checking schemas, and values against them. The only module that knows jsonschema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.protocols import Validator

MAX_DEPTH = 100


def schema_fault(schema: Mapping[str, Any]) -> str | None:
    """What is wrong with a JSON Schema, None when nothing is. A reference that leaves the schema is wrong."""
    for reference in _references(schema, 0):
        if not reference.startswith("#"):
            return f"the reference '{reference[:80]}' leaves the file; copy what it names into $defs"
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
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        error = best_match(_validator(schema).iter_errors(value))
    except Unresolvable as unresolvable:
        return f"the schema's reference {unresolvable.ref!r} names nothing"
    except RecursionError:
        return "is nested too deep to be checked"
    return None if error is None else f"{_place(error.absolute_path)}{error.message[:200]}"


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
