"""The tokens of a variant, counted without rendering it: of text that is the same in every call, of its examples.

Where a value stands between texts its sample does, else UNKNOWN, so that tokens fall as in `promptkit tokens`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from promptkit.content import MISSING, Attachment, Items, Records, Tools
from promptkit.lint.readings import items, shown, standing, view_of
from promptkit.lint.shots import Shots, frame_tokens, shots
from promptkit.lint.tally import is_exact, tallies
from promptkit.media import media_types
from promptkit.render import tokenizer_of
from promptkit.render.program import program
from promptkit.render.select import compared
from promptkit.tokens import tool_tokens

if TYPE_CHECKING:
    from promptkit.lint.views import Piece, Sight, Speech
    from promptkit.messages import Tool
    from promptkit.model import Variant
    from promptkit.tokens import Tokenizer

UNKNOWN = "x"
"""What stands for a text of which nothing is known, so that its neighbours are counted as words are."""


class Part(NamedTuple):
    """A piece of the message number `speech` with its tokens."""

    piece: Piece
    tokens: int
    speech: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """The tokens of one variant.

    `static` and `prefix` are those of `promptkit tokens`: of text that is the same in every call, and of what stands
    before the first that is not. `end` is the first part that is not. `exact` is False where something of `static`
    could not be read. `examples` are the blocks of examples.
    """

    tokenizer: Tokenizer
    parts: tuple[Part, ...]
    static: int
    prefix: int
    end: Part | None
    definitions: int
    examples: tuple[Shots, ...]
    exact: bool

    @property
    def shot_tokens(self) -> int:
        """Tokens of the examples, without framing."""
        return self.tokenizer.scaled(sum(each.tokens for each in self.examples))


def sizes(sight: Sight, variant: Variant) -> Sizes:
    """The sizes of a variant, found once. Raises ModelError."""
    key = f"sizes {variant.name}"
    found: Sizes | None = sight.memo.get(key)
    if found is None:
        found = sight.memo[key] = _Sizing(sight, variant).sizes()
    return found


def sampled(variant: Variant) -> dict[str, Any]:
    """What stands for the inputs of a variant where one is asked for: what is set, the sample, else the default."""
    plan = program(variant)
    found = dict(plan.defaults)
    for name, declared in plan.accepted.items():
        if name not in plan.pinned and declared.sample is not MISSING and not media_types(declared):
            found[name] = declared.sample
    return found


class _Sizing:
    def __init__(self, sight: Sight, variant: Variant) -> None:
        self.sight = sight
        self.variant = variant
        self.values = sampled(variant)
        self.view = view_of(sight, variant, self.values)
        self.tokenizer = tokenizer_of(variant, None)
        self.encoding = self.tokenizer.encoding
        self.exact = True
        self.examples: list[Shots] = []

    def sizes(self) -> Sizes:
        offered, varied = self._tools()
        definitions = (tool_tokens(offered, self.tokenizer) or 0) if offered else 0
        parts: list[Part] = []
        prefix, end = 0, None
        for number, speech in enumerate(self.view.speeches):
            found, frame, fixed = self._speech(speech, number)
            parts += found
            if end is None and not varied:
                cut = next((each for each in found if each.piece.varies), None) if fixed is not None else None
                end = cut or (found[0] if fixed is not None else None)
                prefix += sum(each.tokens for each in found) + frame if fixed is None else fixed
        static = sum(each.tokens for each in parts if not each.piece.varies)
        scaled = self.tokenizer.scaled
        return Sizes(
            self.tokenizer,
            tuple(parts),
            scaled(static) + definitions,
            scaled(prefix) + (0 if varied else definitions),
            end,
            definitions,
            tuple(self.examples),
            self.exact,
        )

    def _tools(self) -> tuple[tuple[Tool, ...], bool]:
        """The tools that stand for the samples, and whether which these are hangs on an input."""
        leaves = [leaf for leaf in standing(self.sight, self.view) if isinstance(leaf.block.content, Tools)]
        entries = [entry for leaf in leaves for entry in getattr(leaf.block.content, "entries", ())]
        return tuple(entries), any(leaf.conditions for leaf in leaves)

    def _speech(self, speech: Speech, number: int) -> tuple[list[Part], int, int | None]:
        """The parts of a message, its framing, and, where not all of it is fixed, the tokens before what is not."""
        first = speech.pieces[0]
        if first.turn:
            return self._turns(first, number)
        media = next((i for i, p in enumerate(speech.pieces) if isinstance(p.block.content, Attachment)), None)
        read = [self._read(piece) for piece in _without_media(speech.pieces)]
        pieces, texts = [piece for piece, _ in read], [text for _, text in read]
        counted = tallies(texts, self.encoding)
        self.exact &= is_exact("".join(texts))
        parts = [Part(piece, tokens, number) for piece, tokens in zip(pieces, counted, strict=True)]
        fixed = next((i for i, each in enumerate(parts) if each.piece.varies), None)
        if media is not None:
            before = sum(1 for piece in speech.pieces[:media] if not isinstance(piece.block.content, Attachment))
            fixed = before if fixed is None else min(fixed, before)
        start = None if fixed is None else sum(tallies(texts[:fixed], self.encoding))
        return parts, frame_tokens(speech.role, self.tokenizer), start

    def _turns(self, piece: Piece, number: int) -> tuple[list[Part], int, int | None]:
        content = piece.block.content
        assert isinstance(content, Items)
        if isinstance(content.source, Records):
            piece, found = self._shots(piece)
            frame = sum(frame_tokens(role, self.tokenizer) for role in found.roles)
            return [Part(piece, found.tokens, number)], frame, 0 if piece.varies else found.opening
        return [Part(piece, 0, number)], 0, 0 if self.values.get(str(content.source)) else None

    def _shots(self, piece: Piece) -> tuple[Piece, Shots]:
        """The piece, varying with what its examples are chosen by, and these."""
        content = piece.block.content
        assert isinstance(content, Items)
        assert isinstance(content.source, Records)
        found = shots(self.sight, self.variant, piece.block, self.tokenizer, self.values)
        self.examples.append(found)
        if content.select.by == "similar":
            names = set(compared(content.select, content.source)) & program(self.variant).accepted.keys()
            piece = piece._replace(varies=piece.varies | (names - self.variant.set.keys()))
        if not piece.varies:
            self.exact &= found.exact
        return piece, found

    def _read(self, piece: Piece) -> tuple[Piece, str]:
        """A piece with its text, or what stands for it."""
        if not piece.is_value:
            if piece.looped and not piece.varies:
                self.exact = False  # how often is not known
            return piece, piece.text
        content = piece.block.content
        if piece.source is None and isinstance(content, Items):
            if isinstance(content.source, Records):
                piece, found = self._shots(piece)
                return piece, found.text
            return piece, items(self.sight, self.variant, piece.block, self.values).text or UNKNOWN
        text = shown(piece, self.values) or self._last(piece)
        if text is None and not piece.varies:
            self.exact = False
        return piece, UNKNOWN if text is None else text

    def _last(self, piece: Piece) -> str | None:
        """What a loop prints of the last text of a list: it is what stands before the words after the loop."""
        value = self.values.get(next(iter(piece.names))) if piece.looped and len(piece.names) == 1 else None
        return value[-1] if isinstance(value, list | tuple) and value and isinstance(value[-1], str) else None


def _without_media(pieces: tuple[Piece, ...]) -> list[Piece]:
    """The pieces without media, and without the join behind one that they begin with."""
    found = [piece for piece in pieces if not isinstance(piece.block.content, Attachment)]
    begins = bool(found) and found[0] is not pieces[0]
    return found[1:] if begins and found[0].source is None and found[0].text.isspace() else found
