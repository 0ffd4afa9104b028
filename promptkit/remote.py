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
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from promptkit.errors import ModelError, RemoteError
from promptkit.modelnames import ESTIMATE, model_name
from promptkit.providers import request_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptkit.model import Rendered

TIMEOUT_S = 30.0
MAX_ANSWER = 100_000  # bytes; a count takes fifty
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
    """The vendor's answer to a count request. Raises RemoteError."""
    endpoint, name = endpoint_for(model)
    url = endpoint.url(name, None if base_url is None else checked_base_url(base_url))
    answer = _posted(endpoint, url, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    tokens = answer.get(endpoint.answer) if isinstance(answer, dict) else None
    if type(tokens) is not int or tokens < 0:
        raise RemoteError(f"{url}: answered without {endpoint.answer}; is the base URL right?")
    return RemoteCount(tokens, endpoint.basis, endpoint.vendor, url)


def _posted(endpoint: Endpoint, url: str, content: bytes) -> Any:
    from http.client import HTTPException  # here and below: 60 ms that nothing else needs
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

    class NoRedirects(HTTPRedirectHandler):
        def redirect_request(self, *_args: Any) -> None:
            return None

    key = key_for(endpoint)
    headers = {**endpoint.headers(key), "content-type": "application/json", "accept": "application/json"}
    local = urlsplit(url).hostname in _LOOPBACK
    opener = build_opener(NoRedirects, *([ProxyHandler({})] if local else []))
    request = Request(url, content, headers, method="POST")  # noqa: S310 -- checked_base_url lets http(s) alone pass
    try:
        with opener.open(request, timeout=TIMEOUT_S) as response:
            answer = response.read(MAX_ANSWER)
    except HTTPError as error:
        with error:
            raise RemoteError(f"{url}: {_refusal(error.code, error.read(MAX_ANSWER), key)}") from None
    except TimeoutError:
        raise RemoteError(f"{url}: no answer within {TIMEOUT_S:.0f} s; try again") from None
    except URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise RemoteError(f"{url}: cannot be reached: {str(reason).replace(key, '***')[:200]}") from None
    except (HTTPException, OSError) as error:
        raise RemoteError(f"{url}: the connection broke: {type(error).__name__}; try again") from None
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        raise RemoteError(f"{url}: answered something that is no JSON; is the base URL right?") from None


def _refusal(code: int, answer: bytes, key: str) -> str:
    """What the vendor said, on one line, without the key."""
    try:
        said = json.loads(answer)["error"]["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        said = ""
    advice = {401: "check the key", 403: "check the key", 404: "check the model's name", 429: "wait, then try again"}
    text = " ".join(str(said).replace(key, "***").split())[:200].rstrip(". ")
    what = "; ".join(part for part in (text, advice.get(code, "")) if part)
    return f"refused with status {code}{': ' + what if what else ''}"
