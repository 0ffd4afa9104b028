"""A vendor's own count of a rendered prompt: one request to its count endpoint, which answers no prompt and is free.

The only module that opens a connection, and only for a caller that asks for it. The key is read from the environment,
sent as a header to the vendor's host (or to the base URL that the caller names, never one that a library names), and
stands in no message. Redirects are refused, since they would carry it elsewhere.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

from promptkit.errors import ModelError, RefusedError, RemoteError
from promptkit.modelnames import ESTIMATE, model_name
from promptkit.providers import request_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptkit.model import Rendered

TIMEOUT_S = 30.0
MAX_ANSWER = 100_000  # bytes; a count takes fifty
SHOWN = 200  # characters of an answer that a message repeats
BASE_URL = "check the base URL (--base-url)"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_KEY = re.compile(r"[!-~]{1,1000}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a vendor counts: where, with which key, and what its number is.

    `basis` is what the vendor says its count is. `body` makes the request of a generation's body and the model's name,
    `path` the address below the base URL; `answer` is the key of the number.
    """

    vendor: str
    base_url: str
    path: str
    keys: tuple[str, ...]
    headers: Callable[[str], Mapping[str, str]]
    provider: str
    body: Callable[[Mapping[str, Any], str], Mapping[str, Any]]
    answer: str
    basis: Literal["exact", "estimate"]

    def url(self, model: str, base_url: str | None = None) -> str:
        """The address that counts for a model."""
        return (base_url or self.base_url).rstrip("/") + self.path.format(model=model)


@dataclass(frozen=True, slots=True)
class RemoteCount:
    """A vendor's count. `basis` is exact where the vendor calls it that, else estimate; `endpoint` is the URL."""

    tokens: int
    basis: Literal["exact", "estimate"]
    vendor: str
    endpoint: str


def _anthropic(body: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Source: https://platform.claude.com/docs/en/api/messages/count_tokens (checked 2026-11-24).

    Its guide, .../build-with-claude/token-counting, says that the count "should be considered an estimate".
    """
    kept = ("messages", "system", "tools", "tool_choice", "thinking", "output_config")
    return {"model": model, **{key: body[key] for key in kept if key in body}}


def _openai(body: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Source: https://developers.openai.com/api/reference/resources/responses/subresources/input_tokens and the guide
    .../docs/guides/token-counting: "the exact count the model will receive" (checked 2026-11-24)."""
    kept = ("input", "instructions", "text", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "truncation")
    return {"model": model, **{key: body[key] for key in kept if key in body}}


def _gemini(body: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Source: https://ai.google.dev/api/tokens, models.countTokens: "runs a model's tokenizer on input" (checked
    2026-11-24). With system instruction and tools it takes the whole request."""
    return {"generateContentRequest": {**body, "model": f"models/{model}"}}


ENDPOINTS: Mapping[str, Endpoint] = {
    "anthropic": Endpoint(
        "Anthropic",
        "https://api.anthropic.com",
        "/v1/messages/count_tokens",
        ("ANTHROPIC_API_KEY",),
        lambda key: {"x-api-key": key, "anthropic-version": "2023-06-01"},
        "anthropic",
        _anthropic,
        "input_tokens",
        "estimate",
    ),
    "openai": Endpoint(
        "OpenAI",
        "https://api.openai.com",
        "/v1/responses/input_tokens",
        ("OPENAI_API_KEY",),
        lambda key: {"authorization": f"Bearer {key}"},
        "openai-responses",
        _openai,
        "input_tokens",
        "exact",
    ),
    "gemini": Endpoint(
        "Google",
        "https://generativelanguage.googleapis.com",
        "/v1beta/models/{model}:countTokens",
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        lambda key: {"x-goog-api-key": key},
        "gemini",
        _gemini,
        "totalTokens",
        "exact",
    ),
}

_BY_NAME = (
    (re.compile(r"claude-[\w.@-]+"), "anthropic"),
    (re.compile(r"gemini-[\w.-]+"), "gemini"),
    (re.compile(r"(chatgpt|gpt|codex)-[\w.-]+|o\d{1,2}(-[\w.-]+)?"), "openai"),
)


def endpoint_for(model: str) -> tuple[Endpoint, str]:
    """The endpoint that counts for a model, and the model's name there. Raises ModelError where there is none."""
    name = model_name(model.removeprefix(ESTIMATE)).name
    found = next((key for names, key in _BY_NAME if names.fullmatch(name)), None)
    if found is None or name.startswith("gpt-oss"):
        raise ModelError(f"no vendor counts for '{model}'; known are models of Anthropic, OpenAI and Google")
    return ENDPOINTS[found], name


def key_for(endpoint: Endpoint, environment: Mapping[str, str] = os.environ) -> str:
    """The vendor's key. Raises RemoteError where the environment has none, or one that no header may hold."""
    name = next((name for name in endpoint.keys if environment.get(name)), None)
    if name is None:
        raise RemoteError(f"{endpoint.vendor} needs a key to count: set {' or '.join(endpoint.keys)}")
    key = environment[name].strip()
    if not _KEY.fullmatch(key):
        raise RemoteError(f"{name} holds no key: it has blanks or characters that none has")
    return key


def checked_base_url(url: str) -> str:
    """A base URL that a key may be sent to: https, or this machine. Raises RemoteError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in ("https", "http") or parts.query or parts.fragment or parts.username:
        raise RemoteError(f"'{url[:80]}' is no base URL; write https://host or https://host/path")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise RemoteError(f"{url[:80]} would carry the key in the clear; use https")
    return url


def count_request(rendered: Rendered, model: str) -> dict[str, Any]:
    """The body of the count request for a rendered prompt. Raises ProviderError where the vendor cannot take it."""
    endpoint, name = endpoint_for(model)
    if endpoint.provider == "anthropic":  # its body needs a limit for the answer, and counts do not look at it
        variant = rendered.variant
        params = {"max_tokens": 1, **variant.settings.params}
        rendered = replace(rendered, variant=replace(variant, settings=replace(variant.settings, params=params)))
    return dict(endpoint.body(request_body(replace(rendered, model=name), endpoint.provider), name))


def remote_tokens(rendered: Rendered, model: str, base_url: str | None = None) -> RemoteCount:
    """The vendor's count of a rendered prompt: one request. Raises RemoteError, ModelError, ProviderError."""
    return ask(count_request(rendered, model), model, base_url)


def ask(body: Mapping[str, Any], model: str, base_url: str | None = None) -> RemoteCount:
    """The vendor's answer to a count request. Raises RemoteError: a RefusedError where it is about this request."""
    endpoint, name = endpoint_for(model)
    url = endpoint.url(name, None if base_url is None else checked_base_url(base_url))
    key = key_for(endpoint)
    said = _posted(endpoint, url, key, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        raise RemoteError(f"{url}: answered no JSON{_quoted(said, key)}; {BASE_URL}") from None
    tokens = answer.get(endpoint.answer) if isinstance(answer, dict) else None
    if type(tokens) is not int or tokens < 0:
        raise RemoteError(f"{url}: answered without {endpoint.answer}{_quoted(said, key)}; {BASE_URL}")
    return RemoteCount(tokens, endpoint.basis, endpoint.vendor, url)


def _posted(endpoint: Endpoint, url: str, key: str, content: bytes) -> bytes:
    from http.client import HTTPException  # here and below: 60 ms that nothing else needs
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

    class NoRedirects(HTTPRedirectHandler):
        def redirect_request(self, *_args: Any) -> None:
            return None

    headers = {**endpoint.headers(key), "content-type": "application/json", "accept": "application/json"}
    local = urlsplit(url).hostname in _LOOPBACK
    opener = build_opener(NoRedirects, *([ProxyHandler({})] if local else []))
    request = Request(url, content, headers, method="POST")  # noqa: S310 -- checked_base_url lets http(s) alone pass
    try:
        with opener.open(request, timeout=TIMEOUT_S) as response:
            answer: bytes = response.read(MAX_ANSWER)
    except HTTPError as error:
        with error:
            raise _refusal(url, error.code, error.read(MAX_ANSWER), key) from None
    except TimeoutError:
        raise RemoteError(f"{url}: no answer within {TIMEOUT_S:.0f} s; try again") from None
    except URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise RemoteError(f"{url}: cannot be reached: {_shown(str(reason), key)}; {BASE_URL}") from None
    except (HTTPException, OSError) as error:
        raise RemoteError(f"{url}: the connection broke: {type(error).__name__}; try again") from None
    return answer


_ABOUT_THE_REQUEST = frozenset({400, 413, 422})
_ADVICE = {
    400: "change the prompt, or leave it out",
    401: "check the key",
    403: "check the key",
    404: f"check the model's name; {BASE_URL}",
    405: BASE_URL,
    413: "shorten the prompt, or leave it out",
    422: "change the prompt, or leave it out",
    429: "wait, then try again",
}


def _refusal(url: str, code: int, answer: bytes, key: str) -> RemoteError:
    """What the vendor said, on one line, without the key, and what to do."""
    if 300 <= code < 400:
        where = "a redirect, which would carry the key elsewhere"
        return RemoteError(f"{url}: refused with status {code}, {where}; {BASE_URL}")
    try:
        said = json.loads(answer)["error"]["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        said = None
    told = f": {text}" if isinstance(said, str) and (text := _shown(said, key)) else _quoted(answer, key)
    if code == 400 and "api key" in told.lower():  # as Google refuses a key, of which no prompt is the cause
        return RemoteError(f"{url}: refused with status 400{told}; {_ADVICE[401]}")
    advice = _ADVICE.get(code) or ("try again later" if code >= 500 else BASE_URL)
    kind = RefusedError if code in _ABOUT_THE_REQUEST else RemoteError
    return kind(f"{url}: refused with status {code}{told}; {advice}")


def _quoted(answer: bytes, key: str) -> str:
    """The beginning of an answer that is not as it should be."""
    text = _shown(answer.decode("utf-8", "replace"), key)
    return f": '{text}'" if text else ": nothing"


def _shown(text: str, key: str) -> str:
    """A text of the vendor's on one line, its beginning, the key left out in each way in which it may be written."""
    for written in {key, quote(key, safe=""), escape(key), json.dumps(key)[1:-1], key.replace("/", "\\/")}:
        text = text.replace(written, "***")
    return " ".join(text.split())[:SHOWN].rstrip(". ")
