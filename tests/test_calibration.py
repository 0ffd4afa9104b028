"""Estimates that were calibrated: what they count, what calibration.json may hold, how ratio and error are found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from math import ceil
from typing import TYPE_CHECKING, Any

import pytest
from conftest import promptkit as run
from hypothesis import given
from hypothesis import strategies as st

import promptkit
from promptkit import BudgetError, LibraryError, PromptkitError, tokenizer_for
from promptkit.calibration import Sample, calibration, chosen, held_out, sample, stand_in, written
from promptkit.config import Calibration
from promptkit.messages import Message, ToolCall
from promptkit.tokens.ways import BYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

MODEL = "claude-sonnet-5"
ENTRY = {
    "ratio": 1.25,
    "error_p50": 0.02,
    "error_p95": 0.1,
    "fitted_on": 20,
    "held_out": 22,
    "date": "2026-11-24",
    "endpoint": "https://api.anthropic.com/v1/messages/count_tokens",
}
KNOWN = "known: date, endpoint, error_p50, error_p95, fitted_on, held_out, ratio"
PROMPT = """
inputs:
  name: {type: string, sample: Ada, max_tokens: 4}
budget: {max_tokens: 40}
blocks:
- system: You are an assistant who answers in one short sentence.
- user: '{{ name }}, what is this?'
"""


def files(entry: Any) -> dict[str, str]:
    return {"prompts/ask.yaml": PROMPT, "calibration.json": json.dumps({MODEL: entry})}


# -- the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ratio": 0}, "ratio must be a number from 0.1 to 10; run promptkit calibrate again"),
        ({"ratio": True}, "ratio must be a number from 0.1 to 10; run promptkit calibrate again"),
        ({"ratio": "1.2"}, "ratio must be a number from 0.1 to 10; run promptkit calibrate again"),
        ({"ratio": 1e300}, "ratio must be a number from 0.1 to 10; run promptkit calibrate again"),
        ({"error_p95": -0.1}, "error_p95 must be a share, such as 0.05, or null; run promptkit calibrate again"),
        ({"error_p50": "5%"}, "error_p50 must be a share, such as 0.05, or null; run promptkit calibrate again"),
        ({"fitted_on": 0}, "fitted_on must be a number of prompts, 1 or more; run promptkit calibrate again"),
        ({"held_out": 1.5}, "held_out must be a number of prompts, 1 or more; run promptkit calibrate again"),
        ({"date": "yesterday"}, "date must be a date, such as 2026-11-24; run promptkit calibrate again"),
        ({"date": "20261124"}, "date must be a date, such as 2026-11-24; run promptkit calibrate again"),
        ({"endpoint": "file:///etc"}, "endpoint must be a URL; run promptkit calibrate again"),
    ],
)
def test_a_value_that_no_calibration_has_is_refused(write: Write, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write(files(ENTRY | changes)))
    column = json.dumps({MODEL: ENTRY | changes}).index(f'"{next(iter(changes))}"') + 1
    assert str(caught.value) == f"calibration.json:1:{column}: '{MODEL}': {told}"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("[]", "1:1: must be a JSON object of models; run promptkit calibrate again"),
        ("{", "1:2: JSON: the text ends before it is complete; close what is open, or write what is missing"),
        ('{"a": 1}', "1:2: 'a' must be an object; run promptkit calibrate again"),
        ('{"a": {}}', "1:2: 'a' has no ratio; run promptkit calibrate again"),
        ('{\n\t"a": {\n\t\t"ration": 1}}', f"3:3: 'a' has the unknown key 'ration'; did you mean 'ratio'? {KNOWN}"),
        ('{\n  "a": {\n    "x": 1}}', f"3:5: 'a' has the unknown key 'x'; {KNOWN}"),
        ('{\n  "a": {},\n  "a": {}}', "3:3: the key 'a' stands twice; the first is at line 2"),
        ('{"claude-sonet-5": {}}', "1:2: unknown model 'claude-sonet-5'; did you mean 'claude-sonnet-5'?"),
        ('{"\\ud83d\\ude00": 1}', "1:1: '\U0001f600' must be an object; run promptkit calibrate again"),
    ],
)
def test_a_file_of_another_shape_is_refused(write: Write, source: str, told: str) -> None:
    with pytest.raises(LibraryError) as caught:
        promptkit.load(write({"prompts/ask.yaml": PROMPT, "calibration.json": source}))
    assert str(caught.value) == f"calibration.json:{told}"


def test_what_is_written_is_what_is_read(write: Write) -> None:
    made = {"b": Calibration(**ENTRY), "a": Calibration(**(ENTRY | {"error_p50": None, "error_p95": None}))}  # type: ignore[arg-type]
    library = promptkit.load(write({"prompts/ask.yaml": PROMPT, "calibration.json": written(made)}))
    assert library.config.calibrations == made
    assert list(json.loads(written(made))) == ["a", "b"]


# -- counts ------------------------------------------------------------------------------------------------------------


def test_an_estimate_is_the_count_times_the_ratio(write: Write) -> None:
    plain = promptkit.load(write({"prompts/ask.yaml": PROMPT}))["ask"].render(name="Ada").count(MODEL)
    measured = promptkit.load(write(files(ENTRY)))["ask"].render(name="Ada").count(MODEL)
    assert measured.tokens == int(plain.tokens * 1.25 + 0.5)
    assert (measured.tokenizer.error_p95, measured.basis) == (0.1, "estimate")
    assert measured.tokenizer.method == (
        "o200k_base x 1.25, calibrated 2026-11-24 on 20 prompts, 95 in 100 prompts within 10.0%"
    )


@pytest.mark.parametrize("ratio", [0.1, 0.77, 1.0, 1.3333, 10])
def test_the_parts_of_an_estimate_add_up_to_it(write: Write, ratio: float) -> None:
    prompt = promptkit.load(write(files(ENTRY | {"ratio": ratio})))["ask"]
    measured = prompt.render(name="A").count(MODEL)
    for by in BYS:
        parts = measured.by(by)
        assert sum(part.tokens for part in parts) == measured.tokens
        assert min(part.tokens for part in parts) >= 0


@given(st.lists(st.integers(0, 10_000)), st.floats(0.1, 10))
def test_shares_add_up_to_the_estimate_of_the_sum(sizes: list[int], ratio: float) -> None:
    tokenizer = replace(tokenizer_for(MODEL), ratio=ratio)
    shares = tokenizer.shares(sizes)
    assert sum(shares) == tokenizer.scaled(sum(sizes))
    assert all(share >= 0 for share in shares)


def test_a_model_under_its_providers_name_is_the_same_model(write: Write) -> None:
    rendered = promptkit.load(write(files(ENTRY)))["ask"].render(name="Ada")
    assert rendered.count(f"anthropic/{MODEL}").tokens == rendered.count(MODEL).tokens
    assert rendered.count("claude-opus-5").tokenizer.ratio is None


def test_no_calibration_changes_an_exact_count(write: Write) -> None:
    root = write({"prompts/ask.yaml": PROMPT, "calibration.json": json.dumps({"gpt-4o": ENTRY})})
    assert promptkit.load(root)["ask"].render(name="Ada").count("gpt-4o").tokenizer.ratio is None


def test_a_limit_of_tokens_is_held_by_the_estimate(write: Write) -> None:
    library = promptkit.load(write(files(ENTRY | {"ratio": 2.0})))
    library["ask"].render(name="one two three four", model="gpt-4o")
    with pytest.raises(PromptkitError, match="max_tokens"):
        library["ask"].render(name="one two three four", model=MODEL)


def test_a_budget_is_held_by_the_estimate_and_its_error(write: Write) -> None:
    root = write(files(ENTRY | {"error_p95": 0.2}))
    ran = run("tokens", "--model", MODEL, "--check", cwd=root)
    assert ran.code == 1
    assert f"ask: over budget: ~35, up to 42 tokens for {MODEL} (max_tokens 40)" in ran.out
    assert "~35" in ran.out
    assert run("tokens", "--model", MODEL, "--check", cwd=write(files(ENTRY | {"error_p95": 0.05}))).code == 0


# -- ratio and error ---------------------------------------------------------------------------------------------------


def made(number: int, variants: int = 1, tokens: int = 100) -> list[Sample]:
    return [
        Sample(f"p{prompt}", f"v{variant}", tokens, {"text": f"{prompt} {variant}"})
        for prompt in range(number)
        for variant in range(variants)
    ]


def test_one_prompt_is_too_few() -> None:
    with pytest.raises(PromptkitError, match="needs two prompts or more"):
        calibration(made(1, variants=9), [100] * 9, date(2026, 11, 24), "https://x")


def test_few_prompts_held_out_leave_the_error_unknown() -> None:
    samples = made(8)
    found = calibration(samples, [120] * 8, date(2026, 11, 24), "https://x")
    assert (found.ratio, found.fitted_on, found.held_out) == (1.2, 4, 4)
    assert (found.error_p50, found.error_p95) == (None, None)


def test_the_error_is_of_prompts_that_the_ratio_was_not_fitted_on() -> None:
    samples = made(40)
    out = held_out(samples)
    assert len(out) == 20
    others = iter(range(20))
    counts = [150 + next(others) if each.prompt in out else 150 for each in samples]  # off by 0 to 19 in 150
    found = calibration(samples, counts, date(2026, 11, 24), "https://x")
    assert found == Calibration(1.5, 0.06, 0.12, 20, 20, "2026-11-24", "https://x")


def test_variants_of_a_prompt_are_all_on_one_side() -> None:
    assert held_out(made(6, variants=5)) == held_out(made(6))


def test_the_first_variants_of_all_prompts_are_chosen_first_and_none_twice() -> None:
    samples = made(3, variants=2)
    assert [each.prompt for each in chosen([*samples, *samples], 4)] == ["p0", "p1", "p2", "p0"]
    assert len(chosen([*samples, *samples], 99)) == 6


def test_a_sample_is_the_text_alone(write: Write) -> None:
    rendered = promptkit.load(write({"prompts/ask.yaml": PROMPT}))["ask"].render(name="Ada")
    found = sample(replace(rendered, schema={"type": "object"}), stand_in(MODEL))
    assert found is not None
    assert found.tokens == rendered.count(MODEL).tokens
    assert sorted(found.body) == ["messages", "model", "system"]
    call = Message("assistant", "", (ToolCall("1", "find", "{}"),))
    assert sample(replace(rendered, messages=(*rendered.messages, call)), stand_in(MODEL)) is None


def test_only_estimates_are_calibrated() -> None:
    with pytest.raises(PromptkitError) as caught:
        stand_in("gpt-4o")
    assert str(caught.value) == "'gpt-4o' is counted by o200k_base (exact); only estimates are calibrated"


@pytest.mark.parametrize(("count", "times"), [(0, "0"), (100_000, "10000")])
def test_counts_of_another_unit_are_refused(count: int, times: str) -> None:
    samples = [Sample(f"p{number}", "base", 10, {}) for number in range(4)]
    with pytest.raises(PromptkitError) as caught:
        calibration(samples, [count] * 4, date(2026, 11, 24), "https://host/count")
    told = f"https://host/count: counts are {times} times promptkit's; is it the model's count endpoint?"
    assert str(caught.value) == told


def test_a_range_is_not_told_of_scaled_counts(write: Write) -> None:
    ran = run("tokens", "--range", "--model", MODEL, cwd=write(files(ENTRY)))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"model '{MODEL}': ranges are known for counts in o200k_base and cl100k_base, not in calibrated estimates; "
        "--model o200k_base gives the texts' own\n"
    )


def test_a_limit_tells_the_count_and_what_it_is_charged(write: Write) -> None:
    prompt = promptkit.load(write(files(ENTRY)))["ask"]
    measured = prompt.render(name="Ada").count(MODEL)
    most = measured.tokenizer.at_most(measured.tokens)
    assert most > measured.tokens
    told = f"~{measured.tokens}, up to {most} tokens"
    with pytest.raises(BudgetError, match=f"{told} for {MODEL}, over max_tokens {most - 1}"):
        prompt.render(name="Ada", model=MODEL, max_tokens=most - 1)


def test_json_has_what_an_estimate_is_at_most(write: Write) -> None:
    words = ("tokens", "ask", "--format", "json", "--model")
    root = write(files(ENTRY))
    estimated, exact = (json.loads(run(*words, model, cwd=root).out)["rows"][0] for model in (MODEL, "gpt-4o"))
    assert estimated["at_most"] == ceil(estimated["tokens"] * 1.1)
    assert "at_most" not in exact
