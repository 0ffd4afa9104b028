"""`promptkit forms`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptkit.blocks.forms import FORMS
from promptkit.cli import plain
from promptkit.cli.limits import unit
from promptkit.cli.options import common
from promptkit.cli.output import echo
from promptkit.cli.reading import sound_prompt
from promptkit.compose import every_block
from promptkit.content import Format, Text
from promptkit.errors import PromptkitError, Span
from promptkit.read import schema_from
from promptkit.render import tokenizer_of
from promptkit.report.forms import Costs, costs, forms_data, forms_table
from promptkit.tokens import count, tokenizer_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.model import Prompt


@click.command("forms")
@click.argument("name", metavar="SCHEMA-FILE|PROMPT")
@click.option("--model", metavar="M", help="The model to count for.")
@click.option("--form", type=click.Choice(list(FORMS)), help="Print the text of this form instead.")
@common("table", "json")
def command(library: Path | None, output_format: str, name: str, model: str | None, form: str | None) -> int:
    """Show what each form of a schema costs.

    Each row counts the whole text that a format block adds for the schema, its first sentence included; * marks the
    form that the prompt uses. SCHEMA-FILE is any .json file; of a PROMPT each schema is shown once, by the first
    variant that has it.

    \b
    promptkit forms templates/schemas/triage.json
    promptkit forms support/triage --model gpt-4o
    promptkit forms templates/schemas/triage.json --form typescript
    """
    of = _file(name, model) if name.endswith(".json") else _prompt(library, name, model)
    if form is not None:
        texts = [_text(each, form) for each in of]
        echo("\n\n".join(texts) if output_format == "table" else json.dumps(texts, ensure_ascii=False, indent=2))
    elif output_format == "json":
        echo(json.dumps({"schemas": list(map(forms_data, of))}, ensure_ascii=False, indent=2))
    else:
        echo("\n\n".join(map(forms_table, of)))
    return 0


def _file(name: str, model: str | None) -> list[Costs]:
    tokenizer = tokenizer_for(model or "o200k_base")
    count("", tokenizer.encoding)  # here: outside of the file's limits, which its vocabulary does not count towards
    with unit(name):
        if not Path(name).exists():
            raise PromptkitError("does not exist; name a JSON Schema file, or a prompt", Span(name))
        source = plain.text(Path(name))
        if source is None:
            raise PromptkitError("is binary; name a JSON Schema", Span(name))
        return [costs(name, name, schema_from(source, name), None, tokenizer)]


def _prompt(library: Path | None, name: str, model: str | None) -> list[Costs]:
    prompt = sound_prompt(library, name)
    count("", tokenizer_of(prompt["base"], model).encoding)
    with unit(prompt.spec.span.path):
        found = list(_formats(prompt, model))
    if not found:
        raise PromptkitError(
            "has no format block with a schema; name a prompt that has, or a schema file", prompt.spec.span
        )
    return found


def _formats(prompt: Prompt, model: str | None) -> Iterator[Costs]:
    seen: set[str] = set()
    for variant in map(prompt.__getitem__, prompt.variants):
        tokenizer = tokenizer_of(variant, model)
        for block in every_block(variant.blocks):
            content = block.content
            if not isinstance(content, Format) or content.schema is None or isinstance(content.schema, Text):
                continue
            key = json.dumps(
                [block.name, content.form, content.structured, content.schema, tokenizer.model], default=str
            )
            if key not in seen:
                seen.add(key)
                called = f"{prompt.name} ({variant.name}) {block.name}"
                path, form = content.schema_path, str(content.form)
                yield costs(called, path, content.schema, form, tokenizer, structured=content.structured)


def _text(of: Costs, form: str) -> str:
    told = next(each for each in of.forms if each.form == form)
    if told.text is None:
        raise PromptkitError(f"{of.name}: the form {form} {told.why}; use form: json")
    return told.text
