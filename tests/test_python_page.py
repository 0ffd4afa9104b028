"""docs/python.md: its programs print what it shows, its tables name what there is, and threads share a library."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import threading
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from test_readme import fences

import promptkit
from promptkit.render import samples

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "python.md").read_text("utf-8")


def test_the_programs_print_their_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    programs = fences(PAGE, "python")
    assert len(programs) >= 8
    for _, program in programs:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(program, "docs/python.md", "exec"), names)
        assert printed.getvalue().splitlines() == re.findall(r"^ *print\(.*\)  # (.*)$", program, re.MULTILINE)


def test_the_tables_name_every_error_and_every_field() -> None:
    named = set(re.findall(r"`(\w+)", PAGE))
    errors = {name for name in promptkit.__all__ if name.endswith("Error")}
    assert errors <= named
    measured = {field.name for field in fields(promptkit.Measurement)} - {"rendered", "cache"}
    assert measured | {field.name for field in fields(promptkit.Rendered)} <= named


def everything(library: promptkit.Library) -> list[object]:
    found: list[object] = []
    for prompt in library.values():
        for name in prompt.variants:
            rendered = prompt.render(samples(prompt[name]), variant=name)
            found += [rendered.messages, rendered.dropped, rendered.fingerprint, rendered.count().tokens]
    return found


def test_threads_share_a_library_that_none_has_used_yet() -> None:
    expected = everything(promptkit.load(ROOT / "templates"))
    library = promptkit.load(ROOT / "templates")
    together = threading.Barrier(8)
    results: list[list[object]] = []

    def work() -> None:
        together.wait()
        results.append(everything(library))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert results == [expected] * 8
