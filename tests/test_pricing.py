"""Money: every amount is computed by hand from the rates beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptkit.errors import PromptkitError
from promptkit.pricing.costs import Cost, cached_tokens, cost
from promptkit.pricing.facts import STALE_AFTER_DAYS, ModelFacts, Quote, Rates, Tier
from promptkit.pricing.models import model_facts, warnings
from promptkit.pricing.usage import Usage, calls_per_month

D = Decimal
DAY = date(2026, 11, 24)
RATES = Rates(input=D("0.40"), cached_input=D("0.10"), cache_write=D("0.40"), output=D("1.60"))
BATCH = Rates(input=D("0.20"), cached_input=D("0.10"), cache_write=D("0.20"), output=D("0.80"))
MINI = ModelFacts("mini", tiers=(Tier(0, RATES, BATCH),), cache_minimum=1024, cache_step=128)

# USD per million: input 4, cached 0.40, write 5 (it is charged), output 20; above 272,000 tokens 8, 0.80, 10, 30.
SOL = ModelFacts(
    "sol",
    tiers=(
        Tier(0, Rates(D(4), D("0.40"), D(5), D(20)), Rates(D(2), D("0.20"), D("2.50"), D(10))),
        Tier(272_000, Rates(D(8), D("0.80"), D(10), D(30)), Rates(D(4), D("0.40"), D(5), D(15))),
    ),
    cache_minimum=1024,
    cache_step=1,
)


# Without caching.


def test_a_call_costs_its_input_and_its_declared_output() -> None:
    # 3,500 x 0.40 + 300 x 1.60 = 1,400 + 480 = 1,880 USD per million calls
    found = cost(MINI, 3_500, 0, Usage(output_tokens=300))
    assert found == Cost(D("0.001880"), D("1.880"), None, with_output=True)


def test_without_declared_output_the_cost_is_that_of_the_input_and_says_so() -> None:
    found = cost(MINI, 3_500)
    assert (found.per_call, found.with_output) == (D("0.0014"), False)


def test_a_month_is_the_calls_of_a_month() -> None:
    found = cost(MINI, 3_500, 0, Usage(calls_per_month=D(1_000_000), output_tokens=300))
    assert (found.per_1000, found.per_month) == (D("1.88"), D("1880"))


# With caching: nothing below the minimum, then the minimum and whole steps.


@pytest.mark.parametrize(
    ("prefix", "cached"),
    [
        (0, 0),
        (1_023, 0),
        (1_024, 1_024),
        (1_025, 1_024),
        (1_151, 1_024),
        (1_152, 1_152),
        (1_279, 1_152),
        (1_280, 1_280),
        (3_000, 2_944),  # 1,024 + 15 x 128
    ],
)
def test_a_prefix_is_cached_from_the_minimum_in_whole_steps(prefix: int, cached: int) -> None:
    assert cached_tokens(MINI, prefix) == cached


def test_a_step_of_one_caches_the_whole_prefix() -> None:
    assert [cached_tokens(SOL, prefix) for prefix in (1_023, 1_024, 1_025)] == [0, 1_024, 1_025]


def test_a_prefix_below_the_minimum_costs_what_no_cache_costs() -> None:
    usage = Usage(output_tokens=300, hit_rate=D("0.9"))
    below = cost(MINI, 1_500, 1_023, usage)
    assert (below.per_call, below.cached_tokens) == (D("0.00108"), 0)  # 1,500 x 0.40 + 300 x 1.60
    assert below.per_call == cost(MINI, 1_500, 1_023, replace(usage, hit_rate=None)).per_call


@pytest.mark.parametrize(
    ("prefix", "usd"),
    [
        # 1,024 x (0.9 x 0.10 + 0.1 x 0.40) + 476 x 0.40 + 300 x 1.60 = 133.12 + 190.4 + 480
        pytest.param(1_024, "0.00080352", id="at the minimum"),
        pytest.param(1_151, "0.00080352", id="above it, no whole step"),
        # 1,152 x 0.13 + 348 x 0.40 + 480 = 149.76 + 139.2 + 480
        pytest.param(1_152, "0.00076896", id="one step above it"),
    ],
)
def test_hits_read_the_prefix_and_misses_write_it(prefix: int, usd: str) -> None:
    assert cost(MINI, 1_500, prefix, Usage(output_tokens=300, hit_rate=D("0.9"))).per_call == D(usd)


def test_a_charged_write_makes_a_cache_without_hits_dearer_than_none() -> None:
    # 2,000 x 5 + 500 x 4 = 12,000, and without a cache 2,500 x 4 = 10,000
    assert cost(SOL, 2_500, 2_000, Usage(hit_rate=D(0))).per_call == D("0.012")
    assert cost(SOL, 2_500, 2_000).per_call == D("0.010")


def test_a_cache_that_every_call_hits_writes_nothing() -> None:
    unwritten = replace(MINI, tiers=(Tier(0, replace(RATES, cache_write=None)),))
    # 1,024 x 0.10 + 76 x 0.40 = 102.4 + 30.4
    assert cost(unwritten, 1_100, 1_024, Usage(hit_rate=D(1))).per_call == D("0.0001328")


# Batches.


def test_a_share_of_batches_pays_the_rates_of_the_table_for_them() -> None:
    # 0.8 x (1,000 x 0.40 + 100 x 1.60) + 0.2 x (1,000 x 0.20 + 100 x 0.80) = 0.8 x 560 + 0.2 x 280
    assert cost(MINI, 1_000, 0, Usage(output_tokens=100, batch_share=D("0.2"))).per_call == D("0.000504")


def test_batch_rates_need_not_be_half() -> None:
    odd = replace(MINI, tiers=(Tier(0, RATES, replace(BATCH, input=D("0.30"))),))
    assert cost(odd, 1_000, 0, Usage(batch_share=D(1))).per_call == D("0.0003")


def test_batches_and_caching_together() -> None:
    # call:  1,024 x (0.5 x 0.10 + 0.5 x 0.40) + 976 x 0.40 = 256 + 390.4 = 646.4
    # batch: 1,024 x (0.5 x 0.10 + 0.5 x 0.20) + 976 x 0.20 = 153.6 + 195.2 = 348.8
    found = cost(MINI, 2_000, 1_024, Usage(hit_rate=D("0.5"), batch_share=D("0.25")))
    assert found.per_call == (D("646.4") * 3 + D("348.8")) / 4 / 1_000_000 == D("0.000572")


# Long contexts.


@pytest.mark.parametrize(
    ("tokens", "usd"),
    [
        pytest.param(272_000, "1.088", id="at the border"),  # x 4
        pytest.param(272_001, "2.176008", id="above it every token"),  # x 8
    ],
)
def test_a_tier_holds_above_its_border_for_the_whole_call(tokens: int, usd: str) -> None:
    assert cost(SOL, tokens).per_call == D(usd)


def test_a_tier_has_its_own_rates_of_cache_output_and_batch() -> None:
    # call:  200,000 x (0.9 x 0.80 + 0.1 x 10) + 100,000 x 8 + 1,000 x 30 = 344,000 + 800,000 + 30,000 = 1,174,000
    # batch: 200,000 x (0.9 x 0.40 + 0.1 x 5)  + 100,000 x 4 + 1,000 x 15 = 172,000 + 400,000 + 15,000 =   587,000
    found = cost(SOL, 300_000, 200_000, Usage(output_tokens=1_000, hit_rate=D("0.9"), batch_share=D("0.5")))
    assert found.per_call == D("0.8805")


# Unknown stays None, and is named.


def test_a_model_without_a_price_costs_none_and_never_0() -> None:
    found = cost(ModelFacts("new"), 1_000, 0, Usage(calls_per_month=D(10), output_tokens=5))
    assert found == Cost(None, None, None, ("input price", "output price"), with_output=True)


@pytest.mark.parametrize(
    ("facts", "usage", "unknown"),
    [
        (replace(MINI, tiers=(Tier(0, replace(RATES, output=None)),)), Usage(output_tokens=1), ("output price",)),
        (replace(MINI, tiers=(Tier(0, RATES),)), Usage(batch_share=D("0.1")), ("batch input price",)),
        (replace(MINI, cache_minimum=None), Usage(hit_rate=D("0.9")), ("cache minimum",)),
        (replace(MINI, cache_step=None), Usage(hit_rate=D("0.9")), ("cache step",)),
        (
            replace(MINI, tiers=(Tier(0, Rates(input=D("0.40"))),)),
            Usage(hit_rate=D("0.9")),
            ("cached input price", "cache write price"),
        ),
    ],
    ids=["output", "batch", "minimum", "step", "cache"],
)
def test_what_a_cost_lacks_is_named(facts: ModelFacts, usage: Usage, unknown: tuple[str, ...]) -> None:
    found = cost(facts, 2_000, 1_500, usage)
    assert (found.per_call, found.per_1000, found.per_month, found.unknown) == (None, None, None, unknown)


def test_what_is_not_asked_for_may_be_unknown() -> None:
    bare = ModelFacts("bare", tiers=(Tier(0, Rates(input=D(1))),))
    assert cost(bare, 1_000, 900).per_call == D("0.001")
    assert cost(replace(bare, cache_minimum=1_024), 1_000, 900, Usage(hit_rate=D("0.5"))).per_call == D("0.001")


@given(st.integers(0, 400_000), st.integers(0, 400_000), st.integers(0, 100), st.integers(0, 100))
def test_amounts_are_exact_whatever_precision_the_caller_has_set(tokens: int, part: int, hits: int, share: int) -> None:
    usage = Usage(D(123_457), 777, D(hits) / 100, D(share) / 100)
    expected = cost(SOL, tokens, min(part, tokens), usage)
    with localcontext() as context:
        context.prec = 3
        assert cost(SOL, tokens, min(part, tokens), usage) == expected
    assert expected.per_call is not None
    assert expected.per_call == expected.per_call.quantize(
        D("1e-12")
    )  # 6 digits of tokens, 2 + 2 of shares, 2 of price


# How it is used.


@pytest.mark.parametrize(
    ("volume", "calls"),
    [
        ("100000/month", "100000"),
        ("100000", "100000"),
        (" 1,200,000 / year ", "100000"),
        ("12_000/day", "365000"),  # x 365 / 12
        ("84/week", "365"),  # x 365 / 84
        ("0.5/month", "0.5"),
    ],
)
def test_a_volume_is_read_as_calls_a_month(volume: str, calls: str) -> None:
    assert calls_per_month(volume) == D(calls)


@pytest.mark.parametrize("volume", ["", "many", "-3/day", "5/hour", "1e6", "5/", "1/day/week", "99999999999999999"])
def test_what_is_no_volume_is_refused(volume: str) -> None:
    with pytest.raises(PromptkitError) as caught:
        calls_per_month(volume)
    assert str(caught.value) == f"'{volume}' is no volume; write a number, or one /day, /week, /month or /year"


def test_a_usage_is_over_another_field_by_field() -> None:
    library = Usage(calls_per_month=D(10), hit_rate=D("0.9"))
    own = Usage(calls_per_month=D(500), output_tokens=0)
    assert own.over(library) == Usage(D(500), 0, D("0.9"), None)
    assert own.over(None) == own


# Age.


@pytest.mark.parametrize(("age", "stale"), [(0, False), (STALE_AFTER_DAYS, False), (STALE_AFTER_DAYS + 1, True)])
def test_a_price_is_stale_after_a_named_number_of_days(age: int, stale: bool) -> None:  # noqa: FBT001 (a table)
    own = {"mini": Quote(prices={"input": D(1)}, checked=date.fromordinal(DAY.toordinal() - age))}
    facts = model_facts("mini", own, DAY)
    assert (facts.age_days, facts.stale, len(warnings(facts))) == (age, stale, int(stale))


def test_a_stale_price_and_a_retired_model_warn_in_one_line_each() -> None:
    own = {"mini": Quote(prices={"input": D(1)}, checked=date(2026, 8, 1), retires=date(2026, 11, 24))}
    assert warnings(model_facts("mini", own, DAY)) == (
        "mini: prices of 2026-08-01 are 115 days old (stale after 90); look them up, and set them under prices: in "
        "promptkit.yaml",
        "mini: retired on 2026-11-24; measure for a current model",
    )


def test_a_price_without_a_date_has_no_age_and_does_not_warn() -> None:
    facts = model_facts("mini", {"mini": Quote(prices={"input": D(1)})}, DAY)
    assert (facts.age_days, facts.stale, warnings(facts)) == (None, False, ())
