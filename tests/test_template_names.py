"""The names a template needs are those that a render looks up in its scope, each at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptkit.errors import PromptkitError, Span
from promptkit.model import Text
from promptkit.template import Engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.template.needs import Needs

LIBRARY = {
    "x": "{{ x }}",
    "xy": "{{ x }}\n{{ y }}",
    "guarded": "{% if x is defined %}{{ x }}{% endif %}",
    "uses-m": "{{ m() }}",
    "loops": "{{ loop.index }}",
    "lib": "{% macro m(a) %}{{ a }}{{ x }}{% endmacro %}{% macro n() %}{{ y }}{% endmacro %}{{ z }}",
    "base": "{{ t }}{% block a %}{{ x }}{% endblock %}{% block b %}{{ y }}{% endblock %}",
    "base2": "{% block a %}{{ z }}{% endblock %}",
    "mid": "{% extends 'base' %}{% block a %}{{ m }}{{ super() }}{% endblock %}",
    "sets": "{% extends 'base' %}{% set x = 1 %}",
    "scoped": "{% for i in s %}{% block a scoped %}{{ i }}{% endblock %}{% endfor %}",
    "unscoped": "{% for i in s %}{% block a %}{{ i }}{% endblock %}{% endfor %}",
    "me": "{{ x }}{% include 'me' %}",
    "ping": "{{ p }}{% include 'pong' %}",
    "pong": "{{ q }}{% set p = 1 %}{% include 'ping' %}",
    "computed": "\n{% include f %}",
    "caller": "{% macro wrap() %}{{ caller() }}{{ w }}{% endmacro %}",
}


def engine(library: Mapping[str, str]) -> Engine:
    def load(name: str) -> Text | None:
        return Text(library[name], name, Span(name, 1)) if name in library else None

    return Engine(load, names=lambda: library)


def needs(source: str, library: Mapping[str, str] = LIBRARY) -> Needs:
    return engine({**library, "main": source}).template(Text(source, "main", Span("main", 1))).needs


# A name is followed by ? where all its uses are guarded.
CASES = [
    ("", ""),
    ("text", ""),
    ("{{ x }}", "x"),
    ("{{ x }}{{ y.z }}", "x y"),
    ("{{ x[y] }}", "x y"),
    ("{{ f(x, k=y) }}", "f x y"),
    ("{{ range(3) }}{{ dict(a=1) }}{{ namespace() }}{{ cycler(1) }}{{ joiner() }}{{ lipsum() }}", ""),
    ("{{ loop }}", "loop"),
    ("{{ -x + y ~ z }}", "x y z"),
    ("{% set x = 1 %}{{ x }}", ""),
    ("{% set x = x %}{{ x }}", "x"),
    ("{{ x }}{% set x = 1 %}", "x"),
    ("{% set x, (y, z) = v %}{{ x }}{{ y }}{{ z }}", "v"),
    ("{% set x %}{{ y }}{% endset %}{{ x }}", "y"),
    ("{% set x | replace('a', y) %}{{ y }}{{ z }}{% endset %}{{ x }}", "y z"),
    ("{% set ns = namespace(a=x) %}{% set ns.a = y %}{{ ns.a }}", "x y"),
    ("{% set ns.a = 1 %}", "ns"),
    ("{% with x = 1, y = x %}{{ x }}{{ y }}{% endwith %}", "x"),
    ("{% with x = 1 %}{{ x }}{% endwith %}{{ x }}", "x"),
    ("{% for i in s %}{{ i }}{{ loop.index }}{% endfor %}", "s"),
    ("{% for i in s %}{{ i }}{% endfor %}{{ i }}", "s i"),
    ("{% for i, j in s if i and k %}{{ j }}{% else %}{{ e }}{{ i }}{% endfor %}", "s k e i"),
    ("{% for i in s if loop.first %}{% endfor %}", "s loop"),
    ("{% for i in s recursive %}{{ loop(i.c) }}{{ x }}{% endfor %}", "s x"),
    ("{% for i in s %}{% set x = 1 %}{{ x }}{% endfor %}{{ x }}", "s x"),
    ("{% set x = 0 %}{% for i in s %}{{ x }}{% set x = 1 %}{% endfor %}{{ x }}", "s"),
    ("{% for i in s %}{{ x }}{% set x = 1 %}{% endfor %}", "s x"),
    ("{% for i in s %}{{ x }}{% endfor %}{% set x = 1 %}", "s"),  # Jinja2 does not look it up: it stays undefined
    ("{% if c %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}{{ x }}", "c"),
    ("{% if c %}{% set x = 1 %}{% endif %}{{ x }}", "c x"),
    ("{% if c %}{% set x = 1 %}{% elif d %}{% set x = 2 %}{% endif %}{{ x }}", "c d x"),
    ("{% if c %}{% set x = 1 %}{% elif d %}{% set x = 2 %}{% else %}{% set x = 3 %}{% endif %}{{ x }}", "c d"),
    ("{% if c %}{% set x = 1 %}{% else %}{{ x }}{% endif %}", "c x"),
    ("{% if x is defined %}{{ x }}{% endif %}", "x?"),
    ("{% if x is defined %}{{ x }}{% else %}\n{{ x }}{% endif %}", "x"),
    ("{% if x is not defined %}{{ y }}{% else %}{{ x }}{% endif %}", "x? y"),
    ("{% if x is undefined %}{{ y }}{% else %}{{ x }}{% endif %}", "x? y"),
    ("{% if x is defined and x.y %}{{ x.z }}{% endif %}", "x?"),
    ("{% if x is defined or x.y %}{% endif %}", "x"),
    ("{{ not x is defined or x }}", "x?"),
    ("{% if x is undefined %}a{% elif x %}{{ x }}{% endif %}", "x?"),
    ("{% if x is defined and y is defined %}{{ x }}{{ y }}{% endif %}", "x? y?"),
    ("{% if x is defined or y is defined %}{{ x }}{% endif %}", "x y?"),
    ("{% if x %}{{ x }}{% endif %}", "x"),
    ("{{ x if x is defined else y }}", "x? y"),
    ("{{ y if x is undefined else x }}", "x? y"),
    ("{{ x | default('a') }}{{ y | d(z) }}", "x? y? z"),
    ("{{ x.y | default('a') }}", "x"),
    ("{{ x.y is defined }}", "x"),
    ("{{ x is string }}", "x"),
    ("{{ x | default('') }}\n{{ x }}", "x"),
    ("{% for i in s if x is defined %}{{ x }}{% endfor %}", "s x?"),
    ("{% macro m() %}{{ x }}{% endmacro %}", ""),
    ("{% macro m() %}{{ x }}{% endmacro %}{{ m() }}", "x"),
    ("{% macro m(a, b=a, c=d) %}{{ b }}{{ varargs }}{{ kwargs }}{{ caller }}{% endmacro %}{{ m(1) }}", "d"),
    ("{% macro m() %}{{ m() }}{{ x }}{% endmacro %}{{ m() }}", "x"),
    ("{% macro m() %}{{ x }}{% endmacro %}{% macro n() %}{{ m() }}{% endmacro %}{{ n() }}", "x"),
    ("{% macro m() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ m() }}", ""),
    ("{% macro m() %}{{ x }}{% endmacro %}{% with x = 1 %}{{ m() }}{% endwith %}", "x"),
    ("{% macro m() %}{{ x }}{% endmacro %}{% if x is defined %}{{ m() }}{% endif %}", "x?"),
    ("{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(a) m() %}{{ a }}{{ x }}{% endcall %}", "x"),
    ("{% filter replace('a', y) %}{{ x }}{% endfilter %}", "x y"),
    ("{{ caller() }}", "caller"),
    ("{% include 'x' %}", "x"),
    ("{% set x = 1 %}{% include 'xy' %}", "y"),
    ("{% include 'xy' %}{% set x = 1 %}", "x y"),
    ("{% with x = 1 %}{% include 'xy' %}{% endwith %}", "y"),
    ("{% for x in s %}{% include 'xy' %}{% else %}{{ e }}{% endfor %}", "s y e"),
    ("{% if c %}{% set x = 1 %}{% endif %}{% include 'x' %}", "c x"),
    ("{% if x is defined %}{% include 'xy' %}{% endif %}", "x? y"),
    ("{% include 'guarded' %}", "x?"),
    ("{% include 'x' without context %}", ""),
    ("{% include ['nothing', 'x', 'xy'] %}", "x"),
    ("{% include 'nothing' ignore missing %}", ""),
    ("{% macro m() %}{{ x }}{% endmacro %}{% include 'uses-m' %}", "x"),
    ("{% macro c() %}{% include 'x' %}{% endmacro %}{{ c() }}", "x"),
    ("{% for i in s %}{{ loop.index }}{% include 'loops' %}{% endfor %}", "s"),
    ("{% for i in s %}{% include 'loops' %}{% endfor %}", "s loop"),
    ("{% import 'lib' as l %}{{ l.m(1) }}", ""),
    ("{% import 'lib' as l with context %}", "z"),
    ("{% import 'lib' as l with context %}{{ l.m(1) }}", "z x"),
    ("{% set x = 1 %}{% import 'lib' as l with context %}{{ l.m(1) }}{{ l.n() }}", "z y"),
    ("{% from 'lib' import m, n as o with context %}{{ o() }}", "z y"),
    ("{% from 'lib' import m %}{{ m(x) }}", "x"),
    ("{% from 'caller' import wrap with context %}{% call wrap() %}{{ x }}{% endcall %}", "x w"),
    ("{% extends 'base' %}{{ nothing }}", "t x y"),
    ("{{ before }}{% extends 'base' %}", "before t x y"),
    ("{% extends 'base' %}{% block a %}{{ z }}{% endblock %}", "t z y"),
    ("{% extends 'base' %}{% block a %}{{ super() }}{{ z }}{% endblock %}", "t x z y"),
    ("{% extends 'mid' %}{% block a %}{{ super() }}{% endblock %}", "t m x y"),
    ("{% extends 'mid' %}{% block a %}{{ super.super() }}{% endblock %}", "t x y"),
    ("{% extends 'base' %}{% set x = 1 %}", "t y"),
    ("{% extends 'sets' %}", "t y"),
    ("{% extends 'base' %}{% block a %}{% endblock %}{% block b %}{{ self.a() }}{% endblock %}", "t"),
    ("{% extends 'scoped' %}{% block a %}{{ i }}{% endblock %}", "s"),
    ("{% extends 'unscoped' %}{% block a %}{{ i }}{% endblock %}", "s i"),
    ("{% if c %}{% extends 'base' %}{% else %}{% extends 'base2' %}{% endif %}", "c t x y z"),
    ("{% macro m() %}{{ x }}{% endmacro %}{% block q %}{{ m() }}{% endblock %}", "x"),
    ("{% include 'me' %}", "x"),
    ("{% include 'ping' %}", "p q"),
    ("{% include 'pong' %}", "q"),
    ("{% include f %}", "f"),
    ("{% include 'computed' %}", "f"),
]


@pytest.mark.parametrize(("source", "expected"), [pytest.param(*case, id=case[0] or "empty") for case in CASES])
def test_names_and_guards(source: str, expected: str) -> None:
    found: dict[str, bool] = {}
    for use in needs(source).uses:
        found[use.name] = found.get(use.name, True) and use.guarded
    assert found == {one.rstrip("?"): one.endswith("?") for one in expected.split()}


def test_a_use_stands_at_its_own_line_and_file() -> None:
    found = needs("\n{% include 'xy' %}\n{{ x }}{{ x }}\n{% include 'computed' %}")
    assert [(use.name, str(use.span)) for use in found.uses] == [
        ("x", "xy:1"),
        ("y", "xy:2:1"),
        ("x", "main:3:1"),
        ("f", "computed:2:1"),
    ]
    assert [str(span) for span in found.dynamic] == ["computed:2:1"]


def test_depth_ends_in_an_answer_or_an_error() -> None:
    chain = {f"t{i}": f"{{{{ n{i} }}}}{{% include 't{i + 1}' %}}" for i in range(2000)}
    assert len(needs("{% include 't0' %}", chain).uses) == 2000
    deep = ["{{ " + "(" * 400 + "x" + ")" * 400 + " }}", "{{ " + "x + " * 5000 + "x }}"]
    deep.append("{% if x %}" * 300 + "{% endif %}" * 300)
    macros = "".join(
        f"{{% macro m{i}() %}}{{{{ m{i + 1}() }}}}{{{{ m{i + 1}() }}}}{{% endmacro %}}" for i in range(400)
    )
    deep.append(macros + "{{ m0() }}")
    deep.append("{% block a scoped %}" + "{% block b scoped %}{{ self.a() }}{{ self.b() }}{% endblock %}{% endblock %}")
    for source in deep:
        try:
            assert {use.name for use in needs(source).uses} <= {"x"}
        except PromptkitError as error:
            assert error.span is not None  # noqa: PT017
