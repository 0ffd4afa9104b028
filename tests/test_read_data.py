"""A line of a .jsonl file that is taken as it is gives what the slow way through nodes gives."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from promptkit.errors import Span
from promptkit.read.data import _json_record, record
from promptkit.read.nodes import Fault, Problems, python_node

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))
FIELDS = st.fixed_dictionaries(
    {"inputs": st.dictionaries(st.text(max_size=3), VALUES, max_size=3) | VALUES, "output": VALUES},
    optional={"id": VALUES, "reasoning": VALUES, "x-note": VALUES, "note": VALUES, "messages": VALUES},
)
SPAN = Span("examples/a.jsonl", 3, 1)


def outcome(read: Any, *arguments: Any) -> object:
    problems = Problems()
    return problems.catch(read, *arguments, problems), problems.found


@given(FIELDS | VALUES)
@settings(max_examples=300, deadline=None)
def test_both_ways_give_the_same_record(value: Any) -> None:
    line = json.dumps(value)
    assert outcome(_json_record, (value, line, SPAN)) == outcome(record, python_node(value, SPAN))


def test_what_is_nested_too_deep_is_refused_either_way() -> None:
    value: Any = 1
    for _ in range(70):
        value = [value]
    line = {"inputs": {}, "output": value}
    [problem] = outcome(_json_record, (line, json.dumps(line), SPAN))[1]  # type: ignore[index]
    assert problem == Fault(SPAN, "nested more than 60 deep; flatten it").problem
