"""`promptkit render`: what it prints and takes, with real processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

FILES = {
    "prompts/x.yaml": """\
model: gpt-4o
params: {temperature: 0}
inputs: {q: {type: string, sample: "Why?"}, n: {type: integer, default: 2}, tags: {type: array, default: []}}
blocks:
  - role: You help.
  - text: "Tag {{ tags[0] }}."
    when: tags
  - user: "{{ q }} ({{ n + 1 }})"
variants: {loud: {add: [{text: SHOUT., name: shout, after: role}]}}
"""
}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text.txt", ["-i", "q=Hi"]),
        ("variant.txt", ["--variant", "loud", "-i", "q=Hi", "-i", "n=40", "-i", 'tags=["a"]']),
        ("explain.txt", ["--sample", "--explain", "-i", 'tags=["a"]']),
        ("explain.json", ["--sample", "--explain", "--format", "json"]),
        ("openai.json", ["-i", "q=Hi", "--to", "openai"]),
        ("text-request.txt", ["-i", "q=Hi", "--to", "text"]),
    ],
)
def test_what_render_prints(name: str, words: list[str], write: Write, golden: Callable[[str, str], None]) -> None:
    ran = run("render", "x", *words, cwd=write(FILES))
    assert (ran.code, ran.err) == (0, "")
    golden(f"render/{name}", ran.out)


def test_inputs_come_from_stdin_and_i_wins(write: Write) -> None:
    words = ["render", "prompts/x.yaml", "--inputs", "-", "-i", "n=7", "--format", "json"]
    ran = run(*words, cwd=write(FILES), stdin='{"q": "a\\r\\n{{ b }}", "n": 1}')
    assert json.loads(ran.out)["messages"][1] == {"role": "user", "content": "a\r\n{{ b }} (8)"}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["y"], "unknown prompt 'y'; known: x"),
        (["x", "--variant", "laud"], "prompts/x.yaml:1:1: unknown variant 'laud' of 'x'; did you mean 'loud'?"),
        (["x", "-i", "tag=1"], "x: unknown input 'tag'; did you mean 'tags'?"),
        (["x", "-i", "q"], "-i q: write NAME=VALUE"),
        (
            ["x", "-i", "q=1", "-i", "n=x"],
            "prompts/x.yaml:3:45: input 'n' must be integer; 'x' is not JSON of that type",
        ),
    ],
)
def test_what_names_nothing_is_one_line(words: list[str], line: str, write: Write) -> None:
    ran = run("render", *words, cwd=write(FILES))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(line + "\n")


def test_a_sound_prompt_renders_beside_a_broken_one(write: Write) -> None:
    root = write({**FILES, "prompts/y.yaml": "blocks: [{sytem: a}]\n"})
    assert run("render", "x", "-i", "q=Hi", cwd=root).code == 0
    broken = run("render", "y", cwd=root)
    assert (broken.code, broken.err) == (
        2,
        "prompts/y.yaml:1:11: unknown block kind 'sytem'; did you mean 'system'?\n",
    )


def test_what_gave_way_to_a_limit_is_told(write: Write) -> None:
    source = """\
model: gpt-4o
inputs: {docs: {type: array, sample: [First., Second., Third.]}}
blocks: [{role: You help.}, {context: {input: docs}}, {user: "Why?"}]
budget: {max_tokens: 50, shrink: [context]}
"""
    root = write({"prompts/x.yaml": source})
    lines = ["context: left out item 3: 40 tokens, over max_tokens 34; 32 without"]
    for words in (["--explain"], [], ["--to", "openai"]):
        ran = run("render", "x", "--sample", "--max-tokens", "34", *words, cwd=root)
        assert (ran.code, ran.err.splitlines()) == (0, lines)
        assert "Second." in ran.out
        assert "Third." not in ran.out
    ran = run("render", "x", "--sample", "--max-tokens", "34", "--format", "json", cwd=root)
    dropped = [{"block": "context", "what": "item 3", "why": "40 tokens, over max_tokens 34; 32 without"}]
    assert json.loads(ran.out)["dropped"] == dropped
    assert run("render", "x", "--sample", "--max-tokens", "-1", cwd=root).code == 2
