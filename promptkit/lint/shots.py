"""The examples that a call shows and their tokens, from their records: nothing is rendered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from promptkit.content import Items, Record, Records
from promptkit.inputs import plain
from promptkit.lint.readings import loop_at, question, told
from promptkit.lint.tally import is_exact, tally
from promptkit.lint.views import every_leaf
from promptkit.render.examples import answer_text, record_item, walked
from promptkit.render.program import program
from promptkit.render.select import Ask, arranged, choices, compared
from promptkit.template import Meter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.lint.views import Sight
    from promptkit.model import Block, Variant
    from promptkit.render.leaves import Leaf
    from promptkit.tokens import Tokenizer


LOOKED_AT = 1_000
"""Records of a block that are counted; more are held to be as long as these."""


class Shots(NamedTuple):
    """The examples of a block: how many are taken, the roles of their messages, their tokens without framing.

    `text` is theirs where they are told as one text. `opening` are the tokens up to the first that calls a tool,
    framing included; None where none does. `exact` is False where something of them could not be read.
    """

    block: Block
    taken: int
    roles: tuple[str, ...]
    tokens: int
    text: str
    opening: int | None
    exact: bool


class _Turns(NamedTuple):
    messages: tuple[tuple[str, str, bool], ...]  # role, text, and whether tools are called
    exact: bool


def shots(sight: Sight, variant: Variant, block: Block, tokenizer: Tokenizer, values: Mapping[str, Any]) -> Shots:
    """The examples that a call with these values shows; of very many the first, which are fewer tokens than all."""
    content = block.content
    assert isinstance(content, Items)
    assert isinstance(content.source, Records)
    records = content.source.records
    take = content.take if isinstance(content.take, int) else None
    if len(records) > LOOKED_AT:
        content = replace(content, source=Records(content.source.path, records[:LOOKED_AT]))
    leaf = next(leaf for leaf in every_leaf(program(variant).leaves) if leaf.block is block)
    found = _chosen(sight, variant, leaf, content, tokenizer, values)
    left_out = 0 if take is not None and take <= len(found) else max(len(records) - LOOKED_AT, 0)
    taken = len(found) + (left_out if take is None else min(left_out, take - len(found)))
    messages = [message for each in found for message in each.messages]
    limited = content.text is not None and (content.max_tokens is not None or content.item_max_tokens is not None)
    exact = all(each.exact for each in found) and not limited and len(records) <= LOOKED_AT
    exact = exact and all(is_exact(text) for _, text, _ in messages)
    if content.text is not None:
        text = leaf.join.join(text for _, text, _ in messages if text)
        return Shots(block, taken, (), tally(text, tokenizer.encoding), text, None, exact)
    roles = tuple(role for role, _, _ in messages)
    sizes = [tally(text, tokenizer.encoding) for _, text, _ in messages]
    calls = next((place for place, (_, _, called) in enumerate(messages) if called), None)
    opening = None
    if calls is not None:
        opening = sum(sizes[: calls + 1]) + sum(frame_tokens(role, tokenizer) for role in roles[:calls])
    return Shots(block, taken, roles, sum(sizes), "", opening, exact)


def _chosen(
    sight: Sight, variant: Variant, leaf: Leaf, content: Items, tokenizer: Tokenizer, values: Mapping[str, Any]
) -> list[_Turns]:
    """The turns of the records that the block's selector and limits leave, in the order in which they are shown."""
    assert isinstance(content.source, Records)
    records = content.source.records
    take = content.take if isinstance(content.take, int) else None
    turns: dict[int, _Turns] = {}

    def turn(number: int, loop: Mapping[str, Any]) -> _Turns:
        if number not in turns or content.text is not None:
            turns[number] = _turns(sight, variant, leaf, records[number], {**values, "loop": loop})
        return turns[number]

    def size(number: int, taken: int) -> int:
        found = sum(
            tally(text, tokenizer.encoding) + (frame_tokens(role, tokenizer) if role else 0)
            for role, text, _ in turn(number, loop_at(taken, taken + 1)).messages
        )
        return tokenizer.scaled(found)

    ask = Ask(content.source, content.select, compared(content.select, content.source), values, take, Meter())
    chosen, _ = walked(leaf, content, choices(ask), size)
    shown = arranged(content.select, chosen)
    return [turn(choice.number, loop_at(place, len(shown))) for place, choice in enumerate(shown)]


def frame_tokens(role: str, tokenizer: Tokenizer) -> int:
    """Tokens around a message of a role, unscaled."""
    framing = tokenizer.framing
    return 0 if framing.kind == "none" else framing.per_message + tally(role, tokenizer.encoding)


def _turns(sight: Sight, variant: Variant, leaf: Leaf, record: Record, values: Mapping[str, Any]) -> _Turns:
    """The messages of a record, or its text."""
    content = leaf.block.content
    assert isinstance(content, Items)
    if record.messages:
        return _Turns(
            tuple((message.role, message.content, bool(message.tool_calls)) for message in record.messages), exact=True
        )
    item = record_item(record)
    if content.text is not None:
        text = told(sight, variant, leaf, content.text, {**values, "item": item})
        return _Turns((("", text.text, False),), text.exact)
    inputs = {name: plain(value) for name, value in record.inputs.items()}
    asked = question(sight, variant, {**program(variant).defaults, **inputs})
    if content.answer is None:
        return _Turns((("user", asked.text, False), ("assistant", answer_text(record), False)), asked.exact)
    answer = told(sight, variant, leaf, content.answer, item)
    return _Turns((("user", asked.text, False), ("assistant", answer.text, False)), asked.exact and answer.exact)
