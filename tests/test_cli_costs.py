"""`promptkit tokens` in money: tables, Markdown and JSON, with prices that the library itself gives."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from conftest import promptkit as run
from test_cli_tokens import PRICES

from promptkit.pricing.facts import ModelFacts
from promptkit.pricing.models import warnings
from promptkit.report.money import exact, usd
from promptkit.report.tables import Column, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]
    Golden = Callable[[str, str], None]

OTHER = """\
  claude-example:
    {input: 0.80, cached_input: 0.08, cache_write: 1.00, cache_minimum: 20, cache_step: 1, context_window: 2000,
     source: a letter}
"""
FILES: dict[str, str | bytes] = {
    "promptkit.yaml": f"models: [gpt-4o, claude-example]\n{PRICES}{OTHER}",
    "blocks/rules.md": "Never promise a refund, a credit or a date that you do not know.\nAnswer in two sentences.\n",
    "prompts/desk.yaml": """\
inputs:
  now: {type: string, sample: "2026-11-24"}
  ticket: {type: string, sample: I was charged twice.}
  shots: {type: integer, default: 1}
blocks:
  - {instructions: "Today is {{ now }}.", name: date}
  - {use: rules}
  - {user: "{{ ticket }}"}
variants: {plain: {drop: [date]}}
matrix:
  shots: [0, 1]
  tone: {warm: {add: [{instructions: Be warm., name: tone, after: rules}]}, cool: {}}
""",
    "prompts/needy.yaml": 'blocks: [{user: "{{ what }}"}]\n',
}
USE = ("--volume", "100000/month", "--output-tokens", "60", "--hit-rate", "90%")


def test_models_side_by_side_in_markdown(write: Write, golden: Golden) -> None:
    ran = run("tokens", *USE, "--format", "md", cwd=write(FILES))
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    golden("tokens/costs.md", ran.out)


def test_the_costs_for_a_terminal(write: Write, golden: Golden) -> None:
    root = write(FILES)
    golden("tokens/costs.txt", run("tokens", *USE, "--model", "gpt-4o", cwd=root).out)
    golden("tokens/costs-models.txt", run("tokens", "desk", "--volume", "5/day", cwd=root).out)


def test_what_each_change_adds_or_saves(write: Write, golden: Golden) -> None:
    ran = run("tokens", "desk", "--by", "variant", "--model", "gpt-4o", cwd=write(FILES))
    assert (ran.code, ran.err) == (0, "")
    golden("tokens/by-variant.txt", ran.out)


@pytest.mark.parametrize("form", ["table", "md"])
def test_the_report_on_caching(form: str, write: Write, golden: Golden) -> None:
    words = ("tokens", "desk", "--cache", "--hit-rate", "0.9", "--model", "gpt-4o", "--format", form)
    ran = run(*words, cwd=write(FILES))
    assert (ran.code, ran.err) == (0, "")
    golden(f"tokens/cache-{form}.txt", ran.out)


def rows(root: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("tokens", *words, "--format", "json", cwd=root).out)["rows"]
    return found


def test_money_is_what_the_rates_say(write: Write) -> None:
    root = write(FILES)
    (row,) = rows(root, "desk", "--variant", "plain", "--model", "gpt-4o", *USE)
    tokens, prefix = row["tokens"], row["cacheable_prefix_tokens"]
    cached = 8 + (prefix - 8) // 4 * 4
    hit, miss = Decimal("0.9"), Decimal("0.1")
    call = (hit * cached * Decimal("0.50") + miss * cached * 2 + (tokens - cached) * 2 + 60 * 8) / 1_000_000
    assert row["cached_tokens"] == cached > 8
    assert Decimal(row["usd_per_call"]) == call
    assert Decimal(row["usd_per_1000"]) == call * 1000
    assert Decimal(row["usd_per_month"]) == call * 100_000
    assert (row["cost_with_output"], row["cost_unknown"], row["context_share"]) == (True, [], tokens / 1000)
    assert row["usage"] == {"calls_per_month": "100000", "output_tokens": 60, "hit_rate": "0.9", "batch": None}
    assert (row["prices_source"], row["prices_checked"], row["prices_stale"]) == ("the price list", None, None)


def test_what_is_unknown_is_null_and_never_0(write: Write) -> None:
    root = write(FILES)
    (row,) = rows(root, "desk", "--variant", "base", "--model", "claude-example", *USE)
    assert (row["usd_per_call"], row["usd_per_1000"], row["usd_per_month"]) == (None, None, None)
    assert row["cost_unknown"] == ["output price"]
    (row,) = rows(root, "desk", "--variant", "base", "--model", "claude-example")
    assert Decimal(row["usd_per_call"]) == row["tokens"] * Decimal("0.80") / 1_000_000
    assert (row["usd_per_month"], row["cost_with_output"]) == (None, False)
    (row,) = rows(root, "desk", "--variant", "base", "--model", "estimate:no-such-model")
    assert (row["usd_per_call"], row["context_share"], row["prices_source"]) == (None, None, None)
    assert row["cost_unknown"] == ["input price"]


def test_options_are_over_what_files_declare(write: Write) -> None:
    usage = "usage: {calls: 3000/month, output_tokens: 10, hit_rate: 0.5}\n"
    root = write({**FILES, "promptkit.yaml": str(FILES["promptkit.yaml"]) + usage})
    (row,) = rows(root, "desk", "--variant", "base", "--model", "gpt-4o", "--hit-rate", "0")
    assert row["usage"] == {"calls_per_month": "3000", "output_tokens": 10, "hit_rate": "0", "batch": None}
    table = run("tokens", "desk", "--variant", "base", cwd=root).out
    assert "$ / 1,000  $ / month" in table
    assert "3,000 calls a month; 10 output tokens a call; 50% of calls find the prefix in the cache" in table


LIMITED = """\
models: [gpt-4o, claude-haiku-4-5]
prices:
  gpt-4o: {context_window: 30, max_output_tokens: 50, retires: 2999-01-01}
"""


def test_a_call_that_no_model_answers_is_told_beside_its_price(write: Write) -> None:
    root = write({**FILES, "promptkit.yaml": LIMITED})
    lines = run("tokens", "desk", *USE, cwd=root).out.splitlines()
    names = "desk, desk (plain), desk (shots=0,tone=warm) + 3 more"
    assert f"over the context window of gpt-4o, 30 tokens: {names}" in lines
    assert f"more output than gpt-4o gives, at most 50 tokens: {names}" in lines
    assert not [line for line in lines if re.match("(over|more) .*claude-haiku", line)]
    told = {(row["model"], row["over_context"], row["over_output"]) for row in rows(root, "desk", *USE)}
    assert told == {("gpt-4o", True, True), ("claude-haiku-4-5", False, False)}
    assert {row["over_output"] for row in rows(root, "desk", "--volume", "5/day")} == {None}


def test_what_fits_exactly_is_told_of_no_limit(write: Write) -> None:
    base = write({**FILES, "promptkit.yaml": LIMITED})
    (row,) = rows(base, "desk", "--variant", "base", "--model", "gpt-4o")
    config = LIMITED.replace("context_window: 30", f"context_window: {row['tokens']}").replace("50", "60")
    out = run("tokens", "desk", "--variant", "base", *USE, cwd=write({**FILES, "promptkit.yaml": config})).out
    assert "over the context" not in out
    assert "more output" not in out


@pytest.mark.parametrize(
    ("days", "line"),
    [
        pytest.param(91, "", id="in time"),
        pytest.param(90, "gpt-4o: retires on {}; plan for another model", id="soon"),
        pytest.param(0, "gpt-4o: retired on {}; measure for a current model", id="today"),
    ],
)
def test_a_retirement_within_90_days_is_told(days: int, line: str) -> None:
    on = date(2026, 11, 24)
    facts = ModelFacts("gpt-4o", retires=on + timedelta(days=days), on=on)
    assert warnings(facts) == ((line.format(facts.retires),) if line else ())


def test_a_retirement_is_told_under_the_table_and_in_json(write: Write) -> None:
    day = datetime.now(UTC).date() + timedelta(days=30)
    root = write({**FILES, "promptkit.yaml": LIMITED.replace("2999-01-01", str(day))})
    assert f"gpt-4o: retires on {day}; plan for another model" in run("tokens", *USE, cwd=root).out.splitlines()
    assert rows(root, "desk", "--model", "gpt-4o")[0]["retires"] == str(day)


def test_each_sign_of_a_table_is_explained_under_it(write: Write) -> None:
    usage = "usage: {calls: 5/day}\nblocks: [{user: Hi}]\n"
    config = str(FILES["promptkit.yaml"]).replace("gpt-4o, claude-example", 'gpt-4o, "estimate:house"')
    root = write({**FILES, "promptkit.yaml": config, "prompts/busy.yaml": usage})
    lines = run("tokens", "--output-tokens", "6", cwd=root).out.splitlines()
    assert "?: no calls a month are declared for desk, desk (plain), desk (shots=0,tone=warm) + 4 more" in lines
    assert "?: the context window of estimate:house is unknown" in lines
    assert "?: not counted, as an input has neither value nor sample" in lines
    (root.parent / "notes.txt").write_text("Plain text.", encoding="utf-8")
    lines = run("tokens", "busy", "../notes.txt", "--model", "gpt-4o", cwd=root).out.splitlines()
    (row,) = [line.split() for line in lines if line.startswith("../notes.txt")]
    assert row[2:6] == ["—", "—", "—", "—"]
    assert "—: does not apply to a file" in lines


def test_a_share_too_small_to_show_has_one_sign(write: Write) -> None:
    root = write({**FILES, "promptkit.yaml": LIMITED.replace("context_window: 30", "context_window: 900000")})
    out = run("tokens", "desk", *USE, "--model", "estimate:gpt-4o", cwd=root).out
    assert "<0.1%" in out
    assert "~<" not in out


def test_a_stale_price_is_told(write: Write) -> None:
    config = str(FILES["promptkit.yaml"]).replace("the price list,", "the price list, checked: 2020-01-01,")
    root = write({**FILES, "promptkit.yaml": config})
    out = run("tokens", "desk", *USE, "--format", "md", cwd=root).out
    assert re.search(
        r"^- gpt-4o: prices of 2020-01-01 are \d+ days old \(stale after 90\); look them up, and renew the entry at "
        r"promptkit\.yaml:4:5 with its checked:$",
        out,
        re.MULTILINE,
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ("--volume", "lots"),
            "'lots' is no volume; write a number, or one /day, /week, /month or /year",
            id="volume",
        ),
        pytest.param(
            ("--hit-rate", "1.5"),
            "'1.5' is no share; write a number from 0 to 1, or a percentage such as 90%",
            id="share",
        ),
        pytest.param(("--hit-rate", "often"), "'often' is no share", id="no number"),
        pytest.param(("--hit-rate", "nan"), "'nan' is no share", id="nan"),
        pytest.param(("--output-tokens", "-1"), "'-1' is no number of tokens", id="output"),
        pytest.param(
            ("--output-tokens", "1.5"),
            "'1.5' is no number of tokens; write a whole number, such as 300",
            id="half a token",
        ),
        pytest.param(("--hit-rate", "0,9"), "'0,9' is no share; write 0.9", id="decimal comma"),
        pytest.param(("--volume", "1,5/day"), "'1,5/day' is no volume; write 1.5/day", id="volume with a comma"),
        pytest.param(
            ("--by", "variant", "--variant", "plain"),
            "--by variant compares the variants of a prompt; leave out --variant",
            id="one variant",
        ),
    ],
)
def test_what_is_no_use_is_refused_in_a_line(words: tuple[str, ...], message: str, write: Write) -> None:
    ran = run("tokens", "desk", *words, cwd=write(FILES))
    assert ran.code == 2
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_the_json_of_the_effects_adds_up(write: Write) -> None:
    data = json.loads(
        run("tokens", "desk", "--by", "variant", "--model", "gpt-4o", "--format", "json", cwd=write(FILES)).out
    )
    counts = {row["variant"]: row["tokens"] for row in data["rows"]}
    (found,) = data["variants"]
    assert found["reference"] == "shots=1,tone=cool"
    assert [change["change"] for change in found["changes"]] == [
        "plain",
        "shots=0",
        "shots=1",
        "tone=warm",
        "tone=cool",
    ]
    for change in found["changes"]:
        assert change["tokens"] == counts[change["variant"]]
        assert change["effect_tokens"] == counts[change["variant"]] - counts[change["against"]]
        least, most = change["effect_tokens_elsewhere"] or (change["effect_tokens"],) * 2
        assert least <= change["effect_tokens"] <= most
        usd = Decimal(change["effect_usd_per_1000"])
        assert usd == change["effect_tokens"] * Decimal(2) / 1000


def test_the_json_of_the_report_on_caching(write: Write) -> None:
    data = json.loads(run("tokens", "desk", "--cache", "--model", "gpt-4o", "--format", "json", cwd=write(FILES)).out)
    base = data["rows"][0]
    found = base["caching"]
    parts = found["prefix_tokens"] + found["breaking_tokens"] + found["lost_tokens"] + found["rest_tokens"]
    assert parts == base["tokens"]
    assert found["ends_at"] == {
        "kind": "value", "inputs": ["now"], "block": "date", "source": "prompts/desk.yaml:6:21", "message": 1,
    }  # fmt: skip
    assert [move["what"] for move in found["moves"]] == ["block 'date'"]
    assert found["reachable_tokens"] == found["prefix_tokens"] + sum(move["gain_tokens"] for move in found["moves"])
    prefixes = data["shared_prefixes"][0]["prefixes"]
    assert prefixes[0]["variants"][:2] == ["base", "shots=0,tone=warm"]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        pytest.param(None, "?", id="unknown"),
        pytest.param("0", "$0.00", id="nothing"),
        pytest.param("0.000375", "$0.000375", id="tiny"),
        pytest.param("0.00012345", "$0.000123", id="three digits"),
        pytest.param("0.0001235", "$0.000124", id="half is rounded up"),
        pytest.param("0.9994", "$0.999", id="below a dollar"),
        pytest.param("0.9996", "$1.00", id="carried into a dollar"),
        pytest.param("0.09996", "$0.100", id="carried by a digit"),
        pytest.param("0.5", "$0.500", id="padded"),
        pytest.param("1.005", "$1.01", id="to the cent"),
        pytest.param("1234567.895", "$1,234,567.90", id="thousands"),
        pytest.param("-0.0636", "-$0.0636", id="saved"),
    ],
)
def test_money_is_rounded_as_people_read_it(amount: str | None, shown: str) -> None:
    assert usd(None if amount is None else Decimal(amount)) == shown


def test_money_that_is_added_has_its_sign() -> None:
    assert [usd(Decimal(amount), sign=True) for amount in ("2", "-2", "0")] == ["+$2.00", "-$2.00", "$0.00"]


def test_programs_get_the_digits_up_to_the_twelfth() -> None:
    assert exact(Decimal(100) / 3) == "33.333333333333"
    assert [exact(amount) for amount in (None, Decimal("0.10"), Decimal("1E+3"), Decimal("1E-9"))] == [
        None, "0.1", "1000", "0.000000001",
    ]  # fmt: skip


def test_markdown_shows_names_as_they_are() -> None:
    written = markdown([Column("a|b"), Column(""), Column("n", right=True)], [["x_y*", "█", "<0.1%"]], ["<b>", "", "2"])
    assert written.splitlines() == [
        r"| a\|b | n |", "| --- | ---: |", r"| x\_y\* | <0.1% |", r"| **\<b>** | **2** |",
    ]  # fmt: skip


def test_many_moves_are_summed_up(write: Write) -> None:
    rule = "Rule {0} tells what is to be done in the case of {0}, and nothing else, in all the words that it takes."
    lines = "\n".join(f"      Today is {{{{ q }}}}.\n      {rule.format(number)}" for number in range(8))
    prompt = f"inputs: {{q: {{type: string, sample: Monday}}}}\nblocks:\n  - instructions: |\n{lines}\n"
    root = write({"prompts/x.yaml": prompt})
    out = run("tokens", "--cache", cwd=root).out
    gains = [int(gain) for gain in re.findall(r"^  (?:move|and).*: \+(\d+) cacheable tokens$", out, re.MULTILINE)]
    assert len(gains) == 6
    assert "  and 3 more moves: +" in out
    (row,) = rows(root, "--cache")
    assert sum(gains) == sum(move["gain_tokens"] for move in row["caching"]["moves"])
