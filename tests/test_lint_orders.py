"""Which sentences order something, which forbid, and the marks that a message has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptkit.lint import lint_library
from promptkit.lint.marks import marked_parts
from promptkit.lint.orders import orders

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "forbids"),
    [
        pytest.param("Write two sentences.", [False], id="a verb"),
        pytest.param("- Please write two. Then name the desk.", [False, False], id="polite, and in an item"),
        pytest.param("**Tone**: Keep it short.", [False], id="after a label"),
        pytest.param("You must never guess. The answer must be short.", [True, False], id="must"),
        pytest.param("3. Don’t guess.", [True], id="a typographic apostrophe"),
        pytest.param("Under no circumstances guess. No lists.", [False, True], id="no"),
        pytest.param("The desk is open. Writers write. search-keys {", [], id="facts"),
        pytest.param('Say "do not guess". `Write it.`', [False], id="what is quoted"),
        pytest.param("# Write it\n<example>\nWrite it.\n</example>", [], id="headings and examples"),
    ],
)
def test_what_a_sentence_orders(text: str, forbids: list[bool]) -> None:
    assert [each.forbids for each in orders(text)] == forbids


def test_an_order_stands_at_its_own_words() -> None:
    text = "Hello.\n- Write two. Do not guess.\n"
    assert [text[each.start : each.end] for each in orders(text)] == ["Write two.", "Do not guess."]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        pytest.param("<a>x</a>", True, id="a tag"),
        pytest.param("<a><b></b>x</a>", True, id="a tag around another"),
        pytest.param("<a>x", False, id="a tag that is never closed"),
        pytest.param("<a></a>x</a>", False, id="behind a tag"),
        pytest.param("[mail]\nx\n[/mail]", True, id="square brackets"),
        pytest.param("BEGIN\nx\nEND", True, id="begin and end"),
        pytest.param("---\nx\n===", False, id="two kinds of rules"),
        pytest.param('"""x"""', True, id="three quotation marks"),
    ],
)
def test_what_is_marked(text: str, *, inside: bool) -> None:
    assert marked_parts(text).holds(text.index("x")) is inside


def test_entries_of_a_negative_block_forbid(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "promptkit.yaml").write_text("")
    entries = "\n".join(
        f"      - {each}" for each in ("use lists", "greet", "guess", "promise refunds", "write rhymes")
    )
    (tmp_path / "prompts/a.yaml").write_text(f"blocks:\n  - negative:\n{entries}\n  - user: '{{{{ mail }}}}'\n")
    found = lint_library(tmp_path, ["S209"]).findings
    assert [each.message for each in found] == [
        "5 of 5 instructions only forbid, the first of them 'use lists'; say what to do instead"
    ]
