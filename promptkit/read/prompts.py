"""Prompt files, and prompts made in Python: both are read from nodes by the same functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.model import Overlay, Settings, Spec
from promptkit.read import entries, fields, keys
from promptkit.read.nodes import Fault, Map, Node, Problems, Seq, Table, plain_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptkit.errors import Span
    from promptkit.pricing.usage import Usage
    from promptkit.read.entries import Context


def spec(node: Map, name: str, context: Context, base: Callable[[str, Span], Spec]) -> Spec:
    """A prompt. `base` finds the prompt that it extends, already read. Raises Fault."""
    if "blocks" not in node.entries and "extends" not in node.entries:
        kind = next((key for key in node.keys if key in entries.CONTENT_KEYS), None)
        if kind is not None:
            raise Fault(node.keys[kind], f"a prompt's blocks are a list; write it under blocks: as - {kind}: ...")
    fields.refuse_unknown(node, keys.PROMPT, "key of a prompt", context.problems)
    found = node.entries
    if "lint" in found:
        from promptkit.read.lint import file_ignores  # here: few prompts say it

        context.problems.catch(file_ignores, found["lint"], context.problems)

    def read(key: str, reader: Any) -> Any:
        return context.problems.catch(reader, found[key], context, settings) if key in found else None

    variants = read("variants", _variants)
    matrix = read("matrix", entries.axes)
    if "extends" not in found:
        stray = [key for key in keys.EDITS if key in found]
        if stray:
            raise Fault(node.keys[stray[0]], f"'{stray[0]}' edits a prompt that this file extends; add extends: NAME")
        if "blocks" not in found:
            raise Fault(node.span, "a prompt needs blocks, or extends")
        if isinstance(found["blocks"], Seq) and not found["blocks"].value:
            raise Fault(node.keys["blocks"], "blocks is empty; a prompt needs one at least")
        blocks = context.problems.catch(entries.blocks, found["blocks"], context) or ()
        return Spec(name, node.span, Settings(**settings(node, context)), blocks, variants or (), matrix or ())
    if "blocks" in found:
        raise Fault(node.keys["blocks"], "a prompt that extends another edits its blocks by drop, replace and add")
    parent = base(fields.name(found["extends"], "extends"), found["extends"].span)
    overlay = Overlay(name, node.span, **entries.edits(node, context), overrides=settings(node, context))
    return Spec(
        name,
        node.span,
        parent.settings,
        variants=parent.variants if variants is None else variants,
        matrix=parent.matrix if matrix is None else matrix,
        extends=parent,
        overlay=overlay,
    )


def settings(node: Map, context: Context) -> dict[str, Any]:
    """The settings that a prompt or an overlay gives, by the field of model.Settings."""
    found = context.problems.fields(node.entries, _SETTINGS, context.problems)
    return {**found, "model_span": node.entries["model"].span} if "model" in found else found


def _string(node: Node, what: str, _: Problems) -> str:
    return fields.string(node, what)


def _name(node: Node, what: str, _: Problems) -> str:
    return fields.name(node, what)


def _params(node: Node, _: Problems) -> dict[str, Any]:
    data: dict[str, Any] = plain_data(fields.mapping(node, "params"))
    return data


def _usage(node: Node, problems: Problems) -> Usage:
    from promptkit.read.pricing import usage  # here: few prompts say it

    return usage(node, problems)


_SETTINGS: Table = {
    "description": ("description", _string, ("description",)),
    "owner": ("owner", _string, ("owner",)),
    "model": ("model", _name, ("model",)),
    "params": ("params", _params, ()),
    "inputs": ("inputs", fields.inputs, ()),
    "join": ("join", _string, ("join",)),
    "budget": ("budget", entries.budget, ()),
    "usage": ("usage", _usage, ()),
}


def _variants(node: Any, context: Context, read_settings: Any) -> tuple[Overlay, ...]:
    entries_ = fields.mapping(node, "variants")

    def variant(key: str) -> Overlay:
        if key == "base":
            raise Fault(entries_.keys[key], "'base' is the prompt without an overlay; give the variant another name")
        if not key.strip() or "=" in key or "," in key:
            raise Fault(
                entries_.keys[key], f"'{key}' cannot be a variant's name; leave out = and , (the matrix uses them)"
            )
        return entries.overlay(entries_.entries[key], key, context, read_settings)

    return context.problems.each(variant, entries_.entries)
