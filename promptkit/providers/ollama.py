"""Ollama: chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.media import base64_of
from promptkit.providers import body as shared
from promptkit.providers.turns import check_calls

if TYPE_CHECKING:
    from promptkit.messages import Message, ToolCall
    from promptkit.model import Rendered

NAME = "Ollama"
# Fields of the request beside options: params of these names stay at its top level.
TOP = frozenset({"format", "keep_alive", "logprobs", "stream", "think", "tools", "top_logprobs"})


def chat(rendered: Rendered) -> dict[str, Any]:
    """Chat, `params` under options. Source: https://docs.ollama.com/api/chat (checked 2026-11-24).

    Images have no place among a message's texts: they stand beside them, in their order.
    """
    shared.refuse_names(rendered, NAME)
    check_calls(rendered, NAME)
    _refuse_mixed_results(rendered)
    names = shared.call_names(rendered)
    body = shared.start(rendered)
    body["messages"] = [_message(rendered, each, names.get(each.tool_call_id or "")) for each in rendered.messages]
    if rendered.tools:
        body["tools"] = [{"type": "function", "function": shared.function_of(tool)} for tool in rendered.tools]
    if rendered.schema is not None:
        body["format"] = dict(rendered.schema)
    return shared.with_params(body, rendered, inside="options", beside=TOP)


def _refuse_mixed_results(rendered: Rendered) -> None:
    """Results carry the function's name, not the call's id: those of one function stand in the order of its calls."""
    waiting: list[ToolCall] = []
    for message in rendered.messages:
        if message.role != "tool":
            waiting = list(message.tool_calls)
            continue
        call = next(each for each in waiting if each.id == message.tool_call_id)
        if any(each.name == call.name for each in waiting[: waiting.index(call)]):
            what = f"the results of {call.name[:64]!r} in {{}} in another order than the calls"
            raise shared.refusal(rendered, message, NAME, what, "put them in the order of their calls")
        waiting.remove(call)


def _message(rendered: Rendered, message: Message, name: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role}
    if message.content or not message.tool_calls:
        found["content"] = message.content
    if message.role == "tool":
        found["tool_name"] = name
    images = []
    for part in message.parts:
        if isinstance(part, str):
            continue
        shared.without_detail(part, NAME)
        if part.type != "image":
            raise shared.unfit(part, NAME, shared.article(part.type), "leave the block out in a variant")
        if part.data is None:
            raise shared.unfit(part, NAME, "the URL of an image", "pass its bytes")
        images.append(base64_of(part))
    if images:
        found["images"] = images
    if message.tool_calls:
        found["tool_calls"] = [
            {"function": {"name": call.name, "arguments": shared.arguments_of(rendered, message, call, NAME)}}
            for call in message.tool_calls
        ]
    return found
