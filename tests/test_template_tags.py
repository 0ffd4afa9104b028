"""Tags that are read without Jinja2's parser are read as the parser reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptkit.content import Text
from promptkit.errors import Span
from promptkit.template import Engine
from promptkit.template.plain import Tag, tags

PIECES = st.sampled_from(
    [
        "text ",
        "\n",
        "{{ a }}",
        "{{-b\n-}}",
        "{{ loop }}",
        "{# {{ c }}\n #}",
        "{#",
        "{% include 'x' %}",
        '{%- include "guarded" -%}',
        "{% include 'gone' %}",
        "{% include '../y' %}",
        "{% include f %}",
        "{% if d %}",
        "{% if not e%}",
        "{% if f > 3 %}",
        "{% if not g == 'text'%}",
        "{% if true %}",
        "{% if h is defined %}",
        "{% if i > 07 %}",
        "{% elif j %}",
        "{% else %}",
        "{% endif %}",
        "{% endif %}",
        "{% raw %}{{ k }}",
        "}} %} #}",
        "{% if l\n %}",
    ]
)
INCLUDED = {"x": "{{ x }}", "guarded": "{% if a is defined %}{{ a }}{% endif %}{{ y }}"}


@given(st.lists(PIECES, max_size=8).map("".join))
@settings(max_examples=600)
def test_simple_tags_are_what_the_parser_finds(source: str) -> None:
    def found(*, parse: bool) -> tuple[object, ...]:
        library = {**INCLUDED, "main": source}
        texts = {name: Text(text, name, Span(name, 1)) for name, text in library.items()}
        template = Engine(texts.get, names=lambda: texts).template(texts["main"])
        template.fields = None
        if parse:
            template._tags = None
        problems = template.check()
        syntax = any(problem.code == "T101" for problem in problems)
        return problems, template.references if not syntax else None, template.needs if not syntax else None

    assert found(parse=False) == found(parse=True)


def test_most_templates_have_simple_tags_alone() -> None:
    source = "{{ a }}\n{% include 'x' %}{# no #}\n{% if b > 1 %}\n{%- elif not c -%}{% else %}{{ d }}{% endif %}"
    assert tags(source) == (Tag("a", 1, False), Tag("x", 2, True), Tag("b", 3, False), Tag("c", 4, False), Tag("d", 4, False))  # fmt: skip


@pytest.mark.parametrize(
    "source", ["{% if a", "{{ a.b }}", "{% for a in b %}", "{{ a | d }}", "{% if a and b %}", "{#"]
)
def test_other_tags_take_the_parser(source: str) -> None:
    assert tags(source) is None
