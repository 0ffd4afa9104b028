"""`promptkit list`: the table and the JSON, with real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conftest import promptkit as run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

FILES = {
    "prompts/a.yaml": """\
description: Answers.
owner: "@team"
inputs: {q: {type: string, trust: untrusted}, n: {type: integer, default: 2}}
blocks: [{role: "You {{ n }}."}, {user: "{{ q }} {{ other }}"}]
matrix: {n: [1, 2, 3, 4, 5]}
""",
    "prompts/b/c.yaml": "blocks: [{user: Hi}]\n",
}


def test_the_table(write: Write, golden: Callable[[str, str], None]) -> None:
    ran = run("list", cwd=write(FILES))
    assert (ran.code, ran.err) == (0, "")
    golden("list/table.txt", ran.out)


def test_the_json(write: Write, golden: Callable[[str, str], None]) -> None:
    root = write(FILES)
    ran = run("list", "--format", "json", cwd=root)
    assert (ran.code, ran.err) == (0, "")
    golden("list/list.json", ran.out.replace(str(root), "LIBRARY"))
