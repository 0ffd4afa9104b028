"""OpenAI: chat completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.errors import ProviderError
from promptkit.media import base64_of, url_of
from promptkit.providers import body as shared

if TYPE_CHECKING:
    from promptkit.messages import Media, Message, Tool
    from promptkit.model import Rendered

NAME = "OpenAI's chat"


def chat(rendered: Rendered) -> dict[str, Any]:
    """Chat completions. Source: https://platform.openai.com/docs/api-reference/chat/create (checked 2026-11-24)."""
    body = shared.start(rendered)
    names = shared.call_names(rendered)
    body["messages"] = [_message(rendered, each, names.get(each.tool_call_id or "")) for each in rendered.messages]
    if rendered.tools:
        body["tools"] = [{"type": "function", "function": _function(tool)} for tool in rendered.tools]
    if rendered.schema is not None:
        name = shared.schema_name(rendered)
        form = {"name": name, "schema": dict(rendered.schema), "strict": is_strict(rendered.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return shared.with_params(body, rendered)


def _message(rendered: Rendered, message: Message, function: str | None) -> dict[str, Any]:
    if message.role != "user":
        shared.refuse_media(message, NAME, f" in a turn of the {message.role}")
    content: Any = [_part(part) for part in message.parts] if message.parts else message.content
    found: dict[str, Any] = {"role": message.role, "content": content}
    if message.role == "tool" and message.name not in (None, function):
        what = f"the name {str(message.name)[:60]!r} of a tool's result of {{}}"
        raise shared.refusal(rendered, message, NAME, what, "leave it out")
    if message.role != "tool" and message.name is not None:
        found["name"] = message.name
    if message.tool_call_id is not None:
        found["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        found["content"] = content or None
        found["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return found


def _function(tool: Tool) -> dict[str, Any]:
    found = shared.function_of(tool)
    return {**found, "strict": True} if is_strict(tool.parameters) else found


_SOUNDS = {"audio/wav": "wav", "audio/mpeg": "mp3"}


def _part(part: str | Media) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.type == "image":
        detail = {} if part.detail is None else {"detail": part.detail}
        return {"type": "image_url", "image_url": {"url": url_of(part), **detail}}
    if part.data is None:
        raise ProviderError(f"'{part.block}': OpenAI's chat takes no URL of a {part.type}; pass its bytes", part.span)
    if part.type == "audio":
        form = _SOUNDS.get(part.media_type or "")
        if form is None:
            raise ProviderError(f"'{part.block}': OpenAI's chat takes wav or mp3, not {part.media_type}", part.span)
        return {"type": "input_audio", "input_audio": {"data": base64_of(part), "format": form}}
    return {"type": "file", "file": {"filename": part.name or part.block, "file_data": url_of(part)}}


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
