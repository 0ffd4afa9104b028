"""What is wrong with a library or a call: one line each, with its place and a way out, exit 2, never a traceback."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from conftest import promptkit as command
from error_cases import CASES, OK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import promptkit
from promptkit.read import read
from promptkit.trees import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

BOMB = "\n".join(
    [f"{'abcde'[n]}: &{'abcde'[n]} [{', '.join(['*' + 'abcde'[n - 1] if n else 'x'] * 9)}]" for n in range(5)]
)


@pytest.mark.parametrize(("files", "words", "lines"), CASES)
def test_an_error_is_its_lines_and_exit_2(
    files: dict[str, str | bytes], words: list[str], lines: list[str], write: Write
) -> None:
    ran = command(*words, cwd=write(files))
    assert (ran.code, ran.err.splitlines()) == (2, lines)
    assert "Traceback" not in ran.out


def refused(root: Path) -> str:
    with pytest.raises(promptkit.LibraryError) as raised:
        promptkit.load(root)
    return str(raised.value)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        pytest.param(
            "blocks: " + "[" * 200 + "]" * 200, "prompts/x.yaml:1:69: nested more than 60 deep; flatten it", id="flow"
        ),
        pytest.param(
            "\n".join(" " * n + "a:" for n in range(100)),
            "prompts/x.yaml:61:61: nested more than 60 deep; flatten it",
            id="indented",
        ),
        pytest.param(
            f"{BOMB}\nblocks: [*e, *e]",
            "prompts/x.yaml:1:20: aliases repeat more than 50,000 nodes; write them out",
            id="aliases",
        ),
        pytest.param("blocks: &a [*a]", "prompts/x.yaml:1:9: nested more than 60 deep; flatten it", id="circle"),
        pytest.param(" " * 2_000_001, "prompts/x.yaml: is larger than 2,000,000 bytes; split it", id="long"),
    ],
)
def test_a_file_that_is_too_much_is_one_line(source: str, error: str, write: Write) -> None:
    assert refused(write({"prompts/x.yaml": source})) == error


def test_a_file_of_brackets_alone_is_one_line(write: Write) -> None:
    """Where it is told depends on PyYAML: from 6.0.4 on, libyaml stops by itself at the 1,000th."""
    message = refused(write({"prompts/x.yaml": "[" * 100_000}))
    assert message in {f"prompts/x.yaml:1:{n}: nested more than 60 deep; flatten it" for n in (61, 1001)}


def outside(path: Path) -> None:
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    ("make", "error"),
    [
        pytest.param(outside, "is a link to a file outside the library; copy the file in", id="outside"),
        pytest.param(
            lambda path: path.symlink_to(path.name), "is a link to itself; remove it or replace it by a file", id="loop"
        ),
        pytest.param(lambda path: path.symlink_to("no"), "cannot be read: no such file or directory", id="broken"),
        pytest.param(os.mkfifo, "is not a regular file; remove it or replace it by one", id="fifo"),
    ],
)
def test_what_is_no_file_of_the_library_is_one_line(make: Callable[[Path], Any], error: str, write: Write) -> None:
    root = write({"prompts/x.yaml": OK})
    make(root / "prompts/y.yaml")
    assert refused(root) == f"prompts/y.yaml: {error}"


def test_a_folder_in_the_place_of_the_settings_is_one_line(write: Write) -> None:
    root = write({"prompts/x.yaml": OK})
    (root / "promptkit.yaml").unlink()
    (root / "promptkit.yaml").mkdir()
    assert refused(root) == "promptkit.yaml: is not a regular file; remove it or replace it by one"


def test_a_folder_named_as_a_file_is_a_folder(write: Write) -> None:
    assert list(promptkit.load(write({"prompts/a.yaml/b.yaml": OK}))) == ["a.yaml/b"]


def test_several_broken_files_are_all_reported(write: Write) -> None:
    root = write(
        {
            "prompts/a.yaml": "blocks: [{usr: a}]\n",
            "prompts/b.yaml": "{",
            "prompts/c.yaml": OK,
            "blocks/x.md": b"\xff",
            "schemas/s.json": "{",
            "examples/e.yaml": "- 1",
        }
    )
    ran = command("list", cwd=root)
    assert ran.code == 2
    assert ran.out.splitlines()[2].split() == ["c", "base"]
    assert ran.err.splitlines() == [
        "blocks/x.md:1:1: is not UTF-8 (byte 0xff); save it as UTF-8",
        "examples/e.yaml:1:3: a record must be a mapping, not '1'",
        "prompts/a.yaml:1:11: unknown block kind 'usr'; did you mean 'user'?",
        "prompts/b.yaml:2:1: YAML: did not find expected node content",
        "schemas/s.json:1:2: JSON: the text ends before it is complete; close what is open, or write what is missing",
    ]


WORDS = [
    b"blocks:",
    b"- ",
    b"{",
    b"}",
    b"[",
    b"]",
    b": ",
    b"user",
    b"use",
    b"{{ x }}",
    b"{% if",
    b"\n",
    b"  ",
    b"&a",
    b"*a",
]
WORDS += [
    b"---\n",
    b"inputs",
    b"kind",
    b"schema",
    b'"',
    b"'",
    b"|\n",
    b"type",
    b"\xff",
    b"\0",
    b"!!x",
    b"<<",
    b"1.10",
    b"?",
]
junk = st.binary(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=30).map(b"".join)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    path=st.sampled_from(
        ["promptkit.yaml", "prompts/x.yaml", "blocks/x.md", "examples/x.yaml", "examples/x.jsonl", "schemas/x.json"]
    ),
    content=junk,
)
def test_any_bytes_are_a_value_or_problems(path: str, content: bytes) -> None:
    library, problems = read(Texts({"prompts/y.yaml": OK, path: content}))
    assert "y" in library.prompts
    assert all(problem.message and problem.span.path for problem in problems)
