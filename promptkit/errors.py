"""Errors and places: what every other module may raise and point at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Span(NamedTuple):  # here: no dataclass, since every node of every file has one, and a tuple is made faster
    """A place in a source. Lines and columns count from 1; None where only the file is known."""

    path: str
    line: int | None = None
    column: int | None = None

    def __lt__(self, other: Span) -> bool:  # type: ignore[override]  # places are compared with places alone
        return (self.path, self.line or 0, self.column or 0) < (other.path, other.line or 0, other.column or 0)

    def __str__(self) -> str:
        path, line, column = self
        if line is not None and column is not None:
            return f"{path}:{line}:{column}"
        return ":".join(str(part) for part in self if part is not None)


class Problem(NamedTuple):  # here: no dataclass either, for loading these is a tenth of a run answered from memory
    """One thing wrong with a library. `code` is stable: lint reports it as a finding under that code.

    `follows`: another problem is its cause and is told at its own place, so that this one need not be.
    """

    span: Span
    code: str
    message: str
    follows: bool = False

    def __str__(self) -> str:
        return f"{self.span}: {self.message}"


class PromptkitError(Exception):
    """Base of every error promptkit raises. `str()` is one line: where, what, what to do."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message, span)
        self.message = message
        self.span = span

    def __str__(self) -> str:
        line = self.message if self.span is None else f"{self.span}: {self.message}"
        return one_line(line)


class LibraryError(PromptkitError):
    """A library that could not be read. `str()` has one problem a line, in the order of their places."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("", None)

    def __str__(self) -> str:
        return "\n".join(one_line(str(problem)) for problem in self.problems)


class ComposeError(PromptkitError):
    """Blocks and overlays that do not make a prompt."""


class BrokenFileError(ComposeError):
    """A prompt that uses a file which could not be read: the file's own problem is told already."""


class TemplateError(PromptkitError):
    """A template that cannot be parsed or rendered."""


class StillError(TemplateError):
    """What only running a template would tell, where nothing is run."""


class LimitError(TemplateError):
    """A template or a file that asks for more time, memory or depth than it may have."""


class InputError(PromptkitError):
    """Values that do not fit the declared inputs: missing, misspelt, of the wrong type, over a limit."""


class MissingInputError(InputError):
    """A call that gives no value for `names`."""

    def __init__(self, message: str, names: Iterable[str]) -> None:
        super().__init__(message)
        self.names = tuple(names)


class BudgetError(PromptkitError):
    """Text that cannot be brought within a token budget."""


class ModelError(PromptkitError):
    """A model that promptkit cannot name a tokenizer for."""


class VocabularyError(PromptkitError):
    """A packed vocabulary that is missing or damaged."""


class ProviderError(PromptkitError):
    """A prompt that a provider's request cannot carry, or an unknown provider."""


class RemoteError(PromptkitError):
    """A vendor that could not be asked: no key, no connection, or an answer that is no count."""


class RefusedError(RemoteError):
    """One request that a vendor does not take, where it may take others."""


class UnknownNameError(PromptkitError, KeyError):
    """A name that matches nothing. Also a KeyError, so that mappings behave as mappings do."""


def one_line(text: str) -> str:
    """`text` on one line and safe on a terminal: control and bidi characters are written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the nearest known name, `"; known: a, b"` for a short list, else `""`."""
    from difflib import get_close_matches  # here: only a failing call needs it

    names = sorted(set(known))
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    if names and len(names) <= 12:
        return f"; known: {', '.join(names)}"
    return ""
