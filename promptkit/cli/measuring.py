"""One run of `promptkit tokens`: what it was asked to count, what it finds, what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from promptkit.cli import plain
from promptkit.cli.paths import is_plain, library_of
from promptkit.errors import PromptkitError
from promptkit.pricing import Usage
from promptkit.report.tokens import Row, text_row
from promptkit.tokens import tokenizer_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.cli.prompt_rows import Common
    from promptkit.measure import By
    from promptkit.report.tables import Form

ALL = "all"
ByVariant = Literal["variant"]
BY_VARIANT: ByVariant = "variant"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run was asked for. `usage` is what its own options say of how the prompts are used."""

    models: tuple[str, ...] = ()
    variant: str = ALL
    by: By | ByVariant | None = None
    given: tuple[str, ...] = ()
    file: str | None = None
    usage: Usage = field(default_factory=Usage)
    form: Form | Literal["json"] = "table"
    caching: bool = False
    ranges: bool = False
    remote: bool = False
    base_url: str | None = None

    def __post_init__(self) -> None:
        if self.form != "json" and sum((self.by == BY_VARIANT, self.caching, self.ranges)) > 1:
            raise click.UsageError("--by variant, --cache and --range each show a table of their own; choose one")
        if self.base_url is not None and not self.remote:
            raise click.UsageError("--base-url is where --remote asks; add --remote, or leave it out")
        if self.by == BY_VARIANT and self.variant != ALL:
            raise click.UsageError("--by variant compares the variants of a prompt; leave out --variant")

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

    def rows(self, library: Path | None, names: tuple[str, ...]) -> list[Row]:
        """A row for each prompt, variant and model, and for each plain file and model."""
        paths = [name for name in names if library is None and is_plain(Path(name))]
        others = [name for name in names if name not in paths]
        if paths and not others and (self.asked.given or self.asked.file or self.asked.variant != ALL):
            raise click.UsageError("plain files have no inputs and no variants; leave out -i, --inputs and --variant")
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
        self.failed |= prompts.failed
        return found

    def _file_rows(self, argument: Path) -> Iterator[Row]:
        for path in plain.files(argument):
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
