"""The programs of examples/, run as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


def run(program: Path, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", program],
        cwd=folder,  # a program finds the library by its own place, not by where it is started
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_an_example_prints_what_it_shows(program: Path, tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    golden(f"examples/{program.stem}.txt", run(program, tmp_path))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_an_example_is_one_screen_and_says_what_it_shows(program: Path) -> None:
    text = program.read_text("utf-8")
    assert text.startswith('"""')
    assert text.count("\n") < 50


def test_there_are_examples() -> None:
    assert len(PROGRAMS) >= 5
