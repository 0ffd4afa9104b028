"""Rules of what the tokens of a prompt go to: its examples, and what a provider's cache can keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptkit.content import MISSING
from promptkit.errors import ModelError
from promptkit.lint.amounts import characters, may_reach
from promptkit.lint.passages import VALUE
from promptkit.lint.places import Place, place
from promptkit.lint.rule import Hit, rule
from promptkit.lint.views import every_leaf
from promptkit.render.program import program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptkit.content import Input
    from promptkit.lint.sizes import Part, Sizes
    from promptkit.lint.views import Piece, Sight
    from promptkit.model import Variant
    from promptkit.pricing.facts import ModelFacts

SHARE = 0.6
EXAMPLE_TOKENS = 300
FEW = 5  # examples that vendors advise at most
SMALLEST_MINIMUM = 512  # tokens from which any provider caches a prefix, before a model's own minimum is looked up


def measured(sight: Sight, variant: Variant) -> Sizes | None:
    """The sizes of a variant; None where its model is not known, which `tokens` refuses."""
    from promptkit.lint.sizes import sizes  # here: most prompts are too small to be counted

    try:
        return sizes(sight, variant)
    except ModelError:
        return None


@rule("K303", "example-share", "info", "C", "prompt")
def example_share(sight: Sight) -> Iterator[Hit]:
    """Six or more examples are three fifths or more of a prompt's static tokens, and 300 or more.

    Why: they are sent with every call. Fewer, shorter or chosen ones often do as much, and a prompt that needs them all
    is one that a tuned model could replace.

    Bad: prompts/sort.yaml:3:5
        === prompts/sort.yaml
        blocks:
          - instructions: Say which team the ticket is for, in one word.
          - examples: {from: examples/tickets.yaml}
          - context: {input: ticket}
        === examples/tickets.yaml
        - inputs:
            ticket: >-
              My card was charged on the first and again on the third,
              and the invoice shows one payment only. Please send the second one back to me; I wrote about it twice.
              Nobody has answered, and the card is now over its limit because of it.
          output: billing
        - inputs:
            ticket: >-
              Your last mail says that my plan ends on Friday, but I have paid
              for the whole year in advance, and I have the receipt here, with the date and the amount in full.
              Please tell me which of the two is right, and what I have to do until then.
          output: billing
        - inputs:
            ticket: >-
              The upload stops at half when a file is larger than two gigabytes;
              the page shows a grey bar and then says nothing at all for minutes. Smaller files arrive as before.
              We tried two browsers and both of our offices, with the same end.
          output: support
        - inputs:
            ticket: >-
              Since this morning the search finds no file that was added after
              last Monday, on my computer and on that of my colleague. We have restarted both of them since.
              Older files are found at once, by name and by a word of their text.
          output: support
        - inputs:
            ticket: >-
              We are a school with forty classes and would like to know what
              a plan for all of them costs, and whether teachers pay less. The board meets in a week and will ask.
          output: sales
        - inputs:
            ticket: >-
              Could somebody call us about moving three hundred people from
              another service to yours before the end of the next quarter? We have a list of all that they use.
          output: sales

    Good:
        === prompts/sort.yaml
        blocks:
          - instructions: Say which team the ticket is for, in one word.
          - examples: {from: examples/tickets.yaml}
          - context: {input: ticket}
        === examples/tickets.yaml
        - inputs: {ticket: "I was charged twice this month."}
          output: billing
        - inputs: {ticket: "Your mail says my plan ends."}
          output: billing
        - inputs: {ticket: "The upload stops at half."}
          output: support
        - inputs: {ticket: "The search finds nothing new."}
          output: support
        - inputs: {ticket: "What does a plan for a school cost?"}
          output: sales
        - inputs: {ticket: "Please call us about moving."}
          output: sales

    Source: the numbers are ours, the tokens are counted. Vendors advise three to five examples, and more of them made
    answers worse on several of seven models, arXiv 2509.13196. Where order, format and labels hang on examples they are
    worth what they cost: Zhao et al., arXiv 2102.09690 (C).
    """
    told: set[Place] = set()
    for variant in sight.variants:
        if not _has_examples(variant) or not may_reach(characters(sight, variant), EXAMPLE_TOKENS):
            continue
        found = measured(sight, variant)
        if found is None or found.shot_tokens < max(EXAMPLE_TOKENS, SHARE * found.static):
            continue
        at = Place.of(found.examples[0].block.span)
        number = sum(each.taken for each in found.examples)
        if number <= FEW or at in told:
            continue
        told.add(at)
        yield Hit(
            at,
            f"{number} examples take {found.shot_tokens:,} of {found.static:,} static tokens "
            f"({found.shot_tokens / found.static:.0%}, {found.tokenizer.encoding}); try fewer or shorter ones, "
            "or let each call choose: select: {by: similar} with take",
        )


def _has_examples(variant: Variant) -> bool:
    return any(leaf.block.kind == "examples" for leaf in every_leaf(program(variant).leaves))


@rule("K305", "uncacheable-prefix", "warning", "A", "prompt")
def uncacheable_prefix(sight: Sight) -> Iterator[Hit]:
    """A value of each call stands before static text that is long enough to be cached.

    Why: providers cache the beginning of a prompt, up to the first character that differs. What stands behind a date or
    a name is paid in full in every call, though it never changes.

    Bad: prompts/answer.yaml:3:23
        === promptkit.yaml
        prices:
          gpt-4.1-mini: {cache_minimum: 128}
        === prompts/answer.yaml
        model: gpt-4.1-mini
        blocks:
          - system: "Today is {{ today }}."
          - {use: workshop, to: system}
          - user: "{{ question }}"
        === blocks/workshop.md
        Answer questions about the workshop from these rules alone.
        - The workshop opens at eight and closes at six, from Monday to Saturday, and stays closed on public holidays.
        - A repair begins only after the customer has accepted a written offer that names parts, hours and the price.
        - Parts that were taken out belong to the customer, who may have them for thirty days before they are scrapped.
        - A bicycle that nobody collects is kept for ninety days; after sixty the customer gets a letter about it.
        - Work is guaranteed for one year and parts for two, unless the bicycle was used in a race or for hire.
        - Nobody promises a day of delivery on the telephone; say that the offer will name it.

    Good:
        === promptkit.yaml
        prices:
          gpt-4.1-mini: {cache_minimum: 128}
        === prompts/answer.yaml
        model: gpt-4.1-mini
        blocks:
          - {use: workshop, to: system}
          - user: "Today is {{ today }}. {{ question }}"
        === blocks/workshop.md
        Answer questions about the workshop from these rules alone.
        - The workshop opens at eight and closes at six, from Monday to Saturday, and stays closed on public holidays.
        - A repair begins only after the customer has accepted a written offer that names parts, hours and the price.
        - Parts that were taken out belong to the customer, who may have them for thirty days before they are scrapped.
        - A bicycle that nobody collects is kept for ninety days; after sixty the customer gets a letter about it.
        - Work is guaranteed for one year and parts for two, unless the bicycle was used in a race or for hire.
        - Nobody promises a day of delivery on the telephone; say that the offer will name it.

    Source: arithmetic with the model's cache minimum (`promptkit models`). Providers document that a cache needs an
    identical prefix: https://platform.openai.com/docs/guides/prompt-caching, checked 2026-11-24. Inputs with a default,
    an enum or a truth value are held to be the same in most calls. Where calls are rare, nothing is cached anyway (A).
    """
    told: set[Place] = set()
    own = (quote.cache_minimum or SMALLEST_MINIMUM for quote in sight.library.config.prices.values())
    smallest = min(own, default=SMALLEST_MINIMUM)
    for variant in sight.variants:
        behind = _behind(sight, variant)
        if not may_reach(behind, smallest) or not may_reach(behind, _minimum(variant) or behind):
            continue
        lost = lost_prefix(sight, variant)
        if lost is None:
            continue
        piece, accepted = lost.piece, program(variant).accepted
        at = Place.of(piece.block.span) if piece.source is None else place(piece.source, piece.start, piece.end)
        if at in told:
            continue
        told.add(at)
        names = ", ".join(f"'{name}'" for name in sorted(piece.varies) if _is_of_call(accepted.get(name)))
        yield Hit(
            at,
            f"{names} changes with each call and stands before {lost.tokens:,} static tokens ({lost.encoding}); "
            f"{lost.facts.name} caches prefixes from {lost.facts.cache_minimum:,} tokens on, and this one ends after "
            f"{lost.prefix:,}; move what changes behind the static text",
        )


def _behind(sight: Sight, variant: Variant) -> int:
    """The characters of a variant's own text behind the first value of each call, where that is most."""
    accepted = program(variant).accepted
    most = 0
    for view in sight.views:
        if view.variant is not variant:
            continue
        pieces = [piece for speech in view.speeches for piece in speech.pieces]
        start = next((at for at, piece in enumerate(pieces) if _differs(piece, accepted)), len(pieces))
        if start < len(pieces) and any(piece.turn for piece in pieces[start:]):
            return characters(sight, variant)
        texts = [p.text for p in pieces[start:] if p.text != VALUE and not _differs(p, accepted)]
        most = max(most, sum(len(text) if text.isascii() else 2 * len(text) for text in texts))
    return most


def _minimum(variant: Variant) -> int | None:
    """The tokens from which the variant's model caches a prefix; None where that, or the model, is not known."""
    from promptkit.pricing.models import model_facts  # here: most prompts are too small to ask

    config = variant.prompt.library.config
    model = variant.settings.model or next(iter(config.models), None)
    return None if model is None else model_facts(model, config.prices).cache_minimum


class Lost(NamedTuple):
    """The static tokens behind the first value of each call, and the tokens before it."""

    tokens: int
    prefix: int
    piece: Piece
    facts: ModelFacts
    encoding: str


def lost_prefix(sight: Sight, variant: Variant) -> Lost | None:
    """What a cache could keep of a variant and does not; None where that is less than a cache begins at."""
    from promptkit.pricing.models import model_facts  # here, as above

    found = measured(sight, variant)
    if found is None:
        return None
    facts = model_facts(found.tokenizer.model, sight.library.config.prices)
    accepted = program(variant).accepted
    start = next((at for at, part in enumerate(found.parts) if _differs(part.piece, accepted)), None)
    if facts.cache_minimum is None or start is None:
        return None
    before, behind = found.parts[:start], [p for p in found.parts[start:] if not _differs(p.piece, accepted)]
    lost, prefix = found.tokenizer.scaled(_sum(behind)), found.tokenizer.scaled(_sum(before)) + found.definitions
    if lost < facts.cache_minimum:
        return None
    return Lost(lost, prefix, found.parts[start].piece, facts, found.tokenizer.encoding)


def _sum(parts: list[Part] | tuple[Part, ...]) -> int:
    return sum(part.tokens for part in parts)


def _differs(piece: Piece, accepted: Mapping[str, Input]) -> bool:
    """Whether a piece is another one in most calls."""
    return any(_is_of_call(accepted.get(name)) for name in piece.varies)


def _is_of_call(declared: Input | None) -> bool:
    """Whether an input has another value in most calls: one without default, enum or truth value, and a history."""
    if declared is None or "messages" in declared.types:
        return True
    return not (declared.default is not MISSING or declared.enum or set(declared.types) <= {"boolean", "null"})
