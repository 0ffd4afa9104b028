"""The facts of models: three sources, the later winning field by field, and no price that is another model's."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from promptkit.pricing.facts import ModelFacts, Quote, Rates, Tier, merged
from promptkit.pricing.models import known_models, model_facts
from promptkit.pricing.overlay import MAKERS, own_names, own_quote

D = Decimal
DAY = date(2026, 11, 24)
NOTHING = Rates()
installed = pytest.mark.skipif(importlib.util.find_spec("genai_prices") is None, reason="genai-prices is not installed")


def rates(*prices: str | None) -> Rates:
    return Rates(*(None if price is None else Decimal(price) for price in prices))


# Merging.


def test_the_later_source_wins_field_by_field() -> None:
    first = Quote(
        "a", 100, prices={"input": D(1), "output": D(9)}, cache_minimum=5, source="one", checked=date(2026, 1, 1)
    )
    second = Quote(prices={"input": D(2)}, context_window=200, source="two", checked=date(2026, 2, 2))
    facts = merged("m", [first, second], DAY)
    assert facts == ModelFacts(
        "m",
        provider="a",
        context_window=200,
        tiers=(Tier(0, rates("2", None, None, "9")),),
        cache_minimum=5,
        source="two; one",
        checked=date(2026, 1, 1),
        on=DAY,
    )


def test_a_source_whose_prices_are_all_replaced_is_not_named_and_does_not_age_them() -> None:
    old = Quote(prices={"input": D(1)}, source="old", checked=date(2020, 1, 1))
    new = Quote(prices={"input": D(2)}, source="new", checked=date(2026, 11, 1))
    facts = merged("m", [old, new], DAY)
    assert (facts.source, facts.checked, facts.stale) == ("new", date(2026, 11, 1), False)


def test_a_word_for_the_price_of_input_follows_whoever_says_that_price() -> None:
    free = Quote(prices={"input": D(2), "cached_input": D(1), "cache_write": "input"})
    assert merged("m", [free, Quote(prices={"input": D(3)})], DAY).rates == rates("3", "1", "3", None)
    assert merged("m", [Quote(prices={"cache_write": "input"})], DAY).rates == NOTHING


def test_long_context_tiers_are_replaced_whole_and_sorted() -> None:
    low = Quote(prices={"input": D(1)}, tiers=((500, {"input": D(7)}, {}),))
    high = Quote(tiers=((900, {"input": D(4)}, {}), (300, {"input": D(2)}, {"input": D(1)})))
    tiers = merged("m", [low, high], DAY).tiers
    assert [(tier.above_tokens, tier.rates.input, tier.batch.input) for tier in tiers] == [
        (0, D(1), None),
        (300, D(2), D(1)),
        (900, D(4), None),
    ]
    assert [tier.above_tokens for tier in merged("m", [low, Quote(tiers=())], DAY).tiers] == [0]


# Names.


def test_nothing_is_known_of_a_name_that_no_source_has() -> None:
    facts = model_facts("nothing-of-the-kind", on=DAY)
    assert facts == ModelFacts("nothing-of-the-kind", on=DAY)
    assert (facts.rates, facts.batch) == (NOTHING, NOTHING)


@pytest.mark.parametrize("name", ["gpt-4.1-mini", "openai/gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"])
def test_a_model_has_its_makers_price_under_each_of_its_names(name: str) -> None:
    facts = model_facts(name, on=DAY)
    assert (facts.name, facts.provider, facts.rates) == (name, "openai", rates("0.40", "0.10", "0.40", "1.60"))
    assert facts.batch == rates("0.20", "0.10", "0.20", "0.80")


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4.1-mni",
        "gpt-4.1-mini-2031-01-01",
        "gpt-4o-mini-turbo",
        "claude-haiku-4-5x",
        "gpt-5-nano-foo",
        "claude-opus-9",
    ],
)
def test_a_name_that_only_resembles_a_model_has_no_price(name: str) -> None:
    assert model_facts(name, on=DAY).rates == NOTHING


@pytest.mark.parametrize("name", ["hosted_vllm/gpt-4o-mini", "lm_studio/gpt-4o-mini", "ft:gpt-4o-mini:acme::abc"])
def test_elsewhere_or_fine_tuned_a_model_keeps_its_size_but_not_its_makers_price(name: str) -> None:
    facts = model_facts(name, on=DAY)
    assert (facts.context_window, facts.max_output_tokens) == (128_000, 16_384)
    assert (facts.rates, facts.batch, facts.cache_minimum, facts.retires) == (NOTHING, NOTHING, None, None)


def test_a_users_price_is_over_every_other_and_the_rest_stays() -> None:
    own = {"gpt-4.1-mini": Quote(prices={"input": D("0.30")}, source="promptkit.yaml:2:3")}
    facts = model_facts("openai/gpt-4.1-mini", own, DAY)
    assert facts.rates == rates("0.30", "0.10", "0.30", "1.60")
    assert (facts.cache_minimum, facts.cache_step) == (1_024, 128)
    assert (facts.source or "").startswith("promptkit.yaml:2:3; https://developers.openai.com/")


@pytest.mark.parametrize("name", ["hosted_vllm/gpt-4.1-mini", "ft:gpt-4.1-mini:acme::abc"])
def test_a_users_price_of_a_model_is_not_that_of_it_elsewhere_unless_named_so(name: str) -> None:
    quote = Quote(prices={"input": D("0.30")})
    assert model_facts(name, {"gpt-4.1-mini": quote}, DAY).rates == NOTHING
    assert model_facts(name, {name: quote}, DAY).rates.input == D("0.30")


def test_a_model_of_ones_own_needs_no_maker() -> None:
    assert model_facts("our-model", {"our-model": Quote(prices={"input": D(1)})}, DAY).rates.input == 1


def test_the_users_models_are_listed_first_and_each_once() -> None:
    names = list(known_models({"ours": Quote(), "gpt-4o": Quote()}))
    assert names[:2] == ["ours", "gpt-4o"]
    assert sorted(names) == sorted({*own_names(), "ours"})


# promptkit's own table.


@pytest.mark.parametrize("name", own_names())
def test_every_price_of_the_table_has_a_source_a_day_and_sense(name: str) -> None:
    quote = own_quote(name)
    assert quote is not None
    assert quote.provider
    assert not quote.priced or (quote.source or "").startswith("https://")
    assert not quote.priced or (quote.checked is not None and date(2026, 1, 1) < quote.checked)
    for tier in merged(name, [quote], DAY).tiers:
        for found in (tier.rates, tier.batch):
            if found.input is None:
                assert found == NOTHING
                continue
            assert found.output is not None
            assert 0 < found.input <= found.output
            assert found.cached_input is None or 0 < found.cached_input <= found.input
            assert found.cache_write is None or found.cache_write >= found.input
        assert tier.batch.input is None or (tier.rates.input is not None and tier.batch.input < tier.rates.input)


def test_every_model_of_the_table_is_of_the_maker_that_its_name_says() -> None:
    makers = {model_facts(name, on=DAY).provider for name in own_names()}
    assert makers == {"openai", "anthropic", "google", "mistral", "deepseek"}
    assert set(MAKERS.values()) >= {"google", "mistral"}


# genai-prices.


def test_a_quote_is_whole_where_it_leaves_genai_prices_nothing_to_say() -> None:
    table = own_quote("gpt-4o")
    assert table is not None
    assert table.whole
    assert [name for name in own_names() if not getattr(own_quote(name), "whole", False)] == [
        "gemini-3.5-flash-lite",
        "gemini-3.5-flash",
        "gemini-3.7-flash",
        "codestral-2508",
        "deepseek-flash",
        "deepseek-v4-flash",
        "deepseek-v4-pro",
    ]
    without: list[dict[str, Any]] = [
        {"provider": None},
        {"context_window": None},
        {"tiers": None},
        {"batch": {}},
        {"prices": {"input": D(1)}},
    ]
    assert [replace(table, **less).whole for less in without] == [False] * 5


@installed
def test_genai_prices_knows_what_the_table_does_not() -> None:
    facts = model_facts("groq/llama-3.3-70b-versatile", on=DAY)
    assert facts.rates == rates("0.59", None, None, "0.79")
    assert facts.source == "genai-prices, https://console.groq.com/docs/models"


@installed
@pytest.mark.parametrize("name", own_names())
def test_genai_prices_agrees_with_the_table_on_what_both_say(name: str) -> None:
    from promptkit.pricing import genai

    table = own_quote(name)
    assert table is not None
    other = genai.quote(table.provider or "", [name], DAY)
    if other is None:
        pytest.skip("it has no such model")
    ours, theirs = merged(name, [table], DAY), merged(name, [other], DAY)
    if name == "claude-sonnet-4-5":  # it keeps the tier of a window that was withdrawn on 2026-04-30
        theirs = merged(name, [other, Quote(tiers=())], DAY)
    pairs = [(mine.rates, its.rates) for mine, its in zip(ours.tiers, theirs.tiers, strict=True)]
    pairs += [(mine.batch, its.batch) for mine, its in zip(ours.tiers, theirs.tiers, strict=True)]
    for mine, its in pairs:
        for key in ("input", "cached_input", "cache_write", "output"):
            both = getattr(mine, key), getattr(its, key)
            assert None in both or both[0] == both[1], (name, key)


@installed
@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("openai", "gpt-5-nano-foo"),  # taken by the prefix of gpt-5-nano
        ("anthropic", "claude-haiku-4-5-turbo"),
        ("anthropic", "claude-2000"),
        ("gemini", "gemini-2.5-pro-unheard-of"),
        ("mistral", "magistral-medium-99"),
    ],
)
def test_a_loose_match_of_genai_prices_does_not_count(provider: str, name: str) -> None:
    from genai_prices.data_snapshot import get_snapshot

    from promptkit.pricing import genai

    theirs = {"gemini": "google"}.get(provider, provider)
    _, taken = get_snapshot().find_provider_model(name, None, theirs, None)
    assert taken.id != name  # genai-prices itself prices it as that model, without a word
    assert genai.quote(provider, [name], DAY) is None


@installed
@pytest.mark.parametrize("name", ["claude-haiku-4-5-20251001", "claude-haiku-4-5@20251001", "claude-haiku-4-5-latest"])
def test_a_date_behind_a_name_is_no_loose_match(name: str) -> None:
    from promptkit.pricing import genai

    found = genai.quote("anthropic", [name], DAY)
    assert found is not None
    assert found.prices == {"input": 1, "cached_input": D("0.1"), "cache_write": D("1.25"), "output": 5}


@installed
def test_a_price_that_depends_on_the_hour_is_unknown() -> None:
    facts = model_facts("deepseek-v4-pro", on=DAY)
    assert (facts.rates, facts.context_window) == (NOTHING, 1_000_000)


@installed
def test_a_price_of_genai_prices_is_that_of_the_day() -> None:
    before, after = (model_facts("o3-pro", on=DAY), model_facts("openai/o3-pro", on=DAY))
    assert before.rates == after.rates == rates("20", None, None, "80")
    from promptkit.pricing import genai

    on = {day: genai.quote("openai", ["o3"], day) for day in (date(2025, 6, 1), date(2025, 6, 10))}
    assert [None if quote is None else quote.prices["input"] for quote in on.values()] == [10, 2]


def test_without_genai_prices_nothing_is_loaded_and_the_table_stands() -> None:
    program = (
        "import sys; sys.modules['genai_prices'] = None\n"
        "from promptkit.pricing.models import model_facts\n"
        "print(model_facts('gpt-4o').rates.input, model_facts('groq/llama-3.3-70b-versatile').rates.input)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout == "2.50 None\n"


def test_genai_prices_is_imported_only_for_what_the_table_does_not_say() -> None:
    program = (
        "import sys\n"
        "from promptkit.pricing.models import model_facts\n"
        "model_facts('gpt-4o'); print('genai_prices' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout == "False\n"


def test_counting_loads_no_prices() -> None:
    program = (
        "import sys\n"
        "from promptkit import Prompt, blocks\n"
        "Prompt('x', [blocks.user('Hi')]).render().count('gpt-4o').tokens\n"
        "print({'genai_prices', 'promptkit.pricing'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout == "set()\n"
