"""`promptkit models`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptkit.cli import completing
from promptkit.cli.limits import unit
from promptkit.cli.options import common
from promptkit.cli.output import echo, terminal_width
from promptkit.cli.reading import complain
from promptkit.config import FILE, Config
from promptkit.errors import UnknownNameError, did_you_mean
from promptkit.library import nearest
from promptkit.pricing.models import known_models, model_facts, warnings
from promptkit.read import read_config
from promptkit.report.models import model_page, models_data, models_table
from promptkit.trees import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptkit.errors import Problem
    from promptkit.pricing.facts import ModelFacts, Quote


@click.command("models")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=completing.priced_models)
@common("table", "json")
def command(library: Path | None, output_format: str, names: tuple[str, ...]) -> int:
    """Show models: context, prices, cache, retirement.

    A price comes from the library's prices:, else from promptkit's own table, else from genai-prices where that is
    installed, and is shown with its source and age. NAME is a model, shown whole, or what several names begin with.

    \b
    promptkit models
    promptkit models gpt-6 claude-opus
    promptkit models gpt-6-sol --format json
    """
    config, problems = _config(library)
    found = [model_facts(name, config.prices) for name in dict.fromkeys(_chosen(names, config.prices))]
    if output_format == "json":
        echo(json.dumps({"models": list(map(models_data, found))}, ensure_ascii=False, indent=2))
    elif names and len(found) <= len(names):
        echo("\n\n".join(map(model_page, found)))
    else:
        echo(models_table(found, terminal_width()))
    for line in (line for facts in found if names for line in warnings(facts)):
        echo(line, err=True)
    complain(problems)
    return 2 if problems else 0


def _config(folder: Path | None) -> tuple[Config, tuple[Problem, ...]]:
    """The settings of the library, or of none."""
    root = Path(os.path.relpath(nearest(Path.cwd()))) if folder is None else folder
    if folder is None and not root.is_dir():
        return Config(), ()
    with unit(FILE):
        return read_config(Folder(root))


def _chosen(names: tuple[str, ...], own: Mapping[str, Quote]) -> Iterator[str]:
    """The models that the names are, or begin. Raises UnknownNameError."""
    known = list(known_models(own))
    if not names:
        yield from known
    for name in names:
        begun = [model for model in known if model.startswith(name)]
        if name in known or (not begun and name.lower() not in known and _is_known(model_facts(name, own))):
            yield name
        elif begun:
            yield from begun
        else:
            families = {model.partition("-")[0] for model in known}
            hint = did_you_mean(name.lower(), families.union(known))
            raise UnknownNameError(f"unknown model '{name}'{hint or ';'} prices: in {FILE} can hold what it costs")


def _is_known(facts: ModelFacts) -> bool:
    """Whether anything but the name says something of it."""
    return facts.source is not None or facts.context_window is not None
