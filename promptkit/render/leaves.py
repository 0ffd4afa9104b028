"""Blocks ready to render, and the fast form of a variant in which nothing but bare inputs varies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from promptkit.blocks.kinds import is_turns
from promptkit.content import MISSING, Attachment, Input, Items, Text
from promptkit.messages import Message, Piece, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptkit.blocks.kinds import Part
    from promptkit.model import Block
    from promptkit.template import Engine

GROUP_NAME = "blocks"
ITEM_NAMES = frozenset({"item", "loop"})


@dataclass(frozen=True, slots=True)
class Level:
    """What one block on the way to a leaf asks and adds: its `when`, its `with`, the inputs that its file declares."""

    when: Text | None
    bindings: tuple[tuple[str, Any], ...]
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A block ready to render. `parts` is its text; `children` are the leaves that a group's text shows.

    `levels` go from the outermost group to the block. `conditions` are the inputs that decide whether it stands.
    """

    block: Block
    role: Role
    join: str
    levels: tuple[Level, ...]
    parts: tuple[Part, ...]
    children: tuple[Leaf, ...]
    sources: Mapping[str, frozenset[str]]
    conditions: frozenset[str]

    @property
    def turns(self) -> bool:
        """Whether it becomes messages of its own."""
        return is_turns(self.block.kind, self.block.content)


@dataclass(frozen=True, slots=True)
class Hole:
    """The place of an input's value in static text. `piece` is its piece with the text still to fill in."""

    name: str
    piece: Piece

    def fill(self, scope: Mapping[str, Any]) -> Piece:
        """The piece with the value's text."""
        blank = self.piece
        return Piece(str(scope[self.name]), blank.block, blank.kind, blank.span, blank.inputs, (), authored=False)


@dataclass(frozen=True, slots=True)
class Run:
    """A message whose text is static but for bare inputs: `form % values(scope)`, a tuple where there are `several`.

    `fixed` is the message itself where there are none.
    """

    role: Role
    form: str
    values: Callable[[Mapping[str, Any]], Any]
    several: bool
    pieces: tuple[Piece | Hole, ...]
    fixed: Message | None


@dataclass(frozen=True, slots=True)
class Fast:
    """A variant's messages ready to be filled in. It holds for a call in which each block has some text.

    `solid` are the blocks that are nothing but inputs, by those inputs: where all of one's are empty the block falls
    out with its join, and the slow way decides what that means. `names` are all inputs that it prints.
    """

    runs: tuple[Run, ...]
    solid: tuple[tuple[str, ...], ...]
    names: frozenset[str]


def fast_form(leaves: Iterable[Leaf], engine: Engine, fixed: Mapping[str, Any]) -> Fast | None:
    """The messages of a variant in which nothing but bare inputs varies, None for any other."""
    runs: list[tuple[Role, list[Piece | Hole]]] = []
    solid: list[tuple[str, ...]] = []
    for leaf in leaves:
        pieces = _simple(leaf, engine, fixed)
        if not pieces:
            return None
        if not any(isinstance(piece, Piece) for piece in pieces):
            solid.append(tuple(piece.name for piece in pieces if isinstance(piece, Hole)))
        if runs and runs[-1][0] == leaf.role:
            if leaf.join:
                runs[-1][1].append(join_piece(leaf.join, _piece(runs[-1][1][-1])))
            runs[-1][1].extend(pieces)
        else:
            runs.append((leaf.role, pieces))
    names = frozenset(piece.name for _, pieces in runs for piece in pieces if isinstance(piece, Hole))
    return Fast(tuple(_run(role, pieces) for role, pieces in runs), tuple(solid), names)


def _simple(leaf: Leaf, engine: Engine, fixed: Mapping[str, Any]) -> list[Piece | Hole] | None:
    """A leaf as static pieces and holes, None where it needs more than that."""
    if any(level.when is not None or level.inputs for level in leaf.levels) or isinstance(
        leaf.block.content, Items | Attachment
    ):
        return None
    fixed = {**fixed, **{name: value for level in leaf.levels for name, value in level.bindings}}
    found: list[Piece | Hole] = []
    for part in leaf.parts:
        simple = _simple_part(leaf, part, engine, fixed)
        if simple is None:
            return None
        found += simple
    return found


def _simple_part(leaf: Leaf, part: Part, engine: Engine, fixed: Mapping[str, Any]) -> list[Piece | Hole] | None:
    if isinstance(part, str) or part.literal:
        return list(literal_pieces(leaf, part))
    fields = engine.template(part).fields
    if fields is None:
        return None
    found: list[Piece | Hole] = []
    line = 1
    for field in fields:
        if isinstance(field, str):
            found += lines_of(field, part, line, leaf.block)
            line += field.count("\n")
            continue
        if field.name == GROUP_NAME and leaf.block.group:
            inner = _simple_children(leaf.children, engine, fixed)
        else:
            inner = _simple_field(field.name, leaf.block, part.span(field.line), fixed)
        if inner is None:
            return None
        found += inner
        line = field.line
    return found


def _simple_field(name: str, block: Block, span: Any, fixed: Mapping[str, Any]) -> list[Piece | Hole] | None:
    value = fixed.get(name, MISSING)
    if value is MISSING:
        return [Hole(name, Piece("", block.name, block.kind, span, (name,), authored=False))]
    if isinstance(value, str):
        return [Piece(value, block.name, block.kind, span, authored=False)] if value else []
    return None


def _simple_children(children: Iterable[Leaf], engine: Engine, fixed: Mapping[str, Any]) -> list[Piece | Hole] | None:
    found: list[Piece | Hole] = []
    for child in children:
        pieces = _simple(child, engine, fixed)
        if pieces is None or not any(isinstance(piece, Piece) for piece in pieces):
            return None
        if found and child.join:
            found.append(join_piece(child.join, _piece(found[-1])))
        found += pieces
    return found


def _piece(piece: Piece | Hole) -> Piece:
    return piece.piece if isinstance(piece, Hole) else piece


def lines_of(text: str, source: Text, line: int, block: Block) -> list[Piece]:
    """Authored text as pieces, one a line, each at its place. `line` is the line of `source` that it begins on."""
    rows = text.split("\n")
    rows[:-1] = [row + "\n" for row in rows[:-1]]
    return [Piece(row, block.name, block.kind, source.span(line + number)) for number, row in enumerate(rows) if row]


def literal_pieces(leaf: Leaf, part: Part) -> list[Piece]:
    """A literal text, or one that promptkit writes on a block's behalf, as pieces."""
    block = leaf.block
    conditions = tuple(sorted(leaf.conditions))
    if isinstance(part, str):
        return [Piece(part, block.name, block.kind, block.span, (), conditions)]
    pieces = lines_of(part.source, part, 1, block)
    return [replace(piece, conditions=conditions) for piece in pieces] if conditions else pieces


def join_piece(join: str, before: Piece, conditions: Iterable[str] = ()) -> Piece:
    """The text between two blocks. It belongs to the block before it."""
    return Piece(join, before.block, before.kind, before.span, (), tuple(sorted(conditions)))


def _run(role: Role, pieces: list[Piece | Hole]) -> Run:
    names = [piece.name for piece in pieces if isinstance(piece, Hole)]
    form = "".join("%s" if isinstance(piece, Hole) else piece.text.replace("%", "%%") for piece in pieces)
    whole = tuple(piece for piece in pieces if isinstance(piece, Piece))
    fixed = None if names else Message(role, "".join(piece.text for piece in whole), origin=whole)
    return Run(role, form, itemgetter(*(names or [""])), len(names) > 1, tuple(pieces), fixed)
