"""Choosing few-shot examples: one function a selector, each giving records one after another, the best first.

A selector is told of each record whether it was taken (a larger one may not fit), and goes on until no more are asked
for. Adding one is its entry in SELECTORS, with its function here, and its row in `promptkit.blocks.kinds.SELECTS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptkit.blocks.kinds import compact_json
from promptkit.errors import ComposeError, did_you_mean
from promptkit.messages import Message
from promptkit.read import unbounded
from promptkit.template import Meter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.content import Record, Records, Select
    from promptkit.read import Guard
    from promptkit.render.terms import Index

MAX_CANDIDATES = 10_000  # records that diverse holds against each other; of more it takes so many, by random's order
MAX_SPREAD = 64  # records that diverse chooses so; those after them follow as they then stand
SHOWN = 40  # characters of a label
WORDS = 3  # shared words that are named
CHUNK = 10_000  # records indexed at once


@dataclass(frozen=True, slots=True)
class Choice:
    """A record by its number, from 0, and why it was chosen. `score` is how near it is, where that is measured."""

    number: int
    why: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Ask:
    """What a selector is given. `names` are the inputs to compare, `values` those of the call."""

    records: Records
    select: Select
    names: tuple[str, ...]
    values: Mapping[str, Any]
    take: int | None
    meter: Meter


Choices = Generator[Choice, bool, None]


def first(ask: Ask) -> Choices:
    """The records in the order of their file."""
    for number in range(len(ask.records.records)):
        yield Choice(number, "first")


def random(ask: Ask) -> Choices:
    """The records in an order that looks like none and that the seed and their own content decide."""
    for number in shuffled(ask.records, _seed(ask)):
        yield Choice(number, f"random, seed {ask.select.seed}")


def balanced(ask: Ask) -> Choices:
    """A record of each label in turn, each label's in random order; a label without records is passed over."""
    groups: dict[str, list[int]] = {}
    labels = _labels(ask.records, ask.select)
    for number in shuffled(ask.records, _seed(ask)):
        groups.setdefault(labels[number], []).append(number)
    order = sorted(groups, key=lambda label: _digest(_seed(ask), label.encode(errors="surrogatepass")))
    queues = [(label, iter(groups[label])) for label in order]
    while queues:
        left = []
        for label, numbers in queues:
            for number in numbers:
                if (yield Choice(number, f"balanced: {_short(label)}")):
                    left.append((label, numbers))
                    break
        queues = left


def similar(ask: Ask) -> Choices:
    """The records whose words are most like the call's, by BM25; then those that share none, in file order."""
    from promptkit.render.terms import AHEAD, terms  # here and below: only these selectors compare words

    index = _indexed(ask.records, ask.names)
    words = dict.fromkeys(terms(query(ask)))
    seen = set()
    for number, score in index.ranked(words, AHEAD if ask.take is None else 2 * ask.take + 8):
        seen.add(number)
        shared = ", ".join(f"'{word}'" for word in index.shared(number, words, WORDS))
        yield Choice(number, f"similar {score:.2f}: {shared}", score)
    none = f"no word in common with {' and '.join(ask.names) or 'the call'}; by file order"
    for number in range(len(index)):
        if number not in seen:
            yield Choice(number, none)


def diverse(ask: Ask) -> Choices:
    """Records far from each other, each typical of many: how like a record is to all, less how like to one chosen."""
    from promptkit.render.terms import terms

    numbers, index, typical = _spread(ask.records, ask.names)
    nearest = [0.0] * len(numbers)
    left = dict.fromkeys(range(len(numbers)))
    taken = 0
    while left and taken < MAX_SPREAD:
        place = max(left, key=lambda place: (typical[place] - nearest[place], -place))
        del left[place]
        why = f"at most {nearest[place]:.0%} like one before it" if taken else "the most typical"
        if (yield Choice(numbers[place], f"diverse: {why}")):
            taken += 1
            words = dict.fromkeys(terms(_text(ask.records.records[numbers[place]], ask.names)))
            for other, like in index.likeness(words).items():
                nearest[other] = max(nearest[other], like)
    for place in sorted(left, key=lambda place: (nearest[place] - typical[place], place)):
        yield Choice(numbers[place], f"diverse: at most {nearest[place]:.0%} like one of the first {MAX_SPREAD}")
    rest = set(numbers)
    for number in range(len(ask.records.records)):
        if number not in rest:
            yield Choice(number, f"diverse: beyond {MAX_CANDIDATES:,} candidates, by file order")


SELECTORS: Mapping[str, Callable[[Ask], Choices]] = {
    function.__name__: function for function in (first, random, balanced, similar, diverse)
}


def choices(ask: Ask) -> Choices:
    """The records as the selector gives them."""
    assert isinstance(ask.select.by, str)
    return SELECTORS[ask.select.by](ask)


def arranged(select: Select, chosen: list[Choice]) -> list[Choice]:
    """Chosen records in the order in which the prompt shows them; equals in the order of their file."""
    if select.by != "similar":
        return chosen
    keys: Mapping[str, Callable[[Choice], tuple[float, int]]] = {
        "nearest-last": lambda choice: (choice.score, choice.number),
        "nearest-first": lambda choice: (-choice.score, choice.number),
        "file": lambda choice: (0, choice.number),
    }
    return sorted(chosen, key=keys[select.order])


# -- order ------------------------------------------------------------------------------------------------------------


def _seed(ask: Ask) -> int:
    assert isinstance(ask.select.seed, int)
    return ask.select.seed


def shuffled(records: Records, seed: int) -> list[int]:
    """The records' numbers by SHA-256 of the seed and the record, equals in their order.

    The same on every machine and Python, and a record that is added or removed leaves the others in their order.
    """
    found: list[int] | None = records.cache.get(("shuffled", seed))
    if found is None:
        keys = [_digest(seed, digest) for digest in _digests(records)]
        found = records.cache["shuffled", seed] = sorted(range(len(keys)), key=keys.__getitem__)
    return found


def _digests(records: Records, guard: Guard = unbounded) -> list[bytes]:
    found: list[bytes] | None = records.cache.get("digests")
    if found is None:
        from hashlib import sha256

        found = []
        for lot in _lots(records, guard):
            found += [sha256(_canonical(record)).digest() for record in lot]
        records.cache["digests"] = found
    return found


def _lots(records: Records, guard: Guard) -> Iterator[tuple[Record, ...]]:
    """The records in lots, the guard around the work on each."""
    for start in range(0, len(records.records), CHUNK):
        with guard(f"{records.path or 'examples'}: choosing among its records, from {start + 1:,} on"):
            yield records.records[start : start + CHUNK]


def _digest(seed: int, content: bytes) -> bytes:
    from hashlib import sha256  # here: only an order that looks like none needs it

    return sha256(b"%d\n" % seed + content).digest()


def _canonical(record: Record) -> bytes:
    """A record's content as JSON with sorted keys: its file, place and order of keys do not matter."""
    form: Any = [record.inputs, record.output, record.reasoning, record.id]
    if record.messages:
        calls = [[[call.id, call.name, call.arguments] for call in each.tool_calls] for each in record.messages]
        parts = [[each.role, each.content, each.tool_call_id, each.name] for each in record.messages]
        form = [parts, calls, record.id]
    return json.dumps(form, sort_keys=True, separators=(",", ":"), default=_foreign).encode()


def _foreign(value: Any) -> Any:
    return [type(value).__name__, str(value)]


# -- labels -----------------------------------------------------------------------------------------------------------


def _labels(records: Records, select: Select) -> list[str]:
    key = ("labels", select.label)
    if key not in records.cache:
        records.cache[key] = [label(record, select) for record in records.records]
    found: list[str] = records.cache[key]
    return found


def label(record: Record, select: Select) -> str:
    """What a record is balanced by; of a record of messages the last answer. Raises ComposeError where it has none."""
    head, *rest = select.label.split(".")
    if record.messages:
        if head != "output" or rest:
            raise ComposeError(
                f"select balances by '{select.label}', which a record of messages does not have", record.span
            )
        return next((each.content for each in reversed(record.messages) if each.role == "assistant"), "")
    value: Any = getattr(record, head)
    for name in rest:
        if not isinstance(value, Mapping) or name not in value:
            known = did_you_mean(name, map(str, value)) if isinstance(value, Mapping) else ""
            raise ComposeError(
                f"select balances by '{select.label}', which the example does not have{known}", record.span
            )
        value = value[name]
    return value if isinstance(value, str) else compact_json(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 3]}..."


# -- words ------------------------------------------------------------------------------------------------------------


def compared(select: Select, records: Records) -> tuple[str, ...]:
    """The inputs that a selector compares: those of `on`, else all that any record has."""
    if select.by not in {"similar", "diverse"}:
        return ()
    if select.on:
        return select.on
    if "names" not in records.cache:
        records.cache["names"] = tuple(sorted({name for record in records.records for name in record.inputs}))
    found: tuple[str, ...] = records.cache["names"]
    return found


def prepare(select: Select, records: Records, guard: Guard) -> None:
    """Makes what a selector needs of its records once: before any call, and each lot of work within the guard."""
    names = compared(select, records)
    if select.by in {"random", "balanced"} or (select.by == "diverse" and len(records.records) > MAX_CANDIDATES):
        _digests(records, guard)
    if select.by == "similar":
        _indexed(records, names, guard)
    elif select.by == "diverse":
        with guard(f"{records.path or 'examples'}: how like its records are"):
            _spread(records, names)


def _indexed(records: Records, names: tuple[str, ...], guard: Guard = unbounded) -> Index:
    found: Index | None = records.cache.get(("index", names))
    if found is None:
        from promptkit.render.terms import Index

        index = Index()
        for lot in _lots(records, guard):
            index.add([_text(record, names) for record in lot])
        found = records.cache["index", names] = index.finish()
    return found


def _spread(records: Records, names: tuple[str, ...]) -> tuple[list[int], Index, list[float]]:
    """The candidates of diverse in file order, the index of their words, and how typical each is."""
    key = ("spread", names)
    if key not in records.cache:
        numbers = list(range(len(records.records)))
        if len(numbers) > MAX_CANDIDATES:
            numbers = sorted(shuffled(records, 0)[:MAX_CANDIDATES])
        from promptkit.render.terms import Index

        index = Index()
        index.add([_text(records.records[number], names) for number in numbers])
        records.cache[key] = numbers, index.finish(), index.typical()
    found: tuple[list[int], Index, list[float]] = records.cache[key]
    return found


def _text(record: Record, names: tuple[str, ...]) -> str:
    """The text of a record that is compared: its inputs of these names; of a record of messages what the user says."""
    if record.messages:
        return "\n".join(message.content for message in record.messages if message.role == "user")
    if len(names) == 1:
        value = record.inputs.get(names[0], "")
        if isinstance(value, str):
            return value
    return "\n".join(flat([record.inputs[name] for name in names if name in record.inputs], Meter()))


def query(ask: Ask) -> str:
    """The text of the call that records are compared with."""
    return "\n".join(flat([ask.values[name] for name in ask.names if name in ask.values], ask.meter))


def flat(values: list[Any], meter: Meter) -> list[str]:
    """The texts in data, in their order, without the names of its keys. The meter pays for walking and printing."""
    found: list[str] = []
    waiting = values[::-1]
    while waiting:
        value = waiting.pop()
        meter.tick()
        if isinstance(value, Message):
            value = value.content
        if isinstance(value, Mapping):
            waiting.extend(reversed(list(value.values())))
        elif isinstance(value, list | tuple):
            waiting.extend(reversed(value))
        elif value is not None:
            found.append(meter.text(value))
    return found
