"""The way in, with real processes: what starts, what it loads, and what bad usage says."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from promptkit import __version__
from promptkit.cli import COMMANDS
from promptkit.cli.failures import reported
from promptkit.cli.options import common
from promptkit.cli.output import echo, terminal_safe
from promptkit.errors import InputError, LibraryError, Problem, Span


def run(*words: str, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "promptkit", *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param(["tokns"], "promptkit: unknown command 'tokns'; did you mean 'tokens'?", id="near"),
        pytest.param(["zzz"], f"promptkit: unknown command 'zzz'; known: {', '.join(sorted(COMMANDS))}", id="far"),
        pytest.param(["a\x1b[31m\u202eb"], r"promptkit: unknown command 'a\x1b[31m\u202eb'", id="escaped"),
        pytest.param(["--versio"], "promptkit: no such option '--versio'; did you mean '--version'?", id="option"),
        pytest.param(["--version=1"], "promptkit: option '--version' does not take a value", id="flag"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(words: list[str], line: str) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith(line)
    assert err.count("\n") == 1


def test_the_version_is_one_line() -> None:
    assert run("--version") == (0, f"promptkit {__version__}\n", "")


def test_no_command_shows_the_help_on_stderr_and_fails() -> None:
    code, out, err = run()
    assert (code, out) == (2, "")
    assert err == run("--help")[1]


def test_help_names_every_command_with_its_line() -> None:
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    listed = out.partition("Commands:\n")[2]
    assert [line.split(maxsplit=1) for line in listed.splitlines()] == [[n, e.help] for n, e in COMMANDS.items()]


@pytest.mark.parametrize("words", ["--version", "--help"])
def test_starting_loads_nothing_beyond_click(words: str) -> None:
    source = f"""
import atexit, sys
atexit.register(lambda: print(*sorted(sys.modules), sep="\\n", file=sys.stderr))
from promptkit.cli import main
main(["{words}"])
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stderr.split() if name.partition(".")[0] == "promptkit"}
    start = ("", ".cli", ".cli.limits", ".cli.app", ".cli.output", ".cli.failures")
    assert loaded == {f"promptkit{name}" for name in start}
    assert not {"yaml", "jinja2", "tiktoken", "jsonschema", "dataclasses", "json"} & set(done.stderr.split())


def test_importing_promptkit_loads_no_command_line() -> None:
    source = "import promptkit, sys; print(*(m for m in ('click', 'promptkit.cli', 'tiktoken') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_described_as_the_table_has_it(name: str) -> None:
    if importlib.util.find_spec(COMMANDS[name].module) is None:
        pytest.skip("not written yet")
    command: click.Command = importlib.import_module(COMMANDS[name].module).command
    assert (command.help or "").splitlines()[0] == COMMANDS[name].help
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--library", "--format"} <= options


def test_every_command_file_is_in_the_table() -> None:
    folder = Path(importlib.import_module("promptkit.cli").__file__ or "").parent
    written = {path.stem for path in folder.glob("*.py") if "\ndef command(" in path.read_text("utf-8")}
    assert written <= {entry.module.rpartition(".")[2] for entry in COMMANDS.values()}


# What a command may raise, and what the user then gets.


def failing(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    def work() -> int:
        raise error

    code = reported(work)
    captured = capsys.readouterr()
    assert captured.out == ""
    return code, captured.err


def test_a_library_error_is_a_line_for_each_problem(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [Problem(Span("b.yaml", 2, 1), "key", "second"), Problem(Span("a.yaml", 1, 1), "key", "first")]
    assert failing(LibraryError(problems), capsys) == (2, "a.yaml:1:1: first\nb.yaml:2:1: second\n")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        pytest.param(InputError("missing input 'x'", Span("p.yaml", 3, 1)), 2, "p.yaml:3:1: missing input 'x'\n"),
        pytest.param(ValueError("a\nb"), 2, "internal error: ValueError: a\\nb; please report it\n"),
        pytest.param(FileNotFoundError(2, "No such file", "x.json"), 2, "x.json: No such file\n"),
        pytest.param(click.FileError("x.json", "gone"), 2, "promptkit: Could not open file 'x.json': gone\n"),
        pytest.param(KeyboardInterrupt(), 130, ""),
        pytest.param(click.exceptions.Exit(1), 1, ""),
    ],
)
def test_a_failure_is_one_line(error: Exception, code: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(error, capsys) == (code, line)


def test_running_out_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(MemoryError(), capsys)[1].startswith("promptkit: out of memory; name fewer prompts")
    assert failing(RecursionError(), capsys)[1].startswith("promptkit: nested too deeply; flatten")


def test_a_traceback_is_for_whoever_asks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTKIT_TRACEBACK", "1")
    code, err = failing(ValueError("why"), capsys)
    assert code == 2
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.endswith("internal error: ValueError: why; please report it\n")


# The shared options.


@click.command()
@common("table", "json")
def sample(library: Path | None, output_format: str) -> None:
    """Echo the shared options."""
    print(library, output_format)


def invoke(*words: str) -> int:
    def work() -> int:
        with sample.make_context("promptkit sample", list(words)) as context:
            sample.invoke(context)
        return 0

    return reported(work)


def test_the_shared_options_have_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke() == 0
    assert capsys.readouterr().out == "None table\n"


def test_the_shared_options_are_passed_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert invoke("--library", str(tmp_path), "--format", "json") == 0
    assert capsys.readouterr().out == f"{tmp_path} json\n"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--format", "xml"], "promptkit sample: invalid value for '--format': 'xml' is not one of 'table', 'json'"),
        (
            ["--library", "no/such"],
            "promptkit sample: invalid value for '--library': Directory 'no/such' does not exist",
        ),
        (["extra"], "promptkit sample: got unexpected extra argument (extra)"),
    ],
)
def test_bad_values_are_one_line(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(*words) == 2
    assert capsys.readouterr().err == f"{line}; see promptkit sample --help\n"


# What reaches a terminal.


@pytest.mark.parametrize("text", ["plain\n\ttext", "żółć 漢字 👩‍🚀 a\u00a0b", "[/INST] <|im_start|> {% x %}"])
def test_honest_text_is_left_alone_on_a_terminal(text: str) -> None:
    assert terminal_safe(text) == text


def test_control_and_bidi_characters_are_escapes_on_a_terminal() -> None:
    assert terminal_safe("a\x1b[2Jb\u202ec\rd\u2028e\U000e0041f") == r"a\x1b[2Jb\u202ec\rd\u2028e\U000e0041f"


def test_a_pipe_gets_the_text_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    echo("a\x1b[2J\r", end="")
    assert capsys.readouterr().out == "a\x1b[2J\r"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_a_terminal_gets_escapes() -> None:
    source = r"""
import os, pty, sys
child, screen = pty.fork()
if child == 0:
    from promptkit.cli.output import echo, prepare_streams
    prepare_streams()
    echo("a\x1b[2Jb")
    sys.stdout.flush()
    os._exit(0)
print(os.read(screen, 100).decode().strip())
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "a\\x1b[2Jb\n"
