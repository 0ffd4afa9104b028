"""What several commands do first: open the library, read the values of a call."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptkit.cli.limits import unit
from promptkit.cli.output import echo
from promptkit.cli.remembering import Told
from promptkit.errors import (
    InputError,
    LibraryError,
    MissingInputError,
    PromptkitError,
    Span,
    TemplateError,
    UnknownNameError,
)
from promptkit.library import nearest, open_library
from promptkit.media import media_types
from promptkit.read import read_values
from promptkit.trees import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from promptkit.content import Input
    from promptkit.errors import Problem
    from promptkit.model import Library, Prompt

URLS = ("https:", "http:", "data:")


def opened(
    folder: Path | None, wanted: Callable[[Library], Iterable[Prompt]] | None = None
) -> tuple[Library, tuple[Problem, ...]]:
    """The library in `folder`, or the nearest one, and its problems: of all prompts, or of what is `wanted` and of what
    could not be read. Raises PromptkitError."""
    return open_library(found_library(folder), unit, Told, wanted)


def found_library(folder: Path | None) -> Path:
    """The folder of the library: the one given, else the nearest. Raises PromptkitError where there is none."""
    root = Path(os.path.relpath(nearest(Path.cwd()))) if folder is None else folder
    if folder is None and not root.is_dir():
        raise PromptkitError(
            "no library here: no promptkit.yaml in this folder or above it, and no templates/; "
            "name one with --library DIR, or start one: promptkit init"
        )
    return root


def sound_prompt(folder: Path | None, name: str) -> Prompt:
    """The prompt of that name or file, whatever is wrong elsewhere. Raises LibraryError where it may be among those."""
    folder, name = _at_path(folder, name)
    library, problems = opened(folder, lambda library: _known(library, name))
    try:
        return library[name]
    except UnknownNameError:
        if problems:
            raise LibraryError(problems) from None
        raise


def _known(library: Library, name: str) -> Iterator[Prompt]:
    with suppress(UnknownNameError):
        yield library[name]


def _at_path(folder: Path | None, name: str) -> tuple[Path | None, str]:
    """The library and the path inside it of a prompt's file, as a shell completes it; a name is left as it is."""
    path = Path(name).resolve()
    if not name.endswith((".yaml", ".yml")) or not path.is_file():
        return folder, name
    root = nearest(path.parent).resolve() if folder is None else folder.resolve()
    if not path.is_relative_to(root):
        return folder, name
    return folder or Path(os.path.relpath(root)), path.relative_to(root).as_posix()


def complain(problems: tuple[Problem, ...]) -> None:
    """Write a library's problems to stderr, one a line."""
    if problems:
        echo(str(LibraryError(problems)), err=True)


def values(given: tuple[str, ...], file: str | None, accepted: Mapping[str, Input]) -> dict[str, Any]:
    """The values of `-i NAME=VALUE` and `--inputs FILE`, the former winning.

    A value is text for an input that takes text, else JSON: `-i shots=4`, `-i tags='["a"]'`.
    """
    found = {} if file is None else _from_file(file)
    names: set[str] = set()
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"-i {pair}: write NAME=VALUE")
        if name in names:
            raise InputError(f"-i {name} stands twice; keep one")
        names.add(name)
        found[name] = _value(name, text, accepted.get(name))
    return found


@contextmanager
def advising(given: tuple[str, ...], accepted: Mapping[str, Input], sampled: Mapping[str, Any]) -> Iterator[None]:
    """Adds to the errors of a render what the command line can do about them."""
    try:
        yield
    except MissingInputError as error:
        if "did you mean" in error.message:
            raise
        how = " ".join(f"-i {name}=..." for name in error.names)
        sample = " or take the sample with --sample" if set(error.names) <= set(sampled) else ""
        what = "it" if len(error.names) == 1 else "them"
        raise InputError(f"{error.message}; give {what} with {how}{sample}") from error
    except TemplateError as error:
        for name, _, text in (pair.partition("=") for pair in given):
            kind = {"{": "object", "[": "array"}.get(text.lstrip()[:1])
            if kind and name in accepted and not accepted[name].declared and "the text has no" in error.message:
                raise TemplateError(
                    f"{error.message}; '{name}' was given as text: declare it with type: {kind}", error.span
                ) from error
        raise


def _value(name: str, text: str, declared: Input | None) -> Any:
    if declared is None or {"string", "any"} & set(declared.types):
        return text
    if media_types(declared):
        return text if text.startswith(URLS) else Path(text)  # a file of whoever types the command
    try:
        return json.loads(text)
    except ValueError:
        wanted = " or ".join(declared.types)
        advice = "; write true or false" if declared.types == ("boolean",) else ""
        raise InputError(
            f"input '{name}' must be {wanted}; '{text[:40]}' is not JSON of that type{advice}", declared.span
        ) from None


def _from_file(file: str) -> dict[str, Any]:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise PromptkitError(f"cannot be read: {reason(error)}", Span(file)) from error
    return read_values(content, "stdin" if file == "-" else file)
