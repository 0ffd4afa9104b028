"""YAML files: guarded, with the place of every node. The only module that knows PyYAML."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, cast

import yaml

from promptkit.errors import Span
from promptkit.read.advice import BRACES, about
from promptkit.read.nodes import MAX_DEPTH, Fault, Layout, Map, Node, Scalar, Seq, lf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MAX_REPEATED = 50_000  # nodes that aliases repeat

# YAML 1.1 takes these for line breaks and would rewrite them; they travel as private characters instead.
_BREAKS = "\x85\u2028\u2029"
_PRIVATE = "\ue0d5\ue0d6\ue0d7"
_TOO_DEEP = f"nested more than {MAX_DEPTH} deep; flatten it"
_HIDE = str.maketrans(_BREAKS, _PRIVATE)
_SHOW = str.maketrans(_PRIVATE, _BREAKS)
_ANY_BREAK = re.compile(f"[{_BREAKS}]")
_ANY_PRIVATE = re.compile(f"[{_PRIVATE}]")


_IMPLICIT = frozenset({"plain", "quoted"})
_new = tuple.__new__  # half the time of Span(...)


class _Resolver:
    """Resolves nothing: whether a scalar was quoted is all that the reader wants to know."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:  # noqa: ARG002 (PyYAML's interface)
        return "plain" if implicit and implicit is not True and implicit[0] else "quoted"

    def descend_resolver(self, parent: Any, index: Any) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


if yaml.__with_libyaml__:
    from yaml.cyaml import CParser  # type: ignore[attr-defined]

    class _Loader(_Resolver, CParser):
        pass
else:  # a PyYAML without its C part
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Loader(_Resolver, Reader, Scanner, Parser, Composer):  # type: ignore[no-redef]
        def __init__(self, stream: str) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)


def read_yaml(source: str, path: str, line: int = 1) -> Node | None:
    """The node of a YAML document, None when it is empty. `line` is where `source` begins in its file.

    Raises Fault: a syntax error, a tag, too deep, too many nodes, a key that is double or no text.
    """
    hidden = _ANY_BREAK.search(source) is not None
    if hidden:
        if _ANY_PRIVATE.search(source):
            raise Fault(Span(path, line), "mixes U+0085, U+2028 or U+2029 with private characters; escape one of them")
        source = source.translate(_HIDE)
    try:
        _refuse_depth(source, path, line)
        root = _compose(source, path, line)
        return None if root is None else _Builder(source, path, line, hidden).build(root, 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        span = Span(path, mark.line + line, mark.column + 1) if mark else Span(path)
        problem = str(error.problem or error.context)
        if "nesting depth" in problem:  # libyaml's own limit, which PyYAML has since 6.0.4, is met ahead of ours
            raise Fault(span, _TOO_DEEP) from error
        row = re.split(r"\r\n|\r|\n", source)[mark.line : mark.line + 1] if mark else []
        raise Fault(span, f"YAML: {about(problem, row[0] if row else '')}") from error
    except yaml.reader.ReaderError as error:
        before = source[: error.position] if isinstance(error.position, int) else ""
        span = Span(path, before.count("\n") + line, len(before) - before.rfind("\n"))
        raise Fault(span, f"YAML: the character {_escape(error.character)} is not allowed; remove it") from error
    except RecursionError as error:
        raise Fault(Span(path, line), _TOO_DEEP) from error


def _escape(character: Any) -> str:
    return f"U+{character:04X}" if isinstance(character, int) else repr(character)


def _compose(source: str, path: str, line: int) -> Any:
    loader = _Loader(source)
    try:
        root = loader.get_single_node()
    except yaml.composer.ComposerError as error:
        mark = cast("yaml.Mark", error.problem_mark)
        problem = "a second document starts here; keep one a file" if "document" in str(error) else str(error.problem)
        raise Fault(Span(path, mark.line + line, mark.column + 1), f"YAML: {problem}") from error
    finally:
        if hasattr(loader, "dispose"):
            loader.dispose()
    return root


def _refuse_depth(source: str, path: str, line: int) -> None:
    """Refuse what is nested too deep before anything recurses over it (libyaml's composer would crash).

    Most files cannot be deep, seen from their brackets and their indentation alone; only the others are parsed twice.
    """
    brackets = source.count("[") + source.count("{")
    if brackets + max(map(len, source.split("\n"))) <= 1_000:  # no line is indented deeper than it is long
        return
    if brackets + max(map(len, re.findall(r"(?m)^[ \-?:]+", source)), default=0) <= 1_000:
        return
    depth = 0
    for event in yaml.parse(source, Loader=cast("Any", _Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark = cast("yaml.Mark", event.start_mark)
                raise Fault(Span(path, mark.line + line, mark.column + 1), _TOO_DEEP)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _span(path: str, line: int, mark: Any) -> Span:
    return _new(Span, (path, mark.line + line, mark.column + 1))


def _keys(
    span: Callable[[Any], Span], entries: Mapping[str, Node], pairs: Iterable[tuple[Any, Any]]
) -> dict[str, Span]:
    """The places of the keys of `entries`, which are the first of these pairs."""
    return {key: span(node.start_mark) for key, (node, _) in zip(entries, pairs, strict=False)}


class _Builder:
    """Turns PyYAML's nodes into ours, keeping count of what aliases repeat."""

    def __init__(self, source: str, path: str, line: int, hidden: bool) -> None:  # noqa: FBT001 (private)
        self._source = source
        self._path = path
        self._line = line
        self._hidden = hidden
        self._lines: list[str] | None = None
        self._aliases = "*" in source and "&" in source  # only then can there be more nodes than stand in the source
        self._left = len(source) + MAX_REPEATED  # what stands in the source takes a character at least
        self.span = partial(_span, path, line)  # here: no method, which would make a circle of the nodes' places

    def build(self, node: Any, depth: int) -> Node:
        if self._aliases or depth > MAX_DEPTH or node.tag not in _IMPLICIT:
            self._refuse(node, depth)
        kind = type(node)
        if kind is yaml.ScalarNode:
            if not node.style and "\n" not in node.value and not self._hidden:
                return Scalar(node.value, (self.span, node.start_mark), node.tag == "plain")
            return self._scalar(node)
        place = (self.span, node.start_mark)
        if kind is yaml.SequenceNode:
            return Seq(tuple([self.build(item, depth + 1) for item in node.value]), place)
        entries: dict[str, Node] = {}
        for key_node, value_node in node.value:
            if self._aliases or depth >= MAX_DEPTH or key_node.tag not in _IMPLICIT:
                self._refuse(key_node, depth + 1)
            key = key_node.value if type(key_node) is yaml.ScalarNode else self._no_key(key_node, depth)
            if self._hidden:
                key = key.translate(_SHOW)
            if key in entries:
                first = _keys(self.span, entries, node.value)[key].line
                message = f"the key '{key}' stands twice; the first is at line {first}"
                raise Fault(self.span(key_node.start_mark), message, "D605")
            entries[key] = self.build(value_node, depth + 1)
        return Map(entries, place, partial(_keys, self.span, entries, node.value))

    def _no_key(self, node: Any, depth: int) -> NoReturn:
        """Refuse a key that is no text."""
        self.build(node, depth + 1)  # here: what is wrong inside comes first
        at = node.start_mark.index - 1  # a mapping as a key: most likely {{ without quotes
        braces = type(node) is yaml.MappingNode and self._source[at : at + 2] == "{{"
        raise Fault(self.span(node.start_mark), f"YAML: {BRACES}" if braces else "a key must be a text")

    def _refuse(self, node: Any, depth: int) -> None:
        """Raises Fault where a node may not be where it is."""
        self._left -= 1
        span = self.span(node.start_mark)
        if depth > MAX_DEPTH:
            raise Fault(span, f"nested more than {MAX_DEPTH} deep; flatten it")
        if self._left < 0:
            raise Fault(span, f"aliases repeat more than {MAX_REPEATED:,} nodes; write them out")
        if node.tag not in _IMPLICIT:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            raise Fault(span, f"the tag {tag[:40]} is not used here; remove it, and quote what is text")

    def _scalar(self, node: Any) -> Scalar:
        text = node.value.translate(_SHOW) if self._hidden else node.value
        if node.style == "|" or node.style == ">":
            return self._block(node, text)
        first, last = node.start_mark.line, node.end_mark.line
        lines = None
        if "\n" in text:  # an escape, or a blank line of a folded text
            lines = self._flow_lines(text, first, last)
        span = self.span(node.start_mark)
        start = Span(span.path, span.line, (span.column or 1) + 1) if node.style else span
        return Scalar(text, span, not node.style and node.tag == "plain", layout=Layout(start, lines))

    def _block(self, node: Any, text: str) -> Scalar:
        """A block scalar: its text begins on the line after its indicator."""
        source = self._source_lines()
        begin = node.start_mark.line + 1
        rows = source[begin : node.end_mark.line + 1]
        indent = next((len(row) - len(row.lstrip(" ")) for row in rows if row.strip()), 0) + 1
        lines = self._flow_lines(text, begin, node.end_mark.line, 1) if node.style == ">" else None
        first = Span(self._path, (lines[0] if lines else begin + self._line), indent)
        return Scalar(text, (self.span, node.start_mark), layout=Layout(first, lines, indent))

    def _flow_lines(self, text: str, first: int, last: int, least: int = 0) -> tuple[int, ...]:
        """The file line on which each line of a folded text begins, found by walking both in step.

        `least` is how many file lines a line of text takes up: 0 where escapes may put several on one.
        """
        source = self._source_lines()
        rows = [source[index].strip() for index in range(first, min(last + 1, len(source)))]
        result: list[int] = []
        row = 0
        for line in text.split("\n"):
            word = line.strip()[:20]
            matches = (r for r in range(row, len(rows)) if word and rows[r] and word[: len(rows[r])] in rows[r])
            found = next(matches, row)
            result.append(first + min(found, len(rows) - 1) + self._line)
            row = found + least
        return tuple(result)

    def _source_lines(self) -> list[str]:
        if self._lines is None:
            self._lines = lf(self._source).split("\n")
        return self._lines
