"""Ranges: no accepted call leaves them, known values make them exact, and what has no bound is named."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import range_cases
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import promptkit
from promptkit import Prompt, blocks
from promptkit.errors import ComposeError, PromptkitError
from promptkit.ranges import SEAM, token_range
from promptkit.ranges.shapes import NUMERALS, Shapes
from promptkit.render.call import samples
from promptkit.render.program import program
from promptkit.template.extents import Alt, Lit, Repeat, Value
from promptkit.tokens import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from promptkit.model import Variant
    from promptkit.ranges import TokenRange
    from promptkit.template.extents import Extent

BOTH = ("o200k_base", "cl100k_base")
MADE_MORE = "; apply it before the call, or list the values under enum"
TEXT = {"type": "string", "max_tokens": 20}


def tokens(variant: Variant, model: str | None = None, **values: Any) -> int:
    """Tokens that a range holds: all but those of images."""
    counted = variant.render(values, model=model).count(model)
    return counted.tokens - counted.media_tokens


def user(template: str, **inputs: Mapping[str, Any]) -> Variant:
    return Prompt("p", [blocks.user(template)], inputs=inputs)["base"]


def lacks(found: TokenRange) -> list[str]:
    return [f"{reason.name}: {reason.why}" for reason in found.reasons]


# -- No bound where there is none


@pytest.mark.parametrize(
    ("template", "inputs", "reasons"),
    [
        pytest.param("{{ x }}", {}, ["x: declare its type, and max_tokens"], id="not declared"),
        pytest.param("{{ x }}", {"x": {"type": "string"}}, ["x: declare max_tokens"], id="text without a limit"),
        pytest.param(
            "{{ x }}", {"x": {"type": "integer"}}, ["x: declare max_tokens"], id="a whole number has any size"
        ),
        pytest.param("{{ x }}", {"x": {"type": "number"}}, ["x: declare max_tokens"], id="number"),
        pytest.param(
            "{{ x }}", {"x": {"max_tokens": 9}}, ["x: declare its type, and max_tokens"], id="any type prints otherwise"
        ),
        pytest.param(
            "{{ x }}",
            {"x": {"type": "array", "items": {"type": "boolean"}, "max_items": 2}},
            ["x: a list as text; print its items"],
            id="a list as text",
        ),
        pytest.param(
            "{% for y in x %}{{ y }}{% endfor %}",
            {"x": {"type": "array", "items": {"type": "string"}, "max_items": 2}},
            ["x: give its texts maxLength, or declare max_tokens"],
            id="items without a length",
        ),
        pytest.param(
            "{% for y in x %}-{% endfor %}",
            {"x": {"type": "array"}},
            ["x: declare max_items"],
            id="any number of items",
        ),
        pytest.param(
            "{{ x|upper }}",
            {"x": TEXT},
            ["x: the filter upper can make more of it" + MADE_MORE],
            id="a filter that makes more",
        ),
        pytest.param(
            "{{ x|replace('a', y) }}",
            {"x": TEXT, "y": TEXT},
            [
                "x: the filter replace can make more of it" + MADE_MORE,
                "y: the filter replace can make more of it" + MADE_MORE,
            ],
            id="by the filter's argument too",
        ),
        pytest.param("{{ x * 9 }}", {"x": TEXT}, ["x: a sum that cannot be bounded"], id="repetition"),
        pytest.param("{{ x.upper() }}", {"x": TEXT}, ["x: a call of 'upper'"], id="method"),
        pytest.param(
            "{% set n = namespace(a=x) %}{{ n.a }}",
            {"x": TEXT},
            ["x: a call of 'namespace'"],
            id="namespace",
        ),
        pytest.param("{{ lipsum() }}", {}, ["None: a call of 'lipsum'"], id="no input to blame"),
        pytest.param(
            "{{ ['a', 'bb']|random }}", {}, ["None: the filter random can make more of it" + MADE_MORE], id="chance"
        ),
    ],
)
def test_what_has_no_bound_is_named(template: str, inputs: dict[str, Any], reasons: list[str]) -> None:
    found = token_range(user(f"Say {template}.", **inputs))
    assert found.most is None
    assert found.slack == 0
    assert lacks(found) == reasons
    assert found.unbounded == tuple(dict.fromkeys(reason.name for reason in found.reasons if reason.name))


def test_a_history_without_a_limit_is_unbounded() -> None:
    inputs = {"turns": {"type": "messages", "default": []}}
    prompt = Prompt("p", [blocks.system("Hi"), blocks.history({"input": "turns"})], inputs=inputs)
    found = token_range(prompt["base"])
    assert lacks(found) == ["turns: messages of any length; give the block max_tokens"]
    assert found.least == tokens(prompt["base"])


def test_a_prompt_that_no_call_can_render_has_no_range() -> None:
    record = {"inputs": {"x": "a"}, "output": "b"}
    prompt = Prompt("p", [blocks.examples([record]), blocks.system("{{ x }}")], inputs={"x": TEXT})
    with pytest.raises(ComposeError, match="repeats the prompt's last user message, and there is none"):
        token_range(prompt["base"])


def test_an_unbounded_input_that_is_set_or_not_used_leaves_the_variant_bounded() -> None:
    prompt = Prompt(
        "p",
        [blocks.user("{% if loud %}{{ x }}{% else %}quiet{% endif %}")],
        inputs={"x": {"type": "string", "default": ""}, "loud": {"type": "boolean"}},
        variants={"quiet": {"set": {"loud": False}}, "word": {"set": {"x": "word"}}},
    )
    assert token_range(prompt["base"]).unbounded == ("x",)
    quiet, word = token_range(prompt["quiet"]), token_range(prompt["word"])
    assert (quiet.most, quiet.slack) == (tokens(prompt["quiet"]), 0)
    assert (word.most, word.slack) == (max(tokens(prompt["word"], loud=loud) for loud in (True, False)), 0)


# -- Exact where every value is known


@pytest.mark.parametrize(
    "template",
    [
        "plain text",
        "a {{ c }} b",
        "{{ c }}{{ c }}",
        "{{ c|upper }} {{ c|length }}",
        "{% if b %}yes, a good deal longer{% elif c == 'red' %}red{% else %}no{% endif %}",
        "{% if b and c == 'red' %}both{% endif %}{% if not b %}neither of them{% endif %}",
        "{{ 'on' if b else 'switched off' }}{% set y = c ~ '!' %} {{ y }}",
        "{% macro m(a, z='q') %}<{{ a }} {{ z }}>{% endmacro %}{{ m(c) }}{{ m(b, z=c) }}",
        "{% for x in ['a', c, 'ccc'] %}{{ loop.index }}/{{ loop.length }} {{ x }}{{ ',' if not loop.last }}{% endfor %}",
        "{% for k, v in {'a': 1, 'b': 'two'}.items() %}{{ k }}={{ v }};{% endfor %}{{ n + 1 }}",
        "{% for i in range(n) %}{{ i }} {% else %}none{% endfor %}",
        "{{ c|default('x') }}{{ n|string }}{% with d = c %}{{ d|title }}{% endwith %}",
        "{% filter upper %}it is {{ c }}{% endfilter %}{% set t %}{{ c }}s{% endset %}{{ t|trim }}",
    ],
)
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4", "cl100k_base"])
def test_inputs_of_few_values_are_exact(template: str, model: str) -> None:
    inputs: dict[str, dict[str, Any]] = {
        "b": {"type": "boolean"},
        "c": {"type": "string", "enum": ["red", "dark blue", "用户1"]},
        "n": {"type": "integer", "enum": [0, 12], "default": 12},
    }
    variant = user(template, **inputs)
    used = program(variant).accepted
    counts = [
        tokens(variant, model, b=b, c=c, **({} if n is None else {"n": n}))
        for b in (True, False)
        for c in inputs["c"]["enum"]
        for n in (0, 12, None)
    ]
    found = token_range(variant, model)
    assert (found.least, found.most, found.slack) == (min(counts), max(counts), 0), used


def test_a_block_under_a_condition_counts_with_what_decides_it() -> None:
    prompt = Prompt(
        "p",
        [
            blocks.system("You sort mail."),
            blocks.instructions("Look for spam, and say why.", when="strict"),
            blocks.instructions("Be kind.", when="not strict", join="\n"),
            blocks.user("{{ name }}", when="name"),
        ],
        inputs={"strict": {"type": "boolean"}, "name": {"type": "string", "max_tokens": 5, "default": ""}},
    )
    variant = prompt["base"]
    found = token_range(variant)
    assert found.least == tokens(variant, strict=False)
    message = tokens(variant, strict=True, name="x") - tokens(variant, strict=True) - 1
    assert found.most == tokens(variant, strict=True) + message + 5
    assert found.slack == 0, "a value that is a message has no seam"


def test_a_message_whose_blocks_are_empty_is_left_out_with_its_framing() -> None:
    variant = user("{{ x }}", x=TEXT)
    found = token_range(variant, "gpt-4o")
    assert (found.least, found.most) == (0, 20 + 3 + count("user", "o200k_base") + 3)


def test_static_examples_tools_and_media_are_in_the_range() -> None:
    records = [{"inputs": {"x": "a"}, "output": "first"}, {"inputs": {"x": "b"}, "output": "second one"}]
    prompt = Prompt(
        "p",
        [
            blocks.tools(
                [{"name": "look", "description": "Looks.", "parameters": {"type": "object", "properties": {}}}]
            ),
            blocks.examples(records),
            blocks.user("Sort {{ x }}"),
            blocks.media({"input": "photo"}),
        ],
        inputs={"x": {"type": "string", "enum": ["a", "b"]}, "photo": {"type": "image", "default": None}},
    )
    with pytest.raises(ComposeError, match="an example cannot hold"):
        token_range(prompt["base"])
    other = Prompt("p", [blocks.system("Hi"), blocks.media({"input": "photo"})], inputs={"photo": {"type": "image"}})
    found = token_range(other["base"])
    assert found.uncounted == ("image",)
    assert found.most == tokens(other["base"], photo="https://example.com/a.png")


@pytest.mark.parametrize("by", ["first", "random", "similar", "diverse"])
def test_examples_of_any_choice_stay_in_the_range(by: str) -> None:
    records = [
        {"inputs": {"x": word * 3}, "output": f"{word} " * size} for size, word in enumerate(("a", "bb", "用户"), 1)
    ]
    prompt = Prompt(
        "p",
        [blocks.examples({"records": records, "select": by, "take": 2}), blocks.user("Sort {{ x }}")],
        inputs={"x": TEXT},
    )
    variant = prompt["base"]
    found = token_range(variant)
    seen = [tokens(variant, x=x) for x in ("aaa", "bbbbbb", "用户用户用户", "", "a bb")]
    assert found.most is not None
    assert found.least <= min(seen)
    assert max(seen) <= found.most


# -- Within declared limits


@pytest.mark.parametrize(
    ("template", "x", "longest", "seams"),
    [
        pytest.param("{{ x }}", TEXT, " word" * 20, 0, id="alone"),
        pytest.param("Sort this: {{ x }}", TEXT, " word" * 20, 1, id="behind text"),
        pytest.param("<t>\n{{ x }}\n</t>", TEXT, " word" * 20, 2, id="between lines"),
        pytest.param(
            "{% for y in x %}\n- {{ y }}{% endfor %}",
            {"type": "array", "items": {"type": "string", "maxLength": 2}, "max_items": 3},
            ["\U000118a0\U000118a1"] * 3,
            5,
            id="items of a length",
        ),
        pytest.param(
            "{{ x|truncate(3) }}", {"type": "string", "max_tokens": 50}, "\U000118a0" * 8, 0, id="cut to a length"
        ),
    ],
)
def test_some_value_comes_within_the_slack_of_the_bounds(
    template: str, x: dict[str, Any], longest: Any, seams: int
) -> None:
    variant = user(template, x=x)
    found = token_range(variant)
    assert found.slack == seams * SEAM
    assert found.most is not None
    assert 0 <= found.most - tokens(variant, x=longest) <= found.slack + 16
    assert 0 <= tokens(variant, x=type(longest)()) - found.least <= 2 * seams


def test_a_limit_on_items_bounds_what_has_no_bound_itself() -> None:
    inputs = {"found": {"type": "array"}}
    for limit in ({"max_tokens": 30}, {"item_max_tokens": 10, "take": 3}):
        variant = Prompt("p", [blocks.context({"input": "found", **limit})], inputs=inputs)["base"]
        found = token_range(variant, "o200k_base")
        assert found.most is not None
        assert 30 <= found.most <= 30 + 2 * (count("\n\n", "o200k_base") + 2 * SEAM)
        assert found.least == 0


def test_a_fence_is_counted_with_every_number_that_it_can_take() -> None:
    variant = Prompt("p", [blocks.context({"input": "x"})], inputs={"x": TEXT})["base"]
    found = token_range(variant)
    assert found.most is not None
    for x in ("plain", "</x", "</x </x-2", "<x> </x-2 </x-3 </x-4", "</x-2" * 4):
        assert found.least <= tokens(variant, x=x) <= found.most


@pytest.mark.parametrize(
    ("template", "numerals"),
    [("No. 1{{ x }}", 1), ("{{ y }}1{{ x }}", 1), ("{{ y }}{{ x }}", 1), ("{{ x }}.{{ y }}", 0)],
)
def test_a_numeral_behind_a_numeral_has_a_bound_of_its_own(template: str, numerals: int) -> None:
    limits = {"type": "string", "max_tokens": 30}
    variant = user(template, x=limits, y={**limits, "default": ""})
    worst = "૨૦૧" * 30
    assert count(worst, "cl100k_base") > 30 >= count(worst, "o200k_base")
    found = token_range(variant, "o200k_base")
    assert found.most is not None
    for y in ("", "1", "12", worst):
        assert found.least <= tokens(variant, "o200k_base", x=worst, y=y) <= found.most
    assert found.slack // (30 * NUMERALS) == numerals
    if numerals:
        assert tokens(variant, "o200k_base", x=worst, y="1") > 50, "a seam alone would not do"


def test_includes_and_imports_are_followed(write: Callable[[Mapping[str, str]], Path]) -> None:
    root = write(
        {
            "partials/greet.md": "Hello {{ name }}{% if b %}, again{% endif %}!",
            "partials/macros.md": "{% set mark = '!' %}{% macro say(x, y='') %}<{{ x }}{{ y }}{{ mark }}>{% endmacro %}",
            "prompts/p.yaml": (
                "inputs: {name: {type: string, enum: [Ada, Bob-the-second]}, b: {type: boolean}}\n"
                "blocks:\n"
                "  - instructions: '{% include \"greet\" %}'\n"
                '  - user: \'{% from "macros" import say %}{{ say(name, y=b) }}{% import "macros" as m %}{{ m.say(1) }}\'\n'
            ),
        }
    )
    variant = promptkit.load(str(root))["p"]["base"]
    counts = [tokens(variant, name=name, b=b) for name in ("Ada", "Bob-the-second") for b in (True, False)]
    found = token_range(variant)
    assert (found.least, found.most, found.slack) == (min(counts), max(counts), 0)


# -- The library of the README


@pytest.fixture(scope="module")
def library() -> promptkit.Library:
    return promptkit.load("templates")


def test_every_variant_of_the_library_has_its_samples_in_its_range(library: promptkit.Library) -> None:
    found = 0
    for prompt in library.values():
        for name in prompt.variants:
            reach = token_range(prompt[name])
            seen = tokens(prompt[name], **samples(prompt[name]))
            assert reach.least <= seen, (prompt.name, name)
            assert reach.most is None or seen <= reach.most, (prompt.name, name)
            found += 1
    assert found == sum(len(prompt.variants) for prompt in library.values()) > 50


def test_the_bounded_variants_of_the_library_are_reached_within_their_slack(library: promptkit.Library) -> None:
    variant = library["support/triage"]["base"]
    found = token_range(variant)
    assert found.least == tokens(variant, ticket="")
    assert found.most is not None
    assert found.most - found.slack - 8 <= tokens(variant, ticket=" word" * 800) <= found.most
    assert (found.unbounded, found.uncounted) == ((), ("response schema",))


def test_random_values_keep_every_variant_of_the_library_in_its_range(library: promptkit.Library) -> None:
    draw = Random(1)
    for prompt in library.values():
        for name in prompt.variants:
            found = token_range(prompt[name])
            for _ in range(3):
                seen = library_tokens(prompt[name], draw)
                assert seen is None or found.least <= seen, (prompt.name, name)
                assert seen is None or found.most is None or seen <= found.most, (prompt.name, name)


def library_tokens(variant: Variant, draw: Random) -> int | None:
    """The tokens of a variant of the library for random values, None where the call is refused."""
    plan = program(variant)
    values = {}
    for name, declared in plan.accepted.items():
        if name not in plan.pinned and (name in plan.required or draw.random() < 0.7):
            values[name] = range_cases.declared_value(draw, declared, "o200k_base")
    try:
        return tokens(variant, **values)
    except PromptkitError:
        return None


# -- The properties


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40))
def test_no_call_that_is_accepted_leaves_the_range(seed: int) -> None:
    draw = Random(seed)
    try:
        prompt = range_cases.prompt(draw)
        variant = prompt["base"]
        model = draw.choice(range_cases.MODELS)
        found = token_range(variant, model)
    except PromptkitError:
        assume(False)  # blocks that do not go together, drawn now and then
    names = [name for name in program(variant).accepted if name in range_cases.INPUTS]
    for _ in range(8):
        values = range_cases.values(draw, names, range_cases.ENCODINGS.get(model, model))
        try:
            seen = variant.render(values, model=model).count(model).tokens
        except PromptkitError:
            continue
        assert found.least <= seen
        assert found.most is None or seen <= found.most


@pytest.mark.parametrize("name", BOTH)
@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**40))
def test_a_value_next_to_text_costs_no_more_than_a_seam(name: str, seed: int) -> None:
    draw = Random(seed)
    value = range_cases.text(draw, draw.choice((1, 3, 30)), name)
    side = draw.choice([*range_cases.LITERALS, *range_cases.vocabulary(name)])
    apart = count(value, name) + count(side, name)  # type: ignore[arg-type]
    assert count(value + side, name) <= apart + SEAM  # type: ignore[arg-type]
    if not side[-1].isnumeric():
        assert count(side + value, name) <= apart + SEAM  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BOTH)
@settings(max_examples=500, deadline=None)
@given(
    before=st.text("aZ 0'/\n.٣é²\t-", max_size=6),
    text=st.text("aZ 09'/\n.,<>[_`~{|é\t-", max_size=8),
    after=st.text(max_size=5),
)
@example(before="", text="  1", after="a")
@example(before="'", text="s(", after="'re")
def test_a_sure_cut_is_exact_whatever_stands_around_it(name: str, before: str, text: str, after: str) -> None:
    shapes = Shapes(name)  # type: ignore[arg-type]
    whole = count(before + text + after, name)  # type: ignore[arg-type]
    for place in range(1, len(text)):
        if shapes._sure(text, place):
            parts = count(before + text[:place], name) + count(text[place:] + after, name)  # type: ignore[arg-type]
            assert whole == parts, text[:place]


@pytest.mark.parametrize("name", BOTH)
def test_every_group_of_up_to_three_digits_is_one_token(name: str) -> None:
    groups = [f"{number:0{size}}" for size in (1, 2, 3) for number in range(10**size)]
    assert {count(group, name) for group in groups} == {1}  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.one_of(st.sampled_from(range_cases.LITERALS).map(Lit), st.integers(0, 4).map(Value)),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: Alt(tuple(parts))),
            st.builds(Repeat, inner, st.just(0), st.integers(0, 5), st.sampled_from(["", ", ", "\n"])),
        ),
        max_leaves=6,
    ),
    st.integers(0, 2**40),
)
def test_every_text_of_an_extent_is_within_its_bounds(extent: Any, seed: int) -> None:
    draw = Random(seed)
    shapes = Shapes("o200k_base")
    bounds = [shapes.bounds(shape) for shape in shapes.of(extent)]
    least = min(each.least for each in bounds)
    most = max(math.inf if each.most is None else each.most for each in bounds)
    for _ in range(5):
        assert least <= count(one_text(extent, draw), "o200k_base") <= most


def one_text(extent: Extent, draw: Random) -> str:
    """A text of an extent."""
    if isinstance(extent, Lit):
        return extent.text
    if isinstance(extent, Value):
        return range_cases.text(draw, extent.tokens or 0, "o200k_base")
    if isinstance(extent, Alt):
        return one_text(draw.choice(extent.options), draw)
    assert isinstance(extent, Repeat)
    times = draw.randint(0, extent.most or 0)
    return extent.separator.join(one_text(extent.body, draw) for _ in range(times))
