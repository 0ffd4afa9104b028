"""A prompt as a model gets it, without a call: its messages in every variant and branch, values standing as VALUE."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate, product
from typing import TYPE_CHECKING, Any, NamedTuple

from promptkit.content import Text, Tools
from promptkit.errors import PromptkitError
from promptkit.lint.passages import VALUE
from promptkit.lint.places import Place, place
from promptkit.read import content_texts
from promptkit.render.leaves import GROUP_NAME
from promptkit.render.program import program, trace_inputs
from promptkit.template.outline import NONE, Choice, Loop, Names, Node, Test, Value, Words, tested

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptkit.errors import Span
    from promptkit.messages import Role
    from promptkit.model import Block, Library, Prompt, Variant
    from promptkit.render.leaves import Leaf
    from promptkit.render.program import Program
    from promptkit.template import Engine, Use

MAX_VIEWS = 16  # branches of one variant that are looked at
ALL_WAYS = 2  # choices up to which every combination is looked at
Branch = dict[str, bool]


class Piece(NamedTuple):
    """A part of a message. `names` are the inputs that a value comes from; of authored words there are none.

    `source` and `start` are where it stands, None and 0 for what promptkit writes; `end` is that of the tag of what a
    tag prints, be it a value or a text that `with` or `set` gives; `block` is the block it is of.
    `looped` is True for what may stand there more than once, `turn` for an example or an earlier turn. `varies` are the
    inputs that its text hangs on, or whether it stands there: none where it is the same in every call.
    """

    text: str
    source: Text | None
    start: int
    block: Block
    names: Names = NONE
    end: int = 0
    looped: bool = False
    turn: bool = False
    bare: str | None = None
    varies: Names = NONE

    @property
    def is_value(self) -> bool:
        """Whether it is a value and no authored text."""
        return self.text == VALUE


class Speech:
    """One message of a view."""

    def __init__(self, role: Role, pieces: tuple[Piece, ...]) -> None:
        self.role = role
        self.pieces = pieces

    @cached_property
    def text(self) -> str:
        """Its text; each value is one VALUE."""
        return "".join(piece.text for piece in self.pieces)

    @cached_property
    def folded(self) -> str:
        """Its text without a difference of case, to look for a word before a pattern is tried."""
        return self.text.casefold()

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(len(piece.text) for piece in self.pieces))

    def piece_at(self, offset: int) -> Piece:
        """The piece that holds the character at an offset of the text."""
        return self.pieces[min(bisect_right(self._ends, offset), len(self.pieces) - 1)]

    def at(self, start: int, end: int) -> Place:
        """The place of `text[start:end]`, as far as it stands in one file and text."""
        index = min(bisect_right(self._ends, start), len(self.pieces) - 1)
        piece = self.pieces[index]
        if piece.source is None:
            return Place.of(piece.block.span)
        if piece.end:
            return place(piece.source, piece.start, piece.end)
        inside = start - (self._ends[index] - len(piece.text))
        return place(
            piece.source, piece.start + inside, piece.start + inside + min(end - start, len(piece.text) - inside)
        )


class View:
    """What a model gets in one variant and branch. `branch` are the tests with what they are held to be."""

    def __init__(
        self, sight: Sight, variant: Variant, branch: Mapping[str, bool], speeches: tuple[Speech, ...]
    ) -> None:
        self.sight = sight
        self.variant = variant
        self.branch = branch
        self.speeches = speeches

    @property
    def program(self) -> Program:
        """What rendering the variant takes."""
        return program(self.variant)

    def of(self, *roles: Role) -> Iterator[Speech]:
        """The messages of these roles that are no examples and no earlier turns."""
        return (each for each in self.speeches if each.role in roles and not each.pieces[0].turn)


class Sight:
    """A prompt with all its views."""

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt
        self._outlines: dict[int, tuple[Node, ...]] = {}
        self.memo: dict[str, Any] = {}  # what rules have derived from it

    @property
    def library(self) -> Library:
        """The library of the prompt."""
        return self.prompt.library

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Its variants, without those that do not compose: their problems are told already."""
        found = []
        for name in self.prompt.variants:
            try:
                variant = self.prompt[name]
                program(variant)
            except PromptkitError:
                continue
            found.append(variant)
        return tuple(found)

    @cached_property
    def views(self) -> tuple[View, ...]:
        """Its views, those left out that say the same as an earlier one."""
        seen: set[tuple[object, ...]] = set()
        found = []
        for variant in self.variants:
            for view in self.views_of(variant):
                key = tuple(
                    (speech.role, *((id(piece.source), piece.start, piece.text) for piece in speech.pieces))
                    for speech in view.speeches
                )
                if key not in seen:
                    seen.add(key)
                    found.append(view)
        return tuple(found)

    def uses(self, variant: Variant) -> Iterator[Use]:
        """Each place that looks an input up in a variant."""
        for leaf in program(variant).leaves:
            yield from self.prompt._shared["uses", id(leaf)][0]

    def is_dynamic(self, variant: Variant) -> Iterator[bool]:
        """For each template of a variant, whether it includes what is only known in a call."""
        engine = self.library.engine
        for leaf in every_leaf(program(variant).leaves):
            texts = [part for part in leaf.parts if isinstance(part, Text) and not part.literal]
            texts += [text for text in content_texts(leaf.block.content) if not text.literal]
            yield from (bool(engine.template(text).needs.dynamic) for text in texts)

    def at_name(self, span: Span, name: str) -> Place:
        """The place of a name in a tag of the line that a span is on; the span where it is not found there."""
        word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
        for text in self._texts.get(span.path, ()):
            if text.first.line is None or span.line is None:
                continue
            for number, line in enumerate(text.source.split("\n"), 1):
                place_ = text.span(number)
                found = (
                    word.search(line, max(line.find("{{"), line.find("{%"), 0)) if place_.line == span.line else None
                )
                found = found or (word.search(line) if place_.line == span.line else None)
                if found is not None:
                    start = sum(len(each) + 1 for each in text.source.split("\n")[: number - 1])
                    return place(text, start + found.start(), start + found.end())
        return Place.of(span)

    @cached_property
    def _texts(self) -> dict[str, list[Text]]:
        """The templates that the prompt is made of, by their files."""
        found: dict[str, list[Text]] = {}
        engine = self.library.engine
        seen: set[int] = set()
        for variant in self.variants:
            for leaf in every_leaf(program(variant).leaves):
                own = [*content_texts(leaf.block.content), *(v for _, v in leaf.block.bindings if isinstance(v, Text))]
                own += [level.when for level in leaf.levels if level.when is not None]
                for text in own:
                    if id(text) in seen:
                        continue
                    seen.add(id(text))
                    with_included = [text] if text.literal else [text, *self._included(engine, text)]
                    for each in with_included:
                        found.setdefault(each.first.path, []).append(each)
        return found

    def _included(self, engine: Engine, text: Text) -> Iterator[Text]:
        try:
            yield from engine.template(text).included.values()
        except PromptkitError:
            return

    def nodes(self, text: Text) -> tuple[Node, ...]:
        """The outline of a template."""
        known = self._outlines.get(id(text))
        if known is None:
            try:
                known = self.library.engine.template(text).outline
            except (PromptkitError, RecursionError):
                known = (Value(NONE, text, 0, len(text.source), whole=False),)  # its problem is told already
            self._outlines[id(text)] = known
        return known

    def views_of(self, variant: Variant) -> Iterator[View]:
        """What a model gets in a variant, one view for each branch."""
        flows = [Flow(self, variant, leaf) for leaf in program(variant).leaves]
        tests: dict[str, Test] = {}
        sides: list[Branch] = []
        for flow in flows:
            flow.note(tests, sides, {})
        for branch in branches(tests, sides, variant.set):
            yield View(self, variant, branch, tuple(speeches_of(flows, branch)))


def every_leaf(leaves: Iterable[Leaf]) -> Iterator[Leaf]:
    """The leaves and those that they show inside."""
    for leaf in leaves:
        yield leaf
        yield from every_leaf(leaf.children)


def branches(tests: Mapping[str, Test], sides: Iterable[Branch], fixed: Mapping[str, object]) -> Iterator[Branch]:
    """Ways to hold the tests, few and enough that each of the sides stands in one of them; of two tests, all ways.

    A side is what its choice and those around it are held to be. As many sides as can be stand together.
    """
    known = {test.key: test.fixed for test in tests.values() if test.fixed is not None}
    for test in tests.values():
        name = test.name or (test.key if test.names == {test.key} else None)
        if name is not None and name in fixed:
            known[test.key] = fixed[name] == test.constant if test.name else bool(fixed[name])
    keys = [key for key in tests if key not in known]
    if len(keys) <= ALL_WAYS:
        wanted: list[Branch] = [dict(zip(keys, way, strict=True)) for way in product((True, False), repeat=len(keys))]
    else:
        wanted = [side for side in sides if all(known.get(key, held) == held for key, held in side.items())]
    for _ in range(MAX_VIEWS):
        branch, left = dict(known), []
        for side in wanted:
            if all(branch.get(key, held) == held for key, held in side.items()) and _can_be(tests, {**branch, **side}):
                branch |= side
            else:
                left.append(side)
        yield branch
        if not left or len(left) == len(wanted):
            return
        wanted = left


def _can_be(tests: Mapping[str, Test], branch: Branch) -> bool:
    """Whether the tests can be held so together: one value equals one constant at most."""
    values: dict[str, object] = {}
    equal = [tests[key] for key, held in branch.items() if held and key in tests and tests[key].name is not None]
    return all(values.setdefault(str(test.name), test.constant) == test.constant for test in equal)


class Flow:
    """One leaf of a variant: its pieces in every branch."""

    def __init__(self, sight: Sight, variant: Variant, leaf: Leaf) -> None:
        self.sight = sight
        self.variant = variant
        self.leaf = leaf
        self.children = [Flow(sight, variant, child) for child in leaf.children]
        engine = sight.library.engine
        self.whens = [tested(engine.expression(level.when)) for level in leaf.levels if level.when is not None]
        self.scopes = [dict(level.bindings) for level in leaf.levels]
        inner = {each.name: each.default for level in leaf.levels for each in level.inputs}
        self.known = {**inner, **variant.set}

    def note(self, tests: dict[str, Test], sides: list[Branch], around: Branch) -> None:
        """Adds the tests that decide what stands there, by their keys, and each side of each choice."""
        tests |= {test.key: test for test, _ in self.whens if test.key not in tests}
        inside = {**around, **{test.key: not negated for test, negated in self.whens}}
        sides += [inside, *({**around, test.key: negated} for test, negated in self.whens)]
        for part in self.leaf.parts:
            if isinstance(part, Text):
                note_tests(self.sight.nodes(part), tests, sides, inside)
        for child in self.children:
            child.note(tests, sides, inside)

    def give(self, values: Mapping[str, object]) -> None:
        """Lets a call give these inputs, over what is set."""
        self.known = {name: value for name, value in self.known.items() if name not in values}
        for child in self.children:
            child.give(values)

    def stands(self, branch: Mapping[str, bool]) -> bool:
        """Whether the block is there."""
        return all(branch.get(test.key, True) is not negated for test, negated in self.whens)

    def pieces(self, branch: Mapping[str, bool], around: Names = NONE) -> Iterator[Piece]:
        """What it prints; of a block of items, one value for them all. What its group hangs on is `around` it."""
        block, held = self.leaf.block, around | self.leaf.conditions
        if isinstance(block.content, Tools):
            return
        if not self.leaf.parts:
            source = getattr(block.content, "source", None)
            names = frozenset({str(source)}) if isinstance(source, str) else NONE
            varies = held | self._inputs(names)
            yield Piece(VALUE, None, 0, block, names, looped=True, turn=self.leaf.turns, varies=varies)
            return
        for part in self.leaf.parts:
            if isinstance(part, Text):
                yield from self.chosen(self.sight.nodes(part), branch, held, looped=False, depth=len(self.scopes))
            elif part:
                yield Piece(part, None, 0, block, varies=held)

    def _inputs(self, names: Names) -> Names:
        """The inputs that names of the block's scope come from, less those that are set."""
        sources, fixed = self.leaf.sources, self.variant.set
        if sources.keys().isdisjoint(names) and fixed.keys().isdisjoint(names):
            return names
        return trace_inputs(names, sources, fixed)

    def chosen(
        self, nodes: tuple[Node, ...], branch: Mapping[str, bool], held: Names, *, looped: bool, depth: int
    ) -> Iterator[Piece]:
        """What nodes print that hang on the inputs `held` and see the `with` of the outermost `depth` levels."""
        for node in nodes:
            if isinstance(node, Words):
                yield Piece(node.text, node.source, node.start, self.leaf.block, looped=looped, varies=held)
            elif isinstance(node, Value):
                yield from self._value(node, branch, held, looped=looped, depth=depth)
            elif isinstance(node, Choice):
                side = node.yes if branch.get(node.test.key, True) else node.no
                inside = held | self._inputs(node.test.names)
                yield from self.chosen(side, branch, inside, looped=looped, depth=depth)
            else:
                inside = held | self._inputs(node.names)
                yield from self.chosen(node.body, branch, inside, looped=True, depth=depth)

    def _value(
        self, node: Value, branch: Mapping[str, bool], held: Names, *, looped: bool, depth: int
    ) -> Iterator[Piece]:
        if node.bare == GROUP_NAME and self.children:
            yield from _joined([child for child in self.children if child.stands(branch)], branch, held)
            return
        name = node.bare or ""
        varies = held | self._inputs(node.names)
        depth = next((at for at in range(depth - 1, -1, -1) if name in self.scopes[at]), -1)
        known = self.known.get(name) if depth < 0 else self.scopes[depth][name]
        if isinstance(known, Text):
            yield from self.chosen(self.sight.nodes(known), branch, varies, looped=looped, depth=depth)
            return
        block = self.leaf.block
        if isinstance(known, str | int | float) and node.source is not None:
            if str(known):
                yield Piece(str(known), node.source, node.start, block, NONE, node.end, looped, varies=varies)
            return
        names, sources = node.names, self.leaf.sources
        if not sources.keys().isdisjoint(names):
            names = frozenset(found for name in names for found in sources.get(name, frozenset({name})))
        yield Piece(VALUE, node.source, node.start, block, names, node.end, looped, bare=node.bare, varies=varies)


def note_tests(nodes: Iterable[Node], tests: dict[str, Test], sides: list[Branch], around: Branch) -> None:
    """Adds the tests of nodes, by their keys, and each side of each choice."""
    for node in nodes:
        if isinstance(node, Choice):
            key = node.test.key
            tests.setdefault(key, node.test)
            for held, side in ((True, node.yes), (False, node.no)):
                if around.get(key, held) == held:
                    inside = {**around, key: held}
                    sides.append(inside)
                    note_tests(side, tests, sides, inside)
        elif isinstance(node, Loop):
            note_tests(node.body, tests, sides, around)


def _joined(flows: list[Flow], branch: Mapping[str, bool], around: Names = NONE) -> Iterator[Piece]:
    """What the blocks print, those that print nothing left out, with the join of each before it."""
    first = True
    presence: Names = NONE
    for flow in flows:
        found = tuple(flow.pieces(branch, around))
        if not found:
            continue
        own = NONE if any(not piece.varies for piece in found) else NONE.union(*(piece.varies for piece in found))
        if not first and flow.leaf.join:
            yield Piece(flow.leaf.join, None, 0, flow.leaf.block, varies=around | presence | own)
        first = False
        presence |= own
        yield from found


def speeches_of(flows: list[Flow], branch: Mapping[str, bool]) -> Iterator[Speech]:
    """The messages: blocks of one role in a row are one, each block of turns is one of its own."""
    row: list[Flow] = []
    for flow in [each for each in flows if each.stands(branch)]:
        if row and (flow.leaf.role != row[-1].leaf.role or flow.leaf.turns or row[-1].leaf.turns):
            yield from _speech(row, branch)
            row = []
        row.append(flow)
    yield from _speech(row, branch)


def _speech(row: list[Flow], branch: Mapping[str, bool]) -> Iterator[Speech]:
    pieces = tuple(_joined(row, branch))
    if pieces:
        yield Speech(row[0].leaf.role, pieces)
