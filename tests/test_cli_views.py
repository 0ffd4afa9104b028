"""`promptkit tokens --range` and `--remote`: tables of their own, and what they refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run
from count_server import Answer, Asked, serving

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


def test_a_range_without_a_sample_is_exit_0(write: Write) -> None:
    root = write({**FILES, "prompts/ask.yaml": FILES["prompts/ask.yaml"].replace(", sample: Why?", "")})
    ran = run("tokens", "--range", "--model", "gpt-4o", cwd=root)
    assert (ran.code, ran.err) == (0, "")
    assert run("tokens", "ask", "--range", "--check", "--model", "gpt-4o", cwd=root).code == 2, "a check needs a count"


@pytest.mark.parametrize("view", ["--range", "--cache"])
def test_views_mark_estimates_and_say_what_they_rest_on(root: Path, view: str) -> None:
    ran = run("tokens", view, "--model", "claude-sonnet-4-5", cwd=root)
    (row,) = (line for line in ran.out.splitlines() if line.startswith("ask " if view == "--range" else "base "))
    assert row.count("~") >= 3
    assert "estimate (o200k_base proxy, uncalibrated)" in ran.out
    assert ran.out.splitlines()[-1] == "~: an estimate, and what rests on one"
    exact = run("tokens", view, "--model", "gpt-4o", cwd=root)
    assert "~" not in exact.out


@pytest.mark.parametrize(
    "options",
    [
        ("--range", "--volume", "10"),
        ("--range", "--output-tokens", "5"),
        ("--range", "--hit-rate", "0.5"),
        ("--cache", "--volume", "10"),
        ("--by", "variant", "--volume", "10"),
        ("--remote", "--range"),
        ("--remote", "--cache"),
    ],
)
def test_an_option_that_a_table_has_no_room_for_is_refused(root: Path, options: tuple[str, ...]) -> None:
    ran = run("tokens", *options, cwd=root)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "leave out" in ran.err


def test_a_variant_is_taken_of_the_prompts_that_have_it(write: Write) -> None:
    short = "blocks: [{user: 'Why {{ x }}?'}]\ninputs: {x: {sample: a}}\nvariants: {short: {}}\n"
    root = write({**FILES, "prompts/why.yaml": short})
    ran = run("tokens", "--variant", "short", "--model", "gpt-4o", "--format", "json", cwd=root)
    assert [(row["prompt"], row["variant"]) for row in json.loads(ran.out)["rows"]] == [("why", "short")]
    assert (ran.code, ran.err) == (0, "left out, without a variant 'short': ask\n")
    assert run("tokens", "ask", "--variant", "short", cwd=root).code == 2
    assert run("tokens", "--variant", "shrt", cwd=root).code == 2


def test_a_file_that_is_named_twice_is_counted_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two\n")
    ran = run("tokens", "a.txt", str(tmp_path / "a.txt"), ".", "--format", "json", cwd=tmp_path)
    assert [row["path"] for row in json.loads(ran.out)["rows"]] == ["a.txt"]


TWO = {
    **FILES,
    "prompts/long.yaml": "blocks: [{user: 'A very long {{ x }}'}]\ninputs: {x: {sample: text}}\n",
}


def test_a_prompt_that_the_vendor_refuses_keeps_no_other_from_being_counted(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key")
    refusal = json.dumps({"error": {"message": "too long for a-key"}}).encode()

    def answer(asked: Asked) -> Answer:
        return (
            Answer(400, refusal) if "very long" in json.dumps(asked.body) else Answer(content=b'{"input_tokens": 12}')
        )

    with serving(answer) as server:
        words = ("tokens", "--remote", "--base-url", server.url, "--model", "claude-sonnet-4-5")
        ran, data = run(*words, cwd=write(TWO)), run(*words, "--format", "json", cwd=write(TWO))
    assert ran.code == 2
    assert "long" in ran.err.splitlines()[0]
    assert "too long for ***" in ran.err
    assert "a-key" not in ran.err + ran.out + data.out
    rows = {row["prompt"]: row for row in json.loads(data.out)["rows"]}
    assert rows["ask"]["remote"]["tokens"] == 12
    assert "too long for ***" in rows["long"]["remote_error"]


def test_a_vendor_that_does_not_answer_is_asked_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key")
    with serving(lambda _: Answer(500, b"down")) as server:
        ran = run("tokens", "--remote", "--base-url", server.url, "--model", "claude-sonnet-4-5", cwd=write(TWO))
    assert ran.code == 2
    assert len(server.asked) == 1
    assert "refused with status 500" in ran.err


def test_remote_names_what_was_sent_and_is_not_in_the_count(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "o-key")
    schema = "blocks:\n  - format: {schema: schemas/s.json}\n  - user: Why?\n"
    root = write({**FILES, "prompts/ask.yaml": schema, "schemas/s.json": '{"type": "object", "properties": {}}'})
    with serving(lambda _: Answer(content=b'{"input_tokens": 40}')) as server:
        ran = run("tokens", "--remote", "--base-url", server.url, "--model", "gpt-4o", cwd=root)
    assert ran.code == 0
    assert "response schema" in ran.out
