"""A newcomer's first hour at the command line: what is wrong is said once, at its cause, with what to do."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run

import promptkit
from promptkit.cli import COMMANDS
from promptkit.providers import ALIASES, PROVIDERS
from promptkit.read.format import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]


# A name that two files claim, and a file that cannot be read.


@pytest.mark.parametrize("command", [["render", "p"], ["tokens", "p"], ["list"]])
def test_a_block_name_that_two_files_claim_is_used_by_no_prompt(write: Write, command: list[str]) -> None:
    files = {"blocks/a.md": "One", "blocks/a.txt": "Two", "prompts/p.yaml": "blocks:\n  - use: a\n"}
    ran = run(*command, cwd=write(files))
    assert (ran.code, ran.err) == (2, "blocks/a.txt: the name 'a' is taken by blocks/a.md; rename one\n")


def test_other_prompts_are_rendered_beside_a_name_that_two_files_claim(write: Write) -> None:
    files = {"blocks/a.md": "One", "blocks/a.txt": "Two", "prompts/p.yaml": "blocks:\n  - user: hi\n"}
    ran = run("render", "p", cwd=write(files))
    assert (ran.code, ran.out.splitlines()[1:], ran.err) == (0, ["hi"], "")


@pytest.mark.parametrize("command", ["render", "tokens"])
def test_a_prompt_name_that_two_files_claim_is_no_prompt(write: Write, command: str) -> None:
    ran = run(command, "p", cwd=write(dict.fromkeys(["prompts/p.yaml", "prompts/p.yml"], "blocks:\n  - user: hi\n")))
    assert (ran.code, ran.err) == (2, "prompts/p.yml: the name 'p' is taken by prompts/p.yaml; rename one\n")


@pytest.mark.parametrize(
    ("path", "content", "block", "message"),
    [
        (
            "schemas/s.json",
            "{",
            "format: {schema: schemas/s.json}",
            "1:2: JSON: the text ends before it is complete; close what is open, or write what is missing",
        ),
        ("examples/e.yaml", "1", "examples: {from: examples/e.yaml}", "1:1: an example file must be a list, not '1'"),
        ("tools/t.yaml", "1", "tools: [tools/t.yaml]", "1:1: a tool must be a mapping, not '1'"),
        (
            "blocks/b.md",
            "---\nHi\n",
            "use: b",
            "1:1: front matter is opened by --- and never closed; close it, or use .txt",
        ),
    ],
)
def test_a_broken_file_is_told_once_whoever_uses_it(
    write: Write, path: str, content: str, block: str, message: str
) -> None:
    users = dict.fromkeys(["prompts/x.yaml", "prompts/y.yaml"], f"blocks:\n  - user: hi\n  - {block}\n")
    root = write({path: content, **users, "prompts/z.yaml": "extends: x\n"})
    for command in (["list"], ["render", "x", "--sample"], ["render", "z", "--sample"]):
        ran = run(*command, cwd=root)
        assert (ran.code, ran.err) == (2, f"{path}:{message}\n")


# Tokens.


def test_the_table_says_once_what_is_not_counted(write: Write) -> None:
    tool = "tools:\n      - {name: look_up, description: Finds., parameters: {type: object, properties: {}}}"
    text = "blocks:\n  - user: hi\n"
    root = write({"prompts/p.yaml": f"{text}  - {tool}\n", "prompts/q.yaml": text})
    for words, line in ((["p"], "not counted: tools"), (["p", "q"], "not counted: tools (p)")):
        ran = run("tokens", *words, cwd=root)
        assert (ran.code, ran.err) == (0, "")
        assert [each for each in ran.out.splitlines() if "not counted" in each] == [line]
    assert "not counted" not in run("tokens", "q", cwd=root).out


@pytest.mark.parametrize(("words", "code"), [(["tokens", "e"], 2), (["tokens", "e", "--check"], 2), (["tokens"], 0)])
def test_an_input_without_sample_is_told_once_and_on_stderr(write: Write, words: list[str], code: int) -> None:
    root = write({"prompts/e.yaml": "blocks:\n  - user: '{{ x }}'\n"})
    ran = run(*words, cwd=root)
    assert (ran.code, ran.err) == (
        code,
        "prompts/e.yaml:2:12: e: not counted: no value and no sample for 'x'; pass -i NAME=VALUE\n",
    )
    assert "no sample" not in ran.out
    assert json.loads(run(*words, "--format", "json", cwd=root).out)["rows"][0]["missing"] == ["x"]


# A terminal, help, and the first library.

_SCREEN = """
import os, pty, sys
child, screen = pty.fork()
if child == 0:
    os.execv(sys.executable, [sys.executable, "-m", "promptkit", *sys.argv[1:]])
shown = b""
try:
    while chunk := os.read(screen, 4096):
        shown += chunk
except OSError:
    pass  # Linux says so at the end
sys.stdout.write(shown.decode())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
@pytest.mark.parametrize("options", [[], ["--explain"], ["--to", "text"], ["--to", "openai"]])
def test_what_render_writes_to_a_terminal_cannot_steer_it(write: Write, options: list[str]) -> None:
    root = write({"prompts/p.yaml": 'blocks:\n  - user: "\\e[31mred {{ x }}"\n'})
    words = ["render", "p", "-i", "x=\x1b[2J", *options]
    done = subprocess.run(
        [sys.executable, "-c", _SCREEN, *words], cwd=root, capture_output=True, encoding="utf-8", check=True
    )
    assert "red" in done.stdout
    assert "[2J" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\x1b[31m" in run(*words[:4], cwd=root).out  # into a pipe it goes unchanged


def test_the_help_names_prompts_of_the_first_library_and_each_kind_of_file(tmp_path: Path) -> None:
    assert run("init", cwd=tmp_path).code == 0
    start = run("--help", cwd=tmp_path).out
    for prompt in promptkit.load(tmp_path / "templates"):
        assert prompt in start
    schema = run("schema", "--help", cwd=tmp_path).out
    assert all(f"\n    {kind} " in schema for kind in SCHEMAS), schema
    assert "schema [OPTIONS] [FILE]" in schema


def test_no_help_shows_a_line_twice_and_init_offers_no_library(tmp_path: Path) -> None:
    for command in COMMANDS:
        lines = [line.strip() for line in run(command, "--help", cwd=tmp_path).out.splitlines() if "promptkit " in line]
        assert len(lines) == len(set(lines)), command
    assert "--library" not in run("init", "--help", cwd=tmp_path).out


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ([], "templates/prompts/feedback.yaml"),
        (["prompts"], "prompts/prompts/feedback.yaml"),
        (["."], "prompts/feedback.yaml"),
    ],
)
def test_init_says_where_the_first_prompt_is(tmp_path: Path, words: list[str], first: str) -> None:
    assert f"begin with {first}; next:\n" in run("init", *words, cwd=tmp_path).out
    assert (tmp_path / first).is_file()


def test_a_folder_that_holds_a_library_is_none_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init", "prompts", cwd=tmp_path).code == 0
    with pytest.raises(promptkit.PromptkitError) as raised:
        promptkit.load(".")
    assert str(raised.value) == ".: is no library: it holds one, prompts; name that"


# Inputs and names on the command line.

_USER = "inputs:\n  name: {type: string, sample: Ada}\n  urgent: {type: boolean, default: false}\nblocks:\n"
_EMPTY = "inputs:\n  on: {type: boolean, sample: false}\nblocks:\n  - user: hi\n    when: on\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param("blocks:\n  - user: Hi {{ user.name }}\n", """render p -i 'user={"name": "Ada"}'""", "prompts/p.yaml:2:11: the text has no 'name'; 'user' was given as text: declare it with type: object", id="object"),
        pytest.param("blocks:\n  - user: Hi {{ user.name }}\n", """tokens p -i 'user={"name": "Ada"}'""", "prompts/p.yaml:2:11: the text has no 'name'; 'user' was given as text: declare it with type: object", id="object-tokens"),
        pytest.param("blocks:\n  - user: Hi {{ user.name }}\n", "render p -i user=Ada", "prompts/p.yaml:2:11: the text has no 'name'", id="a text"),
        pytest.param("blocks:\n  - history: {input: turns}\n  - user: hi\n", "render p -i turns=[]", "prompts/p.yaml:2:5: input 'turns' must be a list of messages, not str; declare it with type: messages", id="history"),
        pytest.param(_USER + "  - user: Hi {{ name }}\n", "render p -i name Ada", "promptkit render: got unexpected extra argument (Ada); an input is given as -i NAME=VALUE", id="a space for ="),
        pytest.param(_USER + "  - user: Hi {{ name }} {{ urgent }}\n", "render p -i name=Ada -i urgent=yes", "prompts/p.yaml:3:3: input 'urgent' must be boolean; 'yes' is not JSON of that type; write true or false", id="yes"),
        pytest.param("blocks:\n  - use: b\n", "render p -i who=Ada", "p: unknown input 'who'; the text at blocks/b.txt:1:4 has {{ who }}: rename the file to .md and write {{ who }}", id="a .txt"),
        pytest.param(_USER + "  - user: hi {{ name }}\n", "render p --sample --to claude", "unknown provider 'claude'; did you mean 'anthropic'?", id="alias"),
        pytest.param(_USER + "  - user: hi {{ name }}\n", "tokens nofile.md", "no such file, and no prompt of that name: 'nofile.md'; known: p", id="no file"),
        pytest.param(_EMPTY, "render p --sample --to openai", "prompts/p.yaml:1:1: 'p' renders to no message, which no request may; add a user block", id="no message"),
        pytest.param(_EMPTY, "render p --sample --to text", "prompts/p.yaml:1:1: 'p' renders to no message, which no request may; add a user block", id="no text"),
        pytest.param(_EMPTY, "list --std negatve", "unknown kind of standard blocks 'negatve'; did you mean 'negative'?", id="a kind of std"),
        pytest.param("role: Hello\n", "render p", "prompts/p.yaml:1:1: a prompt's blocks are a list; write it under blocks: as - role: ...", id="a kind as a key"),
    ],
)  # fmt: skip
def test_the_command_says_what_to_write(write: Write, text: str, line: str, message: str) -> None:
    ran = run(*shlex.split(line), cwd=write({"blocks/b.txt": "Hi {{ who }}", "prompts/p.yaml": text}))
    assert (ran.code, ran.out, ran.err) == (2, "", message + "\n")


def test_every_alias_is_of_a_provider_and_none_is_one() -> None:
    assert set(ALIASES.values()) <= set(PROVIDERS)
    assert not set(ALIASES) & set(PROVIDERS)


def test_a_library_without_prompts_is_listed_in_one_line(write: Write) -> None:
    root = write({})
    assert run("list", cwd=root) == (0, ".: no prompts yet; a prompt is a file such as prompts/reply.yaml\n", "")
    assert json.loads(run("list", "--format", "json", cwd=root).out)["prompts"] == []
