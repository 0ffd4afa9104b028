"""`render(max_tokens=N)`: what gives way, in which order, by which units, and what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import promptkit
from promptkit import BudgetError, InputError, Prompt, blocks
from promptkit.fit import fit
from promptkit.measure import measure
from promptkit.render import samples

TEMPLATES = Path(__file__).parents[1] / "templates"

WORD = "word " * 20  # 20 tokens and a blank
BARE = 13  # tokens of the system message and the question of `prompt`, with their framing


def turn(number: int, words: int = 20) -> list[dict[str, Any]]:
    call = {"id": f"c{number}", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    return [
        {"role": "user", "content": f"Q{number} " + "word " * words},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"c{number}", "content": f"R{number}"},
        {"role": "assistant", "content": f"A{number}"},
    ]


def conversation(turns: int, words: int = 20) -> list[dict[str, Any]]:
    return [message for number in range(1, turns + 1) for message in turn(number, words)]


def prompt(*entries: Any, shrink: tuple[str, ...], **keys: Any) -> Prompt:
    budget = {"max_tokens": 9_999, "shrink": list(shrink), **keys.pop("budget", {})}
    return Prompt("p", [blocks.system("S"), *entries, blocks.user("Q")], budget=budget, model="gpt-4o", **keys)


def shots(number: int) -> list[dict[str, Any]]:
    return [{"id": f"e{n}", "inputs": {}, "output": f"answer {n} {WORD}"} for n in range(1, number + 1)]


def told(made: Prompt, limit: int, **values: Any) -> list[tuple[str, str]]:
    """What gave way, the limit kept."""
    rendered = made.render(values, max_tokens=limit)
    assert rendered.count().tokens <= limit
    return [(each.block, each.what) for each in rendered.dropped]


def size(made: Prompt, **values: Any) -> int:
    return made.render(values).count().tokens


# What is left alone.


@pytest.mark.parametrize("spare", [0, 1, 1_000])
def test_a_prompt_that_fits_is_rendered_as_without_a_limit(spare: int) -> None:
    made = prompt(blocks.history({"input": "turns"}), shrink=("history",))
    whole = made.render(turns=conversation(3))
    fitted = made.render(turns=conversation(3), max_tokens=whole.count().tokens + spare)
    assert (fitted.messages, fitted.dropped) == (whole.messages, ())


def test_every_template_within_its_limit_is_the_same_in_all() -> None:
    library = promptkit.load(TEMPLATES)
    for variant in (library[name][each] for name in library for each in library[name].variants):
        values = samples(variant)
        plain, fitted = variant.render(values), variant.render(values, max_tokens=100_000)
        assert fitted == plain
        assert [message.pieces for message in fitted.messages] == [message.pieces for message in plain.messages]


def test_only_the_blocks_that_are_named_give_way() -> None:
    made = prompt(blocks.instructions(WORD), blocks.history({"input": "turns"}), shrink=("history",))
    rendered = made.render(turns=conversation(2), max_tokens=size(made, turns=[]))
    assert [message.role for message in rendered.messages] == ["system", "user"]
    assert rendered.messages[0].content == f"S\n\n{WORD}"


def test_a_block_whose_absence_saves_no_token_stays() -> None:
    parameters = {"type": "object", "properties": {"words": {"type": "array"}}}  # no rule counts an array
    tool = {"name": "find", "description": "Finds.", "parameters": parameters}
    made = prompt(
        blocks.tools([tool]), blocks.text("{{ x }}"), blocks.context(WORD), shrink=("tools", "text", "context")
    )
    rendered = made.render(x="", max_tokens=15)
    assert [tool.name for tool in rendered.tools] == ["find"]
    assert [(each.block, each.what) for each in rendered.dropped] == [("context", "the whole block")]


# Units.


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_a_history_gives_its_oldest_turns_with_their_tool_results(gone: int) -> None:
    made = prompt(blocks.history({"input": "turns"}), shrink=("history",))
    turns = conversation(3)
    limit = size(made, turns=turns[4 * gone :])
    rendered = made.render(turns=turns, max_tokens=limit)
    assert rendered.messages == made.render(turns=turns[4 * gone :]).messages
    whole = size(made, turns=turns)
    assert [str(each) for each in rendered.dropped] == [
        f"Dropped(block='history', what='the oldest {gone} of 3 turns', "
        f"why='{whole} tokens, over max_tokens {limit}; {limit} without')"
    ]
    tighter = made.render(turns=turns, max_tokens=limit + 1)
    assert tighter.messages == rendered.messages, "no turn goes that need not"


def test_a_history_that_its_own_limit_has_cut_gives_the_turns_after_those() -> None:
    made = prompt(blocks.history({"input": "turns", "take": 16}), shrink=("history",))
    assert told(made, size(made, turns=conversation(2)), turns=conversation(6)) == [
        ("history", "the oldest 2 of 6 turns"),
        ("history", "turns 3 to 4 of 6"),
    ]


def test_an_example_goes_with_its_answer_the_last_chosen_first() -> None:
    made = prompt(blocks.examples(shots(4)), shrink=("examples",))
    rendered = made.render(max_tokens=size(made) - 50)
    assert [each.record for each in rendered.selected] == ["e1", "e2"]
    assert [message.role for message in rendered.messages] == ["system", *["user", "assistant"] * 2, "user"]
    assert [(each.what, each.why) for each in rendered.dropped] == [
        (what, f"{size(made)} tokens, over max_tokens {size(made) - 50}; {rendered.count().tokens} without these 2")
        for what in ("example e4", "example e3")
    ]


def test_of_similar_examples_the_least_similar_goes_first() -> None:
    records = [
        {"id": name, "inputs": {"q": text}, "output": WORD}
        for name, text in (("far", "sun"), ("near", "lost red parcel"), ("middle", "parcel"))
    ]
    made = Prompt(
        "p",
        [blocks.examples({"records": records, "select": "similar"}), blocks.user("{{ q }}")],
        budget={"max_tokens": 1, "shrink": ["examples"]},
    )
    whole = made.render(q="my red parcel is lost")
    rendered = made.render(q="my red parcel is lost", max_tokens=whole.count().tokens - 1)
    assert [each.record for each in rendered.selected] == ["middle", "near"]


def test_examples_told_as_text_are_numbered_anew() -> None:
    content = {"records": shots(3), "text": "{{ loop.index }} of {{ loop.length }}: {{ item.output }}"}
    made = prompt(blocks.examples(content), shrink=("examples",))
    rendered = made.render(max_tokens=size(made) - 5)
    assert "2 of 2: answer 2" in rendered.messages[0].content
    assert [each.what for each in rendered.dropped] == ["example e3"]


def test_a_context_gives_its_last_items_whole() -> None:
    made = prompt(blocks.context({"input": "docs"}), shrink=("context",))
    docs = ["one", "</docs>" + WORD, WORD]
    rendered = made.render(docs=docs, max_tokens=size(made, docs=docs) - 45)
    assert rendered.messages[-1].content == "<docs>\none\n</docs>\n\nQ", "the fence is that of what is left"
    assert [each.what for each in rendered.dropped] == ["item 3", "item 2"]


def test_items_keep_their_numbers_when_a_limit_of_the_block_took_some() -> None:
    made = prompt(blocks.context({"input": "docs", "item_max_tokens": 15}), shrink=("context",))
    docs = ["one", WORD, "three", "four"]
    rendered = made.render(docs=docs, max_tokens=size(made, docs=docs) - 1)
    assert [(each.what, each.why) for each in rendered.dropped] == [
        ("item 2", "27 tokens, over item_max_tokens 15"),
        ("item 4", f"{size(made, docs=docs)} tokens, over max_tokens {size(made, docs=docs) - 1}; "
         f"{size(made, docs=docs[:3])} without"),
    ]  # fmt: skip


def test_a_history_told_as_text_gives_whole_turns() -> None:
    made = prompt(
        blocks.history({"input": "turns", "text": "{{ item.role }}: {{ item.content }}"}), shrink=("history",)
    )
    turns = [message for message in conversation(3) if message["content"] and message["role"] != "tool"]
    rendered = made.render(turns=turns, max_tokens=size(made, turns=turns) - 5)
    assert rendered.messages[0].content.startswith("S\n\nuser: Q2")
    assert [each.what for each in rendered.dropped] == ["item 1", "item 2"]


def test_a_structured_format_takes_its_schema_with_it() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    made = prompt(blocks.format({"schema": schema}), shrink=("format",))
    assert made.render().schema == schema
    rendered = made.render(max_tokens=20)
    assert (rendered.schema, rendered.messages[0].content) == (None, "S")


def test_a_block_of_the_question_leaves_the_examples_too() -> None:
    made = prompt(
        blocks.examples([{"inputs": {}, "output": "A"}]), blocks.user(WORD, name="rules"), shrink=("rules", "examples")
    )
    whole, rendered = made.render(), made.render(max_tokens=30)
    assert [message.content for message in whole.messages] == ["S", f"{WORD}\n\nQ", "A", f"{WORD}\n\nQ"]
    assert [message.content for message in rendered.messages] == ["S", "Q", "A", "Q"]
    assert made.render().messages == whole.messages, "what was fitted is not remembered for other calls"


# Order.


def test_a_block_has_given_all_before_the_next_begins() -> None:
    made = prompt(blocks.examples(shots(3)), blocks.history({"input": "turns"}), shrink=("history", "examples"))
    turns = conversation(2)
    limit = size(made, turns=[]) - 1
    assert told(made, limit, turns=turns) == [("history", "the oldest 2 of 2 turns"), ("examples", "example e3")]
    other = prompt(blocks.examples(shots(3)), blocks.history({"input": "turns"}), shrink=("examples", "history"))
    assert told(other, limit, turns=turns)[:4] == [
        ("examples", "example e3"),
        ("examples", "example e2"),
        ("examples", "example e1"),
        ("history", "the oldest 1 of 2 turns"),
    ]


def test_a_group_gives_its_children_from_the_last_then_its_own_text() -> None:
    group = blocks.instructions(
        "<rules>\n{{ blocks }}\n</rules>",
        name="rules",
        blocks=[blocks.text(WORD, name="a"), blocks.context({"input": "docs"}, name="b", to="system")],
    )
    made = prompt(group, shrink=("rules",))
    docs = [WORD, WORD]
    steps = [told(made, limit, docs=docs) for limit in range(size(made, docs=docs), BARE - 1, -1)]
    assert list(dict.fromkeys(len(step) for step in steps)) == [0, 1, 2, 3, 4]
    assert steps[-1] == [("b", "item 2"), ("b", "item 1"), ("a", "the whole block"), ("rules", "the whole block")]


def test_a_group_without_text_is_its_children() -> None:
    group = blocks.group([blocks.text(WORD, name="a"), blocks.text(WORD, name="b")], name="extras")
    made = prompt(group, shrink=("extras", "a"))
    assert told(made, size(made) - 1) == [("b", "the whole block")]
    assert told(made, BARE) == [("b", "the whole block"), ("a", "the whole block")]


def test_a_block_that_a_when_leaves_out_gives_nothing() -> None:
    made = prompt(
        blocks.text(WORD, name="a", when="x"),
        blocks.text(WORD, name="b"),
        shrink=("a", "b"),
        inputs={"x": {"type": "boolean"}},
    )
    assert told(made, BARE, x=False) == [("b", "the whole block")]
    assert told(made, BARE, x=True) == [("a", "the whole block"), ("b", "the whole block")]


def test_a_variant_may_lack_what_its_budget_would_shrink() -> None:
    made = prompt(
        blocks.text(WORD, name="a"), blocks.text(WORD, name="b"), shrink=("a", "b"), variants={"short": {"drop": ["a"]}}
    )
    rendered = made["short"].render(max_tokens=BARE)
    assert [each.block for each in rendered.dropped] == ["b"]


def test_no_unit_goes_that_need_not() -> None:
    made = prompt(
        blocks.examples(shots(3)),
        blocks.history({"input": "turns"}),
        blocks.context({"input": "docs"}),
        blocks.text(WORD),
        shrink=("context", "history", "examples", "text"),
    )
    values = {"turns": conversation(4), "docs": [f"{WORD} {n}" for n in range(5)]}
    chain = [made.render(values)]
    for limit in range(chain[0].count().tokens, BARE - 1, -1):
        rendered = made.render(values, max_tokens=limit)
        if rendered.messages != chain[-1].messages:
            assert chain[-1].count().tokens == limit + 1, "what fitted before was kept until it did not"
            chain.append(rendered)
    assert [each.what for each in chain[-1].dropped] == [
        *(f"item {n}" for n in (5, 4, 3, 2, 1)),
        "the oldest 4 of 4 turns",
        *(f"example e{n}" for n in (3, 2, 1)),
        "the whole block",
    ]
    assert len(chain) == 1 + 5 + 4 + 3 + 1


# Messages stay in order.


def test_a_question_stays_where_nothing_else_asks() -> None:
    made = Prompt(
        "p",
        [blocks.system("S"), blocks.history({"input": "turns"})],
        budget={"max_tokens": 1, "shrink": ["history"]},
    )
    turns = [*conversation(2), {"role": "user", "content": "Now?"}]
    with pytest.raises(BudgetError, match="at the least 14, after history"):
        made.render(turns=turns, max_tokens=13, model="gpt-4o")
    rendered = made.render(turns=turns, max_tokens=14, model="gpt-4o")
    assert [message.content for message in rendered.messages] == ["S", "Now?"]


@pytest.mark.parametrize("shrink", [("asked", "said"), ("said", "asked")])
def test_a_question_does_not_leave_its_answer_behind(shrink: tuple[str, str]) -> None:
    made = prompt(blocks.user(WORD, name="asked"), blocks.assistant("A", name="said"), shrink=shrink)
    assert told(made, size(made) - 1) == [("said", "the whole block")]
    assert told(made, BARE) == [("said", "the whole block"), ("asked", "the whole block")]


def test_turns_that_had_to_wait_are_told_apart() -> None:
    entries = [blocks.history({"input": "turns"}), blocks.assistant("Well,", name="begun"), blocks.user("Q")]
    made = Prompt("p", entries, budget={"max_tokens": 1, "shrink": ["history", "begun"]}, model="gpt-4o")
    assert told(made, 9, turns=conversation(3)) == [
        ("history", "the oldest 2 of 3 turns"),
        ("begun", "the whole block"),
        ("history", "turn 3 of 3"),
    ]


# What does not fit, and what is wrong with a call.


def test_what_cannot_fit_names_the_smallest_size() -> None:
    made = prompt(blocks.instructions(WORD), blocks.history({"input": "turns"}), shrink=("history",))
    with pytest.raises(BudgetError) as raised:
        made.render(turns=conversation(2), max_tokens=20)
    least = size(made, turns=[])
    assert str(raised.value) == (
        f"<python>:p: p: {size(made, turns=conversation(2))} tokens for gpt-4o, over max_tokens 20; at the least {least}, "
        f"after history gave way: raise max_tokens to {least}, or name more blocks in budget.shrink"
    )
    assert made.render(turns=conversation(2), max_tokens=least).count().tokens == least


@pytest.mark.parametrize("budget", [{}, {"budget": {"max_tokens": 5}}])
def test_where_nothing_may_give_way_the_budget_says_what_may(budget: dict[str, Any]) -> None:
    made = Prompt("p", [blocks.user(WORD)], variants={"v": {"join": " "}}, model="gpt-4o", **budget)
    with pytest.raises(BudgetError) as raised:
        made["v"].render(max_tokens=20)
    assert str(raised.value) == (
        "<python>:p: p (v): 28 tokens for gpt-4o, over max_tokens 20, and no block may give way; "
        "name those that may in budget.shrink"
    )


@pytest.mark.parametrize("limit", [-1, True, 3.0, "9"])
def test_a_limit_is_a_whole_number(limit: Any) -> None:
    with pytest.raises(InputError) as raised:
        Prompt("p", [blocks.user("Q")]).render(max_tokens=limit)
    assert str(raised.value) == f"max_tokens must be a whole number, 0 or more, not {limit!r}"


def test_an_input_of_that_name_is_given_in_the_mapping() -> None:
    made = Prompt("p", [blocks.user("At most {{ max_tokens }} words." + WORD)], inputs={"max_tokens": {"default": 5}})
    with pytest.raises(InputError) as raised:
        made.render(max_tokens=7)
    assert str(raised.value) == (
        "p: 'max_tokens' is an input of this prompt as well as the limit to fit; "
        "pass the input in the mapping: render({'max_tokens': ...})"
    )
    assert made.render({"max_tokens": 7}).messages[0].content.startswith("At most 7")
    assert made.render({"max_tokens": 7}, max_tokens=90).messages[0].content.startswith("At most 7")


def test_a_limit_of_an_input_keeps_its_meaning() -> None:
    made = prompt(
        blocks.context({"input": "docs"}), shrink=("context",), inputs={"docs": {"type": "array", "max_tokens": 10}}
    )
    with pytest.raises(InputError, match="over its max_tokens 10; shorten it"):
        made.render(docs=[WORD], max_tokens=5)


def test_the_tokenizer_is_that_of_the_model_given() -> None:
    made = prompt(blocks.context({"input": "docs"}), shrink=("context",))
    docs = ["नमस्ते " * 5] * 10
    for model in ("gpt-4o", "gpt-4"):
        rendered = fit(made["base"], None, {"docs": docs}, model, 150)
        assert 120 < measure(rendered, model).tokens <= 150
    assert len(made.render(docs=docs, max_tokens=150, model="gpt-4").dropped) > len(rendered.dropped) - 1
