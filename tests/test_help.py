"""The examples of every command's help run as they stand, in this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import promptkit

from promptkit.cli import COMMANDS

ROOT = Path(__file__).parents[1]
_EXAMPLE = re.compile(r"^ {2}((?:[^#\n]+\| )?promptkit [a-z].*)$", re.MULTILINE)


def examples(name: str) -> list[str]:
    """The lines of a command's help that are command lines; what stands two columns to the right explains them."""
    shown = promptkit(*filter(None, [name]), "--help", cwd=ROOT).out.partition("\n\n")[2]
    return [line.split("   ")[0].rstrip() for line in _EXAMPLE.findall(shown)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with this repository's templates/ and README.md, and the starter where `init` would put it elsewhere."""
    folder = tmp_path_factory.mktemp("help")
    shutil.copytree(ROOT / "templates", folder / "templates")
    shutil.copy(ROOT / "README.md", folder)
    command = folder / "bin" / "promptkit"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m promptkit "$@"\n')
    command.chmod(0o755)
    return folder


def run(line: str, cwd: Path, place: Path) -> subprocess.CompletedProcess[str]:
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_and_they_run(name: str, place: Path, tmp_path: Path) -> None:
    lines = examples(name)
    assert lines, f"promptkit {name} --help shows no example"
    assert all(f"promptkit {name}" in line for line in lines), lines
    for line in lines:
        done = run(line, tmp_path if name == "init" else place, place)
        assert (done.returncode, done.stderr) == (0, ""), line
        assert done.stdout or ">" in line


def test_the_first_lines_of_the_help_run_in_an_empty_folder(place: Path, tmp_path: Path) -> None:
    lines = examples("")
    assert [line.split()[1] for line in lines] == ["init", "list", "render", "tokens"]
    for line in lines:
        done = run(line, tmp_path, place)
        assert (done.returncode, done.stderr) == (0, ""), line
