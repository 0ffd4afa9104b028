"""What parsing alone finds wrong with a template; where undefined values and None are refused; settings and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from test_template_features import engine, text

from promptkit.content import Text
from promptkit.errors import LimitError, Span, TemplateError
from promptkit.template import Engine, trace

LIBRARY = {
    "part": "one\n{{ user.nme }}",
    "macros": "{% macro m(x) %}\n\n{{ 1 / x }}{% endmacro %}",
    "cyclic": "{% include 'back' %}",
    "back": "{% if x %}{% include 'cyclic' %}{% endif %}",
    "base": "{% block a %}\n{{ missing }}{% endblock %}",
    "broken": "one\n{% if %}",
}
SCOPE: dict[str, Any] = {"user": {"name": "Ann"}, "n": 0, "none_": None, "items": [1], "text": "t", "up": "../x"}

RENDERING = [
    pytest.param("{{ usr == 1 }}", "main.md:1: 'usr' is undefined; did you mean 'user'?", id="comparison"),
    pytest.param("{{ usr is none }}", "main.md:1: 'usr' is undefined; did you mean 'user'?", id="test"),
    pytest.param("{{ usr|items|list }}", "main.md:1: 'usr' is undefined; did you mean 'user'?", id="lenient-filter"),
    pytest.param("{{ [usr] }}", "main.md:1: 'usr' is undefined; did you mean 'user'?", id="in-a-list"),
    pytest.param("{{ {'k': usr}|tojson }}", "main.md:1: 'usr' is undefined; did you mean 'user'?", id="tojson"),
    pytest.param("{% include usr %}", "main.md:1: 'usr' is undefined; did you mean 'user'?", id="include-name"),
    pytest.param("{{ 'a' ~ none_ }}", "main.md:1: a None joined to text; test it first or give it a default", id="none-joined"),
    pytest.param("{% extends 'base' %}", "base.md:2:1: 'missing' is undefined; known: items, n, none_, text, up, user", id="in-a-parent"),
    pytest.param("{% include 'prt' ~ '' %}", "main.md:1: no template 'prt' to include; did you mean 'part'?", id="computed-name"),
    pytest.param("\n{% include up %}", "main.md:2:1: '../x' leads out of the library; name a block or partial", id="computed-outside"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), RENDERING)
def test_rendering_errors(source: str, expected: str) -> None:
    with pytest.raises(TemplateError) as caught:
        engine(LIBRARY).template(text(source)).render(SCOPE)
    assert str(caught.value) == expected


CHECKS = [
    pytest.param("{{ a }}", [], id="fine"),
    pytest.param("{% include a %}{% include 'gone' ignore missing %}{% include ['gone', 'part'] %}", [], id="allowed-includes"),
    pytest.param("\n{% if %}", ["T101 main.md:2:1: template syntax: expected an expression, got 'end of statement block'"], id="syntax"),
    pytest.param("{{ a|uper }}", ["T101 main.md:1: template syntax: no filter named 'uper'; did you mean 'upper'?"], id="filter"),
    pytest.param("{% if 0 %}{{ a is defind }}{% endif %}", ["T101 main.md:1: template syntax: no test named 'defind'; did you mean 'defined'?"], id="test"),
    pytest.param("{% autoescape true %}{% endautoescape %}", ["T101 main.md:1: template syntax: {% autoescape %} is not for prompts; remove it"], id="autoescape"),
    pytest.param("{% block x %}{% endblock %}\n{% block x %}{% endblock %}", ["T101 main.md:2:1: template syntax: block 'x' defined twice"], id="block-twice"),
    pytest.param("\n{% include 'prt' %}", ["T104 main.md:2:13: no template 'prt' to include; did you mean 'part'?"], id="missing"),
    pytest.param("{% import '../x' as m %}", ["X508 main.md:1: '../x' leads out of the library; name a block or partial"], id="outside"),
    pytest.param("{% include '/etc/passwd' %}", ["X508 main.md:1: '/etc/passwd' leads out of the library; name a block or partial"], id="absolute"),
    pytest.param("{% extends 'a\\\\b' %}", ["X508 main.md:1: 'a\\b' leads out of the library; name a block or partial"], id="backslash"),
    pytest.param("{% include 'main' %}", ["T105 main.md:1: templates that include each other: main -> main"], id="itself"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CHECKS)
def test_checks(source: str, expected: list[str]) -> None:
    problems = engine({**LIBRARY, "main": source}).template(text(source)).check()
    assert [f"{problem.code} {problem}" for problem in problems] == expected


def test_a_cycle_names_its_path() -> None:
    (problem,) = engine(LIBRARY).template(text(LIBRARY["cyclic"], "cyclic")).check()
    assert str(problem) == "cyclic.md:1: templates that include each other: cyclic -> back -> cyclic"
    with pytest.raises(LimitError):
        engine(LIBRARY).template(text(LIBRARY["cyclic"], "cyclic")).render({"x": 1})


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{% for a in b %}" * 25 + "{% endfor %}" * 25, id="25-loops"),
        pytest.param("{{ " + "(" * 5000 + "a" + ")" * 5000 + " }}", id="parentheses"),
        pytest.param("{{ " + "not " * 5000 + "a }}", id="nots"),
        pytest.param("{{ a" + "|e" * 3000 + " }}", id="filters"),
        pytest.param("{{ a" + "+1" * 3000 + " }}", id="sums"),
        pytest.param("{% if a %}" * 3000 + "{% endif %}" * 3000, id="ifs"),
        pytest.param("{{ " + "[" * 3000 + "]" * 3000 + " }}", id="lists"),
        pytest.param("{{ " + "9" * 5000 + " }}", id="digits"),
    ],
)
def test_nesting_too_deep_for_python_is_an_error(source: str) -> None:
    template = engine().template(text(source))
    template.check()
    with pytest.raises(TemplateError):
        template.render({"a": 1, "b": [1]})


def test_file_lines_come_from_the_text() -> None:
    source = Text("{{ a\n}}{% if b %}\n{{ c }}{% endif %}", "t", Span("p.yaml", 10, 5), lines=(10, 12, 15), indent=7)
    template = Engine(lambda _: None).template(source)
    with pytest.raises(TemplateError, match=r"^p\.yaml:15:7: 'c' is undefined"):
        template.render({"a": 1, "b": 1})
    spans = [str(one.span) for one in trace(template.render({"a": 1, "b": 1, "c": 2}))]
    assert spans == ["p.yaml:10:5", "p.yaml:12:7", "p.yaml:15:7"]


def test_a_literal_include_is_never_parsed() -> None:
    literal = Text("{{ x }}\r\n{% if %}", "lit", Span("lit.txt", 1), literal=True)
    template = Engine({"lit": literal}.get).template(text("<{% include 'lit' %}>"))
    assert template.check() == []
    rendered = template.render({})
    assert rendered == "<{{ x }}\r\n{% if %}>"
    assert [str(one.span) for one in trace(rendered)] == ["main.md:1", "lit.txt:1", "lit.txt:2:1", "main.md:1"]


def test_promptkits_own_templates_keep_stock_settings() -> None:
    library = {"std/own": "{% if 1 %}\nown{% endif %}\n{% include 'mine' %}", "mine": "{% if 1 %}\nmine{% endif %}\n"}
    settings = {"trim_blocks": True, "lstrip_blocks": True}
    mine = engine(library, **settings).template(text("{% if 1 %}\n{% include 'std/own' %}{% endif %}"))
    assert mine.render({}) == "\nown\nmine"


@pytest.mark.parametrize(
    ("source", "expected"),
    [("a + 1", 3), ("a > 1 and b is not defined", True), ("[a]", [2]), ("'x' ~ a", "x2"), ("none", None)],
)
def test_expressions(source: str, expected: object) -> None:
    assert engine().expression(text(source)).evaluate({"a": 2}) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a b", "main.md:1: template syntax: more text after the expression"),
        ("", "main.md:1: template syntax: unexpected 'end of template'"),
        ("ab", "main.md:1: 'ab' is undefined; known: aa"),
        ("1 / 0", "main.md:1: division by zero"),
    ],
)
def test_expression_errors(source: str, expected: str) -> None:
    with pytest.raises(TemplateError) as caught:
        engine().expression(text(source)).evaluate({"aa": 2})
    assert str(caught.value) == expected


def test_threads_share_an_engine() -> None:
    template = engine().template(
        text("{% from 'macros' import hello %}{% for i in r %}{{ hello(v) }}{{ i }}{% endfor %}")
    )
    expected = {v: str(engine().template(template.text).render({"v": v, "r": range(50)})) for v in "abcd"}

    def render(v: str) -> str:
        rendered = template.render({"v": v, "r": range(50)})
        assert "".join(one.text for one in trace(rendered)) == rendered
        return str(rendered)

    with ThreadPoolExecutor(4) as pool:
        values = list("abcd") * 25
        assert list(pool.map(render, values)) == [expected[v] for v in values]
