"""`promptkit tokens --remote`: the vendor's number beside promptkit's, and what stands there where it gives none."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from conftest import promptkit as run
from count_server import Answer, serving

from promptkit import PromptkitError, remote
from promptkit.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from count_server import Asked

    Write = Callable[[Mapping[str, str | bytes]], Path]

KEY = "sk/secret+123&x"
FILES = {
    "promptkit.yaml": "models: [gpt-4o, claude-sonnet-4-5]\n",
    "prompts/ask.yaml": "inputs: {q: {type: string, sample: Why?}}\nblocks: [{user: '{{ q }}'}]\n",
}
THREE = {"promptkit.yaml": "models: [gpt-4o]\n"} | {
    f"prompts/{name}.yaml": f"blocks: [{{user: Say {name}.}}]\n" for name in ("a", "b", "c")
}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def root(write: Write) -> Path:
    return write(FILES)


def says(asked: Asked, word: str) -> bool:
    return word in json.dumps(asked.body)


def numbers(out: str) -> dict[str, tuple[str, str]]:
    """Of each of three rows promptkit's number and the vendor's."""
    rows = out.partition("\n\n")[0].splitlines()[2:5]
    return {cells[0]: (cells[2], cells[3]) for cells in map(str.split, rows)}


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


def test_a_key_that_is_missing_is_told_before_anything_is_sent(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "")
    with serving(lambda _: Answer()) as server:
        ran = run("tokens", "--remote", "--base-url", server.url, cwd=root)
        assert server.asked == []
    assert (ran.code, ran.out, ran.err) == (2, "", "Anthropic needs a key to count: set ANTHROPIC_API_KEY\n")


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "change the prompt, or leave it out"),
        (413, "shorten the prompt, or leave it out"),
        (422, "change the prompt, or leave it out"),
    ],
)
def test_a_prompt_that_the_vendor_refuses_stays_on_its_row(write: Write, status: int, advice: str) -> None:
    refusal = Answer(status, b'{"error": {"message": "not this one"}}')
    with serving(lambda asked: refusal if says(asked, "Say b") else Answer()) as server:
        ran = run("tokens", "--remote", "--base-url", server.url, cwd=write(THREE))
        assert len(server.asked) == 3
    url = f"{server.url}/v1/responses/input_tokens"
    told = f"prompts/b.yaml:1:1: b for gpt-4o: {url}: refused with status {status}: not this one; {advice}\n"
    assert (ran.code, ran.err) == (2, told)
    assert [vendors for _, vendors in numbers(ran.out).values()] == ["42", "?", "42"]
    assert [own.isdigit() for own, _ in numbers(ran.out).values()] == [True] * 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "inputs: {x: {type: string, sample: ''}}\nblocks: [{user: '{{ x }}'}]\n",
            "prompts/b.yaml:1:1: b for claude-sonnet-4-5: Anthropic cannot take 'b', which has no message; "
            "add a user block",
            id="empty",
        ),
        pytest.param(
            "inputs: {x: {type: audio, sample: {data: UklGRgAAAABXQVZF, media_type: audio/wav}}}\n"
            "blocks:\n  - user: Hi\n  - media: {input: x}\n",
            "prompts/b.yaml:4:5: b for claude-sonnet-4-5: Anthropic cannot take audio, the part 'media'; "
            "leave the block out in a variant",
            id="audio, at its block",
        ),
    ],
)
def test_a_prompt_that_the_vendors_api_has_no_form_for_stays_on_its_row(write: Write, text: str, told: str) -> None:
    root = write({**THREE, "prompts/b.yaml": text})
    with serving(lambda _: Answer()) as server:
        ran = run("tokens", "--remote", "--base-url", server.url, "--model", "claude-sonnet-4-5", cwd=root)
        assert len(server.asked) == 2
    assert (ran.code, ran.err) == (2, told + "\n")
    assert [vendors for _, vendors in numbers(ran.out).values()] == ["~42", "?", "~42"]


def test_the_json_of_a_refused_prompt_says_why(write: Write) -> None:
    with serving(lambda asked: Answer(400, b"{}") if says(asked, "Say b") else Answer()) as server:
        ran = run("tokens", "--remote", "--base-url", server.url, "--format", "json", cwd=write(THREE))
    a, b, _ = json.loads(ran.out)["rows"]
    assert ran.code == 2
    assert (a["remote"]["tokens"], a["remote_error"]) == (42, None)
    assert (b["remote"], b["remote_error"] + "\n") == (None, ran.err)
    assert b["tokens"]


@pytest.mark.parametrize("status", [401, 404, 429, 503])
def test_a_vendor_that_stops_answering_is_asked_no_more(write: Write, status: int) -> None:
    with serving(lambda asked: Answer() if says(asked, "Say a") else Answer(status, KEY.encode())) as server:
        ran = run("tokens", "--remote", "--base-url", server.url, cwd=write(THREE))
        assert len(server.asked) == 2
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert ran.err.startswith(f"{server.url}/v1/responses/input_tokens: refused with status {status}: '***'; ")
    assert ran.err.endswith(" (no further prompt was sent for gpt-4o)\n")
    assert [vendors for _, vendors in numbers(ran.out).values()] == ["42", "?", "?"]


def test_another_vendor_is_asked_where_one_stops_answering(root: Path) -> None:
    with serving(lambda asked: Answer(503) if "responses" in asked.path else Answer()) as server:
        ran = run("tokens", "--remote", "--base-url", server.url, "--format", "json", cwd=root)
    openai, anthropic = json.loads(ran.out)["rows"]
    assert (ran.code, openai["remote"], anthropic["remote"]["tokens"]) == (2, None, 42)


def test_silence_ends_with_the_rows_that_are_known(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(remote, "TIMEOUT_S", 1.0)
    monkeypatch.chdir(write(THREE))
    over = threading.Event()

    def answer(asked: Asked) -> Answer:
        if not says(asked, "Say a"):
            over.wait(30)
        return Answer()

    with serving(answer) as server:
        with pytest.raises(SystemExit) as left:
            main(["tokens", "--remote", "--base-url", server.url])
        over.set()
        assert len(server.asked) == 2
    shown = capsys.readouterr()
    assert left.value.code == 2
    url = f"{server.url}/v1/responses/input_tokens"
    assert shown.err == f"{url}: no answer within 1 s; try again (no further prompt was sent for gpt-4o)\n"
    assert [vendors for _, vendors in numbers(shown.out).values()] == ["42", "?", "?"]


def test_what_only_the_vendor_counts_stands_beside_its_number(write: Write) -> None:
    schema = "blocks: [{user: Say b.}, {format: {schema: {type: object, properties: {}}}}]\n"
    root = write({**THREE, "prompts/b.yaml": schema})
    with serving(lambda _: Answer()) as server:
        words = ("tokens", "--remote", "--base-url", server.url)
        ran = run(*words, cwd=root)
        plain = run(*words, "a", cwd=root)
    heads, _, a, b = ran.out.splitlines()[:4]
    assert (ran.code, ran.err) == (0, "")
    at = heads.index("also sent")
    assert (a[at:].split("  ")[0].strip(), b[at:].split("  ")[0]) == ("", "response schema")
    told = "also sent: what the vendor was sent to count too; vendor's may have it in, tokens has not"
    assert told in ran.out.splitlines()
    assert "also sent" not in plain.out


# What a vendor says may hold the key, as it is or as a page, an address or JSON writes it.


@pytest.mark.parametrize("status", [200, 400, 401, 404, 500])
@pytest.mark.parametrize("written", [KEY, "sk%2Fsecret%2B123%26x", "sk\\/secret+123&x", "sk/secret+123&amp;x"])
@pytest.mark.parametrize("shape", ['{"error": {"message": "no: %s"}}', "<p>%s</p>", '{"error": "%s"}'])
def test_no_message_shows_the_key(shape: str, written: str, status: int) -> None:
    body: dict[str, Any] = {"input": "x"}
    with (
        serving(lambda _: Answer(status, (shape % written).encode())) as server,
        pytest.raises(PromptkitError) as caught,
    ):
        remote.ask(body, "gpt-4o", server.url)
    assert "***" in str(caught.value)
    assert "secret" not in str(caught.value)
