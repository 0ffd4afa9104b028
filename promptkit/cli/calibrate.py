"""`promptkit calibrate`."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptkit.calibration import Sample, calibration, chosen, sample, stand_in, written
from promptkit.cli import completing
from promptkit.cli.limits import unit
from promptkit.cli.options import common
from promptkit.cli.output import echo
from promptkit.cli.reading import opened
from promptkit.config import CALIBRATION, Calibration
from promptkit.errors import LibraryError, PromptkitError, ProviderError, Span
from promptkit.model import BASE
from promptkit.remote import ask, checked_base_url, endpoint_for, key_for
from promptkit.render import program, samples
from promptkit.tokens import count
from promptkit.trees import reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.model import Library, Variant
    from promptkit.tokens import Tokenizer


MANY = 5  # prompts left out that are named, for each reason


@click.command("calibrate")
@click.option(
    "--model", metavar="M", required=True, shell_complete=completing.models, help="A model that is estimated."
)
@click.option("--limit", metavar="N", type=click.IntRange(2, 1000), default=50, show_default=True, help="Requests.")
@click.option("--base-url", metavar="URL", help="Where to send them, in place of the vendor's own address.")
@click.option("--yes", is_flag=True, help="Send without asking.")
@click.option("--dry-run", is_flag=True, help="Only say what would be sent where.")
@common("table", "json")
def command(
    library: Path | None,
    output_format: str,
    model: str,
    limit: int,
    base_url: str | None,
    yes: bool,
    dry_run: bool,
) -> int:
    """Measure how far a model's estimate is from its vendor's counts.

    Sends the library's prompts, rendered with their samples, to the vendor's count endpoint, which generates nothing.
    The ratio and its error go to calibration.json, which `tokens` reads from then on. The key is taken from
    ANTHROPIC_API_KEY, or GEMINI_API_KEY, and is written nowhere. Without --yes it asks before it sends anything.

    \b
    promptkit calibrate --model claude-sonnet-5 --dry-run
    promptkit calibrate --model gemini-2.5-pro --limit 20 --dry-run
    """
    endpoint, name = endpoint_for(model)
    tokenizer = stand_in(model)
    url = endpoint.url(name, None if base_url is None else checked_base_url(base_url))
    if not dry_run:
        key_for(endpoint)
    library_, problems = opened(library)
    if problems:
        raise LibraryError(problems)
    skipped: dict[str, list[str]] = {}
    found = _two_or_more(chosen(_samples(library_, tokenizer, skipped), limit), library_, skipped)
    plan = _plan(found, library_.root, url, skipped)
    if dry_run:
        echo(plan)
        return 0
    echo(plan, err=True)
    if not yes:
        _agree()
    counts = [ask(each.body, model, base_url).tokens for each in _with_progress(found)]
    measured = calibration(found, counts, datetime.now(UTC).date(), url)
    file = Path(library_.root, CALIBRATION)
    _write(file, written({**library_.config.calibrations, name: measured}))
    if output_format == "json":
        echo(json.dumps({"model": name, "file": file.as_posix(), **asdict(measured)}, ensure_ascii=False, indent=2))
    else:
        echo(_told(name, measured, file))
    return 0


def _samples(library: Library, tokenizer: Tokenizer, skipped: dict[str, list[str]]) -> Iterator[Sample]:
    """The prompts that can be sent; the names of the others go to `skipped`, by what is wrong with them."""
    count("", tokenizer.encoding)  # here: outside of any prompt's limits, which its vocabulary does not count towards
    for prompt in library.prompts.values():
        for variant in map(prompt.__getitem__, prompt.variants):
            name = prompt.name if variant.name == BASE else f"{prompt.name} ({variant.name})"
            with unit(f"{prompt.spec.span.path} ({variant.name})"):
                missing = [f"'{name}'" for name in sorted(program(variant).required - samples(variant).keys())]
                found = None if missing else _sample(variant, tokenizer)
            if missing:
                skipped.setdefault("for want of a sample", []).append(f"{name} ({', '.join(missing)})")
            elif isinstance(found, Sample):
                yield found
            else:
                skipped.setdefault(f"{found}", []).append(name)


def _sample(variant: Variant, tokenizer: Tokenizer) -> Sample | str:
    """What is sent of a variant, or why nothing is."""
    try:
        found = sample(variant.render(samples(variant), model=tokenizer.model), tokenizer)
    except ProviderError:
        return "for the vendor's request cannot carry them"
    return found or "not of text alone"


def _two_or_more(found: tuple[Sample, ...], library: Library, skipped: dict[str, list[str]]) -> tuple[Sample, ...]:
    """`found`. Raises PromptkitError where they are of fewer than two prompts."""
    if len({each.prompt for each in found}) < 2:
        told = ["calibrating needs two prompts or more with samples, of text alone", *_left_out(skipped)]
        raise PromptkitError("; ".join(told), Span(library.root))
    return found


def _plan(found: tuple[Sample, ...], root: str, url: str, skipped: dict[str, list[str]]) -> str:
    """What would be sent where."""
    tokens = sum(each.tokens for each in found)
    lines = [f"{len(found)} requests to {url}: prompts of {root} with their samples, about {tokens:,} tokens"]
    return "\n".join([*lines, *_left_out(skipped)])


def _left_out(skipped: dict[str, list[str]]) -> Iterator[str]:
    """A line for each reason, with the prompts that it holds for."""
    for why, names in skipped.items():
        more = f" + {len(names) - MANY} more" if len(names) > MANY else ""
        yield f"left out, {why}: {', '.join(names[:MANY])}{more}"


def _agree() -> None:
    """Raises PromptkitError unless whoever runs the command agrees."""
    if not sys.stdin.isatty():
        raise PromptkitError("nothing was sent; pass --yes to send these requests")
    if not click.confirm("Send them?", err=True):
        raise PromptkitError("nothing was sent")


def _with_progress(found: tuple[Sample, ...]) -> Iterator[Sample]:
    if not sys.stderr.isatty():
        yield from found
        return
    with click.progressbar(found, label="asking", file=sys.stderr) as progress:
        yield from progress


def _write(file: Path, text: str) -> None:
    """Whole or not at all; a link of that name is replaced, never followed."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{CALIBRATION}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as out:
                out.write(text)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(file)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise PromptkitError(f"cannot be written: {reason(error)}", Span(file.as_posix())) from error


def _told(model: str, measured: Calibration, file: Path) -> str:
    lines = [f"{model}: o200k_base x {measured.ratio:g}, fitted on {measured.fitted_on} prompts"]
    if measured.error_p50 is None or measured.error_p95 is None:
        lines.append(f"error unknown: only {measured.held_out} prompts were held out to see it")
    else:
        lines.append(
            f"of {measured.held_out} others half were within {measured.error_p50:.1%} of the vendor's count, "
            f"95 in 100 within {measured.error_p95:.1%}"
        )
    return "\n".join([*lines, f"written to {file.as_posix()}"])
