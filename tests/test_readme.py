"""What README.md and docs/ show is what happens: commands, outputs, programs, files."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import promptkit
from promptkit.read import keys
from promptkit.render import samples

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
FORMAT = (ROOT / "docs" / "format.md").read_text("utf-8")
ELLIPSIS = "..."


def fences(text: str, language: str) -> list[tuple[str, str]]:
    """What follows the language on the fence's line, and the text between the fences."""
    found = re.findall(rf"^```{language}(?: (\S+))?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(path, content) for path, content in found]


def shown_commands() -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for _, content in fences(README, "console"):
        for line in content.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def agrees(shown: list[str], printed: list[str]) -> bool:
    """Whether `shown` is `printed`, a line of three dots standing for any lines."""
    if ELLIPSIS not in shown:
        return shown == printed
    head = shown[: shown.index(ELLIPSIS)]
    tail = shown[shown.index(ELLIPSIS) + 1 :]
    return printed[: len(head)] == head and (not tail or printed[-len(tail) :] == tail)


@pytest.mark.parametrize(("command", "shown"), shown_commands())
def test_a_command_prints_what_the_readme_shows(command: str, shown: list[str]) -> None:
    name, *words = shlex.split(command)
    assert name == "promptkit"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "promptkit", *words],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    printed = (done.stdout + done.stderr).rstrip("\n").split("\n")
    assert agrees(shown, printed), "\n".join(printed)


def test_the_readme_shows_commands() -> None:
    assert len(shown_commands()) >= 3


def test_the_readmes_program_prints_its_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    [(_, program)] = fences(README, "python")
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "README.md", "exec"), {})
    assert printed.getvalue().splitlines() == re.findall(r"^print\(.*\)  # (.*)$", program, re.MULTILINE)


def test_the_readmes_library_is_the_one_in_templates(tmp_path: Path) -> None:
    [(_, shown)] = fences(README, "yaml")
    [(_, block)] = fences(README, "markdown")
    assert block == (ROOT / "templates/blocks/role/support-agent.md").read_text("utf-8")
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.is_file() and not path.is_relative_to(ROOT / "templates/prompts"):
            copy = tmp_path / path.relative_to(ROOT / "templates")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "triage.yaml").write_text(shown, "utf-8")
    ours = promptkit.load(ROOT / "templates")["support/triage"]
    theirs = promptkit.load(tmp_path)["triage"]
    for name in theirs.variants:
        assert theirs.render(ticket="x", variant=name).messages == ours.render(ticket="x", variant=name).messages


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    for file in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text("utf-8")):
            assert (file.parent / target).exists(), f"{file.name}: {target}"


def test_the_readme_never_sends_anyone_to_the_other_promptkit() -> None:
    assert "pip install promptkit" not in README


def test_the_picture_shows_the_counts_of_triage() -> None:
    picture = (ROOT / "docs" / "anatomy.svg").read_text("utf-8")
    variant = promptkit.load(ROOT / "templates")["support/triage"]["base"]
    rendered = variant.render(samples(variant))
    measurement = rendered.count()
    counts: dict[str, int] = {}
    for part in measurement.by_block:
        counts[part.name] = counts.get(part.name, 0) + part.tokens
    assert len(rendered.messages) == 10
    assert f">{measurement.tokens} for gpt-4.1-mini" in picture
    assert f"first {measurement.cacheable_prefix_tokens} tokens" in picture
    assert f"framing {counts.pop('framing')}<" in picture
    for name, tokens in counts.items():
        assert f">{tokens}</text>" in picture, name


# docs/format.md


def test_the_examples_of_the_format_are_one_sound_library(tmp_path: Path) -> None:
    shown = [fence for language in ("yaml", "markdown") for fence in fences(FORMAT, language)]
    assert len(shown) >= 8
    for path, content in shown:
        assert path, f"an example does not say which file it is: {content[:60]!r}"
        file = tmp_path / path
        assert not file.exists(), path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
    library = promptkit.load(tmp_path)
    assert "reviews.yaml" in {Path(path).name for path in library.records}
    for name in library:
        for variant in map(library[name].__getitem__, library[name].variants):
            assert variant.render(samples(variant)).messages


@pytest.mark.parametrize(
    "table",
    [
        "INPUT",
        "BLOCK",
        "SETTINGS",
        "BUDGET",
        "EDITS",
        "PROMPT",
        "FRONT_MATTER",
        "CONFIG",
        "ITEMS",
        "SELECT",
        "FORMAT",
        "AVOID",
    ],
)
def test_the_format_names_every_key(table: str) -> None:
    known = getattr(keys, table)
    named = set(
        re.findall(r"[a-z_]+", " ".join(re.findall(r"`[^`\n]+`|^ *[-a-z_{ ]+:|[{,] *[a-z_]+:", FORMAT, re.MULTILINE)))
    )
    assert set(known) <= named, set(known) - named


def test_the_format_names_every_kind() -> None:
    from promptkit.blocks.kinds import KINDS

    rows = {
        name
        for line in FORMAT.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert set(KINDS) <= rows
