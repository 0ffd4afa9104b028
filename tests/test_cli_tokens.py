"""`promptkit tokens`: tables, JSON, exit codes, with real processes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import promptkit as run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[Mapping[str, str | bytes]], Path]

PRICES = """\
prices:
  gpt-4o:  # invented, all of them, so that no table of prices changes an expected output
    {input: 2.00, cached_input: 0.50, cache_write: input, output: 8.00, cache_minimum: 8, cache_step: 4,
     batch: {input: 1.00, cached_input: 0.25, cache_write: input, output: 4.00}, tiers: [],
     context_window: 1000, source: the price list, retires: 2999-01-01}
"""
FILES: dict[str, str | bytes] = {
    "promptkit.yaml": "models: [gpt-4o]\nthresholds: {static_tokens: 20}\n" + PRICES,
    "blocks/long.md": "word " * 30,
    "prompts/a/triage.yaml": """\
inputs: {ticket: {type: string, sample: I was charged twice.}, n: {type: integer, default: 1}}
blocks: [{role: "You help {{ n }}."}, {user: "{{ ticket }}"}]
variants: {big: {set: {n: 20}}}
budget: {max_tokens: 18}
""",
    "prompts/long.yaml": "blocks: [{use: long}]\n",
    "prompts/needy.yaml": 'blocks: [{user: "{{ what }}"}]\n',
    "notes/a.txt": "Hello world\r\n",
    "notes/empty.txt": "",
    "notes/b.bin": b"\0\1",
}


def test_the_table_and_its_remarks(write: Write, golden: Callable[[str, str], None]) -> None:
    ran = run("tokens", cwd=write(FILES))
    assert ran.code == 0
    assert (
        ran.err
        == "prompts/needy.yaml:1:18: needy: not counted: no value and no sample for 'what'; pass -i NAME=VALUE\n"
    )
    golden("tokens/table.txt", ran.out)


@pytest.mark.parametrize("by", ["block", "message", "line", "input", "kind"])
def test_the_tokens_by_each_source(by: str, write: Write, golden: Callable[[str, str], None]) -> None:
    ran = run("tokens", "a/triage", "--variant", "base", "--by", by, cwd=write(FILES))
    assert (ran.code, ran.err) == (0, "")
    golden(f"tokens/by-{by}.txt", ran.out)


def test_the_json_rows(write: Write, golden: Callable[[str, str], None]) -> None:
    root = write(FILES)
    ran = run("tokens", "--format", "json", cwd=root)
    assert ran.code == 0
    data: dict[str, Any] = json.loads(ran.out)
    for row in data["rows"]:
        assert row["tokens"] is None or sum(part["tokens"] for part in row["parts"]) == row["tokens"]
    golden("tokens/rows.json", ran.out.replace(str(root), "LIBRARY"))


def test_a_missing_input_is_null_and_exit_2_when_named(write: Write) -> None:
    ran = run("tokens", "needy", "--format", "json", cwd=write(FILES))
    row = json.loads(ran.out)["rows"][0]
    assert (ran.code, row["tokens"], row["inputs"], row["missing"]) == (2, None, "missing", ["what"])
    assert (
        ran.err
        == "prompts/needy.yaml:1:18: needy: not counted: no value and no sample for 'what'; pass -i NAME=VALUE\n"
    )
    assert run("tokens", "--check", cwd=write(FILES)).code == 2


def test_check_exits_1_over_the_budget_and_0_within(write: Write) -> None:
    root = write(FILES)
    over = run("tokens", "a/triage", "--check", "-i", "ticket=" + "word " * 20, cwd=root)
    assert (over.code, "over budget" in over.out) == (1, True)
    assert run("tokens", "a/triage", "--check", "-i", "ticket=a", cwd=root).code == 0


def test_check_holds_each_model_to_its_own_limit(write: Write) -> None:
    budget = "budget: {max_tokens: 18, models: {gpt-4: 200, claude-sonnet-4: 5}}\n"
    files = {"prompts/x.yaml": f"blocks: [{{user: Hello world}}]\n{budget}variants: {{v: {{join: ' '}}}}\n"}
    models = ["--model", "gpt-4o", "--model", "gpt-4", "--model", "claude-sonnet-4"]
    ran = run("tokens", "--check", "--format", "json", *models, cwd=write(files))
    rows = [(row["variant"], row["model"], row["budget"], row["over_budget"]) for row in json.loads(ran.out)["rows"]]
    assert rows == [
        (variant, model, limit, limit == 5)
        for variant in ("base", "v")
        for model, limit in (("gpt-4o", 18), ("gpt-4", 200), ("claude-sonnet-4", 5))
    ]
    assert ran.code == 1
    table = run("tokens", "--check", *models, cwd=write(files))
    assert (table.code, table.out.splitlines()[-2:]) == (
        1,
        [
            "x: over budget: ~9 tokens for claude-sonnet-4 (max_tokens 5)",
            "x (v): over budget: ~9 tokens for claude-sonnet-4 (max_tokens 5)",
        ],
    )
    assert "gpt-4o" in table.out.splitlines()[2]
    assert run("tokens", "--check", *models[:4], cwd=write(files)).code == 0


def test_plain_files_and_folders_are_literal_text(write: Write) -> None:
    root = write(FILES)
    inside = run("tokens", "notes", "--format", "json", cwd=root)
    assert (inside.code, inside.err) == (0, "left out 1 binary file\n")
    rows = [(row["path"], row["tokens"]) for row in json.loads(inside.out)["rows"]]
    assert rows == [("notes/a.txt", 3), ("notes/empty.txt", 0)]
    shutil.move(root / "notes", root.parent / "notes")
    outside = run("tokens", "notes", "--format", "json", "--model", "gpt-4", cwd=root.parent)
    assert [row["tokens"] for row in json.loads(outside.out)["rows"]] == [3, 0]


def test_several_models_and_an_estimate_that_is_labelled(write: Write) -> None:
    root = write(FILES)
    ran = run("tokens", "long", "--model", "gpt-4", "--model", "claude-sonnet-4", cwd=root)
    assert ran.code == 0
    assert "~" not in ran.out.splitlines()[2]
    assert "~" in ran.out.splitlines()[3]
    assert "claude-sonnet-4: an estimate (o200k_base proxy, uncalibrated); framing assumed" in ran.out


def test_inputs_from_stdin(write: Write) -> None:
    ran = run("tokens", "needy", "--inputs", "-", "--format", "json", cwd=write(FILES), stdin='{"what": "Hello world"}')
    row = json.loads(ran.out)["rows"][0]
    assert (ran.code, row["tokens"], row["inputs"]) == (0, 9, "given")


OFFLINE = ("unshare", "-rn")
try:
    NO_NETWORK = subprocess.run([*OFFLINE, "true"], capture_output=True, check=False).returncode == 0
except OSError:
    NO_NETWORK = False


@pytest.mark.skipif(not NO_NETWORK, reason="this machine lets no one leave the network")
@pytest.mark.parametrize("words", [["tokens", "long"], ["render", "long"], ["list"]], ids=lambda words: words[0])
def test_everything_works_without_a_network(words: list[str], write: Write) -> None:
    root = write(FILES)
    assert run(*words, cwd=root, before=OFFLINE) == run(*words, cwd=root)


def test_the_table_of_templates_fits_100_columns() -> None:
    ran = run("tokens", cwd=Path(__file__).parents[1])
    table = ran.out.partition("\n\n")[0].splitlines()
    assert len(table) > 50
    assert max(map(len, table)) <= 100
