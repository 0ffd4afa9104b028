"""The canonical form of a variant, which its fingerprint is a hash of."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from promptkit.blocks.forms import DEFAULT
from promptkit.blocks.kinds import default_role, is_turns
from promptkit.content import MISSING, Attachment, Format, Input, Items, Negative, Records, Text, Tools
from promptkit.media import media_types

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptkit.model import Block, Variant
    from promptkit.template import Engine

VERSION = 1


def canonical(variant: Variant) -> str:
    """SHA-256 of the canonical form, the first 16 hexadecimal digits."""
    library = variant.prompt.library
    form = {
        "version": VERSION,
        "jinja": asdict(library.config.jinja),
        "join": variant.settings.join,
        "blocks": [_block(block, library.engine) for block in variant.blocks],
        "inputs": _inputs(variant.settings.inputs),
        "set": sorted(variant.set.items(), key=itemgetter(0)),
    }
    media = [[name, hashlib.sha256(data).hexdigest()] for name, data in _default_media(variant)]
    if media:
        form["media"] = media
    text = json.dumps(form, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def _default_media(variant: Variant) -> Iterable[tuple[str, bytes]]:
    """The files that stand as defaults, by the inputs' names."""
    for declared in sorted(variant.settings.inputs, key=attrgetter("name")):
        path = declared.default
        if isinstance(path, str) and ":" not in path and media_types(declared):
            yield declared.name, variant.prompt.library.tree.read(path)


def _block(block: Block, engine: Engine) -> dict[str, Any]:
    form = {
        "kind": block.kind,
        "role": block.to or (None if block.content is None else default_role(block.kind, block.content)),
        "turns": is_turns(block.kind, block.content),
        "join": block.join,
        "when": None if block.when is None else _text(block.when, engine),
        "with": [
            [name, _text(value, engine) if isinstance(value, Text) else [value]]
            for name, value in sorted(block.bindings, key=itemgetter(0))
        ],
        "content": _content(block.content, engine),
        "group": block.group,
        "blocks": [_block(child, engine) for child in block.children],
        "inputs": _inputs(block.inputs),
    }
    return {key: value for key, value in form.items() if value not in (None, [], {}, False)}


def _content(content: Any, engine: Engine) -> Any:
    if isinstance(content, Text):
        return _text(content, engine)
    if isinstance(content, Negative):
        return [[None if text is None else _text(text, engine) for text in entry] for entry in content.entries]
    if isinstance(content, Format):
        form = [] if content.form == DEFAULT else [content.form]
        return [content.schema, content.structured, content.choices, content.sections, content.list, *form]
    if isinstance(content, Tools):
        return [
            [tool.name, tool.description, tool.parameters] for tool in content.entries if not isinstance(tool, Text)
        ]
    if isinstance(content, Attachment):
        return [content.input, content.detail]
    if isinstance(content, Items):
        texts = [None if text is None else _text(text, engine) for text in (content.text, content.answer)]
        source = content.source
        data = [_record(record) for record in source.records] if isinstance(source, Records) else source
        return [data, content.take, content.max_tokens, content.item_max_tokens, _select(content.select), *texts]
    return None


def _select(select: Any) -> Any:
    if select.by == "first":
        return "first"
    return [select.by, select.seed, select.on, select.label, select.order]


def _record(record: Any) -> Any:
    if record.messages:
        said = [[each.role, each.content, each.tool_calls, each.tool_call_id, each.name] for each in record.messages]
        return said if record.id is None else [said, record.id]
    return [dict(record.inputs), record.output, record.reasoning, record.id]


def _text(text: Text, engine: Engine) -> Any:
    """A text, with what it includes, transitively, under the names that it includes them by."""
    if text.literal:
        return {"literal": text.source}
    included = {name: other.source for name, other in engine.template(text).included.items()}
    return [text.source, included] if included else text.source


def _inputs(declared: Iterable[Input]) -> list[Any]:
    return [[each.name, _input(each)] for each in sorted(declared, key=attrgetter("name"))]


def _input(declared: Input) -> dict[str, Any]:
    form: dict[str, Any] = {
        "types": declared.types,
        "required": declared.required,
        "enum": declared.enum,
        "items": declared.items,
        "properties": declared.properties,
        "max_tokens": declared.max_tokens,
        "max_items": declared.max_items,
        "default": None if declared.default is MISSING else [declared.default],
    }
    return {key: value for key, value in form.items() if value is not None}


def _plain(value: Any) -> Any:
    """What json does not know: tuples of dataclasses, and values of Python prompts."""
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)
    return [type(value).__name__, str(value)]
