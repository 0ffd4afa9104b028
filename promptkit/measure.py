"""From a rendered prompt to its token counts: in all, by source, static and cacheable. Parts add up exactly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from promptkit.errors import PromptkitError, UnknownNameError, did_you_mean
from promptkit.shown import Shown
from promptkit.tokens import image_tokens, message_parts, split, tool_tokens
from promptkit.tokens.ways import BYS, By

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from promptkit.messages import Message, Piece
    from promptkit.model import Rendered
    from promptkit.pricing.facts import ModelFacts
    from promptkit.tokens import Tokenizer

FRAMING = "framing"


@dataclass(frozen=True, slots=True)
class Part:
    """A share of the tokens. `source` is the place or input that it comes from, None where there is no single one."""

    name: str
    kind: str
    source: str | None
    tokens: int


@dataclass(frozen=True, slots=True)
class Counted:
    """One piece of one message with its tokens: those whose first byte it holds."""

    piece: Piece
    message: int
    tokens: int


class _Shares(NamedTuple):
    """Where the text's tokens go: found when first asked for, as most callers ask for the total alone."""

    pieces: tuple[Counted, ...]
    static: int
    prefix: int


@dataclass(frozen=True, slots=True)
class Measurement(Shown):
    """The tokens of a rendered prompt.

    `tokens` is all: text, framing, tool calls, tool definitions, images. `uncounted` names what is sent outside the
    messages and has no documented count. `rendered` is what was measured.
    """

    tokenizer: Tokenizer
    tokens: int
    framing_tokens: int
    tool_call_tokens: int
    uncounted: tuple[str, ...]
    definition_tokens: int
    media_tokens: int
    rendered: Rendered = field(repr=False)
    cache: dict[str, _Shares] = field(default_factory=dict, repr=False, compare=False)  # what was derived from it

    def __repr__(self) -> str:
        return f"Measurement(tokens={self.tokens}, tokenizer={self.tokenizer.model!r}, basis={self.basis!r})"

    @property
    def basis(self) -> str:
        """exact, assumed or estimate; estimate as soon as an image is counted, whatever the text is counted by."""
        return self.tokenizer.basis

    @property
    def framing(self) -> str:
        """documented, assumed or none; assumed as soon as a tool call is counted, whose form no one documents."""
        kind = self.tokenizer.framing.kind
        return "assumed" if kind == "documented" and self.tool_call_tokens else kind

    @property
    def messages(self) -> tuple[Message, ...]:
        """What was measured."""
        return self.rendered.messages

    @property
    def pieces(self) -> tuple[Counted, ...]:
        """Every piece of every message with its tokens."""
        return _shares(self).pieces

    @property
    def static_tokens(self) -> int:
        """Tokens of the text that is the same in every call, without framing."""
        return _shares(self).static

    @property
    def cacheable_prefix_tokens(self) -> int:
        """Tokens before the first piece that varies or is conditional, framing of whole messages included."""
        return _shares(self).prefix

    @property
    def dynamic_tokens(self) -> int:
        """Tokens of text that depends on the call's inputs."""
        return self.tokens - self.static_tokens - self.framing_tokens

    @property
    def facts(self) -> ModelFacts:
        """What is known of the model today: by the library's `prices`, promptkit's table, genai-prices."""
        from promptkit.pricing.models import model_facts  # here: a count needs no prices

        return model_facts(self.tokenizer.model, self.rendered.variant.prompt.library.config.prices)

    @property
    def usd(self) -> Decimal | None:
        """Price of one call's input without caching; None where it is unknown. What is uncounted costs more."""
        from promptkit.pricing.costs import cost

        return cost(self.facts, self.tokens).per_call

    @property
    def context_share(self) -> float | None:
        """The share of the model's context window that it takes; None where the window is unknown."""
        window = self.facts.context_window
        return None if not window else self.tokens / window

    @property
    def by_block(self) -> tuple[Part, ...]:
        """Tokens by block, in the order of the prompt; see `parts`."""
        return parts(self, "block")

    def by(self, by: By) -> tuple[Part, ...]:
        """Tokens by block, message, line, input or kind; see `parts`."""
        return parts(self, by)


def measure(rendered: Rendered, model: str | None = None) -> Measurement:
    """The tokens of a rendered prompt for a model: the one given, else the prompt's, else the library's."""
    from promptkit.render import tokenizer_of  # here: what names the views needs no rendering

    tokenizer = tokenizer_of(rendered.variant, rendered.model if model is None else model)
    definitions = tool_tokens(rendered.tools, tokenizer)
    media, uncounted = _media(rendered, tokenizer)
    texts = calls = 0
    frames = tokenizer.framing.reply if rendered.messages else 0
    for message in rendered.messages:
        content, frame, call = message_parts(message, tokenizer)
        texts, frames, calls = texts + content, frames + frame, calls + call
    texts, frames, calls = tokenizer.shares([texts, frames, calls])
    return Measurement(
        tokenizer=tokenizer.with_images() if media else tokenizer,
        tokens=texts + frames + calls + (definitions or 0) + media,
        framing_tokens=frames,
        tool_call_tokens=calls,
        uncounted=(
            *(["response schema"] if rendered.schema is not None else []),
            *(["tools"] if definitions is None else []),
            *uncounted,
        ),
        definition_tokens=definitions or 0,
        media_tokens=media,
        rendered=rendered,
    )


def _media(rendered: Rendered, tokenizer: Tokenizer) -> tuple[int, tuple[str, ...]]:
    """Estimated tokens of the images, and the types of which one has no rule. Of those types none is counted."""
    sizes: dict[str, list[int | None]] = {}
    for message in rendered.messages:
        for part in message.parts:
            if not isinstance(part, str):
                sizes.setdefault(part.type, []).append(image_tokens(part, tokenizer.maker_name))
    total = sum(tokens or 0 for found in sizes.values() if None not in found for tokens in found)
    return total, tuple(sorted(name for name, found in sizes.items() if None in found))


def _shares(measurement: Measurement) -> _Shares:
    if "shares" not in measurement.cache:
        measurement.cache["shares"] = _found_shares(measurement)
    return measurement.cache["shares"]


def _found_shares(measurement: Measurement) -> _Shares:
    rendered, tokenizer = measurement.rendered, measurement.tokenizer
    pieces: list[tuple[int, Piece]] = []
    sizes: list[int] = []
    prefix = 0
    open_prefix = not any(tool.conditions for tool in rendered.tools)  # providers put tools before the messages
    definitions = measurement.definition_tokens if open_prefix else 0
    for number, message in enumerate(rendered.messages):
        found = message.pieces
        pieces += [(number, piece) for piece in found]
        sizes += split([piece.text for piece in found], tokenizer.encoding)
        if open_prefix:
            fixed = _fixed(message, found)
            open_prefix = len(fixed) == len(found) and not message.tool_calls and not message.parts
            content, frame, _ = message_parts(message, tokenizer)
            prefix += content + frame if open_prefix else _before(fixed, tokenizer)
    counted = tuple(
        Counted(piece, number, tokens) for (number, piece), tokens in zip(pieces, tokenizer.shares(sizes), strict=True)
    )
    static = sum(each.tokens for each in counted if each.piece.static)
    return _Shares(counted, static + definitions, tokenizer.scaled(prefix) + definitions)


def _fixed(message: Message, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The pieces before the first that varies, or before the first media: these vary with their input."""
    media = next((place for place, part in enumerate(message.parts) if not isinstance(part, str)), None)
    before = None if media is None else sum(len(str(part)) for part in message.parts[:media])
    found: list[Piece] = []
    size = 0
    for piece in pieces:
        size += len(piece.text)
        if not piece.static or (before is not None and size > before):
            break
        found.append(piece)
    return tuple(found)


def _before(pieces: Iterable[Piece], tokenizer: Tokenizer) -> int:
    return sum(split([piece.text for piece in pieces], tokenizer.encoding))


def parts(measurement: Measurement, by: By) -> tuple[Part, ...]:
    """The tokens by block, message, source line, input or kind, in the order of the prompt; they add up to `tokens`.

    Framing and tool calls are parts of their own, but by message they belong to theirs; the reply's primer stays. Tool
    definitions and media are parts of their own in every view.
    """
    if by == "message":
        return _by_message(measurement)
    if not isinstance(by, str):
        raise PromptkitError(f"parts are by a name, not {type(by).__name__}; give one of {', '.join(BYS)}")
    if by not in _KEYS:
        raise UnknownNameError(f"no parts by '{by}'{did_you_mean(by, BYS)}")
    key = _KEYS[by]
    totals: dict[tuple[str, str, str | None], int] = {}
    for each in measurement.pieces:
        name = key(each.piece)
        totals[name] = totals.get(name, 0) + each.tokens
    found = [Part(name, kind, source, tokens) for (name, kind, source), tokens in totals.items()]
    if measurement.tool_call_tokens:
        found.append(Part("tool calls", "tool calls", None, measurement.tool_call_tokens))
    found += _beside(measurement)
    if measurement.framing_tokens:
        found.append(Part(FRAMING, FRAMING, None, measurement.framing_tokens))
    return tuple(found)


def _beside(measurement: Measurement) -> list[Part]:
    """What stands beside the text of the messages: definitions of tools, images."""
    found = [("tools", measurement.definition_tokens), ("media", measurement.media_tokens)]
    return [Part(name, name, None, tokens) for name, tokens in found if tokens]


def _by_block(piece: Piece) -> tuple[str, str, str | None]:
    return piece.block, piece.kind, piece.span.path


def _by_line(piece: Piece) -> tuple[str, str, str | None]:
    place = piece.span.path if piece.span.line is None else f"{piece.span.path}:{piece.span.line}"
    return place, "line", place


def _by_input(piece: Piece) -> tuple[str, str, str | None]:
    if not piece.inputs:
        return ("static", "text", None) if piece.static else (f"if {', '.join(piece.conditions)}", "condition", None)
    name = ", ".join(piece.inputs)
    return name, "input", name


def _by_kind(piece: Piece) -> tuple[str, str, str | None]:
    return piece.kind, piece.kind, None


_KEYS: dict[By, Callable[[Piece], tuple[str, str, str | None]]] = {
    "block": _by_block,
    "line": _by_line,
    "input": _by_input,
    "kind": _by_kind,
}


def _by_message(measurement: Measurement) -> tuple[Part, ...]:
    found = []
    sizes = [sum(message_parts(message, measurement.tokenizer)) for message in measurement.messages]
    shares = measurement.tokenizer.shares(sizes)
    for number, (message, tokens) in enumerate(zip(measurement.messages, shares, strict=True), 1):
        found.append(Part(f"{number} {message.role}", message.role, None, tokens))
    found += _beside(measurement)
    primer = measurement.tokens - sum(part.tokens for part in found)
    if primer:
        found.append(Part(FRAMING, FRAMING, None, primer))
    return tuple(found)
