"""What schemas.py finds plainly right is right by jsonschema, which this module calls without the short way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from promptkit.schemas import _fits, _is_sound, schema_fault, violation

ROOT = Path(__file__).parent.parent

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 1.5, float("nan"), "", "a", "bb", "ccc"])
)
names = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
)
types = st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null", "text"])


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    optional: dict[str, st.SearchStrategy[Any]] = {
        "type": types | st.lists(types, max_size=3),
        "enum": st.lists(values, max_size=4),
        "required": st.lists(names, max_size=3),
        "properties": st.dictionaries(names, inner, max_size=3),
        "additionalProperties": inner,
        "items": inner,
        "anyOf": st.lists(inner, max_size=2),
        "minimum": st.integers(-2, 2) | st.just(True),
        "maximum": st.integers(-2, 2) | st.floats(0, 2),
        "minLength": st.integers(-1, 2),
        "maxItems": st.integers(0, 2) | st.just(1.0),
        "default": scalars,
        "description": st.sampled_from(["x", 1]),
        "pattern": st.sampled_from(["^a", "("]),
        "const": scalars,
        "$schema": st.just("https://json-schema.org/draft/2020-12/schema"),
    }
    return st.fixed_dictionaries({}, optional=optional).flatmap(
        lambda made: st.sets(st.sampled_from(sorted(made) or ["type"]), max_size=3).map(
            lambda keys: {key: made[key] for key in keys & made.keys()}
        )
    )


schemas = st.recursive(st.booleans() | keywords(st.booleans()), keywords, max_leaves=4)


@settings(max_examples=2000, deadline=None)
@given(schema=schemas, value=values)
@example(schema={"type": "number", "maximum": 1}, value=True)
@example(schema={"enum": [1]}, value=True)
@example(schema={"enum": [[1]]}, value=[True])
@example(schema={"type": ["number"], "minimum": 2}, value=1)
def test_what_is_plainly_right_is_right(schema: Any, value: Any) -> None:
    if not _is_sound(schema, 0):
        return
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        pytest.fail(f"{schema} is not valid: {error.message}")
    if _fits(schema, value):
        assert list(Draft202012Validator(schema).iter_errors(value)) == []


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        pytest.param(
            {"type": "text"}, "type: 'text' is not valid under any of the given schemas", id="an unknown type"
        ),
        pytest.param({"type": []}, "type: [] is not valid under any of the given schemas", id="no type"),
        pytest.param({"required": ["a", "a"]}, "required: ['a', 'a'] has non-unique elements", id="a name twice"),
        pytest.param(
            {"properties": {"a": {"minLength": -1}}},
            "properties.a.minLength: -1 is less than the minimum of 0",
            id="inside",
        ),
    ],
)
def test_a_wrong_schema_is_told_by_jsonschema(schema: dict[str, Any], fault: str) -> None:
    assert schema_fault(schema) == fault


def test_a_wrong_value_is_told_by_jsonschema() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["x"]}}, "required": ["a"], "additionalProperties": False}
    assert violation(schema, {"a": "x"}) is None
    assert violation(schema, {"a": "y"}) == "a: 'y' is not one of ['x']"
    assert violation(schema, {}) == "'a' is a required property"


def test_the_libraries_of_this_repository_load_without_jsonschema() -> None:
    program = (
        "import sys, promptkit\n"
        "library = promptkit.load('templates')\n"
        "assert sum(prompt['base'].blocks != () for prompt in library.values()) > 10\n"
        "assert 'jsonschema' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
