"""Rules of few-shot examples: how many there are, whether they repeat each other, and what their answers look like."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from promptkit.blocks.kinds import compact_json
from promptkit.content import Format, Items, Records
from promptkit.errors import one_line
from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.lint.views import every_leaf
from promptkit.render.program import program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.content import Record
    from promptkit.lint.rule import Severity
    from promptkit.lint.views import Sight
    from promptkit.model import Block, Variant

FEW, MANY = 3, 5  # examples that vendors advise
A_LABEL = 2  # examples for each label, from which on more of them are many
LONG = 200  # characters of an answer of which one example shows the form
TOLD = 5  # findings of one rule in one file of examples
LABEL = 40  # characters that a label has at most
UNEVEN = 3  # times that the commonest label stands as often as the rarest
FALLBACKS = frozenset({"other", "others", "none", "unknown", "n/a", "na", "unclear", "unsure", "else", "null", ""})
_AROUND = " .\"'`\n"  # what may stand around a label
_CHANGES = re.compile(r"[\W_]+")


class Shots(NamedTuple):
    """The examples of one block in a variant. `shown` are those that every call sees, None where the call decides."""

    block: Block
    records: tuple[Record, ...]
    shown: tuple[Record, ...] | None
    number: int
    data: Records


def shots_of(variant: Variant) -> Iterator[Shots]:
    """Each block of examples that a variant has, with those that it takes."""
    for leaf in every_leaf(program(variant).leaves):
        content = leaf.block.content
        if leaf.block.kind != "examples" or not isinstance(content, Items) or not isinstance(content.source, Records):
            continue
        records = content.source.records
        take = content.take if isinstance(content.take, int) else len(records)
        is_fixed = content.select.by == "first" and content.max_tokens is None and content.item_max_tokens is None
        shown = records[:take] if is_fixed or take >= len(records) else None
        yield Shots(leaf.block, records, shown, min(take, len(records)), content.source)


def labels_of(variant: Variant) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """The closed sets of labels that a variant's format declares: the property that holds one, None for the answer."""
    for leaf in every_leaf(program(variant).leaves):
        if isinstance(leaf.block.content, Format):
            yield from labels_in(leaf.block.content)


def labels_in(content: Format) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """The closed sets of labels of a format: the property that holds one, None for the answer."""
    if content.choices:
        yield None, content.choices
    schema = content.schema
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    for name, each in properties.items() if isinstance(properties, Mapping) else ():
        enum = each.get("enum") if isinstance(each, Mapping) else None
        if isinstance(enum, list | tuple) and enum and all(isinstance(label, str) for label in enum):
            yield name, tuple(enum)


def _values(records: Iterable[Record], name: str | None) -> list[str] | None:
    """The label in each answer, or in that property of it; None where one has no such label."""
    found = []
    for each in records:
        value = each.output if name is None else each.output.get(name) if isinstance(each.output, Mapping) else None
        if not isinstance(value, str) or len(value) > LABEL or "\n" in value:
            return None
        found.append(value.strip())
    return found


def _distinct(records: tuple[Record, ...]) -> int:
    """How many labels the answers tell apart, be it in one property; 1 where they hold none."""
    first = records[0].output
    names = list(first) if isinstance(first, Mapping) else [None]
    sets = [set(values) for name in names if (values := _values(records, name)) is not None]
    return max((len(each) for each in sets if len(each) < len(records)), default=1)


def _short(text: object) -> str:
    line = one_line(str(text))
    return line if len(line) <= LABEL else line[: LABEL - 1] + "…"


@rule("S203", "few-shot-count", "info", "C", "prompt")
def few_shot_count(sight: Sight) -> Iterator[Hit]:
    """One or two examples, or more than five where labels do not ask for more.

    Why: from one or two the model copies what they happen to share; past a handful each costs its tokens in every call
    and may do harm.

    Bad: prompts/sort.yaml:3:5
        === prompts/sort.yaml
        blocks:
          - format: {choices: [bug, praise]}
          - examples:
              records:
                - {inputs: {text: It crashes.}, output: bug}
                - {inputs: {text: Lovely.}, output: praise}
          - user: "{{ text }}"

    Good:
        === prompts/sort.yaml
        blocks:
          - format: {choices: [bug, praise]}
          - examples:
              records:
                - {inputs: {text: It crashes.}, output: bug}
                - {inputs: {text: Lovely.}, output: praise}
                - {inputs: {text: The export is empty.}, output: bug}
                - {inputs: {text: Nice but slow.}, output: praise}
          - user: "{{ text }}"

    Source: "Include 3-5 examples for best results", Anthropic's guide to prompting (platform.claude.com); seven models
    got worse with too many, arXiv 2509.13196. Against it: what helps differs by task, many labels need more examples
    and long answers fewer, so nothing is said of those, of the cells of a matrix, which are there to compare numbers,
    and of models that reason by themselves (C).
    """
    for variant in sight.variants:
        if "=" in variant.name:
            continue
        for shots in shots_of(variant):
            answers = [each.output for each in shots.records[: shots.number]]
            if not shots.number or any(each.messages for each in shots.records):
                continue
            are_long = max(len(each if isinstance(each, str) else compact_json(each)) for each in answers) >= LONG
            labels = max((len(each) for _, each in labels_of(variant)), default=0)
            most = max(MANY, A_LABEL * max(labels, _distinct(shots.records)))
            told = ""
            if shots.number < FEW and not are_long:
                number = "one example" if shots.number == 1 else "two examples"
                told = f"{number}, from which a model copies what they share; give {FEW} to {MANY} that differ"
            elif shots.number > most:
                told = f"{shots.number} examples; measure whether the best {FEW} to {MANY} do as well"
            if told and not _reasons(variant):
                yield Hit(Place.of(shots.block.span), told)


def _reasons(variant: Variant) -> bool:
    """Whether one of the models it is written for reasons by itself."""
    from promptkit.pricing.models import model_facts  # here: few prompts need the table of models

    config = variant.prompt.library.config
    models = (variant.settings.model,) if variant.settings.model else config.models
    return any(model_facts(model, config.prices).reasons for model in models)


@rule("S205", "duplicate-example", "warning", "B", "prompt")
def duplicate_example(sight: Sight) -> Iterator[Hit]:
    """An example whose question is that of an earlier one.

    Why: it costs its tokens in every call and shows nothing new; answered otherwise, it teaches a contradiction.

    Bad: prompts/sort.yaml:6:11
        === prompts/sort.yaml
        blocks:
          - examples:
              records:
                - {inputs: {text: It crashes.}, output: bug}
                - {inputs: {text: Lovely.}, output: praise}
                - {inputs: {text: it  crashes.}, output: bug}
          - user: "{{ text }}"

    Good:
        === prompts/sort.yaml
        blocks:
          - examples:
              records:
                - {inputs: {text: It crashes.}, output: bug}
                - {inputs: {text: Lovely.}, output: praise}
                - {inputs: {text: It crashes on start.}, output: bug}
          - user: "{{ text }}"

    Source: which examples stand there decides how well a model does, arXiv 2102.09690 and 2104.08786, so a place that
    is taken twice is lost. Questions are compared in Unicode's form NFKC, without case and white space; one that
    differs in punctuation alone is told as info. Against it: no study measures a repeat by itself, and one can be
    meant as a weight (B).
    """
    for variant in sight.variants:
        for shots in shots_of(variant):
            found = shots.data.cache.get("lint: duplicates")
            if found is None:
                found = shots.data.cache["lint: duplicates"] = tuple(_duplicates(shots.data.records))
            yield from found


def _duplicates(records: Iterable[Record]) -> Iterator[Hit]:
    exact: dict[str, Record] = {}
    bare: dict[str, Record] = {}
    told = 0
    for record in records:
        key = _question(record)
        near = _CHANGES.sub("", key)
        earlier = exact.get(key) or (bare.get(near) if near else None)
        if earlier is None:
            exact[key] = record
            bare.setdefault(near, record)
            continue
        severity: Severity | None = None if key in exact else "info"
        line = f" on line {earlier.span.line}" if earlier.span.line is not None else ""
        same = "the same question as" if severity is None else "but for punctuation the question of"
        if compact_json(earlier.output) == compact_json(record.output) and earlier.messages == record.messages:
            message = f"{same} the example{line}; remove one"
        elif record.messages or earlier.messages:
            continue
        else:
            message = (
                f"{same} the example{line}, answered otherwise ('{_short(record.output)}' and "
                f"'{_short(earlier.output)}'); keep one"
            )
        yield Hit(Place.of(record.span), message, severity)
        told += 1
        if told == TOLD:
            return


def _question(record: Record) -> str:
    if record.messages:
        asked = "\n".join(str(each.content) for each in record.messages)
    else:
        asked = compact_json({name: record.inputs[name] for name in sorted(record.inputs)})
    return "".join(unicodedata.normalize("NFKC", asked).casefold().split())


@rule("S206", "label-imbalance", "warning", "B", "prompt")
def label_imbalance(sight: Sight) -> Iterator[Hit]:
    """Examples of which most have one label, or of which none has a label that the format allows.

    Why: a model leans towards the label that it sees most, and away from one that it never sees.

    Bad: prompts/sort.yaml:4:5
        === prompts/sort.yaml
        blocks:
          - format: {choices: [bug, praise]}
          - instructions: Choose what the text is.
          - examples:
              records:
                - {inputs: {text: It crashes.}, output: bug}
                - {inputs: {text: Lovely.}, output: praise}
                - {inputs: {text: It hangs.}, output: bug}
                - {inputs: {text: The export is empty.}, output: bug}
          - user: "{{ text }}"

    Good:
        === prompts/sort.yaml
        blocks:
          - format: {choices: [bug, praise]}
          - examples:
              records:
                - {inputs: {text: It crashes.}, output: bug}
                - {inputs: {text: Lovely.}, output: praise}
                - {inputs: {text: It hangs.}, output: bug}
                - {inputs: {text: Thanks a lot.}, output: praise}
          - user: "{{ text }}"

    Source: majority-label and recency bias, arXiv 2102.09690, and the order of examples, 2104.08786. Against it: both
    measured GPT-3 and its peers, and where one label is truly rarer the imbalance is information. Nothing is
    said of labels such as other and unknown; three of one label at the end are told as info (B).
    """
    for variant in sight.variants:
        for shots in shots_of(variant):
            for name, labels in labels_of(variant):
                told = _imbalance(shots, name, labels)
                if told is not None:
                    yield Hit(Place.of(shots.block.span), *told)
                    break


def _imbalance(shots: Shots, name: str | None, labels: tuple[str, ...]) -> tuple[str, Severity | None] | None:
    """What is wrong with the labels of the examples, if anything; where the call chooses, of all that it may choose."""
    values = _values(shots.records if shots.shown is None else shots.shown, name)
    asked = [each for each in labels if each.strip().casefold() not in FALLBACKS]
    if not values or len(asked) < 2 or shots.number < len(asked):
        return None
    counts = Counter(values)
    of = f" of '{name}'" if name is not None else ""
    missing = [each for each in asked if each not in counts]
    if missing and len(values) > len(asked):
        return f"no example has the label '{_short(missing[0])}'{of}; give each label as many", None
    if shots.shown is None or len(values) <= UNEVEN:
        return None
    (most, times), rarest = counts.most_common(1)[0], min(counts[each] for each in asked)
    if times >= UNEVEN * rarest and 3 * times >= 2 * len(values):
        return f"{times} of {len(values)} examples have the label '{_short(most)}'{of}; give each label as many", None
    if len(counts) > 1 and len(set(values[-UNEVEN:])) == 1:
        return f"the last {UNEVEN} examples have the label '{_short(values[-1])}'{of}; mix their order", "info"
    return None


@rule("S204", "inconsistent-example-format", "warning", "B", "prompt")
def inconsistent_example_format(sight: Sight) -> Iterator[Hit]:
    """An example whose answer has another form than the answers of the others.

    Why: the model takes its form from the examples, and with two forms it answers now in one and now in the other.

    Bad: prompts/sort.yaml:6:11
        === prompts/sort.yaml
        blocks:
          - examples:
              records:
                - {inputs: {text: It crashes.}, output: {kind: bug, urgent: true}}
                - {inputs: {text: Lovely.}, output: {kind: praise, urgent: false}}
                - {inputs: {text: It hangs.}, output: "kind: bug, urgent: true"}
          - user: "{{ text }}"

    Good:
        === prompts/sort.yaml
        blocks:
          - examples:
              records:
                - {inputs: {text: It crashes.}, output: {kind: bug, urgent: true}}
                - {inputs: {text: Lovely.}, output: {kind: praise, urgent: false}}
                - {inputs: {text: It hangs.}, output: {kind: bug, urgent: true}}
          - user: "{{ text }}"

    Source: the form of examples alone moves results, by up to 76 points in one small model, arXiv 2310.11324 and
    2411.10541; newer and larger models move less, 2508.11383. Compared are the type, the order of equal keys, and a
    label or code fence at the beginning, where two thirds of three or more answers agree; then short answers that
    differ in case or a full stop alone (B).
    """
    for variant in sight.variants:
        for shots in shots_of(variant):
            found = shots.data.cache.get("lint: forms")
            if found is None:
                found = shots.data.cache["lint: forms"] = tuple(_odd_forms(shots.data.records))
            yield from found


def _odd_forms(records: tuple[Record, ...]) -> Iterator[Hit]:
    """The answers that differ from most of the others, by the first thing in which any does."""
    plain = [each for each in records if not each.messages]
    for forms in (_types, _key_orders, _openings):
        found = [(form, each) for form, each in zip(forms(plain), plain, strict=True) if form is not None]
        if len(found) < FEW:
            continue
        (usual, times), *others = Counter(form for form, _ in found).most_common()
        if not others or 3 * times < 2 * len(found) or usual == _BARE:
            continue
        odd = [(form, each) for form, each in found if form != usual]
        for form, each in odd[:TOLD]:
            yield Hit(
                Place.of(each.span),
                f"this answer has another form than most: {form}, not {usual}; write all in one form",
            )
        return
    yield from _spellings(plain)


def _types(records: Iterable[Record]) -> Iterator[str | None]:
    for each in records:
        output = each.output
        if isinstance(output, str) and output.strip()[:1] + output.strip()[-1:] in {"{}", "[]"} and '"' in output:
            yield "JSON in a string"
        elif isinstance(output, Mapping):
            yield "an object"
        else:
            yield None if output is None else "a list" if isinstance(output, list | tuple) else "text"


def _key_orders(records: Iterable[Record]) -> Iterator[str | None]:
    """The keys of the answers that have the commonest keys; others may leave out what is optional."""
    keys = [tuple(map(str, each.output)) if isinstance(each.output, Mapping) else () for each in records]
    common = Counter(frozenset(each) for each in keys if each).most_common(1)
    for each in keys:
        yield f"the keys in the order {_short(', '.join(each))}" if common and set(each) == common[0][0] else None


_BARE = "no label at its beginning"
_LABEL = re.compile(r"[A-Z][\w ]{0,24}:(?=\s)|```")


def _openings(records: Iterable[Record]) -> Iterator[str | None]:
    for each in records:
        found = _LABEL.match(each.output) if isinstance(each.output, str) else None
        yield (f"'{found[0]}' at its beginning" if found else _BARE) if isinstance(each.output, str) else None


def _spellings(records: Iterable[Record]) -> Iterator[Hit]:
    """Labels that stand among the answers in two spellings."""
    seen: dict[str, str] = {}
    told = 0
    for each in records:
        if not isinstance(each.output, str) or len(each.output) > LABEL:
            continue
        earlier = seen.setdefault(each.output.casefold().strip(_AROUND), each.output)
        if earlier != each.output and told < TOLD:
            told += 1
            both = f"'{_short(each.output)}' here and '{_short(earlier)}' before"
            yield Hit(Place.of(each.span), f"the same answer is spelt {both}; write all in one form")
