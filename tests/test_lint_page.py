"""docs/lint.md: its commands print what it shows, its settings and comments are taken, and templates/ is clean."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run

from promptkit.cli.lint import FORMATS
from promptkit.lint import lint_library
from promptkit.lint.plain import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[Mapping[str, str | bytes]], Path]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "lint.md").read_text("utf-8")


def fences(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_commands_print_what_the_page_shows() -> None:
    (shown,) = fences("console")
    for part in shown.split("$ ")[1:]:
        command, _, lines = part.partition("\n")
        out = run(*shlex.split(command)[1:], cwd=ROOT).out
        expected = lines.removesuffix("...\n")
        assert out == expected or (expected != lines and out.startswith(expected)), command


def test_the_settings_are_taken(write: Write) -> None:
    settings, _ = fences("yaml")
    root = write({"promptkit.yaml": settings, "prompts/a.yaml": "blocks: [{user: 'TODO: {{ x }}'}]\n"})
    assert [finding.code for finding in lint_library(root, preview=True).findings if finding.code == "S217"] == ["S217"]


def test_the_comments_are_taken(write: Write) -> None:
    (comments,) = fences("jinja")
    root = write({"blocks/text/a.md": comments, "prompts/a.yaml": "blocks: [{use: text/a}, {user: '{{ x }}'}]\n"})
    assert {finding.code for finding in lint_library(root).findings} <= {"L705"}


def test_the_page_names_every_format_and_suffix() -> None:
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    named = {word.removeprefix("--format ") for word in re.findall(r"`([^`]+)`", prose)}
    assert set(FORMATS) | set(SUFFIXES) <= named


@pytest.mark.parametrize("fail_on", ["info", "warning"])
def test_templates_are_clean(fail_on: str) -> None:
    assert run("lint", "--library", "templates", "--fail-on", fail_on, cwd=ROOT).code == 0
