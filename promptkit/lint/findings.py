"""What a run of lint gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.lint.places import Place
    from promptkit.lint.rule import Severity
    from promptkit.lint.sources import SourceFile


class Finding(NamedTuple):
    """One thing that a rule found. `path` is relative to the library's root, or as a plain file was named.

    `prompt` and `variant` say in which one it was found where it is not a matter of the file alone.
    """

    place: Place
    code: str
    name: str
    severity: Severity
    message: str
    prompt: str | None = None
    variant: str | None = None

    def data(self) -> dict[str, Any]:
        """For JSON; `fixable` is False, as nothing is mended yet."""
        path, line, column, end_line, end_column = self.place
        return {
            "code": self.code,
            "name": self.name,
            "severity": self.severity,
            "path": path,
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
            "message": self.message,
            "prompt": self.prompt,
            "variant": self.variant,
            "fixable": False,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Everything found, sorted by place. `failures` are lines about what could not be checked: then the exit code is 2.

    `files` is how many files were looked at, `sources` are these by the paths that findings name, `files_of`
    those that a prompt is made of, by its name; `checked` are the prompts that were looked at anew.
    """

    findings: tuple[Finding, ...]
    failures: tuple[str, ...] = ()
    files: int = 0
    sources: Mapping[str, SourceFile] = field(default_factory=dict, repr=False)
    checked: tuple[str, ...] = ()
    files_of: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
