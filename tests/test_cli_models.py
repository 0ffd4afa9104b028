"""`promptkit models`: what it lists and shows, with real processes; ages by a fixed day, on the functions below it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run

from promptkit.pricing.facts import ModelFacts, Quote, Rates, Tier
from promptkit.pricing.models import model_facts
from promptkit.pricing.overlay import own_names
from promptkit.report.models import model_page, models_data, models_table, price

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

DAY = date(2026, 12, 1)
OWN = {
    "ours": Quote(prices={"input": Decimal("0.125"), "output": Decimal(30)}, source="promptkit.yaml:3:9"),
    "old": Quote(prices={"input": Decimal(1)}, source="https://prices.example.com/list", checked=date(2026, 8, 1)),
}
MODELS = [
    model_facts(name, OWN, DAY) for name in ("ours", "old", "gpt-4.1-mini", "gpt-6-sol", "claude-haiku-4-5", "none")
]


def test_the_table(golden: Callable[[str, str], None]) -> None:
    golden("models/table.txt", models_table(MODELS) + "\n")


def test_a_narrow_terminal_gets_fewer_columns_and_is_told_which(golden: Callable[[str, str], None]) -> None:
    shown = models_table(MODELS, fit=86)
    assert max(map(len, shown.split("\n\n")[0].splitlines())) <= 86
    golden("models/narrow.txt", shown + "\n")


def test_the_page_of_a_model(golden: Callable[[str, str], None]) -> None:
    golden("models/page.txt", "\n\n".join(map(model_page, [*MODELS[:4], MODELS[-1]])) + "\n")


def test_the_help(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    golden("models/help.txt", run("models", "--help", cwd=tmp_path).out)


@pytest.mark.parametrize(
    ("of", "shown"),
    [(None, "?"), ("0", "0.00"), ("2.5", "2.50"), ("10", "10.00"), ("0.0625", "0.0625"), ("1E+2", "100.00")],
)
def test_a_price_is_shown_whole(of: str | None, shown: str) -> None:
    assert price(None if of is None else Decimal(of)) == shown


def test_the_data_keeps_prices_as_texts_and_unknown_as_null() -> None:
    facts = ModelFacts("m", tiers=(Tier(0, Rates(input=Decimal("0.40"))),), on=DAY)
    assert models_data(facts)["usd_per_million_tokens"] == [
        {
            "above_tokens": 0,
            "call": {"input": "0.40", "cached_input": None, "cache_write": None, "output": None},
            "batch": dict.fromkeys(("input", "cached_input", "cache_write", "output")),
        }
    ]


def test_without_a_library_promptkits_own_table_is_listed(tmp_path: Path) -> None:
    ran = run("models", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    named = {line.split(" ")[0] for line in ran.out.splitlines()}
    assert set(own_names()) <= named


def test_a_librarys_prices_come_first_with_their_place(write: Write) -> None:
    config = "prices:\n  ours: {input: 0.125}\n  gpt-4o: {input: 2.20}\n"
    ran = run("models", "ours", "gpt-4o", "--format", "json", cwd=write({"promptkit.yaml": config}))
    assert ran.code == 0
    ours, gpt = json.loads(ran.out)["models"]
    assert (ours["model"], ours["source"], ours["checked"], ours["stale"]) == (
        "ours",
        "promptkit.yaml:2:9",
        None,
        False,
    )
    assert gpt["usd_per_million_tokens"][0]["call"] == {
        "input": "2.20",
        "cached_input": "1.25",
        "cache_write": "2.20",
        "output": "10.00",
    }
    assert gpt["source"].startswith("promptkit.yaml:3:11; https://developers.openai.com/")
    listed = run("models", cwd=write({"promptkit.yaml": config})).out.splitlines()
    assert [line.split(" ")[0] for line in listed[2:4]] == ["ours", "gpt-4o"]


def test_a_name_is_a_model_or_what_several_begin_with(tmp_path: Path) -> None:
    one = run("models", "gpt-5", cwd=tmp_path).out
    assert one.startswith("gpt-5\nprovider    openai\n")
    many = run("models", "gpt-5.", "claude-opus-5", "--format", "json", cwd=tmp_path).out
    names = [model["model"] for model in json.loads(many)["models"]]
    assert names == [*(name for name in own_names() if name.startswith("gpt-5.")), "claude-opus-5"]


def test_an_unknown_name_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    ran = run("models", "gpt-4.1-mni", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "unknown model 'gpt-4.1-mni'; did you mean 'gpt-4.1-mini'? prices: in promptkit.yaml can hold what it costs\n"
    )


@pytest.mark.parametrize(("name", "meant"), [("GPT-4o", "gpt-4o"), ("gtp", "gpt"), ("Claud", "claude")])
def test_a_name_in_capitals_and_a_misspelt_family_have_a_suggestion(tmp_path: Path, name: str, meant: str) -> None:
    ran = run("models", name, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"unknown model '{name}'; did you mean '{meant}'? prices: in promptkit.yaml")


def test_a_retired_model_warns_when_it_is_named(tmp_path: Path) -> None:
    ran = run("models", "o1", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "o1: retired on 2026-10-23; measure for a current model\n")


def test_a_slip_in_the_prices_is_told_and_the_rest_is_shown(write: Write) -> None:
    ran = run("models", "ours", cwd=write({"promptkit.yaml": "prices: {ours: {input: x, output: 2}, n: 5}\n"}))
    assert ran.code == 2
    assert ran.err.splitlines() == [
        "promptkit.yaml:1:24: input must be a number of USD per million tokens, not 'x'",
        "promptkit.yaml:1:42: the prices of 'n' must be a mapping, not '5'",
    ]
    assert ran.out.startswith("ours\n")


def test_other_files_of_a_library_are_not_read(write: Write) -> None:
    config = "prices: {ours: {input: 1}}\n"
    ran = run(
        "models", "ours", cwd=write({"promptkit.yaml": config, "prompts/x.yaml": "[", "blocks/role/a.md": "---\n"})
    )
    assert (ran.code, ran.err) == (0, "")
