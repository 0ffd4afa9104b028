"""Starting, as whole processes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.rounds import Row, interleaved, rows

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = """
import click

@click.command()
@click.version_option("1.0", prog_name="hello")
def hello(): click.echo("hello")

hello()
"""


def process(*arguments: str) -> Callable[[], object]:
    """A call that runs Python with these arguments to its end."""
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def measure(rounds: int) -> list[Row]:
    """The command line against a click hello world, the import against that of jinja2."""
    script = "from promptkit.cli import main; main()"  # what the installed `promptkit` runs
    ways = {
        "click hello world --version": process("-c", HELLO, "--version"),
        "promptkit --version": process("-c", script, "--version"),
        "import jinja2": process("-c", "import jinja2"),
        "import promptkit": process("-c", "import promptkit"),
    }
    seconds = interleaved(ways, rounds, round_s=0)
    click, version, jinja, library = ways
    return [
        *rows("start", {way: seconds[way] for way in (click, version)}, click, {version: 1.3}),
        *rows("import", {way: seconds[way] for way in (jinja, library)}, jinja, {library: 1.2}),
    ]
