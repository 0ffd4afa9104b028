"""Rules of a prompt's size: against its budget, and against the context window of its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptkit.errors import ModelError
from promptkit.lint.amounts import characters
from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.lint.views import every_leaf
from promptkit.render.program import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.content import Input
    from promptkit.lint.extremes import Extremes
    from promptkit.lint.rule import Severity
    from promptkit.lint.views import Sight
    from promptkit.model import Block, Budget, Variant
    from promptkit.tokens import Tokenizer


class _Budgeted(NamedTuple):
    """A variant held to a budget, with the extremes of each of its views."""

    variant: Variant
    budget: Budget
    limit: int
    extremes: tuple[Extremes, ...]


def _budgeted(sight: Sight) -> tuple[_Budgeted, ...]:
    """Each variant that has a budget, for its model and for those that the budget names; found once.

    None of a model that is not known.
    """
    known: tuple[_Budgeted, ...] | None = sight.memo.get("budgeted")
    if known is None:
        variants = [variant for variant in sight.variants if variant.settings.budget is not None]
        found = [each for variant in variants for each in _held_to(sight, variant, variant.settings.budget)]
        known = sight.memo["budgeted"] = tuple(found)
    return known


def _held_to(sight: Sight, variant: Variant, budget: Budget | None) -> Iterator[_Budgeted]:
    from promptkit.compose import every_block  # here, as below: few prompts have a budget
    from promptkit.lint.extremes import extremes

    assert budget is not None
    shrinking = [block for block in every_block(variant.blocks) if block.name in budget.shrink]
    spared = frozenset(block.name for block in every_block(shrinking))
    views = tuple(sight.views_of(variant))
    for tokenizer in _tokenizers(variant, budget):
        found = tuple(extremes(view, tokenizer, spared) for view in views)
        yield _Budgeted(variant, budget, budget.limit(tokenizer.model), found)


def _tokenizers(variant: Variant, budget: Budget) -> Iterator[Tokenizer]:
    own = known_tokenizer(variant)
    found = [own, *(known_tokenizer(variant, model) for model in budget.models if own is None or model != own.model)]
    yield from (each for each in found if each is not None)


def known_tokenizer(variant: Variant, model: str | None = None) -> Tokenizer | None:
    """The tokenizer of a model, the variant's own by default; None for one that is not known: `tokens` refuses it."""
    from promptkit.render import tokenizer_of

    try:
        return tokenizer_of(variant, model)
    except ModelError:
        return None


def counted(tokens: int, tokenizer: Tokenizer) -> str:
    """Tokens with the model that they are of, and what they rest on."""
    mark = "about " if tokenizer.basis == "estimate" else ""
    how = {"exact": tokenizer.encoding, "assumed": f"{tokenizer.encoding}, assumed"}.get(tokenizer.basis, "an estimate")
    name = "" if tokenizer.model == tokenizer.encoding else f"for {tokenizer.model} "
    return f"{mark}{tokens:,} tokens {name}({how})"


@rule("K301", "over-budget", "error", "A", "prompt")
def over_budget(sight: Sight) -> Iterator[Hit]:
    """A prompt is over its budget, or can be with the largest values that its inputs declare.

    Why: a budget is a promise about cost and latency. A prompt whose own words pass it breaks it in every call; one
    whose declared values pass it breaks it with the first large value.

    Bad: prompts/sort.yaml:5:9
        === prompts/sort.yaml
        inputs:
          ticket: {type: string, max_tokens: 500}
        blocks:
          - user: "Which team should answer this ticket, billing or support? {{ ticket }}"
        budget: {max_tokens: 400}

    Good:
        === prompts/sort.yaml
        inputs:
          ticket: {type: string, max_tokens: 300}
        blocks:
          - user: "Which team should answer this ticket, billing or support? {{ ticket }}"
        budget: {max_tokens: 400}

    Source: arithmetic. Blocks that the budget lets give way (`shrink`) are left out of the count. What is counted by
    another model's vocabulary is off by up to 18 % in 95 of 100 prompts (measured on 1,000 prompts for Llama, Qwen,
    DeepSeek, Mistral and Gemma): within that margin of the budget the finding is a warning (A).
    """
    told: set[Place] = set()
    for each in _budgeted(sight):
        place = Place.of(each.budget.span)
        found = _over(each)
        if found is not None and place not in told:
            told.add(place)
            severity, what = found
            where = "" if each.variant.name == "base" else f" in variant '{each.variant.name}'"
            yield Hit(place, f"the prompt{where} {what}", severity)


def _over(each: _Budgeted) -> tuple[Severity, str] | None:
    """What is wrong with a variant, the worst that is known for sure first."""
    limit, tokenizer, error = each.limit, each.extremes[0].tokenizer, each.extremes[0].error
    least = max(found.least for found in each.extremes)
    most = max((found.most for found in each.extremes if found.most is not None), default=0)
    sometimes = " in one of its branches" if min(found.least for found in each.extremes) < least else ""
    has, can = (f"{verb} {counted(n, tokenizer)}" for verb, n in (("has at least", least), ("can reach", most)))
    over = f"over its budget of {limit:,}"
    if least * (1 - error) > limit:
        return "error", f"{has}{sometimes}, {over}; shorten it, or raise max_tokens"
    if most * (1 - error) > limit:
        what = f"{can} with the largest values that its inputs declare, {over}"
        return "error", f"{what}; lower their max_tokens, let a block shrink, or raise the budget's max_tokens"
    if max(least, most) * (1 + error) > limit:
        what = f"{has if least >= most else can}; whether that is {over} cannot be told within the estimate's"
        return "warning", f"{what} error of {error:.0%}; run `promptkit calibrate`, or leave more room"
    return None


NEAR = 0.8
"""The share of a context window from which a prompt is near its end."""

SMALLEST = 8_192
"""Tokens that a context window is held to have before it is looked up: that of gpt-4, the smallest in use."""

ANSWER = ("max_tokens", "max_output_tokens", "max_completion_tokens")  # the params that limit an answer


@rule("K306", "near-context-window", "warning", "A", "prompt")
def near_context_window(sight: Sight) -> Iterator[Hit]:
    """A prompt and its answer can take more than four fifths of the model's context window.

    Why: past the window a provider refuses the call, or an earlier part is cut. Near it there is no room for a longer
    document or answer, and models find less of what stands in very long inputs.

    Bad: prompts/read.yaml:4:3
        === prompts/read.yaml
        model: gpt-4o
        params: {max_tokens: 8000}
        inputs:
          book: {type: string, max_tokens: 110000}
        blocks:
          - user: "List the people in this book. {{ book }}"

    Good:
        === prompts/read.yaml
        model: gpt-4o
        params: {max_tokens: 8000}
        inputs:
          book: {type: string, max_tokens: 60000}
        blocks:
          - user: "List the people in this book. {{ book }}"

    Source: arithmetic; windows are those of `promptkit models`. The share of four fifths is ours. Answers were 14 to
    85 % worse with a longer input that held all that they needed, arXiv 2510.05381: how much depends on the model (A).
    """
    for variant in sight.variants:
        hit = _near_window(sight, variant)
        if hit is not None:
            yield hit
            return


def _near_window(sight: Sight, variant: Variant) -> Hit | None:
    answer = _answer(variant)
    declared = [each.max_tokens or 0 for each in program(variant).accepted.values()]
    limits = [_block_limit(leaf.block) for leaf in every_leaf(program(variant).leaves)]
    roughly = characters(sight, variant) // 2 + sum(declared) + sum(limits) + answer
    if roughly < NEAR * SMALLEST:
        return None
    from promptkit.pricing.models import model_facts  # here: most prompts are far too small

    tokenizer = known_tokenizer(variant)
    window = None if tokenizer is None else model_facts(tokenizer.model, sight.library.config.prices).context_window
    if tokenizer is None or window is None or roughly < NEAR * window:
        return None
    from promptkit.lint.extremes import extremes

    found = [extremes(view, tokenizer) for view in sight.views_of(variant)]
    most = max(each.least if each.most is None else each.most for each in found)
    if (most + answer) * (1 + found[0].error) <= NEAR * window:
        return None
    large = max(program(variant).accepted.values(), key=lambda each: each.max_tokens or 0, default=None)
    place = large.span if large is not None and large.max_tokens else variant.prompt.spec.span
    with_answer = f" and an answer of up to {answer:,}" if answer else ""
    is_over = (most + answer) * (1 - found[0].error) > window
    how = "more than" if is_over else f"{(most + answer) / window:.0%} of"
    message = (
        f"the prompt can reach {counted(most, tokenizer)}{with_answer}, {how} the context window of {window:,}; "
        "lower the max_tokens of its inputs, cut what they hold, or take a model with a larger window"
    )
    return Hit(Place.of(place), message, "error" if is_over else None)


def _answer(variant: Variant) -> int:
    """The tokens that an answer may have: by the parameters of the call, else as declared."""
    params = variant.settings.params
    told = [value for key in ANSWER if isinstance(value := params.get(key), int)]
    usage = variant.settings.usage or variant.prompt.library.config.usage
    return max([*told, (usage.output_tokens or 0) if usage else 0])


def _block_limit(block: Block) -> int:
    limit = getattr(block.content, "max_tokens", None)
    return limit if isinstance(limit, int) else 0


@rule("K307", "unbounded-variable", "warning", "A", "prompt")
def unbounded_variable(sight: Sight) -> Iterator[Hit]:
    """A prompt with a budget shows data of any length: a list without a limit, or untrusted text without max_tokens.

    Why: one long value passes the budget, and nothing refuses it before it is paid for.

    Bad: prompts/sort.yaml:2:3
        === prompts/sort.yaml
        inputs:
          ticket: {type: string, trust: untrusted}
        blocks:
          - instructions: Which team should answer this ticket, billing or support?
          - context: {input: ticket}
        budget: {max_tokens: 400}

    Good:
        === prompts/sort.yaml
        inputs:
          ticket: {type: string, trust: untrusted, max_tokens: 300}
        blocks:
          - instructions: Which team should answer this ticket, billing or support?
          - context: {input: ticket}
        budget: {max_tokens: 400}

    Source: arithmetic. Inputs that no one marks as untrusted, such as a date, are left alone, and so is what a block
    limits (`max_tokens`, or `take` with `item_max_tokens`) or the budget lets shrink (A).
    """
    told: set[str] = set()
    for each in _budgeted(sight):
        accepted = program(each.variant).accepted
        for name, lack in dict(pair for found in each.extremes for pair in found.unbounded.items()).items():
            declared = accepted.get(name)
            if name in told or declared is None or not _is_data(declared):
                continue
            told.add(name)
            yield Hit(
                Place.of(declared.span),
                f"'{name}' can be of any length, and the budget is {each.limit:,} tokens; declare its {lack}, "
                "limit the block that shows it, or let that block shrink",
            )


def _is_data(declared: Input) -> bool:
    """Whether an input is what may be long: data from outside, and lists that have no bound at all."""
    if {"array", "messages"} & set(declared.types):
        return declared.max_items is None
    return declared.trust == "untrusted" and "string" in declared.types
