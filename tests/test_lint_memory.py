"""A second run of lint: what has changed is looked at again, with all that is made of it, and nothing else is."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run

from promptkit.lint import lint_library
from promptkit.lint.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

FILES: dict[str, str] = {
    "promptkit.yaml": "models: [gpt-4.1-mini]\n",
    "partials/inner.md": "Yours, {{ name }}",
    "partials/sign.md": '{% include "inner" %}.',
    "blocks/role/agent.md": "You answer mails.\n",
    "blocks/negative/none.md": "Do not guess.\n",
    "examples/mails.yaml": "- {inputs: {mail: a}, output: b}\n",
    "schemas/answer.json": '{"type": "object", "properties": {"a": {"type": "string"}}}',
    "prompts/a.yaml": "blocks: [{use: role/agent}, {user: '{{ mail }}'}]\n",
    "prompts/b.yaml": "blocks: [{user: '{{ mail }} {% include \"sign\" %}'}]\n",
    "prompts/c.yaml": "extends: a\nadd: [{use: negative/none, before: user}]\n",
    "prompts/d.yaml": "blocks: [{examples: {from: examples/mails.yaml}}, {user: '{{ mail }}'}]\n",
    "prompts/e.yaml": "blocks: [{format: {schema: schemas/answer.json}}, {user: '{{ mail }}'}]\n",
    "prompts/f.yaml": "blocks: [{user: 'TODO: {{ mail }}'}]\nvariants: {v: {replace: {user: {use: role/agent}}}}\n",
}
REACHED = {
    "partials/inner.md": "b",
    "partials/sign.md": "b",
    "blocks/role/agent.md": "acf",
    "blocks/negative/none.md": "c",
    "examples/mails.yaml": "d",
    "schemas/answer.json": "e",
    "prompts/a.yaml": "ac",
    "prompts/b.yaml": "b",
    "prompts/c.yaml": "c",
    "promptkit.yaml": "abcdef",
}


def again(memory: Memory) -> Memory:
    """The memory as the next run reads it."""
    content = memory.content
    assert content is not None
    return Memory(content)


@pytest.mark.parametrize(("path", "reached"), REACHED.items())
def test_a_change_is_rechecked_with_exactly_what_is_made_of_it(path: str, reached: str, write: Write) -> None:
    root = write(FILES)
    first = Memory()
    assert lint_library(root, memory=first).checked == tuple("abcdef")
    unchanged = again(first)
    assert lint_library(root, memory=unchanged).checked == ()
    assert unchanged.content is None, "nothing new to write"
    file = root / path
    file.write_text(file.read_text().replace("{", "{ ", 1) if path.endswith(".json") else file.read_text() + "\n# x\n")
    assert lint_library(root, memory=again(first)).checked == tuple(reached)


def test_other_rules_are_another_question(write: Write) -> None:
    root = write(FILES)
    memory = Memory()
    lint_library(root, memory=memory)
    assert lint_library(root, ["S217"], memory=again(memory)).checked == tuple("abcdef")


def test_a_run_from_memory_finds_what_a_fresh_one_finds(write: Write) -> None:
    """Random edits, each checked by a run that remembers all before it."""
    root = write(FILES)
    draw = random.Random(7)
    memory = Memory()
    lint_library(root, memory=memory)
    paths = [path for path in FILES if path.endswith((".md", ".yaml")) and path != "promptkit.yaml"]
    for step in range(40):
        path = root / draw.choice(paths)
        kind = draw.choice(["add", "restore", "break", "remove"])
        original = FILES[path.relative_to(root).as_posix()]
        if kind == "remove":
            path.unlink(missing_ok=True)
        else:
            end = {"add": f"\nTODO: step {step}\n", "restore": "", "break": "\n{% if %}\n"}[kind]
            path.write_text(original if path.suffix == ".yaml" and kind != "break" else original + end)
        remembered = lint_library(root, memory=memory)
        fresh = lint_library(root)
        assert (remembered.findings, remembered.failures) == (fresh.findings, fresh.failures), (path, kind)
        memory = Memory(memory.content or b"{}")


def test_the_command_remembers_and_forgets_nothing_that_it_found(write: Write) -> None:
    root = write(FILES)
    first = run("lint", cwd=root)
    assert (first.code, run("lint", cwd=root)) == (1, first)
    (root / "prompts/b.yaml").write_text(FILES["prompts/b.yaml"].replace("{{ mail }}", "TODO: {{ mail }}"))
    both = run("lint", "--format", "concise", cwd=root)
    assert both == run("lint", "--format", "concise", "--no-cache", cwd=root)
    assert both.out.count("S217") == 2


def test_a_new_calibration_is_another_question(write: Write) -> None:
    root = write(FILES)
    memory = Memory()
    lint_library(root, memory=memory)
    entry = '{"ratio": 1.2, "error_p50": null, "error_p95": null, "fitted_on": 9, "held_out": 0, "date": "2026-11-24", '
    (root / "calibration.json").write_text(
        '{"version": 1, "models": {"claude-sonnet-5": ' + entry + '"endpoint": "https://example.com"}}}'
    )
    assert lint_library(root, memory=again(memory)).checked == tuple("abcdef")
