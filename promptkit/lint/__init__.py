"""Lint: what is wrong with a prompt before a model sees it. Parses, and neither compiles nor renders."""

from promptkit.lint.findings import Finding, Report
from promptkit.lint.opening import lint_library
from promptkit.lint.plain import lint_files
from promptkit.lint.rule import GRADES, SEVERITIES, Hit, Rule, Severity, rule
from promptkit.lint.rules import rules
from promptkit.lint.settings import chosen, named

__all__ = [
    "GRADES",
    "SEVERITIES",
    "Finding",
    "Hit",
    "Report",
    "Rule",
    "Severity",
    "chosen",
    "lint_files",
    "lint_library",
    "named",
    "rule",
    "rules",
]
