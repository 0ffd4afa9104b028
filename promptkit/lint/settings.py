"""Which rules run, and what their findings count as."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from promptkit.errors import PromptkitError, did_you_mean
from promptkit.lint.rules import rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptkit.config import LintSettings
    from promptkit.errors import Span
    from promptkit.lint.findings import Finding
    from promptkit.lint.rule import Rule

ALL = "all"
Named = tuple[str, "Span | None"]


def named(name: str, span: Span | None = None) -> tuple[Rule, ...]:
    """The rules of a name: a code, the beginning of a code, a rule's name, or `all`. Raises PromptkitError."""
    word = name.strip()
    every = rules().values()
    found = tuple(each for each in every if word in {ALL, each.name} or (word and each.code.startswith(word)))
    if not found:
        hint = did_you_mean(word.upper() if len(word) < 5 else word, [*rules(), *(each.name for each in every)])
        raise PromptkitError(f"unknown rule '{word[:40]}'{hint}; promptkit rule lists them", span)
    return found


def is_exact(name: str, rule: Rule) -> bool:
    """Whether a name means that rule alone."""
    return name.strip() in {rule.code, rule.name}


def chosen(select: Iterable[Named], ignore: Iterable[Named], *, preview: bool) -> tuple[Rule, ...]:
    """The rules that run. One that is off runs where it is selected by its own name; of one in preview that and the
    switch are asked. Raises PromptkitError."""
    select = tuple(select)
    wanted = {each.code: False for each in rules().values()} if not select else {}
    for name, span in select:
        for each in named(name, span):
            wanted[each.code] = wanted.get(each.code, False) or is_exact(name, each)
    ignored = {each.code for name, span in ignore for each in named(name, span)}
    return tuple(
        each
        for code, each in rules().items()
        if code in wanted and code not in ignored and (not each.off or wanted[code]) and (not each.preview or preview)
    )


def settled(findings: Iterable[Finding], settings: LintSettings) -> tuple[Finding, ...]:
    """The findings under the severities of the settings, without those that they ignore by file."""
    severities: dict[str, Any] = {}
    for name, severity, span in sorted(settings.severities, key=lambda entry: len(entry[0])):
        severities |= {each.code: severity for each in named(name, span)}
    ignored = [
        (pattern, {each.code for name, span in names for each in named(name, span)})
        for pattern, names in settings.per_file_ignores
    ]
    return tuple(
        each._replace(severity=severities.get(each.code, each.severity))
        for each in findings
        if not any(each.code in codes and fnmatchcase(each.place.path, pattern) for pattern, codes in ignored)
    )
