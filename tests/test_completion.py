"""Completion in a shell: what a word may become, in real shells, and what a broken or hostile library cannot do."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit

from promptkit.cli import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[dict[str, str | bytes]], Path]

ROOT = Path(__file__).parents[1]
STD_NEGATIVE = sorted(f"negative/{path.stem}" for path in (ROOT / "promptkit" / "std" / "negative").glob("*.md"))


def complete(line: str, cwd: Path = ROOT, breaks: str = "") -> tuple[int, list[str], str]:
    """The answer for a line with the cursor at its end: exit code, "type word" lines, stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "promptkit"],
        cwd=cwd,
        env={**os.environ, "_PROMPTKIT_COMPLETE": "bash_complete", "COMP_LINE": line, "COMP_WORDBREAKS": breaks},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, [word.replace("\t", " ") for word in done.stdout.splitlines() if word], done.stderr


def words(line: str, cwd: Path = ROOT, breaks: str = "") -> list[str]:
    code, found, err = complete(line, cwd, breaks)
    assert (code, err) == (0, "")
    return [word.removeprefix("plain ") for word in found]


# What a library cannot do.


def hostile(kind: str, root: Path) -> None:
    target = root / "prompts" / "x.yaml"
    if kind == "fifo":
        target.unlink()
        os.mkfifo(target)
    elif kind == "loop":
        target.unlink()
        target.symlink_to("x.yaml")
    elif kind == "bomb":
        lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
        target.write_text("\n".join(lines))
    elif kind == "matrix":
        axes = "\n".join(f"  a{n}: [{', '.join(map(str, range(50)))}]" for n in range(8))
        target.write_text(f"blocks: [{{text: x}}]\nmatrix:\n{axes}\n")
    elif kind == "circle":
        target.write_text("extends: x\n")
    elif kind == "bytes":
        target.write_bytes(os.urandom(2000))
    elif kind == "settings":
        (root / "promptkit.yaml").write_text("models: {a: [")
    elif kind == "wide":
        target.write_text("{" * 100_000)


@pytest.mark.parametrize("kind", ["fifo", "loop", "bomb", "matrix", "circle", "bytes", "settings", "wide"])
def test_a_broken_or_hostile_library_is_silent_and_quick(write: Write, kind: str) -> None:
    root = write({"prompts/x.yaml": "blocks: [{text: x}]\n"})
    hostile(kind, root)
    for line in (
        "promptkit render ",
        "promptkit render x --variant ",
        "promptkit render x -i ",
        "promptkit tokens --model gpt-4o-m",
    ):
        begin = time.monotonic()
        _, found, err = complete(line, root)
        assert err == ""
        assert time.monotonic() - begin < 10
        assert all(word.startswith("plain ") for word in found)


def test_a_name_that_a_shell_would_act_on_is_not_offered(write: Write) -> None:
    names = [
        "ok",
        "a b",
        "$(touch pwned)",
        "`id`",
        "a;b",
        "a&b",
        "-rf",
        "it's",
        "*",
        "~",
        "\x1b[31m",
        "a\nb",
        "!1",
        "ünï",
    ]
    root = write({f"prompts/{name}.yaml": "blocks: [{text: x}]\n" for name in names})
    assert words("promptkit render ", root) == ["ok", "ünï"]


@pytest.mark.parametrize(
    "line", ["promptkit zzz ", "promptkit render 'support/", "", "promptkit render --variant", "promptkit render \\"]
)
def test_a_line_that_means_nothing_is_silent(line: str) -> None:
    assert complete(line)[2] == ""


def test_outside_any_library_nothing_is_offered(tmp_path: Path) -> None:
    assert words("promptkit render ", tmp_path) == []
    assert words("promptkit render x --variant ", tmp_path) == []


def test_a_broken_prompt_hides_no_other(write: Write) -> None:
    root = write(
        {
            "prompts/broken.yaml": "blocks: [",
            "prompts/sound.yaml": "blocks: [{text: x}]\nvariants: {short: {drop: [text]}}\n",
        }
    )
    assert words("promptkit render ", root) == ["broken", "sound"]
    assert words("promptkit render sound --variant ", root) == ["base", "short"]


# What is offered.


def test_commands_and_options() -> None:
    assert words("promptkit ") == list(COMMANDS)
    assert words("promptkit rend") == ["render"]
    assert words("promptkit render --ex") == ["--explain"]
    assert "openai" in words("promptkit render x --to op")
    assert words("promptkit completion ") == ["bash", "zsh", "fish"]


LIBRARY: dict[str, str | bytes] = {
    "promptkit.yaml": "models: [gpt-4.1-mini, estimate:own]\nprices: {gpt-house: {input: 0.10}}\n",
    "prompts/a/one.yaml": (
        "inputs:\n  size: {type: string, enum: [small, large]}\n  tone: {type: string, default: plain}\n"
        "blocks:\n  - use: not/there\n  - user: '{{ size }} {{ tone }}'\n"
        "variants: {short: {drop: [user]}}\nmatrix:\n  size: [small, large]\n  tone: [plain, warm]\n"
    ),
    "prompts/b.yaml": "extends: a/one\ninputs:\n  extra: {type: string}\nvariants: {own: {}}\nmatrix: {}\n",
}
CELLS = ["size=small,tone=plain", "size=small,tone=warm", "size=large,tone=plain", "size=large,tone=warm"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("render ", ["a/one", "b"], id="prompts"),
        pytest.param("render a/", ["a/one"], id="part of a name"),
        pytest.param("tokens b", ["b"], id="tokens"),
        pytest.param("tokens zz", ["file zz"], id="tokens of files"),
        pytest.param("render a/one --variant ", ["base", "short", *CELLS], id="variants"),
        pytest.param("render a/one --variant=size=l", [f"--variant={cell}" for cell in CELLS[2:]], id="glued"),
        pytest.param("render --variant x a/one --variant sh", ["short"], id="an option before"),
        pytest.param("render b --variant ", ["base", "own"], id="of a prompt that extends"),
        pytest.param("render prompts/b.yaml --variant o", ["own"], id="of a path"),
        pytest.param("render --variant ", ["base"], id="without a prompt"),
        pytest.param("render a/one -i ", ["size=", "tone="], id="inputs"),
        pytest.param("render b -i e", ["extra="], id="an input of its own"),
        pytest.param("render a/one -i size=small -i ", ["tone="], id="a given input"),
        pytest.param("render a/one -i size=", ["size=small", "size=large"], id="an enum"),
        pytest.param("render a/one --inputs ca", ["file ca"], id="a file"),
        pytest.param("render a/one --model e", ["estimate:own"], id="the library's model"),
        pytest.param("render a/one --model gpt-4.1-m", ["gpt-4.1-mini"], id="a model once"),
        pytest.param("models gpt-h", ["gpt-house"], id="a model with a price of the library's"),
        pytest.param("models gpt-4.1-", ["gpt-4.1-mini", "gpt-4.1-nano"], id="models with prices"),
        pytest.param("list --std neg", ["negative", *STD_NEGATIVE], id="a kind and its standard blocks"),
        pytest.param("list --std std/neg", [f"std/{name}" for name in STD_NEGATIVE], id="standard blocks"),
        pytest.param("list neg", [], id="no name without --std"),
        pytest.param("render --library ", ["dir "], id="a folder"),
    ],
)
def test_a_word_becomes_what_fits(write: Write, line: str, expected: list[str]) -> None:
    assert words(f"promptkit {line}", write(LIBRARY)) == expected


def test_bash_gets_words_cut_where_it_cuts_them(write: Write) -> None:
    root = write(LIBRARY)
    assert words("promptkit render a/one --variant size=large,t", root, breaks=" =:") == [
        "large,tone=plain",
        "large,tone=warm",
    ]
    assert words("promptkit render a/one --variant=s", root, breaks=" =:") == ["short", *CELLS]
    assert words("promptkit render a/one --model estimate:", root, breaks=" =:") == ["own"]


def test_a_large_library_completes(write: Write) -> None:
    files: dict[str, str | bytes] = {f"prompts/p{n}.yaml": "blocks: [{text: x}]\n" for n in range(2000)}
    root = write({**files, "prompts/last.yaml": "extends: p1\nvariants: {v: {}}\n"})
    assert words("promptkit render last --variant ", root) == ["base", "v"]


# In real shells.

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(promptkit completion bash)\n"),
    "zsh": (["zsh", "-f", "-i"], "source <(promptkit completion zsh)\n"),
    "fish": (["fish", "--no-config", "-i"], "promptkit completion fish | source\n"),
}


class Shell:
    """An interactive shell at a terminal of its own, as a person has it."""

    def __init__(self, name: str, home: Path) -> None:
        argv, setup = SHELLS[name]
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execvpe(argv[0], argv, {"PATH": path, "HOME": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8"})
        self.type(setup + "echo rea''dy\n", "ready")

    def type(self, text: str, wanted: str) -> str:
        """Type `text` and read until `wanted` is shown."""
        os.write(self.fd, text.encode())
        seen = ""
        end = time.monotonic() + 30
        while wanted not in seen and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.2)[0]:
                seen += os.read(self.fd, 4096).decode("utf-8", "replace")
        return seen

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        pytest.param("promptkit render support/tri\t", "support/triage", id="prompt"),
        pytest.param("promptkit render support/triage --variant shots=0,tone=p\t", "shots=0,tone=plain", id="variant"),
        pytest.param("promptkit render support/triage -i tic\t", "ticket=", id="input"),
        pytest.param("promptkit render --library temp\t", "templates/", id="folder"),
    ],
)
def test_a_tab_completes(tmp_path: Path, name: str, typed: str, shown: str) -> None:
    if shutil.which(name) is None or not (Path(sys.executable).parent / "promptkit").exists():
        pytest.skip(f"{name} or the installed command is not here")
    shell = Shell(name, tmp_path)
    try:
        assert shown in shell.type(typed, shown)
    finally:
        shell.close()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_sound(shell: str) -> None:
    ran = promptkit("completion", shell, cwd=ROOT)
    assert (ran.code, ran.err) == (0, "")
    if shutil.which(shell) is not None:
        checked = subprocess.run([shell, "-n"], input=ran.out, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
