"""The form that lists an answer's fields, one a line, those of an object below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.blocks.forms.shape import ANY, ROOT, Node, Shape, shape
from promptkit.blocks.forms.words import (
    SIGNS,
    bare,
    description,
    is_noted,
    keys_rule,
    literal,
    movable,
    name,
    remarks,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

INDENT = "  "
OTHERS = "any other"


def fields(schema: Mapping[str, Any]) -> str:
    """The answer as a nested list: `- name (type, required, constraints): description`."""
    return "\n".join(_List(shape(schema)).lines())


class _List:
    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def lines(self) -> list[str]:
        rule = keys_rule(self._shape)
        found = [rule] if rule else []
        for called, node in ((ROOT, self._shape.root), *self._shape.named.items()):
            found += self._field("", "", called, node)
        return found

    def _field(self, before: str, inner: str, called: str, node: Node, *presence: str) -> list[str]:
        """A field's line, and below it what it is made of. What has no words in its line is #1, #2 ... there."""
        parts: list[Node] = []
        pieces = self._pieces(node, parts)
        alone = len(parts) == 1 and parts[0].kind == "object" and not is_noted(parts[0])
        text = "".join(piece if isinstance(piece, str) else "object" if alone else f"#{piece}" for piece in pieces)
        notes, first = told(node)
        said, about = ", ".join((text, *presence, *first, *remarks(notes))), description(notes)
        lines = [f"{before}{called} ({said})" + (f": {about}" if about else "")]
        if alone:
            return lines + self._object(parts[0], inner)
        for number, part in enumerate(parts, 1):
            lines += self._bullet(inner, f"#{number}", part)
        return lines

    def _bullet(self, pad: str, called: str, node: Node, *presence: str) -> list[str]:
        return self._field(f"{pad}- ", pad + INDENT, called, node, *presence)

    def _object(self, node: Node, pad: str) -> list[str]:
        lines = []
        for called, required, each in node.fields:
            lines += self._bullet(pad, name(called), each, "required" if required else "optional")
        if node.others is not None and (node.others != ANY or self._shape.closed):
            lines += self._bullet(pad, OTHERS, node.others)
        return lines

    def _pieces(self, node: Node, parts: list[Node]) -> list[str | int]:
        """A type in words; each number is a part that is added to `parts` and told below."""
        if node.kind == "object":
            parts.append(bare(node))
            return [len(parts)]
        if node.kind == "array":
            return self._array(node, parts)
        if node.kind in SIGNS:
            inline = movable(node) is not None
            found: list[str | int] = []
            for i, each in enumerate(node.of):
                found += [f" {SIGNS[node.kind]} "] * (i > 0) + self._inner(bare(each) if inline else each, parts)
            return found
        return [literal(node.value) if node.kind == "literal" else node.name or "any"]

    def _array(self, node: Node, parts: list[Node]) -> list[str | int]:
        if not node.of and node.item is not None:
            return [*self._inner(node.item, parts), "[]"]
        found: list[str | int] = ["["]
        for i, each in enumerate(node.of):
            found += [", "] * (i > 0) + self._inner(each, parts)
        if node.item is not None:
            found += [", ...", *self._inner(node.item, parts), "[]"]
        return [*found, "]"]

    def _inner(self, node: Node, parts: list[Node]) -> list[str | int]:
        if is_noted(node):
            parts.append(node)
            return [len(parts)]
        pieces = self._pieces(node, parts)
        return ["(", *pieces, ")"] if node.kind in SIGNS else pieces
