"""Values as HTML fragments for notebooks: escaped, without scripts or anything from outside, light and dark."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from promptkit.content import MISSING
from promptkit.measure import FRAMING, Measurement
from promptkit.model import Prompt, Rendered
from promptkit.render.program import program

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptkit.content import Input
    from promptkit.messages import Message, Piece
    from promptkit.model import Block

# A hue for each kind; colours are half transparent, so that they show on white and on black alike.
_HUES = {
    "text": 200, "system": 225, "role": 350, "instructions": 275, "chain_of_thought": 310, "negative": 30,
    "format": 245, "context": 140, "examples": 85, "history": 170, "user": 155, "assistant": 55, "tools": 15,
    "media": 190,
}  # fmt: skip
_SHOWN = 20_000  # characters of a message; a notebook that holds many stays quick
_BOX = "border:1px solid rgba(128,128,128,.4);border-radius:6px;padding:.5em .7em;margin:.4em 0"
_SMALL = "font-size:.85em;opacity:.75"
_CELL = "text-align:left;vertical-align:top;padding:.15em .8em .15em 0;background:none"
_NUMBER = _CELL.replace("left", "right")
_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere;font-family:ui-monospace,monospace;font-size:.9em;margin:.3em 0 0"


def fragment(value: Any) -> str:
    """The picture of a Prompt, a Rendered or a Measurement."""
    parts = _prompt(value) if isinstance(value, Prompt) else _rendered(value) if isinstance(value, Rendered) else None
    if parts is None:
        assert isinstance(value, Measurement)
        parts = _measurement(value)
    return f'<div style="max-width:60em;line-height:1.45">{"".join(parts)}</div>'


def _prompt(prompt: Prompt) -> list[str]:
    base = prompt["base"]
    plan = program(base)
    names = ", ".join(map(_code, prompt.variants))
    inputs = [_input(each, required=each.name in plan.required) for each in plan.accepted.values()]
    return [
        _head(prompt.name, base.settings.owner or ""),
        f"<div>{escape(base.settings.description)}</div>",
        f'<div style="margin-top:.3em"><span style="{_SMALL}">variants</span> {names}</div>',
        _table(("input", "type", "", "description"), inputs),
        _table(("block", "kind", "from"), [row for block in base.blocks for row in _blocks(block, 0)]),
    ]


def _input(each: Input, *, required: bool) -> tuple[str, ...]:
    default = "" if each.default is MISSING else f"default {each.default!r}"[:60]
    state = ", ".join(filter(None, ["required" if required else default, each.trust or ""]))
    return _code(each.name), escape(" or ".join(each.types)), escape(state), escape(each.description)


def _blocks(block: Block, depth: int) -> Iterable[tuple[str, ...]]:
    name = f'<span style="margin-left:{depth * 1.2}em">{_code(block.name)}</span>'
    yield name, _swatch(block.kind) + escape(block.kind), escape(str(block.span) if block.use is None else block.use)
    for child in block.children:
        yield from _blocks(child, depth + 1)


def _rendered(rendered: Rendered) -> list[str]:
    kinds = dict.fromkeys(piece.kind for message in rendered.messages for piece in message.pieces)
    legend = " &ensp; ".join(_swatch(kind) + escape(kind) for kind in kinds)
    found = [
        _head(rendered.variant.prompt.name, rendered.variant.name),
        f'<div style="{_SMALL}">{legend} &ensp; <u style="text-decoration-style:dotted">from the call</u></div>',
        *map(_message, rendered.messages),
    ]
    if rendered.tools:
        tools = ", ".join(_code(tool.name) for tool in rendered.tools)
        found.append(f'<div><span style="{_SMALL}">tools</span> {tools}</div>')
    lines = (f"{each.block}: left out {each.what}: {each.why}" for each in rendered.dropped)
    return found + [f'<div style="{_SMALL}">{escape(line)}</div>' for line in lines]


def _message(message: Message) -> str:
    shown = 0
    spans = []
    for piece in message.pieces:
        spans.append(_piece(piece, _SHOWN - shown))
        shown += len(piece.text)
        if shown > _SHOWN:
            spans.append(f"<i>… {len(message.content) - _SHOWN:,} more characters</i>")
            break
    media = (str(part) for part in message.parts if not isinstance(part, str))
    spans += [f"\n<i>{escape(each)}</i>" for each in media]
    calls = [f"\n→ {call.name}({call.arguments})"[:_SHOWN] for call in message.tool_calls]
    text = "".join(spans) + escape("".join(calls))
    return f'<div style="{_BOX}"><b style="{_SMALL}">{escape(message.role)}</b><div style="{_TEXT}">{text}</div></div>'


def _piece(piece: Piece, room: int) -> str:
    title = f"{piece.span} · {piece.block} ({piece.kind})"
    if piece.inputs:
        title += f" · from {', '.join(piece.inputs)}"
    if piece.conditions:
        title += f" · if {', '.join(piece.conditions)}"
    style = f"background:{_colour(piece.kind, 0.22)};border-radius:2px"
    if not piece.static:
        style += ";text-decoration:underline dotted;text-underline-offset:.2em"
    return f'<span style="{style}" title="{escape(title)}">{escape(piece.text[:room])}</span>'


def _measurement(measured: Measurement) -> list[str]:
    total = measured.tokens or 1
    parts = measured.by_block
    mark = "~" if measured.basis == "estimate" else ""
    bar = "".join(
        f'<span style="display:inline-block;height:1.1em;width:{part.tokens / total:.4%};'
        f'background:{_colour(part.kind, 0.75)};box-shadow:inset -1px 0 rgba(128,128,128,.6)" '
        f'title="{escape(f"{part.name}: {part.tokens:,}")}"></span>'
        for part in parts
    )
    rows = [
        (
            _swatch(part.kind) + _code(part.name),
            escape(part.source or ""),
            f"{part.tokens:,}",
            f"{part.tokens / total:.0%}",
        )
        for part in parts
    ]
    facts = (
        f"{measured.tokenizer.model}: {measured.basis}, {measured.tokenizer.encoding}; framing {measured.framing}; "
        f"{measured.static_tokens:,} static, {measured.cacheable_prefix_tokens:,} cacheable"
    )
    return [
        _head(f"{mark}{measured.tokens:,} tokens", ""),
        f'<div style="{_SMALL}">{escape(facts)}</div>',
        f'<div style="white-space:nowrap;font-size:1em;line-height:0;margin:.5em 0">{bar}</div>',
        _table(("block", "source", "tokens", "share"), rows, numbers=2),
        *(
            [f'<div style="{_SMALL}">not counted: {escape(", ".join(measured.uncounted))}</div>']
            * bool(measured.uncounted)
        ),
    ]


def _head(name: str, note: str) -> str:
    return f'<div><b>{escape(name)}</b> <span style="{_SMALL}">{escape(note)}</span></div>'


def _code(name: str) -> str:
    return f"<code>{escape(name)}</code>"


def _table(columns: Sequence[str], rows: Sequence[tuple[str, ...]], numbers: int = 0) -> str:
    """A table of cells that are HTML already; the last `numbers` columns stand to the right."""
    if not rows:
        return ""
    styles = [_CELL] * (len(columns) - numbers) + [_NUMBER] * numbers
    head = "".join(
        f'<th style="{style};{_SMALL}">{escape(name)}</th>' for name, style in zip(columns, styles, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f'<td style="{style}">{cell}</td>' for cell, style in zip(row, styles, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<table style="border-collapse:collapse;margin:.5em 0"><tr>{head}</tr>{body}</table>'


def _colour(kind: str, strength: float) -> str:
    if kind == FRAMING:
        return f"rgba(128,128,128,{strength / 2})"
    return f"hsla({_HUES.get(kind, 0)},70%,55%,{strength})"


def _swatch(kind: str) -> str:
    square = f"display:inline-block;width:.7em;height:.7em;border-radius:2px;background:{_colour(kind, 0.75)}"
    return f'<span style="{square}"></span> '
