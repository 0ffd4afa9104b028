"""The order of messages as providers ask for it: tool results after their calls, one role at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.errors import ProviderError
from promptkit.providers.body import refusal

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from promptkit.messages import Message, ToolCall
    from promptkit.model import Rendered


def check_calls(rendered: Rendered, provider: str, ids: re.Pattern[str] | None = None, like: str = "") -> None:
    """Refuses calls without results, results without calls, and ids that do not match `ids`, described by `like`."""
    waiting: dict[str, ToolCall] = {}
    caller: Message | None = None
    for message in rendered.messages:
        if message.role == "tool":
            if waiting.pop(message.tool_call_id or "", None) is None:
                what = f"the tool result {str(message.tool_call_id)[:60]!r} of {{}}, which answers no call before it"
                raise refusal(rendered, message, provider, what, "let each result follow its call")
        elif waiting and caller is not None:
            raise _unanswered(rendered, caller, provider, waiting)
        for call in message.tool_calls:
            if ids is not None and not ids.fullmatch(call.id):
                what = f"the tool call id {call.id[:60]!r} of {{}}"
                raise refusal(rendered, message, provider, what, f"give the calls ids of {like}")
            if call.id in waiting:
                raise refusal(
                    rendered, message, provider, f"two calls of the id {call.id[:60]!r} in {{}}", "rename one"
                )
            waiting[call.id] = call
            caller = message
    if waiting and caller is not None:
        raise _unanswered(rendered, caller, provider, waiting)


def _unanswered(rendered: Rendered, caller: Message, provider: str, waiting: dict[str, ToolCall]) -> Exception:
    call = next(iter(waiting.values()))
    what = f"the call of {call.name[:64]!r} in {{}} without a result right after it"
    return refusal(rendered, caller, provider, what, "add the tool's result, or leave the call out")


def split_system(rendered: Rendered) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """The system messages that open the prompt, and all other messages."""
    messages = rendered.messages
    count = next((place for place, each in enumerate(messages) if each.role != "system"), len(messages))
    return messages[:count], messages[count:]


def refuse_late_system(rendered: Rendered, messages: Iterable[Message], provider: str) -> None:
    """Refuses a system message after a turn."""
    for message in messages:
        if message.role == "system":
            what = "the system text {} after a turn"
            raise refusal(rendered, message, provider, what, "move the block before the turns, or give it `to: user`")


def refuse_no_turn(rendered: Rendered, messages: tuple[Message, ...], provider: str, *, user_first: bool) -> None:
    """Refuses a prompt without a turn, and with `user_first` one that the user does not open."""
    if not messages:
        if not rendered.messages:
            raise_empty(rendered, provider)
        what = "a prompt of system text alone, {}"
        raise refusal(rendered, rendered.messages[-1], provider, what, "add a user block")
    if user_first and messages[0].role != "user":
        what = f"a conversation that opens with the {messages[0].role}'s turn {{}}"
        raise refusal(rendered, messages[0], provider, what, "put a user's turn before it")


def raise_empty(rendered: Rendered, provider: str) -> None:
    """Refuses a prompt without messages."""
    spec = rendered.variant.prompt.spec
    raise ProviderError(f"{provider} cannot take '{spec.name}', which has no message; add a user block", spec.span)


def merged(turns: Iterable[tuple[str, list[Any]]]) -> list[tuple[str, list[Any]]]:
    """Turns with neighbours of one role made one, each keeping its blocks."""
    found: list[tuple[str, list[Any]]] = []
    for role, blocks in turns:
        if found and found[-1][0] == role:
            found[-1][1].extend(blocks)
        else:
            found.append((role, list(blocks)))
    return found
