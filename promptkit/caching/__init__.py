"""What a provider's cache can keep of a prompt from call to call, what ends that, and what another order would gain.

A cache keeps a prefix: everything before the first text that varies. So static text behind such a text is paid for
anew in every call, and moving what varies behind it makes it cacheable.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from promptkit.caching.arrangement import Arrangement, Line, arranged
from promptkit.caching.shared import Head, Shared, head, shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptkit.errors import Span
    from promptkit.measure import Measurement
    from promptkit.messages import Message
    from promptkit.model import Rendered

__all__ = ["Break", "Caching", "Head", "Move", "Shared", "caching", "head", "shared"]

MAX_MOVES = 20  # a prompt that needs more is better written anew
WORTH_A_MOVE = 16  # tokens: moves that gain fewer are told only where one that gains more follows


BreakKind = Literal["value", "condition", "media", "turn", "call", "tools"]


@dataclass(frozen=True, slots=True)
class Break:
    """What ends the cacheable prefix.

    `inputs` are those whose value stands there, or that decide what does; none for a tool call (`call`), whose form
    providers do not document. `message` counts from 1; 0 stands for the
    tools, which providers put before the messages.
    """

    kind: BreakKind
    inputs: tuple[str, ...]
    block: str
    span: Span
    message: int


@dataclass(frozen=True, slots=True)
class Move:
    """A change that lengthens the cacheable prefix by `gain` tokens, those before it made.

    `what` is the block, its lines or the tools; `after` is the block that it would then follow, the last of message
    `message`. None for the tools: they would be offered in every call.
    """

    what: str
    inputs: tuple[str, ...]
    after: str | None
    message: int
    role: str
    gain: int


@dataclass(frozen=True, slots=True)
class Caching:
    """The cacheable prefix of a rendered prompt, in tokens, and the rest of the prompt by why it is not in it.

    `breaking` are the tokens of the text at which the prefix ends, `lost` those of static text behind it; `rest` is
    what varies behind it, and framing. They add up with `prefix` to all tokens. `moves` are in the order to make them.
    """

    prefix: int
    breaking: int
    lost: int
    rest: int
    end: Break | None = None
    moves: tuple[Move, ...] = ()

    @property
    def reachable(self) -> int:
        """The prefix after every move."""
        return self.prefix + sum(move.gain for move in self.moves)


def caching(rendered: Rendered, measured: Measurement) -> Caching:
    """What of a measured prompt can be cached, and what moving would gain."""
    prompt = arranged(rendered, measured.tokenizer)
    tools = tuple(sorted({name for tool in rendered.tools for name in tool.conditions}))
    end = _tools_break(rendered, tools) if tools else _break(prompt, rendered)
    breaking, lost = _behind(measured, from_start=bool(tools))
    moves = _moves(prompt)
    if tools and (offered := prompt.prefix()):
        moves.insert(0, Move("the tools", tools, None, 0, "", offered))
    prefix = measured.cacheable_prefix_tokens
    return Caching(prefix, breaking, lost, measured.tokens - prefix - breaking - lost, end, tuple(moves))


def _behind(measured: Measurement, *, from_start: bool) -> tuple[int, int]:
    """Tokens of the text that ends the prefix, and of the static text behind it. `from_start`: there is no prefix."""
    breaking = lost = 0
    state = "behind" if from_start else "prefix"
    placed = {each: list(pieces) for each, pieces in groupby(measured.pieces, key=lambda counted: counted.message)}
    for number, message in enumerate(measured.messages):
        media = _first_media(message)
        size = 0
        for counted in placed.get(number, []):
            size += len(counted.piece.text)
            past_media = media is not None and size > media
            if state == "prefix" and (past_media or not counted.piece.static):
                state = "behind" if past_media else "breaking"
            elif state == "breaking" and counted.piece.static:
                state = "behind"
            if state == "breaking":
                breaking += counted.tokens
            elif state == "behind" and counted.piece.static:
                lost += counted.tokens
        if state == "breaking" or message.tool_calls or media is not None:
            state = "behind"
    return breaking, lost


def _first_media(message: Message) -> int | None:
    """Characters of text before a message's first image, sound or file; None where it has none."""
    place = next((at for at, part in enumerate(message.parts) if not isinstance(part, str)), None)
    return None if place is None else sum(len(str(part)) for part in message.parts[:place])


def _tools_break(rendered: Rendered, inputs: tuple[str, ...]) -> Break:
    tool = next(tool for tool in rendered.tools if tool.conditions)
    return Break("tools", inputs, tool.block, tool.span, 0)


def _break(prompt: Arrangement, rendered: Rendered) -> Break | None:
    found = prompt.end()
    if found is None:
        return None
    line, number = found
    placed = prompt.messages[number]
    if line is None:
        nearest = [
            each for near in prompt.messages[number:] + prompt.messages[:number] for each in near.lines if near.turn
        ]
        block, span = (nearest[0].block, nearest[0].span) if nearest else ("", rendered.variant.prompt.spec.span)
        return Break("call", (), block, span, number + 1)
    piece = line.breaking
    if placed.turn:
        return Break("turn", line.inputs, line.block, line.span, number + 1)
    if piece is None:
        return Break("media", line.inputs, line.block, line.span, number + 1)
    kind: BreakKind = "value" if piece.inputs else "condition"
    return Break(kind, piece.inputs or piece.conditions, piece.block, piece.span, number + 1)


def _moves(prompt: Arrangement) -> list[Move]:
    """Greedy: what ends the prefix goes to the end of its message, else on into the last one, while that gains."""
    found: list[Move] = []
    reached = prompt.prefix()
    while len(found) < MAX_MOVES:
        step = _step(prompt, reached)
        if step is None:
            break
        move, prompt = step
        found.append(move)
        reached += move.gain
    while found and found[-1].gain < WORTH_A_MOVE:
        found.pop()
    return found


def _step(prompt: Arrangement, reached: int) -> tuple[Move, Arrangement] | None:
    end = prompt.end()
    if end is None or prompt.messages[end[1]].turn:
        return None
    number = end[1]
    start, stop = prompt.unit(number)
    lines = prompt.messages[number].lines
    last = len(prompt.messages) - 1
    targets = [number] if stop < len(lines) else []
    shown = any(line.kind == "examples" for placed in prompt.messages if placed.turn for line in placed.lines)
    if stop == len(lines) and number < last and not shown and not prompt.messages[last].turn:
        targets.append(last)  # not where examples are turns: each is rendered by the last message
    for target in targets:
        moved = prompt.moved(number, start, stop, target)
        gain = moved.prefix() - reached
        if gain > 0:
            return _move(prompt, number, (start, stop), target, gain), moved
    return None


def _move(prompt: Arrangement, number: int, unit: tuple[int, int], target: int, gain: int) -> Move:
    start, stop = unit
    lines = prompt.messages[number].lines
    others = [*lines[:start], *lines[stop:]] if target == number else prompt.messages[target].lines
    return Move(
        what=_named(lines[start:stop], prompt.whole_blocks(number, start, stop)),
        inputs=tuple(dict.fromkeys(name for line in lines[start:stop] for name in line.inputs)),
        after=others[-1].block if others else None,
        message=target + 1,
        role=prompt.messages[target].message.role,
        gain=gain,
    )


def _named(unit: Sequence[Line], whole: bool) -> str:  # noqa: FBT001 (private)
    """How a report calls lines: the blocks that they are, else their place."""
    blocks = [f"'{block}'" for block in dict.fromkeys(line.block for line in unit)]
    if whole:
        return ("block " if len(blocks) == 1 else "blocks ") + ", ".join(blocks)
    path = unit[0].span.path
    numbers = sorted({line.span.line for line in unit if line.span.path == path and line.span.line is not None})
    if len(blocks) > 1 or not numbers:
        return f"the part{'s' if len(blocks) > 1 else ''} of " + ", ".join(blocks)
    return f"line {numbers[0]} of {path}" if len(numbers) == 1 else f"lines {numbers[0]}-{numbers[-1]} of {path}"
