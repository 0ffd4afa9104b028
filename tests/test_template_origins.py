"""What each run of rendered text came from: its place, its names, its conditions, and the caller's own origins."""

from __future__ import annotations

from typing import Any

import pytest
from test_template_features import engine, text

from promptkit.template import foreign_text, trace

LIBRARY = {
    "part": "part {{ x }}",
    "macros": "{% macro hi(a, b=company) %}hi {{ a }} {{ b }}{% if a %}!{% endif %}{% endmacro %}{% set title = company|upper %}",
    "both": "{% from 'macros' import hi with context %}{{ hi(x) }}",
    "base": "<{% block t %}base {{ x }}{% endblock %}>",
    "other": "other",
    "title": "{% block t %}{{ title }}{% endblock %}",
    "tree": "{{ node.v }}{% for node in node.kids %}{% include 'tree' %}{% endfor %}",
    "blank": "blank",
}
SCOPE: dict[str, Any] = {
    "a": "A", "b": "B", "c": "C", "x": "X", "company": "Co", "on": True, "off": False, "xs": ["1", "2"], "which": "part",
    "node": {"v": "r", "kids": [{"v": "k", "kids": []}]}, "ys": [["y"]], "up": "upper",
}  # fmt: skip

# (text, names, conditions), one a run; neighbouring runs that agree are taken together
CASES: list[Any] = [
    pytest.param("s {{ a }}", ["s /", "A/a"], id="a-field"),
    pytest.param("s {{ a|upper }}{{ a ~ b }}{{ a.x|d(c) }}", ["s /", "A/a", "AB/a b", "C/a c"], id="expressions"),
    pytest.param("{{ a if on else b }}{{ off or b }}", ["A/a b on/on", "B/b off/off"], id="choices-in-an-expression"),
    pytest.param("{% if on %}t{% elif a %}u{% else %}v{% endif %}", ["t//on"], id="if"),
    pytest.param("{% if off %}t{% elif a %}u{% else %}v{% endif %}", ["u//a off"], id="elif"),
    pytest.param("{% if off %}t{% elif off %}u{% else %}v{{ a }}{% endif %}w", ["v//off", "A/a/off", "w/"], id="else"),
    pytest.param("{% for i in xs %}{{ i }}{% endfor %}", ["12/xs/xs"], id="for"),
    pytest.param("{% for i in xs if i != a %}.{{ i }}{% endfor %}", [".//a xs", "1/a xs/a xs", ".//a xs", "2/a xs/a xs"], id="for-if"),
    pytest.param("{% for i in [] %}{% else %}none{{ a }}{% endfor %}", ["none/", "A/a"], id="for-over-a-constant"),
    pytest.param("{% for i in xs %}{{ loop.index }}{% endfor %}", ["12/xs/xs"], id="loop-variable"),
    pytest.param("{% for r in ys recursive %}{{ r if r is string else loop(r) }}{% endfor %}", ["y/ys/ys"], id="recursive"),
    pytest.param("{% set v = a %}{% set w = v ~ b %}{{ w }}{{ v }}", ["AB/a b", "A/a"], id="set"),
    pytest.param("{% set v = 's' %}{{ v }}", ["s/"], id="set-constant"),
    pytest.param("{% if on %}{% set v = 's' %}{% else %}{% set v = 't' %}{% endif %}{{ v }}", ["s/on/on"], id="set-in-branches"),
    pytest.param("{% set v %}s {{ a }}{% endset %}{{ v }}{{ v|lower }}", ["s /", "As a/a"], id="set-block"),
    pytest.param("{% if on %}{% set v %}s{{ a }}{% endset %}{% endif %}{{ v }}", ["s//on", "A/a/on"], id="set-block-in-if"),
    pytest.param("{% set q, r = a, b %}{{ q }}", ["A/a b"], id="set-tuple"),
    pytest.param("{% with v = a %}{{ v }}{{ b }}{% endwith %}", ["A/a", "B/b"], id="with"),
    pytest.param("{% set n = namespace(v='0') %}{% for i in xs %}{{ n.v }}{% set n.v = i %}{% endfor %}", ["01/xs/xs"], id="namespace"),
    pytest.param("{% macro m(p) %}s{{ p }}{% endmacro %}{{ m(a) }}{{ m(b) }}", ["s/", "A/a", "s/", "B/b"], id="macro"),
    pytest.param("{% macro m(p) %}{% if p %}s{% endif %}{% endmacro %}{{ m(a) }}", ["s//a"], id="macro-condition"),
    pytest.param("{% macro m(p) %}s{{ p }}{% endmacro %}{% if on %}{{ m(a) }}{% endif %}", ["s//on", "A/a/on"], id="macro-in-if"),
    pytest.param("{% macro m(p) %}s{{ p }}{% endmacro %}{{ m(a)|lower }}", ["sa/a"], id="macro-filtered"),
    pytest.param("{% macro m() %}s{{ c }}{% endmacro %}{{ m()|lower }}", ["sc/c"], id="macro-closure-filtered"),
    pytest.param("{% macro m(p, q=b) %}{{ q }}{% endmacro %}{{ m(a) }}{{ m(a, c) }}{{ m(a, q=x) }}", ["B/b", "C/c", "X/x"], id="macro-defaults"),
    pytest.param("{% macro m() %}{{ varargs[0] }}{{ kwargs.k }}{% endmacro %}{{ m(a, k=b) }}", ["A/a", "B/b"], id="varargs"),
    pytest.param("{% macro m(p) %}{{ p }}{% endmacro %}{{ m(*[a]) }}", ["A/a"], id="star-arguments"),
    pytest.param("{% macro i(p) %}[{{ p }}]{% endmacro %}{% macro o(p) %}{{ i(p) }}{% endmacro %}{{ o(a) }}", ["[/", "A/a", "]/"], id="macro-in-macro"),
    pytest.param("{% macro m(p) %}s{% endmacro %}{% set v = m(a) %}{{ v }}{% if on %}{{ v }}{% endif %}", ["s/", "s//on"], id="macro-set"),
    pytest.param("{% macro m(p) %}{{ caller(p) }}{% endmacro %}{% call(u) m(a) %}{{ u }}{{ b }}{% endcall %}", ["A/a", "B/b"], id="call"),
    pytest.param("{% macro m() %}{{ caller()|lower }}{% endmacro %}{% call m() %}S{{ b }}{% endcall %}", ["sb/b"], id="caller-filtered"),
    pytest.param("{% macro m(p) %}{% if p %}{{ caller() }}{% endif %}{% endmacro %}{% call m(a) %}s{% endcall %}", ["s//a"], id="call-condition"),
    pytest.param("{% filter lower %}S{{ a }}{% if on %}T{% endif %}{% endfilter %}", ["sat/a on"], id="filter-block"),
    pytest.param("{% include 'part' %}", ["part /", "X/x"], id="include"),
    pytest.param("{% set x = a %}{% include 'part' %}", ["part /", "A/a"], id="include-bound"),
    pytest.param("{% for x in xs %}{% include 'part' %}{% endfor %}", ["part //xs", "1/xs/xs", "part //xs", "2/xs/xs"], id="include-in-loop"),
    pytest.param("{% if on %}{% include 'blank' without context %}{% endif %}", ["blank//on"], id="include-without-context"),
    pytest.param("{% include which %}", ["part //which", "X/x/which"], id="include-computed"),
    pytest.param("{% set v %}{% include 'part' %}{% endset %}{{ v|lower }}", ["part x/x"], id="include-filtered"),
    pytest.param("{% include 'both' %}", ["hi /", "X/x", " /", "Co/company", "!//x"], id="include-of-import"),
    pytest.param("{% include 'tree' %}", ["r/node", "k/node/node"], id="include-recursive"),
    pytest.param("{% macro m(x) %}{% include 'part' %}{% endmacro %}{{ m(b) }}", ["part /", "B/b"], id="include-in-macro"),
    pytest.param("{% import 'macros' as m with context %}{{ m.title }}{{ m.hi(a) }}", ["CO/company", "hi /", "A/a", " /", "Co/company", "!//a"], id="import"),
    pytest.param("{% from 'macros' import hi, title with context %}{{ title }}{{ hi(a, b)|lower }}", ["CO/company", "hi a b!/a b company"], id="from-import"),
    pytest.param("{% set company = a %}{% from 'macros' import title with context %}{{ title }}", ["A/a"], id="import-bound"),
    pytest.param("{% extends 'base' %}{% block t %}{{ super() }}{{ b }}{% endblock %}", ["<base /", "X/x", "B/b", ">/"], id="extends"),
    pytest.param("{% extends 'base' %}{% block t %}{{ super()|upper }}{% endblock %}", ["</", "BASE X/x", ">/"], id="super-filtered"),
    pytest.param("{% extends 'title' %}{% set title = a %}", ["A/a"], id="parent-block-sees-set"),
    pytest.param("{% extends 'other' if off else 'base' %}{% block t %}s{% endblock %}", ["<s>//off"], id="extends-chosen"),
    pytest.param("{% if on %}{% block k %}s{% endblock %}{% endif %}", ["s//on"], id="block-in-if"),
    pytest.param("{% for i in xs %}{% block k scoped %}{{ i }}{% endblock %}{% endfor %}", ["12/xs/xs"], id="scoped-block"),
]  # fmt: skip


def runs(source: str, scope: dict[str, Any]) -> list[str]:
    found: list[tuple[str, str]] = []
    for one in trace(engine(LIBRARY).template(text(source)).render(scope)):
        names, conditions = " ".join(sorted(one.names)), " ".join(sorted(one.conditions))
        where = f"/{names}/{conditions}" if conditions else f"/{names}"
        if found and found[-1][1] == where:
            found[-1] = (found[-1][0] + one.text, where)
        else:
            found.append((one.text, where))
    return [run + where for run, where in found]


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_names_and_conditions(source: str, expected: list[str]) -> None:
    assert runs(source, SCOPE) == expected


def test_a_loop_in_a_call_block_charges_both() -> None:
    source = "{% macro m(p) %}{% for i in p %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(u) m(xs) %}{{ u }}{{ b }}{% endcall %}"
    assert runs(source, SCOPE) == ["1/xs/xs", "B/b/xs", "2/xs/xs", "B/b/xs"]


FOREIGN = {**SCOPE, "blocks": foreign_text([("one", 1), ("", 2), ("two", 3)])}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("{{ blocks }}", [("one", 1, ""), ("two", 3, "")], id="alone"),
        pytest.param(
            "<{{ blocks }}>", [("<", None, ""), ("one", 1, ""), ("two", 3, ""), (">", None, "")], id="wrapped"
        ),
        pytest.param(
            "{% if on %}{{ blocks }}{% endif %}", [("one", 1, "on"), ("two", 3, "on")], id="under-a-condition"
        ),
        pytest.param("{{ blocks if on }}", [("one", 1, "on"), ("two", 3, "on")], id="chosen"),
        pytest.param(
            "{% macro m(p) %}{{ p }}{% endmacro %}{{ m(blocks) }}", [("one", 1, ""), ("two", 3, "")], id="macro"
        ),
        pytest.param("{% set b = blocks %}{{ b }}", [("one", 1, ""), ("two", 3, "")], id="set"),
        pytest.param("{{ blocks|upper }}", [("ONETWO", None, "")], id="filtered"),
        pytest.param("{{ blocks ~ '' }}", [("onetwo", None, "")], id="operator"),
        pytest.param("{{ blocks.strip() }}", [("onetwo", None, "")], id="method"),
        pytest.param("{{ '{}'.format(blocks) }}", [("onetwo", None, "")], id="format"),
    ],
)
def test_the_callers_origins_survive_printing(source: str, expected: list[tuple[str, object, str]]) -> None:
    traces = trace(engine(LIBRARY).template(text(source)).render(FOREIGN))
    assert [(one.text, one.foreign, " ".join(sorted(one.conditions))) for one in traces] == expected
    assert all(one.names == (frozenset() if one.foreign or one.authored else {"blocks"}) for one in traces)


def test_a_rendered_text_is_an_ordinary_value_of_the_next_render() -> None:
    first = engine().template(text("{% if a %}{{ a }}b{% endif %}")).render({"a": "{{ x }}"})
    for source in ("{{ v }}", "{{ v }}{# engine #}"):
        (one,) = trace(engine().template(text(source)).render({"v": first}))
        assert (one.text, sorted(one.names), sorted(one.conditions), one.authored) == ("{{ x }}b", ["v"], [], False)


def test_a_rendered_text_pickles_as_text() -> None:
    import copy
    import pickle

    rendered = engine().template(text("{{ a }}")).render({"a": "x"})
    assert type(pickle.loads(pickle.dumps(rendered))) is str
    assert copy.deepcopy(rendered) == "x"
