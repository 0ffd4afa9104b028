"""What YAML, JSON and Python data look like to the reader: nodes that know their place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from promptkit.content import Text
from promptkit.errors import Problem, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAX_DEPTH = 60

# Nodes are not frozen: they are made by the thousand, three times as fast, and are gone when their file is read. Most
# of their places are never asked for, so a place may be a pair: what makes the Span, and what it makes it of.
Place = Span | tuple["Callable[[Any], Span]", Any]


def _span(place: Place) -> Span:
    return place if type(place) is Span else place[0](place[1])  # type: ignore[operator]


class Layout(NamedTuple):
    """Where the text of a scalar stands: `first` is the place of its first character, the rest as in model.Text."""

    first: Span
    lines: tuple[int, ...] | None = None
    indent: int = 1


@dataclass(slots=True)
class Scalar:
    """A single value. `text` is as typed. `plain` is True for an unquoted YAML scalar, whose type its text decides.

    `native` holds a Python or JSON value that is no string. `layout` is None where the text begins at its place, and
    its lines follow each other.
    """

    text: str
    place: Place
    plain: bool = False
    native: Any = None
    layout: Layout | None = None

    @property
    def span(self) -> Span:
        """Its place."""
        return _span(self.place)


@dataclass(slots=True)
class Seq:
    """A list of nodes."""

    items: tuple[Node, ...]
    place: Place

    @property
    def span(self) -> Span:
        """Its place."""
        return _span(self.place)


@dataclass(slots=True)
class Map:
    """A mapping of texts to nodes, in written order. `places` makes those of its keys; None where they are its own."""

    entries: Mapping[str, Node]
    place: Place
    places: Callable[[], Mapping[str, Span]] | None = None

    @property
    def span(self) -> Span:
        """Its place."""
        return _span(self.place)

    @property
    def keys(self) -> Mapping[str, Span]:
        """The place of each key."""
        return dict.fromkeys(self.entries, self.span) if self.places is None else self.places()


Node = Scalar | Seq | Map


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
        return Seq(tuple(python_node(item, span, depth + 1) for item in value), span)
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
    if not node.plain:
        return node.text
    text = node.text
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
        return [plain_data(item) for item in node.items]
    return {key: plain_data(item) for key, item in node.entries.items()}


def template_text(node: Scalar, name: str | None = None) -> Text:
    """The template that a scalar holds: LF newlines, one final newline dropped. Its name is its place."""
    first, lines, indent = (node.span, None, 1) if node.layout is None else node.layout
    return Text(lf(node.text).removesuffix("\n"), name or str(first), first, False, lines, indent)


def lf(text: str) -> str:
    """`text` with CRLF and lone CR newlines turned into LF, as Jinja2 does with a template."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def describe(node: Node) -> str:
    """What a node is, in a person's words."""
    if isinstance(node, Map):
        return "a mapping"
    if isinstance(node, Seq):
        return "a list"
    value = node.native[0] if node.native is not None else node.text
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
