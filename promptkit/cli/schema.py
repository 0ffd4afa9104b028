"""`promptkit schema`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from promptkit.cli.options import common
from promptkit.cli.output import echo
from promptkit.read.format import SCHEMAS, schema

if TYPE_CHECKING:
    from pathlib import Path


@click.command("schema")
@click.argument("file", metavar="[FILE]", type=click.Choice(list(SCHEMAS)), default="prompt")
@common("json")
def command(file: str, library: Path | None, output_format: str) -> int:  # noqa: ARG001 (the same for every library)
    """Print the JSON Schema of a library's files.

    \b
    FILE is the kind of file, one of these words:
      prompt        prompts/**/*.yaml (the default)
      config        promptkit.yaml
      front-matter  what stands between --- and --- in a block
      examples      examples/**/*.yaml, .json, and each line of .jsonl
      tools         tools/**/*.yaml and .json: one tool, or a list of them

    An editor completes and checks a prompt file that begins with
    # yaml-language-server: $schema=PATH

    \b
    promptkit schema > prompt.schema.json
    promptkit schema front-matter
    """
    echo(json.dumps(schema(file), ensure_ascii=False, indent=2))
    return 0
