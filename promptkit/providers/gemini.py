"""Google: Gemini's generateContent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.media import base64_of
from promptkit.providers import body as shared
from promptkit.providers.turns import check_calls, merged, refuse_late_system, refuse_no_turn, split_system

if TYPE_CHECKING:
    from promptkit.messages import Media, Message
    from promptkit.model import Rendered

NAME = "Gemini"
_LEVELS: dict[str | None, str] = {"low": "MEDIA_RESOLUTION_LOW", "high": "MEDIA_RESOLUTION_HIGH"}
# Fields of the request beside generationConfig: params of these names stay at its top level.
TOP = frozenset({"cachedContent", "labels", "safetySettings", "serviceTier", "store", "toolConfig", "tools"})


def generate_content(rendered: Rendered) -> dict[str, Any]:
    """The request of generateContent, with `model`, which stands in the URL when the API is called without an SDK.

    Sources: https://ai.google.dev/api/generate-content and https://ai.google.dev/api/caching#Content
    (checked 2026-11-24).
    """
    opening, turns = split_system(rendered)
    refuse_no_turn(rendered, turns, NAME, user_first=False)
    refuse_late_system(rendered, turns, NAME)
    shared.refuse_names(rendered, NAME)
    check_calls(rendered, NAME)
    if turns[0].tool_calls:
        what = "a conversation that opens with the call of {}"
        raise shared.refusal(rendered, turns[0], NAME, what, "put a user's turn before it")
    body = shared.start(rendered)
    if opening:
        for message in opening:
            shared.refuse_media(message, NAME, " in system text")
        body["systemInstruction"] = {"parts": [_text(rendered, message) for message in opening]}
    names = shared.call_names(rendered)
    turned = merged(_turn(rendered, message, names.get(message.tool_call_id or "", "")) for message in turns)
    body["contents"] = [{"role": role, "parts": parts} for role, parts in turned]
    if rendered.tools:
        declared = [
            {"name": tool.name, "description": tool.description, "parametersJsonSchema": dict(tool.parameters)}
            for tool in rendered.tools
        ]
        body["tools"] = [{"functionDeclarations": declared}]
    if rendered.schema is not None:
        form = {"responseMimeType": "application/json", "responseJsonSchema": dict(rendered.schema)}
        body["generationConfig"] = form
    reserved = ("contents", "systemInstruction", "system_instruction")
    return shared.with_params(body, rendered, reserved, inside="generationConfig", beside=TOP)


def _text(rendered: Rendered, message: Message) -> dict[str, Any]:
    if not message.content:
        raise shared.refusal(rendered, message, NAME, "the empty text {}", "leave the block out")
    return {"text": message.content}


def _turn(rendered: Rendered, message: Message, name: str) -> tuple[str, list[dict[str, Any]]]:
    if message.role == "tool":
        shared.refuse_media(message, NAME, " in a tool's result")
        response = {"id": message.tool_call_id, "name": name, "response": {"output": message.content}}
        return "user", [{"functionResponse": response}]
    parts = [_part(part) for part in shared.parts_of(message)]
    for call in message.tool_calls:
        arguments = shared.arguments_of(rendered, message, call, NAME)
        parts.append({"functionCall": {"id": call.id, "name": call.name, "args": arguments}})
    if not parts:
        raise shared.refusal(rendered, message, NAME, "an empty turn of {}", "leave the turn out")
    return "model" if message.role == "assistant" else "user", parts


def _part(part: str | Media) -> dict[str, Any]:
    if isinstance(part, str):
        return {"text": part}
    level = {} if part.detail not in _LEVELS else {"mediaResolution": {"level": _LEVELS[part.detail]}}
    if part.url is not None:
        kind = {} if part.media_type is None else {"mimeType": part.media_type}
        return {"fileData": {"fileUri": part.url, **kind}, **level}
    return {"inlineData": {"mimeType": part.media_type, "data": base64_of(part)}, **level}
