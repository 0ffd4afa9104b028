"""`promptkit init`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptkit.cli.options import common
from promptkit.cli.output import echo
from promptkit.errors import PromptkitError, Span, one_line
from promptkit.library import DEFAULT_FOLDER, nearest
from promptkit.starter import start

if TYPE_CHECKING:
    from collections.abc import Sequence

PROMPT = "feedback"  # of the starter library


@click.command("init")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@common("text", "json", reads=False)
def command(library: Path | None, output_format: str, folder: Path | None) -> int:
    """Start a library: two prompts to render, count and change.

    It is written to DIR, by default templates/, where every command finds it. Nothing is overwritten.

    \b
    promptkit init
    promptkit init prompts
    """
    if library is not None:
        raise click.UsageError("init makes a library and reads none; write promptkit init DIR")
    if folder is None:
        folder = _default()
    made = start(folder)
    commands = _commands(folder)
    if output_format == "json":
        echo(json.dumps({"library": str(folder), "files": list(made), "next": commands}, ensure_ascii=False, indent=2))
    else:
        echo(_shown(folder, made, commands))
    return 0


def _default() -> Path:
    """templates/, unless something else lives there, as the pages of a web site may."""
    folder = Path(DEFAULT_FOLDER)
    if folder.is_dir() and not folder.is_symlink() and any(folder.iterdir()):
        raise PromptkitError("is not empty; name the folder to use: promptkit init DIR", Span(f"{DEFAULT_FOLDER}/"))
    return folder


def _commands(folder: Path) -> list[str]:
    found = nearest(Path.cwd()).resolve() == folder.resolve()
    where = "" if found else f" --library {shlex.quote(str(folder))}"
    return [f"promptkit list{where}", f"promptkit render {PROMPT} --sample{where}", f"promptkit tokens{where}"]


def _shown(folder: Path, made: Sequence[str], commands: Sequence[str]) -> str:
    first = folder / "prompts" / f"{PROMPT}.yaml"
    lines = [f"made a library in {one_line(str(folder))}:", *(f"  {path}" for path in made), ""]
    lines += [f"begin with {one_line(str(first))}; next:", *(f"  {line}" for line in commands)]
    return "\n".join(lines)
