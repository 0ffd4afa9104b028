"""A rendered prompt as lines that can change places, to count the prefix that another order would have."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from promptkit.tokens import count, message_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptkit.errors import Span
    from promptkit.messages import Media, Message, Piece
    from promptkit.model import Rendered
    from promptkit.tokens import Tokenizer

TURNS = frozenset({"examples", "history"})  # kinds whose messages keep their order among themselves
_TAG = re.compile(r"<([A-Za-z][\w.-]*)[^<>]*>")
_FENCE = re.compile(r"(`{3,}|~{3,})[^`]*")
_HEADING = re.compile(r"#{1,6} .*")


@dataclass(frozen=True, slots=True)
class Line:
    """What moves as one: the pieces of one authored line, without the text that joins it to the line before, or one
    image, sound or file. `place` numbers the lines of a prompt; `joined` says whether `before` is the same in every
    call."""

    place: int
    block: str
    kind: str
    span: Span
    pieces: tuple[Piece, ...] = ()
    media: Media | None = None
    before: str = ""
    joined: bool = True

    @property
    def breaking(self) -> Piece | None:
        """The first piece that varies."""
        return next((piece for piece in self.pieces if not piece.static), None)

    @property
    def static(self) -> bool:
        """Whether it is the same in every call."""
        return self.media is None and self.breaking is None

    @property
    def text(self) -> str:
        """Its text."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that it varies with, in the order of the text."""
        if self.media is not None:
            return self.media.inputs
        return tuple(dict.fromkeys(name for piece in self.pieces for name in (*piece.inputs, *piece.conditions)))


@dataclass(frozen=True)
class Placed:
    """A message as lines, with the tokens that frame it. `turn`: one of an example or a history, or a tool call."""

    message: Message
    lines: tuple[Line, ...]
    frame: int
    turn: bool

    @cached_property
    def head(self) -> tuple[str, Line | None]:
        """The text before the first thing that varies, and the line which that is in; None where nothing varies."""
        texts: list[str] = []
        for number, line in enumerate(self.lines):
            if number and line.before:
                if not line.joined:
                    return "".join(texts), line
                texts.append(line.before)
            if line.media is not None:
                return "".join(texts), line
            for piece in line.pieces:
                if not piece.static:
                    return "".join(texts), line
                texts.append(piece.text)
        return "".join(texts), None


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The messages of a rendered prompt in an order, its own or another. `join` is what its blocks are joined by."""

    messages: tuple[Placed, ...]
    tokenizer: Tokenizer
    join: str

    def prefix(self) -> int:
        """Tokens of the messages before the first text that varies, framing of whole messages included."""
        tokens = 0
        for placed in self.messages:
            if not placed.lines and placed.message.content:  # all of it moved away
                continue
            text, end = placed.head
            tokens += count(text, self.tokenizer.encoding)
            if end is not None or placed.message.tool_calls:
                break
            tokens += placed.frame
        return self.tokenizer.scaled(tokens)

    def end(self) -> tuple[Line | None, int] | None:
        """The line in which the prefix ends and the number of its message; no line where that is a tool call."""
        for number, placed in enumerate(self.messages):
            line = placed.head[1]
            if line is not None or placed.message.tool_calls:
                return line, number
        return None

    def unit(self, number: int) -> tuple[int, int]:
        """Which lines of a message would move: those in a row that vary, from the first on, with what encloses them."""
        lines = self.messages[number].lines
        end = self.messages[number].head[1]
        start = next(place for place, line in enumerate(lines) if line is end)
        stop = start + 1
        while stop < len(lines) and not self._stays(number, stop):
            stop += 1
        while stop > start + 1 and not lines[stop - 1].text and lines[stop - 1].static:
            stop -= 1
        return _enclosed(lines, start, stop)

    def _stays(self, number: int, place: int) -> bool:
        """Whether what varies before this line can move away without it. The join before a block does not keep it:
        that varies with the blocks before, and they move."""
        lines = self.messages[number].lines
        line = lines[place]
        return line.static and bool(line.text) and (line.joined or _first(lines, line.block) == place)

    def moved(self, number: int, start: int, stop: int, target: int) -> Arrangement:
        """This, with lines `start` to `stop` of message `number` at the end of message `target`."""
        lines = self.messages[number].lines
        unit = list(lines[start:stop])
        rest = [*lines[:start], *lines[stop:]]
        if stop < len(lines):  # what joined the unit to the text before it now joins what follows
            opening = max(start, _first(lines, lines[stop].block))  # where its block began: there the blocks are joined
            rest[start] = replace(rest[start], before=lines[opening].before, joined=unit[0].joined)
        there = rest if number == target else list(self.messages[target].lines)
        glue = unit[0].before if start else lines[stop].before if stop < len(lines) else self.join
        if there and there[-1].block != unit[0].block and not self.whole_blocks(number, start, stop):
            glue = self.join
        unit[0] = replace(unit[0], before=glue, joined=True)
        messages = list(self.messages)
        messages[number] = replace(messages[number], lines=_rejoined(rest))
        messages[target] = replace(messages[target], lines=_rejoined([*there, *unit]))
        return replace(self, messages=tuple(messages))

    def whole_blocks(self, number: int, start: int, stop: int) -> bool:
        """Whether these lines are all that their blocks have in the message."""
        lines = self.messages[number].lines
        blocks = {line.block for line in lines[start:stop]}
        return not blocks & {line.block for line in (*lines[:start], *lines[stop:])}


def _first(lines: Sequence[Line], block: str) -> int:
    """The place of the first line of a block."""
    return next(place for place, line in enumerate(lines) if line.block == block)


def _rejoined(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with `joined` as rendering has it: a join varies where a block up to it may be left out."""
    found: list[Line] = []
    fixed = True
    for _, group in groupby(lines, key=lambda line: line.block):
        block = list(group)
        fixed = fixed and any(piece.static and piece.text for line in block for piece in line.pieces)
        found.append(replace(block[0], joined=fixed))
        found += block[1:]
    return tuple(found)


def _enclosed(lines: tuple[Line, ...], start: int, stop: int) -> tuple[int, int]:
    """The range with the tags and fences around it, and the heading over it, in the same block."""
    block = lines[start].block
    while start and stop < len(lines) and lines[start - 1].block == lines[stop].block == block == lines[stop - 1].block:
        above, below = lines[start - 1].text.strip(), lines[stop].text.strip()
        tag, fence = _TAG.fullmatch(above), _FENCE.fullmatch(above)
        if not (tag and below == f"</{tag[1]}>") and not (fence and below == fence[1]):
            break
        start, stop = start - 1, stop + 1
    if start and lines[start - 1].block == block and _HEADING.fullmatch(lines[start - 1].text.strip()):
        start -= 1
    return start, stop


def arranged(rendered: Rendered, tokenizer: Tokenizer) -> Arrangement:
    """The messages of a rendered prompt as lines."""
    found: list[Placed] = []
    place = 0
    for message in rendered.messages:
        lines = tuple(_lines(message, place))
        place += len(lines)
        turn = bool(message.tool_calls) or bool(lines and all(line.kind in TURNS for line in lines))
        found.append(Placed(message, lines, message_parts(message, tokenizer)[1], turn))
    return Arrangement(tuple(found), tokenizer, rendered.variant.settings.join)


def _lines(message: Message, place: int) -> Iterator[Line]:
    before, joined = "", True
    for group in _groups(message):
        if not isinstance(group, list):
            yield Line(place, group.block, "media", group.span, media=group, before=before, joined=joined)
            before, joined = "", True
        else:
            *pieces, last = group
            body = last.text.rstrip("\n") if last.authored else last.text
            after = last.text[len(body) :]
            whole = (*pieces, replace(last, text=body)) if body else tuple(pieces)
            first = group[0]
            yield Line(place, first.block, first.kind, first.span, whole, before=before, joined=joined)
            before, joined = after, last.static
        place += 1


def _groups(message: Message) -> Iterator[list[Piece] | Media]:
    """The pieces of each authored line, and the media, in order."""
    pieces = list(message.pieces)
    for part in message.parts or (message.content,):
        if not isinstance(part, str):
            yield part
            continue
        held: list[Piece] = []
        size = 0
        while pieces and size < len(part):
            held.append(pieces.pop(0))
            size += len(held[-1].text)
        for _, group in groupby(held, key=lambda piece: (piece.block, piece.span.path, piece.span.line)):
            yield from _cut(group)


def _cut(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """The pieces, cut after each authored newline: texts from Python have no line numbers."""
    held: list[Piece] = []
    for piece in pieces:
        held.append(piece)
        if piece.authored and piece.text.endswith("\n"):
            yield held
            held = []
    if held:
        yield held
