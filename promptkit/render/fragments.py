"""What blocks render to, and how neighbours become one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptkit.messages import Message, Piece
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
    text = fragments[0].text + "".join(fragment.leaf.join + fragment.text for fragment in fragments[1:])
    role: Role = fragments[0].leaf.role
    return Message(role, text, origin=lambda: tuple(joined_pieces(fragments)))


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
