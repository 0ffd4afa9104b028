"""Findings as SARIF 2.1.0, for code scanning. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from promptkit.errors import one_line
from promptkit.lint import GRADES, rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptkit.lint import Finding, Report, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(report: Report, version: str) -> dict[str, Any]:
    """One run with its rules and results. What could not be checked is a notification, and the run no success."""
    used = sorted({finding.code for finding in report.findings})
    places = {code: index for index, code in enumerate(used)}
    notes = [{"level": "error", "message": {"text": one_line(line)}} for line in report.failures]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "promptkit",
                        "semanticVersion": version,
                        "rules": [_rule(rules()[code]) for code in used],
                    }
                },
                "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
                "columnKind": "unicodeCodePoints",
                "results": _results(report.findings, places),
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.headline},
        "help": {"text": rule.page},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"tags": ["prompt"], "evidence": GRADES[rule.grade]},
    }


def _results(findings: Sequence[Finding], places: dict[str, int]) -> list[dict[str, Any]]:
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for finding in findings:
        key = (finding.code, finding.place.path, finding.message)
        seen[key] += 1
        mark = blake2b("\0".join((*key, str(seen[key]))).encode("utf-8", "surrogatepass"), digest_size=16)
        found.append(
            {
                "ruleId": finding.code,
                "ruleIndex": places[finding.code],
                "level": LEVELS[finding.severity],
                "message": {"text": one_line(finding.message)},
                "locations": [{"physicalLocation": _location(finding)}],
                "partialFingerprints": {"promptkit/v1": mark.hexdigest()},
            }
        )
    return found


def _location(finding: Finding) -> dict[str, Any]:
    path, line, column, end_line, end_column = finding.place
    given = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    region = {key: value for key, value in given.items() if value is not None}
    uri = quote(path.encode("utf-8", "surrogateescape"))
    return {"artifactLocation": {"uri": uri}, **({"region": region} if region else {})}
