"""Few-shot selection: which records are taken, in which order, under which limits, and why."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from conftest import promptkit as promptkit_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import promptkit
from benchmarks import selection
from promptkit import Prompt, blocks
from promptkit.blocks.kinds import SELECTS
from promptkit.errors import ComposeError, InputError, LibraryError
from promptkit.read import keys
from promptkit.read.format import schema
from promptkit.render.examples import MISSES
from promptkit.render.select import SELECTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from promptkit.model import Rendered

    Write = Callable[[Mapping[str, str | bytes]], Path]

RECALL = {2: 0.433, 3: 0.707, 4: 0.897, 6: 1.0}
FIXED_0 = [7, 8, 10, 1, 6, 4, 3, 9, 5, 2]
FIXED_7 = [6, 10, 4, 9, 2, 5, 1, 3, 7, 8]
ASK = blocks.user("{{ q }}")
TICKETS = [
    ("I was charged twice this month", "billing"),
    ("My site is down since the update", "technical"),
    ("Please send the invoice of May again", "billing"),
    ("The site loads slowly in the evening", "technical"),
    ("Do you have a plan for schools", "sales"),
]
WORDS = st.lists(
    st.sampled_from(["red", "green", "blue", "one", "two", "three", "four", "été", "日本語", "Ω"]), max_size=8
).map(" ".join)


def records(pairs: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [{"inputs": {"q": q}, "output": output} for q, output in pairs]


def prompt(select: Any, given: Sequence[Mapping[str, Any]] | None = None, **more: Any) -> Prompt:
    data = records(TICKETS) if given is None else list(given)
    return Prompt("x", [blocks.examples({"records": data, "select": select, **more}), ASK])


def numbers(rendered: Rendered) -> list[int]:
    return [int(each.record) for each in rendered.selected]


def whys(rendered: Rendered) -> list[str]:
    return [each.why for each in rendered.selected]


# What is refused.


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("similr", "unknown selector 'similr'; did you mean 'similar'?"),
        ({"by": "rand"}, "unknown selector 'rand'; did you mean 'random'?"),
        ({"by": "random", "sed": 1}, "unknown key of select 'sed'; did you mean 'seed'?"),
        ({"seed": 1}, "select needs by, one of first, random, balanced, similar, diverse"),
        ({"by": "similar", "seed": 1}, "'seed' belongs to random and balanced, not to similar; remove it"),
        ({"by": "first", "order": "file"}, "'order' belongs to similar, not to first; remove it"),
        ({"by": "random", "seed": -1}, "seed must be a whole number, 0 or more, not -1"),
        ({"by": "similar", "on": []}, "on is empty; name inputs, or remove the key"),
        ({"by": "similar", "on": ["q", "q"]}, "on names 'q' twice"),
        ({"by": "similar", "on": ["a b"]}, "'a b' cannot be an input's name; use letters, digits and underscores"),
        ({"by": "similar", "order": "nearest"}, "unknown order 'nearest'; did you mean 'nearest-last'?"),
        (
            {"by": "balanced", "label": "outptu"},
            "label begins with a part of a record, not 'outptu'; did you mean 'output'?",
        ),
        (
            {"by": "balanced", "label": "inputs"},
            "label 'inputs' lacks a name; write it as output.queue or inputs.language",
        ),
        (["similar"], "select must be text, not a list"),
    ],
)
def test_a_selector_that_says_something_wrong_is_refused(select: Any, message: str) -> None:
    with pytest.raises(LibraryError) as caught:
        prompt(select)
    assert [str(problem).partition(": ")[2] for problem in caught.value.problems] == [message]


def test_a_fault_of_select_has_its_place(write: Write) -> None:
    source = "blocks:\n  - examples:\n      select: {by: similar, seed: 1}\n      records: []\n  - user: q\n"
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write({"prompts/x.yaml": source}))
    assert str(caught.value) == (
        "prompts/x.yaml:3:29: 'seed' belongs to random and balanced, not to similar; remove it"
    )


@pytest.mark.parametrize(
    ("select", "problems"),
    [
        (
            "{by: balanced, label: output.queue}",
            [
                "prompts/x.yaml:5:11: select balances by 'output.queue', which the example does not have",
                "prompts/x.yaml:6:11: select balances by 'output.queue', which the example does not have; did you mean 'queu'?",
            ],
        ),
        (
            "{by: similar, on: [tiket]}",
            ["prompts/x.yaml:3:15: select compares the input 'tiket', which no example gives; known: q"],
        ),
    ],
)
def test_what_the_records_lack_for_a_selector_is_told_at_load(write: Write, select: str, problems: list[str]) -> None:
    source = f"""\
blocks:
  - examples:
      select: {select}
      records:
        - {{inputs: {{q: a}}, output: x}}
        - {{inputs: {{q: a}}, output: {{queu: x}}}}
        - {{inputs: {{q: a}}, output: {{queue: x}}}}
  - user: "{{{{ q }}}}"
"""
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write({"prompts/x.yaml": source}))
    assert [str(problem) for problem in caught.value.problems] == problems


def test_every_record_that_a_call_may_choose_is_checked_at_load(write: Write) -> None:
    data = [
        {"inputs": {"q": "a"}, "output": 1},
        {"inputs": {"x": "a"}, "output": 1},
        {"inputs": {"q": None}, "output": 1},
    ]
    source = "inputs: {q: {type: [string, 'null']}}\nblocks:\n  - examples: {from: examples/a.jsonl, take: 1, select: similar}\n  - user: '{{ q }}'\n"
    files = {"prompts/x.yaml": source, "examples/a.jsonl": "\n".join(map(json.dumps, data))}
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write(files))
    assert [str(problem) for problem in caught.value.problems] == [
        "examples/a.jsonl:2:1: an example needs the input 'q', which the last user message uses",
        "prompts/x.yaml:4:12: 'q' is None, and None is not printed; test it first or give it a default",
    ]


def test_the_tables_of_selectors_agree() -> None:
    assert list(SELECTORS) == list(SELECTS)
    assert {key for settings in SELECTS.values() for key in settings} == set(keys.SELECT) - {"by"}


# What is chosen.


def test_similar_takes_the_nearest_and_puts_the_nearest_last() -> None:
    rendered = prompt("similar", take=2).render(q="charged twice, wrong invoice")
    assert [message.content for message in rendered.messages] == [
        "Please send the invoice of May again",
        "billing",
        "I was charged twice this month",
        "billing",
        "charged twice, wrong invoice",
    ]
    assert [(each.block, each.record, each.why.split(": ")[1]) for each in rendered.selected] == [
        ("examples", "3", "'invoice'"),
        ("examples", "1", "'charged', 'twice'"),
    ]
    assert all(each.why.startswith("similar ") for each in rendered.selected)


@pytest.mark.parametrize(("order", "expected"), [("nearest-last", [3, 1]), ("nearest-first", [1, 3]), ("file", [1, 3])])
def test_the_order_of_similar_is_a_choice(order: str, expected: list[int]) -> None:
    made = prompt({"by": "similar", "order": order}, take=2)
    assert numbers(made.render(q="charged twice, wrong invoice")) == expected


@pytest.mark.parametrize("q", ["", "zzz", "!?", "\u0000"])
def test_without_a_common_word_similar_falls_back_to_file_order_and_says_so(q: str) -> None:
    rendered = prompt("similar", take=2).render(q=q)
    assert numbers(rendered) == [1, 2]
    assert whys(rendered) == ["no word in common with q; by file order"] * 2


def test_similar_compares_the_inputs_that_it_is_told_to() -> None:
    data = [
        {"inputs": {"q": "apple", "lang": "de"}, "output": 1},
        {"inputs": {"q": "pear", "lang": "fr"}, "output": 2},
    ]
    made = [
        blocks.examples({"records": data, "select": {"by": "similar", "on": ["lang"]}, "take": 1}),
        blocks.user("{{ q }} {{ lang }}"),
    ]
    assert numbers(Prompt("x", made).render(q="apple", lang="fr")) == [2]


@pytest.mark.parametrize(
    ("texts", "q"),
    [
        (["今日は天気がいい", "請求書が二重に届いた"], "二重に請求されました"),
        (["ราคาเท่าไหร่", "เว็บไซต์ล่ม"], "เว็บไซต์ของฉันล่ม"),
        (["ÉCOLE fermée", "STRASSE gesperrt"], "die Straße"),
        (["cafe\u0301 noir", "the\u0301 vert"], "un th\u00e9"),
        (["१ गाड़ी", "हिन्दी भाषा"], "हिन्दी"),
        (["user_id is null", "order-number is null"], "what is an order number"),
    ],
)
def test_words_are_found_in_any_script(texts: list[str], q: str) -> None:
    rendered = prompt("similar", [*records([(text, "x") for text in texts])], take=1).render(q=q)
    assert rendered.selected[0].record == "2"
    assert rendered.selected[0].why.startswith("similar ")


def test_values_of_any_type_are_compared_by_the_texts_in_them() -> None:
    data = [{"inputs": {"q": {"a": ["red", 7]}}, "output": 1}, {"inputs": {"q": {"a": ["blue", 9]}}, "output": 2}]
    assert numbers(prompt("similar", data, take=1).render(q=[{"z": "blue"}, None, True])) == [2]


def test_a_record_of_messages_is_compared_by_what_the_user_says() -> None:
    data: list[Any] = [
        {"messages": [{"role": "user", "content": "red"}, {"role": "assistant", "content": "blue"}]},
        {"messages": [{"role": "user", "content": "blue"}, {"role": "assistant", "content": "red"}]},
        {"inputs": {"q": "green"}, "output": "x"},
    ]
    assert numbers(prompt("similar", data, take=1).render(q="blue")) == [2]
    assert whys(prompt("balanced", data, take=3).render(q="blue")) != ["balanced: "] * 3


def test_balanced_follows_a_path_into_the_record() -> None:
    data = [{"inputs": {"q": f"{n}"}, "output": {"queue": label, "n": n}} for n, label in enumerate("aaaaab")]
    rendered = prompt({"by": "balanced", "label": "output.queue"}, data, take=2).render(q="x")
    assert sorted(whys(rendered)) == ["balanced: a", "balanced: b"]


def test_diverse_takes_no_two_alike_while_there_are_others() -> None:
    texts = ["the cat sat", "the cat sat here", "the dog ran", "the dog ran off", "a bird sang", "a bird sang on"]
    rendered = prompt("diverse", records([(text, "x") for text in texts]), take=3).render(q="x")
    assert {(number - 1) // 2 for number in numbers(rendered)} == {0, 1, 2}
    assert whys(rendered)[0] == "diverse: the most typical"


def test_the_bytes_of_random_are_fixed() -> None:
    """They were written down on one machine; another one, or another Python, must not differ."""
    data = records([(f"{n}", n) for n in range(10)])
    assert numbers(prompt("random", data).render(q="x")) == FIXED_0
    assert numbers(prompt({"by": "random", "seed": 7}, data).render(q="x")) == FIXED_7


def test_selectors_are_compared_by_a_matrix(write: Write) -> None:
    source = """inputs: {q: {type: string}, how: {type: string, default: first}, seed: {type: integer, default: 0}}
blocks:
  - examples: {from: examples/a.jsonl, take: 2, select: {by: "{{ how }}", seed: "{{ seed }}", on: [q], order: file}}
  - user: "{{ q }}"
matrix:
  how: [first, random, similar, balanced, diverse]
"""
    data = "\n".join(map(json.dumps, records(TICKETS)))
    found = promptkit.load(write({"prompts/x.yaml": source, "examples/a.jsonl": data}))["x"]
    rendered = {name: found.render(q="plan for schools", variant=name) for name in found.variants}
    assert {name: each.selected[0].why.split(" ")[0].strip(",:") for name, each in rendered.items()} == {
        "base": "first",
        **{f"how={name}": name if name != "similar" else "no" for name in SELECTS},
    }
    assert [each.record for each in rendered["how=similar"].selected] == ["1", "5"]
    assert len({each.fingerprint for each in rendered.values()}) == 6
    with pytest.raises(InputError, match="decides a block's parameter"):
        found.render(q="x", how="random")


@pytest.mark.parametrize(
    ("value", "message"), [("rand", "no selector 'rand'; did you mean 'random'?"), (1, "no selector 1; known:")]
)
def test_an_expression_must_name_a_selector(value: Any, message: str) -> None:
    made = [blocks.examples({"records": records(TICKETS), "select": "{{ how }}"}), ASK]
    with pytest.raises(ComposeError) as caught:
        Prompt("x", made, inputs={"how": {"default": value}}).render(q="x")
    assert message in str(caught.value)


def test_the_fingerprint_holds_every_setting_that_counts() -> None:
    ways: list[Any] = [
        "first",
        "random",
        {"by": "random", "seed": 1},
        "balanced",
        {"by": "balanced", "label": "id"},
        "similar",
    ]
    ways += [
        {"by": "similar", "order": "file"},
        {"by": "similar", "on": ["q"]},
        "diverse",
        {"by": "diverse", "on": ["q"]},
    ]
    assert len({prompt(way)["base"].fingerprint for way in ways}) == len(ways)
    assert prompt({"by": "random", "seed": 0})["base"].fingerprint == prompt("random")["base"].fingerprint


# Properties.

LABELS = st.lists(st.sampled_from("aaaaaaaabbbcd"), min_size=1, max_size=40)
TEXT = {"text": "{{ loop.index }} of {{ loop.length }}: {{ item.inputs.q }}"}
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "take": st.integers(0, 12),
        "max_tokens": st.integers(0, 120),
        "item_max_tokens": st.integers(0, 20),
    },
)
FORMS = st.sampled_from([{}, TEXT])
SLOW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(labels=LABELS, take=st.integers(1, 45), seed=st.integers(0, 3))
def test_balanced_is_balanced_for_any_distribution(labels: list[str], take: int, seed: int) -> None:
    data = records([(f"{n}", label) for n, label in enumerate(labels)])
    taken = Counter(whys(prompt({"by": "balanced", "seed": seed}, data, take=take).render(q="x")))
    there = Counter(f"balanced: {label}" for label in labels)
    assert taken.total() == min(take, len(labels))
    unfinished = [taken[label] for label in there if taken[label] < there[label]]
    for label in there:
        assert all(taken[label] <= count + 1 for count in unfinished)


@SLOW
@given(texts=st.lists(WORDS, max_size=15), by=st.sampled_from(sorted(SELECTS)), limits=LIMITS, q=WORDS, form=FORMS)
def test_limits_are_kept_and_everything_left_out_is_named(
    texts: list[str], by: str, limits: dict[str, int], q: str, form: dict[str, str]
) -> None:
    data = records([(text * (number % 4), "ok") for number, text in enumerate(texts)])
    made = prompt(by, data, **limits, **form)
    rendered = made.render(q=q, model="gpt-4o")
    chosen, dropped = {each.record for each in rendered.selected}, {each.what for each in rendered.dropped}
    assert len(chosen) == len(rendered.selected)
    assert not {f"example {number}" for number in chosen} & dropped
    assert len(chosen) <= limits.get("take", len(texts))
    if len(chosen) < limits.get("take", len(texts)):
        assert len(chosen) + len(dropped) == len(texts)
    measured = rendered.count("gpt-4o")
    shown = [each for each in measured.pieces if each.piece.block == "examples"]
    framing = 0 if form else 4 * 2 * len(chosen)
    if "max_tokens" in limits:
        assert sum(each.tokens for each in shown) + framing <= limits["max_tokens"] or not shown
    if form and "item_max_tokens" in limits and len(chosen) == 1:
        assert sum(each.tokens for each in shown) <= limits["item_max_tokens"] + 1
    again = made.render(q=q, model="gpt-4o")
    assert (again.messages, again.selected, again.dropped) == (rendered.messages, rendered.selected, rendered.dropped)


@SLOW
@given(texts=st.lists(WORDS, max_size=20), more=st.lists(WORDS, max_size=10), seed=st.integers(0, 5))
def test_more_records_leave_the_random_order_of_the_others(texts: list[str], more: list[str], seed: int) -> None:
    select = {"by": "random", "seed": seed}
    before = numbers(prompt(select, records([(text, "x") for text in texts])).render(q="x"))
    after = numbers(prompt(select, records([(text, "x") for text in texts + more])).render(q="x"))
    assert [number for number in after if number <= len(texts)] == before


@SLOW
@given(texts=st.lists(WORDS, min_size=1, max_size=20), q=WORDS, by=st.sampled_from(sorted(SELECTS)))
def test_every_selector_gives_every_record_once(texts: list[str], q: str, by: str) -> None:
    data = records([(text, "x") for text in texts])
    assert sorted(numbers(prompt(by, data).render(q=q))) == list(range(1, len(texts) + 1))


@SLOW
@given(texts=st.lists(WORDS, min_size=1, max_size=20), q=WORDS, take=st.integers(1, 20))
def test_the_order_of_similar_is_by_score_and_then_by_place(texts: list[str], q: str, take: int) -> None:
    data = records([(text, "x") for text in texts])
    every = numbers(prompt({"by": "similar", "order": "nearest-first"}, data).render(q=q))
    assert numbers(prompt({"by": "similar", "order": "nearest-first"}, data, take=take).render(q=q)) == every[:take]
    assert sorted(numbers(prompt("similar", data, take=take).render(q=q))) == sorted(every[:take])
    alike = [text for text in texts if sorted(text.split()) == sorted(texts[every[0] - 1].split())]
    first = [number for number in every if texts[number - 1] in alike]
    assert first == sorted(first)


# Limits.


def test_a_record_that_is_too_large_gives_its_place_to_the_next_best() -> None:
    data = records([("red " * 50, "x"), ("red blue", "x"), ("red", "x"), ("green", "x")])
    rendered = prompt("similar", data, take=2, item_max_tokens=20).render(q="red", model="gpt-4o")
    assert sorted(numbers(rendered)) == [2, 3]
    assert [(each.what, each.why) for each in rendered.dropped] == [("example 1", "60 tokens, over item_max_tokens 20")]


def test_the_search_for_what_fits_ends() -> None:
    data = records([("red " * 50, n) for n in range(MISSES + 20)])
    rendered = prompt("similar", data, take=2, max_tokens=20).render(q="red", model="gpt-4o")
    assert len(rendered.dropped) == MISSES + 1
    assert rendered.dropped[-1].why == f"{MISSES} in a row did not fit"


def test_a_large_record_does_not_cost_its_label_the_balance() -> None:
    data = records([("a " * 60, "x"), ("a", "x"), ("b", "y"), ("b " * 60, "y"), ("c", "x"), ("d", "y")])
    rendered = prompt("balanced", data, take=4, item_max_tokens=20).render(q="q", model="gpt-4o")
    assert Counter(whys(rendered)) == {"balanced: x": 2, "balanced: y": 2}


def test_examples_inside_a_text_know_their_own_place() -> None:
    form = "{{ loop.index }}/{{ loop.length }}{% if loop.last %} end{% endif %} {{ item.inputs.q }}"
    rendered = prompt({"by": "similar", "order": "nearest-first"}, None, take=2, text=form).render(q="invoice of May")
    assert rendered.messages[0].content == f"1/2 {TICKETS[2][0]}\n\n2/2 end {TICKETS[0][0]}"


# Provenance.


@pytest.mark.parametrize("text", [None, "{{ item.inputs.q }}"])
def test_examples_that_a_call_chooses_are_not_static(text: str | None) -> None:
    form = {} if text is None else {"text": text}
    for by in SELECTS:
        made = Prompt(
            "x",
            [blocks.role("R"), blocks.examples({"records": records(TICKETS), "select": by, "take": 2, **form}), ASK],
        )
        rendered = made.render(q="charged twice")
        pieces = [piece for message in rendered.messages for piece in message.pieces if piece.block == "examples"]
        assert {piece.conditions for piece in pieces} == {("q",) if by == "similar" else ()}, by
        assert {piece.inputs for piece in pieces} == {()}
        measurement = rendered.count()
        assert (measurement.cacheable_prefix_tokens > 10) == (by != "similar")


def test_a_call_does_not_get_what_another_chose() -> None:
    made = prompt("similar", take=1)
    for (text, _), number in zip(TICKETS, range(1, 6), strict=True):
        assert numbers(made.render(q=text)) == [number]
    assert numbers(made.render(q=TICKETS[0][0])) == [1]


def test_on_is_a_use_of_the_input() -> None:
    made = [
        blocks.examples(
            {"records": [{"inputs": {"q": "a", "t": "b"}, "output": 1}], "select": {"by": "similar", "on": ["t"]}}
        ),
        ASK,
    ]
    with pytest.raises(InputError, match="missing input 't'"):
        Prompt("x", made, inputs={"t": {}}).render(q="a")


# Hostile values.


def test_a_huge_value_is_compared_or_refused_in_bounds() -> None:
    made = prompt("similar", take=1)
    assert len(made.render(q="invoice " * 400_000).messages) == 3
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    with pytest.raises(promptkit.PromptkitError):
        made.render(q=cyclic)


def test_the_likeness_of_empty_records_is_none() -> None:
    for by in SELECTS:
        assert numbers(prompt(by, records([("", 1), ("", 2)]), take=1).render(q=""))


# Recall, on the corpus of `make bench ARGS=selection`.


def test_similar_finds_planted_records_as_often_as_its_peers() -> None:
    """The floors are rank_bm25's recall, on this corpus and by the same words, less two hundredths."""
    found = selection.finding("promptkit", selection.corpus(10_000, 60))
    for shared, floor in RECALL.items():
        assert found.recall[shared] >= floor - 0.02, shared


@pytest.mark.parametrize("peer", ["rank_bm25", "scikit-learn TF-IDF"])
def test_similar_is_no_worse_than_a_peer_that_is_installed(peer: str) -> None:
    made = selection.corpus(3_000, 20)
    try:
        theirs = selection.finding(peer, made)
    except ImportError:
        pytest.skip(f"{peer} is in the group bench-selection")
    ours = selection.finding("promptkit", made)
    assert sum(ours.recall.values()) >= sum(theirs.recall.values()) - 0.05


@pytest.mark.parametrize(
    ("select", "fits"),
    [
        ("similar", True),
        ("{{ how }}", True),
        ({"by": "similar", "on": ["q"], "order": "file", "x-note": 1}, True),
        ({"by": "{{ how }}", "seed": "{{ n }}", "label": "output.queue"}, True),
        ("similr", False),
        ({"by": "similar", "onn": ["q"]}, False),
        ({"by": "similar", "on": []}, False),
    ],
)
def test_the_published_schema_knows_select(select: Any, fits: bool) -> None:  # noqa: FBT001 (a column of the table)
    made = {"blocks": [{"examples": {"from": "examples/a.yaml", "select": select}}, {"user": "{{ q }}"}]}
    assert jsonschema.Draft202012Validator(schema("prompt")).is_valid(made) == fits


def test_render_prints_what_was_selected(write: Write) -> None:
    source = 'blocks:\n  - examples: {from: examples/a.jsonl, take: 1, select: similar}\n  - user: "{{ q }}"\n'
    data = "\n".join(json.dumps({**record, "id": f"t-{n}"}) for n, record in enumerate(records(TICKETS)))
    root = write({"prompts/x.yaml": source, "examples/a.jsonl": data})
    ran = promptkit_command("render", "x", "-i", "q=charged twice", "--explain", cwd=root)
    assert ran.out.splitlines()[-1].startswith("examples/a.jsonl:1:1 [examples]")
    assert "t-0: similar " in ran.out.splitlines()[-1]
    ran = promptkit_command("render", "x", "-i", "q=charged twice", "--format", "json", cwd=root)
    (selected,) = json.loads(ran.out)["selected"]
    assert selected.pop("why").endswith(": 'charged', 'twice'")
    assert selected == {"block": "examples", "record": "t-0", "path": "examples/a.jsonl", "line": 1, "column": 1}
