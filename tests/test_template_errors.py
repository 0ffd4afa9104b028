"""Whatever goes wrong inside a template is one line: the file and line of the cause, what, and a hint."""

from __future__ import annotations

from typing import NoReturn

import pytest

from promptkit.content import Text
from promptkit.errors import LimitError, Span, TemplateError
from promptkit.template import Engine

LIBRARY = {
    "unknown": "ok\n{{ nmae }}",
    "divides": "a\nb\n{{ 1 // zero }}",
    "macros": "{% macro m(x) %}\n{{ x.y }}{% endmacro %}",
    "base": "{% block b %}{% endblock %}",
    "broken": "a\n{% if %}",
    "outer": "\n\n{% include 'divides' %}",
}


class Unprintable:
    def __str__(self) -> NoReturn:
        raise KeyError("a\nb")


def fails() -> NoReturn:
    raise ValueError("first line\nsecond line")


SCOPE = {
    "user": {"name": 1},
    "none_": None,
    "name": "n",
    "zero": 0,
    "unprintable": Unprintable(),
    "fails": fails,
    "lone": "\ud800",
}

# name: (template, what the error says)
CASES = {
    "undefined": ("a\n{{ nmae }}", "main.md:2:1: 'nmae' is undefined; did you mean 'name'?"),
    "undefined-in-engine": ("a\n{{ nmae|upper }}", "main.md:2:1: 'nmae' is undefined; did you mean 'name'?"),
    "undefined-key": ("{{ user.nmae }}", "main.md:1: the mapping has no 'nmae'; did you mean 'name'?"),
    "undefined-item": ("{{ user['zzz'] }}", "main.md:1: the mapping has no 'zzz'; known: name"),
    "attribute-of-undefined": ("\n{{ user.x.y }}", "main.md:2:1: the mapping has no 'x'; known: name"),
    "undefined-index": ("{{ [1][5] }}", "main.md:1: the list has no element 5"),
    "undefined-in-loop": ("{% for x in nmae %}{% endfor %}", "main.md:1: 'nmae' is undefined; did you mean 'name'?"),
    "undefined-in-if": ("{% if nmae %}{% endif %}", "main.md:1: 'nmae' is undefined; did you mean 'name'?"),
    "undefined-in-in": ("{{ nmae in 'a' }}", "main.md:1: 'nmae' is undefined; did you mean 'name'?"),
    "undefined-within": ("{{ 'a' in nmae }}", "main.md:1: 'nmae' is undefined; did you mean 'name'?"),
    "undefined-argument": ("{{ 'a'|replace('a', nmae) }}", "main.md:1: 'nmae' is undefined; did you mean 'name'?"),
    "undefined-in-tilde": ("{{ 'a' ~ nmae }}", "main.md:1: 'nmae' is undefined; did you mean 'name'?"),
    "undefined-in-slice": ("{{ nmae[1:] }}", "main.md:1: 'nmae' is undefined; did you mean 'name'?"),
    "undefined-called": ("{{ user.f() }}", "main.md:1: the mapping has no 'f'; known: name"),
    "undefined-over-lines": ("{{\n\n user\n.nope\n}}", "main.md:4:1: the mapping has no 'nope'; known: name"),
    "none-printed": (
        "\n{{ none_ }}",
        "main.md:2:1: 'none_' is None, and None is not printed; test it first or give it a default",
    ),
    "none-attribute": ("{{ none_.x }}", "main.md:1: NoneType has no 'x'"),
    "none-looped": ("{% for x in none_ %}{% endfor %}", "main.md:1: 'NoneType' object is not iterable"),
    "not-callable": ("{{ name() }}", "main.md:1: 'str' object is not callable"),
    "macro-argument": (
        "{% macro m(x) %}\n{{ x }}{% endmacro %}{{ m() }}",
        "main.md:2:1: parameter 'x' was not provided",
    ),
    "macro-too-many": (
        "{% macro m(x) %}{{ x }}{% endmacro %}\n{{ m(1, 2) }}",
        "main.md:2:1: macro 'm' takes not more than 1 argument(s)",
    ),
    "macro-keyword": (
        "{% macro m(x) %}{{ x }}{% endmacro %}\n{{ m(y=1) }}",
        "main.md:2:1: macro 'm' takes no keyword argument 'y'",
    ),
    "no-caller": ("{% macro m() %}\n{{ caller() }}{% endmacro %}{{ m() }}", "main.md:2:1: No caller defined"),
    "division": ("\n\n{{ 1 / zero }}", "main.md:3:1: division by zero"),
    "types": ("{{ 'a' + 1 }}", 'main.md:1: can only concatenate str (not "int") to str'),
    "filter-arguments": (
        "{{ 'a'|replace }}",
        "main.md:1: the filter 'replace' missing 2 required positional arguments: 'old' and 'new'",
    ),
    "filter-keyword": (
        "{{ 'a'|upper(x=1) }}",
        "main.md:1: the filter 'upper' got an unexpected keyword argument 'x'",
    ),
    "filter-value": ("\n{{ 5|join }}", "main.md:2:1: 'int' object is not iterable"),
    "filter-unknown": ("\n{{ 'a'|uper }}", "main.md:2:1: template syntax: no filter named 'uper'"),
    "filter-unknown-in-map": ("\n{{ [1]|map('nope')|list }}", "main.md:2:1: No filter named 'nope'."),
    "test-unknown": ("{{ name is strng }}", "main.md:1: template syntax: no test named 'strng'"),
    "sort": (
        "{{ [1, 'a']|sort }}",
        "main.md:1: '<' not supported between instances of 'str' and 'int'",
    ),
    "json": ("{{ {(1, 2): 3}|tojson }}", "main.md:1: keys must be str, int, float, bool or None, not tuple"),
    "unpacking": ("{% for a, b in [1] %}{% endfor %}", "main.md:1: cannot unpack non-iterable int object"),
    "percent": ("{{ '%d' % 'a' }}", "main.md:1: %d format: a real number is required, not str"),
    "format-key": ("{{ '{x}'.format(y=1) }}", "main.md:1: no key 'x'"),
    "encoding": ("{{ 'a'.encode('nope') }}", "main.md:1: unknown encoding: nope"),
    "overflow": ("{{ 10.0 ** 999 }}", "main.md:1: a number is too large"),
    "slice": ("{{ name[::0] }}", "main.md:1: slice step cannot be zero"),
    "value-that-cannot-print": ("{{ unprintable }}", "main.md:1: no key 'a\\nb'"),
    "function-that-fails": ("\n{{ fails() }}", "main.md:2:1: first line"),
    "surrogate": (
        "{{ lone|urlencode }}",
        "main.md:1: 'utf-8' codec can't encode character '\\ud800' in position 0: surrogates not allowed",
    ),
    "namespace": ("{% set name.x = 1 %}", "main.md:1: cannot assign attribute on non-namespace object"),
    "escape": (
        "{{ ''.__class__ }}",
        "main.md:1: not allowed in a template: access to attribute '__class__' of 'str' object is unsafe.",
    ),
    "include-missing": ("\n{% include 'bse' %}", "main.md:2:1: no template 'bse' to include; did you mean 'base'?"),
    "include-outside": ("{% include '../x' %}", "main.md:1: '../x' leads out of the library; name a block or partial"),
    "include-no-name": ("{% include 5 %}", "main.md:1: the name of a template is a text, not int"),
    "extends-missing": ("{% extends 'bse' %}", "main.md:1: no template 'bse' to include; did you mean 'base'?"),
    "in-include": ("\n\n\n{% include 'unknown' %}", "unknown.md:2:1: 'nmae' is undefined; did you mean 'name'?"),
    "in-nested-include": (
        "{% include 'outer' %}",
        "divides.md:3:1: division by zero",
    ),
    "in-import": ("{% from 'macros' import m %}\n\n\n{{ m({}) }}", "macros.md:2:1: the mapping has no 'y'"),
    "in-parent": (
        "{% extends 'base' %}\n{% block b %}{{ 1 // 0 }}{% endblock %}",
        "main.md:2:1: division by zero",
    ),
    "syntax-in-include": (
        "\n{% include 'broken' %}",
        "broken.md:2:1: template syntax: expected an expression, got 'end of statement block'",
    ),
    "syntax": ("{{ a b }}", "main.md:1: template syntax: expected token 'end of print statement', got 'b'"),
    "unknown-tag": ("\n{% do 1 %}", "main.md:2:1: template syntax: encountered unknown tag 'do'"),
    "autoescape": (
        "\n{% autoescape true %}{% endautoescape %}",
        "main.md:2:1: template syntax: {% autoescape %} is not for prompts; remove it",
    ),
    "unclosed-comment": ("a {# b", "main.md:1: template syntax: missing end of comment tag"),
    "required-block": ("{% block x required %}{% endblock %}", "main.md:1: Required block 'x' not found"),
}


def text(source: str, name: str = "main") -> Text:
    return Text(source, name, Span(f"{name}.md", 1))


def engine() -> Engine:
    return Engine(lambda name: text(LIBRARY[name], name) if name in LIBRARY else None, names=lambda: LIBRARY)


@pytest.mark.parametrize(("source", "expected"), [pytest.param(*case, id=name) for name, case in CASES.items()])
def test_an_error_is_one_line_at_its_place(source: str, expected: str) -> None:
    with pytest.raises(TemplateError) as caught:
        engine().template(text(source)).render(SCOPE)
    assert str(caught.value) == expected


def test_the_steps_that_ran_out_are_told_at_their_line() -> None:
    with pytest.raises(LimitError) as caught:
        engine().template(
            text("\n{% for i in range(99999) %}\n{% for j in range(99) %}{% endfor %}{% endfor %}")
        ).render({})
    assert str(caught.value) == ("main.md:3:1: rendering takes more than 500,000 steps; shorten its loops or its texts")


@pytest.mark.parametrize("name", ["b" * 100_000, "\x1b[31m", "a\nb"])
def test_a_name_in_an_error_is_short_and_on_one_line(name: str) -> None:
    with pytest.raises(TemplateError) as caught:
        engine().template(text("{{ user[name] }}{% if 1 %}{% endif %}")).render({"user": {"a": 1}, "name": name})
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()
