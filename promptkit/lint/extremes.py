"""How few and how many tokens a view can have, by what its inputs declare: their values are not looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptkit.content import Attachment, Items, Records, Tools
from promptkit.inputs import printed
from promptkit.lint.readings import standing
from promptkit.lint.shots import frame_tokens, shots
from promptkit.lint.sizes import sampled
from promptkit.lint.tally import tally
from promptkit.render.program import program
from promptkit.tokens import CARRIERS, tool_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.content import Input
    from promptkit.lint.views import Piece, Speech, View
    from promptkit.tokens import Tokenizer

SCALAR = 8
"""Tokens that a number or a truth value has at most: those of 20 digits in o200k_base."""

UNMEASURED = 0.18
"""Share by which an estimate that was not calibrated is off at most in 95 of 100 prompts: o200k_base in the place of
other vendors' vocabularies, over 1,000 prompts; measured 2026-11-24."""

CARRIED = 0.01
"""The same where texts are counted piece by piece in a vocabulary whose cuts were not proved."""


class Extremes(NamedTuple):
    """The tokens of one view, framing included.

    `least` are those of its own words, `most` those with every value as large as declared; None where an input has no
    bound: `unbounded` names these, each with what it lacks. `seams` is how often words and values meet: their tokens do
    not quite add up there.
    """

    tokenizer: Tokenizer
    least: int
    most: int | None
    seams: int
    unbounded: Mapping[str, str]

    @property
    def error(self) -> float:
        """The share by which the counts may be off."""
        if self.tokenizer.basis == "estimate":
            return UNMEASURED if self.tokenizer.error_p95 is None else self.tokenizer.error_p95
        return CARRIED if self.tokenizer.encoding in CARRIERS else 0.0


def extremes(view: View, tokenizer: Tokenizer, spared: frozenset[str] = frozenset()) -> Extremes:
    """The extremes of a view for a model, without the blocks that are spared."""
    return _Bounding(view, tokenizer, spared).extremes()


class _Bounding:
    def __init__(self, view: View, tokenizer: Tokenizer, spared: frozenset[str]) -> None:
        self.view = view
        self.tokenizer = tokenizer
        self.spared = spared
        self.accepted: Mapping[str, Input] = program(view.variant).accepted
        self.least = self.most = self.seams = 0
        self.unbounded: dict[str, str] = {}

    def extremes(self) -> Extremes:
        for speech in self.view.speeches:
            self._speech(speech)
        reply = self.tokenizer.framing.reply if self.view.speeches else 0
        offered = tuple(
            tool
            for leaf in standing(self.view.sight, self.view)
            if isinstance(leaf.block.content, Tools) and leaf.block.name not in self.spared
            for tool in leaf.block.content.entries
        )
        definitions = (tool_tokens(offered, self.tokenizer) or 0) if offered else 0  # type: ignore[arg-type]  # composed
        scaled = self.tokenizer.scaled
        least = scaled(max(self.least - self.seams, 0) + reply) + definitions
        most = None if self.unbounded else scaled(self.most + reply) + definitions
        return Extremes(self.tokenizer, least, most, self.seams, self.unbounded)

    def _speech(self, speech: Speech) -> None:
        if speech.pieces[0].turn:
            self._turns(speech.pieces[0])
            return
        if all(piece.block.name in self.spared for piece in speech.pieces):
            return
        frame = frame_tokens(speech.role, self.tokenizer)
        if any(not piece.is_value and not _hangs(piece) for piece in speech.pieces):
            self.least += frame
        self.most += frame
        run: list[str] = []
        told: set[frozenset[str]] = set()
        for piece in speech.pieces:
            if piece.block.name in self.spared or isinstance(piece.block.content, Attachment):
                continue
            if not piece.is_value and not _hangs(piece):
                run.append(piece.text)
                continue
            self._run(run)
            run = []
            if not piece.is_value:
                self.most += tally(piece.text, self.tokenizer.encoding) * self._times(piece)
            elif not piece.looped or piece.varies not in told:
                told.add(piece.varies)
                self._value(piece)
        self._run(run)

    def _run(self, run: list[str]) -> None:
        """Words that stand side by side."""
        if run:
            tokens = tally("".join(run), self.tokenizer.encoding)
            self.least, self.most, self.seams = self.least + tokens, self.most + tokens, self.seams + 1

    def _turns(self, piece: Piece) -> None:
        content = piece.block.content
        assert isinstance(content, Items)
        if piece.block.name in self.spared:
            return
        if isinstance(content.source, Records):
            self._shots(piece, content)
        else:
            self._value(piece)

    def _shots(self, piece: Piece, content: Items) -> None:
        variant = self.view.variant
        found = shots(self.view.sight, variant, piece.block, self.tokenizer, sampled(variant))
        frames = sum(frame_tokens(role, self.tokenizer) for role in found.roles)
        if content.select.by != "similar":
            self.least += found.tokens + frames
            self.most += found.tokens + frames
        else:
            self.most += content.max_tokens if isinstance(content.max_tokens, int) else found.tokens + frames

    def _value(self, piece: Piece) -> None:
        content = piece.block.content
        if isinstance(content, Items) and isinstance(content.source, Records) and piece.source is None:
            self._shots(piece, content)
            return
        of_block = None
        if isinstance(content, Items) and piece.source is None:
            tag = f"<{content.source}>\n\n</{content.source}>" if piece.block.kind == "context" else ""
            of_block = _limit(content)
            self.most += tally(tag, self.tokenizer.encoding) if of_block is None else 0
        sizes = [self._size(name) for name in sorted(piece.names & piece.varies)]
        size = max((each for each in sizes if each is not None), default=0)
        if of_block is not None:
            size = of_block if None in sizes else min(size, of_block)
        else:
            unknown = [name for name in sorted(piece.names & piece.varies) if self._size(name) is None]
            self.unbounded |= {name: _lack(self.accepted.get(name)) for name in unknown}
        self.most += size

    def _size(self, name: str) -> int | None:
        """The tokens that the value of an input has at most; None where nothing says so."""
        declared = self.accepted.get(name)
        if declared is None:
            return None
        if declared.max_tokens is not None:
            return declared.max_tokens
        if declared.enum:
            return max(tally(printed(entry), self.tokenizer.encoding) for entry in declared.enum)
        return SCALAR if {"integer", "number", "boolean", "null"}.issuperset(declared.types) else None

    def _times(self, piece: Piece) -> int:
        """How often the words of a loop stand there at most; a list without a bound is told by what it prints."""
        found = [self.accepted[name].max_items for name in piece.varies if name in self.accepted]
        return max((each for each in found if each is not None), default=1)


def _hangs(piece: Piece) -> bool:
    """Whether words may be left out of a view: those of a loop, and what joins blocks that may be empty."""
    return bool(piece.varies) and (piece.looped or piece.source is None)


def _limit(content: Items) -> int | None:
    """The tokens that a block leaves its items at most."""
    found = [content.max_tokens] if isinstance(content.max_tokens, int) else []
    if isinstance(content.take, int) and isinstance(content.item_max_tokens, int):
        found.append(content.take * content.item_max_tokens)
    return min(found, default=None)


def _lack(declared: Input | None) -> str:
    """What would bound an input."""
    if declared is not None and "array" in declared.types:
        return "max_tokens" if declared.max_items is not None else "max_items and max_tokens"
    return "max_tokens"
