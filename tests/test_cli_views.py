"""`promptkit tokens --range` and `--remote`: tables of their own, and what they refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run
from count_server import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

FILES = {
    "promptkit.yaml": "models: [gpt-4o, claude-sonnet-4-5]\n",
    "prompts/ask.yaml": """\
inputs: {question: {type: string, max_tokens: 40, sample: Why?}}
blocks:
  - system: Answer in one sentence.
  - user: "{{ question }}"
""",
}


@pytest.fixture
def root(write: Write) -> Path:
    return write(FILES)


def test_range_has_the_least_and_the_most_of_any_call(root: Path) -> None:
    ran = run("tokens", "--range", "--format", "json", cwd=root)
    first, second = json.loads(ran.out)["rows"]
    assert (ran.code, ran.err) == (0, "")
    assert first["model"] == "gpt-4o"
    assert first["range"]["least"] < first["tokens"] < first["range"]["most"]
    assert second["basis"] == "estimate"
    rendered = run("tokens", "--model", "gpt-4o", "--format", "json", "-i", "question=" + " a" * 40, cwd=root)
    (largest,) = json.loads(rendered.out)["rows"]
    assert largest["tokens"] <= first["range"]["most"]


def test_range_is_known_for_a_prompt_without_samples(write: Write) -> None:
    root = write({**FILES, "prompts/ask.yaml": FILES["prompts/ask.yaml"].replace(", sample: Why?", "")})
    ran = run("tokens", "--range", "--model", "gpt-4o", cwd=root)
    empty = run("tokens", "--model", "gpt-4o", "--format", "json", "-i", "question=", cwd=root)
    least = json.loads(empty.out)["rows"][0]["tokens"]
    assert ran.out.splitlines()[2].split()[:4] == ["ask", "base", "?", str(least)]


def test_remote_asks_the_vendor_for_each_row(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key")
    monkeypatch.setenv("OPENAI_API_KEY", "o-key")
    with serving(lambda asked: Answer(content=json.dumps({"input_tokens": len(asked.path)}).encode())) as server:
        ran = run("tokens", "--remote", "--base-url", server.url, cwd=root)
    assert (ran.code, ran.err) == (0, "")
    assert sorted(asked.path for asked in server.asked) == ["/v1/messages/count_tokens", "/v1/responses/input_tokens"]
    heads, _, openai, anthropic = ran.out.splitlines()[:4]
    assert heads.split()[:5] == ["prompt", "variant", "model", "tokens", "vendor's"]
    assert openai.split()[4] == str(len("/v1/responses/input_tokens"))
    assert anthropic.split()[4] == f"~{len('/v1/messages/count_tokens')}"
    assert "OpenAI calls its number the exact count" in ran.out
    assert "Anthropic calls its number an estimate" in ran.out
    assert "-key" not in ran.out


def test_remote_needs_a_key(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    ran = run("tokens", "--remote", "--model", "gpt-4o", cwd=root)
    assert (ran.code, ran.out, ran.err) == (2, "", "OpenAI needs a key to count: set OPENAI_API_KEY\n")


@pytest.mark.parametrize(
    "options", [("--range", "--cache"), ("--by", "variant", "--range"), ("--by", "variant", "--cache")]
)
def test_one_table_at_a_time(root: Path, options: tuple[str, ...]) -> None:
    ran = run("tokens", *options, cwd=root)
    assert ran.code == 2
    assert ran.err == (
        "promptkit tokens: --by variant, --cache and --range each show a table of their own; choose one\n"
    )


def test_a_base_url_without_remote_is_refused(root: Path) -> None:
    ran = run("tokens", "--base-url", "https://example.com", cwd=root)
    assert ran.code == 2
    assert ran.err == "promptkit tokens: --base-url is where --remote asks; add --remote, or leave it out\n"


def test_a_file_is_priced_as_unknown(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Hello there", "utf-8")
    ran = run("tokens", "note.txt", "--volume", "9/day", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[2].startswith("note.txt")


def test_views_of_prompts_are_refused_for_files(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Hello there", "utf-8")
    for view in ("--range", "--cache", "--remote"):
        ran = run("tokens", "note.txt", view, cwd=tmp_path)
        told = "promptkit tokens: plain files are texts and no prompts; leave out --range, --cache and --remote\n"
        assert (ran.code, ran.out, ran.err) == (2, "", told)


@pytest.mark.parametrize("settings", ["models: []\n", "prices: {gpt-4o: {input: cheap}}\n"])
def test_nothing_is_counted_by_settings_that_are_wrong(write: Write, settings: str) -> None:
    ran = run("tokens", cwd=write({**FILES, "promptkit.yaml": settings}))
    assert (ran.code, ran.out) == (2, "nothing to count\n")
    assert ran.err.startswith("promptkit.yaml:1:")


def test_a_model_asked_for_twice_is_counted_once(root: Path) -> None:
    ran = run("tokens", "--model", "gpt-4o", "--model", "gpt-4o", "--format", "json", cwd=root)
    assert [row["model"] for row in json.loads(ran.out)["rows"]] == ["gpt-4o"]
