"""The options that every command takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")


def common(*formats: str, reads: bool = True) -> Callable[[F], F]:
    """`--library` as `library: Path | None` and `--format` as `output_format: str`, the first of `formats` being the
    default. None for `library` means the nearest folder with a promptkit.yaml, else templates/. A command that reads no
    library (`reads`) does not offer one in its help."""
    library = click.option(
        "--library",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        hidden=not reads,
        help="The library. Default: the nearest folder with a promptkit.yaml, else templates/.",
    )
    output = click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How the result is written; json is stable.",
    )

    def decorate(function: F) -> F:
        return library(output(function))

    return decorate


def inputs_of_a_call(help: str) -> Callable[[F], F]:  # noqa: A002 (click's own name for it)
    """`-i NAME=VALUE` as `given: tuple[str, ...]`, described by `help`, and `--inputs` as `file: str | None`."""
    from promptkit.cli import completing  # here: it loads what only commands that render need

    one = click.option(
        "-i",
        "--input",
        "given",
        metavar="NAME=VALUE",
        multiple=True,
        shell_complete=completing.inputs,
        help=help,
    )
    many = click.option(
        "--inputs",
        "file",
        metavar="FILE",
        shell_complete=completing.files,
        help="Inputs from a JSON or YAML file; - reads stdin.",
    )

    def decorate(function: F) -> F:
        return one(many(function))

    return decorate


def uncached(function: F) -> F:
    """`--no-cache`, for a command that `promptkit.cli.remembering` answers; it is looked for there."""
    option = click.option(
        "--no-cache",
        is_flag=True,
        expose_value=False,
        help="Work everything out anew, and keep nothing on disk.",
    )
    return option(function)


def whole_tokens(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """A callback for an option that takes a number of tokens."""
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,12}", text, re.ASCII):
        raise click.BadParameter(f"'{text[:40]}' is no number of tokens; write a whole number, such as 300")
    return int(text)
