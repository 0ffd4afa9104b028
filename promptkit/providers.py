"""From a rendered prompt to the body of a provider's request. Adding a provider is one function and its entry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promptkit.errors import ProviderError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptkit.messages import Message
    from promptkit.model import Rendered


def request_body(rendered: Rendered, provider: str) -> dict[str, Any]:
    """The JSON body of the request that sends a rendered prompt. Raises ProviderError for an unknown provider."""
    if provider not in PROVIDERS:
        raise ProviderError(f"unknown provider '{provider}'{did_you_mean(provider, PROVIDERS)}")
    return PROVIDERS[provider](rendered)


def _openai(rendered: Rendered) -> dict[str, Any]:
    """Chat completions. Source: https://platform.openai.com/docs/api-reference/chat/create (checked 2026-11-24)."""
    body = _request(rendered)
    body["messages"] = [_openai_message(message) for message in rendered.messages]
    if rendered.schema is not None:
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", str(rendered.schema.get("title") or rendered.variant.prompt.name))[:64]
        form = {"name": name, "schema": dict(rendered.schema), "strict": is_strict(rendered.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return _with_params(body, rendered)


def _openai_message(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.name is not None:
        found["name"] = message.name
    if message.tool_call_id is not None:
        found["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        found["content"] = message.content or None
        found["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return found


def _text(rendered: Rendered) -> dict[str, Any]:
    """The messages as one text, for a model that takes no roles. A tool call has no form in it."""
    for message in rendered.messages:
        if message.tool_calls or message.role == "tool":
            block = message.pieces[0].block if message.pieces else "history"
            raise ProviderError(f"plain text cannot carry the tool calls of '{block}'; leave them out of the history")
    body = _request(rendered)
    body["prompt"] = "\n\n".join(message.content for message in rendered.messages)
    return _with_params(body, rendered)


def _request(rendered: Rendered) -> dict[str, Any]:
    models = rendered.variant.prompt.library.config.models
    model = rendered.model or rendered.variant.settings.model or (models[0] if models else None)
    return {} if model is None else {"model": model}


def _with_params(body: dict[str, Any], rendered: Rendered) -> dict[str, Any]:
    """The body with the prompt's parameters, none of which may take the place of what the prompt itself says."""
    params = rendered.variant.settings.params
    clash = next((key for key in params if key in {*body, "model", "messages", "prompt"}), None)
    if clash is not None:
        raise ProviderError(
            f"{rendered.variant.prompt.name}: params has '{clash}', which the prompt itself decides; remove it",
            rendered.variant.prompt.spec.span,
        )
    return {**body, **params}


def is_strict(schema: Any) -> bool:
    """Whether OpenAI's strict mode takes a schema: every object closed, every property required.

    Source: https://platform.openai.com/docs/guides/structured-outputs (checked 2026-11-24).
    """
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    if "properties" in schema or schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False or set(schema.get("required", ())) != set(properties):
            return False
    return all(map(is_strict, schema.values()))


PROVIDERS: Mapping[str, Callable[[Rendered], dict[str, Any]]] = {"openai": _openai, "text": _text}
