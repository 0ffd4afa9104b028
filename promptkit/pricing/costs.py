"""What calls cost: exact Decimals, rounded by no one before they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import TYPE_CHECKING, Final

from promptkit.pricing.usage import Usage

if TYPE_CHECKING:
    from promptkit.pricing.facts import ModelFacts, Tier

MILLION: Final = Decimal(1_000_000)
_EXACT = Context(prec=60)  # more digits than tokens times shares times prices have


@dataclass(frozen=True, slots=True)
class Cost:
    """USD of one call, of 1,000, and of a month; None where a fact that they rest on is unknown: `unknown` names these.

    Without declared output tokens it is the input's alone (`with_output`). `per_month` is None without a volume too.
    `cached_tokens` are those of the prefix that the provider caches, 0 where no hit rate is declared.
    """

    per_call: Decimal | None
    per_1000: Decimal | None
    per_month: Decimal | None
    unknown: tuple[str, ...] = ()
    with_output: bool = False
    cached_tokens: int | None = 0


NO_COST = Cost(None, None, None)


def cached_tokens(facts: ModelFacts, prefix_tokens: int) -> int | None:
    """How many tokens of a cacheable prefix the provider caches: none below its minimum, then whole steps of it.

    None where the minimum or the step is unknown.
    """
    minimum, step = facts.cache_minimum, facts.cache_step
    if prefix_tokens <= 0 or (minimum is not None and prefix_tokens < minimum):
        return 0
    if minimum is None or step is None:
        return None
    return minimum + (prefix_tokens - minimum) // step * step


def cost(facts: ModelFacts, tokens: int, cacheable_tokens: int = 0, usage: Usage | None = None) -> Cost:
    """The cost of calls with `tokens` input tokens, the first `cacheable_tokens` of which are the same in each.

    A share h of the calls reads the cached prefix at its own price, the others write it. No declared hit rate: nothing
    is cached. No declared batch share: no batches. The tier is that of `tokens`.
    """
    usage = usage or Usage()
    cached = 0 if usage.hit_rate is None else cached_tokens(facts, cacheable_tokens)
    said = usage.output_tokens is not None
    with localcontext(_EXACT):
        terms = _terms(facts.tier(tokens), tokens, cached or 0, usage)
        unknown = [name for name, (_, price) in terms.items() if price is None]
        if cached is None:
            unknown.append("cache minimum" if facts.cache_minimum is None else "cache step")
        if unknown:
            return Cost(None, None, None, tuple(unknown), said, cached)
        call = sum((count * price for count, price in terms.values() if price is not None), Decimal(0)) / MILLION
        month = None if usage.calls_per_month is None else call * usage.calls_per_month
        return Cost(call, call * 1000, month, (), said, cached)


def _terms(tier: Tier, tokens: int, cached: int, usage: Usage) -> dict[str, tuple[Decimal, Decimal | None]]:
    """Tokens of an average call and their price, by the price's name, for what the calls pay for."""
    hits, share = usage.hit_rate or Decimal(0), usage.batch_share or Decimal(0)
    terms = {}
    for what, part, rates in (("", 1 - share, tier.rates), ("batch ", share, tier.batch)):
        terms[what + "input price"] = part * (tokens - cached), rates.input
        terms[what + "cached input price"] = part * hits * cached, rates.cached_input
        terms[what + "cache write price"] = part * (1 - hits) * cached, rates.cache_write
        terms[what + "output price"] = part * (usage.output_tokens or 0), rates.output
    return {name: term for name, term in terms.items() if term[0]}
