"""Text by the chat template of a Hugging Face tokenizer, for a model that is given its prompt as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptkit.errors import ProviderError
from promptkit.providers import body as shared
from promptkit.providers.tokenizer_files import read_template
from promptkit.providers.turns import check_calls, raise_empty

if TYPE_CHECKING:
    from promptkit.messages import Message
    from promptkit.model import Rendered
    from promptkit.providers.tokenizer_files import ChatTemplate

NAME = "The chat template"
MIN_FRAME = 3  # characters of a text between messages that can be told from ordinary text


def prompt(rendered: Rendered, *, chat_template: str | Path) -> dict[str, Any]:
    """The messages as one text, up to where the assistant's answer begins.

    `chat_template` is the path of a tokenizer_config.json or a .jinja file. The template runs in promptkit's sandbox
    and bounds. What it would drop is refused, and so is text that holds one of the tokenizer's control tokens: in the
    rendered text it could open a turn. The text has its begin-of-text token where the template writes one.
    Source: https://huggingface.co/docs/transformers/chat_templating (checked 2026-11-24).
    """
    from promptkit.template.foreign import render_chat  # here: it imports jinja2, and the other providers do not

    if not rendered.messages:
        raise_empty(rendered, NAME)
    shared.refuse_names(rendered, NAME)
    check_calls(rendered, NAME)
    template = read_template(Path(chat_template), tools=bool(rendered.tools))
    names = shared.call_names(rendered)
    messages = [_message(rendered, each, names.get(each.tool_call_id or "", "")) for each in rendered.messages]
    tools = [{"type": "function", "function": shared.function_of(tool)} for tool in rendered.tools]
    for message, entry in zip(rendered.messages, messages, strict=True):
        _refuse_tokens(rendered, message, entry, template)
    _refuse_tool_tokens(rendered, template)
    scope = {**template.names, "messages": messages, "tools": tools or None, "documents": None}
    text = render_chat(template.text, {**scope, "add_generation_prompt": True})
    _refuse_lost(rendered, messages, text)
    body = shared.start(rendered)
    body["prompt"] = text
    return shared.with_params(body, rendered)


def _message(rendered: Rendered, message: Message, name: str) -> dict[str, Any]:
    shared.refuse_media(message, NAME)
    found: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.role == "tool":
        found |= {"tool_call_id": message.tool_call_id, "name": name}
    if message.tool_calls:
        found["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": shared.arguments_of(rendered, message, call, NAME)},
            }
            for call in message.tool_calls
        ]
    return found


# -- what could open a turn -------------------------------------------------------------------------------------------


def _refuse_tokens(rendered: Rendered, message: Message, entry: dict[str, Any], template: ChatTemplate) -> None:
    for at, token in template.control.within(message.content):
        raise _forged(rendered, message, token, at)
    for at, token in template.tags.within(message.content):
        if _brought_in(message, at, at + len(token)):
            raise _forged(rendered, message, token, at)
    extra = json.dumps([entry.get("tool_calls"), message.tool_call_id], ensure_ascii=False)
    for tokens in (template.control, template.tags):
        for _, token in tokens.within(extra):
            raise _forged(rendered, message, token, -1)


def _brought_in(message: Message, start: int, end: int) -> bool:
    """Whether a value or an example brought in any character of that range."""
    place = 0
    for piece in message.pieces:
        after = place + len(piece.text)
        if place < end and start < after and not piece.authored:
            return True
        place = after
    return False


def _forged(rendered: Rendered, message: Message, token: str, at: int) -> ProviderError:
    place, block, span = 0, None, None
    for piece in message.pieces:
        if place <= at < place + len(piece.text):
            block, span = piece.block, piece.span
        place += len(piece.text)
    what = f"{token[:60]!r} in the text of {{}}, which would act as a control token of the tokenizer"
    remedy = "remove it from the text"
    if block is None:
        return shared.refusal(rendered, message, NAME, what, remedy)
    return ProviderError(f"{NAME} cannot take {what.format(repr(block))}; {remedy}", span)


def _refuse_tool_tokens(rendered: Rendered, template: ChatTemplate) -> None:
    for tool in rendered.tools:
        text = json.dumps(shared.function_of(tool), ensure_ascii=False)
        for _, token in template.control.within(text):
            raise ProviderError(
                f"{NAME} cannot take {token[:60]!r} in the tool '{tool.name}' of '{tool.block}', which would act as a "
                "control token of the tokenizer; remove it",
                tool.span,
            )


# -- what the template left out ---------------------------------------------------------------------------------------


def _refuse_lost(rendered: Rendered, messages: list[dict[str, Any]], text: str) -> None:
    texts = [message.content.strip() for message in rendered.messages]
    frames = _frames(texts, text)
    if isinstance(frames, int):
        message = rendered.messages[frames]
        raise shared.refusal(rendered, message, NAME, f"the {message.role} text {{}}: it leaves it out", _ELSEWHERE)
    for message in rendered.messages:
        frame = next((each for each in frames if each in message.content), None)
        if frame is not None:
            what = f"{frame[:60]!r} in the text of {{}}, by which it sets turns apart"
            raise shared.refusal(rendered, message, NAME, what, "remove it from the text")
    for message, entry in zip(rendered.messages, messages, strict=True):
        for call in entry.get("tool_calls", ()):
            needed = [call["function"]["name"], *_leaves(call["function"]["arguments"])]
            if not all(_written(each, text) for each in needed):
                raise shared.refusal(rendered, message, NAME, "the tool calls of {}: it leaves them out", _ELSEWHERE)
    for tool in rendered.tools:
        if not _written(tool.name, text):
            raise ProviderError(
                f"{NAME} cannot take the tools of '{tool.block}': it leaves them out; {_ELSEWHERE}", tool.span
            )


_ELSEWHERE = "leave the block out in a variant for this model"


def _frames(texts: list[str], text: str) -> list[str] | int:
    """What the template wrote between the messages, or the place of the message that it left out."""
    end, pieces = 0, []
    for each in texts:
        at = text.find(each, end)
        if at < 0:
            break
        pieces.append(text[end:at])
        end = at + len(each)
    else:
        return _telling([*pieces, text[end:]])
    free = [text]  # in another order, as templates have it that put the system text into a later turn
    for place in sorted(range(len(texts)), key=lambda place: -len(texts[place])):
        if not texts[place]:
            continue
        holder = next((at for at, part in enumerate(free) if texts[place] in part), None)
        if holder is None:
            return place
        before, _, after = free[holder].partition(texts[place])
        free[holder : holder + 1] = [before, after]
    return _telling(free)


def _telling(frames: list[str]) -> list[str]:
    found = dict.fromkeys(frame.strip() for frame in frames)
    return [frame for frame in found if len(frame) >= MIN_FRAME and any(map(str.isalnum, frame))]


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in (str(key), *_leaves(inner))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value] if isinstance(value, str) else []


def _written(value: str, text: str) -> bool:
    forms = (value, json.dumps(value, ensure_ascii=False)[1:-1], json.dumps(value)[1:-1])
    return any(form in text for form in forms)
