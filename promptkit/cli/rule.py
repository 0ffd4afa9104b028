"""`promptkit rule`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from promptkit.cli.options import common
from promptkit.cli.output import echo, terminal_width
from promptkit.lint import GRADES, Rule, named, rules
from promptkit.report.tables import Column, table

if TYPE_CHECKING:
    from pathlib import Path


@click.command("rule")
@click.argument("name", metavar="[RULE]", required=False)
@common("text", "json", reads=False)
def command(library: Path | None, output_format: str, name: str | None) -> int:  # noqa: ARG001 (the same for every one)
    """Show a rule of lint: why, examples, evidence.

    RULE is a code, the beginning of a code, or a rule's name. Without one, all rules are listed.

    \b
    promptkit rule
    promptkit rule S207
    promptkit rule contradiction
    promptkit rule X
    """
    found = tuple(rules().values()) if name is None else named(name)
    if output_format == "json":
        echo(json.dumps({"rules": [_data(each) for each in found]}, ensure_ascii=False, indent=2))
    elif len(found) == 1:
        echo(_page(found[0]))
    else:
        columns = (Column("code"), Column("name"), Column("severity"), Column("evidence"), Column("what it finds"))
        rows = [(each.code, each.name, _state(each), each.grade, each.headline) for each in found]
        echo(table(columns, rows, fit=terminal_width()))
    return 0


def _state(rule: Rule) -> str:
    return rule.severity + (", off" if rule.off else "") + (", preview" if rule.preview else "")


def _page(rule: Rule) -> str:
    return f"{rule.code} {rule.name} ({_state(rule)}; evidence {rule.grade}, {GRADES[rule.grade]})\n\n{rule.page}"


def _data(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "evidence": rule.grade,
        "off": rule.off,
        "preview": rule.preview,
        "page": rule.page,
    }
