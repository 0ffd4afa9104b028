"""Rendered text is Jinja2's own, character for character, and every character stands at its line."""

from __future__ import annotations

import re
import sys
from subprocess import run
from typing import TYPE_CHECKING, Any

import jinja2
import jinja2.sandbox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from template_cases import CASES, LIBRARY, SCOPE

from promptkit.errors import Span, TemplateError
from promptkit.model import Text
from promptkit.template import Engine, trace

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKER = re.compile(r"L(\d+)")


def text(source: str, name: str = "main") -> Text:
    return Text(source, name, Span(f"{name}.md", 1))


def engine(library: Mapping[str, str] = LIBRARY, **options: Any) -> Engine:
    def load(name: str) -> Text | None:
        return text(library[name], name) if name in library else None

    return Engine(load, names=lambda: library, **options)


def plain(source: str, scope: Mapping[str, Any], library: Mapping[str, str] = LIBRARY, **options: Any) -> str:
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        loader=jinja2.DictLoader(dict(library)),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        **options,
    )
    return environment.from_string(source).render(scope)


SETTINGS = [
    pytest.param({}, id="stock"),
    pytest.param({"trim_blocks": True}, id="trim"),
    pytest.param({"trim_blocks": True, "lstrip_blocks": True}, id="trim-lstrip"),
]


@pytest.mark.parametrize("options", SETTINGS)
@pytest.mark.parametrize("source", [pytest.param(source, id=name) for name, source in CASES.items()])
def test_text_and_lines(source: str, options: dict[str, Any]) -> None:
    rendered = engine(**options).template(text(source)).render(SCOPE)
    assert str(rendered) == plain(source, SCOPE, **options)
    traces = trace(rendered)
    assert "".join(one.text for one in traces) == rendered
    assert "".join(chunk.text for chunk in rendered.chunks) == rendered
    for one in traces:
        if one.authored:
            assert {int(line) for line in MARKER.findall(one.text)} <= {one.span.line}, one
            assert not one.names
            assert "\n" not in one.text[:-1]
        assert one.names | one.conditions <= set(SCOPE)


NAMES = st.sampled_from(["a", "b", "n", "items", "x", "y", "user.name", "m('q')", "t.hello(a)"])
FILTERS = st.sampled_from(["", "|upper", "|string|trim", "|default('d')", "|string|length"])
EXPRESSIONS = st.one_of(
    st.tuples(NAMES, FILTERS).map("".join),
    st.tuples(NAMES, NAMES).map(" ~ ".join),
    st.tuples(NAMES, NAMES).map(lambda both: f"{both[0]} if yes else {both[1]}"),
)
MINUS = st.sampled_from(["", "-"])


def shaped(shape: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """`shape` with each `@` replaced by a part."""
    pieces = shape.split("@")
    return st.tuples(*parts).map(lambda made: pieces[0] + "".join(map("".join, zip(made, pieces[1:], strict=True))))


LEAVES = st.one_of(
    st.sampled_from(
        ["text", "\n", "  ", "{# c #}", "{{ '' }}", "{% include 'part' %}", "{% raw %}{{ r }}{% endraw %}"]
    ),
    shaped("{{@ @ @}}", MINUS, EXPRESSIONS, MINUS),
    shaped("{% set @ = @ %}", st.sampled_from("xy"), EXPRESSIONS),
)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, max_size=4).map("".join),
        shaped("{%@ if yes %}@{% else %}@{% endif %}", MINUS, inner, inner),
        shaped("{% for x in items %}@{% endfor @%}", inner, MINUS),
        shaped("{% with y = @ %}@{% endwith %}", EXPRESSIONS, inner),
        shaped("{% set y %}@{% endset %}", inner),
        shaped("{% filter upper %}@{% endfilter %}", inner),
        shaped("{% macro m(x) %}@{% endmacro %}{{ m(a) }}", inner),
        shaped("{% macro w() %}<{{ caller() }}>{% endmacro %}{% call w() %}@{% endcall %}", inner),
    )


@settings(max_examples=300, deadline=None)
@given(st.recursive(LEAVES, nested, max_leaves=12), st.booleans())
def test_any_template_renders_as_jinja2_renders_it(source: str, trim: bool) -> None:  # noqa: FBT001  (hypothesis gives it)
    start = "{% import 'macros' as t %}{% macro m(x) %}[{{ x }}]{% endmacro %}{% set x = a %}{% set y = b %}"
    source = start + source
    try:
        expected: str | None = plain(source, SCOPE, trim_blocks=trim, lstrip_blocks=trim)
    except Exception:
        expected = None
    try:
        rendered = engine(trim_blocks=trim, lstrip_blocks=trim).template(text(source)).render(SCOPE)
    except TemplateError:
        assert expected is None
        return
    assert str(rendered) == expected
    assert "".join(one.text for one in trace(rendered)) == rendered


def test_importing_and_plain_rendering_do_not_import_jinja2() -> None:
    code = """
import sys
from promptkit.template import Engine, trace
from promptkit.model import Text
from promptkit.errors import Span, TemplateError
template = Engine(lambda name: None).template(Text("Hello {{ name }}!", "t", Span("t.md", 1)))
assert template.check() == []
assert [(t.text, sorted(t.names)) for t in trace(template.render({"name": "Ann"}))] == [
    ("Hello ", []), ("Ann", ["name"]), ("!", [])]
assert "jinja2" not in sys.modules
"""
    assert run([sys.executable, "-c", code], check=False).returncode == 0
