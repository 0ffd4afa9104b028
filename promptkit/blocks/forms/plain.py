"""The form that is JSON Schema itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

UNTOLD = frozenset({"$schema", "$id", "$comment", "title"})  # they say nothing about the answer
_BY_NAME = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_DATA = frozenset({"const", "enum", "default", "examples"})


def _told(schema: Any) -> Any:
    """A schema without what says nothing about the answer. A property may be called title all the same."""
    if isinstance(schema, list):
        return [_told(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for key, value in schema.items():
        if key in _BY_NAME and isinstance(value, dict):
            found[key] = {name: _told(item) for name, item in value.items()}
        elif key in _DATA:
            found[key] = value
        elif key not in UNTOLD:
            found[key] = _told(value)
    return found


def compact(schema: Mapping[str, Any]) -> str:
    """A schema as compact JSON, without what says nothing about the answer."""
    return compact_json(_told(schema))


def compact_json(value: Any) -> str:
    """`value` as JSON without blanks, in its own order, non-ASCII as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
