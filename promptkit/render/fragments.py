"""What blocks render to, and how neighbours become one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptkit.messages import Media, Message, Piece
from promptkit.render.leaves import Leaf, join_piece

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from promptkit.messages import Role


@dataclass(slots=True)
class Fragment:
    """What one leaf renders to: its text, and its pieces made when they are asked for."""

    leaf: Leaf
    text: str
    pieces: Callable[[], list[Piece]]
    media: tuple[Media, ...] = ()


def join_messages(parts: Iterable[Fragment | Message]) -> list[Message]:
    """Neighbouring fragments of one role become one message; a message that is there stays apart."""
    messages: list[Message] = []
    pending: list[Fragment] = []
    for part in parts:
        if pending and (isinstance(part, Message) or part.leaf.role != pending[0].leaf.role):
            messages.append(_joined(pending))
            pending = []
        if isinstance(part, Message):
            messages.append(part)
        else:
            pending.append(part)
    if pending:
        messages.append(_joined(pending))
    return messages


def _joined(fragments: list[Fragment]) -> Message:
    role: Role = fragments[0].leaf.role
    texts = [fragment for fragment in fragments if fragment.text]
    text = "".join(fragment.leaf.join + fragment.text for fragment in texts)
    text = text[len(texts[0].leaf.join) :] if texts else ""
    parts = _parts(fragments) if len(texts) < len(fragments) else ()
    return Message(role, text, parts=parts, origin=lambda: tuple(joined_pieces(texts)))


def _parts(fragments: Iterable[Fragment]) -> tuple[str | Media, ...]:
    """Texts and media in their order. A join belongs to the text before it, whatever stands between the two texts."""
    parts: list[str | Media] = []
    last: int | None = None  # the part that the last text went to
    for fragment in fragments:
        if fragment.media:
            parts += fragment.media
            continue
        text = fragment.text
        if last is not None:
            parts[last] = f"{parts[last]}{fragment.leaf.join}"
        if last is not None and last == len(parts) - 1:
            parts[last] = f"{parts[last]}{text}"
        else:
            parts.append(text)
            last = len(parts) - 1
    return tuple(parts)


def joined_pieces(fragments: Iterable[Fragment]) -> list[Piece]:
    """The pieces of fragments with their joins. A join stands only where both its neighbours do."""
    found: list[Piece] = []
    presence: set[str] = set()
    for fragment in fragments:
        pieces = [piece for piece in fragment.pieces() if piece.text]
        own = _presence(pieces)
        if found and fragment.leaf.join:
            found.append(join_piece(fragment.leaf.join, found[-1], presence | own))
        presence |= own
        found += pieces
    return found


def _presence(pieces: Iterable[Piece]) -> set[str]:
    """The inputs that decide whether a fragment has any text: none where one of its pieces always stands."""
    found: set[str] = set()
    for piece in pieces:
        if piece.static:
            return set()
        found.update(piece.inputs, piece.conditions)
    return found
