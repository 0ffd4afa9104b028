"""Few-shot examples: which records are taken, and the turns or texts that they become."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from promptkit.blocks.kinds import compact_json
from promptkit.content import Attachment, Items, Record, Records
from promptkit.errors import ComposeError, InputError, did_you_mean
from promptkit.inputs import check, plain
from promptkit.messages import Dropped, Message, Piece
from promptkit.render.items import Renderer

if TYPE_CHECKING:
    from promptkit.render.leaves import Leaf
    from promptkit.render.program import Program


class Questioner(Renderer, Protocol):
    """What examples need of the call that they are rendered in."""

    program: Program

    def last_user_message(self, scope: dict[str, Any]) -> str:
        """The text of the prompt's last user message for these values."""


class Data(dict[str, Any]):
    """An output that is no text. It prints as compact JSON, in its own order."""

    def __str__(self) -> str:
        return compact_json(self)


class DataList(list[Any]):
    """A list that prints as compact JSON."""

    def __str__(self) -> str:
        return compact_json(self)


def record_item(record: Record) -> dict[str, Any]:
    """A record as the templates of `text` and `answer` see it."""
    return {
        "inputs": record.inputs,
        "output": _output(record.output),
        "reasoning": record.reasoning,
        "id": record.id,
    }


def answer_text(record: Record) -> str:
    """A record's output as the model should write it: text, or compact JSON."""
    return record.output if isinstance(record.output, str) else compact_json(record.output)


def _output(value: Any) -> Any:
    if isinstance(value, dict):
        return Data(value)
    if isinstance(value, list):
        return DataList(value)
    return value if isinstance(value, str) else compact_json(value)


def example_items(leaf: Leaf, content: Items) -> list[dict[str, Any]]:
    """The records as items of a text. Raises ComposeError for records in chat form, which have no fields to show."""
    assert isinstance(content.source, Records)
    for record in content.source.records:
        if record.messages:
            raise ComposeError(f"'{leaf.block.name}' has a text, which a record of messages cannot fill", record.span)
    return [record_item(record) for record in content.source.records]


def example_messages(call: Questioner, leaf: Leaf, content: Items) -> list[Message]:
    """The turns of the examples taken: for each the prompt's last user message with its inputs, then its answer."""
    turns = call.program.memo.get(("examples", leaf.block.name))
    if turns is None:
        turns = [_turns(call, leaf, content, record) for record in _taken(content)]
        call.program.memo["examples", leaf.block.name] = turns
    kept = _within(call, leaf, content, turns)
    return [message for turn in kept for message in turn]


def _taken(content: Items) -> tuple[Record, ...]:
    assert isinstance(content.source, Records)
    assert content.take is None or isinstance(content.take, int)
    return content.source.records[: content.take]


def _turns(call: Questioner, leaf: Leaf, content: Items, record: Record) -> list[Message]:
    if record.messages:
        return [_message(message, leaf, message.content, record) for message in record.messages]
    if not call.program.question:
        raise ComposeError(
            f"'{leaf.block.name}' repeats the prompt's last user message, and there is none; add a user block, "
            "or give the examples a text",
            leaf.block.span,
        )
    shown = next((asked.block for asked in call.program.question if isinstance(asked.block.content, Attachment)), None)
    if shown is not None:
        raise ComposeError(
            f"'{leaf.block.name}' repeats the prompt's last user message, whose part '{shown.name}' an example cannot "
            "hold; give the examples a text",
            leaf.block.span,
        )
    scope = {**call.program.defaults, **_inputs(call, record)}
    question = call.last_user_message(scope)
    if content.answer is None:
        answer = answer_text(record)
        reply = _message(Message("assistant", answer), leaf, answer, record)
    else:
        static = dict.fromkeys(record_item(record), frozenset[str]())
        answer, pieces = call.text(content.answer, leaf, record_item(record), static)
        reply = Message("assistant", answer, origin=lambda: tuple(pieces()))
    return [_message(Message("user", question), leaf, question, record), reply]


def _inputs(call: Questioner, record: Record) -> dict[str, Any]:
    """The record's inputs. An example supplies each that the question needs, and none that the prompt lacks."""
    program = call.program
    missing = [name for name in program.question_inputs if name not in record.inputs]
    if missing:
        raise ComposeError(f"an example needs the input '{missing[0]}', which the last user message uses", record.span)
    for name, value in record.inputs.items():
        declared = program.accepted.get(name)
        if declared is None:
            known = did_you_mean(name, program.accepted)
            raise ComposeError(
                f"an example gives the input '{name}', which the prompt does not have{known}", record.span
            )
        try:
            check(declared, value, call.count)
        except InputError as error:
            raise ComposeError(f"example: {error.message}", record.span) from error
    return {name: plain(value) for name, value in record.inputs.items()}


def _message(message: Message, leaf: Leaf, text: str, record: Record) -> Message:
    block = leaf.block
    piece = Piece(text, block.name, block.kind, record.span, (), tuple(sorted(leaf.conditions)), authored=False)
    return replace(message, origin=(piece,) if text else ())


def _within(call: Questioner, leaf: Leaf, content: Items, turns: list[list[Message]]) -> list[list[Message]]:
    """The examples that keep the limits, in order; those that are left out are noted."""
    limit, each = content.max_tokens, content.item_max_tokens
    if limit is None and each is None:
        return turns
    from promptkit.tokens import message_tokens  # here: only a limit counts

    kept: list[list[Message]] = []
    total = 0
    for number, turn in enumerate(turns, 1):
        tokens = sum(message_tokens(message, call.tokenizer) for message in turn)
        if isinstance(each, int) and tokens > each:
            why = f"{tokens:,} tokens, over item_max_tokens {each:,}"
            call.dropped.append(Dropped(leaf.block.name, f"example {number}", why))
        elif isinstance(limit, int) and total + tokens > limit:
            why = f"{tokens:,} tokens, after {total:,} of max_tokens {limit:,}"
            call.dropped.append(Dropped(leaf.block.name, f"example {number}", why))
        else:
            total += tokens
            kept.append(turn)
    return kept
