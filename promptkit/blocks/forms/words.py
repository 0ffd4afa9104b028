"""What the forms share: JSON on one line, names, and the notes of a place."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptkit.blocks.forms.shape import FAMILY, family

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptkit.blocks.forms.shape import Node, Notes, Shape

SIGNS = {"anyOf": "|", "oneOf": "|", "allOf": "&"}
CLOSED = "An object has no keys but those shown."
OPEN = "An object may have other keys too."
EXACTLY_ONE = "exactly one"
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def quoted(value: Any) -> str:
    """`value` as compact JSON of one line: what a reader would not see, or could take for a line's end, is escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]


def name(text: str) -> str:
    """A property's name: as it is where it is an identifier, else quoted."""
    return text if _NAME.fullmatch(text) else quoted(text)


def literal(value: Any) -> str:
    """A value that is the only one: JSON, with a word before what could be taken for a type of objects or arrays."""
    return f"exactly {quoted(value)}" if isinstance(value, dict | list) else quoted(value)


def description(notes: Mapping[str, Any]) -> str:
    """A description as it is where it is one plain line, else quoted; nothing where there is none."""
    text = notes.get("description")
    if text is None:
        return ""
    plain = text and text.isprintable() and text == text.strip() and text[0] not in "\"('"
    return text if plain else quoted(text)


def remarks(notes: Mapping[str, Any]) -> list[str]:
    """The notes but the description: a keyword and its value, as JSON Schema has them."""
    return [f"{key} {quoted(value)}" for key, value in notes.items() if key != "description"]


def comment(notes: Mapping[str, Any], first: Iterable[str] = ()) -> str:
    """Notes as a comment of one line, ` // (maxLength 5) The name.`; nothing where there are none."""
    said, text = [*first, *remarks(notes)], description(notes)
    return (
        " ".join(part for part in ("//", f"({', '.join(said)})" if said else "", text) if part) if said or text else ""
    )


def keys_rule(shape: Shape) -> str:
    """The sentence on keys that are not shown, nothing where none is needed."""
    return CLOSED if shape.closed else OPEN if shape.open else ""


def told(node: Node) -> tuple[Notes, tuple[str, ...]]:
    """The notes to write beside a node, and what to say before them."""
    return node.notes | (movable(node) or {}), (EXACTLY_ONE,) if node.kind == "oneOf" else ()


def is_noted(node: Node) -> bool:
    """Whether anything has to be said beside a node."""
    return any(told(node))


def bare(node: Node) -> Node:
    """A node without notes."""
    return replace(node, notes={}) if node.notes else node


def movable(node: Node) -> Notes | None:
    """The constraints of a union's members, to be told of the union: only one member has a type that each applies to.
    None where a member has notes that must stand beside it, or where there is only one."""
    if node.kind not in SIGNS:
        return {}
    noted = [member for member in node.of if is_noted(member)]
    if len(node.of) == 1 or (noted and node.kind == "allOf"):
        return None
    families = Counter(map(family, node.of))
    moved: Notes = {}
    for member in noted:
        own = family(member)
        if not own or families[own] > 1 or any(FAMILY.get(key) != own for key in member.notes):
            return None
        moved |= member.notes
    return None if moved.keys() & node.notes.keys() else moved
