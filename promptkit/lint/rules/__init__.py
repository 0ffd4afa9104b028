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
    """Every rule by its code, sorted."""
    from promptkit.lint.catalogue import MODULES  # here: a run that is answered from memory needs none of them

    found = {each.code: each for module in MODULES for each in vars(module).values() if isinstance(each, Rule)}
    return MappingProxyType(dict(sorted(found.items())))
