"""A block that is not to be used any more says so in its front matter: it works as before, and lint names what uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run
from jsonschema import Draft202012Validator

import promptkit
from promptkit.lint import lint_library
from promptkit.read.format import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

PROMPT = "blocks: [{use: role/old}, {user: q}]\n"
OLD = "---\ndeprecated: {}\n---\nYou are old."


@pytest.mark.parametrize(
    ("head", "line"),
    [
        pytest.param(
            "deprecated: true\nreplaced_by: role/nwe",
            "3:14: unknown block 'role/nwe'; did you mean 'role/new'?",
            id="unknown replacement",
        ),
        pytest.param(
            "deprecated: true\nreplaced_by: role/old",
            "3:14: 'role/old' cannot replace itself; name another block, or remove replaced_by",
            id="itself",
        ),
        pytest.param(
            "replaced_by: role/new",
            "2:1: replaced_by belongs to a deprecated block; add deprecated: true",
            id="not deprecated",
        ),
        pytest.param("deprecated: ''", "2:13: deprecated is empty; write a name, or remove the key", id="empty"),
        pytest.param("deprecated: [a]", "2:13: deprecated must be text, not a list", id="a list"),
    ],
)
def test_front_matter_that_says_nothing_sound_is_an_error(head: str, line: str, write: Write) -> None:
    files = {
        "blocks/role/old.md": f"---\n{head}\n---\nYou are old.",
        "blocks/role/new.md": "You are new.",
        "prompts/x.yaml": PROMPT,
    }
    ran = run("list", cwd=write(files))
    assert (ran.code, ran.err) == (2, f"blocks/role/old.md:{line}\n")


def test_a_deprecated_block_renders_as_before(write: Write) -> None:
    prompt = promptkit.load(write({"blocks/role/old.md": OLD.format("true"), "prompts/x.yaml": PROMPT}))["x"]
    assert [message.content for message in prompt.render().messages] == ["You are old.", "q"]


def test_a_partial_is_replaced_by_what_can_be_included(write: Write) -> None:
    head = "---\ndeprecated: true\nreplaced_by: tnoe\n---\nBe brief."
    files = {"partials/old.md": head, "partials/tone.md": "Be brief.", "prompts/x.yaml": "blocks: [{user: q}]\n"}
    ran = run("list", cwd=write(files))
    line = "partials/old.md:3:14: unknown partial 'tnoe'; did you mean 'tone'?\n"
    assert (ran.code, ran.err) == (2, line)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param("true", "'role/old' is deprecated; use another, or write it here", id="true"),
        pytest.param(
            "|\n  It errs.\n  Often.",
            "'role/old' is deprecated: It errs. Often; use another, or write it here",
            id="lines",
        ),
        pytest.param("x" * 120, f"'role/old' is deprecated: {'x' * 100}...; use another, or write it here", id="long"),
    ],
)
def test_lint_tells_the_reason_on_one_line(said: str, told: str, write: Write) -> None:
    report = lint_library(write({"blocks/role/old.md": OLD.format(said), "prompts/x.yaml": PROMPT}), ["L703"])
    assert [(str(each.place.span), each.message) for each in report.findings] == [("prompts/x.yaml:1:10", told)]


def test_variants_and_includes_count_as_uses(write: Write) -> None:
    files = {
        "blocks/role/old.md": OLD.format("true"),
        "partials/tone.md": "---\ndeprecated: true\n---\nBe brief.",
        "blocks/role/new.md": 'You are new.\n{%- include "tone" -%}',
        "prompts/x.yaml": "blocks:\n- use: role/new\n- user: q\nvariants:\n  v: {add: [{use: role/old, after: new}]}\n",
    }
    found = [str(each.place.span) for each in lint_library(write(files), ["L703"]).findings]
    assert found == ["blocks/role/new.md:2:14", "prompts/x.yaml:5:13"]


@pytest.mark.parametrize(("value", "is_valid"), [(True, True), ("why", True), ("", False), (["a"], False)])
def test_the_published_schema_says_the_same(value: object, *, is_valid: bool) -> None:
    assert (
        Draft202012Validator(schema("front-matter")).is_valid({"deprecated": value, "replaced_by": "role/new"})
        is is_valid
    )
