"""Rendered text is Jinja2's own, character for character, and every character stands at its line."""

from __future__ import annotations

import re
import sys
from subprocess import run
from typing import TYPE_CHECKING, Any

import jinja2
import jinja2.sandbox
import pytest
from template_cases import CASES, LIBRARY, SCOPE

from promptkit.errors import Span
from promptkit.model import Text
from promptkit.template import Engine, trace

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
from promptkit.template import Engine, trace
from promptkit.model import Text
from promptkit.errors import Span
template = Engine(lambda name: None).template(Text("Hello {{ name }}!", "t", Span("t.md", 1)))
assert template.check() == []
assert [(t.text, sorted(t.names)) for t in trace(template.render({"name": "Ann"}))] == [
    ("Hello ", []), ("Ann", ["name"]), ("!", [])]
assert "jinja2" not in sys.modules
"""
    assert run([sys.executable, "-c", code], check=False).returncode == 0
