"""The names a template needs are those that a render looks up in its scope, each at its line."""

from __future__ import annotations

import random
from itertools import product
from typing import TYPE_CHECKING, Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.compiler import CodeGenerator
from jinja2.runtime import Context
from jinja2.utils import missing

from promptkit.content import Text
from promptkit.errors import PromptkitError, Span
from promptkit.template import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2 import nodes
    from jinja2.compiler import Frame

    from promptkit.template.names import Needs

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
    chain = {f"t{i}": f"{{{{ n{i} }}}}{{% include 't{i + 1}' %}}" for i in range(500)}
    assert len(needs("{% include 't0' %}", chain).uses) == 500
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


class Given:
    """A value of the scope: true or false as it was told, callable, with every attribute, two items long."""

    def __init__(self, truth: bool) -> None:  # noqa: FBT001
        self.truth = truth

    def __bool__(self) -> bool:
        return self.truth

    def __iter__(self) -> Iterator[Any]:
        return iter((Given(True), Given(True)))

    def __call__(self, *args: object, **kwargs: object) -> Given:
        return Given(True)

    def __getattr__(self, name: str) -> Given:
        if name.startswith("__"):
            raise AttributeError(name)
        return Given(True)

    def __str__(self) -> str:
        return "given"


class Unread(str):
    """A name of the scope that has been resolved and not been read."""

    __slots__ = ()


SCOPED = "(scope)"  # bound in all contexts but those of templates that are included or imported without one


class RecordingContext(Context):
    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        return Unread(key) if found is missing and SCOPED in self.parent else found


class RecordingGenerator(CodeGenerator):
    """Notes each name where its value is read."""

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:  # noqa: N802
        if node.ctx == "load":
            self.write(f"environment.read({self.name!r}, {node.lineno}, ")
            super().visit_Name(node, frame)
            self.write(")")
        else:
            super().visit_Name(node, frame)


class Recorder(jinja2.Environment):
    """Plain Jinja2 that notes the scope's names as they are read, at their lines."""

    context_class = RecordingContext
    code_generator_class = RecordingGenerator

    def __init__(self, library: Mapping[str, str], truths: Mapping[str, bool]) -> None:
        super().__init__(loader=jinja2.DictLoader(dict(library)), cache_size=400)
        self.truths = truths
        self.seen: set[tuple[str, str, int]] = set()

    def read(self, name: str, line: int, value: Any) -> Any:
        if type(value) is not Unread:
            return value
        self.seen.add((str(value), name, line))
        return Given(self.truths.get(value, True))


def looked_up(library: Mapping[str, str], truths: Mapping[str, bool]) -> set[tuple[str, str, int]]:
    recorder = Recorder(library, truths)
    recorder.get_template("main").render({SCOPED: True})
    return recorder.seen


def needed(library: Mapping[str, str]) -> set[tuple[str, str, int]]:
    uses = needs(library["main"], library).uses
    return {(use.name, use.span.path, use.span.line or 0) for use in uses}


NAMES = ("x", "y", "z", "w")
CONDITIONS = ("c", "d", "e")


class Writer:
    """Writes random templates. Without `branching` all that is written runs."""

    def __init__(self, draw: random.Random, *, branching: bool) -> None:
        self.draw = draw
        self.branching = branching
        self.macros = 0

    def name(self) -> str:
        return self.draw.choice(NAMES)

    def value(self) -> str:
        a, b, c = self.name(), self.name(), self.draw.choice(CONDITIONS)
        some = [a, a, f"[{a}, {b}]", f"({a} ~ {b})", f"[{a}][0]", f"({a}|string)", "1"]
        if self.branching:
            some += [f"({a} if {c} else {b})", f"({c} and {a})", f"({c} or {a})", f"({a}|d({b}))", f"({a} is defined)"]
        return self.draw.choice(some)

    def body(self, depth: int, others: tuple[str, ...]) -> str:
        return "\n".join(self.statement(depth, others) for _ in range(self.draw.randint(1, 3)))

    def statement(self, depth: int, others: tuple[str, ...]) -> str:
        a, value, pick = self.name(), self.value(), self.draw.random()
        if pick < 0.3 or depth == 0:
            return f"{{{{ {value} }}}}"
        if pick < 0.45:
            return self.draw.choice([f"{{% set {a} = {value} %}}", f"{{% set {a}, q = [{value}, 1] %}}"])
        inner = self.body(depth - 1, others)
        if pick < 0.6 and others:
            other = self.draw.choice(others)
            context = self.draw.choice(["", "", " without context"])
            if self.draw.random() < 0.6:
                return f"{{% include '{other}' %}}"
            context = context or " with context"
            called = f"{{{{ l.shown_{other}() }}}}" if self.draw.random() < 0.6 else ""
            return f"{{% import '{other}' as l{context} %}}{called}"
        if pick < 0.7 and self.branching:
            c, d = self.draw.choice(CONDITIONS), self.draw.choice(CONDITIONS)
            second = f"{{% elif {d} %}}\n{self.body(depth - 1, others)}" if self.draw.random() < 0.4 else ""
            third = f"{{% else %}}\n{self.body(depth - 1, others)}" if self.draw.random() < 0.6 else ""
            return f"{{% if {c} %}}\n{inner}\n{second}{third}\n{{% endif %}}"
        return self.enclosing(a, value, inner)

    def enclosing(self, a: str, value: str, inner: str) -> str:
        self.macros += 1
        macro = f"m{self.macros}"
        calls = f"{{{{ {macro}(1) }}}}"
        late = f"{{% set {self.name()} = 1 %}}" if self.draw.random() < 0.3 else ""
        some = [
            f"{{% with {a} = {value} %}}\n{inner}\n{{% endwith %}}",
            f"{{% for {a} in [{value}, {self.value()}] %}}\n{inner}\n{{% endfor %}}",
            f"{{% for {a} in [{value}] if [{self.name()}] recursive %}}{inner}\n{{% endfor %}}",
            f"{{% set {a} %}}\n{inner}\n{{% endset %}}",
            f"{{% filter replace('a', {self.name()}|string) %}}\n{inner}\n{{% endfilter %}}",
            f"{{% macro {macro}({a}) %}}\n{inner}\n{{% endmacro %}}{late}{calls}",
            f"{{% macro {macro}({a}, k={value}) %}}\n{inner}\n{{% endmacro %}}{late}",
            f"{{% macro {macro}() %}}{{{{ caller(1) }}}}{{{{ {self.name()} }}}}{{% endmacro %}}{late}"
            f"{{% call({a}) {macro}() %}}\n{inner}\n{{% endcall %}}",
        ]
        return self.draw.choice(some)


def family(seed: int, *, branching: bool) -> dict[str, str]:
    """Five templates; each names only those before it. `child` overrides blocks of `parent`, and `main` includes it."""
    writer = Writer(random.Random(seed), branching=branching)
    library: dict[str, str] = {}
    for name in ("p", "q"):
        shown = f"{{% macro shown_{name}() %}}\n{writer.body(1, tuple(library))}\n{{% endmacro %}}\n"
        library[name] = shown + writer.body(2, tuple(library))
    library["q"] += "{% include 'p' without context %}"  # at the top: Jinja2 breaks on it within a macro
    others = ("p", "q")
    scoped = writer.draw.choice(["", " scoped"])
    block = f"{{% block b1{scoped} %}}\n{writer.body(1, others)}\n{{% endblock %}}"
    loop = f"{{% for {writer.name()} in [1, 2] %}}{block}{{% endfor %}}"
    library["parent"] = f"{writer.body(1, others)}\n{loop}\n{{% block b2 %}}{{{{ y }}}}{{% endblock %}}"
    above = writer.draw.choice(["", "{{ super() }}", "{{ self.b2() }}"])
    override = f"{{% block b1 %}}{above}\n{writer.body(1, others)}\n{{% endblock %}}"
    library["child"] = f"{{% extends 'parent' %}}\n{{% set {writer.name()} = {writer.value()} %}}\n{override}"
    library["main"] = writer.body(3, others)
    if writer.draw.random() < 0.6:
        library["main"] += "\n{% include 'child' %}\n" + writer.body(1, others)
    return library


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_all_that_a_render_looks_up_is_needed(seed: int) -> None:
    library = family(seed, branching=True)
    found = needed(library)
    for truths in product([True, False], repeat=len(CONDITIONS)):
        assert looked_up(library, dict(zip(CONDITIONS, truths, strict=True))) <= found


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_without_branches_the_needs_are_what_a_render_looks_up(seed: int) -> None:
    library = family(seed, branching=False)
    assert needed(library) == looked_up(library, {})


def test_a_library_of_nested_includes_is_exact() -> None:
    draw = random.Random(7)
    names = [f"v{i}" for i in range(12)]
    library: dict[str, str] = {}
    for i in range(300):
        bound, shown, also = draw.sample(names, 3)
        lines = [f"{{{{ {shown} }}}}"]
        for other in draw.sample(range(i // 75 * 75 - 75, i // 75 * 75), 2) if i >= 75 else ():
            lines += [f"{{% with {bound} = {also} %}}{{% include 't{other}' %}}{{% endwith %}}"]
            lines += [f"{{% set {draw.choice(names)} = 1 %}}"]
        library[f"t{i}"] = "\n".join(lines)
    made = engine(library)
    recorder = Recorder(library, {})
    for name in library:
        template = made.named(name)
        assert template is not None
        found = {(use.name, use.span.path, use.span.line or 0) for use in template.needs.uses}
        recorder.seen.clear()
        recorder.get_template(name).render({SCOPED: True})
        assert found == recorder.seen
