"""Opening a library: read, then composed in every variant, with every problem of either."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptkit import collector
from promptkit.config import FILE
from promptkit.content import Format, Items, Records
from promptkit.errors import (
    BrokenFileError,
    ComposeError,
    LibraryError,
    LimitError,
    Problem,
    PromptkitError,
    Span,
    StillError,
    did_you_mean,
)
from promptkit.model import BASE
from promptkit.read import Guard, check_template, read, templates, unbounded
from promptkit.render.call import Call
from promptkit.render.examples import (
    MISSES,
    answer_text,
    check_question,
    check_record,
    example_inputs,
    example_messages,
)
from promptkit.render.leaves import fast_form
from promptkit.render.placeholders import foreign_placeholders
from promptkit.render.program import program
from promptkit.render.select import label, prepare
from promptkit.template import Meter
from promptkit.trees import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from promptkit.content import Record, Text
    from promptkit.messages import Message
    from promptkit.model import Library, Prompt, Spec, Variant
    from promptkit.render.leaves import Leaf
    from promptkit.render.program import Program
    from promptkit.trees import Tree

UNTOLD = "D600"
"""The code of what only running a template would tell."""

DEFAULT_FOLDER = "templates"
MAX_FAULTS = 5  # examples of one block whose inputs are told to be wrong
_PRINTED = re.compile(r"\{\{[-+]?\s*item\.inputs\.(\w+)\s*[-+]?\}\}")
_UNSURE = re.compile(r"\{[%#]")

RECORDS_A_UNIT = 5_000  # examples checked within one unit of the guard


def load(folder: str | Path) -> Library:
    """The library in a folder. Raises LibraryError with every problem found, one a line."""
    library, problems = open_library(folder)
    if problems:
        raise LibraryError(problems)
    return library


def open_library(
    folder: str | Path,
    guard: Guard = unbounded,
    tree: Callable[[Path], Tree] = Folder,
    wanted: Callable[[Library], Iterable[Prompt]] | None = None,
) -> tuple[Library, tuple[Problem, ...]]:
    """The library in a folder with its sound prompts, and every problem of the others.

    `guard` stands around the work on each block, prompt and variant; `tree` is what its files are read through. Of the
    prompts those that are `wanted` are composed and checked, by default all; the others are only read.
    """
    with collector.seldom():
        library, problems = read_library(folder, guard, tree)
        names = None if wanted is None else {each.name for each in wanted(library)}
        return library, tuple(sorted({*problems, *check_library(library, guard, names)}))


def read_library(
    folder: str | Path, guard: Guard = unbounded, tree: Callable[[Path], Tree] = Folder, *, still: bool = False
) -> tuple[Library, tuple[Problem, ...]]:
    """The library in a folder, nothing of it composed yet, and every problem of reading it.

    With `still` nothing will be compiled or rendered, and what only that would tell is left out: whether examples
    render. Raises PromptkitError for a folder that is no library.
    """
    root = Path(folder)
    if not root.is_dir():
        raise PromptkitError(
            "is no folder; name the one that holds promptkit.yaml, blocks/ and prompts/", Span(str(root))
        )
    if not any((root / part).exists() for part in (FILE, "prompts", "blocks")):
        raise PromptkitError(
            f"is no library: it has neither {FILE} nor prompts/; name the one that has", Span(str(root))
        )
    inner = next((root / part for part in ("prompts", "blocks") if (root / part / FILE).is_file()), None)
    if inner is not None and not (root / FILE).exists():
        raise PromptkitError(f"is no library: it holds one, {inner}; name that", Span(str(root)))
    library, problems = read(tree(root), guard, still=still)
    return library, tuple(problem for problem in problems if not problem.follows)


def check_library(library: Library, guard: Guard = unbounded, names: Collection[str] | None = None) -> set[Problem]:
    """Composes and checks the prompts of these names, by default all. Those with problems leave the library."""
    found: list[Problem] = []
    prompts = library.prompts
    lines = None if names is None else {each for name in names for each in _lineage(prompts[name].spec)}
    torn = {
        name
        for name, prompt in prompts.items()
        if (lines is None or name in lines) and _check_templates(prompt, found, guard)
    }
    sound: dict[str, Prompt] = {}
    for name, prompt in library.prompts.items():
        if torn and not torn.isdisjoint(_lineage(prompt.spec)):
            continue
        own = check(prompt, guard) if names is None or name in names else ()
        found += own
        if not own:
            sound[name] = prompt
    library.prompts.clear()  # type: ignore[attr-defined]  # the same mapping that its prompts refer to
    library.prompts.update(sound)  # type: ignore[attr-defined]
    return {problem for problem in found if not problem.follows}


def _check_templates(prompt: Prompt, found: list[Problem], guard: Guard) -> bool:
    """Whether something is wrong with the prompt's own templates; it is added to `found`."""
    before = len(found)
    for text in templates(prompt.spec):
        found += check_template(text, prompt.library.engine, guard)
    return len(found) > before


def _lineage(spec: Spec) -> Iterator[str]:
    """The name of a prompt and of those that it extends."""
    while True:
        yield spec.name
        if spec.extends is None:
            return
        spec = spec.extends


def nearest(start: Path) -> Path:
    """The nearest folder from `start` upward that has a promptkit.yaml, else templates/ below `start`."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    return start / DEFAULT_FOLDER


def check(prompt: Prompt, guard: Guard = unbounded) -> tuple[Problem, ...]:
    """What is wrong with a prompt's variants: each is composed, its examples held against its inputs and format."""
    found: dict[tuple[Span, str], Problem] = {}
    try:
        names = prompt.variants
    except PromptkitError as error:
        return (_problem(prompt, error),)
    checked: set[tuple[Any, ...]] = set()
    for name in names:
        try:
            with guard(f"{prompt.spec.span.path} ({name})"):
                problems = list(_check_variant(prompt, name, checked, guard))
        except LimitError as error:
            problems = [_problem(prompt, error)]
        for problem in problems:
            found.setdefault((problem.span, problem.message), problem)
    return tuple(found.values())


def _problem(prompt: Prompt, error: PromptkitError) -> Problem:
    code = UNTOLD if isinstance(error.__cause__, StillError) or isinstance(error, StillError) else "D601"
    return Problem(error.span or prompt.spec.span, code, error.message, isinstance(error, BrokenFileError))


def _check_variant(prompt: Prompt, name: str, checked: set[tuple[Any, ...]], guard: Guard) -> Iterator[Problem]:
    try:
        variant = prompt[name]
        plan = program(variant)
    except PromptkitError as error:
        yield _problem(prompt, error)
        return
    if name == BASE:
        yield from foreign_placeholders(variant)
    expected = [leaf.block.content for leaf in plan.leaves if isinstance(leaf.block.content, Format)]
    for leaf in plan.leaves:
        content = leaf.block.content
        if not isinstance(content, Items) or not isinstance(content.source, Records):
            continue
        source = _rendered_from(variant, plan, leaf)
        if source not in checked:
            checked.add(source)
            faults = list(_check_select(content, content.source, guard))
            if variant.prompt.library.engine.still:
                yield from [] if faults else _check_inputs(plan, leaf, content, content.source)
            elif leaf.turns and not faults:
                if content.select.by == "similar":
                    faults = list(_check_turns(variant, leaf, content, guard))
                faults = faults or list(_check_taken(variant, leaf, content))
            yield from (_problem(prompt, fault) for fault in faults)
        for form in expected:
            if (id(content.source), id(form)) not in checked:
                checked.add((id(content.source), id(form)))
                yield from _check_answers(content.source, form)


def _rendered_from(variant: Variant, plan: Program, leaf: Leaf) -> tuple[Any, ...]:
    """All that the turns of an examples block come from: the same in two variants where these are the same objects."""
    parts = (leaf, variant.settings, *plan.question, *plan.accepted.values(), *plan.defaults.values())
    return (plan.question_inputs, tuple(plan.defaults), len(plan.question), *map(id, parts))


def _check_select(content: Items, records: Records, guard: Guard) -> Iterator[PromptkitError]:
    """What the records lack for the selector; its index of their words is built here, before any call."""
    select = content.select
    if select.by == "balanced":
        for record in records.records:
            try:
                label(record, select)
            except ComposeError as error:
                yield error
    given = {name for record in records.records for name in record.inputs} if select.on else ()
    for name in select.on:
        if name not in given and not all(record.messages for record in records.records):
            hint = did_you_mean(name, given)
            yield ComposeError(f"select compares the input '{name}', which no example gives{hint}", select.span)
    prepare(select, records, guard)


def _check_inputs(plan: Program, leaf: Leaf, content: Items, source: Records) -> Iterator[Problem]:
    """What the examples that may be taken lack or have too much, as far as it is known without rendering them."""
    take = content.take if content.select.by == "first" and isinstance(content.take, int) else None
    records = [each for each in source.records[:take] if not each.messages]
    if leaf.turns and records:
        try:
            check_question(plan, leaf)
        except ComposeError as error:
            yield Problem(error.span or leaf.block.span, "D601", error.message)
            return
    faults = _asked(plan, records) if leaf.turns else _shown(leaf, content.text, records)
    for fault in islice(faults, MAX_FAULTS):
        yield Problem(fault.span or leaf.block.span, "D607", fault.message)


def _asked(plan: Program, records: Iterable[Record]) -> Iterator[PromptkitError]:
    for record in records:
        try:
            example_inputs(plan, record, lambda _: 0)  # tokens are not counted: that takes the tokenizer
        except PromptkitError as error:
            yield error


def _shown(leaf: Leaf, text: Text | None, records: Iterable[Record]) -> Iterator[PromptkitError]:
    """The inputs that a text without conditions prints of every example."""
    source = "" if text is None or text.literal or _UNSURE.search(text.source) else text.source
    names = tuple(dict.fromkeys(_PRINTED.findall(source)))
    for record in records:
        name = next((each for each in names if each not in record.inputs), None)
        if name is not None:
            told = f"the example lacks the input '{name}', which '{leaf.block.name}' prints"
            yield ComposeError(f"{told}{did_you_mean(name, record.inputs)}", record.span)


def _check_turns(variant: Variant, leaf: Leaf, content: Items, guard: Guard) -> Iterator[PromptkitError]:
    """What keeps a record from being asked; a call may choose any of them."""
    assert isinstance(content.source, Records)
    plan, records = program(variant), content.source.records
    call, bare = Call(variant, plan, None), fast_form(plan.question, variant.prompt.library.engine, variant.set)
    for start in range(0, len(records), RECORDS_A_UNIT):
        with guard(f"{leaf.block.span.path}: its examples from {start + 1:,} on"):
            for record in records[start : start + RECORDS_A_UNIT]:
                call.meter = Meter()
                try:
                    check_record(call, leaf, content, record, bare)
                except LimitError:
                    raise
                except PromptkitError as error:
                    yield error


def _check_taken(variant: Variant, leaf: Leaf, content: Items) -> Iterator[PromptkitError]:
    """What keeps the examples that are taken from being rendered; for similar those of a call with empty values."""
    assert isinstance(content.source, Records)
    try:
        messages: list[Message] = example_messages(Call(variant, program(variant), None), leaf, content, {})
    except PromptkitError as error:
        yield error
        return
    untried = content.select.by == "similar" and len(content.source.records) > MISSES
    if not messages and content.source.records and content.take != 0 and not untried:
        yield ComposeError(f"'{leaf.block.name}' keeps none of its examples under its limits", leaf.block.span)


def _check_answers(records: Records, form: Format) -> Iterator[Problem]:
    """The outputs that the format forbids."""
    for record in records.records:
        if record.messages:
            continue
        fault = _fault(form, record.output, answer_text(record))
        if fault is not None:
            yield Problem(record.span, "D602", f"the example's output does not fit the format: {fault}")


def _fault(form: Format, output: Any, text: str) -> str | None:
    if form.choices:
        return None if text in form.choices else f"'{text[:40]}' is none of {', '.join(form.choices)}"
    if form.schema is None:
        return None
    from promptkit.schemas import violation  # here: jsonschema is slow to import

    if isinstance(output, str):
        import json

        try:
            output = json.loads(output)
        except ValueError:
            if form.schema.get("type") != "string":  # type: ignore[union-attr]
                return "it is text, not JSON"
    return violation(form.schema, output)  # type: ignore[arg-type]
