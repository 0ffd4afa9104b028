"""docs/lint.md: its commands print what it shows, its settings and comments are taken, and promptkit's own texts are clean."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run

from promptkit.cli.lint import FORMATS
from promptkit.lint import lint_library, rules
from promptkit.lint.plain import SUFFIXES
from promptkit.read import std_names

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


def test_templates_are_clean_with_every_rule_on() -> None:
    report = lint_library(ROOT / "templates", rules(), preview=True)
    assert (report.findings, report.failures) == ((), ())


@pytest.fixture
def std_as_library(tmp_path: Path) -> Path:
    """The standard blocks as a library of their own, in which each is a prompt by itself."""
    names = [name.removeprefix("std/") for name in std_names()]
    shutil.copytree(ROOT / "promptkit" / "std", tmp_path / "blocks")
    (tmp_path / "promptkit.yaml").touch()
    for name in names:
        prompt = tmp_path / "prompts" / f"{name}.yaml"
        prompt.parent.mkdir(parents=True, exist_ok=True)
        prompt.write_text(f"blocks:\n  - use: {name}\n")
    return tmp_path


def test_the_standard_blocks_are_clean_with_every_rule_on(std_as_library: Path) -> None:
    report = lint_library(std_as_library, rules(), preview=True)
    assert (report.findings, report.failures) == ((), ())
    assert report.files == 2 * len(std_names()) + 1


def test_a_defect_in_a_standard_block_would_be_found(std_as_library: Path) -> None:
    with (std_as_library / "blocks" / "role" / "editor.md").open("a") as file:
        file.write("You edit [INSERT WHAT].\n")
    assert [finding.code for finding in lint_library(std_as_library, rules(), preview=True).findings] == ["S217"]
