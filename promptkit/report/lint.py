"""Findings for people and for GitHub: with their source, one a line, counted by rule."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from promptkit.errors import one_line
from promptkit.report.tables import Column, table, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from promptkit.lint import Finding, Severity

FRAME = 100  # characters of a source line that are shown around a finding
GITHUB = {"error": "error", "warning": "warning", "info": "notice"}


def concise(finding: Finding) -> str:
    """`path:line:column: CODE message [severity]`."""
    return one_line(f"{finding.place.span}: {finding.code} {finding.message} [{finding.severity}]")


def full(finding: Finding, line_of: Callable[[str, int], str | None]) -> str:
    """The finding with the line that it stands on, what it is about underlined. `line_of` gives a line by its path."""
    place, head = finding.place, concise(finding)
    source = None if place.line is None else line_of(place.path, place.line)
    if source is None or place.line is None:
        return head
    start = (place.column or 1) - 1
    end = start + 1
    if place.end_column is not None and place.end_line is not None:
        end = place.end_column - 1 if place.end_line == place.line else len(source)
    first = max(0, min(start - FRAME // 4, len(source) - FRAME))
    shown = source[first : first + FRAME]
    before, marked = shown[: start - first], shown[start - first : max(end, start + 1) - first]
    gutter = " " * len(str(place.line))
    under = " " * width(one_line(before)) + "^" * max(1, width(one_line(marked)))
    return f"{head}\n{gutter} |\n{place.line} | {one_line(shown.rstrip())}\n{gutter} | {under}"


def summary(findings: Sequence[Finding], files: int) -> str:
    """How many findings there are, by severity, in how many files."""
    if not findings:
        return f"No findings in {_many(files, 'file')}."
    counts = Counter(finding.severity for finding in findings)
    told = [_many(counts[severity], word) for severity, word in _WORDS if counts[severity]]
    return f"Found {', '.join(told)} in {_many(files, 'file')}. promptkit rule CODE says why."


_WORDS: tuple[tuple[Severity, str], ...] = (("error", "error"), ("warning", "warning"), ("info", "remark"))


def _many(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def counted(findings: Iterable[Finding]) -> list[dict[str, object]]:
    """How often each rule found something, the most frequent first."""
    found = list(findings)
    counts = Counter((each.code, each.name) for each in found)
    severities = {each.code: each.severity for each in reversed(found)}
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [
        {"code": code, "name": name, "severity": severities[code], "count": count} for (code, name), count in ordered
    ]


def statistics(findings: Iterable[Finding], fit: int | None) -> str:
    """How often each rule found something, as a table."""
    columns = (Column("count", right=True), Column("code"), Column("name"), Column("severity"))
    rows = [
        (f"{row['count']:,}", str(row["code"]), str(row["name"]), str(row["severity"])) for row in counted(findings)
    ]
    return table(columns, rows, fit=fit)


def github(finding: Finding) -> str:
    """A workflow command that GitHub shows as an annotation.

    Escapes as in actions/toolkit, packages/core/src/command.ts; checked 2026-11-24.
    """
    path, line, column, end_line, end_column = finding.place
    given = {"file": path, "line": line, "col": column, "endLine": end_line, "endColumn": end_column}
    told = {**given, "title": f"{finding.code} {finding.name}"}
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in told.items() if value is not None)
    return f"::{GITHUB[finding.severity]} {properties}::{_data(one_line(finding.message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
