"""The rows of `promptkit tokens` for prompts: which are asked for, rendered with what, measured how."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptkit.cli.limits import unit
from promptkit.cli.measuring import BY_VARIANT
from promptkit.cli.reading import advising, complain, opened, values
from promptkit.config import FILE
from promptkit.errors import (
    InputError,
    PromptkitError,
    ProviderError,
    RefusedError,
    RemoteError,
    UnknownNameError,
    did_you_mean,
)
from promptkit.library import nearest
from promptkit.measure import measure
from promptkit.modelnames import ESTIMATE
from promptkit.pricing.facts import ModelFacts
from promptkit.pricing.models import model_facts
from promptkit.pricing.usage import Usage
from promptkit.render import program, samples, tokenizer_of, tokenizers_of
from promptkit.report.tokens import missing_row, priced, prompt_row
from promptkit.report.variants import cells
from promptkit.tokens import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptkit.caching import Head, Shared
    from promptkit.cli.measuring import Asked
    from promptkit.errors import Problem
    from promptkit.model import Library, Prompt, Rendered, Variant
    from promptkit.ranges import TokenRange
    from promptkit.report.tokens import Given, Row
    from promptkit.tokens import Tokenizer
    from promptkit.tokens.ways import By

MANY = 200  # rows from which progress is worth showing
NAMED = 3  # prompts that a note names


@dataclass(frozen=True, slots=True)
class Common:
    """What the variants of a prompt share of the prefix that a model's cache keeps."""

    prompt: str
    model: str
    shared: tuple[Shared, ...]


class PromptRows:
    """The prompts of one run. `failed`: the library has problems, which were told; `root` is the library.

    `notes` are what a person should know of it.
    """

    def __init__(self, asked: Asked, tokenizers: list[Tokenizer]) -> None:
        self.asked = asked
        self.root: str | None = None
        self.failed = False
        self.notes: list[str] = []
        self._tokenizers = tokenizers
        self._file_values = None if asked.file is None else values((), asked.file, {})
        self._heads: dict[tuple[str, str], list[Head]] = {}
        self._facts: dict[str, ModelFacts] = {}
        self._closed: dict[str, str] = {}  # the models that are no longer asked for, and why

    @property
    def common(self) -> tuple[Common, ...]:
        """For each prompt and model, what two or more of its variants share."""
        from promptkit.caching import shared  # here, as below: only `--cache` needs it

        return tuple([Common(prompt, model, shared(heads)) for (prompt, model), heads in self._heads.items()])

    def rows(self, folder: Path | None, names: list[str]) -> list[Row]:
        """A row for each prompt, variant and model of the library in `folder`, the nearest by default."""
        library, problems = self._opened(folder, names)
        self.root = library.root
        self.failed |= bool(problems)
        complain(problems)
        if any(problem.span.path == FILE for problem in problems):
            return []  # models, prices and limits are not those that were meant
        try:
            prompts = _named(library, names) if names else dict.fromkeys(library.prompts.values(), False)
        except UnknownNameError:
            if not problems:
                raise
            prompts = {}  # it is among those with the problems that were told
        chosen = self._variants(prompts)
        self._refuse_unused_inputs(chosen)
        for encoding in {each.encoding for variant in chosen for each in self._tokenizers_of(variant)}:
            count("", encoding)  # here: outside of any prompt's limits, which its vocabulary does not count towards
        if self.asked.remote:
            self._check_keys(chosen)
        return [row for variant in _with_progress(chosen) for row in self._variant_rows(variant)]

    def _opened(self, folder: Path | None, names: list[str]) -> tuple[Library, tuple[Problem, ...]]:
        if folder is None and names and not nearest(Path.cwd()).is_dir():
            raise PromptkitError(
                f"'{names[0]}' is no file, and there is no library here with a prompt of that name; "
                "check the path, or name a library with --library DIR"
            )
        return opened(folder, (lambda library: _wanted(library, names)) if names else None)

    def _variants(self, prompts: Mapping[Prompt, bool]) -> list[Variant]:
        """The variants that are asked for. Raises UnknownNameError where a prompt that was itself named (True) lacks
        it, or all do."""
        if not self.asked.variants:
            return [prompt[name] for prompt in prompts for name in prompt.variants]
        order = {prompt: number for number, prompt in enumerate(prompts)}
        found = [each for name in dict.fromkeys(self.asked.variants) for each in self._of_name(name, prompts)]
        return sorted(found, key=lambda variant: order[variant.prompt])

    def _of_name(self, asked: str, prompts: Mapping[Prompt, bool]) -> list[Variant]:
        """The prompts' variants of one name, as `_variants` has it."""
        found, without = [], []
        for prompt, named in prompts.items():
            try:
                found.append(prompt[asked])
            except UnknownNameError:
                if named or len(prompts) == 1:
                    raise
                without.append(prompt)
        if without and not found:
            hint = did_you_mean(asked, [name for prompt in without for name in prompt.variants])
            raise UnknownNameError(f"none of {len(without)} prompts has a variant '{asked}'{hint}")
        if without:
            more = len(without) - NAMED
            names = ", ".join(prompt.name for prompt in without[:NAMED]) + (f" + {more} more" if more > 0 else "")
            self.notes.append(f"left out, without a variant '{asked}': {names}")
        return found

    def _check_keys(self, variants: Iterable[Variant]) -> None:
        from promptkit.remote import endpoint_for, key_for  # here, as below: nothing else opens a connection

        for model in {each.model for variant in variants for each in self._tokenizers_of(variant)}:
            key_for(endpoint_for(model)[0])

    def _tokenizers_of(self, variant: Variant) -> list[Tokenizer]:
        if self._tokenizers:
            return self._tokenizers
        config = variant.prompt.library.config
        if variant.settings.model is None and config.models:
            return list(tokenizers_of(config))
        return [tokenizer_of(variant, None)]

    def _refuse_unused_inputs(self, variants: Iterable[Variant]) -> None:
        names = {pair.partition("=")[0] for pair in self.asked.given} | set(self._file_values or ())
        accepted = {name for variant in variants for name in program(variant).accepted}
        for name in sorted(names - accepted):
            raise InputError(f"unknown input '{name}'{did_you_mean(name, accepted)}")

    def _variant_rows(self, variant: Variant) -> list[Row]:
        plan = program(variant)
        own = {**(self._file_values or {}), **values(self.asked.given, None, plan.accepted)}
        given = {name: value for name, value in own.items() if name in plan.accepted}
        sampled = {name: value for name, value in samples(variant).items() if name not in given}
        absent = tuple(name for name in plan.required if name not in given and name not in sampled)
        kind: Given = "missing" if absent else "sample" if sampled else "given"
        found = []
        for tokenizer in self._tokenizers_of(variant):
            if absent:
                row = missing_row(variant, tokenizer, absent, plan.accepted[absent[0]].span)
            else:
                place = f"{variant.prompt.spec.span.path} ({variant.name})"
                with unit(place), advising(self.asked.given, plan.accepted, {}):
                    rendered = variant.render({**sampled, **given}, model=tokenizer.model)
                row = self._measured(rendered, tokenizer, kind)
            if self.asked.ranges:
                row = replace(row, range=self._range(variant, tokenizer))
            found.append(self._priced(replace(row, cells=cells(variant.prompt).get(variant.name, ())), variant))
        return found

    def _measured(self, rendered: Rendered, tokenizer: Tokenizer, kind: Given) -> Row:
        measured = measure(rendered, tokenizer.model)
        by: By = "block" if self.asked.by is None or self.asked.by == BY_VARIANT else self.asked.by
        row = prompt_row(rendered.variant, measured, kind, by)
        if self.asked.remote:
            row = self._asked_of_its_vendor(row, rendered)
        if not self.asked.caching:
            return row
        from promptkit.caching import caching, head

        self._heads.setdefault((rendered.variant.prompt.name, tokenizer.model), []).append(head(rendered, tokenizer))
        with unit(f"{rendered.variant.prompt.spec.span.path} ({rendered.variant.name})"):
            return replace(row, caching=caching(rendered, measured))

    def _asked_of_its_vendor(self, row: Row, rendered: Rendered) -> Row:
        """The row with the vendor's count, or why there is none. After a failure to ask, its model is left alone."""
        from promptkit.remote import remote_tokens

        if row.model in self._closed:
            return replace(row, remote_error=self._closed[row.model])
        try:
            return replace(row, remote=remote_tokens(rendered, row.model, self.asked.base_url))
        except (ProviderError, RefusedError) as error:
            place = error.span or rendered.variant.prompt.spec.span
            return replace(row, remote_error=f"{place}: {row.name} for {row.model}: {error.message}")
        except RemoteError as error:
            self._closed[row.model] = f"{error.message} (no further prompt was sent for {row.model})"
            return replace(row, remote_error=self._closed[row.model])

    def _range(self, variant: Variant, tokenizer: Tokenizer) -> TokenRange:
        from promptkit.ranges import token_range

        with unit(f"{variant.prompt.spec.span.path} ({variant.name})"):
            return token_range(variant, tokenizer.model)

    def _priced(self, row: Row, variant: Variant) -> Row:
        usage = self.asked.usage.over(variant.usage)
        if not self.asked.money and usage == Usage():
            return row
        if row.model not in self._facts:
            own = variant.prompt.library.config.prices
            encoding = row.model == row.tokenizer.encoding  # which no one sells
            name = row.model.removeprefix(ESTIMATE)
            self._facts[row.model] = ModelFacts(name) if encoding else model_facts(name, own)
        return priced(row, usage, self._facts[row.model])


def _wanted(library: Library, names: list[str]) -> Iterable[Prompt]:
    """The prompts to check: all, where a name is not known, since it may be told what it should be."""
    try:
        return _named(library, names)
    except UnknownNameError:
        return library.prompts.values()


def _named(library: Library, names: list[str]) -> dict[Prompt, bool]:
    """The prompts of these names, files and folders, in that order, each with whether it was itself named."""
    found: dict[Prompt, bool] = {}
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
            found.update((prompt, found.get(prompt, False) or not path.is_dir()) for prompt in below)
        elif name not in library and Path(name).suffix and not name.endswith((".yaml", ".yml")):
            raise UnknownNameError(f"no such file, and no prompt of that name: '{name}'{did_you_mean(name, library)}")
        else:
            try:
                found[library[name]] = True
            except UnknownNameError as error:
                raise UnknownNameError(error.message) from error  # what is wrong stands in no file
    return found


def _with_progress(variants: list[Variant]) -> Iterator[Variant]:
    """The variants, with a progress bar on a terminal where there are many."""
    if len(variants) < MANY or not sys.stderr.isatty():
        yield from variants
        return
    with click.progressbar(variants, label="counting", file=sys.stderr) as progress:
        yield from progress
