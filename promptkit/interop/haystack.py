"""Haystack's chat messages (haystack-ai 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.blocks.kinds import compact_json
from promptkit.errors import InputError, ProviderError, did_you_mean
from promptkit.interop.exchange import (
    Unreadable,
    arguments_of,
    base64_of,
    block_of,
    identified,
    incoming,
    media_of,
    missing,
    no_system,
    numbered,
    object_of,
    outward,
    refused,
)
from promptkit.messages import Media, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from haystack.dataclasses import ChatMessage
    from haystack.tools import Tool

    from promptkit.messages import Message
    from promptkit.model import Rendered

LIBRARY = "Haystack"
WRITTEN = "promptkit_arguments"  # in a call's `extra`: its arguments as the model wrote them, blanks and all


def to_messages(rendered: Rendered) -> list[ChatMessage]:
    """The messages, for `generator.run(messages=...)`. Raises ProviderError."""
    library = _library()
    calls: dict[str, Any] = {}  # by id: a result carries the call that it answers
    return outward(LIBRARY, rendered.messages, lambda message: _out(message, library, calls))


def to_tools(rendered: Rendered, functions: Mapping[str, Callable[..., Any]]) -> list[Tool]:
    """The tools, each with the function of its name, which Haystack runs. Raises InputError where one is missing."""
    _library()
    from haystack.tools import Tool

    found = []
    for tool in rendered.tools:
        if tool.name not in functions:
            raise InputError(
                f"no function for the tool '{tool.name}' of '{tool.block}'{did_you_mean(tool.name, functions)}",
                tool.span,
            )
        found.append(Tool(tool.name, tool.description, dict(tool.parameters), functions[tool.name]))
    return found


def from_messages(messages: Iterable[ChatMessage]) -> list[Message]:
    """Haystack's messages as the value of a history's input. Raises InputError, as for a system message."""
    library = _library()
    return numbered(messages, lambda message: _in(message, library))


def _library() -> Any:
    try:
        from haystack import dataclasses
    except ModuleNotFoundError as error:
        raise missing("haystack", "haystack-ai", error) from error
    return dataclasses


def _out(message: Message, library: Any, calls: dict[str, Any]) -> ChatMessage:
    if message.role == "tool":
        return _result(message, library, calls)
    if message.role == "user":
        if message.parts:
            parts = [_part(part, library) for part in message.parts]
            return library.ChatMessage.from_user(content_parts=parts, name=message.name)
        return library.ChatMessage.from_user(message.content, name=message.name)
    media = next((part for part in message.parts if isinstance(part, Media)), None)
    if media is not None:
        raise refused(LIBRARY, f"the {media.type}", media.block, f"it takes none in a message of the {message.role}")
    if message.role == "system":
        return library.ChatMessage.from_system(message.content, name=message.name)
    made = [_call(message, call, library) for call in message.tool_calls]
    calls.update((call.id, call) for call in made)
    text = message.content if message.content or not made else None
    return library.ChatMessage.from_assistant(text, name=message.name, tool_calls=made)


def _call(message: Message, call: ToolCall, library: Any) -> Any:
    arguments = object_of(call.arguments)
    if arguments is None:
        raise refused(LIBRARY, f"the call of '{call.name}'", block_of(message), "its arguments are no JSON object")
    extra = None if compact_json(arguments) == call.arguments else {WRITTEN: call.arguments}
    return library.ToolCall(tool_name=call.name, arguments=arguments, id=call.id, extra=extra)


def _result(message: Message, library: Any, calls: dict[str, Any]) -> Any:
    origin = calls.get(message.tool_call_id or "")
    if origin is None:
        raise ProviderError(
            f"{LIBRARY} cannot carry a tool result of '{block_of(message)}' without its call: "
            f"no message before it makes '{message.tool_call_id}'"
        )
    result = [_part(part, library) for part in message.parts] if message.parts else message.content
    meta = None if message.name is None else {"name": message.name}
    return library.ChatMessage.from_tool(result, origin, meta=meta)


def _part(part: str | Media, library: Any) -> Any:
    if isinstance(part, str):
        return library.TextContent(part)
    if part.url is not None:
        raise refused(LIBRARY, f"the {part.type} by its URL", part.block, "pass its bytes")
    if part.type == "image":
        meta = {} if part.name is None else {"name": part.name}
        return library.ImageContent(base64_of(part), mime_type=part.media_type, detail=part.detail, meta=meta)
    if part.type == "audio":
        raise refused(LIBRARY, "the audio", part.block, "it has no form for sound")
    return library.FileContent(base64_of(part), mime_type=part.media_type, filename=part.name)


def _in(message: Any, library: Any) -> Message:
    if not isinstance(message, library.ChatMessage):
        raise Unreadable(f"must be a ChatMessage, not {type(message).__name__}")
    role = message.role.value
    if role == "system":
        raise no_system()
    name = message.name or message.meta.get("name")
    if role == "tool":
        return _result_in(message, library, name)
    calls = [
        ToolCall(identified(call.id), call.tool_name, arguments_of(call.arguments, (call.extra or {}).get(WRITTEN)))
        for call in message.tool_calls
    ]
    content = [part for part in message._content if not isinstance(part, library.ToolCall)]  # it has no public list
    return incoming(role, [_part_in(part, library) for part in content], calls=calls, name=name)


def _result_in(message: Any, library: Any, name: str | None) -> Message:
    results = message.tool_call_results
    if len(results) != 1:
        raise Unreadable(f"has {len(results)} tool results; make it a message for each")
    result, origin = results[0].result, results[0].origin
    parts = [result] if isinstance(result, str) else [_part_in(part, library) for part in result]
    return incoming("tool", parts, call_id=identified(origin.id), name=name)


def _part_in(part: Any, library: Any) -> str | Media:
    if isinstance(part, library.TextContent):
        return str(part.text)
    if isinstance(part, library.ImageContent):
        encoded, form, name = part.base64_image, part.mime_type, part.meta.get("name")
        return media_of("image", encoded=encoded, media_type=form, name=name, detail=part.detail)
    if isinstance(part, library.FileContent):
        return media_of("file", encoded=part.base64_data, media_type=part.mime_type, name=part.filename)
    raise Unreadable(f"has a {type(part).__name__}, which a message of promptkit cannot hold; take it out")
