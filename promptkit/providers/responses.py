"""OpenAI: responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.media import url_of
from promptkit.providers import body as shared
from promptkit.providers.openai import is_strict
from promptkit.providers.turns import check_calls

if TYPE_CHECKING:
    from promptkit.messages import Media, Message
    from promptkit.model import Rendered

NAME = "OpenAI's responses"


def responses(rendered: Rendered) -> dict[str, Any]:
    """Responses. Source: https://platform.openai.com/docs/api-reference/responses/create (checked 2026-11-24)."""
    shared.refuse_names(rendered, NAME)
    check_calls(rendered, NAME)
    body = shared.start(rendered)
    body["input"] = [item for message in rendered.messages for item in _items(message)]
    if rendered.tools:
        body["tools"] = [
            {"type": "function", **shared.function_of(tool), "strict": is_strict(tool.parameters)}
            for tool in rendered.tools
        ]
    if rendered.schema is not None:
        schema = dict(rendered.schema)
        form = {"name": shared.schema_name(rendered), "schema": schema, "strict": is_strict(schema)}
        body["text"] = {"format": {"type": "json_schema", **form}}
    return shared.with_params(body, rendered, ("input", "instructions"))


def _items(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        shared.refuse_media(message, NAME, " in a tool's result")
        return [{"type": "function_call_output", "call_id": message.tool_call_id, "output": message.content}]
    if message.role == "assistant":
        shared.refuse_media(message, NAME, " in a turn of the assistant")
    found: list[dict[str, Any]] = []
    if message.content or message.parts or not message.tool_calls:
        content: Any = [_part(part) for part in shared.parts_of(message)] if message.parts else message.content
        found.append({"type": "message", "role": message.role, "content": content})
    return found + [
        {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
        for call in message.tool_calls
    ]


def _part(part: str | Media) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "input_text", "text": part}
    if part.type == "audio":
        raise shared.unfit(part, NAME, "audio", "send it by openai, whose chat takes wav and mp3")
    if part.type == "image":
        return {"type": "input_image", "detail": part.detail or "auto", "image_url": url_of(part)}
    shared.without_detail(part, NAME)
    if part.url is not None:
        return {"type": "input_file", "file_url": part.url}
    return {"type": "input_file", "filename": part.name or part.block, "file_data": url_of(part)}
