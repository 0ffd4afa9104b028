"""`promptkit forms`: the table, the JSON and the texts, with real processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conftest import promptkit as run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

SCHEMA = {
    "type": "object",
    "properties": {"queue": {"enum": ["billing", "access"]}, "note": {"type": "string", "description": "One line."}},
    "required": ["queue"],
    "additionalProperties": False,
}
FILES = {
    "schemas/a.json": json.dumps(SCHEMA),
    "schemas/b.json": json.dumps({"type": "object", "properties": {"a": {"not": {"type": "string"}}}}),
    "prompts/x.yaml": """\
blocks:
  - format: {schema: schemas/a.json, form: fields}
  - user: Hi
variants:
  other: {replace: {format: {schema: schemas/b.json}}}
  same: {add: [{text: More., after: format}]}
""",
    "prompts/y.yaml": "blocks: [{user: Hi}]\n",
}


def test_the_table_of_a_prompt_shows_each_schema_once(write: Write, golden: Callable[[str, str], None]) -> None:
    ran = run("forms", "x", cwd=write(FILES))
    assert (ran.code, ran.err) == (0, "")
    golden("forms/table.txt", ran.out)


def test_the_json(write: Write, golden: Callable[[str, str], None]) -> None:
    ran = run("forms", "x", "--format", "json", "--model", "claude-sonnet-4", cwd=write(FILES))
    assert (ran.code, ran.err) == (0, "")
    golden("forms/forms.json", ran.out)


def test_the_help(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    golden("forms/help.txt", run("forms", "--help", cwd=tmp_path).out)


def test_a_schema_file_needs_no_library(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(SCHEMA), "utf-8")
    ran = run("forms", "a.json", "--form", "typescript", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "Answer with JSON only, of the TypeScript type Answer, and no other text:\n"
        "// An object has no keys but those shown.\n"
        'type Answer = {\n  queue: "billing" | "access"\n  note?: string // One line.\n}\n'
    )


def test_what_is_counted_is_what_a_prompt_adds(write: Write) -> None:
    root = write(FILES)
    costs = json.loads(run("forms", "x", "--format", "json", cwd=root).out)["schemas"][0]
    fields = next(each for each in costs["forms"] if each["form"] == costs["form"])
    row = json.loads(run("tokens", "x", "--variant", "base", "--format", "json", cwd=root).out)["rows"][0]
    assert fields["tokens"] == next(part["tokens"] for part in row["parts"] if part["name"] == "format")


def test_what_cannot_be_shown_is_one_line(write: Write) -> None:
    root = write({**FILES, "deep.json": '{"items":' * 400 + "{}" + "}" * 400, "list.json": "[]", "bin.json": b"\0"})
    lines = {
        ("schemas/b.json", "--form", "fields"): "schemas/b.json: the form fields has no words for the keyword 'not' at #/properties/a/not; use form: json",
        ("no.json",): "no.json: does not exist; name a JSON Schema file, or a prompt",
        ("list.json",): "list.json:1:1: must be a JSON object, not a list",
        ("bin.json",): "bin.json: is binary; name a JSON Schema",
        ("deep.json",): "deep.json:1:1: is not a JSON Schema: it is nested too deep; flatten it, by $defs and $ref",
        ("y",): "prompts/y.yaml:1:1: has no format block with a schema; name a prompt that has, or a schema file",
        ("z",): ".: unknown prompt 'z'; known: x, y",
    }  # fmt: skip
    for words, line in lines.items():
        ran = run("forms", *words, cwd=root)
        assert (ran.code, ran.out, ran.err) == (2, "", f"{line}\n")
