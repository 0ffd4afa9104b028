"""`promptkit lint`."""

from __future__ import annotations

import json
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from promptkit import __version__, caches
from promptkit.cli import completing, plain, remembering
from promptkit.cli.limits import unit
from promptkit.cli.options import common, uncached
from promptkit.cli.output import echo, terminal_width
from promptkit.cli.paths import is_plain, library_of
from promptkit.cli.reading import found_library
from promptkit.cli.workers import spread
from promptkit.errors import PromptkitError, did_you_mean
from promptkit.lint import SEVERITIES, Finding, Report, chosen, lint_files, lint_library
from promptkit.lint.memory import Memory
from promptkit.lint.plain import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEPT = "lint-"
MAX_FILES = 16
MAX_BYTES = 32_000_000
FORMATS = ("full", "concise", "json", "github", "sarif", "junit")


def _names(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for word in given for name in word.split(",") if name.strip())


@click.command("lint")
@click.argument("paths", metavar="[PATH]...", nargs=-1, shell_complete=completing.prompts)
@click.option("--select", metavar="RULE", multiple=True, callback=_names, help="Run these rules instead. Repeatable.")
@click.option("--ignore", metavar="RULE", multiple=True, callback=_names, help="Do not run these rules. Repeatable.")
@click.option("--preview", is_flag=True, help="Run rules that have yet to prove themselves, too.")
@click.option("--statistics", is_flag=True, help="Show how often each rule found something, not where.")
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="warning",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@uncached
@common(*FORMATS)
def command(
    library: Path | None,
    output_format: str,
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    preview: bool,
    statistics: bool,
    fail_on: str,
) -> int:
    """Find what is wrong with prompts.

    They are looked at as a model would get them, in every variant and branch. Nothing is rendered, run or sent.

    PATH is a prompt, or a file or folder of a library; without one, all of the library. Files outside any library are
    looked at alone, by the rules that make sense for them. RULE is a code, the beginning of a code, or a rule's name.

    Exit codes: 0 nothing found, 1 findings, 2 something could not be checked.

    \b
    promptkit lint
    promptkit lint support/triage
    promptkit lint --select S207,X --statistics
    promptkit lint --ignore S2 --fail-on error
    promptkit lint README.md                      a file outside any library
    """
    here = [path for path in paths if library is None and is_plain(Path(path))]
    inside = [path for path in paths if path not in here]
    reports = []
    if inside or not paths:
        reports.append(_library_report(library or library_of(inside), inside, select, ignore, preview=preview))
    if here:
        reports.append(_plain_report(here, select, ignore, preview=preview))
    report = Report(
        tuple(finding for each in reports for finding in each.findings),
        tuple(line for each in reports for line in each.failures),
        sum(each.files for each in reports),
        {path: file for each in reports for path, file in each.sources.items()},
    )
    _write(report, "statistics" if statistics else output_format, as_json=output_format == "json")
    failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return 2 if report.failures else int(any(each.severity in failing for each in report.findings))


def _library_report(
    library: Path | None, names: list[str], select: tuple[str, ...], ignore: tuple[str, ...], *, preview: bool
) -> Report:
    root = found_library(library)
    place = remembering.file_of(KEPT, str(root.resolve()), *sorted(select), "-", *sorted(ignore), str(preview))
    memory = None if place is None else Memory(caches.read(place, MAX_BYTES))
    report = lint_library(
        root, select, ignore, preview=preview, guard=unit, tree=remembering.Told, memory=memory, spread=spread
    )
    if place is not None and memory is not None and memory.content is not None:
        caches.write(place, memory.content, KEPT, MAX_FILES, MAX_BYTES)
    findings = report.findings if not names else tuple(_within(report, root, names))
    return Report(
        tuple(each._replace(place=each.place._replace(path=_shown(root, each.place.path))) for each in findings),
        report.failures,
        report.files,
        {_shown(root, path): file for path, file in report.sources.items()},
    )


def _shown(root: Path, path: str) -> str:
    """A path of a library as seen from here."""
    return PurePath(root, path).as_posix()


def _within(report: Report, root: Path, names: list[str]) -> Iterator[Finding]:
    """The findings in the prompts, files and folders of these names. Raises PromptkitError for one that is none."""
    places: set[str] = set()
    prompts: set[str] = set()
    for name in names:
        short = name.removesuffix(".yaml").removesuffix(".yml").removeprefix("prompts/")
        if Path(name).exists() and Path(name).resolve().is_relative_to(root.resolve()):
            places.add(Path(name).resolve().relative_to(root.resolve()).as_posix())
        elif f"prompts/{short}.yaml" in report.sources:
            prompts.add(short)
        else:
            known = [path[8:].rsplit(".", 1)[0] for path in report.sources if path.startswith("prompts/")]
            raise PromptkitError(f"no prompt and no file of the library '{name}'{did_you_mean(short, known)}")
    made_of = {path for name in prompts for path in report.files_of.get(name, (f"prompts/{name}.yaml",))}
    for finding in report.findings:
        path = finding.place.path
        beside = finding.prompt is None or finding.prompt in prompts
        below = any(each == "." or path == each or path.startswith(f"{each}/") for each in places)
        if below or (path in made_of and beside) or finding.prompt in prompts:
            yield finding


def _plain_report(names: list[str], select: tuple[str, ...], ignore: tuple[str, ...], *, preview: bool) -> Report:
    rules = chosen([(name, None) for name in select], [(name, None) for name in ignore], preview=preview)
    texts: dict[str, str] = {}
    failures = []
    for name in names:
        for path in plain.files(Path(name)):
            if path != Path(name) and path.suffix.lower() not in SUFFIXES:
                continue
            try:
                text = plain.text(path)
            except PromptkitError as error:
                failures.append(str(error))
                continue
            if text is not None:
                texts[path.as_posix()] = text
            elif path == Path(name):
                failures.append(f"{path}: is binary; name a text file")
    if not texts and not failures:
        raise PromptkitError(f"{names[0]}: holds no prompt file ({', '.join(sorted(SUFFIXES))})")
    report = lint_files(texts, rules, unit)
    return Report(report.findings, (*failures, *report.failures), report.files, report.sources)


def _write(report: Report, output_format: str, *, as_json: bool) -> None:
    """The report on stdout, what could not be checked on stderr."""
    from promptkit.report import lint as written  # here: a usage error needs none of it

    if output_format == "statistics" and as_json:
        echo(json.dumps({"statistics": written.counted(report.findings)}, indent=2))
    elif output_format == "statistics":
        echo(written.statistics(report.findings, terminal_width()))
    elif output_format == "json":
        echo(json.dumps({"findings": [finding.data() for finding in report.findings]}, indent=2))
    elif output_format == "sarif":
        from promptkit.report.sarif import sarif

        echo(json.dumps(sarif(report, __version__), indent=2))
    elif output_format == "junit":
        from promptkit.report.junit import junit

        echo(junit(report))
    else:
        _write_lines(report, output_format, _line_of(report))
    for line in report.failures:
        echo(line, err=True)


def _write_lines(report: Report, output_format: str, line_of: Callable[[str, int], str | None]) -> None:
    from promptkit.report import lint as written

    for finding in report.findings:
        if output_format == "full":
            echo(written.full(finding, line_of) + "\n")
        else:
            echo(written.github(finding) if output_format == "github" else written.concise(finding))
    if output_format == "full":
        echo(written.summary(report.findings, report.files))


def _line_of(report: Report) -> Callable[[str, int], str | None]:
    def line(path: str, number: int) -> str | None:
        file = report.sources.get(path)
        return None if file is None or number > len(file.shown) else file.shown[number - 1]

    return line
