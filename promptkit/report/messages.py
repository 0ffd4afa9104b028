"""Rendered messages for a person: under headings, or line by line with where each part comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptkit.messages import Message, Piece
    from promptkit.model import Rendered

RULE = "─"
WIDTH = 72


def headed(rendered: Rendered) -> str:
    """The messages, each under a heading with its role. The heading is for people: no program should parse it."""
    return "\n".join(f"{_heading(message)}\n{_shown(message)}" for message in rendered.messages)


def _heading(message: Message) -> str:
    note = "" if message.tool_call_id is None else f" {message.tool_call_id}"
    return f"{RULE * 3} {message.role}{note} ".ljust(WIDTH, RULE)


def _shown(message: Message) -> str:
    calls = [f"→ {call.name}({call.arguments})" for call in message.tool_calls]
    return "\n".join([*([message.content] if message.content else []), *calls])


def explained(rendered: Rendered, pieces: Sequence[Sequence[Piece]]) -> str:
    """The messages with the origin of each run of text on its left: where it is written, or the input it comes from."""
    rows: list[tuple[str, str] | str] = []
    for message, own in zip(rendered.messages, pieces, strict=True):
        rows.append(_heading(message))
        for piece in own:
            origin = _origin(piece)
            for number, line in enumerate(piece.text.split("\n")):
                if number and not line:
                    continue
                rows.append((origin if not number else "", line))
    size = max((len(row[0]) for row in rows if not isinstance(row, str)), default=0)
    return "\n".join(row if isinstance(row, str) else f"{row[0]:<{size}} │ {row[1]}".rstrip() for row in rows)


def _origin(piece: Piece) -> str:
    place = piece.span.path if piece.span.line is None else f"{piece.span.path}:{piece.span.line}"
    marks = [f"{place} [{piece.block}]"]
    if piece.inputs:
        marks.append(f"← {', '.join(piece.inputs)}")
    if piece.conditions:
        marks.append(f"if {', '.join(piece.conditions)}")
    return " ".join(marks)
