"""Random prompts and budgets: what `render(max_tokens=N)` promises of every one.

`FIT_CASES=10000 make test ARGS="-k random_prompts"` takes so many; by default there are 160.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest
from fit_cases import MARK, MODELS, Case, case

from promptkit import BudgetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptkit.messages import Dropped, Message
    from promptkit.model import Rendered

CASES = int(os.environ.get("FIT_CASES", "160"))
PARTS = 8  # so that several processes share them
WHY = re.compile(r"([\d,]+) tokens, over max_tokens ([\d,]+); ([\d,]+) without(?: these (\d+))?")
LEAST = re.compile(r"; at the least ([\d,]+), after .+ gave way: raise max_tokens to \1")


@pytest.mark.parametrize("part", range(PARTS))
def test_random_prompts_fit_random_budgets(part: int) -> None:
    for seed in range(part, CASES, PARTS):
        _try(seed)


def _try(seed: int) -> None:
    random = Random(seed)
    made = case(random)
    model = random.choice(MODELS)
    prompt = made.prompt()
    whole = prompt.render(made.values, model=model)
    size = whole.count(model).tokens
    limit = random.randint(0, size + size // 10)
    told = f"seed {seed}: {size} tokens into {limit}"
    try:
        fitted = prompt.render(made.values, model=model, max_tokens=limit)
    except BudgetError as error:
        assert size > limit, told
        with pytest.raises(BudgetError, match=re.escape(str(error))):
            made.prompt().render(made.values, model=model, max_tokens=limit)
        found = LEAST.search(str(error))
        assert (found is None) == (not made.budget["shrink"]), told
        if found is None:
            return
        limit = _number(found[1])
        fitted = prompt.render(made.values, model=model, max_tokens=limit)
        with pytest.raises(BudgetError):
            prompt.render(made.values, model=model, max_tokens=limit - 1)
        told += f", least {limit}"
    assert fitted.count(model).tokens <= limit, told
    again = made.prompt().render(made.values, model=model, max_tokens=limit)
    assert (again.messages, again.dropped) == (fitted.messages, fitted.dropped), told
    assert problems(fitted.messages) <= problems(whole.messages), told
    if size <= limit:
        assert (fitted.messages, fitted.dropped) == (whole.messages, whole.dropped), told
    else:
        _check_report(made, whole, fitted, limit, model, told)


def problems(messages: Sequence[Message]) -> Counter[str]:
    """What no provider takes, or no conversation has: told by each pair of neighbours."""
    roles = ["start", *(message.role for message in messages if message.role != "system"), "end"]
    wrong = {
        ("start", "assistant"),
        ("start", "tool"),
        ("start", "end"),
        ("assistant", "end"),
        ("assistant", "assistant"),
    }
    found = Counter(f"{a} {b}" for a, b in pairwise(roles) if (a, b) in wrong)
    for place, message in enumerate(messages):
        if message.role == "tool":
            calls = [call.id for earlier in messages[:place] for call in earlier.tool_calls]
            found["orphaned result"] += message.tool_call_id not in calls
        for call in message.tool_calls:
            found["unanswered call"] += all(later.tool_call_id != call.id for later in messages[place:])
    return found


def _check_report(made: Case, whole: Rendered, fitted: Rendered, limit: int, model: str, told: str) -> None:
    """Every mark that is missing is told, with the block that held it; what is told is missing; the sums are right."""
    new = [each for each in fitted.dropped if each not in whole.dropped]
    giving = {name for group in made.budget["shrink"] for name in made.inside[group]}
    assert {each.block for each in new} <= giving, told
    named = {mark for each in new for mark in _named(made, each, whole)}
    missing = _marks(whole) - _marks(fitted)
    assert missing == named & _marks(whole), told
    assert not [mark for mark in named if any(f"[[{mark}]]" in message.content for message in fitted.messages)], told
    gone = {each.block for each in new if each.what == "the whole block"}
    for each in whole.dropped:
        assert each in fitted.dropped or any(each.block in made.inside[name] for name in gone), told
    _check_sums(new, [whole.count(model).tokens, limit, fitted.count(model).tokens], told)


def _check_sums(dropped: Sequence[Dropped], sizes: Sequence[int], told: str) -> None:
    """The arithmetic goes from the whole to what is left, each block beginning where the one before it ended."""
    whole, limit, left = sizes
    whys = Counter((each.block, each.why) for each in dropped)
    before = whole
    for (_, why), lines in whys.items():
        found = WHY.fullmatch(why)
        assert found is not None, told
        assert [_number(found[1]), _number(found[2]), _number(found[4] or "1")] == [before, limit, lines], told
        assert before > limit, told
        before = _number(found[3])
    assert before == left, told


def _named(made: Case, dropped: Dropped, whole: Rendered) -> Iterable[str]:
    """The marks of what a line of the report names."""
    if dropped.what == "the whole block":
        return [mark for name in made.inside[dropped.block] for mark in made.units[name]]
    if found := re.fullmatch(r"the oldest (\d+) of (\d+) turns", dropped.what):
        return _turn_marks(made, dropped.block, 0, int(found[1]), int(found[2]))
    if found := re.fullmatch(r"turns (\d+) to (\d+) of (\d+)", dropped.what):
        return _turn_marks(made, dropped.block, int(found[1]) - 1, int(found[2]), int(found[3]))
    if found := re.fullmatch(r"turn (\d+) of (\d+)", dropped.what):
        return _turn_marks(made, dropped.block, int(found[1]) - 1, int(found[1]), int(found[2]))
    if found := re.fullmatch(r"example (.+)", dropped.what):
        return [found[1] if "." in found[1] else f"{dropped.block}.{found[1]}"]
    found = re.fullmatch(r"item (\d+)", dropped.what)
    assert found is not None, dropped
    if dropped.block.startswith("docs"):
        return [f"{dropped.block}.{found[1]}"]
    return _item_marks(made, dropped.block, int(found[1]), whole)


def _turn_marks(made: Case, name: str, first: int, last: int, total: int) -> list[str]:
    assert len(made.units[name]) == total
    return made.units[name][first:last]


def _item_marks(made: Case, name: str, number: int, whole: Rendered) -> list[str]:
    """The mark of a message in a history told as text, by its number among those taken."""
    messages = made.values[f"{name}_input"]
    taken = next(entry["history"].get("take", len(messages)) for entry in made.entries if entry.get("name") == name)
    message = (messages[-taken:] if taken else [])[number - 1]
    return MARK.findall(message["content"] or "")


def _marks(rendered: Rendered) -> set[str]:
    """The marks that stand in their own blocks; an example repeats those of the question."""
    found = set()
    for piece in (piece for message in rendered.messages for piece in message.pieces):
        own = piece.block.startswith("shots")
        found |= {mark for mark in MARK.findall(piece.text) if mark.startswith("shots") == own}
    return found | ({"format"} if rendered.schema else set())


def _number(text: str) -> int:
    return int(text.replace(",", ""))
