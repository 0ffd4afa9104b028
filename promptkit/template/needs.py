"""The names that a template needs of its scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptkit.errors import Span


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a template looks a name up. `guarded` where it stands under a test that the name is there."""

    name: str
    span: Span
    guarded: bool


@dataclass(frozen=True, slots=True)
class Needs:
    """The names that a template needs of its scope, and the places of names of templates that are computed.

    A name has one use a line, guarded where all those on the line are. `dynamic` also holds the first line of a
    template too deep to follow to its end. `exports` has what each macro needs that an import gives, by name.
    """

    uses: tuple[Use, ...]
    dynamic: tuple[Span, ...] = ()
    exports: tuple[tuple[str, Needs], ...] = ()
