"""Every rule's page is its test: its Bad gives that one finding at that place, its Good none; look-alikes stay silent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lint_cases import LOOKALIKES, Case, lookalikes, page_cases, write

from promptkit.lint import Rule, lint_library, rules

if TYPE_CHECKING:
    from pathlib import Path

RULES = list(rules().values())
PAGE = re.compile(r"\S.*\n\n(.*\n)*?Why: (.*\n)+\n(.*\n)*?Source: (.*\n)*.*\([ABCD][^)]*\)\.?\s*\Z")


def with_rule(rule: Rule) -> list[str]:
    """What gives errors and warnings by default, and this rule."""
    others = [each for each in RULES if each.severity != "info" and not (each.off or each.preview)]
    return [each.code for each in {rule.code: rule, **{each.code: each for each in others}}.values()]


def named(cases: list[tuple[Rule, Case]]) -> list[object]:
    return [pytest.param(rule, case, id=case.title) for rule, case in cases]


@pytest.mark.parametrize(
    ("rule", "case"), named([(rule, case) for rule in RULES for case in page_cases(rule) if case.place])
)
def test_bad_gives_that_finding_at_that_place(rule: Rule, case: Case, tmp_path: Path) -> None:
    report = lint_library(write(case, tmp_path), with_rule(rule), preview=True)
    found = [f"{finding.place.span} {finding.code}" for finding in report.findings]
    assert (found, report.failures) == ([f"{case.place} {rule.code}"], ())


@pytest.mark.parametrize(
    ("rule", "case"), named([(rule, case) for rule in RULES for case in page_cases(rule) if not case.place])
)
def test_good_gives_none(rule: Rule, case: Case, tmp_path: Path) -> None:
    report = lint_library(write(case, tmp_path), with_rule(rule), preview=True)
    assert (report.findings, report.failures) == ((), ())


@pytest.mark.parametrize(("rule", "case"), named([(rule, case) for rule in RULES for case in lookalikes(rule.code)]))
def test_look_alikes_stay_silent(rule: Rule, case: Case, tmp_path: Path) -> None:
    report = lint_library(write(case, tmp_path), [rule.code], preview=True)
    assert (report.findings, report.failures) == ((), ())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_a_whole_page_and_three_look_alikes(rule: Rule) -> None:
    kinds = {bool(case.place) for case in page_cases(rule)}
    assert kinds == {True, False}
    assert PAGE.match(rule.page), rule.page
    assert len(lookalikes(rule.code)) >= 3


def test_the_pages_of_docs_are_what_the_rules_say(monkeypatch: pytest.MonkeyPatch) -> None:
    root = LOOKALIKES.parents[1]
    monkeypatch.syspath_prepend(root / "scripts")
    import rule_pages

    kept = {path.name: path.read_bytes().decode() for path in (root / "docs" / "rules").iterdir()}
    assert kept == rule_pages.pages(), "`make docs` rewrites them"


def test_no_look_alikes_of_a_rule_that_is_gone() -> None:
    assert {path.stem for path in LOOKALIKES.glob("*.md")} <= set(rules())
