"""One run: every rule on every subject of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.errors import LimitError, one_line
from promptkit.lint.depends import files_of
from promptkit.lint.findings import Finding, Report
from promptkit.lint.masks import masked
from promptkit.lint.places import Place
from promptkit.lint.whole import Whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptkit.errors import Problem
    from promptkit.lint.memory import Memory
    from promptkit.lint.rule import Rule, Subject
    from promptkit.lint.sources import SourceFile
    from promptkit.lint.views import Sight
    from promptkit.model import Library
    from promptkit.read import Guard


class Run:
    """Collects what rules find. One that fails is told, and the others go on."""

    def __init__(self, chosen: Iterable[Rule], guard: Guard) -> None:
        self.guard = guard
        self.failures: list[str] = []
        self.findings: dict[tuple[str, Place, str], Finding] = {}
        self._by_subject: dict[Subject, list[Rule]] = {}
        for each in chosen:
            self._by_subject.setdefault(each.subject, []).append(each)

    def check(
        self, subject: Subject, path: str, each: Any, prompt: str | None = None, variant: str | None = None
    ) -> list[Finding]:
        """What every rule of that kind of subject finds in one subject."""
        own: list[Finding] = []
        for rule in self._by_subject.get(subject, ()):
            try:
                for hit in rule.check(each):
                    severity = hit.severity or rule.severity
                    told = masked(hit.message)
                    found = Finding(hit.place, rule.code, rule.name, severity, told, prompt, variant)
                    own.append(self.add(found))
            except LimitError as error:
                self.failures.append(masked(str(error)))
            except Exception as error:  # a rule's own fault must not hide what the others find
                told = masked(one_line(f"{type(error).__name__}: {error}"))[:200]
                self.failures.append(f"internal error in rule {rule.code} on {path}: {told}; please report it")
        return own

    def add(self, finding: Finding) -> Finding:
        """Notes a finding; the same one at the same place is told once."""
        return self.findings.setdefault((finding.code, finding.place, finding.message), finding)


def lint(
    library: Library,
    problems: Iterable[Problem],
    files: Mapping[str, SourceFile],
    chosen: Iterable[Rule],
    guard: Guard,
    memory: Memory | None = None,
) -> Report:
    """What the chosen rules find in a library that was read; `problems` are what reading and composing found.

    A problem whose rule was not chosen keeps files from being checked all the same, so that it is a failure. What
    `memory` knows of a prompt is taken as it is.
    """
    chosen = tuple(chosen)
    run = Run(chosen, guard)
    whole = Whole(library, tuple(library.prompts.values()), files)
    known = {each.code: each for each in chosen}
    own = [problem for problem in problems if not problem.follows]
    told = dict(_told([problem for problem in own if problem.code in known], known))
    run.failures += [masked(f"{problem}; not checked") for problem in own if problem.code not in known]
    for file in files.values():
        with guard(file.path):
            run.check("file", file.path, file)
            run.check("raw", file.path, file)
    for passage in whole.passages:
        with guard(passage.text.name):
            run.check("text", passage.text.first.path, passage)
    checked = tuple(sight.prompt.name for sight in whole.sights if not _remembered(sight, run, memory))
    with guard(library.root):
        run.check("library", library.root, whole)
    findings = {**told, **run.findings}
    return Report(tuple(sorted(findings.values(), key=order)), tuple(run.failures), len(files), checked=checked)


def _remembered(sight: Sight, run: Run, memory: Memory | None) -> bool:
    """Whether what is in a prompt is known; else it is found, and kept if all rules ran."""
    name, path = sight.prompt.name, sight.prompt.spec.span.path
    known = None if memory is None else memory.known(name)
    if known is not None:
        for finding in known:
            run.add(finding)
        return True
    failures = len(run.failures)
    with run.guard(f"prompts/{name}"):
        found = [each for view in sight.views for each in run.check("view", path, view, name, view.variant.name)]
        found += run.check("prompt", path, sight, name)
    if memory is not None and len(run.failures) == failures:
        memory.keep(name, files_of(sight.prompt), dict.fromkeys(found))
    return False


def order(finding: Finding) -> tuple[Any, ...]:
    """By place, then by rule."""
    path, *rest = finding.place
    return (path, *(number or 0 for number in rest), finding.code, finding.message)


def _told(problems: Iterable[Problem], chosen: Mapping[str, Rule]) -> Iterator[tuple[Any, Finding]]:
    for problem in problems:
        place, found = Place.of(problem.span), chosen[problem.code]
        finding = Finding(place, problem.code, found.name, found.severity, masked(problem.message))
        yield (problem.code, place, problem.message), finding
