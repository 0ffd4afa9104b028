"""What ends a cacheable prefix, and that a move gains what is said: every gain is checked by making the move."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import promptkit
from promptkit import Prompt, blocks
from promptkit.caching import Caching, Head, Move, Shared, caching, head, shared
from promptkit.caching.arrangement import arranged
from promptkit.render import samples
from promptkit.tokens import tokenizer_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from promptkit.model import Rendered, Variant

    Write = Callable[[Mapping[str, str | bytes]], Path]

TEMPLATES = Path(__file__).parents[1] / "templates"
LIBRARY = promptkit.load(TEMPLATES)
RULES = "\n".join(f"{number}. Rule number {number} says what to do in case {number}." for number in range(1, 41))


def of(rendered: Rendered) -> Caching:
    return caching(rendered, rendered.count())


def prefix(rendered: Rendered) -> int:
    return rendered.count().cacheable_prefix_tokens


def every_variant() -> Iterator[Any]:
    for prompt in LIBRARY.values():
        for name in prompt.variants:
            yield pytest.param(prompt[name], id=f"{prompt.name}-{name}")


@pytest.mark.parametrize("variant", [*every_variant()])
def test_the_parts_of_the_picture_are_the_whole_prompt(variant: Variant) -> None:
    rendered = variant.render(samples(variant))
    measured = rendered.count()
    found = caching(rendered, measured)
    assert found.prefix == measured.cacheable_prefix_tokens
    assert found.prefix + found.breaking + found.lost + found.rest == measured.tokens
    assert min(found.prefix, found.breaking, found.lost, found.rest) >= 0
    if not any(tool.conditions for tool in rendered.tools):
        before = measured.definition_tokens
        assert before + arranged(rendered, measured.tokenizer).prefix() == measured.cacheable_prefix_tokens
    assert found.reachable <= measured.tokens
    assert all(move.gain > 0 for move in found.moves)


def reordered(variant: Variant, names: Sequence[str], move: Move) -> Variant:
    """The variant with these blocks after the last of the message that they move to."""
    moved = tuple(block for block in variant.blocks if block.name in names)
    rest = tuple(block for block in variant.blocks if block.name not in names)
    if move.role == "user":
        return replace(variant, blocks=(*rest, *(replace(block, to="user") for block in moved)), cache={})
    place = 1 + next(number for number, block in enumerate(rest) if block.name == move.after)
    return replace(variant, blocks=(*rest[:place], *moved, *rest[place:]), cache={})


@pytest.mark.parametrize("variant", [*every_variant()])
def test_moving_a_block_gains_what_was_said(variant: Variant) -> None:
    values = samples(variant)
    found = of(variant.render(values))
    tops = {block.name for block in variant.blocks}
    for move in found.moves[:1]:
        names = [part.strip("', ") for part in move.what.removeprefix("blocks ").removeprefix("block ").split(",")]
        if not move.what.startswith("block") or not tops.issuperset(names):
            continue  # lines, and blocks within a group: shown below
        after = reordered(variant, names, move)
        assert prefix(after.render(values)) == found.prefix + move.gain


@pytest.mark.parametrize(
    "first",
    [
        pytest.param("Today is {{ now }}.", id="a value"),
        pytest.param("{% if now %}Today is {{ now }}.{% endif %}", id="a condition"),
        pytest.param("Today is {{ now }}.\nIt is {{ now }} there too.", id="two lines"),
        pytest.param("<date>\n{{ now }}\n</date>", id="in a tag"),
        pytest.param("```\n{{ now }}\n```", id="in a fence"),
        pytest.param("# Today\n{{ now }}", id="under a heading"),
    ],
)
def test_the_date_on_the_first_line_is_named_with_what_it_costs(first: str) -> None:
    def rendered(system: str) -> Rendered:
        prompt = Prompt("x", [blocks.system(system), blocks.user("{{ question }}")])
        return prompt.render(now="2026-11-24", question="Why?")

    above, below = rendered(f"{first}\n{RULES}"), rendered(f"{RULES}\n{first}")
    found = of(above)
    assert found.end is not None
    assert (found.end.inputs, found.end.message, found.end.block) == (("now",), 1, "system")
    assert found.lost == pytest.approx(sum(part.tokens for part in below.count().by("line")[:40]), abs=20)
    (move,) = found.moves
    assert (move.inputs, move.message, move.role) == (("now",), 1, "system")
    assert found.prefix + move.gain == prefix(below)
    assert of(below).moves == ()


def test_a_block_is_named_where_the_whole_of_it_varies() -> None:
    entries = [blocks.instructions("Today is {{ now }}.", name="date"), blocks.system(RULES, name="rules")]
    found = of(Prompt("x", entries).render(now="2026-11-24"))
    (move,) = found.moves
    assert (move.what, move.after, move.inputs) == ("block 'date'", "rules", ("now",))
    assert found.prefix + move.gain == prefix(Prompt("x", entries[::-1]).render(now="2026-11-24"))


def test_a_line_of_a_file_is_named_by_its_place(write: Write) -> None:
    root = write(
        {
            "partials/date.md": "One line.\nToday is {{ now }}.\n",
            "blocks/rules.md": "---\nkind: system\n---\n{% include 'date' %}\n" + RULES,
            "prompts/x.yaml": 'blocks: [{use: rules}, {user: "{{ q }}"}]\n',
        }
    )
    found = of(promptkit.load(root)["x"].render(now="2026-11-24", q="Why?"))
    assert found.end is not None
    assert str(found.end.span) == "partials/date.md:2:1"
    assert found.moves[0].what == "line 2 of partials/date.md"


def test_moves_are_made_one_after_the_other() -> None:
    entries = [
        blocks.system("A {{ a }}", name="a"),
        blocks.system(RULES, name="rules"),
        blocks.system("B {{ b }}", name="b"),
        blocks.system(RULES, name="more"),
        blocks.user("Examples of all that:\n" + RULES, name="examples"),
        blocks.user("{{ q }}", name="question"),
    ]
    values = {"a": "1", "b": "2", "q": "Why?"}
    found = of(Prompt("x", entries).render(values))
    assert [(move.what, move.message, move.after) for move in found.moves] == [
        ("block 'a'", 1, "more"),
        ("block 'b'", 1, "a"),
        ("blocks 'a', 'b'", 2, "question"),
    ]
    steps = [[1, 2, 3, 0, 4, 5], [1, 3, 0, 2, 4, 5]]
    reached = found.prefix
    for order, move in zip(steps, found.moves, strict=False):
        reached += move.gain
        assert prefix(Prompt("x", [entries[place] for place in order]).render(values)) == reached
    at_the_end = [*(entries[place] for place in (1, 3, 4, 5)), *({**entries[place], "to": "user"} for place in (0, 2))]
    assert prefix(Prompt("x", at_the_end).render(values)) == found.reachable


words = st.sampled_from(
    ["Read it.", "Answer in one line; say why, then stop.", "a", "Never guess at a price.", "über 北京 🙂"]
)
lines = st.lists(st.tuples(words, st.booleans()), min_size=1, max_size=12)


def expected(units: Sequence[tuple[str, bool]]) -> list[tuple[str, bool]] | None:
    """The units with the first run of those that vary at their end; None where nothing varies."""
    start = next((place for place, (_, varies) in enumerate(units) if varies), None)
    if start is None:
        return None
    stop = next((place for place in range(start, len(units)) if not units[place][1]), len(units))
    return [*units[:start], *units[stop:], *units[start:stop]]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(units=lines, as_blocks=st.booleans(), join=st.sampled_from(["\n\n", "\n"]), value=words)
def test_any_first_move_gains_what_was_said(
    units: list[tuple[str, bool]],
    as_blocks: bool,  # noqa: FBT001
    join: str,
    value: str,
) -> None:
    def rendered(order: Sequence[tuple[str, bool]]) -> Rendered:
        texts = [f"{text} {{{{ v }}}}" if varies else text for text, varies in order]
        entries = [blocks.system(text) for text in texts] if as_blocks else [blocks.system("\n".join(texts))]
        return Prompt("x", entries, join=join).render({"v": value} if any(varies for _, varies in units) else {})

    before = rendered(units)
    found = of(before)
    order = expected(units)
    if order is None:
        assert (found.end, found.moves) == (None, ())
        return
    assert found.end is not None
    assert found.end.inputs == ("v",)
    gained = prefix(rendered(order)) - found.prefix
    if found.moves:
        assert found.moves[0].gain == gained
    else:
        assert gained < 16 or order == units


def test_an_image_ends_the_prefix() -> None:
    entries = [blocks.system(RULES), blocks.media({"input": "photo"}), blocks.user(RULES)]
    prompt = Prompt("x", entries, inputs={"photo": {"type": "image"}})
    found = of(prompt.render(photo="https://example.com/a.png"))
    assert found.end is not None
    assert (found.end.kind, found.end.inputs, found.end.block, found.end.message) == ("media", ("photo",), "media", 2)
    assert (found.breaking, found.lost > 100) == (0, True)
    (move,) = found.moves
    moved = Prompt("x", [entries[0], entries[2], entries[1]], inputs={"photo": {"type": "image"}})
    assert found.prefix + move.gain == prefix(moved.render(photo="https://example.com/a.png"))


def test_what_a_condition_leaves_out_of_a_call_ends_no_prefix_of_it() -> None:
    entries = [blocks.system("Be kind.", when="vip", name="tone"), blocks.system(RULES, name="rules")]
    prompt = Prompt("x", entries, inputs={"vip": {"type": "boolean"}})
    without, with_it = of(prompt.render(vip=False)), of(prompt.render(vip=True))
    assert (without.end, with_it.end and with_it.end.inputs) == (None, ("vip",))
    assert without.prefix > with_it.prefix == 0


def test_turns_of_a_history_end_the_prefix_and_are_never_moved() -> None:
    prompt = Prompt(
        "x",
        [blocks.system("Be kind."), blocks.history({"input": "turns"}), blocks.user(RULES + "\n{{ q }}")],
        inputs={"turns": {"type": "messages"}},
    )
    found = of(
        prompt.render(q="Why?", turns=[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"}])
    )
    assert found.end is not None
    assert (found.end.kind, found.end.inputs, found.end.block, found.end.message) == ("turn", ("turns",), "history", 2)
    assert found.lost > 300
    assert found.moves == ()


def test_a_tool_call_ends_the_prefix() -> None:
    variant = LIBRARY["orders/desk"]["base"]
    found = of(variant.render(samples(variant)))
    assert found.end is not None
    assert (found.end.kind, found.end.block) == ("call", "examples")


def test_tools_that_come_and_go_leave_nothing_to_cache() -> None:
    tool = {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}
    entries = [blocks.tools([tool], when="on"), blocks.system(RULES)]
    always = Prompt("x", [blocks.tools([tool]), blocks.system(RULES)])
    found = of(Prompt("x", entries).render(on=True))
    assert found.end is not None
    assert (found.prefix, found.end.kind, found.end.inputs, found.end.message) == (0, "tools", ("on",), 0)
    assert [move.what for move in found.moves] == ["the tools"]
    assert found.reachable == prefix(always.render())


def test_examples_that_are_turns_keep_the_last_message_as_it_is() -> None:
    variant = LIBRARY["summarize/meeting"]["few-shot"]
    found = of(variant.render(samples(variant)))
    assert found.lost > 300
    assert found.moves == ()  # in the last message the block would be in every example, and vary there


# What variants share


def heads(prompt: Prompt, **values: Any) -> list[Head]:
    tokenizer = tokenizer_for("gpt-4o")
    return [head(prompt[name].render(values), tokenizer) for name in prompt.variants]


def test_variants_share_the_text_that_they_begin_with() -> None:
    prompt = Prompt(
        "x",
        [blocks.system(RULES, name="rules"), blocks.system("Be brief.", name="tone"), blocks.user("{{ q }}")],
        variants={
            "long": {"replace": {"tone": {"system": "Be thorough."}}},
            "none": {"drop": ["tone"]},
            "other": {"drop": ["rules"]},
        },
    )
    found = shared(heads(prompt, q="Why?"))
    assert [each.variants for each in found] == [("base", "long", "none"), ("base", "long")]
    rules = Prompt("y", [blocks.system(RULES)]).render().count("o200k_base").tokens
    assert [each.messages for each in found] == [0, 0]
    assert found[0].tokens == rules
    assert found[1].tokens > rules


def test_whole_messages_are_shared_with_their_framing() -> None:
    prompt = Prompt(
        "x", [blocks.system(RULES), blocks.user("{{ q }}")], variants={"other": {"params": {"temperature": 1}}}
    )
    (found,) = shared(heads(prompt, q="Why?"))
    assert found == Shared(prefix(prompt.render(q="Why?", model="gpt-4o")), 1, ("base", "other"))


def test_variants_with_other_tools_or_schemas_share_nothing() -> None:
    tool = {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}
    entries = [blocks.system(RULES), blocks.tools([tool], name="tools"), blocks.user("{{ q }}")]
    assert shared(heads(Prompt("x", entries, variants={"bare": {"drop": ["tools"]}}), q="Why?")) == ()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(words, min_size=1, max_size=4), min_size=2, max_size=6))
def test_what_is_shared_is_in_each_prefix_and_all_who_begin_so_are_named(texts: list[list[str]]) -> None:
    tokenizer = tokenizer_for("gpt-4o")
    renders = [Prompt(f"p{n}", [blocks.system(" ".join(text))]).render(model="gpt-4o") for n, text in enumerate(texts)]
    own = [replace(head(rendered, tokenizer), variant=str(n)) for n, rendered in enumerate(renders)]
    contents = [rendered.messages[0].content for rendered in renders]
    for each in shared(own):
        members = [int(name) for name in each.variants]
        assert len(members) > 1
        assert members == sorted(members)
        assert all(each.tokens <= prefix(renders[number]) for number in members)
    for one, text in enumerate(contents):
        same = {str(other) for other, its in enumerate(contents) if its == text}
        if len(same) > 1:
            whole = [each for each in shared(own) if set(each.variants) == same]
            assert [each.tokens for each in whole] == [prefix(renders[one])]
