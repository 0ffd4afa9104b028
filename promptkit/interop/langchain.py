"""LangChain's messages (langchain-core 1): objects alone, since its prompt templates would read the texts again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.blocks.kinds import compact_json
from promptkit.interop.exchange import (
    Unreadable,
    arguments_of,
    base64_of,
    identified,
    incoming,
    media_of,
    missing,
    no_system,
    numbered,
    object_of,
    openai_tool,
    outward,
)
from promptkit.messages import Media, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.messages import BaseMessage

    from promptkit.messages import Message
    from promptkit.model import Rendered

LIBRARY = "LangChain"
CALLS = frozenset({"tool_use", "tool_call", "function_call", "invalid_tool_call"})  # parts that repeat `tool_calls`


def to_messages(rendered: Rendered) -> list[BaseMessage]:
    """The messages, for `model.invoke(...)` of any LangChain chat model. Raises ProviderError."""
    library = _library()
    return outward(LIBRARY, rendered.messages, lambda message: _out(message, library))


def to_tools(rendered: Rendered) -> list[dict[str, Any]]:
    """The tools, for `model.bind_tools(...)`, which takes OpenAI's form."""
    return [openai_tool(tool) for tool in rendered.tools]


def from_messages(messages: Iterable[BaseMessage]) -> list[Message]:
    """LangChain's messages as the value of a history's input. Raises InputError, as for a system message."""
    library = _library()
    return numbered(messages, lambda message: _in(message, library))


def _library() -> Any:
    try:
        from langchain_core import messages
    except ModuleNotFoundError as error:
        raise missing("langchain", "langchain-core", error) from error
    return messages


def _out(message: Message, library: Any) -> BaseMessage:
    content: Any = [_part(part) for part in message.parts] if message.parts else message.content
    if message.role == "system":
        return library.SystemMessage(content=content, name=message.name)
    if message.role == "user":
        return library.HumanMessage(content=content, name=message.name)
    if message.role == "tool":
        return library.ToolMessage(content=content, tool_call_id=message.tool_call_id, name=message.name)
    return library.AIMessage(content=content, name=message.name, **_calls_out(message.tool_calls))


def _calls_out(calls: tuple[ToolCall, ...]) -> dict[str, Any]:
    """The calls parsed, and beside them what the model wrote where parsing loses it: blanks, order, faults."""
    good, bad, exact = [], [], True
    for call in calls:
        arguments = object_of(call.arguments)
        if arguments is None:
            bad.append({"name": call.name, "args": call.arguments, "id": call.id, "error": "no JSON object"})
            exact = exact and len(calls) == 1
        else:
            good.append({"name": call.name, "args": arguments, "id": call.id})
            exact = exact and compact_json(arguments) == call.arguments
    found: dict[str, Any] = {"tool_calls": good, "invalid_tool_calls": bad}
    if not exact:
        found["additional_kwargs"] = {"tool_calls": [_written(call) for call in calls]}
    return found


def _written(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _part(part: str | Media) -> dict[str, Any]:
    """One of LangChain's standard content blocks.

    Source: https://docs.langchain.com/oss/python/langchain/messages (checked 2026-11-24 against langchain-core 1.7).
    """
    if isinstance(part, str):
        return {"type": "text", "text": part}
    found: dict[str, Any] = {"type": part.type}
    if part.url is not None:
        found["url"] = part.url
    else:
        found["base64"] = base64_of(part)
    if part.media_type is not None:
        found["mime_type"] = part.media_type
    extras = {"filename": part.name, "detail": part.detail}
    if kept := {key: value for key, value in extras.items() if value is not None}:
        found["extras"] = kept
    return found


def _in(message: Any, library: Any) -> Message:
    roles = {library.HumanMessage: "user", library.AIMessage: "assistant", library.ToolMessage: "tool"}
    if isinstance(message, library.SystemMessage):
        raise no_system()
    role = next((role for known, role in roles.items() if isinstance(message, known)), None)
    if role is None:
        raise Unreadable(f"must be a HumanMessage, AIMessage or ToolMessage, not {type(message).__name__}")
    if "function_call" in message.additional_kwargs:
        raise Unreadable("has a function_call in the form before tool calls; write it as tool_calls")
    calls = _calls_in(message) if role == "assistant" else []
    content = [message.content] if isinstance(message.content, str) else message.content
    known = {call.id for call in calls}
    parts = [_part_in(part) for part in content if not _repeats(part, known)]
    call_id = identified(message.tool_call_id) if role == "tool" else None
    return incoming(role, parts, calls=calls, call_id=call_id, name=message.name)


def _repeats(part: Any, known: set[str]) -> bool:
    """Whether a part says again what `tool_calls` says: some of LangChain's models keep both."""
    return (
        isinstance(part, dict) and part.get("type") in CALLS and {part.get("id"), part.get("call_id")} & known != set()
    )


def _calls_in(message: Any) -> list[ToolCall]:
    written = message.additional_kwargs.get("tool_calls") or ()
    texts = {call.get("id"): (call.get("function") or {}).get("arguments") for call in written}
    found = [
        ToolCall(identified(call["id"]), call["name"], arguments_of(call["args"], texts.get(call["id"])))
        for call in message.tool_calls
    ]
    found += [
        ToolCall(identified(call["id"]), call["name"] or "", call["args"] or "") for call in message.invalid_tool_calls
    ]
    rank = {call_id: place for place, call_id in enumerate(texts)}
    return sorted(found, key=lambda call: rank.get(call.id, len(rank)))


def _part_in(part: Any) -> str | Media:
    if isinstance(part, str):
        return part
    kind = part.get("type")
    if kind == "text":
        return str(part["text"])
    if kind == "image_url":
        inner = part["image_url"]
        inner = {"url": inner} if isinstance(inner, str) else inner
        return media_of("image", url=inner.get("url"), detail=inner.get("detail"))
    if kind in ("image", "audio", "file"):
        extras = part.get("extras") or part.get("metadata") or {}
        encoded = part.get("base64", part.get("data"))
        name = part.get("filename") or extras.get("filename")
        given = {"url": part.get("url"), "encoded": encoded, "media_type": part.get("mime_type")}
        return media_of(kind, **given, name=name, detail=extras.get("detail"))
    raise Unreadable(f"has a part of type '{kind}', which a message of promptkit cannot hold; take it out")
