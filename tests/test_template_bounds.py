"""Templates that would eat all time or memory end at once in one line; honest ones do not notice."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import jinja2.sandbox
import pytest

from promptkit.content import Text
from promptkit.errors import Span, TemplateError
from promptkit.template import Engine, Meter, Template

MAX_CPU_S = 3.0  # well under 1 alone on a machine; shared ones are slower
MAX_MB = 200

# each would take seconds, gigabytes or the host without bounds; `harmless` ones may also just print
GADGETS: dict[str, str] = {
    "repeat-text": "{{ 'a' * 10**9 }}",
    "repeat-from-left": "{{ 999999999 * 'a' }}",
    "repeat-list": "{{ [0] * 10**9 }}",
    "repeat-tuple": "{{ (0,) * 10**9 }}",
    "repeat-bytes": "{{ 'a'.encode() * 10**9 }}",
    "repeat-markup": "{{ ('a'|safe) * 10**9 }}",
    "power": "{{ 9**(9**9) }}",
    "power-loop": "{% set ns = namespace(x=9) %}{% for i in range(99999) %}{% set ns.x = ns.x ** 9 %}{% endfor %}",
    "square-loop": "{% set ns = namespace(x=9) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
    "constant-power": "{% if 9**(9**9) %}{% endif %}",
    "constant-repeat": "{% set x = 'a' * 10**10 %}",
    "constant-filter": "{% set x = 'a'|center(10**10) %}",
    "constant-in-dead-branch": "{% if false %}{{ 'a' * 10**9 }}{% endif %}ok",
    "percent-width": "{{ '%999999999d' % 1 }}",
    "percent-precision": "{{ '%.999999999f' % 1 }}",
    "percent-star": "{{ '%*d' % (999999999, 1) }}",
    "percent-mapping": "{{ '%(a)999999999s' % {'a': 1} }}",
    "percent-many-keys": "{% set a = 'a' * 99999 %}{{ ('%(a)s' * 99999) % {'a': a} }}",
    "percent-markup": "{% set a = '\"' * 9999999 %}{{ ('%s'|safe) % a }}",
    "format-filter": "{{ '%999999999s'|format('a') }}",
    "format-width": "{{ '{:999999999}'.format(1) }}",
    "format-long-width": "{{ ('{:' ~ '9' * 5000 ~ '}').format(1) }}",
    "format-nested": "{{ '{:{w}}'.format('a', w=999999999) }}",
    "format-precision": "{{ '{:.999999999f}'.format(1.5) }}",
    "format-fill": "{{ '{:*^999999999}'.format('a') }}",
    "format-many": "{% set a = 'a' * 99999 %}{{ ('{0}' * 99999).format(a) }}",
    "format-map": "{{ '{a:999999999}'.format_map({'a': 1}) }}",
    "format-attr": "{{ ('{:999999999}'|attr('format'))(1) }}",
    "format-mapped": "{% for f in ['{:999999999}']|map(attribute='format') %}{{ f(1) }}{% endfor %}",
    "center": "{{ 'a'.center(10**9) }}",
    "ljust": "{{ 'a'.ljust(10**9) }}",
    "rjust": "{{ 'a'.rjust(10**9, 'x') }}",
    "zfill": "{{ 'a'.zfill(10**9) }}",
    "expandtabs": "{{ '\t'.expandtabs(10**9) }}",
    "replace": "{{ ('a' * 99999).replace('a', 'b' * 99999) }}",
    "replace-empty": "{{ ('a' * 99999).replace('', 'b' * 99999) }}",
    "join": "{{ ('b' * 99999).join('a' * 99999) }}",
    "join-generator": "{{ ('b' * 99999).join(range(99999)|map('string')) }}",
    "translate": "{{ ('a' * 99999).translate({97: 'b' * 99999}) }}",
    "strip": "{{ ('a' * 5000000).strip('b' * 4999999 ~ 'a') }}",
    "rfind": "{{ ('a' * 5000000).rfind('ab' ~ 'a' * 2500000) }}",
    "split": "{{ ('a ' * 4999999).split()|length }}",
    "split-separator": "{{ ('a,' * 4999999).split(',')|length }}",
    "splitlines": "{{ ('a\n' * 4999999).splitlines()|length }}",
    "punycode": "{{ ('é' * 999999).encode('punycode') }}",
    "namereplace": "{{ ('é' * 999999).encode('ascii', 'namereplace') }}",
    "to-bytes": "{{ (1).to_bytes(10**9, 'big')|length }}",
    "from-bytes": "{{ (1).from_bytes(('a' * 999999).encode(), 'big') }}",
    "hex-number": "{{ ('f' * 9999999)|int(base=16) }}",
    "long-number": "{{ ('9' * 5000)|int(base=16) }}",
    "fromkeys": "{% for i in range(9999) %}{% set x = {}.fromkeys(range(99999)) %}{% endfor %}",
    "filter-center": "{{ 'a'|center(10**9) }}",
    "filter-block-center": "{% filter center(10**9) %}a{% endfilter %}",
    "set-block-center": "{% set x | center(10**9) %}a{% endset %}",
    "filter-indent": "{{ 'a\nb'|indent(10**9) }}",
    "filter-indent-text": "{{ ('a\n' * 9999)|indent('b' * 99999) }}",
    "filter-replace": "{{ ('a' * 99999)|replace('a', 'b' * 99999) }}",
    "filter-join": "{{ range(99999)|join('b' * 99999) }}",
    "filter-wordwrap": "{{ ('a' * 400000)|wordwrap(1) }}",
    "filter-wordwrap-by": "{{ ('a ' * 9999)|wordwrap(1, true, 'b' * 99999) }}",
    "filter-truncate": "{{ 'abc'|truncate(1, true, 'b' * 10**8, 0) }}",
    "filter-batch": "{{ [1]|batch(10**9, 'x')|list }}",
    "filter-slice": "{{ [1]|slice(10**9)|list }}",
    "filter-slice-in": "{{ 5 in ([1]|slice(10**9)) }}",
    "filter-round": "{{ 1.5|round(10**9, 'ceil') }}",
    "filter-round-integer": "{{ 5|round(-10**9) }}",
    "filter-tojson": "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}",
    "filter-tojson-indent": "{{ [[1]]|tojson(indent=10**9) }}",
    "filter-pprint": "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|pprint }}",
    "filter-pprint-margin": "{{ {'k' * 99999: range(9999)|map('string')|list}|pprint }}",
    "filter-xmlattr": "{{ {'a': '\"' * 9999999}|xmlattr }}",
    "filter-sum-lists": "{{ ([[1] * 999] * 9999)|sum(start=[])|length }}",
    "filter-striptags": "{{ ('<a>' * 3000000)|striptags }}",
    "filter-urlize": "{{ (')' * 3000000 ~ 'x.')|urlize }}",
    "filter-urlize-rel": "{{ ('www.a.org ' * 9999)|urlize(target='b' * 99999) }}",
    "filter-urlencode": "{{ ('é' * 9999999)|urlencode }}",
    "filter-title": "{{ ('ab ' * 3000000)|title }}",
    "filter-wordcount": "{{ ('ab ' * 3333333)|wordcount }}",
    "filter-escape": "{{ ('\"' * 9999999)|e|forceescape }}",
    "filter-sort": "{% for i in range(99999) %}{% set x = range(99999)|sort %}{% endfor %}",
    "filter-unique": "{% for i in range(99999) %}{% set x = range(99999)|unique|list %}{% endfor %}",
    "filter-list": "{% for i in range(99999) %}{% set x = range(99999)|list %}{% endfor %}",
    "filter-upper-of-data": "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|upper }}",
    "test-upper-of-data": "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x is upper }}",
    "select-chain": "{% set x = range(99999) " + "|select" * 90 + " %}{{ x|list|length }}",
    "map-chain": "{{ range(99999)|map('string')|map('center', 9999)|join }}",
    "map-of-repeat": "{{ range(99999)|map('center', 999999)|list|length }}",
    "generator-length": "{% for i in range(9999) %}{{ 'x' in (range(99999)|select) }}{% endfor %}",
    "range-membership": "{% for i in range(99999) %}{{ 'x' in range(99999) }}{% endfor %}",
    "list-membership": "{% set x = ['a' * 9999] * 99999 %}{% for i in range(999) %}{{ ('a' * 9998 ~ 'b') in x }}{% endfor %}",
    "list-index": "{% set x = [1] * 99999 %}{% for i in range(99999) %}{{ x.count(2) }}{% endfor %}",
    "lipsum": "{{ lipsum(10**9) }}",
    "lipsum-max": "{{ lipsum(1, false, 10**9, 10**9 + 1) }}",
    "range": "{{ range(10**9)|list }}",
    "range-huge": "{{ range(10**400) }}",
    "tilde-doubling": "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
    "tilde-wide": "{% set ns = namespace(x='\U0001f600') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
    "plus-doubling": "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "list-doubling": "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "list-nesting": "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "dict-nesting": "{% set ns = namespace(x={}) %}{% for i in range(60) %}{% set ns.x = {1: ns.x, 2: ns.x} %}{% endfor %}{{ ns.x }}",
    "namespace-nesting": "{% set ns = namespace(x=1) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns }}",
    "views-nesting": "{% set ns = namespace(x=1) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ {1: ns.x}.values() }}",
    "self-nesting": "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
    "tuple-hash": "{% set ns = namespace(x=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1}|length }}",
    "tuple-lookup": "{% set ns = namespace(x=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {}[ns.x] }}",
    "tuple-get": "{% set ns = namespace(x=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {}.get(ns.x) }}",
    "deep-compare": "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
    "deep-chain": "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y == 1 }}",
    "deep-test": "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x is eq(ns.y) }}",
    "deep-changed": "{% for x in [0, 1] %}{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ loop.changed(ns.x) }}{% endfor %}",
    "nested-loops": "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}{% endfor %}{% endfor %}{% endfor %}",
    "loops-that-print": "{% for i in range(99999) %}{% for j in range(99999) %}aaaaaaaaaa{% endfor %}{% endfor %}",
    "loop-filtered": "{% for i in range(99999) %}{% for j in range(99999) if j < 0 %}{% endfor %}{% endfor %}",
    "loop-large-body": "{% for i in range(99999) %}" + "{% if i.x.y is defined %}{% endif %}" * 999 + "{% endfor %}",
    "macro-large-body": "{% macro m() %}"
    + "{% if a.x is defined %}{% endif %}" * 999
    + "{% endmacro %}{% for i in range(99999) %}{{ m() }}{% endfor %}",
    "include-large": "{% for i in range(99999) %}{% include 'large' %}{% endfor %}",
    "macro-recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "macro-fan-out": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "macro-doubling": "{% macro m(n, x) %}{% if n %}{{ m(n - 1, x ~ x) }}{% else %}{{ x }}{% endif %}{% endmacro %}{{ m(60, 'a') }}",
    "call-recursion": "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{% call m() %}a{% endcall %}",
    "loop-recursion": "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "include-itself": "{% include 'itself' %}",
    "include-each-other": "{% include 'ping' %}",
    "include-fan-out": "{% include 'twice' %}",
    "include-dynamic": "{% include 'it' ~ 'self' %}",
    "include-list": "{% include range(99999)|map('string')|list %}",
    "include-long-name": "{% include 'a' * 999999 %}",
    "import-itself": "{% import 'importer' as m %}",
    "extends-itself": "{% extends 'extender' %}",
    "block-recursion": "{% block x %}{{ self.x() }}{% endblock %}",
    "set-block-doubling": "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}{% endfor %}{{ ns.x }}",
    "cycler": "{{ cycler(*range(99999)).items.__len__ }}",
    "nested-25-loops": "{% for i in [1] %}" * 25 + "{% endfor %}" * 25,
    "deep-parentheses": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "deep-lists": "{{ " + "[" * 5000 + "]" * 5000 + " }}",
    "deep-not": "{{ " + "not " * 5000 + "1 }}",
    "deep-minus": "{{ " + "-" * 5000 + "1 }}",
    "deep-ifs": "{% if 1 %}" * 5000 + "{% endif %}" * 5000,
    "many-filters": "{{ 1" + "|string" * 5000 + " }}",
    "many-attributes": "{{ a" + ".a" * 5000 + " }}",
    "many-terms": "{{ 1" + " + 1" * 5000 + " }}",
    "digits-literal": "{{ " + "9" * 5000 + " }}",
    "digits-computed": "{{ 10 ** 4300 }}",
    "digits-hex": "{{ 0x" + "f" * 5000 + " }}",
    "long-missing-name": "{{ {'a' * 99999: 1}['b' * 99999] }}",
    "near-names": "{{ {range(9999)|map('string')|join: 1}[range(9999)|map('string')|join ~ 'x'] }}",
    "dunder-class": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "dunder-item": "{{ ''['__class__'] }}",
    "dunder-attr": "{{ ''|attr('__class__') }}",
    "dunder-map": "{{ ['']|map(attribute='__class__')|list }}",
    "dunder-format": "{{ '{0.__class__.__mro__}'.format('') }}",
    "dunder-format-map": "{{ '{a.__class__}'.format_map({'a': 1}) }}",
    "dunder-format-item": "{{ '{0[__class__]}'.format('') }}",
    "dunder-globals": "{{ lipsum.__globals__ }}",
    "dunder-cycler": "{{ cycler.__init__.__globals__ }}",
    "dunder-joiner": "{{ joiner()._sep.__class__ }}",
    "dunder-undefined": "{{ missing_.__class__ }}",
    "undefined-attributes": "{{ missing_._fail_with_undefined_error.__globals__ }}",
    "dunder-self": "{{ self.__init__ }}",
    "dunder-loop": "{% for i in [1] %}{{ loop.__init__ }}{{ loop._iterator }}{% endfor %}",
    "dunder-generator": "{{ ([1]|select).gi_frame }}",
    "dunder-macro": "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
    "dunder-module": "{% import 'ok' as m %}{{ m.__class__ }}",
    "mutation": "{{ [].append(1) }}",
    "mutation-dict": "{{ {}.update({1: 2}) }}",
    "autoescape": "{% autoescape 'a' * 10**9 %}{% endautoescape %}",
}
HARMLESS = {"constant-in-dead-branch"}

LIBRARY = {
    "itself": "{% include 'itself' %}",
    "ping": "{% include 'pong' %}",
    "pong": "{% include 'ping' %}",
    "twice": "{% include 'twice' %}{% include 'twice' %}",
    "importer": "{% import 'importer' as m %}",
    "extender": "{% extends 'extender' %}",
    "ok": "ok",
    "large": "{% if a.x is defined %}{% endif %}" * 999,
    "small": "{{ item.name }}\n",
}


def text(source: str, name: str = "main") -> Text:
    return Text(source, name, Span(f"{name}.md", 1))


def engine() -> Engine:
    return Engine(lambda name: text(LIBRARY[name], name) if name in LIBRARY else None, names=lambda: LIBRARY)


def measure(names: list[str]) -> None:
    """Prints what each gadget comes to: the child's part of the table."""
    import re
    import time

    engine().template(text("{% if 1 %}{% endif %}")).render({})
    for name in names:
        started = time.process_time()
        try:
            end = f"printed {str(engine().template(text(GADGETS[name])).render({'a': 'a'}))[:60]!r}"
        except TemplateError as error:
            end = f"{type(error).__name__}: {str(error)[:600]}"
        except BaseException as error:
            end = f"escaped {type(error).__name__}"
        used = time.process_time() - started
        status = Path("/proc/self/status").read_text("ascii")  # getrusage would count what the parent had, too
        peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]
        print(json.dumps([name, end, used, peak]), flush=True)


CHUNKS = 4


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_gadgets_end_in_one_line(chunk: int) -> None:
    names = list(GADGETS)[chunk::CHUNKS]
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); "
        "import json, sys, test_template_bounds; test_template_bounds.measure(json.loads(sys.stdin.read()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(names),
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    bad = [
        f"{name}: {end} {used:.2f} s {peak:.0f} MB"
        for name, end, used, peak in results
        if used > MAX_CPU_S
        or peak > MAX_MB
        or not (end.startswith(("TemplateError: ", "LimitError: ")) or (name in HARMLESS and end.startswith("printed")))
        or "\n" in end
    ]
    assert not bad, "\n".join(bad)
    assert [result[0] for result in results] == names, done.stderr[-2000:]


RECORDS = [
    {"id": i, "name": f"name {i % 97}", "tags": ["a", "b"], "score": i * 0.5, "city": f"city {i % 7}"}
    for i in range(10_000)
]
LONG = "  " + "word and word, " * 350_000  # 5 MB
HONEST: dict[str, str] = {
    "loop": "{% for r in records %}{{ loop.index0 }} {{ r.name|upper|trim }} {{ r.score|round(1) }} {{ r.city|replace('c', 'C') }}\n{% endfor %}",
    "loop-tests": "{% for r in records if r.score > 10 and r.name is string %}{% if r.city == 'city 3' %}{{ r.id }},{% endif %}{% endfor %}",
    "loop-methods": "{% for r in records %}{{ r.name.title() }}{{ r.name.split(' ')[1] }}{{ '%05d' % r.id }}{% endfor %}",
    "namespace": "{% set ns = namespace(n=0) %}{% for r in records %}{% set ns.n = ns.n + r.score %}{% endfor %}{{ ns.n }}",
    "map-join": "{{ records|map(attribute='name')|join(', ') }}",
    "select": "{{ records|selectattr('score', 'gt', 100)|map(attribute='id')|list|length }}",
    "sort": "{% for r in records|sort(attribute='name') %}{{ r.id }} {% endfor %}",
    "group": "{% for city, of in records|groupby('city') %}{{ city }}: {{ of|map(attribute='score')|sum }}\n{% endfor %}",
    "unique-min-max": "{{ records|map(attribute='city')|unique|join }} {{ records|map(attribute='score')|max }}",
    "tojson": "{{ records[:500]|tojson }}{{ records[:50]|tojson(indent=2) }}",
    "tojson-all": "{{ records|tojson }}",
    "print-data": "{{ records[:2000] }}",
    "long": "{{ long }}!{{ long[:9] }}",
    "long-trimmed": "{{ long|trim }}",
    "long-replaced": "{{ long|replace('and', '&') }}",
    "long-method": "{{ long.strip().replace('word', 'w') }}",
    "long-cut": "{{ long|truncate(100) }}{{ long|length }}{{ long|upper|lower|length }}",
    "long-concat": "{{ 'a' ~ long }}",
    "long-lines": "{{ (long[:500000]|replace(',', '\n'))|indent(4) }}",
    "long-split": "{{ long.split(',')|length }}{{ long[:500000]|wordcount }}{{ 'zzz' in long }}",
    "wrapped": "{{ long[:100000]|wordwrap(80) }}",
    "includes": "{% for item in records[:200] %}{% include 'small' %}{% endfor %}",
    "macros": "{% macro m(r) %}<{{ r.name }}: {{ r.tags|join('/') }}>{% endmacro %}{% for r in records[:5000] %}{{ m(r) }}{% endfor %}",
    "nested-loops": "{% for r in records[:200] %}{% for t in records[:200] %}{{ t.id }}{% endfor %}\n{% endfor %}",
    "lookups": "{% for r in records %}{{ by_id.get(r.id).name }}{{ r.id in by_id }}{% endfor %}",
}


@pytest.mark.parametrize("source", [pytest.param(source, id=name) for name, source in HONEST.items()])
def test_honest_templates_do_not_notice(source: str) -> None:
    scope = {"records": RECORDS, "long": LONG, "by_id": {record["id"]: record for record in RECORDS}}
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        loader=jinja2.DictLoader(LIBRARY), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    rendered = engine().template(text(source)).render(scope)
    expected = environment.from_string(source).render(scope)
    assert len(rendered) == len(expected)
    assert str(rendered) == expected or pytest.fail("another text")


def test_threads_render_the_right_text_within_their_own_meters() -> None:
    shared = engine()
    sources = {
        number: f"{{% macro m(x) %}}[{{{{ x }}}}]{{% endmacro %}}{{% for i in range({number}) %}}{{{{ m(i) }}}}"
        "{% include 'small' %}{% endfor %}{{ number }}"
        for number in range(40, 48)
    }
    scope = {"item": {"name": "n"}}

    def steps(template: Template, number: int) -> tuple[str, int]:
        meter = Meter()
        return str(template.render({**scope, "number": number}, meter)), meter.left

    alone = {number: steps(engine().template(text(source)), number) for number, source in sources.items()}
    found: dict[int, set[tuple[str, int]]] = {number: set() for number in sources}
    start = threading.Barrier(len(sources))

    def work(number: int) -> None:
        start.wait()
        for _ in range(30):
            found[number].add(steps(shared.template(text(sources[number])), number))

    threads = [threading.Thread(target=work, args=(number,)) for number in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: {result} for number, result in alone.items()}
    assert len({left for _, left in alone.values()}) == len(sources)
