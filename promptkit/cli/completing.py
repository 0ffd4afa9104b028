"""What a shell may complete from the nearest library: prompts, variants, inputs, models. Quick, and silent on trouble.

A prompt's name costs a listing of prompts/, its variants and inputs the reading of its one file: a library of thousands
of prompts, or a broken one, completes as quickly. Errors never surface; the command itself tells them. Every command
imports this module, so what a completion needs is imported where it is used.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from promptkit.errors import PromptkitError
from promptkit.trees import Folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

    from promptkit.config import Config
    from promptkit.model import Spec

# A name is typed into the user's command line, so one that a shell would act on is not offered: a file may be called
# `$(reboot).yaml`.
_SAFE = re.compile(r"[\w.,/+@:%=][\w.,/+@:%=-]*")

Items = list[CompletionItem[str]]


def prompts(context: click.Context, _parameter: click.Parameter, typed: str) -> Items:
    """Names of prompts."""
    from promptkit.read import prompt_names

    return _items(prompt_names(_tree(context)), typed)


def prompts_or_files(context: click.Context, parameter: click.Parameter, typed: str) -> Items:
    """Names of prompts; files where none begins so."""
    return prompts(context, parameter, typed) or files(context, parameter, typed)


def files(_context: click.Context, _parameter: click.Parameter, typed: str) -> Items:
    """Files, found by the shell itself."""
    return [CompletionItem(typed, type="file")]


def variants(context: click.Context, _parameter: click.Parameter, typed: str) -> Items:
    """Variants of the prompt that stands before; without one, base alone, which every prompt has."""
    from promptkit.compose import variant_names

    spec = _spec(context)
    names: Iterable[str] = () if _named(context) else ("base",)
    if spec is not None:
        with contextlib.suppress(PromptkitError):  # a matrix too large to list
            names = variant_names(spec)
    return _items(names, typed)


def inputs(context: click.Context, _parameter: click.Parameter, typed: str) -> Items:
    """`NAME=` for each input that the prompt declares and the line does not give yet, and `NAME=VALUE` of an enum."""
    from promptkit.read import declared

    spec = _spec(context)
    if spec is None:
        return []
    known = declared(spec)
    name, equals, _ = typed.partition("=")
    if equals:
        allowed = known[name].enum if name in known else None
        return _items([f"{name}={value}" for value in allowed or ()], typed)
    given = {pair.partition("=")[0] for pair in context.params.get("given") or ()}
    return _items([f"{name}=" for name in known if name not in given], typed)


def models(context: click.Context, _parameter: click.Parameter, typed: str) -> Items:
    """The library's models first, then every model that has an exact tokenizer."""
    from promptkit.tokens import model_names

    return _items(dict.fromkeys([*_config(context).models, *model_names()]), typed)


def priced_models(context: click.Context, _parameter: click.Parameter, typed: str) -> Items:
    """The models whose prices the library or promptkit has."""
    from promptkit.pricing.models import known_models

    return _items(known_models(_config(context).prices), typed)


def _config(context: click.Context) -> Config:
    """The library's settings, as far as they can be read."""
    from promptkit.read import read_config

    with contextlib.suppress(PromptkitError):
        return read_config(_tree(context))[0]
    from promptkit.config import Config

    return Config()


def standard_blocks(context: click.Context, _parameter: click.Parameter, typed: str) -> Items:
    """After --std the kinds that have standard blocks, and these blocks; `std/` may stand before either."""
    if not context.params.get("standard") and not typed.startswith("std/"):
        return []
    from promptkit.read import std_names

    names = [name.removeprefix("std/") for name in std_names()]
    known = [*dict.fromkeys(name.split("/")[0] for name in names), *names]
    return _items(known, typed) if not typed.startswith("std/") else _items([f"std/{name}" for name in names], typed)


def providers(_context: click.Context, _parameter: click.Parameter, typed: str) -> Items:
    """Providers of promptkit, and those that installed packages add."""
    from promptkit.providers import provider_names

    return _items(provider_names(), typed)


def _items(names: Iterable[str], typed: str) -> Items:
    return [CompletionItem(name) for name in names if name.startswith(typed) and _SAFE.fullmatch(name)]


def _tree(context: click.Context) -> Folder:
    from promptkit.library import nearest

    return Folder(context.params.get("library") or nearest(Path.cwd()))


def _spec(context: click.Context) -> Spec | None:
    named = _named(context)
    from promptkit.read import outline

    return None if named is None else outline(_tree(context), named)


def _named(context: click.Context) -> str | None:
    """The first prompt on the line. click leaves what stands before an option without its value in `args`."""
    words = [context.params.get("prompt"), *(context.params.get("names") or ()), *context.args]
    return next(filter(None, words), None)
