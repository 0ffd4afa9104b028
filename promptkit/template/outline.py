"""What a template can print, in order: its words, its values, its choices and loops. By parsing alone.

Where two templates print the same text in two places, both places are in the outline: an include, a macro and a block
that another template fills are followed to the words themselves, each of which knows its text and offset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptkit.template.plain import TAG

if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Match

    from promptkit.content import Text
    from promptkit.template.engine import Expression, Template

MAX_NODES = 5_000  # of one outline; what lies beyond is a value that is not known
Names = frozenset[str]
NONE: Names = frozenset()


class Words(NamedTuple):
    """Authored text: `text` stands in `source` from `start` on."""

    text: str
    source: Text
    start: int


class Value(NamedTuple):
    """A value that is printed. `names` are those of the template's scope that it comes from, `end` is that of its tag.

    `bare` is the name where nothing else is printed. `whole` is False where what is printed there is not known.
    """

    names: Names
    source: Text
    start: int
    end: int
    bare: str | None = None
    whole: bool = True


class Test(NamedTuple):
    """What a choice hangs on. `key` is the same for the same expression over the same values; `names` are of the scope.

    `name` and `constant` are there where the test is that one value equals another; `fixed` where it never varies.
    """

    key: str
    names: Names
    name: str | None = None
    constant: object = None
    fixed: bool | None = None


class Choice(NamedTuple):
    """One of two."""

    test: Test
    yes: tuple[Node, ...]
    no: tuple[Node, ...]


class Loop(NamedTuple):
    """What stands once for each item of what `names` give, and what stands there if there is none."""

    names: Names
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


Node = Words | Value | Choice | Loop


def outline(template: Template) -> tuple[Node, ...]:
    """The outline of a template. TemplateError where it, or one that it includes, cannot be parsed."""
    text = template.text
    if text.literal:
        return (Words(text.source, text, 0),) if text.source else ()
    if template.tags is not None:
        return _Simple(template).outline()
    from promptkit.template.walk import Walk  # here: it imports jinja2

    return Walk.of(template)


def size(nodes: tuple[Node, ...]) -> int:
    """How many nodes there are, those within others too; not counted much beyond MAX_NODES."""
    count, stack = 0, [nodes]
    while stack and count <= MAX_NODES:
        for node in stack.pop():
            count += 1
            if isinstance(node, Choice):
                stack += (node.yes, node.no)
            elif isinstance(node, Loop):
                stack += (node.body, node.otherwise)
    return count


def tested(expression: Expression) -> tuple[Test, bool]:
    """The test that a bare expression such as `when` is, and whether it is negated."""
    from promptkit.template.walk import test_of  # here: it imports jinja2

    return test_of(expression)


class _Simple:
    """The outline of a template of simple tags: see `promptkit.template.plain.tags`."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.text = template.text
        stock = self.text.name.startswith("std/")
        self.trim = template.engine.trim_blocks and not stock
        self.lstrip = template.engine.lstrip_blocks and not stock

    def outline(self) -> tuple[Node, ...]:
        self._matches = self._opened()
        self._left = MAX_NODES
        nodes, _ = self._body()
        return nodes

    def _opened(self) -> Iterator[tuple[Words | None, Match[str] | None]]:
        """Each tag with the words before it, white space control applied; at last the words after all tags."""
        source, position, cut = self.text.source, 0, False
        for match in TAG.finditer(source):
            yield self._words(position, match.start(), match, left=cut), match
            position = match.end()
            cut = source.endswith("-", 0, position - 2)
            if self.trim and not cut and source[match.start() + 1] in "%#" and source.startswith("\n", position):
                position += 1
        yield self._words(position, len(source), None, left=cut), None

    def _words(self, start: int, end: int, tag: Match[str] | None, *, left: bool) -> Words | None:
        found = self.text.source[start:end]
        if left:
            start += len(found) - len(found.lstrip())
            found = found.lstrip()
        if tag is not None:
            if self.text.source.startswith("-", tag.start() + 2):
                found = found.rstrip()
            elif self.lstrip and self.text.source[tag.start() + 1] in "%#":
                line = found.rstrip(" \t")
                found = line if not line or line.endswith("\n") else found
        return Words(found, self.text, start) if found else None

    def _body(self) -> tuple[tuple[Node, ...], Match[str] | None]:
        """The nodes up to the tag that ends them, and that tag."""
        nodes: list[Node] = []
        for words, match in self._matches:
            if words is not None:
                nodes.append(words)
            if match is None or match["alone"] or match["word"] == "elif":
                return tuple(nodes), match
            if match["word"]:
                nodes.append(self._choice(match))
            elif match["field"]:
                name = match["field"]
                nodes.append(Value(frozenset({name}), self.text, match.start(), match.end(), name))
            elif match["include"]:
                nodes += self._included(match)
        return tuple(nodes), None

    def _included(self, match: Match[str]) -> tuple[Node, ...]:
        """The outline of what a tag includes; a text that includes ever more of itself is not known to its end."""
        other = self.template.engine.named(match["include"])
        found = () if other is None else other.outline
        self._left -= size(found)
        return found if self._left >= 0 else (Value(NONE, self.text, match.start(), match.end(), whole=False),)

    def _choice(self, match: Match[str]) -> Choice:
        yes, end = self._body()
        no: tuple[Node, ...] = ()
        if end is not None and end["word"] == "elif":
            no = (self._choice(end),)
        elif end is not None and end["alone"] == "else":
            no, _ = self._body()
        return _turned(match, yes, no)


def _turned(match: Match[str], yes: tuple[Node, ...], no: tuple[Node, ...]) -> Choice:
    """The choice of an `if` or `elif`; a negated test is that test with its sides changed."""
    name = match["tested"]
    before = match.string[match.start("word") : match.start("tested")]
    rest = match.string[match.end("tested") : match.end()].rstrip("}").rstrip("%").rstrip("-").strip()
    negated = before.split()[1:] == ["not"]
    test = Test(name, frozenset({name}))
    if rest:
        operator = rest[:2].strip() if rest[:2] in {"==", "!=", "<=", ">="} else rest[:1]
        word = rest[len(operator) :].strip()
        constant: object = word[1:-1] if word[:1] in "\"'" else int(word)
        test = Test(f"{name} {operator} {constant!r}", frozenset({name}))
        if operator in {"==", "!="}:
            test = Test(f"{name} == {constant!r}", frozenset({name}), name, constant)
            negated ^= operator == "!="
    return Choice(test, no, yes) if negated else Choice(test, yes, no)
