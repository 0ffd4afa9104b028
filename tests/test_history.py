"""Histories are trimmed by whole turns: the newest stay, and no tool result loses its call."""

from __future__ import annotations

from typing import Any

import pytest

import promptkit
from promptkit import Prompt, blocks
from promptkit.tokens import message_tokens, tokenizer_for


def turns(count: int, words: int = 12) -> list[dict[str, Any]]:
    """Turns of a user, an assistant with a tool call, its result, and an answer."""
    found: list[dict[str, Any]] = []
    for n in range(count):
        call = {"id": f"c{n}", "type": "function", "function": {"name": "find", "arguments": f'{{"q":{n}}}'}}
        found += [
            {"role": "user", "content": f"Question {n} " + "word " * words},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{n}", "content": f"Result {n}"},
            {"role": "assistant", "content": f"Answer {n}"},
        ]
    return found


def prompt(**options: Any) -> Prompt:
    return Prompt("x", [blocks.system("S"), blocks.history({"input": "turns", **options}), blocks.user("Q")])


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4", "claude-sonnet-4", "o200k_base"])
def test_forty_turns_keep_a_budget_of_a_thousand_tokens(model: str) -> None:
    given = turns(40)
    rendered = prompt(max_tokens=1000).render(turns=given, model=model)
    kept = rendered.messages[1:-1]
    tokenizer = tokenizer_for(model)
    sizes = [message_tokens(message, tokenizer) for message in kept]
    assert 900 < sum(sizes) <= 1000
    turn = sum(sizes[-4:])
    assert sum(sizes) + turn > 1000, "one more turn would have fitted"
    whole = prompt().render(turns=given).messages[1:-1]
    assert kept == whole[-len(kept) :]
    assert kept[0].role == "user"
    calls = {call.id for message in kept for call in message.tool_calls}
    assert {message.tool_call_id for message in kept if message.role == "tool"} == calls
    gone = 40 - len(kept) // 4
    assert [(each.block, each.what, each.why) for each in rendered.dropped] == [
        ("history", f"the oldest {gone} of 40 turns", "to keep max_tokens 1,000")
    ]


@pytest.mark.parametrize("budget", range(40, 400, 7))
def test_no_budget_orphans_a_tool_result(budget: int) -> None:
    kept = prompt(max_tokens=budget).render(turns=turns(9, words=1)).messages[1:-1]
    calls: set[str] = set()
    for message in kept:
        if message.role == "tool":
            assert message.tool_call_id in calls
        calls |= {call.id for call in message.tool_calls}
    assert kept[-1].content == "Answer 8"


def test_a_history_within_its_budget_is_whole() -> None:
    rendered = prompt(max_tokens=100_000).render(turns=turns(3))
    assert [message.role for message in rendered.messages[1:-1]] == ["user", "assistant", "tool", "assistant"] * 3
    assert rendered.dropped == ()


def test_take_keeps_the_newest_messages_by_whole_turns() -> None:
    rendered = prompt(take=4).render(turns=turns(3))
    assert [message.content for message in rendered.messages[1:-1]][1:] == ["", "Result 2", "Answer 2"]
    assert [each.why for each in rendered.dropped] == ["to keep take 4"]


def test_an_empty_history_is_left_out() -> None:
    assert [message.role for message in prompt(max_tokens=5).render(turns=[]).messages] == ["system", "user"]


def test_an_impossible_budget_is_one_clear_error() -> None:
    with pytest.raises(promptkit.BudgetError) as raised:
        prompt(max_tokens=5).render(turns=turns(2, words=0), model="gpt-4o")
    size = sum(
        message_tokens(m, tokenizer_for("gpt-4o")) for m in prompt().render(turns=turns(1, words=0)).messages[1:-1]
    )
    assert str(raised.value) == (
        f"<python>:x: 'history' cannot keep its max_tokens 5: its newest turn alone has {size} tokens with framing; "
        "raise the limit or shorten the turn"
    )


USER = {"role": "user", "content": "U"}
CALL = {"id": "c", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        pytest.param(
            "text", "input 'turns' must be a list of messages, not str; declare it with type: messages", id="text"
        ),
        pytest.param({"role": "user"}, "input 'turns' must be a list of messages, not dict", id="mapping"),
        pytest.param(None, "input 'turns' must be a list of messages, not NoneType", id="none"),
        pytest.param(
            ["hi"], "message 1 of input 'turns': a message must be a mapping of role and content, not str", id="item"
        ),
        pytest.param(
            [USER, {"role": "sytem", "content": "x"}],
            "message 2 of input 'turns': unknown role 'sytem'; known: system, user, assistant, tool",
            id="role",
        ),
        pytest.param(
            [{"role": ["user"], "content": "x"}],
            "message 1 of input 'turns': unknown role ['user']; known: system, user, assistant, tool",
            id="role-list",
        ),
        pytest.param(
            [{"role": "system", "content": "obey"}],
            "message 1 of input 'turns' is a system message; a history has user, assistant and tool",
            id="system",
        ),
        pytest.param(
            [{"role": "user"}],
            "message 1 of input 'turns': content must be text or a list of parts, not NoneType",
            id="content",
        ),
        pytest.param(
            [{"role": "user", "content": [{"type": "text"}]}],
            "message 1 of input 'turns': a part of content must be a mapping of type text, image_url, input_audio or file",
            id="parts",
        ),
        pytest.param([{**USER, "x": 1}], "message 1 of input 'turns': unknown key 'x' of a message", id="key"),
        pytest.param([{**USER, "name": 5}], "message 1 of input 'turns': name must be text, not int", id="name"),
        pytest.param(
            [{**USER, "tool_calls": [CALL]}],
            "message 1 of input 'turns': tool_calls belong to the assistant, not to user",
            id="user-calls",
        ),
        pytest.param(
            [{"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]}],
            "message 1 of input 'turns': a tool call needs an id and a function with name and arguments",
            id="call",
        ),
        pytest.param(
            [{"role": "assistant", "content": None, "tool_calls": 7}],
            "message 1 of input 'turns': tool_calls must be a list, not int",
            id="calls",
        ),
        pytest.param(
            [{"role": "tool", "content": "r"}],
            "message 1 of input 'turns': a tool message, and no other, has a tool_call_id",
            id="no-id",
        ),
        pytest.param(
            [USER, {"role": "tool", "tool_call_id": "c", "content": "r"}],
            "message 2 of input 'turns' answers the tool call 'c', which no earlier message makes",
            id="orphan",
        ),
    ],
)
@pytest.mark.parametrize("keys", [{}, {"inputs": {"turns": {"type": "any"}}}], ids=["inferred", "declared"])
def test_a_malformed_history_is_one_line(given: Any, error: str, keys: dict[str, Any]) -> None:
    made = Prompt("x", [blocks.history({"input": "turns", "max_tokens": 1000})], **keys)
    with pytest.raises(promptkit.InputError) as raised:
        made.render(turns=given)
    assert str(raised.value) == f"<python>:x: {error}"


def test_a_surrogate_in_a_history_is_one_line() -> None:
    with pytest.raises(promptkit.InputError) as raised:
        prompt().render(turns=[{"role": "user", "content": "a\ud800"}])
    assert str(raised.value) == (
        "<python>:x: message 1 of input 'turns': content holds half of a surrogate pair; decode it before you pass it"
    )
