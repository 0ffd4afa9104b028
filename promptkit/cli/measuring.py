"""One run of `promptkit tokens`: what it was asked to count, what it finds, what goes wrong."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from promptkit.cli import plain
from promptkit.cli.paths import is_plain, library_of
from promptkit.errors import PromptkitError
from promptkit.pricing.usage import Usage
from promptkit.report.tokens import Row, text_row
from promptkit.tokens import tokenizer_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.cli.prompt_rows import Common
    from promptkit.report.tables import Form
    from promptkit.tokens.ways import By

ByVariant = Literal["variant"]
BY_VARIANT: ByVariant = "variant"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run was asked for. `usage` is what its own options say of how the prompts are used,
    `variants` those to count; none for all."""

    models: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    by: By | ByVariant | None = None
    given: tuple[str, ...] = ()
    file: str | None = None
    usage: Usage = field(default_factory=Usage)
    form: Form | Literal["json"] = "table"
    caching: bool = False
    ranges: bool = False
    remote: bool = False
    base_url: str | None = None
    check: bool = False

    def __post_init__(self) -> None:
        if self.form != "json":
            self._refuse_what_no_table_shows()
        if self.base_url is not None and not self.remote:
            raise click.UsageError("--base-url is where --remote asks; add --remote, or leave it out")
        if self.by == BY_VARIANT and self.variants:
            raise click.UsageError("--by variant compares the variants of a prompt; leave out --variant")

    def _refuse_what_no_table_shows(self) -> None:
        """JSON has all at once; of the tables each has its own figures."""
        views = {"--by variant": self.by == BY_VARIANT, "--cache": self.caching, "--range": self.ranges}
        view = next((name for name, asked in views.items() if asked), None)
        if view is None:
            return
        if sum(views.values()) > 1:
            raise click.UsageError("--by variant, --cache and --range each show a table of their own; choose one")
        if self.remote:
            raise click.UsageError(f"the table of {view} has no vendor's numbers; leave out --remote, or {view}")
        if self.ranges and self.usage != Usage():
            costs = "--volume, --output-tokens and --hit-rate"
            raise click.UsageError(f"the table of --range has no costs; leave out {costs}, or --range")
        if self.usage.calls_per_month is not None:
            raise click.UsageError(f"the table of {view} has costs of 1,000 calls; leave out --volume, or {view}")

    @property
    def values_needed(self) -> bool:
        """Whether a prompt must be counted with values; a range is known without."""
        return not self.ranges or self.check or self.by is not None or self.remote or self.caching

    @property
    def costs(self) -> bool:
        """Whether a table of costs is wanted."""
        return self.usage != Usage() or self.form == "md"

    @property
    def money(self) -> bool:
        """Whether costs are wanted also where no file says how a prompt is used."""
        return self.costs or self.caching or self.by == BY_VARIANT or self.form == "json"


class Job:
    """One run: its rows, and beside them what a person should know of it. `failed`: something could not be counted."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.root: str | None = None
        self.notes: list[str] = []
        self.failed = False
        self.common: tuple[Common, ...] = ()
        self._tokenizers = [tokenizer_for(model) for model in dict.fromkeys(asked.models)]
        self._binary = 0
        self._seen: set[str] = set()

    def rows(self, library: Path | None, names: tuple[str, ...]) -> list[Row]:
        """A row for each prompt, variant and model, and for each plain file and model."""
        paths = [name for name in names if library is None and is_plain(Path(name))]
        others = [name for name in names if name not in paths]
        if paths and not others and (self.asked.given or self.asked.file or self.asked.variants):
            raise click.UsageError("plain files have no inputs and no variants; leave out -i, --inputs and --variant")
        if paths and not others and (self.asked.by is not None or self.asked.check):
            raise click.UsageError("plain files have no parts and no budgets; leave out --by and --check")
        if paths and (self.asked.ranges or self.asked.caching or self.asked.remote):
            raise click.UsageError("plain files are texts and no prompts; leave out --range, --cache and --remote")
        found: list[Row] = []
        if others or not names:
            found += self._prompt_rows(library if library is not None else library_of(others), others)
        found += [row for argument in paths for row in self._file_rows(Path(argument))]
        if self._binary:
            self.notes.append(f"left out {self._binary} binary file{'s' if self._binary > 1 else ''}")
        return found

    def _prompt_rows(self, library: Path | None, names: list[str]) -> list[Row]:
        from promptkit.cli.prompt_rows import PromptRows  # here: plain files need none of it

        prompts = PromptRows(self.asked, self._tokenizers)
        found = prompts.rows(library, names)
        self.root, self.common = prompts.root, prompts.common
        self.notes += prompts.notes
        self.failed |= prompts.failed
        return found

    def _file_rows(self, argument: Path) -> Iterator[Row]:
        for path in plain.files(argument):
            place = os.path.abspath(path)  # noqa: PTH100 -- the file that a link leads to is another
            if place in self._seen:
                continue
            self._seen.add(place)
            try:
                text = plain.text(path)
            except PromptkitError as error:
                self.failed = True
                self.notes.append(str(error))
                continue
            if text is not None:
                yield from (
                    text_row(path.as_posix(), text, each) for each in self._tokenizers or [tokenizer_for("o200k_base")]
                )
            elif path == argument:
                self.failed = True
                self.notes.append(f"{path}: is binary; name a text file")
            else:
                self._binary += 1
