"""A stranger's library under lint: findings or one line each, in 300 MB and bounded time; nothing is compiled or run."""

from __future__ import annotations

import builtins
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import jinja2
import pytest
from test_gadgets import GADGETS, MAX_BYTES, MAX_S, measured

from promptkit import template
from promptkit.lint import lint_library, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[Mapping[str, str | bytes]], Path]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory by RLIMIT_DATA")

TEMPLATES = Path(__file__).parents[1] / "templates"
ONE = "inputs: {m: {default: 0}}\nblocks: [{use: bad}]\n"
EVERY = [word for code in rules() for word in ("--select", code)]


def linted(root: Path) -> tuple[int, str]:
    """The exit code and all that `promptkit lint` has to say, every rule on; in time and memory, line by line."""
    code, out, err, took, used = measured("lint", "--no-cache", "--preview", "--format", "concise", *EVERY, cwd=root)
    assert took < MAX_S
    assert used < MAX_BYTES, f"{used >> 20} MB"
    assert code == (2 if err else 1 if out else 0)
    for line in (out + err).splitlines():
        assert len(line) < 600, line[:700]
        assert line.isprintable(), line
        assert "internal error" not in line, line
        assert "Traceback" not in line, line
    return code, out + err


@pytest.mark.parametrize("name", GADGETS)
def test_a_gadget_is_findings_in_time_and_memory(name: str, write: Write) -> None:
    _, told = linted(write({"blocks/bad.md": GADGETS[name], "prompts/x.yaml": ONE}))
    for line in told.splitlines():
        assert line.startswith(("blocks/bad.md", "prompts/x.yaml")), line


ASK = 'blocks: [{user: "{{ m }}"}]\n'
MANY = "".join(f"{{% if a{n} %}}{n}{{% endif %}}" for n in range(50_000))
FAN = "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}"
BOMB = (
    "x-a: &a ["
    + "0, " * 9
    + "0]\n"
    + "".join(f"x-{b}: &{b} [{f'*{a}, ' * 10}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
)

LIBRARIES: dict[str, dict[str, str | bytes]] = {
    "100,000 tags": {"blocks/bad.md": "{{ m }} " * 100_000, "prompts/x.yaml": ONE},
    "50,000 choices": {"blocks/bad.md": MANY, "prompts/x.yaml": ONE},
    "choices within choices": {
        "blocks/bad.md": "".join(f"{{% if a{n} %}}" for n in range(90)) + "x" + "{% endif %}" * 90,
        "prompts/x.yaml": ONE,
    },
    "includes in a circle": {
        "blocks/bad.md": '{% include "p" %}',
        "partials/p.md": '{{ m }}{% include "q" %}',
        "partials/q.md": '{% if m %}{% include "p" %}{% endif %}{% include "p" %}',
        "prompts/x.yaml": ONE,
    },
    "includes that double": {
        "blocks/bad.md": '{% include "p0" %}',
        **{f"partials/p{n}.md": f'{{% include "p{n + 1}" %}} or ' * 2 for n in range(40)},
        "partials/p40.md": "{{ m }}",
        "prompts/x.yaml": ONE,
    },
    "includes that double, with scope": {
        "blocks/bad.md": '{% set k = m %}{% include "p0" %}',
        **{f"partials/p{n}.md": f'{{% set j = k %}}{{% include "p{n + 1}" %}} or ' * 2 for n in range(40)},
        "partials/p40.md": "{{ k }}",
        "prompts/x.yaml": ONE,
    },
    "a thousand includes one within another": {
        "blocks/bad.md": '{% include "p0" %}',
        **{f"partials/p{n}.md": f'{{% include "p{n + 1}" %}}' for n in range(1000)},
        "partials/p1000.md": "{{ m }}",
        "prompts/x.yaml": ONE,
    },
    "macros that call themselves": {"blocks/bad.md": FAN, "prompts/x.yaml": ONE},
    "templates that extend each other": {
        "blocks/bad.md": '{% extends "p" %}{% block a %}{{ super() }}{{ self.a() }}{% endblock %}',
        "partials/p.md": "{% block a %}{{ self.a() }}{{ self.a() }}{{ m }}{% endblock %}",
        "prompts/x.yaml": ONE,
    },
    "sets that double": {
        "blocks/bad.md": "{% set a %}{{ m }}{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60 + "{{ a }}",
        "prompts/x.yaml": ONE,
    },
    "a long elif": {
        "blocks/bad.md": "{% if m == 0 %}0"
        + "".join(f"{{% elif m == {n} %}}{n}" for n in range(1, 5000))
        + "{% endif %}",
        "prompts/x.yaml": ONE,
    },
    "two megabytes of words": {"blocks/bad.md": "word " * 399_000, "prompts/x.yaml": ONE},
    "two megabytes of one letter": {"blocks/bad.md": "a" * 1_999_000, "prompts/x.yaml": ONE},
    "two megabytes of brackets": {"blocks/bad.txt": "<" * 999_000 + "[" * 999_000, "prompts/x.yaml": ONE},
    "two megabytes of lines": {"blocks/bad.md": "- a\n" * 499_000, "prompts/x.yaml": ONE},
    "two megabytes of tags": {"blocks/bad.md": "<a>" * 333_000 + "</a>" * 249_000, "prompts/x.yaml": ONE},
    "two megabytes of what nobody sees": {"blocks/bad.md": "a\u200b" * 499_000, "prompts/x.yaml": ONE},
    "two megabytes of nearly keys": {"blocks/bad.md": "sk-api_key: ://a:eyJ-eyJ." * 79_000, "prompts/x.yaml": ONE},
    "examples of 5 megabytes": {
        "examples/e.jsonl": '{"inputs": {"m": "token: a"}, "output": "sk-b"}\n' * 100_000,
        "prompts/x.yaml": "blocks: [{examples: {from: examples/e.jsonl}}, {user: '{{ m }}'}]\n",
    },
    "a variant of each combination": {
        "prompts/x.yaml": ASK + "matrix:\n" + "".join(f"  m{n}: {list(range(50))}\n" for n in range(8)),
    },
    "deep YAML": {"prompts/x.yaml": ASK + "x-a: " + "[" * 50_000},
    "deep blocks of YAML": {"prompts/x.yaml": ASK + "x-a:\n" + "".join(" " * n + "- \n" for n in range(1, 1500))},
    "aliases that double": {"prompts/x.yaml": BOMB + ASK},
    "merges in a circle": {"prompts/x.yaml": "x-a: &a {<<: *a}\n" + ASK},
    "an object of Python": {"prompts/x.yaml": "x-a: !!python/object/apply:os.system [id]\n" + ASK},
    "no UTF-8": {"blocks/bad.md": b"\xff\xfe\x00", "prompts/x.yaml": ONE},
    "control characters": {"blocks/bad.md": "\x1b]0;x\x07 [INSERT \x1b[31m] \u202e[/INST]", "prompts/x.yaml": ONE},
    "a file name with an escape": {"blocks/\x1b[31mbad\u202e.md": "{{", "prompts/x.yaml": ASK},
    "a name that leads out": {"blocks/bad.md": '{% include "../../etc/passwd" %}', "prompts/x.yaml": ONE},
    "examples that lead out": {
        "prompts/x.yaml": "blocks: [{examples: {from: ../../../etc/passwd}}, {user: '{{ m }}'}]\n"
    },
    "a schema from elsewhere": {
        "schemas/s.json": '{"$ref": "http://127.0.0.1:9/x.json", "pattern": "(a+)+$"}',
        "prompts/x.yaml": "blocks: [{format: {schema: schemas/s.json}}, {user: '{{ m }}'}]\n",
    },
    "a hostile promptkit.yaml": {
        "promptkit.yaml": "lint: {select: [" + "X, " * 100_000 + "X]}\n",
        "prompts/x.yaml": ASK,
    },
    "hostile suppressions": {"blocks/bad.md": "{# promptkit: ignore[" + "X," * 300_000, "prompts/x.yaml": ONE},
    "a long when": {"prompts/x.yaml": f"blocks: [{{user: '{{{{ m }}}}', when: {'not ' * 5000}m}}]\n"},
    "huge numbers": {"prompts/x.yaml": f"blocks: [{{user: '{{{{ m }}}}', when: m == {'9' * 5000}}}]\n"},
    "a rebellious take": {
        "examples/e.yaml": "- {inputs: {m: a}, output: b}\n",
        "prompts/x.yaml": "blocks: [{examples: {from: examples/e.yaml, take: '{{ 9**9**9 }}'}}, {user: '{{ m }}'}]\n",
    },
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_is_findings_in_time_and_memory(name: str, write: Write) -> None:
    linted(write(LIBRARIES[name]))


def test_links_and_pipes_are_not_followed(write: Write) -> None:
    root = write({"prompts/x.yaml": ASK, "blocks/good.md": "Hello."})
    (root / "blocks/out.md").symlink_to("/etc/passwd")
    (root / "blocks/zero.md").symlink_to("/dev/zero")
    (root / "blocks/loop.md").symlink_to(root / "blocks/loop.md")
    (root / "partials").symlink_to("/etc")
    os.mkfifo(root / "blocks/pipe.md")
    _, told = linted(root)
    for name in ("blocks/loop.md", "blocks/out.md", "blocks/pipe.md", "blocks/zero.md"):
        assert f"{name}: D601 " in told
    assert "partials: D601 is a link to a folder outside the library; copy the folder in" in told
    assert "root:" not in told


def test_nothing_is_compiled_or_rendered(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("lint compiles and renders nothing")

    gadgets = {f"blocks/g{n}.md": text for n, text in enumerate(GADGETS.values())}
    prompts = {f"prompts/p{n}.yaml": f"blocks: [{{use: g{n}}}]\n" for n in range(len(GADGETS))}
    strangers = write({**gadgets, **prompts, **LIBRARIES["a rebellious take"]})
    for root in (TEMPLATES, strangers):
        lint_library(root, list(rules()), preview=True)  # imports run code, so that they come first
    for owner, name in (
        (jinja2.Environment, "compile"),
        (jinja2.Environment, "compile_expression"),
        (jinja2.Environment, "_generate"),
        (jinja2.Environment, "_compile"),
        (jinja2.Template, "render"),
        (template.Template, "render"),
        (template.Template, "code"),
        (template.Expression, "evaluate"),
        (template.Expression, "code"),
        (builtins, "exec"),
        (builtins, "eval"),
    ):
        monkeypatch.setattr(owner, name, property(refuse) if name == "code" else refuse)
    for root in (TEMPLATES, strangers):
        report = lint_library(root, list(rules()), preview=True)
        assert not [line for line in report.failures if "internal error" in line]
        assert report.files > 60
