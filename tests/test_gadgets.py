"""What a stranger's template can try, in a library, through the commands as real processes: one line, in bounds."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory by RLIMIT_DATA")

MAX_S = 10  # 2 alone on a machine; shared ones run several tests at once
MAX_BYTES = 300 * 2**20

NESTED = "{% for a in range(9999) %}" * 6
ENDS = "{% endfor %}" * 6
DOUBLING = "{% set n = namespace(x='a') %}{% for i in range(40) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x|length }}"

GADGETS = {
    "dunder": "{{ ''.__class__.__mro__ }}",
    "attr": "{{ ''|attr('__class__') }}",
    "format-escape": "{{ '{0.__class__}'.format(1) }}",
    "format-map-escape": "{{ '{a.__class__}'.format_map({'a': 1}) }}",
    "globals": "{{ lipsum.__globals__ }}",
    "cycler-init": "{{ cycler.__init__.__globals__ }}",
    "subclasses": "{{ [].__class__.__base__.__subclasses__() }}",
    "mutate": "{% set l = [1] %}{{ l.append(2) }}",
    "map-attribute": "{{ ['']|map(attribute='__class__')|list }}",
    "huge-range": "{{ range(10**9)|list|length }}",
    "nested-range-that-prints": f"{NESTED}aaaaaaaaaaaaaaaaaaaa{ENDS}",
    "nested-loops-without-output": NESTED + ENDS,
    "while-like-recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "recursive-loop": "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "tree-of-macros": "{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "repeat": "{{ 'a' * 10**9 }}",
    "repeat-list": "{{ [0] * 10**9 }}",
    "percent": "{{ '%999999999d' % 1 }}",
    "power": "{{ 9**(9**9) }}",
    "big-power": "{{ (10**4000)**4000 }}",
    "shift-like": "{{ (2**14000) * (2**14000) * (2**14000) }}",
    "center": "{{ 'a'|center(10**9) }}",
    "ljust": "{{ 'a'.ljust(10**9) }}",
    "zfill": "{{ 'a'.zfill(10**9) }}",
    "format-filter": "{{ '%*d'|format(10**9, 1) }}",
    "format-method": "{{ '{:999999999}'.format(1) }}",
    "indent": "{{ ('a\\n' * 10**5)|indent(10**5) }}",
    "slice": "{{ [1]|slice(10**9)|list }}",
    "lipsum": "{{ lipsum(10**7) }}",
    "batch": "{{ [1]|batch(10**9, 0)|list }}",
    "join": "{{ range(99999)|join('a' * 10**5) }}",
    "replace": "{{ ('a' * 10**5)|replace('a', 'a' * 10**5) }}",
    "doubling-tilde": DOUBLING,
    "doubling-list": DOUBLING.replace("'a'", "[1]").replace("n.x ~ n.x", "n.x + n.x"),
    "nested-data": "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}"
    "{{ n.x }}",
    "compare-nested": "{% set n = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}"
    "{% set n.y = [n.y, n.y] %}{% endfor %}{{ n.x == n.y }}",
    "constant-at-compile-time": "{{ 'a' * 10**9 }}" * 3,
    "constant-filter-at-compile-time": "{{ ('a'|center(10**8))|length }}",
    "constant-in-a-dead-branch": "{% if false %}{{ 'a' * 10**10 }}{% endif %}{{ 9**(9**8) }}",
    "wordwrap": "{{ ('a ' * 10**6)|wordwrap(1) }}",
    "urlize": "{{ ('http://a.b ' * 10**5)|urlize }}",
    "striptags": "{{ ('<' * 10**6)|striptags }}",
    "pprint": "{{ range(99999)|list|pprint }}",
    "tojson": "{{ range(99999)|list|tojson(indent=9**9) }}",
    "sort": "{{ (range(99999)|list * 9)|sort|length }}",
    "sum": "{{ range(99999)|map('string')|map('center', 10**6)|list|length }}",
    "unique": "{{ ([[1]] * 99999)|unique|list }}",
    "25-nested-loops": "{% for a in [1] %}" * 25 + "{% endfor %}" * 25 + "{{ 1 // 0 }}",
    "deep-brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "deep-lists": "{{ " + "[" * 3000 + "]" * 3000 + " }}",
    "deep-ifs": "{% if 1 %}" * 1500 + "{% endif %}" * 1500 + "{{ 1 // 0 }}",
    "long-chain": "{{ 1" + " + 1" * 50_000 + " }}{{ 1 // 0 }}",
    "long-filters": "{{ 'a'" + "|upper" * 20_000 + " }}{{ 1 // 0 }}",
    "include-itself": '{% include "bad" %}',
    "computed-include": "{% include 'b' ~ 'ad' %}",
    "include-outside": '{% include "../../etc/passwd" %}',
    "computed-include-outside": "{% include '/etc/' ~ 'passwd' %}",
    "long-integer": "{{ " + "9" * 5000 + " }}",
    "long-integer-printed": "{{ 10**5000 }}",
    "unclosed": "{{ " * 20_000,
    "many-comments": "{#" * 100_000,
    "raw-open": "{% raw %}" * 20_000,
    "do-nothing-tags": "{%" + "-" * 100_000,
}
# what is done with, in bounds, before any limit is reached
CHEAP = {"constant-filter-at-compile-time", "pprint", "sort", "striptags", "urlize", "wordwrap"}


# A process starts with its parent's memory, and the system counts that too: a small one in between keeps pytest's out.
BETWEEN = """
import json, os, sys, time
started = time.monotonic()
child = os.posix_spawn(sys.executable, [sys.executable, "-m", "promptkit", *sys.argv[2:]], os.environ)
_, status, used = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), time.monotonic() - started, used.ru_maxrss], file)
"""
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def measured(*words: str, cwd: Path) -> tuple[int, str, str, float, int]:
    """Exit code, stdout, stderr, wall seconds and the largest memory of any process of the run."""
    with tempfile.NamedTemporaryFile("r") as result:
        done = subprocess.run(
            [sys.executable, "-S", "-c", BETWEEN, result.name, *words],
            cwd=cwd,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=True,
        )
        code, took, used = json.load(result)
        return code, done.stdout.decode(), done.stderr.decode(), took, used * RSS_UNIT


@pytest.mark.parametrize("words", [["render", "x"], ["tokens", "x"], ["list"]], ids=lambda words: words[0])
@pytest.mark.parametrize("name", GADGETS)
def test_a_gadget_is_one_line_in_time_and_memory(name: str, words: list[str], write: Write) -> None:
    root = write(
        {"blocks/bad.md": GADGETS[name], "prompts/x.yaml": "inputs: {m: {default: 0}}\nblocks: [{use: bad}]\n"}
    )
    code, out, err, took, used = measured(*words, cwd=root)
    if code == 0 and (words == ["list"] or name in CHEAP):  # what only acts when it is rendered is nothing to list
        assert err == ""
    else:
        assert code == 2, (code, out[:200], err[:200])
        assert 1 <= err.count("\n") <= 2, err[:2000]
        assert err.startswith(("blocks/bad.md", "prompts/x.yaml")), err[:200]
        assert max(map(len, err.splitlines())) < 500
    assert "Traceback" not in err
    assert "Traceback" not in out
    assert took < MAX_S
    assert used < MAX_BYTES, f"{used >> 20} MB"
