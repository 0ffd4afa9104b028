"""The README shows what commands and programs really give."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def shown_commands() -> list[tuple[str, str]]:
    """Each `$ command` of the README with the output shown under it."""
    found = []
    for screen in CONSOLE:
        for part in re.split(r"(?m)^\$ ", screen)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def test_the_readme_shows_a_command() -> None:
    assert [command for command, _ in shown_commands() if command.startswith("promptkit tokens")]


@pytest.mark.parametrize(("command", "output"), shown_commands())
def test_a_shown_command_prints_what_is_shown(command: str, output: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=60
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == output


def test_the_python_screens_give_what_their_comments_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    checked = 0
    scope: dict[str, object] = {}
    for screen in PYTHON:
        exec(compile(screen, "README.md", "exec"), scope)
        for line in screen.splitlines():
            expression, _, comment = line.partition("  # ")
            value = re.match(r"'(?:[^'\\]|\\.)*'|\d+", comment.strip())
            if value and not re.match(r"\w+ = ", expression):
                assert eval(expression, scope) == eval(value[0]), line
                checked += 1
    assert checked == 4


def test_nobody_is_sent_to_the_other_project() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        assert "pip install promptkit" not in page.read_text("utf-8"), page


def test_every_link_of_the_readme_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
