"""The official SDKs take the bodies: their own types, strictly, and their clients, to a server on this machine.

They are in the dependency group `sdks`; what is not installed is skipped.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from copy import deepcopy
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from provider_cases import AUDIO, PDF, RESULT, USER, WEATHER, bare, image, pieces, rich
from sdk_types import problem

from promptkit.messages import Media, Message, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptkit.model import Rendered

# Warnings of the SDKs' own code are theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")

TEXT_FILE = image(type="file", media_type="text/plain", data=b"notes", name="notes")
BY_URL = image(data=None, url="https://example.com/a.png", media_type=None)
MEDIA: dict[str, tuple[Media, ...]] = {
    "openai": (image(), BY_URL, AUDIO, PDF),
    "openai-responses": (image(), BY_URL, PDF),
    "anthropic": (image(), BY_URL, PDF, TEXT_FILE),
    "gemini": (image(), AUDIO, PDF, replace(BY_URL, media_type="image/png")),
    "bedrock": (image(), AUDIO, PDF, TEXT_FILE),
    "mistral": (image(), BY_URL, AUDIO, PDF),
    "ollama": (image(),),
}


def cases(provider: str) -> list[Rendered]:
    """A rich prompt, a bare one, parallel tool calls, and every kind of media that the provider takes."""
    calls = Message(
        "assistant", "", (ToolCall("call0rain", "weather", '{"city": "Oslo"}'), ToolCall("call0snow", "weather", "{}"))
    )
    results = (RESULT, Message("tool", "", tool_call_id="call0snow"))
    found = [
        rich(provider),
        bare(USER),
        bare(USER, calls, *results, Message("assistant", "Rain."), USER),
        bare(USER, Message("assistant", "So")),
    ]
    if provider in MEDIA:
        parts: tuple[str | Media, ...] = ("Look: ", *MEDIA[provider], " and say.")
        text = "Look:  and say."
        found.append(bare(Message("user", text, parts=parts, origin=pieces(text, "ask"))))
    variant = rich(provider).variant  # whose params are the provider's own
    return [replace(each, model="a-model", variant=variant, tools=(WEATHER,)) for each in found]


def bodies(provider: str) -> list[dict[str, Any]]:
    options = [{}, {"cache": True}] if provider in ("anthropic", "bedrock") else [{}]
    return [each.to(provider, **more) for each in cases(provider) for more in options]


# -- types -------------------------------------------------------------------------------------------------------------

Check = "Callable[[dict[str, Any]], str | None]"


def openai_chat(body: dict[str, Any]) -> str | None:
    found = pytest.importorskip("openai.types.chat.completion_create_params")
    return problem(body, found.CompletionCreateParamsNonStreaming)


def openai_responses(body: dict[str, Any]) -> str | None:
    found = pytest.importorskip("openai.types.responses.response_create_params")
    return problem(body, found.ResponseCreateParamsNonStreaming)


def anthropic_messages(body: dict[str, Any]) -> str | None:
    found = pytest.importorskip("anthropic.types.message_create_params")
    return problem(body, found.MessageCreateParamsNonStreaming)


def gemini(body: dict[str, Any]) -> str | None:
    types = pytest.importorskip("google.genai.types")
    rest = dict(body)
    rest.pop("model")
    try:
        for content in rest.pop("contents"):
            types.Content.model_validate(content)
        types.GenerationConfig.model_validate(rest.get("generationConfig", {}))
        types.GenerateContentConfig.model_validate({**rest.pop("generationConfig", {}), **rest})
    except ValueError as error:
        return str(error)
    return None


def bedrock(body: dict[str, Any]) -> str | None:
    session = pytest.importorskip("botocore.session").Session()
    validate = pytest.importorskip("botocore.validate")
    shape = session.get_service_model("bedrock-runtime").operation_model("Converse").input_shape
    report = validate.ParamValidator().validate(body, shape)
    return str(report.generate_report()) if report.has_errors() else None


def kept(value: Any, by: Any, place: str = "body") -> str | None:
    """The first part of `value` that `by` does not hold: a model that ignores what it does not know drops it."""
    if isinstance(value, dict):
        if not isinstance(by, dict):
            return f"{place}: became {by!r}"
        missing = [key for key in value if key not in by]
        found = (kept(each, by[key], f"{place}.{key}") for key, each in value.items() if key in by)
        return f"{place}: dropped {missing}" if missing else next(filter(None, found), None)
    if isinstance(value, list):
        if not isinstance(by, list) or len(by) != len(value):
            return f"{place}: became {by!r}"
        return next(filter(None, (kept(each, by[at], f"{place}.{at}") for at, each in enumerate(value))), None)
    return None if value == by else f"{place}: {value!r} became {by!r}"


def mistral(body: dict[str, Any]) -> str | None:
    models = pytest.importorskip("mistralai.client.models")
    try:
        found = models.ChatCompletionRequest.model_validate(body)
    except ValueError as error:
        return str(error)
    return kept(body, found.model_dump(by_alias=True, mode="json"))


def ollama(body: dict[str, Any]) -> str | None:
    models = pytest.importorskip("ollama._types")
    body = without_closing(body)
    for message in body["messages"]:
        if "images" in message:
            message["images"] = [models.Image(value=each) for each in message["images"]]
    try:
        request = models.ChatRequest.model_validate(body).model_dump(exclude_none=True)
        held = [models.Message.model_validate(each) for each in body["messages"]]
    except ValueError as error:
        return str(error)
    request["messages"] = [each.model_dump(exclude_none=True) for each in held]
    for message in body["messages"]:
        if "images" in message:
            message["images"] = [each.model_dump() for each in message["images"]]
    return kept(body, request)


def without_closing(body: dict[str, Any]) -> dict[str, Any]:
    """The body without what Ollama's SDK leaves out: its model of a tool's parameters is a part of JSON Schema."""
    found = deepcopy(body)
    for tool in found.get("tools", ()):
        tool["function"]["parameters"].pop("additionalProperties", None)
    return found


CHECKS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "openai": openai_chat,
    "openai-responses": openai_responses,
    "anthropic": anthropic_messages,
    "gemini": gemini,
    "bedrock": bedrock,
    "mistral": mistral,
    "ollama": ollama,
}


@pytest.mark.parametrize("provider", CHECKS)
def test_the_sdks_own_types_take_every_body(provider: str) -> None:
    assert [CHECKS[provider](body) for body in bodies(provider)] == [None] * len(bodies(provider))


def every_dict(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all mappings in a body, but for those that are data: schemas, arguments, results, options."""
    if isinstance(value, dict):
        yield path
    free = {
        "schema",
        "parameters",
        "parametersJsonSchema",
        "responseJsonSchema",
        "input_schema",
        "json",
        "args",
        "input",
    }
    free |= {"arguments", "response", "options"}
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        data = key in free and not (key == "input" and isinstance(each, list))
        data = data or (key == "format" and isinstance(each, dict) and each.get("type") == "object")
        if isinstance(each, dict | list) and not data:
            yield from every_dict(each, (*path, key))


def spoiled(body: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    found = deepcopy(body)
    inner: Any = found
    for key in path:
        inner = inner[key]
    inner["no_such_key"] = 1
    return found


@pytest.mark.parametrize("provider", CHECKS)
def test_the_check_is_strict_at_every_depth(provider: str) -> None:
    body = bodies(provider)[0]
    paths = list(every_dict(body))
    assert len(paths) > 10
    assert [path for path in paths if CHECKS[provider](spoiled(body, path)) is None] == []


# -- clients -----------------------------------------------------------------------------------------------------------


class Recorder(BaseHTTPRequestHandler):
    """Keeps the JSON that it is sent, and answers that it cannot take it: only the request matters."""

    seen: ClassVar[list[tuple[str, Any]]] = []

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, json.loads(data)))
        self.send_response(400)
        self.send_header("Content-Length", "2")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (http.server's name)
        pass


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server that records."""
    Recorder.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()
        thread.join()


def send_openai(url: str, body: dict[str, Any]) -> None:
    with pytest.importorskip("openai").OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        client.chat.completions.create(**body)


def send_responses(url: str, body: dict[str, Any]) -> None:
    with pytest.importorskip("openai").OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        client.responses.create(**body)


def send_anthropic(url: str, body: dict[str, Any]) -> None:
    with pytest.importorskip("anthropic").Anthropic(base_url=url, api_key="none", max_retries=0) as client:
        client.messages.create(**body)


def send_mistral(url: str, body: dict[str, Any]) -> None:
    client = pytest.importorskip("mistralai.client").Mistral(server_url=url, api_key="none")
    with client:
        client.chat.complete(**body)


def send_ollama(url: str, body: dict[str, Any]) -> None:
    pytest.importorskip("ollama").Client(host=url).chat(**body)


def send_bedrock(url: str, body: dict[str, Any]) -> None:
    session = pytest.importorskip("botocore.session").Session()
    config = pytest.importorskip("botocore.config").Config(retries={"max_attempts": 0})
    client = session.create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=config,
    )
    client.converse(**body)


SENDERS: dict[str, Callable[[str, dict[str, Any]], None]] = {
    "openai": send_openai,
    "openai-responses": send_responses,
    "anthropic": send_anthropic,
    "mistral": send_mistral,
    "ollama": send_ollama,
    "bedrock": send_bedrock,
}
ADDING = ("mistral", "ollama")  # whose clients add defaults, such as stream


def as_json(body: dict[str, Any]) -> dict[str, Any]:
    """The body as JSON has it: bytes in base64."""
    found: dict[str, Any] = json.loads(json.dumps(body, default=lambda value: base64.b64encode(value).decode()))
    return found


@pytest.mark.parametrize("provider", SENDERS)
def test_the_sdks_client_sends_the_body_as_it_is(provider: str, server: str) -> None:
    for body in bodies(provider):
        Recorder.seen.clear()
        with contextlib.suppress(Exception):  # the answer is an error, of a kind of each SDK's own
            SENDERS[provider](server, body)
        assert len(Recorder.seen) == 1
        (_, sent), wanted = Recorder.seen[0], as_json(body)
        if provider == "bedrock":
            wanted.pop("modelId")  # in the URL
        if provider == "ollama":
            wanted = without_closing(wanted)
            wanted["messages"] = [  # its client leaves out empty texts
                {key: value for key, value in message.items() if value != ""} for message in wanted["messages"]
            ]
        if provider in ADDING:
            assert kept(wanted, sent) is None
        else:
            assert sent == wanted
