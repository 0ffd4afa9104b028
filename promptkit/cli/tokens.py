"""`promptkit tokens`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptkit.cli import completing, plain
from promptkit.cli.limits import unit
from promptkit.cli.options import common, inputs_of_a_call
from promptkit.cli.output import echo
from promptkit.cli.reading import advising, complain, opened, values
from promptkit.config import FILE
from promptkit.errors import InputError, PromptkitError, UnknownNameError, did_you_mean
from promptkit.library import nearest
from promptkit.measure import BYS, By
from promptkit.render import program, samples, tokenizer_at, tokenizer_of
from promptkit.report.tokens import (
    Row,
    absences,
    as_data,
    missing_row,
    parts_table,
    prompt_row,
    remarks,
    text_row,
    token_table,
)
from promptkit.tokens import Tokenizer, count, tokenizer_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.errors import Problem
    from promptkit.model import Library, Prompt, Variant

ALL = "all"
MANY = 200  # rows from which progress is worth showing


@click.command("tokens")
@click.argument("names", metavar="[PROMPT|PATH]...", nargs=-1, shell_complete=completing.prompts_or_files)
@click.option(
    "--variant",
    metavar="V|all",
    default=ALL,
    show_default=True,
    shell_complete=completing.variants,
    help="The variant to count.",
)
@click.option(
    "--model",
    "models",
    metavar="M",
    multiple=True,
    shell_complete=completing.models,
    help="A model to count for; repeat for more.",
)
@click.option("--by", type=click.Choice(BYS), help="Show where the tokens go.")
@inputs_of_a_call("An input; else its sample is taken.")
@click.option("--check", is_flag=True, help="Exit 1 where a prompt is over its budget.")
@common("table", "json")
def command(
    library: Path | None,
    output_format: str,
    names: tuple[str, ...],
    variant: str,
    models: tuple[str, ...],
    by: By | None,
    given: tuple[str, ...],
    file: str | None,
    check: bool,
) -> int:
    """Count the tokens of prompts or plain files.

    Without a name every prompt of the library is counted, in every variant. A file or folder outside any library is
    counted as literal text.

    \b
    promptkit tokens
    promptkit tokens support/triage --by block
    promptkit tokens README.md --model gpt-4o --format json
    """
    job = _Job(models, variant, by, given, file)
    rows = job.rows(library, names)
    problems = remarks(rows)
    if output_format == "json":
        echo(json.dumps({"library": job.root, "rows": list(map(as_data, rows))}, ensure_ascii=False, indent=2))
    else:
        echo(token_table(rows))
        if by is not None:
            for row in rows:
                if row.prompt is not None:
                    echo("\n" + parts_table(row, by))
        for line in problems:
            echo(line)
    for line in [*job.notes, *absences(rows)]:
        echo(line, err=True)
    named_or_checked = bool(names) or check
    if job.failed or (named_or_checked and any(row.tokens is None for row in rows)):
        return 2
    return 1 if check and any(row.over_budget for row in rows) else 0


class _Job:
    """One run of the command: what it was asked, what it found, what went wrong."""

    def __init__(
        self, models: tuple[str, ...], variant: str, by: By | None, given: tuple[str, ...], file: str | None
    ) -> None:
        self._tokenizers = [tokenizer_for(model) for model in models]
        self._variant = variant
        self._by: By = by or "block"
        self._given = given
        self._file_values = None if file is None else values((), file, {})
        self.root: str | None = None
        self.notes: list[str] = []
        self.failed = False

    def rows(self, library: Path | None, names: tuple[str, ...]) -> list[Row]:
        """A row for each prompt, variant and model, and for each plain file and model."""
        paths = [name for name in names if library is None and _is_plain(Path(name))]
        others = [name for name in names if name not in paths]
        if paths and not others and (self._given or self._file_values or self._variant != ALL):
            raise click.UsageError("plain files have no inputs and no variants; leave out -i, --inputs and --variant")
        found: list[Row] = []
        if others or not names:
            found += self._prompt_rows(library, others)
        binary = 0
        for argument in paths:
            for path in plain.files(Path(argument)):
                try:
                    text = plain.text(path)
                except PromptkitError as error:
                    self.failed = True
                    self.notes.append(str(error))
                    continue
                if text is None and path == Path(argument):
                    self.failed = True
                    self.notes.append(f"{path}: is binary; name a text file")
                if text is None:
                    binary += path != Path(argument)
                    continue
                found += [text_row(path.as_posix(), text, each) for each in self._tokenizers or [_default()]]
        if binary:
            self.notes.append(f"left out {binary} binary file{'s' if binary > 1 else ''}")
        return found

    def _prompt_rows(self, folder: Path | None, names: list[str]) -> list[Row]:
        library, problems = self._opened(folder if folder is not None else _library_of(names), names)
        self.root = library.root
        self.failed |= bool(problems)
        complain(problems)
        try:
            prompts = list(library.prompts.values()) if not names else _named(library, names)
        except UnknownNameError:
            if not problems:
                raise
            prompts = []  # it is among those with the problems that were told
        chosen = [variant for prompt in prompts for variant in self._variants(prompt)]
        self._refuse_unused_inputs(chosen)
        for encoding in {each.encoding for variant in chosen for each in self._tokenizers_of(variant)}:
            count("", encoding)  # here: outside of any prompt's limits, which its vocabulary does not count towards
        return [row for variant in _with_progress(chosen) for row in self._variant_rows(variant)]

    def _opened(self, folder: Path | None, names: list[str]) -> tuple[Library, tuple[Problem, ...]]:
        if folder is None and names and not nearest(Path.cwd()).is_dir():
            raise PromptkitError(
                f"'{names[0]}' is no file, and there is no library here with a prompt of that name; "
                "check the path, or name a library with --library DIR"
            )
        return opened(folder)

    def _variants(self, prompt: Prompt) -> Iterator[Variant]:
        if self._variant == ALL:
            yield from (prompt[name] for name in prompt.variants)
        else:
            yield prompt[self._variant]

    def _tokenizers_of(self, variant: Variant) -> list[Tokenizer]:
        if self._tokenizers:
            return self._tokenizers
        config = variant.prompt.library.config
        if variant.settings.model is None and config.models:
            return [tokenizer_at(model, config.span) for model in config.models]
        return [tokenizer_of(variant, None)]

    def _refuse_unused_inputs(self, variants: Iterable[Variant]) -> None:
        names = {pair.partition("=")[0] for pair in self._given} | set(self._file_values or ())
        accepted = {name for variant in variants for name in program(variant).accepted}
        for name in sorted(names - accepted):
            raise InputError(f"unknown input '{name}'{did_you_mean(name, accepted)}")

    def _variant_rows(self, variant: Variant) -> list[Row]:
        plan = program(variant)
        own = {**(self._file_values or {}), **values(self._given, None, plan.accepted)}
        given = {name: value for name, value in own.items() if name in plan.accepted}
        sampled = {name: value for name, value in samples(variant).items() if name not in given}
        absent = tuple(name for name in plan.required if name not in given and name not in sampled)
        kind: Any = "missing" if absent else "sample" if sampled else "given"
        found = []
        for tokenizer in self._tokenizers_of(variant):
            if absent:
                found.append(missing_row(variant, tokenizer, absent))
                continue
            place = f"{variant.prompt.spec.span.path} ({variant.name})"
            with unit(place), advising(self._given, plan.accepted, {}):
                rendered = variant.render({**sampled, **given}, model=tokenizer.model)
            found.append(prompt_row(variant, rendered, tokenizer, kind, self._by))
        return found


def _default() -> Tokenizer:
    return tokenizer_for("o200k_base")


def _is_plain(path: Path) -> bool:
    """Whether an argument is a file or folder that is no library, no prompt file and no folder of prompt files."""
    if not path.exists():
        return False
    root = _root(path)
    if root is None:
        return True
    inside = path.resolve().relative_to(root).parts
    return bool(inside) and inside[0] != "prompts"


def _root(path: Path) -> Path | None:
    path = path.resolve()
    return next((folder for folder in (path, *path.parents) if (folder / FILE).is_file()), None)


def _library_of(names: list[str]) -> Path | None:
    """The library that a named path lies in; None where no name is a path."""
    roots = {root for name in names if Path(name).exists() and (root := _root(Path(name))) is not None}
    if len(roots) > 1:
        raise PromptkitError(f"the paths lie in {len(roots)} libraries; name those of one at a time")
    return roots.pop() if roots else None


def _named(library: Library, names: list[str]) -> list[Prompt]:
    """The prompts of these names, files and folders, each once, in that order."""
    found: dict[str, Prompt] = {}
    root = Path(library.root).resolve()
    for name in names:
        path = Path(name)
        if name not in library and path.exists() and path.resolve().is_relative_to(root):
            inside = path.resolve().relative_to(root).as_posix()
            below = [
                prompt
                for prompt in library.prompts.values()
                if inside in {".", prompt.spec.span.path} or prompt.spec.span.path.startswith(inside + "/")
            ]
            if not below:
                raise UnknownNameError(f"no sound prompt in '{name}'")
            found.update((prompt.name, prompt) for prompt in below)
        elif name not in library and Path(name).suffix and not name.endswith((".yaml", ".yml")):
            raise UnknownNameError(f"no such file, and no prompt of that name: '{name}'{did_you_mean(name, library)}")
        else:
            found[library[name].name] = library[name]
    return list(found.values())


def _with_progress(variants: list[Variant]) -> Iterator[Variant]:
    """The variants, with a progress bar on a terminal where there are many."""
    if len(variants) < MANY or not sys.stderr.isatty():
        yield from variants
        return
    with click.progressbar(variants, label="counting", file=sys.stderr) as progress:
        yield from progress
