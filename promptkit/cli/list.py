"""`promptkit list`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from promptkit.blocks.kinds import KINDS
from promptkit.cli import completing
from promptkit.cli.limits import unit
from promptkit.cli.options import common
from promptkit.cli.output import echo, terminal_width
from promptkit.cli.reading import complain, opened
from promptkit.content import MISSING
from promptkit.errors import UnknownNameError, did_you_mean
from promptkit.read import std_names
from promptkit.render import program
from promptkit.report.tables import Column, table

if TYPE_CHECKING:
    from pathlib import Path

    from promptkit.model import Prompt

MANY = 4  # variants that a row of the table names


@click.command("list")
@click.argument("block", metavar="[NAME]", required=False, shell_complete=completing.standard_blocks)
@click.option("--std", "standard", is_flag=True, help="Show promptkit's own blocks, in the place of the library.")
@common("table", "json")
def command(library: Path | None, output_format: str, block: str | None, standard: bool) -> int:
    """Show prompts, variants, inputs and owners.

    An input with a * must be given; the others have a default or may be left out. One in parentheses is fixed before a
    call: a variant or the matrix chooses its value.

    With --std, show promptkit's own blocks: NAME is one of them, or a kind.

    \b
    promptkit list
    promptkit list --format json
    promptkit list --std                          every standard block with its tokens
    promptkit list --std negative                 those of one kind
    promptkit list --std negative/no-preamble     one of them whole
    """
    if standard or (block or "").startswith("std/"):
        return _standard(block, output_format)
    if block is not None:
        raise click.UsageError(f"list shows every prompt; for a standard block write: promptkit list --std {block}")
    found, problems = opened(library)
    rows = []
    for prompt in found.prompts.values():
        with unit(f"prompts/{prompt.name}"):
            rows.append(_row(prompt))
    if output_format == "json":
        echo(json.dumps({"library": found.root, "prompts": rows}, ensure_ascii=False, indent=2, default=str))
    elif rows:
        echo(_table(rows))
    elif not problems:
        echo(f"{found.root}: no prompts yet; a prompt is a file such as prompts/reply.yaml")
    complain(problems)
    return 2 if problems else 0


def _table(rows: list[dict[str, Any]]) -> str:
    columns = [Column("prompt"), Column("variants"), Column("inputs"), Column("owner"), Column("description")]
    return table(columns, map(_cells, rows), fit=terminal_width())


def _standard(name: str | None, output_format: str) -> int:
    """The standard blocks, those of a kind, or one."""
    from promptkit.report.standard import (  # here: it counts tokens, which the list of prompts does not
        as_data,
        standard,
        standard_page,
        standard_table,
        standards,
    )

    kind = (name or "").removeprefix("std/").strip("/") or None
    one = kind is not None and kind not in KINDS
    if one and kind:
        _refuse_misspelt_kind(kind)
    found = [standard(kind)] if one and kind else standards(kind)
    if output_format == "json":
        data = as_data(found[0]) if one else {"blocks": [as_data(each) for each in found]}
        echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
    else:
        echo(standard_page(found[0], terminal_width()) if one else standard_table(found, terminal_width()))
    return 0


def _refuse_misspelt_kind(word: str) -> None:
    near = did_you_mean(word, {name.split("/")[1] for name in std_names()})
    if "/" not in word and "mean" in near:
        raise UnknownNameError(f"unknown kind of standard blocks '{word}'{near}")


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
