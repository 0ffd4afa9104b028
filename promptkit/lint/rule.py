"""What a rule is, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptkit.lint.places import Place

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
Grade = Literal["A", "B", "C", "D"]
GRADES: Mapping[Grade, str] = {
    "A": "mechanical: it provably breaks or changes the prompt",
    "B": "measured by several groups or on several models",
    "C": "one study, or a vendor's guidance",
    "D": "convention",
}
Subject = Literal["text", "file", "raw", "view", "prompt", "library", "reader"]
"""What a rule looks at: `text`, each authored text once (a Passage); `file`, each file of a library as it was typed
(a SourceFile); `raw`, the same, and plain files of no library;
`view`, what a model gets in one variant and branch (a View); `prompt`, a prompt with all its views (a Sight);
`library`, all of it (a Whole). `reader` says that reading and composing find it."""


class Hit(NamedTuple):
    """One thing that a rule found. `severity` is there where it is not the rule's own."""

    place: Place
    message: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `name` is its code in words; `grade` is that of its evidence; `page` is what `promptkit rule` prints.

    A rule that is `off` runs where it is selected by its own code or name. One in `preview` has not yet shown how few
    false alarms it gives, and needs that switch too.
    """

    code: str
    name: str
    severity: Severity
    grade: Grade
    subject: Subject
    check: Callable[[Any], Iterable[Hit]]
    off: bool = False
    preview: bool = False

    @property
    def page(self) -> str:
        """Why, Bad, Good and Source: the docstring of its function."""
        return cleandoc(self.check.__doc__ or "")

    @property
    def headline(self) -> str:
        """The first line of its page."""
        return self.page.partition("\n")[0]


def rule(
    code: str,
    name: str,
    severity: Severity,
    grade: Grade,
    subject: Subject,
    *,
    off: bool = False,
    preview: bool = False,
) -> Callable[[Callable[[Any], Iterable[Hit]]], Rule]:
    """Makes a rule of the function that it decorates: one subject in, hits out."""
    return lambda check: Rule(code, name, severity, grade, subject, check, off, preview)
