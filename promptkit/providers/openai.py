"""OpenAI: chat completions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promptkit.providers.body import model_of, with_params

if TYPE_CHECKING:
    from promptkit.messages import Message
    from promptkit.model import Rendered


def chat(rendered: Rendered) -> dict[str, Any]:
    """Chat completions. Source: https://platform.openai.com/docs/api-reference/chat/create (checked 2026-11-24)."""
    model = model_of(rendered)
    body: dict[str, Any] = {} if model is None else {"model": model}
    body["messages"] = [_message(message) for message in rendered.messages]
    if rendered.schema is not None:
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", str(rendered.schema.get("title") or rendered.variant.prompt.name))[:64]
        form = {"name": name, "schema": dict(rendered.schema), "strict": is_strict(rendered.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return with_params(body, rendered)


def _message(message: Message) -> dict[str, Any]:
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
