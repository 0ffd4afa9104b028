"""Example records and JSON: both ways of reading a line agree, ids are kept, and what does not parse is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptkit import Prompt, blocks
from promptkit.errors import Span
from promptkit.read.data import _json_record, read_json, record
from promptkit.read.nodes import Fault, Problems, python_node

if TYPE_CHECKING:
    from promptkit.model import Variant

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


def test_a_record_with_messages_keeps_its_id() -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]

    def made(*records: dict[str, Any]) -> Variant:
        return Prompt("p", [blocks.examples(list(records)), blocks.user("Q")])["base"]

    rendered = made({"id": "greeting", "messages": said}, {"messages": said}).render()
    assert [each.record for each in rendered.selected] == ["greeting", "2"]
    prints = {made({**more, "messages": said}).fingerprint for more in ({}, {"id": "a"}, {"id": "b"})}
    assert len(prints) == 3  # an id is a part of what a random order is made of


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            '{"a": }',
            "f:1:7: JSON: nothing stands before this }; remove the comma or colon ahead of it, or write what is missing",
        ),
        ("", "f:1:1: JSON: the text ends before it is complete; close what is open, or write what is missing"),
        ("{'a': 1}", "f:1:2: JSON: a text in single quotes; use double quotes"),
        ("{\n// x\n}", "f:2:1: JSON: a comment, which JSON does not have; remove it"),
        ("{a: 1}", "f:1:2: JSON: a key in double quotes must stand here, or a }"),
        ("[True]", "f:1:2: JSON: a value must stand here: text in double quotes, a number, true, false, null, [ or {"),
        ("[1 2]", "f:1:4: JSON: a comma, or the bracket that closes, must stand here"),
        ('{"a" 1}', "f:1:6: JSON: a colon must stand between this key and its value"),
        ("{} {}", "f:1:4: JSON: the file must end here; remove what follows, or make a list of the two"),
        ('"a\tb"', "f:1:3: JSON: a line break or tab inside a text; write \\n or \\t"),
        ('"abc', "f:1:1: JSON: the text that begins here is never closed; add a double quote"),
        ('"\\q"', "f:1:2: JSON: a backslash that begins no escape; write \\\\ for a backslash"),
        ('"\\u12"', "f:1:3: JSON: \\u needs four hexadecimal digits; write \\\\ for a backslash"),
        ('{"a": 1,\n "a": 2}', "f:2:2: the key 'a' stands twice; the first is at line 1"),
        ("[NaN]", "f:1: NaN is not JSON; write null or a number"),
    ],
)
def test_json_that_does_not_parse_says_what_to_do(source: str, told: str) -> None:
    with pytest.raises(Fault) as caught:
        read_json(source, "f")
    assert f"{caught.value.problem.span}: {caught.value}" == told
