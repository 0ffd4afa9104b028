"""Lint: what is wrong with a prompt before a model sees it. Parses, and neither compiles nor renders."""

from promptkit.lint.findings import Finding, Report
from promptkit.lint.opening import lint_library
from promptkit.lint.rule import GRADES, SEVERITIES, Hit, Rule, Severity, rule
from promptkit.lint.rules import rules

__all__ = ["GRADES", "SEVERITIES", "Finding", "Hit", "Report", "Rule", "Severity", "lint_library", "rule", "rules"]
