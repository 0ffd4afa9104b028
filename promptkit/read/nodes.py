"""What YAML, JSON and Python data look like to the reader: nodes that know their place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from promptkit.content import Text
from promptkit.errors import Problem, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MAX_DEPTH = 60


class Mark(Protocol):
    """A place as PyYAML has it; its name is the source that it is in. Most are never asked for."""

    @property
    def name(self) -> Source:
        """The text that it is in."""

    line: int
    column: int


class Source(Protocol):
    """The text of a file, which knows its places."""

    def span(self, mark: Any) -> Span:
        """The place of a mark."""

    def layout(self, node: Scalar) -> Layout:
        """Where the text of a scalar stands."""


Layout = tuple[Span, tuple[int, ...] | None, int]
"""Where the text of a scalar stands: the place of its first character, then `lines` and `indent` as in content.Text."""


class _Node:
    """What all nodes are: attributes of PyYAML's nodes, whose class is changed to one of these as they are read.

    They are made by the thousand and are gone when their file is read, so none is made a second time.
    """

    start_mark: Span | Mark

    @property
    def span(self) -> Span:
        """Its place."""
        place = self.start_mark
        return place if type(place) is Span else place.name.span(place)  # type: ignore[union-attr]  # not narrowed


class Scalar(_Node):
    """A single value. `value` is its text as typed; `tag` is PLAIN where YAML leaves its type to the text.

    `native` holds a Python or JSON value that is no string.
    """

    tag: Any = None
    style: str | None = None
    native: tuple[Any] | None = None

    def __init__(self, value: str, place: Span, native: tuple[Any] | None = None) -> None:
        self.value = value
        self.start_mark = place
        self.native = native


class Seq(_Node):
    """A list of nodes."""

    def __init__(self, value: list[Node], place: Span) -> None:
        self.value = value
        self.start_mark = place


class Map(_Node):
    """A mapping of texts to nodes, in written order. `value` are the pairs of nodes that YAML makes it of."""

    value: Sequence[tuple[Any, Any]] = ()

    def __init__(self, entries: dict[str, Node], place: Span) -> None:
        self.entries = entries
        self.start_mark = place

    @property
    def keys(self) -> Mapping[str, Span]:
        """The place of each key."""
        place = self.start_mark
        if type(place) is Span:
            return dict.fromkeys(self.entries, place)
        span = place.name.span  # type: ignore[union-attr]  # not narrowed
        return {key: span(node.start_mark) for key, (node, _) in zip(self.entries, self.value, strict=False)}


Node = Scalar | Seq | Map
PLAIN = (True, False)
"""The tag of an unquoted YAML scalar, as PyYAML puts it: its type is implied where it is plain, not if quoted."""


# key of a mapping: the name of what it gives, what reads its node, and with what
Table = dict[str, tuple[str, Any, tuple[Any, ...]]]


class Fault(Exception):
    """One problem that ends the reading of one node; `Problems.catch` collects it."""

    def __init__(self, span: Span, message: str, code: str = "D601", *, follows: bool = False) -> None:
        super().__init__(message)
        self.problem = Problem(span, code, message, follows)


def python_node(value: Any, span: Span, depth: int = 0) -> Node:
    """The node of a Python value: what a YAML or JSON file of that value would read as."""
    if depth > MAX_DEPTH:
        raise Fault(span, f"nested more than {MAX_DEPTH} deep; flatten it")
    if isinstance(value, str):
        return Scalar(str.__str__(value), span)
    if isinstance(value, dict) or hasattr(value, "keys"):
        entries = {str(key): python_node(item, span, depth + 1) for key, item in value.items()}
        return Map(entries, span)
    if isinstance(value, list | tuple):
        return Seq([python_node(item, span, depth + 1) for item in value], span)
    return Scalar(str(value), span, native=(value,))


# YAML 1.2 core schema, https://yaml.org/spec/1.2.2/#103-core-schema (checked 2026-11-24)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {text: text.lower() == "true" for text in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def scalar(node: Scalar) -> Any:
    """The value of a scalar by the YAML 1.2 core schema: str, int, float, bool or None.

    A number that would not print as it was typed is a fault: 1.10 would lose its zero, 012 its meaning.
    """
    if node.native is not None:
        return node.native[0]
    text = node.value
    if node.tag != PLAIN:
        return text
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[:1] not in "+-.0123456789":
        return text
    number: int | float
    if _INTEGER.fullmatch(text):
        number = int(text, 0) if text[:2] in {"0o", "0x"} else int(text) if len(text) < 4_000 else 0
    elif _FLOAT.fullmatch(text):
        number = float(text) if "n" not in text.lower() else 0.0
    else:
        return text
    if str(number) != text:
        raise Fault(node.span, f"the number {text[:40]} would read as {number}; quote it, or write it so", "D604")
    return number


def plain_data(node: Node) -> Any:
    """The data a node stands for: str, int, float, bool, None, list, dict."""
    if isinstance(node, Scalar):
        return scalar(node)
    if isinstance(node, Seq):
        return [plain_data(item) for item in node.value]
    return {key: plain_data(item) for key, item in node.entries.items()}


def template_text(node: Scalar, name: str | None = None) -> Text:
    """The template that a scalar holds: LF newlines, one final newline dropped. Its name is its place."""
    place = node.start_mark
    if type(place) is Span:
        first, lines, indent = place, None, 1
    else:
        first, lines, indent = place.name.layout(node)  # type: ignore[union-attr]  # not narrowed
    return Text(lf(node.value).removesuffix("\n"), name or str(first), first, False, lines, indent)


def lf(text: str) -> str:
    """`text` with CRLF and lone CR newlines turned into LF, as Jinja2 does with a template."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def describe(node: Node) -> str:
    """What a node is, in a person's words."""
    if isinstance(node, Map):
        return "a mapping"
    if isinstance(node, Seq):
        return "a list"
    value = node.native[0] if node.native is not None else node.value
    return f"{value!r}" if len(str(value)) < 40 else f"{str(value)[:37]!r}..."


class Problems:
    """Collects problems, so that one never hides another."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, span: Span, message: str, code: str = "D601") -> None:
        """Note one problem."""
        self.found.append(Problem(span, code, message))

    def catch(self, read: Callable[..., Any], *arguments: Any) -> Any:
        """What `read(*arguments)` returns; None where it raised a Fault, which is noted."""
        try:
            return read(*arguments)
        except Fault as fault:
            self.found.append(fault.problem)
            return None

    def fields(self, entries: Mapping[str, Node], table: Table, *arguments: Any) -> dict[str, Any]:
        """What the keys that the table knows give, by its names for them; a Fault is noted, and its key left out."""
        given = {}
        for key, node in entries.items():
            row = table.get(key)
            if row is not None:
                name, read, own = row
                try:
                    given[name] = read(node, *own, *arguments)
                except Fault as fault:
                    self.found.append(fault.problem)
        return given

    def each(self, read: Callable[..., Any], nodes: Iterator[Any] | Any, *arguments: Any) -> tuple[Any, ...]:
        """`read(node, *arguments)` of each node that could be read."""
        results = []
        for node in nodes:
            try:
                result = read(node, *arguments)
            except Fault as fault:
                self.found.append(fault.problem)
            else:
                if result is not None:
                    results.append(result)
        return tuple(results)
