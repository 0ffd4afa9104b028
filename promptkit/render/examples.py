"""Few-shot examples: which records are taken, and the turns or texts that they become."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from promptkit.blocks.kinds import compact_json
from promptkit.content import Attachment, Items, Record, Records
from promptkit.errors import ComposeError, InputError, did_you_mean
from promptkit.inputs import check, plain
from promptkit.messages import Dropped, Message, Piece, Selected
from promptkit.render.cuts import Units
from promptkit.render.fragments import Fragment
from promptkit.render.items import Loop, Renderer, Rows, rows_pieces, rows_text
from promptkit.render.program import trace_inputs
from promptkit.render.select import Ask, Choice, Choices, arranged, choices, compared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptkit.model import Variant
    from promptkit.render.leaves import Fast, Leaf
    from promptkit.render.program import Program
    from promptkit.template import Meter

KEPT_TURNS = 10_000  # rendered examples that a block keeps for the next call
MISSES = 200  # examples in a row that do not fit, after which no more are tried


class Questioner(Renderer, Protocol):
    """What examples need of the call that they are rendered in."""

    program: Program
    variant: Variant
    meter: Meter
    selected: list[Selected]

    @property
    def unasked(self) -> frozenset[str]:
        """The blocks of the last user message that a cut leaves out."""

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


def example_messages(call: Questioner, leaf: Leaf, content: Items, scope: Mapping[str, Any]) -> list[Message]:
    """The turns of the examples chosen: for each the prompt's last user message with its inputs, then its answer."""
    leaf = _conditioned(call, leaf, content)
    unasked = call.unasked
    counted = _limited(content) or call.cuts is not None
    turns = call.program.memo.setdefault(("turns", leaf.block.name, unasked), {})
    sizes = call.program.memo.setdefault(("sizes", leaf.block.name, unasked, call.tokenizer), {}) if counted else {}

    def turn(number: int) -> list[Message]:
        if number not in turns:
            if len(turns) >= KEPT_TURNS:
                turns.clear()
            turns[number] = _turns(call, leaf, content, _records(content)[number])
        found: list[Message] = turns[number]
        return found

    def size(number: int, _: int) -> int:
        if number not in sizes:
            from promptkit.tokens import message_tokens  # here: only a limit counts

            sizes[number] = sum(message_tokens(message, call.tokenizer) for message in turn(number))
        found: int = sizes[number]
        return found

    chosen = _chosen(call, leaf, content, scope, size, same=content.select.by != "similar")
    chosen = chosen[: len(chosen) - _cut(call, leaf, content, chosen, lambda choice: size(choice.number, 0))]
    return [message for choice in _shown(call, leaf, content, chosen) for message in turn(choice.number)]


def example_text(call: Questioner, leaf: Leaf, content: Items, scope: Mapping[str, Any]) -> Fragment:
    """The examples chosen as one text. Raises ComposeError for records in chat form, which have no fields to show."""
    leaf = _conditioned(call, leaf, content)
    _refuse_chat(leaf, content)
    sources = {**leaf.sources, "item": frozenset[str](), "loop": frozenset[str]()}

    def row(number: int, loop: Loop) -> tuple[str, Callable[[], list[Piece]]]:
        inner = {**scope, "item": record_item(_records(content)[number]), "loop": loop}
        assert content.text is not None
        return call.text(content.text, leaf, inner, sources)

    def size(number: int, taken: int) -> int:
        return call.count((leaf.join if taken else "") + row(number, Loop(taken, taken + 1))[0])

    same = content.select.by != "similar" and not _limited(content)
    kept = list(_chosen(call, leaf, content, scope, size, same=same))
    rows = _fitting(call, leaf, content, kept, row)
    gone = _cut(call, leaf, content, kept, lambda choice: call.count(row(choice.number, Loop(0, 1))[0]))
    if gone:
        del kept[len(kept) - gone :]
        rows = _fitting(call, leaf, content, kept, row)
    _shown(call, leaf, content, kept)
    return Fragment(leaf, rows_text(leaf, rows), lambda: rows_pieces(leaf, rows, frozenset()))


def _fitting(
    call: Questioner,
    leaf: Leaf,
    content: Items,
    kept: list[Choice],
    row: Callable[[int, Loop], tuple[str, Callable[[], list[Piece]]]],
) -> Rows:
    """The rows of the examples in `kept`, from which those go that their limits forbid."""
    while True:
        shown = arranged(content.select, kept)
        rows = [row(choice.number, Loop(place, len(shown))) for place, choice in enumerate(shown)]
        excess = _excess(call, leaf, content, shown, rows)
        if excess is None:
            return rows
        choice, why = excess[0] or kept[-1], excess[1]
        kept.remove(choice)
        call.dropped.append(Dropped(leaf.block.name, f"example {_name(content, choice.number)}", why))


def _cut(call: Questioner, leaf: Leaf, content: Items, chosen: list[Choice], size: Callable[[Choice], int]) -> int:
    """How many of the chosen a cut takes: from the end, for the best come first."""
    if call.cuts is None:
        return 0
    last_first = chosen[::-1]
    units = Units(
        len(chosen),
        lambda start, end: tuple(f"example {_name(content, choice.number)}" for choice in last_first[start:end]),
        lambda: list(map(size, last_first)),
    )
    return call.cuts.of(leaf.block.name, units)


def _excess(
    call: Questioner, leaf: Leaf, content: Items, shown: list[Choice], rows: Rows
) -> tuple[Choice | None, str] | None:
    """What has to go for the text to keep its limits: a row that has grown with its place, or (None) any one."""
    limit, each = content.max_tokens, content.item_max_tokens
    if isinstance(each, int):
        for choice, (text, _) in zip(shown, rows, strict=True):
            tokens = call.count(text)
            if tokens > each:
                return choice, f"{tokens:,} tokens, over item_max_tokens {each:,}"
    if isinstance(limit, int) and rows:
        tokens = call.count(rows_text(leaf, rows))
        if tokens > limit:
            return None, f"all together have {tokens:,} tokens, over max_tokens {limit:,}"
    return None


def _limited(content: Items) -> bool:
    return content.max_tokens is not None or content.item_max_tokens is not None


def _records(content: Items) -> tuple[Record, ...]:
    assert isinstance(content.source, Records)
    return content.source.records


def _name(content: Items, number: int) -> str:
    """A record's id, else its number in its file, from 1."""
    return _records(content)[number].id or f"{number + 1}"


def _refuse_chat(leaf: Leaf, content: Items) -> None:
    assert isinstance(content.source, Records)
    cache = content.source.cache
    if "chat" not in cache:
        cache["chat"] = next((record for record in content.source.records if record.messages), None)
    if cache["chat"] is not None:
        raise ComposeError(
            f"'{leaf.block.name}' has a text, which a record of messages cannot fill", cache["chat"].span
        )


def _conditioned(call: Questioner, leaf: Leaf, content: Items) -> Leaf:
    """The leaf, under the condition of the inputs that its examples are chosen by."""
    if content.select.by != "similar":
        return leaf
    key = ("leaf", leaf.block.name)
    if key not in call.program.memo:
        assert isinstance(content.source, Records)
        known = call.program.accepted.keys() | leaf.sources.keys()
        names = [name for name in compared(content.select, content.source) if name in known]
        conditions = leaf.conditions | trace_inputs(names, leaf.sources, call.variant.set)
        call.program.memo[key] = replace(leaf, conditions=conditions)
    found: Leaf = call.program.memo[key]
    return found


def _shown(call: Questioner, leaf: Leaf, content: Items, chosen: list[Choice]) -> list[Choice]:
    """The chosen records in the order in which they are shown, noted in the call."""
    shown = arranged(content.select, chosen)
    for choice in shown:
        name, span = _name(content, choice.number), _records(content)[choice.number].span
        call.selected.append(Selected(leaf.block.name, name, span, choice.why))
    return shown


def _chosen(
    call: Questioner,
    leaf: Leaf,
    content: Items,
    values: Mapping[str, Any],
    size: Callable[[int, int], int],
    *,
    same: bool,
) -> list[Choice]:
    """The records that the selector and the limits leave, the best first; `same` says that no call can change them."""
    key = ("chosen", leaf.block.name, *((call.tokenizer, call.unasked) if _limited(content) else ()))
    found = call.program.memo.get(key) if same else None
    if found is None:
        assert isinstance(content.source, Records)
        assert content.take is None or isinstance(content.take, int)
        names = compared(content.select, content.source)
        ask = Ask(content.source, content.select, names, values, content.take, call.meter)
        found = walked(leaf, content, choices(ask), size)
        if same:
            call.program.memo[key] = found
    chosen, dropped = found
    call.dropped += dropped
    return list(chosen)


def walked(
    leaf: Leaf, content: Items, offered: Choices, size: Callable[[int, int], int]
) -> tuple[list[Choice], list[Dropped]]:
    """Takes what is offered until there are enough. What does not fit is noted, and the next takes its place."""
    chosen: list[Choice] = []
    dropped: list[Dropped] = []
    total = misses = 0
    choice = None if content.take == 0 else next(offered, None)
    while choice is not None:
        tokens, why = 0, None
        if _limited(content):
            tokens = size(choice.number, len(chosen))
            why = _too_large(content, tokens, total)
        if why is None:
            chosen.append(choice)
            total, misses = total + tokens, 0
        else:
            dropped.append(Dropped(leaf.block.name, f"example {_name(content, choice.number)}", why))
            misses += 1
        if len(chosen) == content.take:
            break
        if misses == MISSES:
            dropped.append(Dropped(leaf.block.name, "the examples after it", f"{MISSES} in a row did not fit"))
            break
        try:
            choice = offered.send(why is None)
        except StopIteration:
            break
    return chosen, dropped


def _too_large(content: Items, tokens: int, total: int) -> str | None:
    """Why a record of so many tokens does not fit behind `total`, None where it does."""
    limit, each = content.max_tokens, content.item_max_tokens
    if isinstance(each, int) and tokens > each:
        return f"{tokens:,} tokens, over item_max_tokens {each:,}"
    if isinstance(limit, int) and total + tokens > limit:
        return f"{tokens:,} tokens, after {total:,} of max_tokens {limit:,}"
    return None


def check_record(call: Questioner, leaf: Leaf, content: Items, record: Record, bare: Fast | None) -> None:
    """Refuse a record that the prompt cannot ask, as `example_messages` does for those that are taken.

    `bare` is the fast form of the last user message where it has one: no value but None can then fail to print.
    """
    if record.messages:
        return
    check_question(call.program, leaf)
    scope = {**call.program.defaults, **example_inputs(call.program, record, call.count)}
    if bare is None or any(scope.get(name) is None for name in bare.names):
        call.last_user_message(scope)
    if content.answer is not None:
        call.text(content.answer, leaf, record_item(record))


def _turns(call: Questioner, leaf: Leaf, content: Items, record: Record) -> list[Message]:
    if record.messages:
        return [_message(message, leaf, message.content, record) for message in record.messages]
    check_question(call.program, leaf)
    scope = {**call.program.defaults, **example_inputs(call.program, record, call.count)}
    question = call.last_user_message(scope)
    if content.answer is None:
        answer = answer_text(record)
        reply = _message(Message("assistant", answer), leaf, answer, record)
    else:
        static = dict.fromkeys(record_item(record), frozenset[str]())
        answer, pieces = call.text(content.answer, leaf, record_item(record), static)
        reply = Message("assistant", answer, origin=lambda: tuple(pieces()))
    return [_message(Message("user", question), leaf, question, record), reply]


def check_question(program: Program, leaf: Leaf) -> None:
    """Refuse examples that have no user message to repeat, or one that an example cannot hold."""
    if not program.question:
        raise ComposeError(
            f"'{leaf.block.name}' repeats the prompt's last user message, and there is none; add a user block, "
            "or give the examples a text",
            leaf.block.span,
        )
    shown = next((asked.block for asked in program.question if isinstance(asked.block.content, Attachment)), None)
    if shown is not None:
        raise ComposeError(
            f"'{leaf.block.name}' repeats the prompt's last user message, whose part '{shown.name}' an example cannot "
            "hold; give the examples a text",
            leaf.block.span,
        )


def example_inputs(program: Program, record: Record, count: Callable[[str], int]) -> dict[str, Any]:
    """The record's inputs. An example supplies each that the question needs, and none that the prompt lacks."""
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
            check(declared, value, count)
        except InputError as error:
            raise ComposeError(f"example: {error.message}", record.span) from error
    return {name: plain(value) for name, value in record.inputs.items()}


def _message(message: Message, leaf: Leaf, text: str, record: Record) -> Message:
    block = leaf.block
    piece = Piece(text, block.name, block.kind, record.span, (), tuple(sorted(leaf.conditions)), authored=False)
    return replace(message, origin=(piece,) if text else ())
