"""The forms that show an answer as it nests: a skeleton of JSON with comments, and TypeScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.blocks.forms.shape import ANY, ROOT, Node, Shape, shape
from promptkit.blocks.forms.words import SIGNS, bare, comment, is_noted, keys_rule, literal, movable, name, quoted, told

if TYPE_CHECKING:
    from collections.abc import Mapping

INDENT = "  "


def annotated(schema: Mapping[str, Any]) -> str:
    """A skeleton of the answer: each value is its type, each comment says more of it."""
    return _Skeleton(shape(schema)).text()


def typescript(schema: Mapping[str, Any]) -> str:
    """The answer as types of TypeScript, with integer beside number, and comments for what a type cannot say."""
    return _TypeScript(shape(schema)).text()


class _Skeleton:
    any = "any"
    others = "..."
    comma = ","

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def text(self) -> str:
        rule = keys_rule(self._shape)
        lines = [f"// {rule}"] if rule else []
        lines.append(self.section(None, self._shape.root))
        lines += [self.section(called, node) for called, node in self._shape.named.items()]
        return "\n".join(lines)

    def section(self, called: str | None, node: Node) -> str:
        """A root of the text: the answer, or what references name."""
        if called is None and not self.names_root(self._shape):
            return self._entry("", node, "", "")
        return self._entry("", node, f"{called or ROOT}: ", "")

    @staticmethod
    def names_root(shape: Shape) -> bool:
        """Whether the answer's own skeleton needs its name: others stand beside it, or it refers to itself."""
        return bool(shape.named) or _refers(shape.root)

    def key(self, called: str, required: bool) -> tuple[str, tuple[str, ...]]:  # noqa: FBT001 (private)
        return quoted(called), () if required else ("optional",)

    def array(self, first: list[str], item: str | None) -> str:
        return f"[{', '.join([*first, *([] if item is None else [item, '...'])])}]"

    def _entry(self, pad: str, node: Node, before: str, after: str, first: tuple[str, ...] = ()) -> str:
        """A node on lines of its own: its notes at the end of its only line, or on a line before the first."""
        notes, own = told(node)
        said = comment(notes, (*first, *own))
        text = f"{pad}{before}{self._bare(node, pad)}{after}"
        if not said:
            return text
        return f"{pad}{said}\n{text}" if "\n" in text else f"{text} {said}"

    def _bare(self, node: Node, pad: str) -> str:
        """A node without its own notes, its first line without indent."""
        if node.kind == "object":
            return self._object(node, pad)
        if node.kind == "array":
            first = [self._inner(each, pad) for each in node.of]
            return self.array(first, None if node.item is None else self._inner(node.item, pad))
        if node.kind in SIGNS:
            return self._combined(node, pad)
        return literal(node.value) if node.kind == "literal" else node.name or self.any

    def _object(self, node: Node, pad: str) -> str:
        inner = pad + INDENT
        entries: list[tuple[str, Node, tuple[str, ...]]] = []
        for called, required, each in node.fields:
            key, first = self.key(called, required)
            entries.append((f"{key}: ", each, first))
        if node.others is not None and (node.others != ANY or self._shape.closed):
            entries.append((f"{self.others}: ", node.others, ()))
        if not entries:
            return "{}"
        ends = [self.comma] * (len(entries) - 1) + [""]
        lines = [
            self._entry(inner, each, before, end, first)
            for (before, each, first), end in zip(entries, ends, strict=True)
        ]
        return "\n".join(["{", *lines, pad + "}"])

    def _inner(self, node: Node, pad: str) -> str:
        """A node inside another: in parentheses on its own lines where it has notes, else where it is a union."""
        if is_noted(node):
            return f"(\n{self._entry(pad + INDENT, node, '', '')}\n{pad})"
        text = self._bare(node, pad)
        return f"({text})" if node.kind in SIGNS and movable(node) is not None else text

    def _combined(self, node: Node, pad: str) -> str:
        sign = SIGNS[node.kind]
        if movable(node) is not None:
            return f" {sign} ".join(self._inner(bare(each), pad) for each in node.of)
        lines = [self._entry(pad + INDENT, each, f"{sign} ", "") for each in node.of]
        return "\n".join(["(", *lines, pad + ")"])


class _TypeScript(_Skeleton):
    any = "unknown"
    others = "[key: string]"
    comma = ""

    def section(self, called: str | None, node: Node) -> str:
        return self._entry("", node, f"type {called or ROOT} = ", "")

    def key(self, called: str, required: bool) -> tuple[str, tuple[str, ...]]:  # noqa: FBT001 (private)
        return name(called) + ("" if required else "?"), ()

    def array(self, first: list[str], item: str | None) -> str:
        if first or item is None:
            return f"[{', '.join([*first, *([] if item is None else [f'...{item}[]'])])}]"
        return f"{item}[]"


def _refers(node: Node) -> bool:
    if node.kind == "ref" and node.name == ROOT:
        return True
    inside = [*node.of, *(each for _, _, each in node.fields), node.item, node.others]
    return any(_refers(each) for each in inside if each is not None)
