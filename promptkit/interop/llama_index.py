"""LlamaIndex's chat messages (llama-index-core 0.14), made of blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    outward,
    refused,
)
from promptkit.messages import Media, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llama_index.core.llms import ChatMessage

    from promptkit.messages import Message
    from promptkit.model import Rendered

LIBRARY = "LlamaIndex"
FORMATS = {"audio/mpeg": "mp3", "audio/wav": "wav"}  # its audio is named by format; others by their subtype
UNTITLED = "input_document"  # the title that LlamaIndex gives a document without one


def to_messages(rendered: Rendered) -> list[ChatMessage]:
    """The messages, for `llm.chat(...)`. Raises ProviderError."""
    library = _library()
    return outward(LIBRARY, rendered.messages, lambda message: _out(message, library))


def from_messages(messages: Iterable[ChatMessage]) -> list[Message]:
    """LlamaIndex's messages as the value of a history's input. Raises InputError, as for a system message."""
    library = _library()
    return numbered(messages, lambda message: _in(message, library))


def _library() -> Any:
    try:
        from llama_index.core.base.llms import types
    except ModuleNotFoundError as error:
        raise missing("llama-index", "llama-index-core", error) from error
    return types


def _out(message: Message, library: Any) -> ChatMessage:
    blocks = [_block(part, library) for part in message.parts]
    if not blocks and (message.content or not message.tool_calls):
        blocks = [library.TextBlock(text=message.content)]
    for call in message.tool_calls:
        # here: the arguments as text, since its OpenAI models need that and the others read it
        blocks.append(library.ToolCallBlock(tool_call_id=call.id, tool_name=call.name, tool_kwargs=call.arguments))
    beside = {"tool_call_id": message.tool_call_id, "name": message.name}
    kept = {key: value for key, value in beside.items() if value is not None}
    return library.ChatMessage(role=library.MessageRole(message.role), blocks=blocks, additional_kwargs=kept)


def _block(part: str | Media, library: Any) -> Any:
    if isinstance(part, str):
        return library.TextBlock(text=part)
    # here: base64, since it takes bytes that happen to be base64 for an encoding and would decode them
    data = None if part.data is None else base64_of(part).encode()
    if part.name is not None and part.type != "file":
        raise refused(LIBRARY, f"the name of the {part.type}", part.block, "leave the name out")
    if part.type == "image":
        return library.ImageBlock(image=data, url=part.url, image_mimetype=part.media_type, detail=part.detail)
    if part.type == "audio":
        known = part.media_type and FORMATS.get(part.media_type, part.media_type.partition("/")[2])
        return library.AudioBlock(audio=data, url=part.url, format=known)
    return library.DocumentBlock(data=data, url=part.url, document_mimetype=part.media_type, title=part.name)


def _in(message: Any, library: Any) -> Message:
    if not isinstance(message, library.ChatMessage):
        raise Unreadable(f"must be a ChatMessage, not {type(message).__name__}")
    role = message.role.value
    if role in ("system", "developer"):
        raise no_system()
    roles = {"user": "user", "assistant": "assistant", "model": "assistant", "chatbot": "assistant", "tool": "tool"}
    if role not in roles:
        raise Unreadable(f"has the role '{role}'; a history has user, assistant and tool")
    beside = message.additional_kwargs
    parts: list[str | Media] = []
    calls: list[ToolCall] = []
    for block in message.blocks:
        if isinstance(block, library.ToolCallBlock):
            calls.append(ToolCall(identified(block.tool_call_id), block.tool_name, arguments_of(block.tool_kwargs)))
        else:
            parts.append(_part_in(block, library))
    calls = calls or [_legacy_call(call) for call in beside.get("tool_calls") or ()]
    call_id = identified(beside.get("tool_call_id")) if role == "tool" else None
    return incoming(roles[role], parts, join="\n", calls=calls, call_id=call_id, name=beside.get("name"))


def _legacy_call(call: Any) -> ToolCall:
    """A call as its models left it in `additional_kwargs` before there were blocks: OpenAI's object or its mapping."""
    data = call if isinstance(call, dict) else call.model_dump() if hasattr(call, "model_dump") else {}
    function = data.get("function")
    if not isinstance(function, dict):
        raise Unreadable("has tool_calls in additional_kwargs of an unknown form; make them ToolCallBlocks")
    return ToolCall(identified(data.get("id")), str(function["name"]), arguments_of(function["arguments"]))


def _part_in(block: Any, library: Any) -> str | Media:
    if isinstance(block, library.TextBlock):
        return str(block.text)
    if getattr(block, "path", None) is not None:
        raise Unreadable(
            f"has a {block.block_type} as a path, and promptkit opens no file of a history; pass its bytes"
        )
    if isinstance(block, library.ImageBlock):
        encoded, form = _encoded(block.image), block.image_mimetype
        return media_of("image", url=block.url, encoded=encoded, media_type=form, detail=block.detail)
    if isinstance(block, library.AudioBlock):
        form = {"mp3": "audio/mpeg"}.get(block.format, block.format and f"audio/{block.format}")
        return media_of("audio", url=block.url, encoded=_encoded(block.audio), media_type=form)
    if isinstance(block, library.DocumentBlock):
        name = None if block.title == UNTITLED else block.title
        media_type = block.document_mimetype
        return media_of("file", url=block.url, encoded=_encoded(block.data), media_type=media_type, name=name)
    raise Unreadable(f"has a {type(block).__name__}, which a message of promptkit cannot hold; take it out")


def _encoded(data: Any) -> Any:
    """The base64 of a block, which LlamaIndex keeps as bytes; a stream stays unread, since reading it would end it."""
    if data is None or isinstance(data, bytes):
        return data
    raise Unreadable("has a stream in place of bytes; read it and pass its bytes")
