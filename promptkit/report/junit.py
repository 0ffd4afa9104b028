"""Findings as JUnit's XML, as CI servers read it: a suite with a case for each file and rule that found something."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from promptkit.errors import one_line
from promptkit.report.lint import concise

if TYPE_CHECKING:
    from promptkit.lint import Report


def junit(report: Report) -> str:
    """The document. A remark is a case that passes; what could not be checked is an error."""
    fails = sum(finding.severity != "info" for finding in report.findings)
    tests = max(1, len(report.findings) + len(report.failures))
    counts = {"tests": str(tests), "failures": str(fails), "errors": str(len(report.failures))}
    suites = Xml.Element("testsuites", {"name": "promptkit lint", **counts})
    suite = Xml.SubElement(suites, "testsuite", {"name": "promptkit lint", **counts})
    for finding in report.findings:
        where, text = one_line(str(finding.place.span)), concise(finding)
        case = Xml.SubElement(
            suite, "testcase", name=f"{finding.code} {where}", classname=finding.name, file=one_line(finding.place.path)
        )
        if finding.severity == "info":
            Xml.SubElement(case, "system-out").text = text
        else:
            Xml.SubElement(case, "failure", type=finding.severity, message=one_line(finding.message)).text = text
    for line in report.failures:
        case = Xml.SubElement(suite, "testcase", name="not checked", classname="promptkit")
        Xml.SubElement(case, "error", message=one_line(line))
    if not report.findings and not report.failures:
        Xml.SubElement(suite, "testcase", name=f"{report.files} files", classname="promptkit")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(suites, encoding="unicode")
