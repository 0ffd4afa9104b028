"""The examples of rules' pages and the look-alikes, as libraries on disk.

A snippet is files, each after a line `=== PATH`. A page has `Bad: PATH:LINE:COLUMN` and `Good:`, each with a snippet
indented below it, as often as it likes. `tests/lookalikes/CODE.md` has a snippet below each `## ` heading, not indented.
"""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from promptkit.lint import Rule

LOOKALIKES = Path(__file__).parent / "lookalikes"
_EXAMPLE = re.compile(r"^(Bad|Good):[ ]*(\S*)\n((?:[ ]{4}.*\n|[ ]*\n)+)", re.MULTILINE)
_FILE = re.compile(r"^=== (\S+)\n", re.MULTILINE)
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")


class Case(NamedTuple):
    """One snippet; `place` is that of its finding, empty where there is none."""

    title: str
    place: str
    files: dict[str, str]


def files(snippet: str) -> dict[str, str]:
    """Text by path. `\\u{200b}` stands for that character, so that a page can show what cannot be seen."""
    parts = _FILE.split(snippet)
    assert not parts[0].strip(), f"text before the first '=== PATH': {parts[0]!r}"
    texts = (_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) for text in parts[2::2])
    return {path: text.rstrip("\n") + "\n" for path, text in zip(parts[1::2], texts, strict=True)}


def page_cases(rule: Rule) -> list[Case]:
    """The examples of a rule's page."""
    found = _EXAMPLE.findall(rule.page + "\n")
    return [Case(f"{rule.code} {kind}", place, files(dedent(snippet))) for kind, place, snippet in found]


def lookalikes(code: str) -> list[Case]:
    """The look-alikes of a rule."""
    path = LOOKALIKES / f"{code}.md"
    if not path.exists():
        return []
    parts = re.split(r"^## (.+)\n", path.read_text("utf-8"), flags=re.MULTILINE)
    return [Case(f"{code}: {title}", "", files(text)) for title, text in zip(parts[1::2], parts[2::2], strict=True)]


def write(case: Case, folder: Path) -> Path:
    """The snippet as a library in a folder."""
    for path, text in {"promptkit.yaml": "", **case.files}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    return folder
