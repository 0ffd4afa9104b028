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

from promptkit.content import Text
from promptkit.errors import Span, TemplateError
from promptkit.template import Engine, foreign_text, trace

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKER = re.compile(r"L(\d+)")


def text(source: str, name: str = "main") -> Text:
    return Text(source, name, Span(f"{name}.md", 1))


def engine(library: Mapping[str, str] = LIBRARY, **settings: Any) -> Engine:
    def load(name: str) -> Text | None:
        return text(library[name], name) if name in library else None

    return Engine(load, names=lambda: library, **settings)


def plain(source: str, scope: Mapping[str, Any], library: Mapping[str, str] = LIBRARY, **settings: Any) -> str:
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        loader=jinja2.DictLoader(dict(library)),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        **settings,
    )
    return environment.from_string(source).render(scope)


SETTINGS = [
    pytest.param({}, id="stock"),
    pytest.param({"trim_blocks": True}, id="trim"),
    pytest.param({"trim_blocks": True, "lstrip_blocks": True}, id="trim-lstrip"),
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("source", [pytest.param(source, id=name) for name, source in CASES.items()])
def test_text_and_lines(source: str, settings: dict[str, Any]) -> None:
    rendered = engine(**settings).template(text(source)).render(SCOPE)
    assert str(rendered) == plain(source, SCOPE, **settings)
    traces = trace(rendered)
    assert "".join(one.text for one in traces) == rendered
    assert "".join(chunk.text for chunk in rendered.chunks) == rendered
    for one in traces:
        if one.authored:
            assert {int(line) for line in MARKER.findall(one.text)} <= {one.span.line}, one
            assert not one.names
            assert "\n" not in one.text[:-1]
        assert one.names | one.conditions <= set(SCOPE)


def test_importing_and_plain_rendering_do_not_import_jinja2() -> None:
    code = """
import sys
from promptkit.template import Engine, foreign_text, trace
from promptkit.content import Text
from promptkit.errors import Span, TemplateError
template = Engine(lambda name: None).template(Text("Hello {{ name }}!", "t", Span("t.md", 1)))
assert template.check() == []
assert [(t.text, sorted(t.names)) for t in trace(template.render({"name": "Ann"}))] == [
    ("Hello ", []), ("Ann", ["name"]), ("!", [])]
assert "jinja2" not in sys.modules
"""
    assert run([sys.executable, "-c", code], check=False).returncode == 0


# each run that is not authored: its names, and the conditions it stands under
NAMES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "set": ("{% set x = a ~ b %}{{ x }}", [("a b", "")]),
    "set-under-if": ("{% if yes %}{% set x = a %}{% endif %}{{ x }}", [("a yes", "yes")]),
    "set-block": ("{% set x %}<{{ a }}>{% endset %}{{ x }}", [("a", "")]),
    "set-block-filtered": ("{% set x %}<{{ a }}>{% endset %}{{ x|upper }}", [("a", "")]),
    "with": ("{% with x = a %}{{ x }}{% endwith %}", [("a", "")]),
    "loop": ("{% for i in items %}{{ i }}{% endfor %}", [("items", "items")]),
    "loop-if": ("{% for i in items if i != b %}{{ i }}{% endfor %}", [("b items", "b items")]),
    "loop-index": ("{% for i in items %}{{ loop.index }}{% endfor %}", [("items", "items")]),
    "nested-loop": (
        "{% for p in people %}{% for t in nums %}{{ p.name }}{{ t }}{% endfor %}{% endfor %}",
        [("people", "nums people"), ("nums", "nums people")],
    ),
    "if": ("{% if yes %}{{ a }}{% endif %}", [("a", "yes")]),
    "else": ("{% if no %}{% elif zero %}{% else %}{{ a }}{% endif %}", [("a", "no zero")]),
    "inline-if": ("{{ a if yes else b }}", [("a b yes", "yes")]),
    "or": ("{{ empty or a }}", [("a empty", "empty")]),
    "filter": ("{{ items|join(b) }}", [("b items", "")]),
    "filter-block": ("{% filter upper %}{{ a }}{% endfilter %}", [("a", "")]),
    "tilde": ("{{ a ~ '-' ~ b }}", [("a b", "")]),
    "test": ("{{ a is defined }}", [("a", "")]),
    "item": ("{{ user[which]|default(n) }}", [("n user which", "")]),
    "default": ("{{ missing_|default(a) }}", [("a", "")]),
    "macro": ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(a) }}{{ m(b) }}", [("a", ""), ("b", "")]),
    "macro-keyword": ("{% macro m(x, y=b) %}{{ x }}{{ y }}{% endmacro %}{{ m(x=a) }}", [("a", ""), ("b", "")]),
    "macro-in-if": ("{% macro m(x) %}{% if x %}{{ n }}{% endif %}{% endmacro %}{{ m(a) }}", [("n", "a")]),
    "caller": (
        "{% macro m(t) %}{{ t }}{{ caller() }}{% endmacro %}{% call m(a) %}{{ b }}{% endcall %}",
        [("a", ""), ("b", "")],
    ),
    "include": ("{% include 'part' %}", [("a", ""), ("b", "")]),
    "include-local": ("{% set inner = n %}{% include 'local' %}", [("n", "")]),
    "include-loop-local": ("{% for inner in items %}{% include 'local' %}{% endfor %}", [("items", "items")]),
    "include-under-if": ("{% if yes %}{% include 'part' %}{% endif %}", [("a", "yes"), ("b", "yes")]),
    "include-computed": ("{% include which %}", [("a", "which"), ("b", "which")]),
    "import": ("{% import 'macros' as m %}{{ m.outer(a) }}", [("", ""), ("a", "")]),
    "import-context": ("{% from 'needs_context' import shout with context %}{{ shout }}", [("a", "")]),
    "extends": ("{% extends 'base' %}{% block head %}{{ b }}{% endblock %}", [("b", "")]),
    "extends-set": ("{% extends 'base' %}{% set k = a %}{% block head %}{{ k }}{% endblock %}", [("a", "")]),
    "block-scoped": ("{% for i in items %}{% block x scoped %}{{ i }}{% endblock %}{% endfor %}", [("items", "items")]),
    "namespace": (
        "{% set ns = namespace(t=0) %}{% for x in nums %}{% set ns.t = ns.t + x %}{% endfor %}{{ ns.t }}",
        [("nums", "nums")],
    ),
    "recursive": ("{% for t in tree recursive %}{{ t.v }}{{ loop(t.kids) }}{% endfor %}", [("tree", "tree")]),
    "shadow": ("{% for a in items %}{{ a }}{% endfor %}{{ a }}", [("items", "items"), ("a", "")]),
}


@pytest.mark.parametrize(("source", "expected"), [pytest.param(*case, id=name) for name, case in NAMES.items()])
def test_names_and_conditions(source: str, expected: list[tuple[str, str]]) -> None:
    found = []
    for one in trace(engine().template(text(source)).render(SCOPE)):
        pair = (" ".join(sorted(one.names)), " ".join(sorted(one.conditions)))
        if not one.authored and pair not in found:
            found.append(pair)
    assert found == expected


@pytest.mark.parametrize(
    "source",
    [
        "L1 {{ told }}!",
        "L1 {% if yes %}{{ told }}{% endif %}!",
        "{% set x = told %}L1 {{ x }}!",
        "{% macro m(x) %}L1 {{ x }}{% endmacro %}{{ m(told) }}!",
        "{% with inner = told %}{% include 'local' %}{% endwith %}!",
    ],
)
def test_foreign_text_keeps_its_own_origins(source: str) -> None:
    origin = ("chat", 3)
    rendered = (
        engine().template(text(source)).render({**SCOPE, "told": foreign_text([("one ", origin), ("two", None)])})
    )
    traces = trace(rendered)
    assert "".join(one.text for one in traces) == rendered
    assert [(one.text, one.foreign) for one in traces if one.text in ("one ", "two")] == [
        ("one ", origin),
        ("two", None),
    ]
    assert {one.foreign for one in traces if one.authored} == {None}


def test_changed_foreign_text_is_an_ordinary_value() -> None:
    rendered = engine().template(text("{{ told|upper }}")).render({"told": foreign_text([("one", "origin")])})
    assert [(one.text, one.foreign, one.names) for one in trace(rendered)] == [("ONE", None, frozenset({"told"}))]


def test_a_template_of_promptkit_keeps_the_stock_settings() -> None:
    source = "{% if yes %}\n  {% if yes %}\nL3{% endif %}\n{% endif %}"
    library = {"std/x": source, "x": source}
    including = engine(library, trim_blocks=True, lstrip_blocks=True)
    for name, options in (("std/x", {}), ("x", {"trim_blocks": True, "lstrip_blocks": True})):
        rendered = including.template(text(f"{{% include '{name}' %}}")).render(SCOPE)
        assert str(rendered) == plain(source, SCOPE, LIBRARY, **options)


def test_a_literal_include_is_inserted_as_it_is() -> None:
    literal = Text("{{ not }} {% a %}\r\n", "raw", Span("raw.txt", 1), literal=True)
    rendered = Engine(lambda name: literal).template(text("<{% include 'raw' %}>")).render({})
    assert str(rendered) == "<{{ not }} {% a %}\r\n>"
    assert [(one.text, one.span.path) for one in trace(rendered)][1] == (literal.source, "raw.txt")


WORDS = st.sampled_from(["L ", "text\n", "\n", "  ", "é", "}} ", "{ "])
VALUES = st.sampled_from(
    [
        "a",
        "b",
        "n",
        "user.name",
        "items[0]",
        "a ~ n",
        "a|upper",
        "items|join('-')",
        "text|indent(2)",
        "n * 2",
        "a if yes else b",
    ]
)


def wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, max_size=4).map("".join)
    forms = [
        "{{% if yes %}}{}{{% else %}}no{{% endif %}}",
        "{{%- if no -%}}{}{{%- endif %}}\n",
        "{{% for i in items %}}{}{{{{ i }}}}{{% endfor %}}",
        "{{% for a in nums if a > 1 %}}\n{}{{% endfor %}}",
        "{{% set x %}}{}{{% endset %}}{{{{ x }}}}",
        "{{% filter upper %}}{}{{% endfilter %}}",
        "{{% with a = b %}}{}{{% endwith %}}",
        "{{% macro m(a) %}}{}{{% endmacro %}}{{{{ m(n) }}}}",
        "{{% macro c() %}}<{{{{ caller() }}}}>{{% endmacro %}}{{% call c() %}}{}{{% endcall %}}",
        "{}{{% include 'part' %}}",
        "{{#- {} -#}}",
    ]
    return st.tuples(st.sampled_from(forms), several).map(lambda pair: pair[0].format(pair[1]))


TEMPLATES = st.lists(
    st.recursive(WORDS | VALUES.map(lambda value: f"{{{{ {value} }}}}"), wrapped, max_leaves=12), max_size=6
).map("".join)


@given(source=TEMPLATES, trim=st.booleans(), lstrip=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_template_gives_the_text_of_jinja2(source: str, *, trim: bool, lstrip: bool) -> None:
    given_ = {"trim_blocks": trim, "lstrip_blocks": lstrip}
    try:
        expected = plain(source, SCOPE, LIBRARY, **given_)
    except jinja2.TemplateError:
        with pytest.raises(TemplateError):
            engine(LIBRARY, **given_).template(text(source)).render(SCOPE)
        return
    rendered = engine(LIBRARY, **given_).template(text(source)).render(SCOPE)
    assert str(rendered) == expected
    assert "".join(one.text for one in trace(rendered)) == expected
