"""Messages and the pieces that they are made of: what rendering gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptkit.errors import Span

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of rendered text with one origin.

    `block` is the name of the block that holds it and `kind` that block's kind. `span` is the place of the authored
    text, or of the expression that brought a value in. `inputs` are the inputs that its text came from, sorted;
    `conditions` those that decided whether it stands here (`if`, loops, `when`). `authored` is False for text
    that a value or an expression brought in.
    """

    text: str
    block: str
    kind: str
    span: Span
    inputs: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    authored: bool = True

    @property
    def static(self) -> bool:
        """True when the text is the same in every call of this variant."""
        return not self.inputs and not self.conditions


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of an assistant's turn. `arguments` is JSON text, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Media:
    """An image, a sound or a file inside a message. Exactly one of `url` and `data` is set; `data` is the bytes.

    `media_type` is known where there is data. `detail` is how closely an image is to be looked at: low, high, auto.
    `block` names the block that holds it, `span` is its place, `inputs` are the inputs that brought it in.
    """

    type: Literal["image", "audio", "file"]
    block: str
    span: Span = field(compare=False)
    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    media_type: str | None = None
    name: str | None = None
    detail: str | None = None
    inputs: tuple[str, ...] = ()

    def __str__(self) -> str:
        size = self.url[:60] if self.url is not None else f"{len(self.data or b''):,} bytes"
        return f"[{self.type}: {', '.join(filter(None, (self.name, self.media_type, size, self.detail)))}]"


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call. `parameters` is the JSON Schema of its arguments, an object.

    `conditions` are the inputs that decide whether it is offered.
    """

    name: str
    description: str
    parameters: Mapping[str, Any] = field(repr=False)
    block: str
    span: Span = field(compare=False)
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message: what a provider gets. `content` is its text; empty beside tool calls.

    `parts` is its texts and media in their order where it holds media, else empty; the texts join to `content`.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None
    parts: tuple[str | Media, ...] = ()
    origin: tuple[Piece, ...] | Callable[[], tuple[Piece, ...]] = field(default=(), repr=False, compare=False)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Its content in pieces, each with its origin; their texts join to `content`."""
        return self.origin if isinstance(self.origin, tuple) else self.origin()


def _quick_constructor() -> Callable[[Role, str, Callable[[], tuple[Piece, ...]]], Message]:
    new = object.__new__
    place = [Message.__dict__[name].__set__ for name in Message.__slots__]
    role_, content_, calls_, call_id_, name_, parts_, origin_ = place

    def quick_message(role: Role, content: str, origin: Callable[[], tuple[Piece, ...]]) -> Message:
        """A message of text alone, in two thirds of the constructor's time: most of a render is this."""
        message = new(Message)
        role_(message, role)
        content_(message, content)
        calls_(message, ())
        call_id_(message, None)
        name_(message, None)
        parts_(message, ())
        origin_(message, origin)
        return message

    return quick_message


quick_message = _quick_constructor()


@dataclass(frozen=True, slots=True)
class Selected:
    """An example that a block shows, and why. `record` is its id, else its number among the records, from 1."""

    block: str
    record: str
    span: Span
    why: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something a block left out: `what` names it, `why` gives the limit with its arithmetic."""

    block: str
    what: str
    why: str
