"""Each program of examples/ runs, and prints what it is there to show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_it_shows(program: Path, golden: Callable[[str, str], None], tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=60
    )
    assert (run.returncode, run.stderr) == (0, "")
    golden(f"examples/{program.stem}.txt", run.stdout)
