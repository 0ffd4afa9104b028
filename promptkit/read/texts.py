"""Text files: decoding, front matter, and the block files made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.blocks.kinds import KINDS, TEXTLESS
from promptkit.content import Input, Text
from promptkit.errors import PromptkitError, Span, did_you_mean
from promptkit.model import BlockFile
from promptkit.read import fields, keys
from promptkit.read.fields import inputs, mapping, one_of, string
from promptkit.read.nodes import Fault, Map, Problems, Scalar, lf, scalar

if TYPE_CHECKING:
    from promptkit.read.nodes import Node
    from promptkit.trees import Tree

BOM = "\ufeff"
FILE_KINDS = tuple(kind for kind in KINDS if kind not in TEXTLESS)
_FENCE = "---"


def decode(content: bytes, path: str) -> str:
    """The text of UTF-8 bytes, kept as it is. Raises Fault at the first byte that is no UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        span = Span(path, before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        kind = "it looks like UTF-16; " if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else ""
        raise Fault(span, f"is not UTF-8 (byte 0x{content[error.start]:02x}); {kind}save it as UTF-8") from error


def read_text(tree: Tree, path: str) -> str:
    """The decoded text of a file. Raises Fault."""
    try:
        return decode(tree.read(path), path)
    except PromptkitError as error:
        raise Fault(error.span or Span(path), error.message) from error


def read_block(tree: Tree, path: str, name: str, folder: str, problems: Problems) -> BlockFile:
    """A block or partial: literal where it ends in .txt, else a template with optional front matter.

    Its kind is its front matter's, else the nearest folder above it that is named after a kind, else text.
    """
    source = read_text(tree, path)
    kind = next((part for part in reversed(path.removeprefix(folder).split("/")[:-1]) if part in FILE_KINDS), "text")
    if path.endswith(".txt"):
        return BlockFile(name, kind, Text(source, name, Span(path, 1, 1), literal=True))
    head, body, line = front_matter(lf(source.removeprefix(BOM)), path)
    text = Text(body.removesuffix("\n"), name, Span(path, line, 1))
    if head is None:
        return BlockFile(name, kind, text)
    entries = head.entries

    def read(key: str) -> str | None:
        return problems.catch(string, entries[key], key) if key in entries else None

    def listed(key: str) -> tuple[tuple[str, Span], ...]:
        nodes = problems.catch(fields.sequence, entries[key], key) if key in entries else None
        return problems.each(lambda node: (fields.name(node, f"an entry of {key}"), node.span), nodes or ())

    if "lint" in entries:
        from promptkit.read.lint import file_ignores  # here: few blocks say it

        problems.catch(file_ignores, entries["lint"], problems)
    declared: tuple[Input, ...] = problems.catch(inputs, entries["inputs"], problems) if "inputs" in entries else ()
    if "kind" in entries:
        kind = problems.catch(one_of, entries["kind"], "block kind", FILE_KINDS) or kind
    if "input" in entries and "input" not in KINDS[kind].keys:
        problems.add(head.keys["input"], f"'{kind}' takes no items; remove input, or make the block a context")
    return BlockFile(
        name,
        kind,
        text,
        declared or (),
        read("description") or "",
        read("owner"),
        sources=tuple(source for source, _ in listed("sources")),
        conflicts=listed("conflicts"),
        input=problems.catch(fields.name, entries["input"], "input") if "input" in entries else None,
        deprecated=problems.catch(_deprecated, entries["deprecated"]) if "deprecated" in entries else None,
        replaced_by=problems.catch(_replaced_by, head, name) if "replaced_by" in entries else None,
    )


def _deprecated(node: Node) -> str | None:
    """Why it is: empty for true, None for false."""
    value = scalar(node) if isinstance(node, Scalar) else None
    if isinstance(value, bool):
        return "" if value else None
    return fields.name(node, "deprecated")


def _replaced_by(head: Map, own: str) -> tuple[str, Span]:
    node = head.entries["replaced_by"]
    name = fields.name(node, "replaced_by")
    if "deprecated" not in head.entries:
        raise Fault(head.keys["replaced_by"], "replaced_by belongs to a deprecated block; add deprecated: true")
    if name == own:
        raise Fault(node.span, f"'{name}' cannot replace itself; name another block, or remove replaced_by")
    return name, node.span


def front_matter(source: str, path: str) -> tuple[Map | None, str, int]:
    """The front matter's node, the text after it, and the line that this begins on."""
    if source != _FENCE and not source.startswith(_FENCE + "\n"):
        return None, source, 1
    rows = source.split("\n")
    try:
        end = rows.index(_FENCE, 1)
    except ValueError:
        raise Fault(Span(path, 1, 1), "front matter is opened by --- and never closed; close it, or use .txt") from None
    from promptkit.read.yamls import read_yaml  # here: a prompt made in Python reads no YAML

    root = read_yaml("\n".join(rows[1:end]), path, 2)
    body = "\n".join(rows[end + 1 :])
    if root is None:
        return None, body, end + 2
    head = mapping(root, "front matter")
    foreign = [key for key in head.entries if key not in keys.FRONT_MATTER and not key.startswith("x-")]
    if foreign:
        hint = did_you_mean(foreign[0], keys.FRONT_MATTER)
        raise Fault(
            head.keys[foreign[0]],
            f"unknown key of front matter '{foreign[0]}'{hint}; begin it with x-, or use .txt for literal text",
        )
    return head, body, end + 2
