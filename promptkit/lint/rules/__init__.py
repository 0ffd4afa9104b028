"""The catalogue of rules. A rule is a function in one of the modules here; its docstring is its page and its test."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from promptkit.lint.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule of every module here by its code, sorted."""
    from importlib import import_module  # here: a run that is answered from memory needs no rule
    from pkgutil import iter_modules

    modules = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
    found = {each.code: each for module in modules for each in vars(module).values() if isinstance(each, Rule)}
    return MappingProxyType(dict(sorted(found.items())))
