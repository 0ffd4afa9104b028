"""One run: every rule on every subject of a library, share by share."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from promptkit.errors import LimitError, one_line
from promptkit.lint.depends import files_of
from promptkit.lint.findings import Finding
from promptkit.lint.masks import masked
from promptkit.lint.places import Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from promptkit.errors import Problem
    from promptkit.lint.memory import Known
    from promptkit.lint.rule import Rule, Subject
    from promptkit.lint.views import Sight
    from promptkit.lint.whole import Whole
    from promptkit.read import Guard


_NOTHING: Mapping[str, Known] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Share:
    """What was found in a share of a library's files.

    `made_of` are the files of each sound prompt of it, `anew` what was found in those that were looked at anew.
    """

    findings: list[Finding]
    failures: list[str]
    made_of: dict[str, frozenset[str]] = field(default_factory=dict)
    anew: dict[str, tuple[Finding, ...]] = field(default_factory=dict)


class Run:
    """Collects what rules find. One that fails is told, and the others go on."""

    def __init__(self, chosen: Iterable[Rule], guard: Guard) -> None:
        self.guard = guard
        self.failures: list[str] = []
        self.findings: list[Finding] = []
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
                    own.append(Finding(hit.place, rule.code, rule.name, severity, masked(hit.message), prompt, variant))
            except LimitError as error:
                self.failures.append(masked(str(error)))
            except Exception as error:  # a rule's own fault must not hide what the others find
                told = masked(one_line(f"{type(error).__name__}: {error}"))[:200]
                self.failures.append(f"internal error in rule {rule.code} on {path}: {told}; please report it")
        self.findings += own
        return own


def look(
    whole: Whole, paths: Collection[str], chosen: Iterable[Rule], guard: Guard, known: Mapping[str, Known] = _NOTHING
) -> Share:
    """What the chosen rules find in the files of these paths, the texts in them, and the prompts of `whole`.

    What is `known` of a prompt is taken as it is. Rules that compare parts of a library have their turn in `compare`.
    """
    run = Run(chosen, guard)
    for path in sorted(paths):
        with guard(path):
            run.check("file", path, whole.files[path])
            run.check("raw", path, whole.files[path])
    for passage in whole.passages:
        if passage.text.first.path in paths:
            with guard(passage.text.name):
                run.check("text", passage.text.first.path, passage)
    made_of: dict[str, frozenset[str]] = {}
    anew: dict[str, tuple[Finding, ...]] = {}
    for sight in whole.sights:
        name = sight.prompt.name
        if name in known:
            made_of[name], found = known[name]
            run.findings += found
            continue
        failures = len(run.failures)
        with guard(f"prompts/{name}"):
            found = _in_prompt(sight, run)
            made_of[name] = files_of(sight.prompt)
        if len(run.failures) == failures:
            anew[name] = found
    return Share(run.findings, run.failures, made_of, anew)


def _in_prompt(sight: Sight, run: Run) -> tuple[Finding, ...]:
    name, path = sight.prompt.name, sight.prompt.spec.span.path
    found = [each for view in sight.views for each in run.check("view", path, view, name, view.variant.name)]
    return _once(found + run.check("prompt", path, sight, name))


def compare(whole: Whole, chosen: Iterable[Rule], guard: Guard) -> Share:
    """What the rules find that compare the parts of a library."""
    run = Run(chosen, guard)
    with guard(whole.library.root):
        run.check("library", whole.library.root, whole)
    return Share(run.findings, run.failures)


def joined(shares: Iterable[Share], problems: Iterable[Problem], chosen: Iterable[Rule]) -> Share:
    """All that was found, sorted by place, each thing once; `problems` are what reading and composing found.

    A problem whose rule was not chosen keeps files from being checked all the same, so that it is a failure.
    """
    shares, known = tuple(shares), {each.code: each for each in chosen}
    own = [problem for problem in problems if not problem.follows]
    found = [_told(problem, known[problem.code]) for problem in own if problem.code in known]
    failures = [masked(f"{problem}; not checked") for problem in own if problem.code not in known]
    rest = [finding for share in shares for finding in share.findings]
    found += sorted(rest, key=lambda each: each.prompt or "")
    failures += sorted({line for share in shares for line in share.failures})
    return Share(
        sorted(_once(found), key=order),
        failures,
        {name: files for share in shares for name, files in share.made_of.items()},
        {name: findings for share in shares for name, findings in share.anew.items()},
    )


def _told(problem: Problem, rule: Rule) -> Finding:
    return Finding(Place.of(problem.span), rule.code, rule.name, rule.severity, masked(problem.message))


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, each thing as it was found first: prompts and variants that share a text share what is in it."""
    found: dict[tuple[str, Place, str], Finding] = {}
    for each in findings:
        found.setdefault((each.code, each.place, each.message), each)
    return tuple(found.values())


def order(finding: Finding) -> tuple[Any, ...]:
    """By place, then by rule."""
    path, *rest = finding.place
    return (path, *(number or 0 for number in rest), finding.code, finding.message)
