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
    tools = [_tools(rendered)] if rendered.tools else []
    return "\n".join([*tools, *(f"{_heading(message)}\n{_shown(message)}" for message in rendered.messages)])


def _tools(rendered: Rendered) -> str:
    rows = [f"{tool.name}({', '.join(tool.parameters.get('properties', {}))})" for tool in rendered.tools]
    return "\n".join([f"{RULE * 3} tools ".ljust(WIDTH, RULE), *rows])


def _heading(message: Message) -> str:
    note = "" if message.tool_call_id is None else f" {message.tool_call_id}"
    return f"{RULE * 3} {message.role}{note} ".ljust(WIDTH, RULE)


def _shown(message: Message) -> str:
    calls = [f"→ {call.name}({call.arguments})" for call in message.tool_calls]
    texts = list(map(str, message.parts)) if message.parts else [message.content] if message.content else []
    return "\n".join([*texts, *calls])


def explained(rendered: Rendered, pieces: Sequence[Sequence[Piece]]) -> str:
    """The messages with the origin of each run of text on its left: where it is written, or the input it comes from."""
    rows: list[tuple[str, str] | str] = []
    if rendered.tools:
        rows.append(f"{RULE * 3} tools ".ljust(WIDTH, RULE))
        rows += [(f"{tool.span} [{tool.block}]{_given((), tool.conditions)}", tool.name) for tool in rendered.tools]
    for message, own in zip(rendered.messages, pieces, strict=True):
        rows.append(_heading(message))
        for piece in own:
            origin = _origin(piece)
            for number, line in enumerate(piece.text.split("\n")):
                if number and not line:
                    continue
                rows.append((origin if not number else "", line))
        media = (part for part in message.parts if not isinstance(part, str))
        rows += [(f"{each.span} [{each.block}]{_given(each.inputs, ())}", str(each)) for each in media]
    if rendered.selected:
        rows.append(f"{RULE * 3} examples ".ljust(WIDTH, RULE))
        rows += [(f"{each.span} [{each.block}]", f"{each.record}: {each.why}") for each in rendered.selected]
    size = max((len(row[0]) for row in rows if not isinstance(row, str)), default=0)
    return "\n".join(row if isinstance(row, str) else f"{row[0]:<{size}} │ {row[1]}".rstrip() for row in rows)


def _origin(piece: Piece) -> str:
    place = piece.span.path if piece.span.line is None else f"{piece.span.path}:{piece.span.line}"
    return f"{place} [{piece.block}]{_given(piece.inputs, piece.conditions)}"


def _given(inputs: Sequence[str], conditions: Sequence[str]) -> str:
    """The inputs that something comes from, and those that decide whether it stands."""
    return (f" ← {', '.join(inputs)}" if inputs else "") + (f" if {', '.join(conditions)}" if conditions else "")
