"""Texts without real tags render without an engine, and exactly as Jinja2 renders them."""

from __future__ import annotations

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_template_features import engine, plain, text

from promptkit.errors import TemplateError
from promptkit.template import Field, fields, foreign_text, trace


@pytest.mark.parametrize(
    "source",
    [
        "{{ a.b }}", "{{ a|upper }}", "{{- a }}", "{{ a -}}", "{{+ a }}", "{{ 'a' }}", "{{ a() }}", "{{ a b }}", "{{ }}", "{{}}",
        "{{ true }}", "{{ None }}", "{{ not }}", "{{ loop }}", "{{ self }}", "{{ super }}", "{{ caller }}", "{{ varargs }}",
        "{{ range }}", "{{ namespace }}", "{{ é }}", "{{\u00a0a }}", "{% if a %}{% endif %}", "{# c #}", "{{ a", "{{{ a }}", "{{ a }}{%",
    ],
)  # fmt: skip
def test_what_needs_the_engine(source: str) -> None:
    assert fields(source) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("", (), id="nothing"),
        pytest.param("no tags } }} %} #} { \n", ("no tags } }} %} #} { \n",), id="static"),
        pytest.param("{{ a }}", (Field("a", 1, 1),), id="field"),
        pytest.param("x{{a}}}\n{{\n b\n}}", ("x", Field("a", 1, 1), "}\n", Field("b", 3, 4)), id="lines"),
    ],
)
def test_fields(source: str, expected: object) -> None:
    assert fields(source) == expected


PIECES = st.sampled_from(
    [
        "{{ a }}",
        "{{b}}",
        "{{\na\t}}",
        "{",
        "}",
        "{{",
        "}}",
        "%}",
        "#}",
        "{%",
        "\n",
        "\r\n",
        "\r",
        " ",
        "x",
        "-",
        "\u2028",
        "{{ true }}",
        "{{ a|e }}",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.booleans())
def test_plain_rendering_is_jinja2s(source: str, trim: bool) -> None:  # noqa: FBT001  (hypothesis gives it)
    scope = {"a": "A{{ b }}", "b": 1.5, "x": "X"}  # the pieces can make {{x}}
    if fields(source) is None:
        return
    rendered = engine(trim_blocks=trim, lstrip_blocks=trim).template(text(source)).render(scope)
    assert str(rendered) == plain(source, scope, trim_blocks=trim, lstrip_blocks=trim)
    same = engine(trim_blocks=trim, lstrip_blocks=trim).template(text("{{ '' }}" + source)).render(scope)
    assert trace(rendered) == trace(same)


@given(st.text(alphabet="{}%#ab \n-|", max_size=30))
def test_any_text_parses_the_same_way(source: str) -> None:
    try:
        expected: str | None = plain(source, {"a": "1", "b": "2", "ab": "3"})
    except (jinja2.TemplateError, TypeError):
        expected = None
    try:
        rendered: str | None = str(engine().template(text(source)).render({"a": "1", "b": "2", "ab": "3"}))
    except TemplateError:
        rendered = None
    assert rendered == expected


@pytest.mark.parametrize("tail", ["", "{# engine #}"])
def test_both_ways_refuse_the_same(tail: str) -> None:
    template = engine().template(text("one\n{{ product }}" + tail))
    with pytest.raises(TemplateError) as missing:
        template.render({"products": 1})
    assert str(missing.value) == "main.md:2:1: 'product' is undefined; did you mean 'products'?"
    with pytest.raises(TemplateError) as none:
        template.render({"product": None})
    assert str(none.value) == (
        "main.md:2:1: 'product' is None, and None is not printed; test it first or give it a default"
    )


@pytest.mark.parametrize("tail", ["", "{# engine #}"])
@pytest.mark.parametrize(
    "value", ["{{ a }}", 1, 1.5, True, [1, "a"], {"k": [None]}, b"bytes", (1,), foreign_text([("x", 1)])], ids=repr
)
def test_both_ways_print_the_same(tail: str, value: object) -> None:
    assert engine().template(text("{{ product }}" + tail)).render({"product": value}) == str(value)
