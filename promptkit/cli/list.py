"""`promptkit list`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from promptkit.cli.limits import unit
from promptkit.cli.options import common
from promptkit.cli.output import echo
from promptkit.cli.reading import complain, opened
from promptkit.model import MISSING
from promptkit.render import program
from promptkit.report.tables import Column, table

if TYPE_CHECKING:
    from pathlib import Path

    from promptkit.model import Prompt

MANY = 4  # variants that a row of the table names


@click.command("list")
@common("table", "json")
def command(library: Path | None, output_format: str) -> int:
    """Show prompts, variants, inputs and owners.

    An input with a * must be given; the others have a default or may be left out. One in parentheses is fixed before a
    call: a variant or the matrix chooses its value.
    """
    found, problems = opened(library)
    rows = []
    for prompt in found.prompts.values():
        with unit(f"prompts/{prompt.name}"):
            rows.append(_row(prompt))
    if output_format == "json":
        echo(json.dumps({"library": found.root, "prompts": rows}, ensure_ascii=False, indent=2, default=str))
    else:
        echo(
            table(
                [Column("prompt"), Column("variants"), Column("inputs"), Column("owner"), Column("description")],
                map(_cells, rows),
            )
        )
    complain(problems)
    return 2 if problems else 0


def _row(prompt: Prompt) -> dict[str, Any]:
    plan = program(prompt["base"])
    inputs = [
        {
            "name": declared.name,
            "type": list(declared.types),
            "required": declared.name in plan.required,
            "fixed": declared.name in plan.pinned,
            "declared": declared.declared,
            "default": None if declared.default is MISSING else declared.default,
            "trust": declared.trust,
            "description": declared.description,
        }
        for declared in plan.accepted.values()
    ]
    settings = prompt["base"].settings
    return {
        "prompt": prompt.name,
        "path": prompt.spec.span.path,
        "description": settings.description,
        "owner": settings.owner,
        "model": settings.model,
        "variants": list(prompt.variants),
        "inputs": inputs,
    }


def _cells(row: dict[str, Any]) -> list[str]:
    names = row["variants"]
    variants = ", ".join(names[:MANY]) + (f" + {len(names) - MANY} more" if len(names) > MANY else "")
    inputs = ", ".join(_marked(each) for each in row["inputs"])
    return [row["prompt"], variants, inputs, row["owner"] or "", row["description"].split("\n")[0]]


def _marked(given: dict[str, Any]) -> str:
    name: str = given["name"]
    return f"({name})" if given["fixed"] else f"{name}*" if given["required"] else name
