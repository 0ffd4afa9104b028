"""`promptkit list --std`: the table, one block, the JSON, and a terminal that is narrow."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run

from promptkit.read import std_names
from promptkit.report.standard import as_data, standard, standards
from promptkit.report.tables import Column, table, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATES = Path(__file__).parents[1] / "templates"


def test_the_table_has_every_block_and_needs_no_library(tmp_path: Path) -> None:
    ran = run("list", "--std", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    heads, _, *rows = ran.out.split("\n")
    assert heads.split() == ["block", "tokens", "description"]
    assert {row.split()[0] for row in rows if row.startswith("std/")} == set(std_names())
    for block in standards():
        assert f"  {block.tokens}  {block.file.description}\n" in ran.out


def test_a_kind_narrows_it(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    ran = run("list", "--std", "negative", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    golden("list/std-negative.txt", ran.out)


def test_one_block_whole(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    ran = run("list", "--std", "instructions/cite-quotes", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    golden("list/std-block.txt", ran.out)


@pytest.mark.parametrize(
    "words",
    [["std/instructions/cite-quotes"], ["--std", "std/instructions/cite-quotes"]],
    ids=["without-the-option", "with-the-prefix"],
)
def test_its_full_name_will_do(tmp_path: Path, words: list[str]) -> None:
    assert run("list", *words, cwd=tmp_path).out == run("list", "--std", "instructions/cite-quotes", cwd=tmp_path).out


def test_the_json_of_one(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    ran = run("list", "--std", "instructions/cite-quotes", "--format", "json", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    golden("list/std-block.json", ran.out)


def test_the_json_of_all_is_that_of_each(tmp_path: Path) -> None:
    found = json.loads(run("list", "--std", "--format", "json", cwd=tmp_path).out)
    assert [each["block"] for each in found["blocks"]] == [block.name for block in standards()]
    assert found["blocks"][0] == as_data(standards()[0])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param(
            ["--std", "format/tabel"],
            "unknown standard block 'std/format/tabel'; did you mean 'std/format/table'?",
            id="name",
        ),
        pytest.param(
            ["--std", "examples"],
            "no standard block is of kind 'examples'; there are some of text, system, role, instructions, context, "
            "chain_of_thought, format, negative, user, assistant",
            id="kind",
        ),
        pytest.param(
            ["support/triage"],
            "promptkit list: list shows every prompt; for a standard block write: promptkit list --std support/triage",
            id="a-prompt",
        ),
    ],
)
def test_what_is_not_there_is_one_line(tmp_path: Path, words: list[str], line: str) -> None:
    ran = run("list", *words, cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == (2, "", line + "\n")


def test_a_list_of_prompts_does_not_load_the_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "promptkit.yaml").touch()
    source = """
import sys
from promptkit.cli.list import command
command.main(["--library", sys.argv[1]], standalone_mode=False)
print([name for name in sys.modules if name.partition(".")[0] == "tiktoken"])
"""
    done = subprocess.run([sys.executable, "-c", source, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
@pytest.mark.parametrize(
    "words",
    [["--std"], ["--std", "format/diff"], ["--library", str(TEMPLATES)]],
    ids=["table", "block", "library"],
)
def test_a_terminal_gets_lines_that_fit(tmp_path: Path, words: list[str]) -> None:
    source = """
import os, pty, sys
os.environ["COLUMNS"] = "80"
pty.spawn([sys.executable, "-m", "promptkit", "list", *sys.argv[1:]])
"""
    done = subprocess.run(
        [sys.executable, "-c", source, *words], cwd=tmp_path, capture_output=True, check=True, stdin=subprocess.DEVNULL
    )
    lines = done.stdout.decode().splitlines()
    said = [line for line in lines if not re.match("  [A-Zh]", line)]  # what a block says stands as it is
    assert len(lines) > 10
    assert [line for line in said if width(line) > 80] == []


def test_the_widest_cells_are_broken_first() -> None:
    rows = [["x", "one two three four five six", "7"], ["y", "", "8"]]
    columns = [Column("a"), Column("b"), Column("n", right=True)]
    assert table(columns, rows, fit=33) == table(columns, rows)
    assert table(columns, rows, fit=25).split("\n")[2:] == [
        "x  one two three four  7",
        "   five six",
        "y                      8",
    ]


def test_a_row_that_cannot_fit_is_as_narrow_as_its_words() -> None:
    found = table([Column("name"), Column("b")], [["support/after-hours", "one two"]], fit=5)
    assert found.split("\n")[2:] == ["support/  one", "after-    two", "hours"]


@pytest.mark.parametrize(
    ("text", "size", "lines"),
    [
        ("a bbbbbbbbbb c", 5, ["a", "bbbbbbbbbb", "c"]),
        ("", 5, [""]),
        ("漢字 漢字 漢字", 9, ["漢字 漢字", "漢字"]),
        ("to security=false,fast=true or", 15, ["to", "security=false,", "fast=true or"]),
        ("to security=false,fast=true or", 12, ["to security=", "false,", "fast=true or"]),
        ("well-known and 1/2", 10, ["well-known", "and 1/2"]),
    ],
)
def test_text_is_broken_between_words(text: str, size: int, lines: list[str]) -> None:
    assert wrapped(text, size) == lines
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_block_may_be_named_without_its_prefix() -> None:
    assert standard("format/diff") == standard("std/format/diff")
