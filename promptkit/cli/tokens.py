"""`promptkit tokens`."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

import click

from promptkit.cli import completing
from promptkit.cli.measuring import BY_VARIANT, Asked, ByVariant, Job
from promptkit.cli.options import common, inputs_of_a_call, uncached, whole_tokens
from promptkit.cli.output import echo
from promptkit.errors import PromptkitError, one_line
from promptkit.pricing.usage import Usage, calls_per_month
from promptkit.report.tables import notes
from promptkit.report.tokens import absences, as_data, refusals, remarks
from promptkit.tokens.ways import BYS, By

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from promptkit.report.tables import Form
    from promptkit.report.tokens import Row

ALL = "all"  # in place of a variant's name: every variant


def _volume(_: click.Context, __: click.Parameter, text: str | None) -> Decimal | None:
    try:
        return None if text is None else calls_per_month(text)
    except PromptkitError as error:
        raise click.BadParameter(error.message) from error


def _share(_: click.Context, __: click.Parameter, text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        share = Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except InvalidOperation:
        share = Decimal("NaN")
    if re.fullmatch(r"\d+,\d+ ?%?", text):
        raise click.BadParameter(f"'{text[:40]}' is no share; write {text[:40].replace(',', '.')}")
    if not (share.is_finite() and 0 <= share <= 1):
        raise click.BadParameter(f"'{text[:40]}' is no share; write a number from 0 to 1, or a percentage such as 90%")
    return share


def _view(_: click.Context, __: click.Parameter, views: tuple[str, ...]) -> str | None:
    if len(set(views)) > 1:
        raise click.UsageError(f"--by shows one view; choose one of {', '.join(dict.fromkeys(views))}")
    return views[0] if views else None


def _money(function: Callable[..., int]) -> Callable[..., int]:
    """The options that say how a prompt is used, over what files declare."""
    volume = click.option("--volume", metavar="N/month", callback=_volume, help="Calls: a number by /day ... /year.")
    output = click.option(
        "--output-tokens", metavar="N", callback=whole_tokens, help="Tokens of an answer, its reasoning included."
    )
    rate = click.option("--hit-rate", metavar="H", callback=_share, help="Share of calls that find the prefix cached.")
    return volume(output(rate(function)))


@click.command("tokens")
@click.argument("names", metavar="[PROMPT|PATH]...", nargs=-1, shell_complete=completing.prompts_or_files)
@click.option(
    "--variant",
    "variants",
    metavar="V",
    multiple=True,
    callback=lambda _, __, names: () if ALL in names else names,
    shell_complete=completing.variants,
    help="A variant to count; repeat for more.  [default: all]",
)
@click.option(
    "--model",
    "models",
    metavar="M",
    multiple=True,
    shell_complete=completing.models,
    help="A model to count for; repeat for more.",
)
@click.option(
    "--by", type=click.Choice([*BYS, BY_VARIANT]), multiple=True, callback=_view, help="Show where the tokens go."
)
@click.option("--cache", is_flag=True, help="Show what a provider's cache can keep, and what ends that.")
@click.option("--range", "ranges", is_flag=True, help="Show the least and the most tokens over every call.")
@click.option("--remote", is_flag=True, help="Send each prompt to its vendor's count endpoint, for its own number.")
@click.option("--base-url", metavar="URL", help="Where --remote asks, in place of the vendor's own address.")
@_money
@inputs_of_a_call("An input; else its sample is taken.")
@click.option("--check", is_flag=True, help="Exit 1 where a prompt is over its budget.")
@uncached
@common("table", "md", "json")
def command(
    library: Path | None,
    output_format: Form | Literal["json"],
    names: tuple[str, ...],
    variants: tuple[str, ...],
    models: tuple[str, ...],
    by: By | ByVariant | None,
    cache: bool,
    ranges: bool,
    remote: bool,
    base_url: str | None,
    volume: Decimal | None,
    output_tokens: int | None,
    hit_rate: Decimal | None,
    given: tuple[str, ...],
    file: str | None,
    check: bool,
) -> int:
    """Count the tokens of prompts or files, and what they cost.

    Without a name every prompt of the library is counted, in every variant. A file or folder outside any library is
    counted as literal text.

    \b
    promptkit tokens
    promptkit tokens support/triage --by block
    promptkit tokens support/triage --by variant     what each adds or saves
    promptkit tokens review/code-review --cache      what ends the cached prefix
    promptkit tokens support/chat --range            the least and the most of any call
    promptkit tokens --volume 100000/month --output-tokens 300 --format md
    promptkit tokens README.md --model gpt-4o --format json
    """
    usage = Usage(volume, output_tokens, hit_rate)
    job = Job(Asked(models, variants, by, given, file, usage, output_format, cache, ranges, remote, base_url, check))
    rows = job.rows(library, names)
    _tell(job, rows)
    needed = job.asked.values_needed and (bool(names) or check)
    if job.failed or refusals(rows) or (needed and any(row.tokens is None for row in rows)):
        return 2
    return 1 if check and any(row.over_budget for row in rows) else 0


def _tell(job: Job, rows: list[Row]) -> None:
    form = job.asked.form
    if form == "json":
        echo(json.dumps(_data(job, rows), ensure_ascii=False, indent=2))
    else:
        echo("\n\n".join(_texts(job, rows, form)))
        for line in remarks(rows):
            echo(f"- {line}" if form == "md" else line)
    for line in [*job.notes, *(absences(rows) if job.asked.values_needed else []), *refusals(rows)]:
        echo(one_line(line), err=True)


def _data(job: Job, rows: list[Row]) -> dict[str, Any]:
    data: dict[str, Any] = {"library": job.root, "rows": list(map(as_data, rows))}
    if job.asked.by == BY_VARIANT:
        from promptkit.report.variants import effects, effects_data  # here, as below: a run shows one table

        data["variants"] = list(map(effects_data, effects(rows)))
    if job.asked.caching:
        from promptkit.report.caching import shared_data

        data["shared_prefixes"] = [shared_data(each.prompt, each.model, each.shared) for each in job.common]
    return data


def _texts(job: Job, rows: list[Row], form: Form) -> Iterator[str]:
    """The tables, each with what it rests on."""
    asked = job.asked
    if asked.caching:
        from promptkit.report.caching import caching_notes, caching_report

        groups: dict[tuple[str | None, str], list[Row]] = {}
        for row in rows:
            if row.prompt is not None:
                groups.setdefault((row.prompt, row.model), []).append(row)
        shared = {(each.prompt, each.model): each.shared for each in job.common}
        for (prompt, model), group in groups.items():
            yield caching_report(group, shared.get((str(prompt), model), ()), form)
        yield notes(caching_notes(rows), form)
    elif asked.by == BY_VARIANT:
        from promptkit.report.variants import effects, effects_notes, effects_report

        found = effects(rows)
        yield from (effects_report(each, form) for each in found)
        yield notes(effects_notes(found), form) if found else "nothing to compare: no prompt here has a variant"
    elif asked.ranges and any(row.range is not None for row in rows):
        from promptkit.report.ranges import ranges_report

        yield ranges_report(rows, form)
    elif asked.costs:
        from promptkit.report.costs import costs_report

        yield costs_report(rows, form)
    else:
        from promptkit.report.token_table import token_table

        yield token_table(rows)
    if asked.by is not None and asked.by != BY_VARIANT:
        from promptkit.report.token_table import parts_table

        yield from (parts_table(row, asked.by, form) for row in rows if row.prompt is not None)
