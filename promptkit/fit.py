"""To a token limit: the blocks that a budget's `shrink` names give way, in its order, by whole units.

An example goes with its answer, the last chosen first; of a context the last item; of a history the oldest turn, with
all that answers it. Any other block goes as a whole. A group's children give way from the last to the first, then its
own text. A block has given all it can before the next begins, and the last of them gives no unit more than it must.
What would save no token stays, and so does what would leave the messages in a wrong order. Tokens are those that
`promptkit.measure` counts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from promptkit.compose import every_block
from promptkit.errors import BudgetError, InputError
from promptkit.measure import measure
from promptkit.messages import Dropped
from promptkit.render import Call, merged, program, tokenizer_of
from promptkit.render.cuts import Cuts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptkit.measure import Measurement
    from promptkit.messages import Message
    from promptkit.model import Block, Rendered, Variant
    from promptkit.render.cuts import Units

ARGUMENT = "max_tokens"
WRONG = frozenset({("", ""), ("", "assistant"), ("", "tool"), ("assistant", "assistant"), ("assistant", "")})
"""Neighbouring roles, "" where the conversation begins or ends, that a cut must not bring about."""


def fit(
    variant: Variant,
    values: Mapping[str, Any] | None,
    keywords: Mapping[str, Any],
    model: str | None,
    max_tokens: int,
) -> Rendered:
    """The messages of a variant within `max_tokens`; `Rendered.dropped` tells what gave way.

    Raises what `promptkit.render.render` does, and BudgetError with the smallest possible size where it does not fit.
    """
    if ARGUMENT in program(variant).accepted and not (isinstance(values, Mapping) and ARGUMENT in values):
        raise InputError(
            f"{variant.prompt.name}: '{ARGUMENT}' is an input of this prompt as well as the limit to fit; "
            f"pass the input in the mapping: render({{'{ARGUMENT}': ...}})"
        )
    if type(max_tokens) is not int or max_tokens < 0:
        raise InputError(f"max_tokens must be a whole number, 0 or more, not {max_tokens!r}")
    return _Fitting(variant, merged(values, keywords), model, max_tokens).result()


def charged(measured: Measurement) -> int:
    """The tokens that a limit is held against: an estimate's with its error."""
    return measured.tokenizer.at_most(measured.tokens)


def _said(measured: Measurement) -> str:
    """The tokens, for a message; of an estimate whose error is known both what it counts and what it is charged."""
    tokens, most = measured.tokens, charged(measured)
    return f"{tokens:,} tokens" if most == tokens else f"~{tokens:,}, up to {most:,} tokens"


@dataclass(frozen=True, slots=True)
class _Trial:
    """A rendering without what was cut: so many `units` of a block, or the blocks in `gone` as a whole.

    `tokens` is what the limit is held against, `told` says it; `found` are the units that its blocks had, `standing`
    the blocks that stood.
    """

    rendered: Rendered
    tokens: int
    told: str
    units: Mapping[str, int]
    gone: frozenset[str]
    found: Mapping[str, Units]
    standing: frozenset[str]


class _Fitting:
    """The search for what has to go: which blocks, and how many units of the last of them."""

    def __init__(self, variant: Variant, values: Mapping[str, Any], model: str | None, limit: int) -> None:
        self._variant, self._model, self._limit = variant, model, limit
        self._scope = Call(variant, program(variant), model).scope(values)
        self._whole = self._trial({}, frozenset())

    def result(self) -> Rendered:
        """The prompt within the limit. Raises BudgetError."""
        now, before = self._whole, None
        dropped: list[Dropped] = []
        while now.tokens > self._limit and now is not before:  # again: an answer that is gone lets its question go
            before = now
            for block in _giving(self._variant):
                cut = self._without(now, block) if now.tokens > self._limit and block in now.standing else None
                if cut is not None:
                    dropped += self._told(now, cut, block)
                    now = cut
        if now.tokens > self._limit:
            raise self._error(now)
        return replace(now.rendered, dropped=(*now.rendered.dropped, *dropped))

    def _trial(self, units: Mapping[str, int], gone: frozenset[str]) -> _Trial:
        cuts = Cuts(units, gone)
        call = Call(self._variant, program(self._variant), self._model, cuts=cuts)
        rendered = call.rendered(self._scope)
        measured = measure(rendered)
        return _Trial(rendered, charged(measured), _said(measured), units, gone, cuts.found, frozenset(call.standing))

    def _without(self, now: _Trial, block: str) -> _Trial | None:
        """The prompt when a block has given what it must, or all that it can; None where that wins nothing."""
        units = now.found.get(block)
        if units is None:
            cut: _Trial | None = self._trial(now.units, now.gone | {block})
        elif now.units.get(block) == units.count:
            cut = None
        else:
            cut = self._least(now, block, units)
        return cut if cut is not None and cut.tokens < now.tokens and self._sound(cut) else None

    def _least(self, now: _Trial, block: str, units: Units) -> _Trial | None:
        """The prompt without the fewest units that suffice, or without as many as it can lose."""
        budget = self._variant.settings.budget
        points = _points(units, None if budget is None else budget.step)
        known: dict[int, _Trial] = {}

        def trial(place: int) -> _Trial:
            if place not in known:
                known[place] = self._trial({**now.units, block: points[place]}, now.gone)
            return known[place]

        freed = [0, *accumulate(units.sizes()[units.before :])]
        place = bisect_left([freed[point] for point in points], now.tokens - self._limit)
        place = min(place, len(points) - 1)  # where the sizes alone would say that it fits
        over, within, width = -1, len(points), 1
        while within - over > 1:
            if not over < place < within:
                place = (over + within) // 2
            if trial(place).tokens <= self._limit:
                within, place = place, place - width
            else:
                over, place = place, place + width
            width *= 2
        order = (*range(within, len(points)), *reversed(range(within)))
        return next((cut for cut in map(trial, order) if self._sound(cut)), None)

    def _sound(self, cut: _Trial) -> bool:
        """Whether its messages are in no order that is wrong, but for what was wrong in the whole prompt."""
        return _faults(cut.rendered.messages) <= _faults(self._whole.rendered.messages)

    def _told(self, now: _Trial, cut: _Trial, block: str) -> Iterator[Dropped]:
        """What a block has given, with what that did to the count."""
        units = now.found.get(block)
        told = ("the whole block",) if units is None else units.told(now.units.get(block, 0), cut.units[block])
        without = "without" if len(told) == 1 else f"without these {len(told)}"
        why = f"{now.told}, over max_tokens {self._limit:,}; {cut.told.replace(' tokens', '', 1)} {without}"
        return (Dropped(block, each, why) for each in told)

    def _error(self, least: _Trial) -> BudgetError:
        name, budget = self._variant.prompt.name, self._variant.settings.budget
        name += "" if self._variant.name == "base" else f" ({self._variant.name})"
        model = tokenizer_of(self._variant, self._model).model
        over = f"{name}: {self._whole.told} for {model}, over max_tokens {self._limit:,}"
        place = self._variant.prompt.spec.span if budget is None else budget.span
        if budget is None or not budget.shrink:
            return BudgetError(f"{over}, and no block may give way; name those that may in budget.shrink", place)
        return BudgetError(
            f"{over}; at the least {least.told.replace(' tokens', '', 1)}, after {', '.join(budget.shrink)} gave way: "
            f"raise max_tokens to {least.tokens:,}, or name more blocks in budget.shrink",
            place,
        )


def _giving(variant: Variant) -> Iterable[str]:
    """The names of the blocks that may give way, in their order; a group's children before its own text."""
    budget = variant.settings.budget
    named = {block.name: block for block in every_block(variant.blocks)}
    shrink = () if budget is None else budget.shrink
    return dict.fromkeys(each for name in shrink if name in named for each in _from_last(named[name]))


def _from_last(block: Block) -> Iterator[str]:
    for child in reversed(block.children):
        yield from _from_last(child)
    if block.content is not None:
        yield block.name


def _points(units: Units, step: int | None) -> list[int]:
    """How many units may go together. With a step a history is cut at its marks.

    A mark stands wherever `step` tokens have come together since the one before it, so the conversation alone decides
    where, and turns that are added leave them there. Behind the last mark each turn may go by itself.
    """
    marks, since = [0], 0
    for number, size in enumerate(units.sizes()[:-1] if step is not None and units.turns else (), 1):
        since += size
        if step is not None and since >= step:
            marks.append(number - units.before)
            since = 0
    return [*(mark for mark in marks if mark > 0), *range(max(0, marks[-1]) + 1, units.count + 1)]


def _faults(messages: Sequence[Message]) -> Counter[tuple[str, str]]:
    """What is wrong with an order of messages, and how often: neighbours, system messages aside, and lost calls."""
    roles = ["", *(message.role for message in messages if message.role != "system"), ""]
    found = Counter(pair for pair in pairwise(roles) if pair in WRONG)
    calls: set[str | None] = set()
    for message in messages:
        if message.role == "tool" and message.tool_call_id not in calls:
            found["", "tool"] += 1
        calls.update(call.id for call in message.tool_calls)
    return found
