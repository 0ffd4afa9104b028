"""Ranges as a table and as data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptkit import Prompt, blocks
from promptkit.ranges import token_range
from promptkit.report.ranges import picture, ranges_report
from promptkit.report.tables import BAR_WIDTH
from promptkit.report.tokens import as_data, missing_row

if TYPE_CHECKING:
    from typing import Any

    from promptkit.report.tokens import Row


def row(name: str, tokens: int | None, template: str, **inputs: dict[str, Any]) -> Row:
    variant = Prompt(name, [blocks.user(template)], inputs=inputs)["base"]
    found = token_range(variant, "gpt-4o")
    return replace(missing_row(variant, found.tokenizer, ()), tokens=tokens, range=found)


STATIC = row("static", 10, "one two three")
BOUNDED = row("bounded", 20, "Say {{ x }}.", x={"type": "string", "max_tokens": 40})
OPEN = row("open", None, "Say {{ x }} {{ lipsum() }}", x={"type": "string"})


def test_a_table_shows_each_range_and_what_the_unbounded_inputs_lack() -> None:
    assert ranges_report([STATIC, BOUNDED, OPEN], "table").splitlines() == [
        "prompt   variant  sample  least  most                            unbounded",
        "───────  ───────  ──────  ─────  ────  ────────────────────────  ─────────",
        "static   base         10     10    10     ●",
        "bounded  base         20      9    66     ├──●────────────────┤",
        "open     base          ?      9     —     ├───────────────────→  x",
        "",
        "├─┤ least to most   ● with the samples   → unbounded",
        "gpt-4o: exact, o200k_base; framing documented",
        "bounds: most holds up to 16 tokens for the seams between values and text, a measured allowance",
        "<python>:open: open: x: declare max_tokens",
        "<python>:open: open: the template: a call of 'lipsum'",
    ]


@pytest.mark.parametrize("scale", [66, 90])
def test_the_sample_leaves_the_arrow_of_an_open_range(scale: int) -> None:
    assert OPEN.range is not None
    drawn = picture(OPEN.range, scale, scale)
    assert (len(drawn), drawn[-2:]) == (BAR_WIDTH, "●→")


def test_several_models_are_told_apart() -> None:
    other = replace(BOUNDED, model="gpt-4")
    assert [line.split()[:3] for line in ranges_report([BOUNDED, other], "table").splitlines()[2:4]] == [
        ["bounded", "base", "gpt-4o"],
        ["bounded", "base", "gpt-4"],
    ]


def test_markdown_leaves_the_picture_out() -> None:
    assert ranges_report([BOUNDED], "md").splitlines()[:3] == [
        "| prompt | variant | sample | least | most | unbounded |",
        "| --- | --- | ---: | ---: | ---: | --- |",
        "| bounded | base | 20 | 9 | 66 |  |",
    ]


def test_a_picture_has_the_sample_between_its_ends() -> None:
    assert BOUNDED.range
    assert OPEN.range
    assert picture(BOUNDED.range, 20, 65, 14) == " ├──●────────┤"
    assert picture(OPEN.range, None, 65, 14) == " ├───────────→"
    assert picture(OPEN.range, None, 9, 14) == "             →"


def test_data_has_null_where_there_is_no_most() -> None:
    assert OPEN.range
    assert as_data(OPEN)["range"] == {
        "least": 9,
        "most": None,
        "slack": 0,
        "unbounded": [
            {"input": "x", "reason": "declare max_tokens"},
            {"input": None, "reason": "a call of 'lipsum'"},
        ],
        "uncounted": [],
    }
