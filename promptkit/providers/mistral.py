"""Mistral: chat completions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promptkit.media import base64_of, url_of
from promptkit.providers import body as shared
from promptkit.providers.openai import is_strict
from promptkit.providers.turns import check_calls, raise_empty

if TYPE_CHECKING:
    from promptkit.messages import Media, Message
    from promptkit.model import Rendered

NAME = "Mistral"
_ID = re.compile(r"[a-zA-Z0-9]{9}")
# What may follow what: https://github.com/mistralai/mistral-common, validator.py (checked 2026-11-24).
_AFTER = {"assistant": ("system",), "tool": ("system", "user")}


def chat(rendered: Rendered) -> dict[str, Any]:
    """Chat completions. Source: https://docs.mistral.ai/api/endpoint/chat (checked 2026-11-24)."""
    if not rendered.messages:
        raise_empty(rendered, NAME)
    shared.refuse_names(rendered, NAME)
    check_calls(rendered, NAME, _ID, "9 letters and digits")
    before = ""
    for message in rendered.messages:
        if message.role in _AFTER.get(before, ()):
            what = f"the {message.role}'s turn {{}} right after the {before}'s"
            raise shared.refusal(rendered, message, NAME, what, "move the block, or add a turn between")
        before = message.role
    names = shared.call_names(rendered)
    body = shared.start(rendered)
    body["messages"] = [_message(rendered, each, names.get(each.tool_call_id or "")) for each in rendered.messages]
    if before == "assistant":
        body["messages"][-1]["prefix"] = True  # the answer goes on from it; without, the last turn is refused
    if rendered.tools:
        body["tools"] = [
            {"type": "function", "function": {**shared.function_of(tool), "strict": is_strict(tool.parameters)}}
            for tool in rendered.tools
        ]
    if rendered.schema is not None:
        schema = dict(rendered.schema)
        form = {"name": shared.schema_name(rendered), "schema": schema, "strict": is_strict(schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return shared.with_params(body, rendered)


def _message(rendered: Rendered, message: Message, name: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.role in ("system", "assistant"):
        shared.refuse_media(message, NAME, f" in a turn of the {message.role}")
    if message.parts:
        found["content"] = [_chunk(part) for part in shared.parts_of(message)]
    if message.role == "tool":
        found |= {"tool_call_id": message.tool_call_id, "name": name}
    if message.tool_calls:
        found["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    elif message.role == "assistant" and not message.content:
        raise shared.refusal(rendered, message, NAME, "an empty turn of {}", "leave the turn out")
    return found


def _chunk(part: str | Media) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.type == "image":
        more = {} if part.detail is None else {"detail": part.detail}
        return {"type": "image_url", "image_url": {"url": url_of(part), **more}}
    if part.type == "audio":
        return {"type": "input_audio", "input_audio": part.url or base64_of(part)}
    named = {} if part.name is None else {"document_name": part.name}
    return {"type": "document_url", "document_url": url_of(part), **named}
