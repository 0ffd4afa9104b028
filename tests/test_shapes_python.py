"""Prompts made in Python are the prompts that files make: the same messages, the same fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import promptkit
from promptkit import Prompt, blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

SCHEMA = {"type": "object", "properties": {"queue": {"enum": ["a", "b"]}}, "required": ["queue"]}
SHOTS = [{"inputs": {"q": "a"}, "output": {"n": 1}, "reasoning": "R."}, {"inputs": {"q": "b"}, "output": "two"}]
CHAT = [{"messages": [{"role": "user", "content": "U"}, {"role": "assistant", "content": "A"}]}]

# name -> (file form, Python form, values, messages)
FORMS: dict[str, tuple[str, Any, dict[str, Any], list[tuple[str, str]]]] = {
    "texts": (
        "blocks:\n- system: S\n- role: R\n- instructions: I\n- text: T\n- chain_of_thought: C\n- user: 'U {{ q }}'\n"
        "- assistant: A\n",
        [
            blocks.system("S"),
            blocks.role("R"),
            blocks.instructions("I"),
            blocks.text("T"),
            blocks.chain_of_thought("C"),
            blocks.user("U {{ q }}"),
            blocks.assistant("A"),
        ],
        {"q": "<&>"},
        [("system", "S\n\nR\n\nI\n\nT\n\nC"), ("user", "U <&>"), ("assistant", "A")],
    ),
    "block-scalar": (
        "blocks:\n- user: |\n    one {{ q }}\n\n    two\n",
        [blocks.user("one {{ q }}\n\ntwo\n")],
        {"q": "x\n"},
        [("user", "one x\n\n\ntwo")],
    ),
    "tools-media": (
        "inputs: {p: {type: image}}\nblocks:\n- tools: [{name: find, description: Finds., parameters: {type: object}}]\n"
        "- user: Look.\n- media: {input: p, detail: low}\n- user: 'What {{ q }}?'\n  name: question\n",
        (
            [
                blocks.tools([{"name": "find", "description": "Finds.", "parameters": {"type": "object"}}]),
                blocks.user("Look."),
                blocks.media({"input": "p", "detail": "low"}),
                blocks.user("What {{ q }}?", name="question"),
            ],
            {"inputs": {"p": {"type": "image"}}},
        ),
        {"q": "Q", "p": "https://example.com/a.png"},
        [("user", "Look.\n\nWhat Q?")],
    ),
    "group": (
        "blocks:\n- instructions: '<r>{{ blocks }}</r>'\n  name: rules\n  join: ' '\n  with: {w: '{{ q }}'}\n"
        "  blocks: [{text: 'a {{ w }}', name: a}, {negative: [b, {avoid: c, instead: d}]}]\n"
        "- blocks: [{user: U, when: q}]\n  join: ''\n",
        [
            blocks.instructions(
                "<r>{{ blocks }}</r>",
                name="rules",
                join=" ",
                with_={"w": "{{ q }}"},
                blocks=[blocks.text("a {{ w }}", name="a"), blocks.negative("b", {"avoid": "c", "instead": "d"})],
            ),
            blocks.group([blocks.user("U", when="q")], join=""),
        ],
        {"q": "Q"},
        [("system", "<r>a Q Do not:\n- b\n- c; instead: d</r>"), ("user", "U")],
    ),
    "format-schema": (
        "blocks:\n- format:\n    schema: {type: object, properties: {queue: {enum: [a, b]}}, required: [queue]}\n",
        [blocks.format({"schema": SCHEMA})],
        {},
        [
            (
                "system",
                "Answer with JSON only, valid under this JSON Schema, and no other text:\n"
                '{"type":"object","properties":{"queue":{"enum":["a","b"]}},"required":["queue"]}',
            )
        ],
    ),
    "format-unstructured": (
        "blocks:\n- format:\n    schema: {type: object, properties: {queue: {enum: [a, b]}}, required: [queue]}\n"
        "    structured: false\n- chain_of_thought: Think.\n",
        [blocks.format({"schema": SCHEMA, "structured": False}), blocks.chain_of_thought("Think.")],
        {},
        [
            (
                "system",
                "Write the final answer as JSON that is valid under this JSON Schema:\n"
                '{"type":"object","properties":{"queue":{"enum":["a","b"]}},"required":["queue"]}\n\nThink.',
            )
        ],
    ),
    "format-choices": (
        "blocks: [{format: {choices: [yes, no, 12:30]}}]\n",
        [blocks.format({"choices": ["yes", "no", "12:30"]})],
        {},
        [("system", "Answer with exactly one of these, and nothing else:\n- yes\n- no\n- 12:30")],
    ),
    "format-sections": (
        "blocks: [{format: {sections: [Why, What]}}]\n",
        [blocks.format({"sections": ["Why", "What"]})],
        {},
        [("system", "Answer in these sections, in this order, each under its heading:\n## Why\n## What")],
    ),
    "format-numbered": (
        "blocks: [{format: {list: numbered}}]\n",
        [blocks.format({"list": "numbered"})],
        {},
        [("system", "Answer with a numbered list, one item a line, and nothing else.")],
    ),
    "format-bulleted": (
        "blocks: [{format: {list: bulleted}}]\n",
        [blocks.format({"list": "bulleted"})],
        {},
        [("system", 'Answer with a bulleted list, one item a line, each starting with "- ", and nothing else.')],
    ),
    "format-text": (
        "blocks: [{format: 'As {{ q }}'}]\n",
        [blocks.format("As {{ q }}")],
        {"q": "CSV"},
        [("system", "As CSV")],
    ),
    "examples": (
        "blocks:\n- examples:\n    records:\n    - {inputs: {q: a}, output: {n: 1}, reasoning: R.}\n"
        "    - {inputs: {q: b}, output: two}\n    take: 2\n- user: '{{ q }}?'\n",
        [blocks.examples({"records": SHOTS, "take": 2}), blocks.user("{{ q }}?")],
        {"q": "c"},
        [("user", "a?"), ("assistant", '{"n":1}'), ("user", "b?"), ("assistant", "two"), ("user", "c?")],
    ),
    "example-messages": (
        "blocks:\n- examples:\n  - messages: [{role: user, content: U}, {role: assistant, content: A}]\n- user: Q\n",
        [blocks.examples(CHAT), blocks.user("Q")],
        {},
        [("user", "U"), ("assistant", "A"), ("user", "Q")],
    ),
    "example-text": (
        "blocks:\n- examples:\n    records:\n    - {inputs: {q: a}, output: {n: 1}, reasoning: R.}\n"
        "    - {inputs: {q: b}, output: two}\n    text: '{{ item.inputs.q }}={{ item.output }}'\n",
        [blocks.examples({"records": SHOTS, "text": "{{ item.inputs.q }}={{ item.output }}"})],
        {},
        [("system", 'a={"n":1}\n\nb=two')],
    ),
    "context": (
        "blocks:\n- context: {input: docs, take: 1}\n- user: Q\n  join: ''\n",
        [blocks.context({"input": "docs", "take": 1}), blocks.user("Q", join="")],
        {"docs": ["a", "b"]},
        [("user", "<docs>\na\n</docs>Q")],
    ),
    "history": (
        "inputs: {turns: {type: messages, default: []}}\nblocks:\n- history: {input: turns}\n- user: Q\n",
        (
            [blocks.history({"input": "turns"}), blocks.user("Q")],
            {"inputs": {"turns": {"type": "messages", "default": []}}},
        ),
        {"turns": [{"role": "user", "content": "U"}, {"role": "assistant", "content": "A"}]},
        [("user", "U"), ("assistant", "A"), ("user", "Q")],
    ),
    "settings": (
        "join: '|'\nmodel: gpt-4o\nparams: {temperature: 0}\ninputs: {n: {type: integer, default: 4}}\n"
        "blocks: [{role: 'A {{ n }}'}, {text: B}]\nbudget: {max_tokens: 100, shrink: [text]}\n",
        (
            [blocks.role("A {{ n }}"), blocks.text("B")],
            {
                "join": "|",
                "model": "gpt-4o",
                "params": {"temperature": 0},
                "inputs": {"n": {"type": "integer", "default": 4}},
                "budget": {"max_tokens": 100, "shrink": ["text"]},
            },
        ),
        {},
        [("system", "A 4|B")],
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_two_forms_are_one_prompt(name: str, write: Write) -> None:
    source, made, values, messages = FORMS[name]
    entries, keys = made if isinstance(made, tuple) else (made, {})
    from_file = promptkit.load(write({"prompts/x.yaml": source}))["x"]
    from_python = Prompt("x", entries, **keys)
    for prompt in (from_file, from_python):
        assert [(each.role, each.content) for each in prompt.render(values).messages] == messages
    assert from_file.render(values).messages == from_python.render(values).messages
    assert from_file["base"].fingerprint == from_python["base"].fingerprint


def test_variants_and_matrix_are_the_same_from_python(write: Write) -> None:
    source = """\
blocks: [{role: A}, {user: "{{ q }} {{ n }}"}]
inputs: {n: {type: integer, default: 1}}
variants:
  v: {drop: [role], set: {n: 2}}
  w: {add: [{text: T, before: user}], replace: {role: {role: B}}}
matrix: {n: [3, 4], tone: {plain: {}, warm: {add: [{text: Warm., name: warm, after: role}]}}}
"""
    from_file = promptkit.load(write({"prompts/x.yaml": source}))["x"]
    from_python = Prompt(
        "x",
        [blocks.role("A"), blocks.user("{{ q }} {{ n }}")],
        inputs={"n": {"type": "integer", "default": 1}},
        variants={
            "v": {"drop": ["role"], "set": {"n": 2}},
            "w": {"add": [blocks.text("T", before="user")], "replace": {"role": blocks.role("B")}},
        },
        matrix={"n": [3, 4], "tone": {"plain": {}, "warm": {"add": [blocks.text("Warm.", name="warm", after="role")]}}},
    )
    names = ("base", "v", "w", "n=3,tone=plain", "n=3,tone=warm", "n=4,tone=plain", "n=4,tone=warm")
    assert from_file.variants == from_python.variants == names
    for name in names:
        assert from_file.render(variant=name, q="Q").messages == from_python.render(variant=name, q="Q").messages
        assert from_file[name].fingerprint == from_python[name].fingerprint
    assert len({from_file[name].fingerprint for name in names}) == len(names)


def test_a_prompt_in_python_uses_the_blocks_of_a_library(write: Write) -> None:
    library = promptkit.load(
        write({"blocks/role/x.md": "I am {{ n }}.\n", "prompts/x.yaml": "blocks: [{use: role/x, with: {n: 1}}]\n"})
    )
    made = Prompt("x", [blocks.use("role/x", with_={"n": 1})], library=library)
    assert made.render().messages == library["x"].render().messages
    assert made["base"].fingerprint == library["x"]["base"].fingerprint


def test_a_pydantic_model_is_its_schema() -> None:
    from pydantic import BaseModel

    class Answer(BaseModel):
        queue: str

    made = Prompt("x", [blocks.format({"schema": Answer})])
    same = Prompt("x", [blocks.format({"schema": Answer.model_json_schema()})])
    assert made.render().messages == same.render().messages
    assert made["base"].fingerprint == same["base"].fingerprint


def test_every_problem_of_a_python_prompt_is_reported() -> None:
    with pytest.raises(promptkit.LibraryError) as raised:
        Prompt("x", [{"rol": "A"}, {"role": "A", "wen": "b"}, {"use": "no/such"}])
    assert str(raised.value).splitlines() == [
        "<python>:x: unknown block 'no/such'",
        "<python>:x: unknown block kind 'rol'; did you mean 'role'?",
        "<python>:x: unknown key of a block 'wen'; did you mean 'when'?",
    ]


@pytest.mark.parametrize("words", [["long"], ("long",), [("x", "long")]])
def test_a_schema_of_items_holds_for_every_kind_of_list(words: Any) -> None:
    nested = words[0] if isinstance(words[0], tuple) else words
    item = {"type": "string", "maxLength": 2}
    schema = item if nested is words else {"type": "array", "items": item}
    prompt = Prompt("p", [blocks.user("{{ words }}")], inputs={"words": {"type": "array", "items": schema}})
    with pytest.raises(promptkit.InputError, match=r"input 'words'.*'long' is too long"):
        prompt.render(words=words)
