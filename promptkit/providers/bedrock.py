"""Amazon Bedrock: Converse."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from promptkit.providers import body as shared
from promptkit.providers.prefix import segments, static_heads, static_tools
from promptkit.providers.turns import check_calls, merged, refuse_late_system, refuse_no_turn, split_system

if TYPE_CHECKING:
    from promptkit.messages import Media, Message
    from promptkit.model import Rendered

NAME = "Bedrock"
_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_POINT = {"cachePoint": {"type": "default"}}
IMAGES = {f"image/{form}": form for form in ("png", "jpeg", "gif", "webp")}
SOUNDS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/aac": "aac",
    "audio/mp4": "mp4",
    "audio/webm": "webm",
    "audio/opus": "opus",
}
FILES = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
# Fields of the request beside inferenceConfig: params of these names stay at its top level.
TOP = frozenset(
    {
        "additionalModelRequestFields",
        "additionalModelResponseFieldPaths",
        "guardrailConfig",
        "outputConfig",
        "performanceConfig",
        "promptVariables",
        "requestMetadata",
        "serviceTier",
        "toolConfig",
    }
)

Blocks = list[dict[str, Any]]


def converse(rendered: Rendered, *, cache: bool = False) -> dict[str, Any]:
    """The arguments of Converse as boto3 takes them, bytes as bytes; with `cache`, cache points after what is static.

    Sources: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and, in the user guide,
    prompt-caching.html and structured-output.html (checked 2026-11-24).
    """
    opening, turns = split_system(rendered)
    refuse_no_turn(rendered, turns, NAME, user_first=True)
    refuse_late_system(rendered, turns, NAME)
    shared.refuse_names(rendered, NAME)
    check_calls(rendered, NAME, _ID, "up to 64 letters, digits and _.:-")
    heads = static_heads(rendered) if cache else [0] * len(rendered.messages)
    body = shared.start(rendered, "modelId")
    if opening:
        body["system"] = _system(rendered, opening, heads, cache=cache)
    body["messages"] = _messages(rendered, turns, heads[len(opening) :], cache=cache)
    if rendered.tools:
        tools = [{"toolSpec": _spec(tool.name, tool.description, tool.parameters)} for tool in rendered.tools]
        mark = [dict(_POINT)] if cache and static_tools(rendered) else []
        body["toolConfig"] = {"tools": [*tools, *mark]}
    if rendered.schema is not None:
        schema = json.dumps(dict(rendered.schema), ensure_ascii=False)
        form = {"name": shared.schema_name(rendered), "schema": schema}
        body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": form}}}
    return shared.with_params(body, rendered, ("modelId", "system"), inside="inferenceConfig", beside=TOP)


def _spec(name: str, description: str, parameters: Any) -> dict[str, Any]:
    about = {"description": description} if description else {}
    return {"name": name, **about, "inputSchema": {"json": dict(parameters)}}


def _system(rendered: Rendered, opening: tuple[Message, ...], heads: list[int], *, cache: bool) -> Blocks:
    pairs: list[tuple[dict[str, Any], bool]] = []
    for message, head in zip(opening, heads, strict=False):
        shared.refuse_media(message, NAME, " in system text")
        if not message.content.strip():
            raise shared.refusal(rendered, message, NAME, "the blank system text {}", "leave the block out")
        pairs += [({"text": text}, fixed) for text, fixed in segments(message, head)]
    return _pointed(pairs, cache=cache)


def _pointed(pairs: list[tuple[dict[str, Any], bool]], *, cache: bool) -> Blocks:
    """The blocks, with a cache point after the last static one."""
    last = max((place for place, (_, fixed) in enumerate(pairs) if fixed), default=None)
    found: Blocks = []
    for place, (block, _) in enumerate(pairs):
        found.append(block)
        if cache and place == last:
            found.append(dict(_POINT))
    return found


def _messages(rendered: Rendered, turns: tuple[Message, ...], heads: list[int], *, cache: bool) -> Blocks:
    blocks: list[tuple[str, list[tuple[dict[str, Any], bool]]]] = []
    documents = 0
    for message, head in zip(turns, heads, strict=True):
        role, held = _turn(rendered, message, head, documents)
        documents += sum("document" in block for block, _ in held)
        blocks.append((role, held))
    static = [place for place, (_, held) in enumerate(blocks) if any(fixed for _, fixed in held)]
    marked = [
        (role, _pointed(held, cache=cache and place == max(static, default=-1)))
        for place, (role, held) in enumerate(blocks)
    ]
    return [{"role": role, "content": content} for role, content in merged(marked)]


def _turn(
    rendered: Rendered, message: Message, head: int, documents: int
) -> tuple[str, list[tuple[dict[str, Any], bool]]]:
    if message.role == "tool":
        shared.refuse_media(message, NAME, " in a tool's result")
        content = [{"text": message.content}] if message.content else []
        return "user", [({"toolResult": {"toolUseId": message.tool_call_id, "content": content}}, False)]
    if message.role == "assistant":
        shared.refuse_media(message, NAME, " in a turn of the assistant")
    blank = not message.content.strip()
    if blank and (message.content or not (message.tool_calls or message.parts)):
        raise shared.refusal(rendered, message, NAME, "the blank text of a turn of {}", "leave the turn out")
    pairs: list[tuple[dict[str, Any], bool]] = []
    for part, fixed in segments(message, head):
        if isinstance(part, str):
            pairs.append(({"text": part}, fixed))
        else:
            documents += part.type == "file"
            pairs.append((_media(part, documents, alone=blank), fixed))
    for call in message.tool_calls:
        arguments = shared.arguments_of(rendered, message, call, NAME)
        pairs.append(({"toolUse": {"toolUseId": call.id, "name": call.name, "input": arguments}}, False))
    return message.role, pairs


def _media(part: Media, number: int, *, alone: bool) -> dict[str, Any]:
    """A block of media. A document needs a text beside it, and a name, which is neutral: models may read it."""
    shared.without_detail(part, NAME)
    if part.data is None:
        raise shared.unfit(part, NAME, f"the URL of {shared.article(part.type)}", "pass its bytes")
    forms = {"image": IMAGES, "audio": SOUNDS, "file": FILES}[part.type]
    form = forms.get((part.media_type or "").split(";")[0])
    if form is None:
        what = f"{shared.article(part.type)} of {part.media_type}"
        raise shared.unfit(part, NAME, what, f"pass {', '.join(sorted(forms.values()))}")
    block: dict[str, Any] = {"format": form, "source": {"bytes": part.data}}
    if part.type != "file":
        return {part.type: block}
    if alone:
        raise shared.unfit(part, NAME, "a file without text in its message", "add a user block beside it")
    return {"document": {**block, "name": f"document {number}"}}
