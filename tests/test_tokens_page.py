"""docs/tokens.md shows what happens: every command on it is run, on templates/ with the prices that the page gives."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import promptkit as run
from test_readme import agrees, fences

from promptkit.tokens.ways import BYS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "tokens.md").read_text("utf-8")
COMMANDS = [
    (line.removeprefix("$ "), rest.split("\n"))
    for _, shown in fences(PAGE, "console")
    for line, _, rest in [shown.rstrip("\n").partition("\n")]
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with templates/, whose settings end with the page's prices."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(ROOT / "templates", folder / "templates")
    [(_, prices)] = fences(PAGE, "yaml")
    with (folder / "templates" / "promptkit.yaml").open("a", encoding="utf-8") as file:
        file.write(prices)
    return folder


@pytest.mark.parametrize(("command", "shown"), COMMANDS)
def test_a_command_prints_what_the_page_shows(command: str, shown: list[str], place: Path) -> None:
    name, *words = shlex.split(command)
    assert name == "promptkit"
    ran = run(*words, cwd=place)
    assert ran.code == 0
    assert agrees([*shown, *([] if "..." in shown else ["..."])], (ran.out + ran.err).rstrip("\n").split("\n")), ran.out


def test_the_page_shows_each_of_its_tables() -> None:
    assert len(COMMANDS) >= 3
    assert re.findall(r"^\| `(\w+)` \| an? ", PAGE, re.MULTILINE) == [
        "block",
        "line",
        "message",
        "input",
        "kind",
        "variant",
    ]
    assert set(BYS) == {"block", "line", "message", "input", "kind"}


def test_the_pages_formula_is_the_cost_of_its_rows(place: Path) -> None:
    (command,) = [command for command, _ in COMMANDS if "--format md" in command]
    words = shlex.split(command)[1:-1]
    rows = json.loads(run(*words, "json", cwd=place).out)["rows"]
    prices = {"gpt-4.1-mini": ("0.40", "0.10", "0.40", "1.60"), "gpt-4o": ("2.50", "1.25", "2.50", "10.00")}
    for row in rows:
        i, r, w, o = map(Decimal, prices[row["model"]])
        prefix, h = row["cacheable_prefix_tokens"], Decimal("0.9")
        cached = 0 if prefix < 1024 else 1024 + (prefix - 1024) // 128 * 128
        call = (cached * (h * r + (1 - h) * w) + (row["tokens"] - cached) * i + 60 * o) / 1_000_000
        assert Decimal(row["usd_per_call"]) == call
    assert any(row["cached_tokens"] for row in rows)


def test_the_page_names_every_key_of_the_json(place: Path) -> None:
    words = ("tokens", "review/code-review", "--cache", "--by", "variant", "--format", "json")
    data = json.loads(run(*words, cwd=place).out)
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`[^`]+`", prose))))
    elsewhere = {"prompt", "variant", "model", "tokenizer", "basis", "framing", "tokens", "static_tokens"}
    elsewhere |= {"cacheable_prefix_tokens", "budget", "over_budget", "missing", "uncounted", "parts"}
    row = data["rows"][0]
    ranged = json.loads(run("tokens", "review/code-review", "--range", "--format", "json", cwd=place).out)["rows"][0]
    keys = {
        *row,
        *ranged,
        *ranged["range"],
        *row["usage"],
        *row["caching"],
        *row["caching"]["ends_at"],
        *row["caching"]["moves"][0],
    }
    costs = {key for key in row["caching"] if key.startswith("usd_")}  # "and its costs"
    assert keys - elsewhere - costs <= named
