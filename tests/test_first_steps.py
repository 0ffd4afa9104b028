"""docs/first-steps.md, typed as it stands: its commands, edits, program and answers."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from conftest import promptkit
from test_readme import agrees

from promptkit import load

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "first-steps.md").read_text("utf-8")


def test_the_page_works_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for language, content in re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        if language == "console":
            for command in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
                line, _, shown = command.partition("\n")
                ran = promptkit(*shlex.split(line)[1:], cwd=tmp_path)
                assert (ran.code, ran.err) == (0, ""), line
                assert agrees(shown.rstrip("\n").split("\n"), ran.out.rstrip("\n").split("\n")), ran.out
        elif language == "markdown":
            (tmp_path / "templates/blocks/instructions/house-language.md").write_text(content)
        elif language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(content, "first-steps.md", "exec"), {})
            assert printed.getvalue().splitlines() == re.findall(r"^print\(.*\)  # (.*)$", content, re.MULTILINE)
        elif "use:" in content:
            *above, new = content.splitlines()
            for name in ("feedback", "reply"):
                path = tmp_path / f"templates/prompts/{name}.yaml"
                lines = path.read_text().splitlines()
                place = next(i for i, line in enumerate(lines) if line.startswith(above[-1])) + 1
                assert [line.partition("  #")[0].rstrip() for line in lines[place - 3 : place]] == above
                path.write_text("\n".join([*lines[:place], new, *lines[place:]]) + "\n")
                rendered = load(tmp_path / "templates")[name].render(message="Hello")
                assert "system" not in [message.role for message in rendered.messages[1:]]
        else:
            path = tmp_path / "templates/prompts/reply.yaml"
            path.write_text(path.read_text() + content)


def test_every_answer_of_the_table_is_held_by_a_test() -> None:
    held = (
        (ROOT / "tests" / "test_beginners.py")
        .read_text("utf-8")
        .replace("{BRACES}", 'YAML: a text that begins with {{ or {% needs quotes: "{{ name }}"')
    )
    answers = re.findall(r"^\| .* \| `(.*)` \|$", PAGE, re.MULTILINE)
    assert len(answers) >= 10
    for answer in answers:
        assert answer.partition("; name one")[0] in held, answer
