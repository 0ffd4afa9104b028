"""The shapes that real prompt repositories need, byte for byte against texts written by hand."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

import promptkit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]


def shown(rendered: promptkit.Rendered) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in rendered.messages]


# -- What must be refused


def test_two_overlays_of_one_cell_that_replace_the_same_block_are_refused_by_name(write: Write) -> None:
    root = write(
        {
            "prompts/x.yaml": """\
blocks: [{role: You help.}]
matrix:
  family:
    claude: {replace: {role: {role: You are Claude.}}}
  tone:
    warm: {replace: {role: {role: You are warm.}}}
"""
        }
    )
    with pytest.raises(promptkit.LibraryError) as raised:
        promptkit.load(root)
    assert str(raised.value) == (
        "prompts/x.yaml:6:28: 'claude' and 'warm' both replace the block 'role'; let one of them do it"
    )


def test_two_overlays_of_one_cell_that_set_the_same_input_are_refused_by_name(write: Write) -> None:
    root = write(
        {
            "prompts/x.yaml": """\
blocks: [{role: "Answer in {{ n }} words."}]
matrix:
  size: {small: {set: {n: 5}}}
  tone: {terse: {set: {n: 3}}}
"""
        }
    )
    with pytest.raises(promptkit.LibraryError) as raised:
        promptkit.load(root)
    assert str(raised.value) == (
        "prompts/x.yaml:4:24: 'small' and 'terse' both set the input 'n'; let one of them do it"
    )


@pytest.mark.parametrize(
    ("overlays", "said"),
    [
        pytest.param(
            "variants:\n  v: {drop: [rules], replace: {rules: {user: New}}}",
            "5:39: 'v' drops the block 'rules', and replaces it too; leave one of the two out",
            id="one overlay",
        ),
        pytest.param(
            "matrix:\n  a: {off: {drop: [rules]}}\n  b: {new: {replace: {rules: {user: New}}}}",
            "6:30: 'off' drops the block 'rules', and 'new' replaces it; leave one of the two out",
            id="two of a cell",
        ),
        pytest.param(
            "matrix:\n  a: {new: {replace: {rules: {user: New}}}}\n  b: {off: {drop: [rules]}}",
            "5:30: 'off' drops the block 'rules', and 'new' replaces it; leave one of the two out",
            id="the other way round",
        ),
        pytest.param(
            "matrix:\n  a: {off: {drop: [all]}}\n  b: {new: {replace: {rules: {user: New}}}}",
            "6:30: 'off' drops the block 'all', in which 'rules' stands, and 'new' replaces 'rules'; "
            "leave one of the two out",
            id="the group around it",
        ),
        pytest.param(
            "variants:\n  v: {replace: {all: {user: Other}, rules: {user: New}}}",
            "5:44: 'v' replaces the block 'all', in which 'rules' stands, and replaces 'rules' too; "
            "leave one of the two out",
            id="the group around it is replaced",
        ),
        pytest.param(
            "matrix:\n  a: {off: {drop: [all]}}\n  b: {new: {add: [{user: New, name: more, after: rules}]}}",
            "6:43: 'off' drops the block 'all', in which 'rules' stands, and 'new' adds 'more' after it; "
            "leave one of the two out, or choose another place",
            id="an addition beside a block of the group",
        ),
        pytest.param(
            "variants:\n  v: {drop: [all, rules], add: [{user: New, before: rules}]}",
            "5:45: 'v' drops the block 'all', in which 'rules' stands, and adds 'user' before it; "
            "leave one of the two out, or choose another place",
            id="an addition of the same overlay",
        ),
        pytest.param(
            "variants:\n  v: {replace: {all: {user: Other}}, add: [{user: New, name: more, after: rules}]}",
            "5:68: 'v' replaces the block 'all', in which 'rules' stands, and adds 'more' after it; "
            "leave one of the two out, or choose another place",
            id="an addition beside a block of a group that is replaced",
        ),
    ],
)
def test_an_edit_that_another_undoes_is_refused(write: Write, overlays: str, said: str) -> None:
    blocks = "blocks:\n  - blocks: [{user: Old, name: rules}]\n    name: all\n"
    with pytest.raises(promptkit.LibraryError) as raised:
        promptkit.load(write({"prompts/x.yaml": f"{blocks}{overlays}\n"}))
    assert str(raised.value) == f"prompts/x.yaml:{said}"


@pytest.mark.parametrize(
    "overlay",
    [
        pytest.param("{drop: [all], add: [{user: New, after: all}]}", id="beside the group that is dropped"),
        pytest.param("{drop: [all], add: [{user: New, before: last}]}", id="beside another block"),
        pytest.param(
            "{replace: {all: {blocks: [{user: '', name: rules}]}}, add: [{user: New, after: rules}]}",
            id="beside a block of that name in the group's replacement",
        ),
    ],
)
def test_an_addition_that_stands_is_no_contradiction(write: Write, overlay: str) -> None:
    blocks = "blocks:\n  - blocks: [{user: Old, name: rules}]\n    name: all\n  - {assistant: End, name: last}\n"
    rendered = promptkit.load(write({"prompts/x.yaml": f"{blocks}variants:\n  v: {overlay}\n"}))["x"]["v"].render()
    assert shown(rendered) == [("user", "New"), ("assistant", "End")]


def test_two_overlays_of_one_cell_may_drop_the_same_block(write: Write) -> None:
    file = "blocks: [{system: A}, {user: B}]\nmatrix:\n  a: {x: {drop: [system]}}\n  b: {y: {drop: [system]}}\n"
    rendered = promptkit.load(write({"prompts/x.yaml": file}))["x"].render(variant="a=x,b=y")
    assert shown(rendered) == [("user", "B")]


def test_an_input_that_is_set_cannot_be_passed(write: Write) -> None:
    root = write({"prompts/x.yaml": 'blocks: [{user: "{{ n }}"}]\nvariants: {one: {set: {n: 1}}}\n'})
    with pytest.raises(promptkit.InputError, match=r"^x: input 'n' is set by the variant 'one'; leave it out$"):
        promptkit.load(root)["x"].render(variant="one", n=1)


# -- The shapes of real repositories


def test_sections_inside_an_xml_wrapper_whose_parts_vary(write: Write) -> None:
    library = promptkit.load(
        write(
            {
                "blocks/rules/brevity.md": "Be brief.\n",
                "blocks/rules/tools.md": "Use {{ tool }}.\n",
                "prompts/agent.yaml": """\
blocks:
  - role: You are an agent.
  - instructions: "<rules>\\n{{ blocks }}\\n</rules>"
    name: rules
    join: "\\n"
    blocks:
      - {text: "First, do no harm.", name: harm}
      - use: rules/brevity
      - {use: rules/tools, with: {tool: grep}}
  - user: "{{ task }}"
variants:
  free: {drop: [brevity]}
  strict: {add: [{text: Never guess., name: guess, after: harm}, {text: Cite., name: cite, after: harm}]}
  other: {replace: {tools: {use: rules/tools, with: {tool: "{{ task }}"}}}}
""",
            }
        )
    )
    system = "You are an agent.\n<rules>\nFirst, do no harm.\nBe brief.\nUse grep.\n</rules>"
    prompt = library["agent"]
    expected = {
        "base": system,
        "free": system.replace("Be brief.\n", ""),
        "strict": system.replace("harm.\n", "harm.\nNever guess.\nCite.\n"),
        "other": system.replace("grep", "fly"),
    }
    found = {name: shown(prompt.render(variant=name, task="fly")) for name in prompt.variants}
    assert found == {name: [("system", text), ("user", "fly")] for name, text in expected.items()}


def test_parts_joined_by_a_rule_of_equals_signs(write: Write) -> None:
    root = write({"prompts/x.yaml": 'join: "\\n\\n====\\n\\n"\nblocks: [{role: A}, {text: B}, {instructions: C}]\n'})
    assert shown(promptkit.load(root)["x"].render()) == [("system", "A\n\n====\n\nB\n\n====\n\nC")]


def test_a_sentence_inside_a_paragraph_differs_by_a_set_value(write: Write) -> None:
    root = write(
        {
            "blocks/para.md": 'You answer.{% if style == "terse" %} Use one line.{% else %} Take your time.{% endif %}'
            " Then stop.\n",
            "prompts/x.yaml": """\
inputs: {style: {type: string, default: long}}
blocks: [{use: para}]
variants: {terse: {set: {style: terse}}}
""",
        }
    )
    prompt = promptkit.load(root)["x"]
    assert shown(prompt.render()) == [("system", "You answer. Take your time. Then stop.")]
    terse = prompt.render(variant="terse")
    assert shown(terse) == [("system", "You answer. Use one line. Then stop.")]
    assert all(piece.static for piece in terse.messages[0].pieces)


def test_eight_flags_make_256_variants_all_distinct_and_each_right(write: Write) -> None:
    flags = [f"f{number}" for number in range(8)]
    lines = [f"  - {{text: 'Rule {flag}.', name: r{flag}, when: {flag}}}" for flag in flags]
    axes = [f"  {flag}: [false, true]" for flag in flags]
    source = "\n".join(["join: ' '", "blocks:", "  - role: Start.", *lines, "matrix:", *axes])
    prompt = promptkit.load(write({"prompts/x.yaml": source}))["x"]
    names = [
        ",".join(f"{flag}={str(on).lower()}" for flag, on in zip(flags, cell, strict=True))
        for cell in product([False, True], repeat=8)
    ]
    assert prompt.variants == ("base", *names)
    texts = {}
    for name, cell in zip(names, product([False, True], repeat=8), strict=True):
        rules = [f"Rule {flag}." for flag, on in zip(flags, cell, strict=True) if on]
        rendered = prompt[name].render()
        assert shown(rendered) == [("system", " ".join(["Start.", *rules]))]
        texts[rendered.messages[0].content] = rendered.fingerprint
    assert len(texts) == len(set(texts.values())) == 256


def test_a_prompt_extends_another_and_changes_two_lines(write: Write) -> None:
    root = write(
        {
            "prompts/support/base.yaml": """\
inputs: {ticket: {type: string}}
blocks:
  - {role: You are an agent., name: who}
  - {text: Be kind., name: tone}
  - {text: Be quick., name: pace}
  - user: "{{ ticket }}"
variants: {loud: {add: [{text: SHOUT., name: shout, after: tone}]}}
""",
            "prompts/support/vip.yaml": """\
extends: support/base
replace: {tone: {text: Be very kind.}}
drop: [pace]
""",
            "prompts/support/top.yaml": "extends: support/vip\nreplace: {who: {role: You are the chief.}}\n",
        }
    )
    library = promptkit.load(root)
    found = {
        (name, variant): shown(library[name].render(variant=variant, ticket="t"))[0][1]
        for name in library
        for variant in library[name].variants
    }
    assert found == {
        ("support/base", "base"): "You are an agent.\n\nBe kind.\n\nBe quick.",
        ("support/base", "loud"): "You are an agent.\n\nBe kind.\n\nSHOUT.\n\nBe quick.",
        ("support/vip", "base"): "You are an agent.\n\nBe very kind.",
        ("support/vip", "loud"): "You are an agent.\n\nBe very kind.\n\nSHOUT.",
        ("support/top", "base"): "You are the chief.\n\nBe very kind.",
        ("support/top", "loud"): "You are the chief.\n\nBe very kind.\n\nSHOUT.",
    }


def test_few_shot_text_with_a_delimiter_and_reasoning_before_the_answer(write: Write) -> None:
    root = write(
        {
            "examples/sums.yaml": """\
- {inputs: {q: 1 + 1}, reasoning: One and one., output: {sum: 2}}
- {inputs: {q: 2 + 2}, reasoning: Two and two., output: {sum: 4}}
""",
            "prompts/x.yaml": """\
blocks:
  - examples:
      from: examples/sums.yaml
      text: |
        Q{{ loop.index }}: {{ item.inputs.q }}
        {{ item.reasoning }}
        #### {{ item.output }}
    join: "\\n---\\n"
  - user: "{{ q }}"
""",
        }
    )
    assert shown(promptkit.load(root)["x"].render(q="3 + 3")) == [
        ("system", 'Q1: 1 + 1\nOne and one.\n#### {"sum":2}\n---\nQ2: 2 + 2\nTwo and two.\n#### {"sum":4}'),
        ("user", "3 + 3"),
    ]


def test_example_turns_with_reasoning_before_a_delimited_answer(write: Write) -> None:
    root = write(
        {
            "prompts/x.yaml": """\
blocks:
  - examples:
      records:
        - {inputs: {q: a}, reasoning: Because., output: [1, "é"]}
        - {inputs: {q: b}, output: plain, reasoning: Since.}
        - messages:
            - {role: user, content: as it stands}
            - {role: assistant, content: "{{ not a template }}"}
      answer: "{{ reasoning }}\\n####\\n{{ output }}"
  - user: "Question: {{ q }}"
    name: ask
  - user: Answer now.
"""
        }
    )
    assert shown(promptkit.load(root)["x"].render(q="c")) == [
        ("user", "Question: a\n\nAnswer now."),
        ("assistant", 'Because.\n####\n[1,"é"]'),
        ("user", "Question: b\n\nAnswer now."),
        ("assistant", "Since.\n####\nplain"),
        ("user", "as it stands"),
        ("assistant", "{{ not a template }}"),
        ("user", "Question: c\n\nAnswer now."),
    ]


def test_a_family_axis_crossed_with_a_tools_axis(write: Write) -> None:
    families, tools = ["gpt", "claude", "gemini", "llama"], ["none", "grep", "edit", "shell", "web", "all"]
    source = ["blocks:", "  - {role: You are an agent., name: who}", "  - {text: No tools., name: tools}", "matrix:"]
    source += ["  family:", *(f"    {name}: {{replace: {{who: {{role: You are {name}.}}}}}}" for name in families)]
    source += ["  tools:", "    none: {drop: [tools]}"]
    source += [f"    {name}: {{replace: {{tools: {{text: Use {name}.}}}}}}" for name in tools[1:]]
    prompt = promptkit.load(write({"prompts/x.yaml": "\n".join(source)}))["x"]
    found = {name: prompt.render(variant=name).messages[0].content for name in prompt.variants[1:]}
    assert found == {
        f"family={family},tools={tool}": f"You are {family}." + ("" if tool == "none" else f"\n\nUse {tool}.")
        for family, tool in product(families, tools)
    }
    assert len(set(found.values())) == len({prompt[name].fingerprint for name in found}) == 24


# -- What groups, overlays and block kinds do


def test_to_when_with_and_join_are_inherited_by_nested_groups(write: Write) -> None:
    root = write(
        {
            "prompts/x.yaml": """\
blocks:
  - blocks:
      - {text: "Dear {{ who }},", name: a}
      - blocks:
          - {text: "I am {{ me }} of {{ who }}.", name: b}
          - {text: "Shown {{ how }}.", name: c, when: how is defined, join: " "}
        with: {me: Ann}
        name: inner
      - {assistant: Yes., to: assistant, name: d}
    to: user
    when: on
    with: {who: "{{ name }}"}
    join: "\\n"
    name: outer
  - {text: Always., to: user, name: last}
"""
        }
    )
    prompt = promptkit.load(root)["x"]
    assert shown(prompt.render(on=True, name="Bob", how="well")) == [
        ("user", "Dear Bob,\nI am Ann of Bob. Shown well."),
        ("assistant", "Yes."),
        ("user", "Always."),
    ]
    assert shown(prompt.render(on=True, name="Bob")) == [
        ("user", "Dear Bob,\nI am Ann of Bob."),
        ("assistant", "Yes."),
        ("user", "Always."),
    ]
    assert shown(prompt.render(on=False, name="Bob")) == [("user", "Always.")]


def test_a_block_that_renders_to_nothing_is_left_out_with_its_join(write: Write) -> None:
    root = write(
        {
            "prompts/x.yaml": """\
blocks: [{role: A}, {text: "{% if b %}B{% endif %}"}, {instructions: "<c>\\n{{ blocks }}\\n</c>",
  blocks: [{context: "{{ d }}", to: system, name: d}, {negative: [E]}]}]
"""
        }
    )
    prompt = promptkit.load(root)["x"]
    assert shown(prompt.render(b=False, d="")) == [("system", "A\n\n<c>\nDo not:\n- E\n</c>")]
    assert shown(prompt.render(b=True, d="D")) == [("system", "A\n\nB\n\n<c>\nD\n\nDo not:\n- E\n</c>")]


def test_a_replaced_block_keeps_its_name(write: Write) -> None:
    root = write(
        {
            "prompts/base.yaml": "blocks: [{role: A, name: who}, {user: Hi}]\n",
            "prompts/mid.yaml": "extends: base\nreplace: {who: {instructions: B, name: other}}\n",
            "prompts/end.yaml": "extends: mid\nreplace: {who: {text: C}}\n",
        }
    )
    library = promptkit.load(root)
    assert [library[name].render().messages[0].content for name in ("base", "mid", "end")] == ["A", "B", "C"]


def test_replace_comes_before_add_and_add_before_drop(write: Write) -> None:
    root = write(
        {
            "prompts/x.yaml": """\
join: " "
blocks: [{text: one, name: a}, {text: two, name: b}]
variants:
  v:
    drop: [b]
    add: [{text: three, name: c, before: b}, {text: four, name: d, before: b}, {text: five, name: e, after: b}]
    replace: {a: {text: ONE}}
"""
        }
    )
    assert shown(promptkit.load(root)["x"].render(variant="v")) == [("system", "ONE three four five")]


def test_an_expression_that_stands_alone_passes_its_value_natively(write: Write) -> None:
    root = write(
        {
            "blocks/list.md": "{% for x in xs %}{{ loop.index }}={{ x + n }};{% endfor %}{{ text }}|{{ lone }}",
            "prompts/x.yaml": """\
blocks: [{use: list, with: {xs: "{{ items }}", n: 10, text: "{{ items[0] }}!", lone: "{{ raw }}"}}]
""",
        }
    )
    rendered = promptkit.load(root)["x"].render(items=[1, 2], raw="{{ 7*7 }}")
    assert shown(rendered) == [("system", "1=11;2=12;1!|{{ 7*7 }}")]


CONTEXT = "blocks: [{context: {input: docs%s}}]\n"


@pytest.mark.parametrize(
    ("options", "docs", "text"),
    [
        pytest.param("", "one", "<docs>\none\n</docs>", id="one"),
        pytest.param("", ["a", "b"], "<docs>\na\n</docs>\n\n<docs>\nb\n</docs>", id="several"),
        pytest.param("", "x</docs>y", "<docs-2>\nx</docs>y\n</docs-2>", id="holds-the-fence"),
        pytest.param(
            "", ["</DOCS-2 >", "<docs>"], "<docs-3>\n</DOCS-2 >\n</docs-3>\n\n<docs-3>\n<docs>\n</docs-3>", id="3"
        ),
        pytest.param("", {"k": ["é", 1]}, '<docs>\n{"k":["é",1]}\n</docs>', id="data"),
        pytest.param(", take: 1", ["a", "b"], "<docs>\na\n</docs>", id="take"),
        pytest.param(", text: '{{ loop.index }}. {{ item.t }}'", [{"t": "<x>"}], "<docs>\n1. <x>\n</docs>", id="text"),
        pytest.param(", item_max_tokens: 9", ["a b c d e f g h", "e"], "<docs>\ne\n</docs>", id="item-budget"),
        pytest.param(", max_tokens: 12", ["a", "b b b b b b b b b"], "<docs>\na\n</docs>", id="budget"),
    ],
)
def test_a_context_fences_each_value_in_a_delimiter_that_it_cannot_contain(
    options: str, docs: Any, text: str, write: Write
) -> None:
    prompt = promptkit.load(write({"prompts/x.yaml": CONTEXT % options}))["x"]
    assert shown(prompt.render(docs=docs)) == [("user", text)]


def test_an_empty_context_is_left_out(write: Write) -> None:
    prompt = promptkit.load(write({"prompts/x.yaml": "blocks: [{context: {input: docs}}, {user: Q}]\n"}))["x"]
    assert shown(prompt.render(docs="")) == shown(prompt.render(docs=[])) == [("user", "Q")]


def test_blocks_that_share_a_default_name_are_numbered(write: Write) -> None:
    source = "blocks: [{user: a}, {assistant: b}, {user: c}, {assistant: d}, {user: e}]\n"
    prompt = promptkit.load(write({"prompts/x.yaml": source}))["x"]
    rendered = prompt.render()
    assert [message.content for message in rendered.messages] == ["a", "b", "c", "d", "e"]
    names = [piece.block for message in rendered.messages for piece in message.pieces]
    assert names == ["user", "assistant", "user-2", "assistant-2", "user-3"]
