"""`budget.step`: a history's cut moves rarely, by a step at least, and what stands before the newest turns stays."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from promptkit import Prompt, blocks
from promptkit.tokens import message_tokens, tokenizer_for

if TYPE_CHECKING:
    from promptkit.messages import Message

LIMIT = 1_500
STEP = 500
TOKENIZER = tokenizer_for("gpt-4o")


def conversation(turns: int, seed: int = 1) -> list[dict[str, Any]]:
    random = Random(seed)
    found: list[dict[str, Any]] = []
    for number in range(turns):
        found += [
            {"role": "user", "content": f"Question {number} " + "word " * random.randint(1, 40)},
            {"role": "assistant", "content": f"Answer {number} " + "word " * random.randint(1, 60)},
        ]
    return found


def chat(step: int | None = STEP, **content: Any) -> Prompt:
    budget: dict[str, Any] = {"max_tokens": 1, "shrink": ["history"]}
    if step is not None:
        budget["step"] = step
    entries = [blocks.system("Be brief."), blocks.history({"input": "turns", **content}), blocks.user("And now?")]
    return Prompt("chat", entries, budget=budget, model="gpt-4o")


def kept(made: Prompt, turns: list[dict[str, Any]], limit: int = LIMIT) -> tuple[Message, ...]:
    """The history's messages that were kept."""
    rendered = made.render(turns=turns, max_tokens=limit)
    assert rendered.count().tokens <= limit
    return rendered.messages[1:-1]


def runs(step: int | None) -> list[tuple[Message, ...]]:
    """What is kept as 100 turns are added one by one to ten."""
    turns = conversation(110)
    made = chat(step)
    return [kept(made, turns[: 2 * count]) for count in range(10, 111)]


def test_over_100_turns_the_cut_moves_rarely_and_by_a_step() -> None:
    stepped, free = runs(STEP), runs(None)
    moved = [(before, after) for before, after in pairwise(stepped) if before[0] != after[0]]
    assert len(moved) == 11
    assert sum(before[0] != after[0] for before, after in pairwise(free)) == 70
    for before, after in moved:
        gone = before[: before.index(after[0])]
        assert sum(message_tokens(message, TOKENIZER) for message in gone) >= STEP


def test_between_two_moves_the_prefix_is_the_same_byte_for_byte() -> None:
    for before, after in pairwise(runs(STEP)):
        if before[0] == after[0]:
            assert after[: len(before)] == before


def test_the_cut_depends_on_the_conversation_alone() -> None:
    turns = conversation(60)
    first = kept(chat(), turns)
    made = chat()
    for count in (30, 60, 45, 60):
        again = kept(made, turns[: 2 * count])
    assert again == first


def test_it_moves_only_when_it_must() -> None:
    turns = conversation(60)
    after = kept(chat(), turns)
    start = next(place for place, turn in enumerate(turns) if turn["content"] == after[0].content)
    sizes = [
        sum(message_tokens(message, TOKENIZER) for message in pair)
        for pair in zip(*[iter(chat().render(turns=turns).messages[1:-1])] * 2, strict=True)
    ]
    marks, since = [0], 0
    for number, size in enumerate(sizes, 1):
        since += size
        if since >= STEP:
            marks.append(number)
            since = 0
    assert start // 2 in marks
    earlier = max(mark for mark in marks if mark < start // 2)
    assert chat().render(turns=turns[2 * earlier :]).count().tokens > LIMIT


def test_a_limit_of_the_block_leaves_the_marks_where_they_are() -> None:
    turns = conversation(60)
    assert kept(chat(take=80), turns) == kept(chat(), turns)


def test_where_a_step_has_no_room_the_cut_moves_as_without_it() -> None:
    turns = conversation(60)
    newest = kept(chat(10_000), turns, 200)
    assert newest == kept(chat(None), turns, 200)
    assert newest[-1].content.startswith("Answer 59")


def test_a_history_told_as_text_has_steps_too() -> None:
    turns = conversation(80)
    made = chat(text="{{ item.role }}: {{ item.content }}", max_tokens=100_000)
    starts = []
    for count in range(40, 81):
        rendered = made.render(turns=turns[: 2 * count], max_tokens=LIMIT)
        assert rendered.count().tokens <= LIMIT
        starts.append(rendered.messages[0].content.split("word")[0])
    assert 1 < len(set(starts)) < 8


@pytest.mark.parametrize("step", [1, STEP])
def test_a_conversation_that_fits_is_whole(step: int) -> None:
    turns = conversation(5)
    assert len(kept(chat(step), turns)) == len(turns)
