"""Signs that a fine-tuned model deserves a look, and reasons why it is too early: never from one number alone."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

from promptkit.lint.amounts import characters, may_reach
from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.lint.rules.examples import shots_of
from promptkit.lint.rules.prefixes import lost_prefix, measured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.sizes import Sizes
    from promptkit.lint.views import Sight
    from promptkit.model import Variant
    from promptkit.pricing.facts import ModelFacts

SIGNS = 2
SHOTS = 10
POLICING = 5
YEARLY_CALLS = 1_000_000
LABELLED = 200  # examples below which tuned models mostly repeat them

_SENTENCE = re.compile(r"[^.!?\n]+")
_FORBIDS = re.compile(r"\b(?:only|exactly|valid|nothing else|do not|don't|never|must|without|no other)\b")
_FORM = re.compile(
    r"\b(?:json|xml|yaml|csv|markdown|code fences?|backticks|preamble|format|keys?|fields?|commentary|explanations?)\b"
)
_ANSWER = re.compile(
    r"\b(?:(?:answer|output|respond|response|reply|replies|return)\w*|"
    r"(?:do not|don't|never) (?:use|add|include|write|wrap))\b"
)


class _Case(NamedTuple):
    """What speaks for a look at tuning in one variant, and what against it as yet."""

    variant: Variant
    signs: tuple[str, ...]
    first: tuple[str, ...]
    reasons: tuple[str, ...]
    cost: str


@rule("F401", "fine-tune-signal", "info", "C", "prompt")
def fine_tune_signal(sight: Sight) -> Iterator[Hit]:
    """At least two of four signs say that a fine-tuned model deserves a look.

    The signs: static tokens from the library's threshold on (2,000), ten examples, five sentences that police the
    answer's form, a million calls a year by the declared `usage`.

    Why: a tuned model has its instructions and examples in its weights, so each call sends fewer tokens. It is worth
    that only at scale, when cheaper means are spent and good data is there.

    Bad: prompts/answer.yaml:1:1
        === promptkit.yaml
        thresholds: {static_tokens: 100}
        === prompts/answer.yaml
        usage: {calls: 100000/month}
        blocks:
          - use: workshop
          - user: "{{ question }}"
        === blocks/workshop.md
        Answer questions about the workshop from these rules alone.
        - The workshop opens at eight and closes at six, from Monday to Saturday, and stays closed on public holidays.
        - A repair begins only after the customer has accepted a written offer that names parts, hours and the price.
        - Parts that were taken out belong to the customer, who may have them for thirty days before they are scrapped.
        - A bicycle that nobody collects is kept for ninety days; after sixty the customer gets a letter about it.
        - Work is guaranteed for one year and parts for two, unless the bicycle was used in a race or for hire.

    Good:
        === promptkit.yaml
        thresholds: {static_tokens: 100}
        === prompts/answer.yaml
        usage: {calls: 500/month}
        blocks:
          - use: workshop
          - user: "{{ question }}"
        === blocks/workshop.md
        Answer questions about the workshop from these rules alone.
        - The workshop opens at eight and closes at six, from Monday to Saturday, and stays closed on public holidays.
        - A repair begins only after the customer has accepted a written offer that names parts, hours and the price.
        - Parts that were taken out belong to the customer, who may have them for thirty days before they are scrapped.
        - A bicycle that nobody collects is kept for ninety days; after sixty the customer gets a letter about it.
        - Work is guaranteed for one year and parts for two, unless the bicycle was used in a race or for hire.

    Source: the numbers are our readings of "thousands of tokens" and "millions of requests". Against it: a cached
    prefix costs a tenth to a half, often less than a tuned model's price per token, and tuning too early is the
    commonest mistake; needs that still change are served by a prompt that changes at once (C).
    """
    case = _case(sight)
    if case is not None and not case.reasons:
        where = "" if case.variant.name == "base" else f" in variant '{case.variant.name}'"
        yield Hit(
            Place.of(case.variant.prompt.spec.span),
            f"{len(case.signs)} of 4 signs that a fine-tuned model deserves a look{where}: "
            f"{'; '.join(case.signs)}{case.cost}. "
            f"First try {', '.join(case.first)}; then compare on held-out cases, with {LABELLED} labelled examples or "
            "more",
        )


@rule("F404", "not-ready", "info", "A", "prompt")
def not_ready(sight: Sight) -> Iterator[Hit]:
    """Signs speak for a look at fine-tuning, and something that lint can see says that it is too early.

    Why: tuning too early is the commonest mistake. A prompt whose static text no cache can keep is made cheaper by
    moving a line, and a model that is tuned on a few examples repeats them.

    Bad: prompts/sort.yaml:1:1
        === promptkit.yaml
        thresholds: {static_tokens: 50}
        === prompts/sort.yaml
        usage: {calls: 100000/month}
        blocks:
          - instructions: Say which team the ticket is for, in one word.
          - examples: {from: examples/tickets.yaml}
          - context: {input: ticket}
        === examples/tickets.yaml
        - {inputs: {ticket: I was charged twice this month.}, output: billing}
        - {inputs: {ticket: The upload stops at half.}, output: support}
        - {inputs: {ticket: What does a plan for a school cost?}, output: sales}

    Good:
        === promptkit.yaml
        thresholds: {static_tokens: 50}
        === prompts/sort.yaml
        blocks:
          - instructions: Say which team the ticket is for, in one word.
          - examples: {from: examples/tickets.yaml}
          - context: {input: ticket}
        === examples/tickets.yaml
        - {inputs: {ticket: I was charged twice this month.}, output: billing}
        - {inputs: {ticket: The upload stops at half.}, output: support}
        - {inputs: {ticket: What does a plan for a school cost?}, output: sales}

    Source: arithmetic over what the library holds; that 200 examples are few is our reading of vendors' "hundreds".
    Examples that are kept elsewhere are not seen: ignore the rule in that prompt (A).
    """
    case = _case(sight)
    if case is not None and case.reasons:
        yield Hit(
            Place.of(case.variant.prompt.spec.span),
            f"too early for a fine-tuned model, though {len(case.signs)} of 4 signs speak for a look "
            f"({'; '.join(case.signs)}): {'; '.join(case.reasons)}",
        )


def _case(sight: Sight) -> _Case | None:
    """The case of the first variant that has enough signs; found once."""
    if "case" not in sight.memo:
        cases = (_case_of(sight, variant) for variant in sight.variants)
        sight.memo["case"] = next((case for case in cases if case is not None), None)
    found: _Case | None = sight.memo["case"]
    return found


def _case_of(sight: Sight, variant: Variant) -> _Case | None:
    shots = tuple(shots_of(variant))
    number, known = sum(each.number for each in shots), sum(len(each.records) for each in shots)
    threshold = sight.library.config.thresholds.static_tokens
    calls = _yearly_calls(variant)
    signs = [f"{number} examples (from {SHOTS})"] if number >= SHOTS else []
    signs += [f"{calls:,} calls a year (from {YEARLY_CALLS:,})"] if calls >= YEARLY_CALLS else []
    long = may_reach(characters(sight, variant), threshold)
    if len(signs) + long + 1 < SIGNS:
        return None
    policing = _policing(sight, variant)
    signs += [f"{policing} sentences about the answer's form (from {POLICING})"] if policing >= POLICING else []
    if len(signs) + long < SIGNS:
        return None
    sizes = measured(sight, variant)
    if sizes is None:
        return None
    if sizes.static >= threshold:
        signs.insert(0, f"{sizes.static:,} static tokens (from {threshold:,}, {sizes.tokenizer.encoding})")
    if len(signs) < SIGNS:
        return None
    minimum = _facts(sizes, sight).cache_minimum
    first = [f"caching (its prefix has {sizes.prefix:,} tokens)"] if sizes.prefix >= (minimum or 0) else []
    first += ["fewer examples"] if number > POLICING else []
    first += ["a schema in the place of those sentences"] if policing >= POLICING else []
    reasons = []
    if 0 < known < LABELLED:
        reasons.append(f"the library holds {known} labelled examples, and {LABELLED} are few")
    lost = lost_prefix(sight, variant)
    if lost is not None:
        reasons.append(f"{lost.tokens:,} static tokens stand where no cache keeps them (K305)")
    cost = _cost(sizes, calls, _facts(sizes, sight))
    return _Case(variant, tuple(signs), (*first, "a shorter text"), tuple(reasons), cost)


def _facts(sizes: Sizes, sight: Sight) -> ModelFacts:
    from promptkit.pricing.models import model_facts  # here: few prompts come so far

    return model_facts(sizes.tokenizer.model, sight.library.config.prices)


def _cost(sizes: Sizes, calls: int, facts: ModelFacts) -> str:
    """What the static text costs in a month without a cache; nothing where volume or price are not known."""
    rate = facts.rates.input
    if not calls or rate is None:
        return ""
    usd = (rate * sizes.static * calls / 12_000_000).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return (
        f"; the static text costs ${usd:,} a month without a cache "
        f"({sizes.static:,} tokens x {calls // 12:,} calls x ${rate} a million)"
    )


def _yearly_calls(variant: Variant) -> int:
    shared = variant.prompt.library.config.usage
    usage = variant.settings.usage.over(shared) if variant.settings.usage is not None else shared
    return 0 if usage is None or usage.calls_per_month is None else int(usage.calls_per_month * 12)


def _policing(sight: Sight, variant: Variant) -> int:
    """The sentences that say what form the answer must have, or must not have."""
    view = next((each for each in sight.views if each.variant is variant), None)
    if view is None:
        return 0
    return sum(
        1
        for speech in view.of("system", "user")
        if _FORM.search(speech.folded)
        for sentence in _SENTENCE.findall(speech.folded)
        if _FORM.search(sentence) and _FORBIDS.search(sentence) and _ANSWER.search(sentence)
    )
