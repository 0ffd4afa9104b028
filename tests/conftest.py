"""What several tests share: expected outputs kept as files, libraries written on the spot, runs of the command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="rewrite tests/golden instead of comparing with it")


def pytest_configure(config: pytest.Config) -> None:
    """Commands that tests run keep what they remember in a folder of this run, never in the user's."""
    folder = tempfile.mkdtemp(prefix="promptkit-tests-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["XDG_CACHE_HOME"] = os.environ["LOCALAPPDATA"] = folder


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden("tokens/table.txt", text)` fails unless that file of tests/golden holds `text`, byte for byte."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        assert path.is_file(), f"no {path.name} in tests/golden; `make golden` writes it"
        assert text == path.read_bytes().decode(), f"differs from tests/golden/{name}; `make golden` rewrites it"

    return check


class Ran(NamedTuple):
    """What a run of the command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """`write({"prompts/x.yaml": text})` makes a library of these files, as they are, and gives its folder."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        root = tmp_path / "library"
        for path, content in {"promptkit.yaml": "", **files}.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return make


def promptkit(*words: str, cwd: Path, stdin: str | None = None, before: tuple[str, ...] = ()) -> Ran:
    """Runs the command in `cwd` as a process of its own; `before` stands in front of it on the command line."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "promptkit", *words],
        cwd=cwd,
        input=None if stdin is None else stdin.encode(),
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
