"""Which lists of names a text has, and what is none."""

from __future__ import annotations

import pytest

from promptkit.lint.lists import LOOKED_AT, MOST, Names, lists


def told(found: Names) -> tuple[str, list[str], str]:
    return found.kind, [name.text for name in found.names], found.before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("one of \"a\", 'b' or `c`.", ("row", ["a", "b", "c"], "one of "), id="quotes of every kind"),
        pytest.param('Say "a" | "b"', ("row", ["a", "b"], "Say "), id="bars"),
        pytest.param("Say “a”, and “b”", ("row", ["a", "b"], "Say "), id="curly quotes"),
        pytest.param('Rate: "a" when x; "b" for y', ("cases", ["a", "b"], "Rate: "), id="cases"),
        pytest.param("Sorts:\n- a: x\n- b: y", ("points", ["a", "b"], "Sorts:"), id="points"),
        pytest.param(
            "\n* **a**: x\n\n* **b:** y\n* `c` - z\n* d (int)", ("points", ["a", "b", "c", "d"], ""), id="marked"
        ),
        pytest.param("- a\n  - more of a\n- b c", ("points", ["a", "b c"], ""), id="points within points"),
    ],
)
def test_a_list_of_names(text: str, expected: tuple[str, list[str], str]) -> None:
    (found,) = lists(text)
    assert told(found) == expected
    assert [text[name.start : name.end] for name in found.names] == expected[1]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("It's \"a\" and it's here", id="one name and apostrophes"),
        pytest.param("- a: x\n- Then read it all again, and say so.", id="a point that is a sentence"),
        pytest.param("```yaml\n- a: x\n- b: y\n```", id="code"),
        pytest.param('"a" when x\n"b" when y', id="cases in two lines"),
        pytest.param('"a".\n"b"', id="two sentences"),
        pytest.param("- a\nText.\n- b", id="points apart"),
    ],
)
def test_no_list(text: str) -> None:
    assert lists(text) == ()


def test_a_text_of_any_size_has_so_many() -> None:
    assert len(lists('"a", "b".\n' * (MOST + 10))) == MOST
    assert lists(" " * LOOKED_AT + '"a", "b"') == ()
