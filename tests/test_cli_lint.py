"""`promptkit lint` and `promptkit rule`: what is selected, ignored and suppressed, what is told, which exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from conftest import promptkit as run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

LEFT = {
    "blocks/role/agent.md": "You answer mails about [INSERT PRODUCT].\n",
    "prompts/reply.yaml": 'blocks:\n  - use: role/agent\n  - user: "{{ mail }}"\n',
}
LINE = "blocks/role/agent.md:1:24: S217 '[INSERT PRODUCT]' was never filled in [error]"


def codes(root: Path, *words: str) -> list[str]:
    found: list[dict[str, Any]] = json.loads(run("lint", "--format", "json", *words, cwd=root).out)["findings"]
    return [each["code"] for each in found]


def with_config(config: str) -> dict[str, str | bytes]:
    return {**LEFT, "promptkit.yaml": config}


def test_a_clean_library_is_exit_0(write: Write) -> None:
    ran = run("lint", cwd=write({**LEFT, "blocks/role/agent.md": "You answer mails about invoices.\n"}))
    assert (ran.code, ran.out, ran.err) == (0, "No findings in 3 files.\n", "")


def test_findings_are_exit_1_and_shown_with_their_source(write: Write) -> None:
    ran = run("lint", cwd=write(LEFT))
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == (
        f"{LINE}\n"
        "  |\n"
        "1 | You answer mails about [INSERT PRODUCT].\n"
        "  |                        ^^^^^^^^^^^^^^^^\n"
        "\n"
        "Found 1 error in 3 files. promptkit rule CODE says why.\n"
    )


def test_paths_are_those_of_where_it_runs(write: Write) -> None:
    root = write(LEFT)
    ran = run("lint", "--library", root.name, "--format", "concise", cwd=root.parent)
    assert ran.out == f"{root.name}/{LINE}\n"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--select", "S217"], ["S217"]),
        (["--select", "S2"], ["S217"]),
        (["--select", "placeholder-left"], ["S217"]),
        (["--select", "T,S217"], ["S217"]),
        (["--select", "T"], []),
        (["--ignore", "S217"], []),
        (["--ignore", "S"], []),
        (["--select", "S217", "--ignore", "placeholder-left"], []),
    ],
)
def test_rules_are_chosen_by_code_family_and_name(words: list[str], found: list[str], write: Write) -> None:
    assert codes(write(LEFT), *words) == found


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ("lint: {ignore: [S217]}", []),
        ("lint: {select: [T]}", []),
        ("lint: {select: [S]}", ["S217"]),
        ('lint: {per_file_ignores: {"blocks/role/*": [S217]}}', []),
        ('lint: {per_file_ignores: {"blocks/*": [S]}}', []),
        ('lint: {per_file_ignores: {"prompts/*": [S217]}}', ["S217"]),
    ],
)
def test_promptkit_yaml_chooses_too(config: str, found: list[str], write: Write) -> None:
    assert codes(write(with_config(config))) == found


def test_the_command_line_selects_in_the_place_of_promptkit_yaml_and_adds_to_its_ignores(write: Write) -> None:
    root = write(with_config("lint: {select: [T], ignore: [T101]}"))
    assert codes(root, "--select", "S217") == ["S217"]
    assert codes(root, "--select", "S217", "--ignore", "S217") == []


def test_severities_decide_what_fails(write: Write) -> None:
    root = write(with_config("lint: {severities: {S217: info}}"))
    ran = run("lint", "--format", "concise", cwd=root)
    assert (ran.code, ran.out) == (0, LINE.replace("error", "info") + "\n")
    assert run("lint", "--fail-on", "info", cwd=root).code == 1
    warned = write(with_config("lint: {severities: {S: warning}}"))
    assert run("lint", cwd=warned).code == 1
    assert run("lint", "--fail-on", "error", cwd=warned).code == 0


@pytest.mark.parametrize(
    ("config", "place", "told"),
    [
        ("lint: {ignore: [S999]}", "1:17", "unknown rule 'S999'"),
        ("lint: {selct: [S]}", "1:8", "unknown key of lint 'selct'; did you mean 'select'?"),
        ("lint: {severities: {S217: loud}}", "1:27", "unknown severity 'loud'; known: error, info, warning"),
        ("lint: {severities: {Z9: error}}", "1:21", "unknown rule 'Z9'"),
        ('lint: {per_file_ignores: {"*": [nope]}}', "1:33", "unknown rule 'nope'"),
        ("lint: [S217]", "1:7", "lint must be a mapping, not a list"),
    ],
)
def test_unknown_rules_and_keys_are_errors_at_their_place(config: str, place: str, told: str, write: Write) -> None:
    ran = run("lint", "--format", "concise", cwd=write(with_config(config)))
    assert ran.code in {1, 2}
    line = next(line for line in (ran.out + ran.err).splitlines() if line.startswith("promptkit.yaml"))
    assert line.startswith(f"promptkit.yaml:{place}: ")
    assert told in line


def test_an_unknown_rule_on_the_command_line_is_exit_2(write: Write) -> None:
    ran = run("lint", "--select", "placeholder-lft", cwd=write(LEFT))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "unknown rule 'placeholder-lft'; did you mean 'placeholder-left'?; promptkit rule lists them\n"


SUPPRESSED = [
    pytest.param("About [INSERT X]. {# promptkit: ignore[S217] a column #}\n", [], id="on the line"),
    pytest.param("{# promptkit: ignore[S217] #}\nAbout [INSERT X].\n", [], id="on the line before"),
    pytest.param("{# promptkit: ignore[S217] #}\n\nAbout [INSERT X].\n", [], id="over an empty line"),
    pytest.param("{#- promptkit: ignore[S2] -#}\nAbout [INSERT X].\n", [], id="a family, white space control"),
    pytest.param("{# promptkit: ignore[placeholder-left] #}\nAbout [INSERT X].\n", [], id="a name"),
    pytest.param("{# promptkit: ignore[T101, S217] #}\nAbout [INSERT X].\n", ["L705"], id="two, one of them unused"),
    pytest.param("{# promptkit: ignore[S217] #}\na\nAbout [INSERT X].\n", ["L705", "S217"], id="another line"),
    pytest.param(
        "{# promptkit: off[S217] #}\na\n[INSERT X]\n{# promptkit: on[S217] #}\n[INSERT Y]\n", ["S217"], id="a part"
    ),
    pytest.param("---\nlint: {ignore: [S217]}\n---\nAbout [INSERT X].\n", [], id="front matter"),
    pytest.param("---\nlint: {ignore: [S217]}\n---\nAbout x.\n", ["L705"], id="front matter, unused"),
]


@pytest.mark.parametrize(("text", "found"), SUPPRESSED)
def test_a_text_can_ask_to_be_let_alone(text: str, found: list[str], write: Write) -> None:
    assert codes(write({**LEFT, "blocks/role/agent.md": text})) == found


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ('blocks:\n  - user: "[INSERT X] {{ x }}" # promptkit: ignore[S217] a column\n', []),
        ('blocks:\n  # promptkit: ignore[S217] a column\n  - user: "[INSERT X] {{ x }}"\n', []),
        ("# promptkit: ignore[S217]\nblocks:\n  - user: |\n      a\n      [INSERT X] {{ x }}\n", []),
        ("blocks:\n  - user: |\n      # promptkit: ignore[S217]\n      [INSERT X] {{ x }}\n", ["S217"]),
        ("lint: {ignore: [S217]}\nblocks:\n  - user: '[INSERT X] {{ x }}'\n", []),
        ("# promptkit: ignore[S217]\ndescription: d\nblocks:\n  - user: '[INSERT X] {{ x }}'\n", ["L705", "S217"]),
    ],
    ids=["line", "key", "whole value", "text is no comment", "the file", "another key"],
)
def test_yaml_can_ask_to_be_let_alone(prompt: str, found: list[str], write: Write) -> None:
    assert codes(write({"prompts/reply.yaml": prompt})) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{# promptkit: ignore[Z1] #}\nx\n", "blocks/role/agent.md:1:1: unknown rule 'Z1'"),
        ("{# promptkit: ignore #}\nx\n", "blocks/role/agent.md:1:1: names no rule; write ignore[CODE]"),
        ("{# promptkit: ingore[S217] #}\nx\n", "no 'promptkit: ingore'; write ignore, off or on"),
        ("{# promptkit: on[S217] #}\nx\n", "'S217' is not off here; write off[S217] before it"),
    ],
)
def test_a_suppression_that_says_nothing_is_an_error(text: str, told: str, write: Write) -> None:
    ran = run("lint", cwd=write({**LEFT, "blocks/role/agent.md": text}))
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_a_broken_file_is_a_finding_and_hides_no_other(write: Write) -> None:
    root = write({**LEFT, "prompts/other.yaml": "blocks: [{user: 'a {{ b'}]\n", "examples/e.yaml": "- {input: 1}\n"})
    ran = run("lint", "--format", "concise", cwd=root)
    assert ran.code == 1
    found = [line.split(": ")[0] for line in ran.out.splitlines()]
    assert {place.rsplit(":", 2)[0] for place in found} == {
        "blocks/role/agent.md",
        "examples/e.yaml",
        "prompts/other.yaml",
    }


def test_paths_narrow_what_is_told(write: Write) -> None:
    root = write({**LEFT, "prompts/a/left.yaml": "blocks: [{user: 'TODO: {{ x }}'}]\n"})
    assert codes(root) == ["S217", "S217"]
    assert codes(root, "a/left") == ["S217"]
    assert codes(root, "prompts/a") == ["S217"]
    assert codes(root, "prompts/a/left.yaml") == ["S217"]
    assert codes(root, "reply") == ["S217"], "what its block says is in the prompt"
    assert codes(root, "blocks/role/agent.md") == ["S217"]
    ran = run("lint", "a/lft", cwd=root)
    assert (ran.code, ran.err) == (2, "no prompt and no file of the library 'a/lft'; did you mean 'a/left'?\n")


def test_plain_files_outside_any_library(tmp_path: Path) -> None:
    for path, text in {
        "p/a.md": "About [INSERT X].\n",
        "p/b.j2": "{{ x }\n",
        "p/c.txt": "fine {{ x }\n",
        "p/d.prompty": "---\nname: x\n---\nsystem:\nTODO: {{ y }}\n",
        "p/e.py": "TODO: code\n",
        "p/f.j2": "{% include 'g.j2' %}\n",
        "p/g.j2": "TODO: {{ z }}\n",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    ran = run("lint", "p", "--format", "concise", cwd=tmp_path)
    assert ran.code == 1
    assert [line.split(" ")[:2] for line in ran.out.splitlines()] == [
        ["p/a.md:1:7:", "S217"],
        ["p/b.j2:1:1:", "T101"],
        ["p/d.prompty:5:1:", "S217"],
        ["p/g.j2:1:1:", "S217"],
    ]
    assert run("lint", "p/e.py", "--format", "concise", cwd=tmp_path).code == 1, "a file that is named is looked at"
    assert run("lint", "p/c.txt", cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("head", "found"),
    [
        pytest.param("outputs:\n  - {name: city, kind: string}", [], id="prompty"),
        pytest.param("output:\n  format: json\n  schema:\n    city: string", [], id="dotprompt"),
        pytest.param("output: {schema: City}", [], id="a schema by name"),
        pytest.param("model:\n  parameters:\n    response_format: {type: json_object}", [], id="the request"),
        pytest.param("name: weather", ["S202"], id="nothing"),
        pytest.param("output: {format: text}", ["S202"], id="text"),
        pytest.param("response_format:\n  type: text", ["S202"], id="text in the request"),
        pytest.param("outputs: []", ["S202"], id="empty"),
        pytest.param("description: Writes an output.", ["S202"], id="a word"),
        pytest.param("output: [", ["S202"], id="no YAML"),
    ],
)
def test_the_front_matter_of_a_plain_file_can_declare_its_answer(head: str, found: list[str], tmp_path: Path) -> None:
    for name in ("a.prompty", "b.prompt"):
        (tmp_path / name).write_text(f"---\n{head}\n---\nWhat is the weather? Answer with structured JSON.\n")
        assert codes(tmp_path, name) == found


def test_what_cannot_be_read_is_exit_2_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes(b"caf\xe9\n")
    (tmp_path / "left.md").write_text("TODO: x\n")
    ran = run("lint", "bad.md", "left.md", "--format", "concise", cwd=tmp_path)
    assert ran.code == 2
    assert ran.out.startswith("left.md:1:1: S217")
    assert ran.err == "bad.md:1: is not UTF-8 (byte 0xe9); save it as UTF-8\n"


def test_statistics(write: Write) -> None:
    root = write(
        {
            **LEFT,
            "prompts/a.yaml": "blocks: [{user: 'TODO: {{ x }'}]\n",
            "prompts/b.yaml": "blocks: [{user: 'TODO: b'}]",
        }
    )
    table = run("lint", "--statistics", cwd=root).out.splitlines()
    assert table[2].split() == ["3", "S217", "placeholder-left", "error"] or table[2].split()[0] == "2"
    found = json.loads(run("lint", "--statistics", "--format", "json", cwd=root).out)["statistics"]
    assert sum(row["count"] for row in found) == len(codes(root))


def test_rule_shows_a_page_lists_and_refuses(tmp_path: Path) -> None:
    page = run("rule", "placeholder-left", cwd=tmp_path).out
    assert page.startswith("S217 placeholder-left (error; evidence A, mechanical")
    assert all(f"\n{word}" in page for word in ("Why: ", "Bad: ", "Good:", "Source: "))
    assert run("rule", "S217", cwd=tmp_path).out == page
    assert "S217" in run("rule", cwd=tmp_path).out
    data = json.loads(run("rule", "S217", "--format", "json", cwd=tmp_path).out)["rules"]
    assert [(each["code"], each["severity"], each["evidence"]) for each in data] == [("S217", "error", "A")]
    ran = run("rule", "S2177", cwd=tmp_path)
    assert (ran.code, ran.err.split(";")[1]) == (2, " did you mean 'S217'?")
