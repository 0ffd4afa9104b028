"""Ranges as a table and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit import Prompt, blocks
from promptkit.ranges import token_range
from promptkit.report.ranges import RangeRow, as_data, picture, range_table

if TYPE_CHECKING:
    from typing import Any


def row(name: str, tokens: int | None, template: str, **inputs: dict[str, Any]) -> RangeRow:
    variant = Prompt(name, [blocks.user(template)], inputs=inputs)["base"]
    return RangeRow(name, "base", tokens, token_range(variant, "gpt-4o"))


STATIC = row("static", 10, "one two three")
BOUNDED = row("bounded", 20, "Say {{ x }}.", x={"type": "string", "max_tokens": 40})
OPEN = row("open", None, "Say {{ x }} {{ lipsum() }}", x={"type": "string"})


def test_a_table_shows_each_range_and_what_the_unbounded_inputs_lack() -> None:
    assert range_table([STATIC, BOUNDED, OPEN]).splitlines() == [
        "prompt   variant  sample  least  most                            unbounded",
        "───────  ───────  ──────  ─────  ────  ────────────────────────  ─────────",
        "static   base         10     10    10     ●",
        "bounded  base         20      9    66     ├──●────────────────┤",
        "open     base          —      9     —     ├───────────────────→  x",
        "",
        "├─┤ least to most   ● with the samples   → unbounded",
        "gpt-4o: exact, o200k_base; framing documented",
        "bounds: most holds up to 16 tokens for the seams between values and text, a measured allowance",
        "open: x: declare max_tokens",
        "open: the template: a call of 'lipsum'",
    ]


def test_a_table_of_nothing_has_its_headings() -> None:
    assert range_table([]).splitlines()[0].startswith("prompt  variant  sample  least  most")


def test_a_picture_has_the_sample_between_its_ends() -> None:
    assert picture(BOUNDED, 65, 14) == " ├──●────────┤"
    assert picture(STATIC, 65, 14) == "  ●"
    assert picture(OPEN, 65, 14) == " ├───────────→"
    assert picture(OPEN, 9, 14) == "             →"


def test_data_has_null_where_there_is_no_most() -> None:
    data = as_data(OPEN)
    assert data == {
        "prompt": "open",
        "variant": "base",
        "model": "gpt-4o",
        "tokenizer": "o200k_base",
        "basis": "exact",
        "framing": "documented",
        "tokens": None,
        "least": data["least"],
        "most": None,
        "slack": 0,
        "unbounded": [
            {"input": "x", "reason": "declare max_tokens"},
            {"input": None, "reason": "a call of 'lipsum'"},
        ],
        "uncounted": [],
    }
    assert as_data(BOUNDED)["most"] == BOUNDED.range.most
