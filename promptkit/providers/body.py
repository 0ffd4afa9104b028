"""What request bodies share: the model's name, parameters, refusals, and values in the forms that providers take."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from promptkit.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptkit.messages import Media, Message, Tool, ToolCall
    from promptkit.model import Block, Rendered

# Fields that the prompt and its params each fill in part: output_config has `format` and `effort`, toolConfig `tools`
# and `toolChoice`.
_SHARED = frozenset({"generationConfig", "options", "outputConfig", "output_config", "text", "toolConfig"})
MAX_DEPTH = 200  # of a tool call's arguments


def model_of(rendered: Rendered) -> str | None:
    """The model that a request names: the one given, else the prompt's, else the library's first, else None."""
    models = rendered.variant.prompt.library.config.models
    return rendered.model or rendered.variant.settings.model or (models[0] if models else None)


def start(rendered: Rendered, key: str = "model") -> dict[str, Any]:
    """A body that names the model, if one is known."""
    model = model_of(rendered)
    return {} if model is None else {key: model}


def with_params(
    body: dict[str, Any],
    rendered: Rendered,
    reserved: Iterable[str] = (),
    *,
    inside: str | None = None,
    beside: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The body with the prompt's parameters, none of which may take the place of what the prompt itself says.

    They stand at its top level; with `inside`, in the field of that name, but for those that `beside` lists.
    """
    params: dict[str, Any] = dict(rendered.variant.settings.params)
    taken = {*body, "model", "messages", "prompt", *reserved}
    if inside is not None:
        params = _moved(params, rendered, inside, beside | taken)
    found = dict(body)
    for key, value in params.items():
        if key not in taken:
            found[key] = value
        elif key in _SHARED and isinstance(value, dict) and isinstance(body.get(key), dict):
            clash = next((name for name in value if name in body[key]), None)
            if clash is not None:
                raise _decided(rendered, f"{key}.{clash}")
            found[key] = {**body[key], **value}
        else:
            raise _decided(rendered, key)
    return found


def _moved(params: dict[str, Any], rendered: Rendered, inside: str, outside: Iterable[str]) -> dict[str, Any]:
    """The parameters with all but those of `outside` in the field `inside`, which params may also write out."""
    given = params.get(inside, {})
    if not isinstance(given, dict):
        return params
    own = {*outside, inside}
    inner = {key: value for key, value in params.items() if key not in own}
    twice = next((key for key in inner if key in given), None)
    if twice is not None:
        raise ProviderError(
            f"{rendered.variant.prompt.name}: params has '{twice}' twice, also in {inside}; keep one",
            rendered.variant.prompt.spec.span,
        )
    outer = {key: value for key, value in params.items() if key in own and key != inside}
    return {**outer, inside: {**inner, **given}} if inner or given else outer


def _decided(rendered: Rendered, key: str) -> ProviderError:
    return ProviderError(
        f"{rendered.variant.prompt.name}: params has '{key}', which the prompt itself decides; remove it",
        rendered.variant.prompt.spec.span,
    )


# -- refusals ---------------------------------------------------------------------------------------------------------


def refusal(rendered: Rendered, message: Message, provider: str, what: str, remedy: str) -> ProviderError:
    """The error that names a block which a provider cannot take: `what` has a {} where the block's name goes."""
    piece = next(iter(message.pieces), None)
    name = piece.block if piece is not None else _turns_block(rendered)
    return ProviderError(
        f"{provider} cannot take {what.format(repr(name))}; {remedy}", None if piece is None else piece.span
    )


def _turns_block(rendered: Rendered) -> str:
    """The block of a message without text: only a history or examples have such."""
    blocks = list(walk(rendered.variant.blocks))
    return next((each.name for kind in ("history", "examples") for each in blocks if each.kind == kind), "history")


def walk(blocks: Iterable[Block]) -> Iterable[Block]:
    """Blocks with all that they hold."""
    for block in blocks:
        yield block
        yield from walk(block.children)


def refuse_names(rendered: Rendered, provider: str) -> None:
    """Refuses the name of a speaker; the name on a tool's result must be that of the function called."""
    names = call_names(rendered)
    for message in rendered.messages:
        if message.name is not None and message.name != names.get(message.tool_call_id or ""):
            raise refusal(
                rendered, message, provider, f"the name {message.name[:60]!r} of a message of {{}}", "leave it out"
            )


def refuse_media(message: Message, provider: str, where: str = "") -> None:
    """Refuses images, sounds and files in a message."""
    for part in message.parts:
        if not isinstance(part, str):
            raise unfit(part, provider, f"{article(part.type)}{where}", "leave the block out in a variant")


def unfit(media: Media, provider: str, what: str, remedy: str) -> ProviderError:
    """The error for media that a provider does not take."""
    return ProviderError(f"{provider} cannot take {what}, the part '{media.block}'; {remedy}", media.span)


def article(noun: str) -> str:
    """The noun as one of its kind: an image, a file, audio."""
    if noun == "audio":
        return noun
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"


def without_detail(media: Media, provider: str) -> None:
    """Refuses a `detail` where the provider has no such thing; auto asks for nothing."""
    if media.detail not in (None, "auto"):
        raise unfit(media, provider, f"detail: {media.detail}", "leave detail out in a variant for this provider")


# -- values -----------------------------------------------------------------------------------------------------------


def parts_of(message: Message) -> tuple[str | Media, ...]:
    """The texts and media of a message in their order, empty texts left out."""
    return tuple(part for part in (message.parts or (message.content,)) if not isinstance(part, str) or part)


def schema_name(rendered: Rendered) -> str:
    """A name for the response schema: its title, else the prompt's name, in letters, digits, _ and -."""
    assert rendered.schema is not None
    return re.sub(r"[^A-Za-z0-9_-]+", "_", str(rendered.schema.get("title") or rendered.variant.prompt.name))[:64]


def function_of(tool: Tool) -> dict[str, Any]:
    """A tool as name, description and parameters."""
    return {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}


def call_names(rendered: Rendered) -> Mapping[str, str]:
    """The name of the function that each tool call's id stands for."""
    return {call.id: call.name for message in rendered.messages for call in message.tool_calls}


def arguments_of(rendered: Rendered, message: Message, call: ToolCall, provider: str) -> dict[str, Any]:
    """The arguments of a call as data. Raises ProviderError for what is no JSON object, or would not be kept."""
    try:
        found = json.loads(call.arguments or "{}", object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or _deep(found):
        what = f"the call of {call.name[:64]!r} in {{}}, whose arguments are no JSON object"
        raise refusal(rendered, message, provider, what, "correct the arguments")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _deep(value: Any) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
        level = [each for each in level if isinstance(each, dict | list)]
        if not level:
            return False
    return True
