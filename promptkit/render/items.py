"""Blocks made of items: the values of a context, the turns of a history, and the text that items become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from promptkit.content import Items
from promptkit.errors import BudgetError, InputError
from promptkit.inputs import plain, printed
from promptkit.messages import Dropped, Message, Piece
from promptkit.read import InvalidMessage, chat_message
from promptkit.render.cuts import Cuts, Units
from promptkit.render.fragments import Fragment
from promptkit.render.leaves import join_piece

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from promptkit.content import Text
    from promptkit.render.leaves import Leaf
    from promptkit.tokens import Tokenizer


Entry = TypeVar("Entry")


class Renderer(Protocol):
    """What items need of the call that they are rendered in."""

    dropped: list[Dropped]
    cuts: Cuts | None

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of token limits."""

    def count(self, text: str) -> int:
        """Tokens of a text."""

    def text(
        self, part: Text, leaf: Leaf, scope: Mapping[str, Any], sources: Mapping[str, frozenset[str]] | None = None
    ) -> tuple[str, Callable[[], list[Piece]]]:
        """A template's text, and what makes its pieces."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Where an item stands among those taken; named as Jinja names it."""

    index0: int
    length: int

    @property
    def index(self) -> int:
        """Its number, from 1."""
        return self.index0 + 1

    @property
    def first(self) -> bool:
        """Whether it is the first."""
        return self.index0 == 0

    @property
    def last(self) -> bool:
        """Whether it is the last."""
        return self.index == self.length


Rows = list[tuple[str, "Callable[[], list[Piece]]"]]


def context_items(value: Any, leaf: Leaf) -> list[Any]:
    """The items of a value: those of a list, else the value itself; none for an empty text or list."""
    if leaf.block.kind == "history":
        return [_as_item(message) for message in _checked(value, leaf)]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return [] if isinstance(value, str) and not value else [value]


def item_texts(
    call: Renderer, leaf: Leaf, content: Items, items: list[Any], names: frozenset[str], scope: Mapping[str, Any]
) -> Fragment:
    """The items as one text, joined as blocks are. Items above a limit are left out whole, and said so."""
    if content.take is not None:
        assert isinstance(content.take, int)
        newest = leaf.block.kind == "history"
        items = (items[-content.take :] if content.take else []) if newest else items[: content.take]
    rows = _rows(call, leaf, content, items, names, scope)
    numbers = list(range(1, len(items) + 1))
    if content.item_max_tokens is not None:
        numbers = _without_large(call, leaf, content, rows)
        items = [items[number - 1] for number in numbers]
        rows = _rows(call, leaf, content, items, names, scope)
    limit = content.max_tokens
    while isinstance(limit, int) and rows:
        text = rows_text(leaf, rows)
        tokens = 0 if len(text.encode(errors="replace")) <= limit else call.count(text)
        if tokens <= limit:
            break
        gone = len(items) - _fitting(call, leaf, rows, limit)
        why = f"all items together pass max_tokens {limit:,}"
        order = numbers if leaf.block.kind == "history" else numbers[::-1]
        call.dropped += [Dropped(leaf.block.name, f"item {number}", why) for number in order[:gone]]
        kept = slice(gone, None) if leaf.block.kind == "history" else slice(len(items) - gone)
        items, numbers = items[kept], numbers[kept]
        rows = _rows(call, leaf, content, items, names, scope)
    if call.cuts is not None:
        kept_places = _kept(call, call.cuts, leaf, items, numbers, rows)
        if len(kept_places) < len(items):
            rows = _rows(call, leaf, content, [items[place] for place in kept_places], names, scope)
    return Fragment(leaf, rows_text(leaf, rows), lambda: rows_pieces(leaf, rows, names))


def _kept(call: Renderer, cuts: Cuts, leaf: Leaf, items: list[Any], numbers: list[int], rows: Rows) -> list[int]:
    """The places of the items that a cut leaves: it takes the last first, of a history the oldest turns."""
    groups = [[place] for place in reversed(range(len(items)))]
    if leaf.block.kind == "history":
        groups = _by_turn(range(len(items)), lambda place: items[place]["role"])
    gone = cuts.of(
        leaf.block.name,
        Units(
            len(groups),
            lambda start, end: tuple(f"item {numbers[place]}" for group in groups[start:end] for place in group),
            lambda: [sum(call.count(rows[place][0]) for place in group) for group in groups],
            turns=leaf.block.kind == "history",
        ),
    )
    return sorted(place for group in groups[gone:] for place in group)


def _fitting(call: Renderer, leaf: Leaf, rows: Rows, limit: int) -> int:
    """How many rows may stay: those whose counts fit, one less than all at the most."""
    sizes = [call.count(text) for text, _ in rows]
    if leaf.block.kind == "history":
        sizes.reverse()
    total = keep = 0
    for size in sizes[:-1]:
        total += size
        if total > limit:
            break
        keep += 1
    return keep


def _rows(
    call: Renderer, leaf: Leaf, content: Items, items: list[Any], names: frozenset[str], scope: Mapping[str, Any]
) -> Rows:
    rows: Rows = []
    sources = {**leaf.sources, "item": names, "loop": names}
    for number, item in enumerate(items):
        if content.text is not None:
            inner = {**scope, "item": item, "loop": Loop(number, len(items))}
            rows.append(call.text(content.text, leaf, inner, sources))
        elif item is None:
            raise InputError(
                f"item {number + 1} of '{leaf.block.name}' is None, which cannot be printed", leaf.block.span
            )
        else:
            text = printed(item)
            block = leaf.block
            piece = Piece(text, block.name, block.kind, block.span, tuple(sorted(names)), authored=False)
            rows.append((text, partial(list, (piece,))))
    return _fenced(leaf, content, rows) if leaf.block.kind == "context" else rows


def _fenced(leaf: Leaf, content: Items, rows: Rows) -> Rows:
    """Each row between tags that no row contains."""
    base = content.source if isinstance(content.source, str) else leaf.block.name
    texts = [text.casefold() for text, _ in rows]
    tag, number = base, 1
    while any(f"<{tag}>".casefold() in text or f"</{tag}".casefold() in text for text in texts):
        number += 1
        tag = f"{base}-{number}"
    opening, closing = f"<{tag}>\n", f"\n</{tag}>"
    block = leaf.block

    def pieces(make: Callable[[], list[Piece]]) -> list[Piece]:
        inner = make()
        before = Piece(opening, block.name, block.kind, block.span)
        return [before, *inner, Piece(closing, block.name, block.kind, block.span)]

    return [(opening + text + closing, partial(pieces, make)) for text, make in rows]


def _without_large(call: Renderer, leaf: Leaf, content: Items, rows: Rows) -> list[int]:
    """The numbers of the items that keep the limit of each, from 1."""
    limit = content.item_max_tokens
    assert isinstance(limit, int)
    kept = []
    for number, (text, _) in enumerate(rows, 1):
        tokens = 0 if len(text) * 4 <= limit else call.count(text)
        if tokens > limit:
            why = f"{tokens:,} tokens, over item_max_tokens {limit:,}"
            call.dropped.append(Dropped(leaf.block.name, f"item {number}", why))
        else:
            kept.append(number)
    return kept


def rows_text(leaf: Leaf, rows: Rows) -> str:
    """The rows as one text, joined as blocks are."""
    return leaf.join.join(text for text, _ in rows)


def rows_pieces(leaf: Leaf, rows: Rows, names: frozenset[str]) -> list[Piece]:
    """The rows' pieces with their joins; the items that there are decide each of them."""
    conditions = leaf.conditions | names
    found: list[Piece] = []
    for _, make in rows:
        if found and leaf.join:
            found.append(join_piece(leaf.join, found[-1], conditions))
        found += [replace(piece, conditions=tuple(sorted(conditions | {*piece.conditions}))) for piece in make()]
    return found


def history_messages(call: Renderer, leaf: Leaf, content: Items, value: Any, names: frozenset[str]) -> list[Message]:
    """The turns of a history as messages, the oldest trimmed to the budget: whole turns, so that every tool result
    keeps its call. Raises InputError for what is no history, BudgetError where not even the newest turn fits.
    """
    turns = every = _turns(_checked(value, leaf))
    total = len(turns)
    if content.take is not None:
        assert isinstance(content.take, int)
        turns = _newest(turns, content.take, len)
    limit = content.max_tokens
    if isinstance(limit, int) and turns:
        turns = _within(call, leaf, turns, limit)
    if len(turns) < total:
        gone = total - len(turns)
        limits = f"take {content.take}" if limit is None else f"max_tokens {limit:,}"
        call.dropped.append(Dropped(leaf.block.name, f"the oldest {gone} of {total} turns", f"to keep {limits}"))
    if call.cuts is not None:
        turns = turns[call.cuts.of(leaf.block.name, _turn_units(call, every, total - len(turns))) :]
    block, place = leaf.block, tuple(sorted(leaf.conditions | names))
    return [_with_origin(message, block, tuple(sorted(names)), place) for turn in turns for message in turn]


def _with_origin(message: Message, block: Any, names: tuple[str, ...], conditions: tuple[str, ...]) -> Message:
    piece = Piece(message.content, block.name, block.kind, block.span, names, conditions, authored=False)
    origin = (piece,) if message.content else ()
    parts = tuple(
        part if isinstance(part, str) else replace(part, block=block.name, span=block.span, inputs=names)
        for part in message.parts
    )
    return replace(message, origin=origin, parts=parts)


def _turn_tokens(call: Renderer, turn: list[Message]) -> int:
    from promptkit.tokens import message_tokens  # here: only a limit counts

    return sum(message_tokens(message, call.tokenizer) for message in turn)


def _turn_units(call: Renderer, turns: list[list[Message]], before: int) -> Units:
    """The turns that a cut can take, the oldest first, behind those that the block's own limits took `before`."""
    total = len(turns)

    def told(start: int, end: int) -> tuple[str, ...]:
        first, last = before + start + 1, before + end
        if first == 1:
            return (f"the oldest {last} of {total} turns",)
        return (f"turn {first} of {total}" if first == last else f"turns {first} to {last} of {total}",)

    return Units(total - before, told, lambda: [_turn_tokens(call, turn) for turn in turns], before, turns=True)


def _within(call: Renderer, leaf: Leaf, turns: list[list[Message]], limit: int) -> list[list[Message]]:
    kept = _newest(turns, limit, partial(_turn_tokens, call))
    if not kept:
        raise BudgetError(
            f"'{leaf.block.name}' cannot keep its max_tokens {limit:,}: its newest turn alone has "
            f"{_turn_tokens(call, turns[-1]):,} tokens with framing; raise the limit or shorten the turn",
            leaf.block.span,
        )
    return kept


def _newest(turns: list[list[Message]], limit: int, size: Callable[[list[Message]], int]) -> list[list[Message]]:
    total = 0
    for start in range(len(turns) - 1, -1, -1):
        total += size(turns[start])
        if total > limit:
            return turns[start + 1 :]
    return turns


def _turns(messages: Iterable[Message]) -> list[list[Message]]:
    """Messages by turns: what a user says with all that answers it."""
    return _by_turn(messages, lambda message: message.role)


def _by_turn(entries: Iterable[Entry], role: Callable[[Entry], str]) -> list[list[Entry]]:
    turns: list[list[Entry]] = []
    for entry in entries:
        if not turns or role(entry) == "user":
            turns.append([])
        turns[-1].append(entry)
    return turns


def _checked(value: Any, leaf: Leaf) -> list[Message]:
    """The messages of a history: known roles, and no tool result without its call. Raises InputError."""
    content = leaf.block.content
    assert isinstance(content, Items)
    name = content.source
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        advice = "; declare it with type: messages" if isinstance(value, str) else ""
        raise InputError(
            f"input '{name}' must be a list of messages, not {type(value).__name__}{advice}", leaf.block.span
        )
    messages: list[Message] = []
    calls: set[str] = set()
    for number, item in enumerate(value, 1):
        try:
            message = chat_message(item)
        except InvalidMessage as error:
            raise InputError(f"message {number} of input '{name}': {error}", leaf.block.span) from error
        if message.role == "system":
            raise InputError(
                f"message {number} of input '{name}' is a system message; a history has user, assistant and tool",
                leaf.block.span,
            )
        if message.role == "tool" and message.tool_call_id not in calls:
            raise InputError(
                f"message {number} of input '{name}' answers the tool call '{message.tool_call_id}', "
                "which no earlier message makes",
                leaf.block.span,
            )
        calls.update(call.id for call in message.tool_calls)
        messages.append(message)
    return messages


def _as_item(message: Message) -> dict[str, Any]:
    calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in message.tool_calls]
    return {"role": message.role, "content": message.content, "tool_calls": calls, "tool_call_id": message.tool_call_id}
