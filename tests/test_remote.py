"""A vendor's own count: the request, what is made of the answer, and that a key goes nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from conftest import promptkit as run
from count_server import Answer, serving
from sdk_types import problem

from promptkit import ModelError, Prompt, PromptkitError, ProviderError, blocks
from promptkit.remote import ask, count_request, endpoint_for, remote_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from promptkit import Rendered

    Write = Callable[[Mapping[str, str | bytes]], Path]

KEY = "sk-secret-123"
MODELS = {"anthropic": "claude-sonnet-5", "openai": "gpt-5-mini", "gemini": "gemini-2.5-pro"}
SCHEMA = {
    "type": "object",
    "properties": {"queue": {"type": "string"}},
    "required": ["queue"],
    "additionalProperties": False,
}
TOOL = {"name": "find", "description": "Finds.", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, KEY)


def rendered(**params: Any) -> Rendered:
    parts = [blocks.system("Route it."), blocks.format({"schema": SCHEMA}), blocks.tools([TOOL]), blocks.user("Où?")]
    return Prompt("route", parts, params=params).render()


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["llama-3.1-8b", "gpt-oss-20b", "mistral-large-latest", "o200k_base", "x"])
def test_a_model_that_no_vendor_counts_for_is_refused(model: str) -> None:
    with pytest.raises(ModelError) as caught:
        endpoint_for(model)
    assert str(caught.value) == f"no vendor counts for '{model}'; known are models of Anthropic, OpenAI and Google"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://example.com", "http://example.com would carry the key in the clear; use https"),
        ("http://127.0.0.1.example.com", "http://127.0.0.1.example.com would carry the key in the clear; use https"),
        ("ftp://example.com", "'ftp://example.com' is no base URL; write https://host or https://host/path"),
        ("example.com", "'example.com' is no base URL; write https://host or https://host/path"),
        ("https://", "'https://' is no base URL; write https://host or https://host/path"),
        ("https://a@b.c", "'https://a@b.c' is no base URL; write https://host or https://host/path"),
        ("https://a:b", "'https://a:b' is no base URL; write https://host or https://host/path"),
        ("https://a?b=c", "'https://a?b=c' is no base URL; write https://host or https://host/path"),
        ("file:///etc/passwd", "'file:///etc/passwd' is no base URL; write https://host or https://host/path"),
    ],
)
def test_a_key_goes_to_no_other_place_than_https_or_this_machine(url: str, told: str) -> None:
    with pytest.raises(PromptkitError) as caught:
        remote_tokens(rendered(), "gpt-5-mini", url)
    assert str(caught.value) == told


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_the_key_not_sent_on(status: int) -> None:
    with serving(lambda _: Answer()) as other:
        target = f"{other.url}/elsewhere"
        with serving(lambda _: Answer(status, b"", (("location", target),))) as server:
            with pytest.raises(PromptkitError) as caught:
                remote_tokens(rendered(), "gpt-5-mini", server.url)
            assert str(caught.value) == (
                f"{server.url}/v1/responses/input_tokens: refused with status {status}, a redirect, "
                "which would carry the key elsewhere; check the base URL (--base-url)"
            )
        assert other.asked == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(
            Answer(401, json.dumps({"error": {"message": f"bad key {KEY}\nno"}}).encode()),
            "refused with status 401: bad key *** no; check the key",
            id="a refusal that repeats the key",
        ),
        pytest.param(
            Answer(500, f"<p>no such key {KEY}</p>".encode()),
            "refused with status 500: '<p>no such key ***</p>'; try again later",
            id="a fault that repeats the key",
        ),
        pytest.param(
            Answer(400, b'{"error": {"message": "API key not valid. Please pass a valid API key."}}'),
            "refused with status 400: API key not valid. Please pass a valid API key; check the key",
            id="Google's refusal of a key",
        ),
        pytest.param(
            Answer(404, b"<html>"),
            "refused with status 404: '<html>'; check the model's name; check the base URL (--base-url)",
            id="no JSON, 404",
        ),
        pytest.param(Answer(429, b"{}"), "refused with status 429: '{}'; wait, then try again", id="too many"),
        pytest.param(Answer(500, b"[]"), "refused with status 500: '[]'; try again later", id="a fault"),
        pytest.param(
            Answer(content=b"<html>"), "answered no JSON: '<html>'; check the base URL (--base-url)", id="no JSON"
        ),
        pytest.param(
            Answer(content=b"[" * 90_000),
            "answered no JSON: '" + "[" * 200 + "'; check the base URL (--base-url)",
            id="deep",
        ),
        pytest.param(
            Answer(content=b"[]"), "answered without input_tokens: '[]'; check the base URL (--base-url)", id="a list"
        ),
        pytest.param(
            Answer(content=b'{"input_tokens": "7"}'),
            """answered without input_tokens: '{"input_tokens": "7"}'; check the base URL (--base-url)""",
            id="text",
        ),
        pytest.param(
            Answer(content=b'{"input_tokens": -7}'),
            """answered without input_tokens: '{"input_tokens": -7}'; check the base URL (--base-url)""",
            id="less",
        ),
        pytest.param(
            Answer(content=b" " * 200_000), "answered no JSON: nothing; check the base URL (--base-url)", id="endless"
        ),
    ],
)
def test_an_answer_that_is_no_count_is_one_line_without_the_key(answer: Answer, told: str) -> None:
    with serving(lambda _: answer) as server:
        with pytest.raises(PromptkitError) as caught:
            remote_tokens(rendered(), "claude-sonnet-5", server.url)
        assert str(caught.value) == f"{server.url}/v1/messages/count_tokens: {told}"


def test_no_server_is_one_line() -> None:
    with serving(lambda _: Answer()) as server:
        url = server.url
    with pytest.raises(PromptkitError) as caught:
        remote_tokens(rendered(), "claude-sonnet-5", url)
    assert (
        str(caught.value)
        == f"{url}/v1/messages/count_tokens: cannot be reached: Connection refused; check the base URL (--base-url)"
    )


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "Anthropic needs a key to count: set ANTHROPIC_API_KEY"),
        ("sk\nx: y", "ANTHROPIC_API_KEY holds no key: it has blanks or characters that none has"),
        ("ключ", "ANTHROPIC_API_KEY holds no key: it has blanks or characters that none has"),
    ],
)
def test_no_key_and_no_text_that_is_none_are_sent(key: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    with serving(lambda _: Answer()) as server:
        with pytest.raises(PromptkitError) as caught:
            remote_tokens(rendered(), "claude-sonnet-5", server.url)
        assert server.asked == []
    assert str(caught.value) == told


def test_a_prompt_that_the_vendor_cannot_take_is_refused_before_anything_is_sent() -> None:
    empty = Prompt("empty", [{"user": "x", "when": "on"}], inputs={"on": {"type": "boolean"}}).render(on=False)
    with serving(lambda _: Answer()) as server:
        with pytest.raises(ProviderError):
            remote_tokens(empty, "claude-sonnet-5", server.url)
        assert server.asked == []


# -- requests ----------------------------------------------------------------------------------------------------------


def test_anthropic_is_asked_at_its_endpoint_with_its_headers() -> None:
    with serving(lambda _: Answer(content=b'{"input_tokens": 42}')) as server:
        found = remote_tokens(rendered(temperature=0), "anthropic/claude-sonnet-5", server.url + "/")
    [asked] = server.asked
    assert (found.tokens, found.basis, found.vendor) == (42, "estimate", "Anthropic")
    assert found.endpoint == f"{server.url}/v1/messages/count_tokens"
    assert asked.path == "/v1/messages/count_tokens"
    assert (asked.headers["x-api-key"], asked.headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert sorted(asked.body) == ["messages", "model", "output_config", "system", "tools"]
    assert asked.body["model"] == "claude-sonnet-5"


def test_openai_is_asked_at_its_endpoint_with_its_headers() -> None:
    with serving(lambda _: Answer(content=b'{"object": "response.input_tokens", "input_tokens": 7}')) as server:
        found = remote_tokens(rendered(temperature=0), "gpt-5-mini", server.url)
    [asked] = server.asked
    assert (found.tokens, found.basis, found.vendor) == (7, "exact", "OpenAI")
    assert asked.path == "/v1/responses/input_tokens"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert {"input", "model", "text", "tools"} <= asked.body.keys() <= {*asked.body, "instructions"}
    assert "temperature" not in asked.body


def test_google_is_asked_at_its_endpoint_with_its_headers() -> None:
    with serving(lambda _: Answer(content=b'{"totalTokens": 9, "promptTokensDetails": []}')) as server:
        found = remote_tokens(rendered(), "gemini-2.5-pro", server.url)
    [asked] = server.asked
    assert (found.tokens, found.basis, found.vendor) == (9, "exact", "Google")
    assert asked.path == "/v1beta/models/gemini-2.5-pro:countTokens"
    assert asked.headers["x-goog-api-key"] == KEY
    inner = asked.body["generateContentRequest"]
    assert inner["model"] == "models/gemini-2.5-pro"
    assert {"contents", "systemInstruction", "tools"} <= inner.keys()


def test_the_requests_are_of_the_sdks_types() -> None:
    anthropic = pytest.importorskip("anthropic.types.message_count_tokens_params")
    openai = pytest.importorskip("openai.types.responses.input_token_count_params")
    assert problem(count_request(rendered(), "claude-sonnet-5"), anthropic.MessageCountTokensParams) is None
    assert problem(count_request(rendered(), "gpt-5-mini"), openai.InputTokenCountParams) is None


def test_a_lone_surrogate_is_sent_as_text() -> None:
    with serving(lambda _: Answer()) as server:
        assert ask({"messages": "\ud800"}, "claude-sonnet-5", server.url).tokens == 42


# -- promptkit calibrate -----------------------------------------------------------------------------------------------

LIBRARY = {
    f"prompts/p{number}.yaml": f"inputs: {{a: {{type: string, sample: S}}}}\nblocks: [{{user: 'Ask {number}: {{{{ a }}}}'}}]\n"
    for number in range(12)
} | {"prompts/open.yaml": "blocks: [{user: '{{ b }}'}]\n"}


def words(asked: Any) -> Answer:
    """A count that is 1.5 times the framing and text of the prompts above, roughly."""
    return Answer(content=json.dumps({"input_tokens": 20}).encode())


def test_nothing_is_sent_without_consent(write: Write) -> None:
    with serving(words) as server:
        ran = run("calibrate", "--model", "claude-sonnet-5", "--base-url", server.url, cwd=write(LIBRARY))
        assert server.asked == []
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        f"12 requests to {server.url}/v1/messages/count_tokens: prompts of . with their samples, about 144 tokens",
        "left out, for want of a sample: open ('b')",
        "nothing was sent; pass --yes to send these requests",
    ]


def test_what_is_not_sent_is_named_with_its_reason(write: Write) -> None:
    tools = "tools: [{name: look, description: Look., parameters: {type: object, properties: {}}}]"
    more = {f"prompts/open/{number}.yaml": "blocks: [{user: '{{ b }}{{ c }}'}]\n" for number in range(7)}
    more["prompts/shot.yaml"] = (
        "inputs: {p: {type: image, sample: {url: 'https://example.com/a.png'}}}\n"
        "blocks: [{media: {input: p}}, {user: See}]\nvariants: {v: {add: [{user: More, after: user}]}}\n"
    )
    more["prompts/tool.yaml"] = f"blocks: [{{user: Hi}}, {{{tools}}}]\n"
    ran = run("calibrate", "--model", "claude-sonnet-5", "--dry-run", cwd=write(LIBRARY | more))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1:] == [
        "left out, for want of a sample: open ('b'), open/0 ('b', 'c'), open/1 ('b', 'c'), open/2 ('b', 'c'), "
        "open/3 ('b', 'c') + 3 more",
        "left out, not of text alone: shot, shot (v)",
    ]


def test_one_prompt_to_send_is_too_few_and_the_others_are_named(write: Write) -> None:
    two = {name: LIBRARY[name] for name in ("prompts/p1.yaml", "prompts/open.yaml")}
    ran = run("calibrate", "--model", "claude-sonnet-5", "--dry-run", cwd=write(two))
    assert (ran.code, ran.err) == (
        2,
        ".: calibrating needs two prompts or more with samples, of text alone; "
        "left out, for want of a sample: open ('b')\n",
    )


def test_a_dry_run_needs_no_key_and_sends_nothing(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with serving(words) as server:
        more = ("--base-url", server.url, "--dry-run", "--yes")
        ran = run("calibrate", "--model", "claude-sonnet-5", *more, cwd=write(LIBRARY))
        assert server.asked == []
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"12 requests to {server.url}/v1/messages/count_tokens: ")


def test_calibrate_writes_what_tokens_reads(write: Write) -> None:
    root = write(LIBRARY)
    with serving(words) as server:
        ran = run("calibrate", "--model", "claude-sonnet-5", "--base-url", server.url, "--yes", cwd=root)
        assert len(server.asked) == 12
        assert KEY not in ran.out + ran.err
    assert (ran.code, ran.out.splitlines()[0]) == (0, "claude-sonnet-5: o200k_base x 1.6667, fitted on 6 prompts")
    entry = json.loads((root / "calibration.json").read_text("utf-8"))["claude-sonnet-5"]
    assert (entry["ratio"], entry["fitted_on"], entry["held_out"]) == (1.6667, 6, 6)
    counted = run("tokens", "p1", "--model", "claude-sonnet-5", "--format", "json", cwd=root)
    assert json.loads(counted.out)["rows"][0]["tokens"] == 20
    assert "calibrated" in json.loads(counted.out)["rows"][0]["method"]


def test_calibrate_keeps_other_models_and_follows_no_link(write: Write, tmp_path: Path) -> None:
    root = write(LIBRARY)
    with serving(words) as server:
        more = ("--base-url", server.url, "--yes", "--limit", "4")
        assert run("calibrate", "--model", "claude-sonnet-5", *more, cwd=root).code == 0
        first = (root / "calibration.json").read_text("utf-8")
        assert run("calibrate", "--model", "claude-opus-5", *more, cwd=root).code == 0
        assert len(server.asked) == 8
    found = json.loads((root / "calibration.json").read_text("utf-8"))
    assert list(found) == ["claude-opus-5", "claude-sonnet-5"]
    assert found["claude-sonnet-5"] == json.loads(first)["claude-sonnet-5"]
    assert found["claude-sonnet-5"]["error_p95"] is None
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


def test_a_refusal_midway_writes_nothing(write: Write) -> None:
    root = write(LIBRARY)
    with serving(lambda _: Answer(429, b"{}")) as server:
        ran = run("calibrate", "--model", "claude-sonnet-5", "--base-url", server.url, "--yes", cwd=root)
        assert len(server.asked) == 1
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        f"{server.url}/v1/messages/count_tokens: refused with status 429: '{{}}'; wait, then try again",
    )
    assert not (root / "calibration.json").exists()


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("gpt-4o", "'gpt-4o' is counted by o200k_base (exact); only estimates are calibrated"),
        ("llama-2", "no vendor counts for 'llama-2'; known are models of Anthropic, OpenAI and Google"),
    ],
)
def test_a_model_that_needs_no_calibration_is_refused(write: Write, model: str, told: str) -> None:
    ran = run("calibrate", "--model", model, "--yes", cwd=write(LIBRARY))
    assert (ran.code, ran.err) == (2, told + "\n")
