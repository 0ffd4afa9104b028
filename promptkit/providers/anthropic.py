"""Anthropic: messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promptkit.content import Format
from promptkit.errors import ProviderError
from promptkit.media import base64_of
from promptkit.providers import body as shared
from promptkit.providers.prefix import segments, static_heads, static_tools
from promptkit.providers.turns import check_calls, merged, refuse_no_turn, split_system

if TYPE_CHECKING:
    from promptkit.messages import Media, Message
    from promptkit.model import Rendered

NAME = "Anthropic"
# Source of the limits: https://platform.claude.com/docs/en/build-with-claude/vision and .../pdf-support
IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_MARK = {"type": "ephemeral"}

Blocks = list[dict[str, Any]]


def messages(rendered: Rendered, *, cache: bool = False) -> dict[str, Any]:
    """Messages; with `cache`, a breakpoint after the tools, the system text and the turns that are static.

    Sources: https://platform.claude.com/docs/en/api/messages and, in its guide, build-with-claude/prompt-caching,
    build-with-claude/structured-outputs and build-with-claude/mid-conversation-system-messages (checked 2026-11-24).
    """
    _refuse(rendered)
    heads = static_heads(rendered) if cache else [0] * len(rendered.messages)
    opening, turns = split_system(rendered)
    body = shared.start(rendered)
    if rendered.tools:
        body["tools"] = _tools(rendered, cache=cache)
    if opening:
        system, static = _system(rendered, opening, heads)
        body["system"] = _marked(system, static, cache=cache)
    blocks = [_turn(rendered, each, head) for each, head in zip(turns, heads[len(opening) :], strict=True)]
    flat = [block for _, held in blocks for block in held]
    last = next((block for block, static in reversed(flat) if static), None)
    if cache and last is not None:
        last["cache_control"] = dict(_MARK)
    body["messages"] = [
        {"role": role, "content": _content([block for block, _ in held])} for role, held in merged(blocks)
    ]
    if rendered.schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": _closed(rendered)}}
    found = shared.with_params(body, rendered, reserved=("system",))
    if "max_tokens" not in found:
        raise ProviderError(
            f"{rendered.variant.prompt.name}: {NAME} needs a limit for the answer; add params: {{max_tokens: 1024}}",
            rendered.variant.prompt.spec.span,
        )
    return found


def _refuse(rendered: Rendered) -> None:
    _, turns = split_system(rendered)
    refuse_no_turn(rendered, turns, NAME, user_first=False)
    shared.refuse_names(rendered, NAME)
    check_calls(rendered, NAME, _ID, "letters, digits, _ and -")
    for place, message in enumerate(turns):
        if message.role == "system":
            _refuse_misplaced(rendered, turns, place)
        if message.role != "tool" and not message.content.strip() and (message.content or not _more(message)):
            what = "the blank text of a turn of {}"
            raise shared.refusal(rendered, message, NAME, what, "leave the turn out, or give it text")
        if message.role in ("system", "assistant"):
            shared.refuse_media(message, NAME, f" in a turn of the {message.role}")
    last = turns[-1]
    if last.role == "assistant" and last.content != last.content.rstrip():
        what = "blank space at the end of the last turn, {}"
        raise shared.refusal(rendered, last, NAME, what, "end the text with a visible character")


def _more(message: Message) -> bool:
    return bool(message.tool_calls) or any(not isinstance(part, str) for part in message.parts)


def _refuse_misplaced(rendered: Rendered, turns: tuple[Message, ...], place: int) -> None:
    """A system message among the turns stands after the user's, and last or before the assistant's."""
    before = turns[place - 1].role
    after = turns[place + 1].role if place + 1 < len(turns) else "assistant"
    if before not in ("user", "tool") or after != "assistant":
        what = "the system text {} at its place among the turns"
        remedy = "it may follow a user's turn, and be last or before the assistant's; else move it before the turns"
        raise shared.refusal(rendered, turns[place], NAME, what, remedy)


def _closed(rendered: Rendered) -> dict[str, Any]:
    """The response schema. Every object must be closed: additionalProperties: false."""
    assert rendered.schema is not None
    if not is_closed(rendered.schema):
        blocks = shared.walk(rendered.variant.blocks)
        block = next((each for each in blocks if isinstance(each.content, Format) and each.content.structured), None)
        raise ProviderError(
            f"{NAME} takes no schema with open objects, as '{'format' if block is None else block.name}' has; "
            "give each object additionalProperties: false, or the block structured: false",
            None if block is None else block.span,
        )
    return dict(rendered.schema)


def is_closed(schema: Any) -> bool:
    """Whether every object of a schema is closed. What stands under const, enum or examples is data."""
    if isinstance(schema, list):
        return all(map(is_closed, schema))
    if not isinstance(schema, dict):
        return True
    kinds = schema.get("type")
    is_object = kinds == "object" or (isinstance(kinds, list) and "object" in kinds)
    if (is_object or isinstance(schema.get("properties"), dict)) and schema.get("additionalProperties") is not False:
        return False
    named = ("properties", "$defs", "definitions", "patternProperties")
    inner = [each for key in named if isinstance(schema.get(key), dict) for each in schema[key].values()]
    data = {*named, "const", "enum", "examples", "default"}
    return all(map(is_closed, [*inner, *(value for key, value in schema.items() if key not in data)]))


def _tools(rendered: Rendered, *, cache: bool) -> Blocks:
    found: Blocks = [
        {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
        for tool in rendered.tools
    ]
    if cache and static_tools(rendered):
        found[-1]["cache_control"] = dict(_MARK)
    return found


def _system(rendered: Rendered, opening: tuple[Message, ...], heads: list[int]) -> tuple[Blocks, list[bool]]:
    found: Blocks = []
    static: list[bool] = []
    for message, head in zip(opening, heads, strict=False):
        shared.refuse_media(message, NAME, " in system text")
        if not message.content.strip():
            raise shared.refusal(rendered, message, NAME, "the blank system text {}", "leave the block out")
        for text, fixed in segments(message, head):
            found.append({"type": "text", "text": text})
            static.append(fixed)
    return found, static


def _marked(blocks: Blocks, static: list[bool], *, cache: bool) -> Blocks:
    count = sum(static)  # the static ones come first
    if cache and count:
        blocks[count - 1]["cache_control"] = dict(_MARK)
    return blocks


def _turn(rendered: Rendered, message: Message, head: int) -> tuple[str, list[tuple[dict[str, Any], bool]]]:
    if message.role == "tool":
        result: dict[str, Any] = {"type": "tool_result", "tool_use_id": message.tool_call_id}
        content = [_block(part) for part in shared.parts_of(message)]
        if content:
            result["content"] = _content(content)
        return "user", [(result, False)]
    blocks = [(_block(part), fixed) for part, fixed in segments(message, head)]
    for call in message.tool_calls:
        arguments = shared.arguments_of(rendered, message, call, NAME)
        blocks.append(({"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}, False))
    return message.role, blocks


def _content(blocks: Blocks) -> str | Blocks:
    """The short form of one plain text, else the blocks."""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        return str(blocks[0]["text"])
    return blocks


def _block(part: str | Media) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.type == "audio":
        raise shared.unfit(part, NAME, "audio", "leave the block out in a variant")
    shared.without_detail(part, NAME)
    form = part.media_type
    if part.type == "image":
        if part.data is not None and form not in IMAGES:
            raise shared.unfit(part, NAME, f"an image of {form}", "pass jpeg, png, gif or webp")
        return {"type": "image", "source": _source(part)}
    title = {} if part.name is None else {"title": part.name}
    if part.data is not None and form == "text/plain":
        try:
            text = part.data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise shared.unfit(part, NAME, "a text file that is not UTF-8", "save it as UTF-8") from error
        return {"type": "document", "source": {"type": "text", "media_type": form, "data": text}, **title}
    if form not in ((None, "application/pdf") if part.data is None else ("application/pdf",)):
        raise shared.unfit(part, NAME, f"a file of {form}", "pass a PDF or plain text")
    return {"type": "document", "source": _source(part), **title}


def _source(part: Media) -> dict[str, Any]:
    if part.url is not None:
        return {"type": "url", "url": part.url}
    return {"type": "base64", "media_type": part.media_type, "data": base64_of(part)}
