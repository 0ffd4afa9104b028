"""YAML files: guarded, with the place of every node. The only module that knows PyYAML."""

from __future__ import annotations

import re
from typing import Any, NoReturn, cast

import yaml

from promptkit.errors import Span
from promptkit.read.advice import BRACES, about
from promptkit.read.nodes import MAX_DEPTH, Fault, Layout, Map, Node, Scalar, Seq, lf

MAX_REPEATED = 50_000  # nodes that aliases repeat

# YAML 1.1 takes these for line breaks and would rewrite them; they travel as private characters instead.
_BREAKS = "\x85\u2028\u2029"
_PRIVATE = "\ue0d5\ue0d6\ue0d7"
_TOO_DEEP = f"nested more than {MAX_DEPTH} deep; flatten it"
_HIDE = str.maketrans(_BREAKS, _PRIVATE)
_SHOW = str.maketrans(_PRIVATE, _BREAKS)
_ANY_BREAK = re.compile(f"[{_BREAKS}]")
_ANY_PRIVATE = re.compile(f"[{_PRIVATE}]")


_YAMLS = (yaml.ScalarNode, yaml.SequenceNode, yaml.MappingNode)
_TEXTS = (yaml.ScalarNode, Scalar)
_new = tuple.__new__  # half the time of Span(...)


class _Resolver:
    """Resolves nothing: whether a scalar was quoted is all that the reader wants to know, and it is the tag."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> Any:  # noqa: ARG002 (PyYAML's interface)
        return implicit

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


def texts_at(source: str) -> list[tuple[int, int]]:
    """First and last line of the scalars of more than one line, from 1: what looks like a comment there is text."""
    try:
        tokens = [token for token in yaml.scan(source, yaml.CSafeLoader) if isinstance(token, yaml.ScalarToken)]
    except yaml.YAMLError:
        return []
    found = []
    for token in tokens:
        first, last = token.start_mark.line + 1, token.end_mark.line + (token.end_mark.column > 0)
        if last > first:
            found.append((first + (token.style in ("|", ">")), last))
    return found


def yaml_node(source: str, path: str) -> Node | None:
    """As `read_yaml`; None also for what is no YAML."""
    try:
        return read_yaml(source, path)
    except Fault:
        return None


def read_yaml(source: str, path: str, line: int = 1) -> Node | None:
    """The node of a YAML document, None when it is empty. `line` is where `source` begins in its file.

    Raises Fault: a syntax error, a tag, too deep, too many nodes, a key that is double or no text.
    """
    hidden = not source.isascii() and _ANY_BREAK.search(source) is not None
    if hidden:
        if _ANY_PRIVATE.search(source):
            raise Fault(Span(path, line), "mixes U+0085, U+2028 or U+2029 with private characters; escape one of them")
        source = source.translate(_HIDE)
    try:
        _refuse_depth(source, path, line)
        root = _compose(_Source(source, path, line))
        return None if root is None else _Adopter(source, hidden).adopt(root, 0)
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


def _compose(source: _Source) -> Any:
    loader = _Loader(source)  # type: ignore[arg-type]  # PyYAML asks for no more than it has
    try:
        root = loader.get_single_node()
    except yaml.composer.ComposerError as error:
        mark = cast("yaml.Mark", error.problem_mark)
        problem = "a second document starts here; keep one a file" if "document" in str(error) else str(error.problem)
        raise Fault(source.span(mark), f"YAML: {problem}") from error
    finally:
        if hasattr(loader, "dispose"):
            loader.dispose()
    return root


def _refuse_depth(source: str, path: str, line: int) -> None:
    """Refuse what is nested too deep before anything recurses over it (libyaml's composer would crash).

    Most files cannot be deep, seen from what opens a collection or from their brackets and their indentation alone;
    only the others are parsed twice.
    """
    brackets = source.count("[") + source.count("{")
    if brackets + source.count(":") + source.count("-") + source.count("?") <= 1_000:
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


class _Source:
    """The text of a file, as the stream that PyYAML reads. Marks hold their stream's name: it is the source itself."""

    def __init__(self, text: str, path: str, line: int) -> None:
        self._text = text
        self._path = path
        self._line = line
        self._unread = text
        self._rows: list[str] | None = None

    @property
    def name(self) -> _Source:
        """What marks hold."""
        return self

    def read(self, _size: int) -> str:
        """All of the text, then nothing."""
        text, self._unread = self._unread, ""
        return text

    def span(self, mark: Any) -> Span:
        """The place of a mark."""
        return _new(Span, (self._path, mark.line + self._line, mark.column + 1))

    def layout(self, node: Any) -> Layout:
        """Where the text of a scalar stands."""
        if node.style == "|" or node.style == ">":
            return self._block(node)
        mark, lines = node.start_mark, None
        if "\n" in node.value:  # an escape, or a blank line of a folded text
            lines = self._flow_lines(node.value, mark.line, node.end_mark.line)
        return _new(Span, (self._path, mark.line + self._line, mark.column + (2 if node.style else 1))), lines, 1

    def _block(self, node: Any) -> Layout:
        """A block scalar: its text begins on the line after its indicator."""
        begin = node.start_mark.line + 1
        rows = self._source_lines()[begin : node.end_mark.line + 1]
        indent = next((len(row) - len(row.lstrip(" ")) for row in rows if row.strip()), 0) + 1
        lines = self._flow_lines(node.value, begin, node.end_mark.line, 1) if node.style == ">" else None
        return _new(Span, (self._path, lines[0] if lines else begin + self._line, indent)), lines, indent

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
        if self._rows is None:
            self._rows = lf(self._text).split("\n")
        return self._rows


class _Adopter:
    """Makes PyYAML's nodes ours by changing their class, a third of the time of making others.

    It keeps count of what aliases repeat, and refuses what no file may hold.
    """

    def __init__(self, source: str, hidden: bool) -> None:  # noqa: FBT001 (private)
        self._source = source
        self._hidden = hidden
        aliases = "*" in source and "&" in source  # only then can there be more nodes than stand in the source
        self._wary = aliases or "!" in source
        self._left = len(source) + MAX_REPEATED  # what stands in the source takes a character at least

    def adopt(self, node: Any, depth: int) -> Node:
        """The node as one of ours, with all below it."""
        kind = type(node)
        if self._wary or depth > MAX_DEPTH:
            self._refuse(node, depth)
            if kind not in _YAMLS:
                return self._repeated(node, depth)
        if kind is yaml.ScalarNode:
            if self._hidden:
                node.value = node.value.translate(_SHOW)
            node.__class__ = Scalar
        elif kind is yaml.SequenceNode:
            node.__class__ = Seq
            for item in node.value:
                self.adopt(item, depth + 1)
        else:
            node.__class__ = Map
            node.entries = self._entries(node.value, depth)
        return node  # type: ignore[no-any-return]  # it is one now

    def _entries(self, pairs: list[tuple[Any, Any]], depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        wary, hidden, below = self._wary or depth >= MAX_DEPTH, self._hidden, depth + 1
        for key_node, value_node in pairs:
            if wary:
                self._refuse(key_node, below)
            key = key_node.value if type(key_node) in _TEXTS else self._no_key(key_node, depth)
            if hidden:
                key = key.translate(_SHOW)
            if key in entries:
                first, _ = pairs[list(entries).index(key)]
                message = f"the key '{key}' stands twice; the first is at line {_span(first).line}"
                raise Fault(_span(key_node), message, "D605")
            entries[key] = self.adopt(value_node, below)
        return entries

    def _repeated(self, node: Any, depth: int) -> Node:
        """A node that an alias repeats, with all below it counted again."""
        if type(node) is Seq:
            for item in node.value:
                self.adopt(item, depth + 1)
        elif type(node) is Map:
            for key_node, value_node in node.value:
                self._refuse(key_node, depth + 1)
                self.adopt(value_node, depth + 1)
        return node  # type: ignore[no-any-return]  # it is one of ours

    def _no_key(self, node: Any, depth: int) -> NoReturn:
        """Refuse a key that is no text."""
        self.adopt(node, depth + 1)  # here: what is wrong inside comes first
        at = node.start_mark.index - 1  # a mapping as a key: most likely {{ without quotes
        braces = type(node) is Map and self._source[at : at + 2] == "{{"
        raise Fault(_span(node), f"YAML: {BRACES}" if braces else "a key must be a text")

    def _refuse(self, node: Any, depth: int) -> None:
        """Raises Fault where a node may not be where it is."""
        self._left -= 1
        if depth > MAX_DEPTH:
            raise Fault(_span(node), _TOO_DEEP)
        if self._left < 0:
            raise Fault(_span(node), f"aliases repeat more than {MAX_REPEATED:,} nodes; write them out")
        if type(node.tag) is str:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            raise Fault(_span(node), f"the tag {tag[:40]} is not used here; remove it, and quote what is text")


def _span(node: Any) -> Span:
    place: Span = node.start_mark.name.span(node.start_mark)
    return place
