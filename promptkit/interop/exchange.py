"""What the exchange with every library shares: refusals, tool calls' arguments, messages made of parts."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from promptkit.blocks.kinds import compact_json
from promptkit.errors import InputError, PromptkitError, ProviderError, Span
from promptkit.messages import Media
from promptkit.read.data import InvalidMessage, chat_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from promptkit.messages import Message, Tool, ToolCall

PLACE = Span("<messages>")


def missing(extra: str, package: str, error: ModuleNotFoundError) -> PromptkitError:
    """The error for a library that is not installed: which extra brings it."""
    return PromptkitError(
        f"needs {package}, and {error.name} is not installed; in the clone of promptkit run pip install '.[{extra}]'"
    )


def block_of(message: Message) -> str:
    """The name of the block that a message begins with."""
    return message.pieces[0].block if message.pieces else "history"


def refused(library: str, what: str, block: str, instead: str) -> ProviderError:
    """The error for what a library's messages cannot hold."""
    return ProviderError(f"{library} cannot carry {what} of '{block}'; {instead}")


def outward(library: str, messages: Iterable[Message], make: Callable[[Message], Any]) -> list[Any]:
    """What `make` gives of each; the library's own refusal becomes a ProviderError that names the block."""
    found = []
    for message in messages:
        try:
            found.append(make(message))
        except (ValueError, TypeError) as error:
            why = (str(error).splitlines() or [type(error).__name__])[-1].strip()
            raise ProviderError(f"{library} does not take a message of '{block_of(message)}': {why}") from error
    return found


# Out.


def object_of(arguments: str) -> dict[str, Any] | None:
    """The JSON object that a tool call's arguments are, None where the model wrote anything else."""
    try:
        found = json.loads(arguments, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def base64_of(media: Media) -> str:
    """The bytes of media as base64 text."""
    return base64.b64encode(media.data or b"").decode()


def openai_tool(tool: Tool) -> dict[str, Any]:
    """A tool in OpenAI's form, which most libraries take.

    Source: https://platform.openai.com/docs/api-reference/chat/create (checked 2026-11-24).
    """
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


# In.


def numbered(messages: Iterable[Any], read: Callable[[Any], Message]) -> list[Message]:
    """Each message read. Raises InputError with the number of the one that cannot be."""
    found: list[Message] = []
    for number, message in enumerate(messages, 1):
        try:
            found.append(read(message))
        except (InvalidMessage, Unreadable) as error:
            raise InputError(f"message {number}: {error}") from error
    return found


class Unreadable(Exception):
    """A message that promptkit's own cannot hold; says which part, and what to do."""


def no_system() -> Unreadable:
    """The refusal of a system message: what the system says is for the prompt's blocks."""
    return Unreadable("is a system message; leave it out, the prompt's own blocks say what the system says")


def incoming(
    role: str,
    parts: Sequence[str | Media],
    *,
    join: str = "",
    calls: Sequence[ToolCall] = (),
    call_id: str | None = None,
    name: str | None = None,
) -> Message:
    """A message of these parts, checked as any message is. Texts alone become one, by `join`."""
    texts = [part for part in parts if isinstance(part, str)]
    mixed = len(texts) < len(parts)
    data: dict[str, Any] = {"role": role, "content": ("" if mixed else join).join(texts), "name": name}
    if calls:
        data["tool_calls"] = tuple(calls)
    if call_id is not None:
        data["tool_call_id"] = call_id
    message = chat_message(data)
    return replace(message, parts=tuple(parts)) if mixed else message


def arguments_of(value: Any, written: Any = None) -> str:
    """A call's arguments as JSON text: `written`, the model's own, as long as it says the same as `value`."""
    if isinstance(value, str):
        return value
    try:
        text = compact_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unreadable(f"has a tool call whose arguments are no JSON: {error}") from error
    if isinstance(written, str):
        said = object_of(written)
        if said is not None and compact_json(said) == text:
            return written
    return text


def identified(call_id: Any) -> str:
    """The id of a tool call, which a history needs."""
    if not isinstance(call_id, str):
        raise Unreadable("has a tool call without an id; give it one, and its result the same")
    return call_id


def media_of(
    kind: Literal["image", "audio", "file"],
    *,
    url: Any = None,
    encoded: Any = None,
    media_type: Any = None,
    name: Any = None,
    detail: Any = None,
) -> Media:
    """Media of a URL or of base64; a data: URL becomes its bytes."""
    if isinstance(encoded, bytes):
        encoded = encoded.decode("ascii", "replace")
    if url is not None and str(url)[:5].lower() == "data:":
        head, _, encoded = str(url).partition(",")
        if not head.lower().endswith(";base64"):
            raise Unreadable(f"has a data: URL that is not base64; pass the bytes of the {kind}")
        media_type, url = head[5:].split(";")[0] or media_type, None
    if (url is None) == (encoded is None):
        raise Unreadable(f"has the {kind} neither as one URL nor as one base64 text; pass either")
    if encoded is None:
        return Media(kind, "", PLACE, url=str(url), media_type=media_type, name=name, detail=detail)
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"has base64 of the {kind} that cannot be decoded") from error
    return Media(kind, "", PLACE, data=data, media_type=media_type, name=name, detail=detail)
