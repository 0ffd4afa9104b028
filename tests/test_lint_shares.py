"""Lint shared out among processes: the same findings however the files are divided, and the same limits."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run

from promptkit.lint import lint_library

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")

SHARED = {
    "promptkit.yaml": "models: [gpt-4.1-mini]\n",
    "partials/sign.md": "Yours, {{ name }}\n\n\nTODO: the address",
    "partials/unused.md": "Nobody takes this.",
    "blocks/role/agent.md": "You answer mails about orders.\n",
    "blocks/role/old.md": "---\ndeprecated: it knows nothing of invoices\nreplaced_by: role/agent\n---\nYou answer mails.\n",
    "examples/mails.yaml": "- {inputs: {mail: a}, output: b}\n",
    "examples/late.yaml": "- {inputs: {mail: no}, output: b}\n",
    "blocks/few.md": "---\nkind: examples\n---\n",
}
PROMPTS = (
    "blocks: [{use: role/agent}, {user: '{{ mail }}'}]\n",
    "blocks: [{use: role/old}, {user: '{{ mail }}'}]\n",
    "blocks: [{user: '{{ mail }} {% include \"sign\" %}'}]\n",
    "blocks: [{user: 'TODO: {{ mail }}'}]\n",
    "blocks: [{user: '{{ mail'}]\n",
    "extends: q000\nadd: [{user: 'More of {{ mail }}'}]\n",
    "extends: q004\n",
    "blocks: [{user: a, user: b}]\n",
    "blocks: [{examples: {from: examples/mails.yaml}}, {user: '{{ mail }}'}]\n",
    "inputs: {mail: {type: string}, rest: {type: string}}\nblocks: [{user: '{{ mail }}'}]\n",
    "blocks: [{examples: {from: examples/mails.yaml}}, {user: '{{ mail }}'}]\n"
    "variants: {v: {replace: {examples: {examples: {from: examples/late.yaml}}}}}\n",
    "blocks: [{user: '{{ mail | nothing }} {% if false %}a{% endif %}'}]\nvariants: {v: {drop: [nothing]}}\n",
)


def library(size: int) -> dict[str, str]:
    """Prompts in random order, each of one of PROMPTS."""
    draw = random.Random(1)
    order = [*range(len(PROMPTS)), *draw.choices(range(len(PROMPTS)), k=size - len(PROMPTS))]
    return SHARED | {f"prompts/q{number:03}.yaml": PROMPTS[which] for number, which in enumerate(order)}


@pytest.mark.parametrize("count", [2, 3, 7])
def test_shares_find_what_one_run_finds(count: int, write: Write) -> None:
    root = write(library(60))
    whole = lint_library(root)
    shared = lint_library(root, spread=lambda work, items: [work(items[n::count]) for n in range(count)])
    assert len({finding.code for finding in whole.findings}) >= 8
    assert (shared.findings, shared.failures, shared.checked) == (whole.findings, whole.failures, whole.checked)
    assert shared.files == whole.files
    assert shared.files_of == whole.files_of


@needs_fork
def test_the_command_finds_in_processes_what_the_library_finds(write: Write) -> None:
    root = write(library(160))
    done = run("lint", "--library", ".", "--format", "json", "--no-cache", cwd=root)
    found = json.loads(done.out)["findings"]
    assert found == [{**each.data(), "path": each.place.path} for each in lint_library(root).findings]


SPREAD = """
import os, sys
from promptkit.cli.limits import guarded, unit
from promptkit.cli import workers
from promptkit.errors import PromptkitError
workers._processors = lambda: 4
items = [str(number) for number in range(400)]

def work(share):
    for each in share:
        with unit(each):
            if each == sys.argv[1]:
                {fault}
    return os.getpid()

def main():
    print(len(set(workers.spread(work, items))))
    return 0

sys.exit(guarded(main))
"""


@needs_fork
@pytest.mark.parametrize("item", ["0", "1", "399"])
@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("while True: pass", "{item}: stopped after 1.2 s of CPU time"),
        ("raise PromptkitError('is broken; mend it')", "is broken; mend it"),
        ("os.abort()", "{item}: stopped by a crash (SIGABRT)"),
    ],
)
def test_what_ends_a_share_ends_the_run_in_one_line(item: str, fault: str, line: str) -> None:
    program = SPREAD.replace("{fault}", fault)
    done = subprocess.run([sys.executable, "-c", program, item], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(line.format(item=item))
    assert done.stderr.count("\n") == 1


@needs_fork
def test_shares_are_done_in_as_many_processes_as_there_are_processors() -> None:
    program = SPREAD.replace("{fault}", "pass")
    done = subprocess.run([sys.executable, "-c", program, ""], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "4\n", "")
