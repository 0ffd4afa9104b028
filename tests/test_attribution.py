"""Every token is attributed once: all parts add up, and text stands at its own file and line however it came there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import promptkit
from promptkit import Prompt, blocks
from promptkit.errors import PromptkitError
from promptkit.render import samples
from promptkit.tokens.vocabulary import encoding
from promptkit.tokens.ways import BYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptkit.model import Rendered, Variant

    Write = Callable[[Mapping[str, str | bytes]], Path]

LIBRARY = promptkit.load(Path(__file__).parents[1] / "templates")
VARIANTS = [
    pytest.param(prompt[name], id=f"{prompt.name}-{name}") for prompt in LIBRARY.values() for name in prompt.variants
]
MODELS = {"gpt-4o": "o200k_base", "gpt-4": "cl100k_base", "o200k_base": "o200k_base"}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_parts_of_every_kind_are_what_tiktoken_counts(variant: Variant, model: str) -> None:
    rendered = variant.render(samples(variant))
    codec = encoding(MODELS[model])

    def size(text: str) -> int:
        return len(codec.encode_ordinary(text))

    measured = rendered.count(model)
    framed = model != "o200k_base"
    expected = 3 if framed else 0
    for message in rendered.messages:
        expected += size(message.content) + (3 + size(message.role) if framed else 0)
        expected += size(message.name) + 1 if message.name and framed else 0
        expected += size(message.tool_call_id) if message.tool_call_id and framed else 0
        expected += sum(size(call.name) + size(call.arguments) + (3 if framed else 0) for call in message.tool_calls)
    assert measured.tokens - measured.definition_tokens - measured.media_tokens == expected
    for by in BYS:
        parts = measured.by(by)
        assert sum(part.tokens for part in parts) == measured.tokens
        assert all(part.tokens >= 0 for part in parts)
        assert len({(part.name, part.kind, part.source) for part in parts}) == len(parts)
    assert sum(each.tokens for each in measured.pieces) == sum(size(message.content) for message in rendered.messages)


# `name N` stands on line N of the file `name`, whatever brings it into the prompt.
FILES = {
    "partials/outer.md": "outer 1 text\n{% include 'inner' %}\nouter 3 {{ v }} text\n",
    "partials/inner.md": """\
inner 1
{% from 'macros' import item %}{% for x in ['a', 'b'] %}{{ item(x) }}{% endfor %}
inner 3""",
    "partials/macros.md": """\
{% macro item(x) %}
- macros 2 {{ x }}
{% if x == 'a' %}macros 3 first
{% endif %}{% endmacro %}
{% macro wrap() %}macros 5 <
{{ caller() }}
macros 7 >{% endmacro %}
""",
    "partials/base.md": "base 1\n{% block body %}base 2 body{% endblock %}\nbase 3 end\n",
    "partials/mid.md": "{% extends 'base' %}{% block body %}mid 1\n{{ super() }}\nmid 3{% endblock %}",
    "blocks/kid.md": """\
---
kind: instructions
---
{% extends 'mid' %}{% block body %}kid 4
{{ super() }}
kid 6 {{ v }}{% endblock %}""",
    "blocks/uses.md": """\
uses 1
{% import 'macros' as m %}{% call m.wrap() %}uses 2 inside
uses 3 {{ v }}{% endcall %}
{% include 'outer' %}
uses 5
{% for x in xs %}
uses 7 of {{ x }}
{% endfor %}
uses 9
""",
    "blocks/group.md": "group 1\n{{ blocks }}\ngroup 3\n",
    "prompts/p.yaml": """\
inputs: {v: {type: string, sample: V}, xs: {type: array, sample: [one, two]}}
blocks:
  - use: kid
  - use: group
    blocks:
      - use: uses
      - use: std/instructions/data-not-instructions
        with: {tag: doc}
  - user: |
      p 10 asks
      {{ v }}
""",
}
PLACE = re.compile(r"\b(outer|inner|macros|base|mid|kid|uses|group|p) (\d+)\b")


def measured(write: Write) -> promptkit.Measurement:
    variant = promptkit.load(write(FILES))["p"]["base"]
    return variant.render(samples(variant)).count()


def test_text_of_includes_macros_and_parents_stands_at_its_own_line(write: Write) -> None:
    found = measured(write)
    seen = set()
    for counted in found.pieces:
        for name, line in PLACE.findall(counted.piece.text) if counted.piece.authored else ():
            assert Path(counted.piece.span.path).stem == name, counted
            assert counted.piece.span.line == int(line), counted
            seen.add(f"{name} {line}")
    assert seen == {" ".join(place) for text in FILES.values() for place in PLACE.findall(text)}


def test_by_line_gives_each_line_what_its_text_has(write: Write) -> None:
    found = measured(write)
    by_line = {part.name: part.tokens for part in found.by("line")}
    codec = encoding("o200k_base")
    for place, text in {
        "partials/inner.md:1": "inner 1\n",
        "partials/mid.md:3": "mid 3",
        "partials/macros.md:3": "macros 3 first\n",
        "blocks/kid.md:4": "kid 4\n",
        "blocks/group.md:1": "group 1\n",
    }.items():
        assert by_line[place] == len(codec.encode_ordinary(text)), place
    twice = len(codec.encode_ordinary("uses 7 of one\n")) + len(codec.encode_ordinary("uses 7 of two\n"))
    assert by_line["blocks/uses.md:7"] == twice


def test_by_block_tells_the_files_that_a_block_draws_on(write: Write) -> None:
    found: dict[str, set[Any]] = {}
    for part in measured(write).by("block"):
        found.setdefault(part.name, set()).add(part.source)
    assert found == {
        "kid": {"blocks/kid.md", "partials/mid.md", "partials/base.md"},
        "group": {"blocks/group.md"},
        "uses": {"blocks/uses.md", "partials/macros.md", "partials/outer.md", "partials/inner.md"},
        "data-not-instructions": {"std/instructions/data-not-instructions.md"},
        "user": {"prompts/p.yaml"},
    }


def test_by_input_names_what_decides_whether_a_text_stands(write: Write) -> None:
    parts = {part.name: part for part in measured(write).by("input")}
    assert set(parts) == {"static", "v", "if xs", "xs"}
    assert parts["if xs"].kind == "condition"


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        pytest.param(
            lambda rendered: rendered.count(5),
            "a model is named by text, not int; give a name such as 'gpt-4o'",
            id="a number for a model",
        ),
        pytest.param(
            lambda rendered: rendered.count(""),
            "model '' names no model; write a model's name, or estimate:NAME for an estimate",
            id="an empty model",
        ),
        pytest.param(
            lambda rendered: rendered.count().by(None),
            "parts are by a name, not NoneType; give one of block, message, line, input, kind",
            id="by nothing",
        ),
    ],
)
def test_what_names_no_model_and_no_view_is_refused(ask: Callable[[Rendered], object], told: str) -> None:
    with pytest.raises(PromptkitError) as error:
        ask(Prompt("x", [blocks.user("Hi")]).render())
    assert str(error.value) == told
