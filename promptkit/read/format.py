"""The published JSON Schema of a library's files, put together from the reader's own tables of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.blocks.kinds import KINDS
from promptkit.read import keys

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS = ("prompt", "config", "front-matter", "examples", "tools")
FREE_KEYS = {"^x-": True}


def schema(file: str) -> dict[str, Any]:
    """The schema of one kind of file: prompt, config, front-matter, examples or tools. Draft 2020-12."""
    head: dict[str, Any] = {"$schema": DRAFT, "title": f"promptkit: {file}"}
    if file == "prompt":
        return {**head, **_closed(keys.PROMPT), "$defs": _definitions(), "anyOf": _prompt_forms()}
    if file == "config":
        return {**head, **_closed(keys.CONFIG)}
    if file == "front-matter":
        return {**head, **_closed(keys.FRONT_MATTER), "$defs": {"input": _closed(keys.INPUT)}}
    if file == "tools":
        tool = {"$ref": "#/$defs/tool"}
        many = {"type": "array", "items": tool, "minItems": 1}
        return {**head, "anyOf": [tool, many], "$defs": {"tool": _tool()}}
    return {**head, "type": "array", "items": {"$ref": "#/$defs/record"}, "$defs": {"record": _record()}}


def _prompt_forms() -> list[dict[str, Any]]:
    own: dict[str, Any] = {"required": ["blocks"], "properties": dict.fromkeys(["extends", *keys.EDITS], False)}
    return [own, {"required": ["extends"], "properties": {"blocks": False}}]


def _closed(table: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(table),
        "patternProperties": FREE_KEYS,
        "additionalProperties": False,
        **more,
    }


def _definitions() -> dict[str, Any]:
    return {
        "input": _closed(keys.INPUT),
        "budget": _closed(keys.BUDGET, required=["max_tokens"]),
        "usage": _closed(keys.USAGE),
        "overlay": _closed(keys.OVERLAY),
        "replacements": {
            "type": "object",
            "properties": {name: {"anyOf": [{"$ref": "#/$defs/block"}, _contents()[name]]} for name in KINDS},
            "additionalProperties": {"$ref": "#/$defs/block"},
        },
        "record": _record(),
        "tool": _tool(),
        "blocks": {"type": "array", "items": {"$ref": "#/$defs/block"}},
        "block": _block({}),
        "addition": _block(keys.ANCHOR, oneOf=[{"required": [anchor]} for anchor in keys.ANCHOR]),
    }


def _block(more: Mapping[str, Any], **rules: Any) -> dict[str, Any]:
    contents = ["use", *KINDS]
    content = [{"required": [key], "properties": dict.fromkeys(set(contents) - {key}, False)} for key in contents]
    group = {"required": ["blocks"], "properties": dict.fromkeys(contents, False)}
    forms: dict[str, Any] = {"anyOf": [*content, group]}
    return _closed({**_contents(), **keys.BLOCK, **more}, allOf=[forms], **rules)


def _contents() -> dict[str, Any]:
    return {name: {"description": kind.help, **_content(kind.takes, kind.keys)} for name, kind in KINDS.items()}


def _content(takes: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    text: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}
    records = {"type": "array", "items": {"$ref": "#/$defs/record"}}
    items = _closed({key: keys.ITEMS[key] for key in allowed if key in keys.ITEMS})
    avoid = {"anyOf": [text, _closed(keys.AVOID, required=["avoid"])]}
    forms = {
        "context": [text, {**items, "required": ["input"]}],
        "history": [{**items, "required": ["input"]}],
        "examples": [records, {**items, "oneOf": [{"required": ["from"]}, {"required": ["records"]}]}],
        "negative": [text, {"type": "array", "minItems": 1, "items": avoid}],
        "format": [
            text,
            _closed(
                keys.FORMAT,
                oneOf=[{"required": [key]} for key in keys.FORMAT if key not in keys.OF_SCHEMA],
                dependentRequired={key: ["schema"] for key in keys.OF_SCHEMA},
            ),
        ],
    }
    forms["media"] = [_closed(keys.MEDIA, required=["input"])]
    tools = {"anyOf": [{"description": "A file of definitions.", **keys.NAME}, {"$ref": "#/$defs/tool"}]}
    forms["tools"] = [{"type": "array", "minItems": 1, "items": tools}]
    return {"anyOf": forms[takes]} if takes in forms else text


def _tool() -> dict[str, Any]:
    return _closed(keys.TOOL, required=["name", "description"])


def _record() -> dict[str, Any]:
    chat = {"required": ["messages"], "properties": dict.fromkeys(["inputs", "output", "reasoning"], False)}
    return _closed(keys.RECORD, oneOf=[chat, {"required": ["inputs", "output"]}])
