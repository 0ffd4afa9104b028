"""`usage:` and `prices:` in files: what they mean, what is refused, and that the published schema agrees."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

import promptkit
from promptkit import LibraryError, Prompt, blocks
from promptkit.pricing.facts import Quote
from promptkit.pricing.models import today
from promptkit.pricing.usage import Usage
from promptkit.read.format import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

D = Decimal
CONFIG = """\
models: [gpt-4.1-mini]
usage: {calls: 12000/day, hit_rate: 0.9}
prices:
  gpt-4.1-mini:
    input: 0.30
    cached_input: 0.10
    cache_write: input
    output: "1.50"
    batch: {input: 0.150, output: 0.75}
    tiers:
      - {above_tokens: 200000, input: 0.60, output: 3, batch: {input: 0.30}}
    cache_minimum: 1024
    cache_step: 128
    context_window: 500000
    max_output_tokens: 9000
    reasons: false
    provider: reseller
    retires: 2027-01-14
    source: our contract
    checked: 2026-11-01
  ours: {input: 1}
"""
PROMPT = """\
usage: {output_tokens: 300, batch: 0.25}
blocks: [{user: Hi}]
variants:
  busy: {usage: {calls: 84/week, output_tokens: 10}}
  other: {add: [{text: More., before: user}]}
"""


def test_prices_of_a_library_are_read_as_typed(write: Write) -> None:
    prices = promptkit.load(write({"promptkit.yaml": CONFIG})).config.prices
    assert prices["gpt-4.1-mini"] == Quote(
        provider="reseller",
        context_window=500_000,
        max_output_tokens=9_000,
        prices={"input": D("0.30"), "cached_input": D("0.10"), "cache_write": "input", "output": D("1.50")},
        batch={"input": D("0.150"), "output": D("0.75")},
        tiers=((200_000, {"input": D("0.60"), "output": D(3)}, {"input": D("0.30")}),),
        cache_minimum=1_024,
        cache_step=128,
        reasons=False,
        retires=date(2027, 1, 14),
        source="our contract",
        checked=date(2026, 11, 1),
        place="promptkit.yaml:5:5",
    )
    assert prices["ours"] == Quote(prices={"input": D(1)}, source="promptkit.yaml:21:9", place="promptkit.yaml:21:9")


def test_a_variants_usage_is_over_its_prompts_and_that_over_the_librarys(write: Write) -> None:
    prompt = promptkit.load(write({"promptkit.yaml": CONFIG, "prompts/x.yaml": PROMPT}))["x"]
    assert prompt["base"].usage == Usage(D(365_000), 300, D("0.9"), D("0.25"))  # 12,000 x 365 / 12 calls a month
    assert prompt["busy"].usage == Usage(D(365), 10, D("0.9"), D("0.25"))  # 84 x 365 / 84
    assert prompt["other"].usage == prompt["base"].usage


def test_a_prompt_without_usage_declares_nothing() -> None:
    assert Prompt("x", [blocks.user("Hi")])["base"].usage == Usage()


def test_usage_in_python_is_the_same() -> None:
    prompt = Prompt("x", [blocks.user("Hi")], usage={"calls": 100, "hit_rate": 0.9, "batch": 1, "output_tokens": 5})
    assert prompt["base"].usage == Usage(D(100), 5, D("0.9"), D(1))


def test_usage_and_prices_are_no_part_of_a_fingerprint(write: Write) -> None:
    plain = promptkit.load(write({"prompts/x.yaml": "blocks: [{user: Hi}]\n"}))["x"]["base"].fingerprint
    priced = promptkit.load(
        write({"promptkit.yaml": CONFIG, "prompts/x.yaml": "usage: {calls: 1}\nblocks: [{user: Hi}]\n"})
    )
    assert priced["x"]["base"].fingerprint == plain


def test_a_measurement_has_the_price_of_its_input_by_the_librarys_own_prices(write: Write) -> None:
    prompt = promptkit.load(write({"promptkit.yaml": CONFIG, "prompts/x.yaml": PROMPT}))["x"]
    measured = prompt.render().count()
    assert measured.usd == measured.tokens * D("0.30") / 1_000_000
    assert measured.context_share == measured.tokens / 500_000
    elsewhere = prompt.render().count("gpt-4o")
    assert elsewhere.usd == elsewhere.tokens * D("2.50") / 1_000_000
    assert elsewhere.context_share == elsewhere.tokens / 128_000


@pytest.mark.parametrize("model", ["o200k_base", "gpt-9-unheard-of", "estimate:nothing", "llama-3"])
def test_a_measurement_of_a_model_without_a_price_says_none(model: str) -> None:
    measured = Prompt("x", [blocks.user("Hi")]).render().count(model)
    assert measured.tokens > 0
    assert (measured.usd, measured.context_share) == (None, None)


def test_an_estimate_of_a_model_has_that_models_price() -> None:
    measured = Prompt("x", [blocks.user("Hi")]).render().count("estimate:claude-haiku-4-5")
    assert measured.usd == measured.tokens * D(1) / 1_000_000


# Refusals.


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            "usage: {calls: often}",
            "1:16: calls: 'often' is no volume; write a number, or one /day, /week, /month or /year",
        ),
        (
            "usage: {calls: 5/hour}",
            "1:16: calls: '5/hour' is no volume; write a number, or one /day, /week, /month or /year",
        ),
        ("usage: {calls: [5]}", "1:16: calls must be a number a month, or one such as 100000/day, not a list"),
        ("usage: {hit_rate: 90}", "1:19: hit_rate must be a share from 0 to 1, not '90'"),
        ("usage: {hit_rate: -0.1}", "1:19: hit_rate must be a share from 0 to 1, not '-0.1'"),
        ("usage: {hit_rate: 90%}", "1:19: hit_rate must be a share from 0 to 1, not '90%'; write 0.9"),
        ("usage: {hit_rate: '0,9'}", "1:19: hit_rate must be a share from 0 to 1, not '0,9'; write 0.9"),
        ("usage: {calls: '1,5/day'}", "1:16: calls: '1,5/day' is no volume; write 1.5/day"),
        ("usage: {batch: half}", "1:16: batch must be a share from 0 to 1, not 'half'"),
        ("usage: {output_tokens: 1.5}", "1:24: output_tokens must be a whole number, 0 or more, not '1.5'"),
        ("usage: {hitrate: 0.5}", "1:9: unknown key of usage 'hitrate'; did you mean 'hit_rate'?"),
        ("usage: 5", "1:8: usage must be a mapping, not '5'; write {calls: 5}"),
        ("usage: 100/month", "1:8: usage must be a mapping, not '100/month'; write {calls: 100/month}"),
        (
            "prices: {m: {input: $2.50}}",
            "1:21: input must be a number of USD per million tokens, not '$2.50'; write 2.50",
        ),
        ("prices: [5]", "1:9: prices must be a mapping, not a list"),
        ("prices: {m: 5}", "1:13: the prices of 'm' must be a mapping, not '5'"),
        ("prices: {m: {inputs: 5}}", "1:14: unknown key of a model's prices 'inputs'; did you mean 'input'?"),
        ("prices: {m: {input: free}}", "1:21: input must be a number of USD per million tokens, not 'free'"),
        ("prices: {m: {input: input}}", "1:21: input must be a number of USD per million tokens, not 'input'"),
        ("prices: {m: {input: 1e-3}}", "1:21: input must be a number of USD per million tokens, not '1e-3'"),
        ("prices: {m: {input: null}}", "1:21: input must be a number of USD per million tokens, not 'null'"),
        (
            "prices: {m: {cached_input: cheap}}",
            "1:28: cached_input must be a number of USD per million tokens, or input (billed as input), not 'cheap'",
        ),
        (
            "prices: {m: {batch: {tokens: 1}}}",
            "1:22: unknown key of batch 'tokens'; known: cache_write, cached_input, input, output",
        ),
        ("prices: {m: {tiers: [{input: 1}]}}", "1:22: a tier needs above_tokens"),
        ("prices: {m: {cache_step: 0}}", "1:26: cache_step must be 1 or more, not 0"),
        ("prices: {m: {input: 1, checked: soon}}", "1:33: checked must be a date such as 2026-11-24, not 'soon'"),
        (
            "prices: {m: {input: '0,40'}}",
            "1:21: input must be a number of USD per million tokens, not '0,40'; write 0.40",
        ),
        (
            "prices: {m: {input: 0,40}}",
            "1:23: unknown key of a model's prices '40'; a number has a decimal point, as in 0.40",
        ),
        ("prices: {'': {input: 1}}", "1:10: a model's name is empty; write it, as --model takes it"),
        (
            "prices: {'estimate:house': {input: 1}}",
            "1:10: 'estimate:house' is priced by the model's own name; write 'house'",
        ),
        ("prices: {m: {context_window: 0}}", "1:30: context_window must be 1 or more, not 0"),
        ("prices: {m: {max_output_tokens: 0}}", "1:33: max_output_tokens must be 1 or more, not 0"),
        ("prices: {m: {input: 1, source: 5}}", "1:32: source must be text, not '5'; quote it if it is one"),
        ("prices: {m: {input: 1, source: null}}", "1:32: source must be text, not 'null'; quote it if it is one"),
        ("prices: {m: {input: 1, batch: {}}}", "1:31: batch is empty; write its rates, or leave batch out"),
        ("prices: {m: {tiers: [{above_tokens: 0}]}}", "1:37: above_tokens must be 1 or more, not 0"),
        ("prices: {m: {reasons: maybe}}", "1:23: reasons must be true or false, not 'maybe'"),
    ],
)
def test_a_slip_is_one_line_at_its_place(config: str, problem: str, write: Write) -> None:
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write({"promptkit.yaml": config + "\n"}))
    assert str(caught.value) == f"promptkit.yaml:{problem}"
    assert _refused("config", config)


def test_a_bad_date_is_told_beside_the_missing_figure(write: Write) -> None:
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write({"promptkit.yaml": "prices: {gpt-4o: {checked: yesterday}}\n"}))
    assert str(caught.value).splitlines() == [
        "promptkit.yaml:1:18: the prices of 'gpt-4o' hold no figure; write input and output, or remove the entry",
        "promptkit.yaml:1:28: checked must be a date such as 2026-11-24, not 'yesterday'",
    ]


@pytest.mark.parametrize(
    ("prices", "problem"),
    [
        ("{gpt-4o-mni: {input: 1}}", "1:10: unknown model 'gpt-4o-mni'; did you mean 'gpt-4o-mini'?"),
        ("{claude-sonet-5: {input: 1}}", "1:10: unknown model 'claude-sonet-5'; did you mean 'claude-sonnet-5'?"),
        (
            "{m: {checked: 2026-11-01, source: a letter}}",
            "1:13: the prices of 'm' hold no figure; write input and output, or remove the entry",
        ),
        ("{m: {}}", "1:13: the prices of 'm' hold no figure; write input and output, or remove the entry"),
        (
            "{m: {input: 1, checked: 2999-01-01}}",
            "1:33: checked is a day to come, 2999-01-01; write the day on which the prices were looked up",
        ),
        (
            "{m: {tiers: [{above_tokens: 5, input: 1}, {above_tokens: 5, input: 2}]}}",
            "1:51: a tier above 5 tokens stands twice; remove one of them",
        ),
    ],
)
def test_what_no_schema_can_say_is_refused_by_the_reader(prices: str, problem: str, write: Write) -> None:
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write({"promptkit.yaml": f"prices: {prices}\n"}))
    assert str(caught.value) == f"promptkit.yaml:{problem}"


@pytest.mark.parametrize("name", ["house", "my-llama", "gpt-9", "claude-sonnet-7", "anthropic/claude-sonnet-4.5"])
def test_a_model_of_ones_own_is_priced_by_any_name(name: str, write: Write) -> None:
    prices = promptkit.load(write({"promptkit.yaml": f"prices: {{{name}: {{input: 1}}}}\n"})).config.prices
    assert prices[name].prices == {"input": D(1)}


def test_todays_prices_are_not_of_a_day_to_come(write: Write) -> None:
    config = f"prices: {{m: {{input: 1, checked: {today()}}}}}\n"
    assert promptkit.load(write({"promptkit.yaml": config})).config.prices["m"].checked == today()


def test_a_day_that_does_not_exist_is_no_date(write: Write) -> None:
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write({"promptkit.yaml": "prices: {m: {retires: 2026-02-30}}\n"}))
    assert str(caught.value) == "promptkit.yaml:1:23: retires must be a date such as 2026-11-24, not '2026-02-30'"


def test_one_slip_hides_no_other(write: Write) -> None:
    config = "usage: {batch: 2, calls: x}\nprices: {m: {input: x, reasons: x}, n: 5}\n"
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write({"promptkit.yaml": config}))
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == [
        "promptkit.yaml:1:16:",
        "promptkit.yaml:1:26:",
        "promptkit.yaml:2:21:",
        "promptkit.yaml:2:33:",
        "promptkit.yaml:2:40:",
    ]


def test_a_slip_in_a_prompts_usage_names_the_prompt(write: Write) -> None:
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write({"prompts/x.yaml": "usage: {calls: x}\nblocks: [{user: Hi}]\n"}))
    assert str(caught.value).startswith("prompts/x.yaml:1:16: calls: 'x' is no volume")


# The published schema.


def _refused(file: str, text: str) -> bool:
    return bool(list(jsonschema.Draft202012Validator(schema(file)).iter_errors(_as_an_editor_reads_it(text))))


def _as_an_editor_reads_it(text: str) -> Any:
    """YAML 1.2 knows no dates; PyYAML's 1.1 does."""
    data = yaml.safe_load(text)
    return json.loads(json.dumps(data, default=str))


def test_the_published_schema_takes_what_the_reader_takes() -> None:
    assert not _refused("config", CONFIG)
    assert not _refused("prompt", PROMPT)
    assert not _refused("config", "usage: {calls: 1000, batch: '0.5'}")
