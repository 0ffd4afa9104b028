"""What notebooks show of a prompt, a rendered one and its count: escaped, whole, and still nothing but HTML."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import promptkit
from promptkit import Prompt, blocks
from promptkit.blocks.kinds import KINDS
from promptkit.report.html import _HUES

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptkit.shown import Shown

ROOT = Path(__file__).parents[1]
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;</div></span>"
TAGS = {"div", "span", "b", "i", "u", "code", "table", "tr", "th", "td"}


class Page(HTMLParser):
    """The tags, attributes and text of a fragment; unbalanced tags fail."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.titles: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.titles += [value or "" for name, value in attrs if name == "title"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile() -> Prompt:
    return Prompt(
        EVIL,
        [{"role": "You are {{ who }}. " + EVIL, "name": EVIL}, {"context": {"input": "who"}}, blocks.user("{{ who }}")],
        description=EVIL,
        owner=EVIL,
        inputs={"who": {"type": "string", "description": EVIL, "default": EVIL, "trust": "untrusted"}},
    )


def shown(value: Shown) -> str:
    return value._repr_html_()


@pytest.mark.parametrize(
    "of",
    [lambda p: p, lambda p: p.render(who=EVIL), lambda p: p.render(who=EVIL).count()],
    ids=["prompt", "rendered", "measurement"],
)
def test_hostile_text_stays_text(of: Callable[[Prompt], Shown]) -> None:
    source = shown(of(hostile()))
    page = Page(source)
    assert page.tags <= TAGS
    assert page.attributes <= {"style", "title"}
    assert "<script" not in source
    assert "<img" not in source
    assert EVIL in page.text
    assert not re.search(r"url\(|https?:|@import", source)


def test_a_rendered_prompt_shows_every_character_and_where_it_comes_from() -> None:
    rendered = promptkit.load(ROOT / "templates")["support/triage"].render(ticket="My site is down.")
    page = Page(shown(rendered))
    for message in rendered.messages:
        assert message.content in page.text
    assert any(title.startswith("blocks/role/support-agent.md:") for title in page.titles)
    assert any("from ticket" in title for title in page.titles)


def test_a_long_message_is_cut_and_says_so() -> None:
    prompt = Prompt("long", [blocks.user("{{ text }}")])
    source = shown(prompt.render(text="x" * 1_000_000))
    assert len(source) < 30_000
    assert "980,000 more characters" in source


def test_a_prompt_shows_variants_inputs_and_blocks() -> None:
    prompt = promptkit.load(ROOT / "templates")["support/triage"]
    page = Page(shown(prompt))
    for part in (
        prompt.name,
        *prompt.variants,
        "ticket",
        "untrusted",
        "std/instructions/data-not-instructions",
        "negative",
    ):
        assert part in page.text


def test_a_measurement_shows_parts_that_add_up() -> None:
    measured = promptkit.load(ROOT / "templates")["support/triage"].render(ticket="Hello").count()
    page = Page(shown(measured))
    assert f"{measured.tokens:,} tokens" in page.text
    assert sum(int(title.rpartition(": ")[2].replace(",", "")) for title in page.titles) == measured.tokens
    assert "response schema" in page.text


def test_every_kind_has_a_colour_of_its_own() -> None:
    assert set(KINDS) <= set(_HUES)
    assert len(set(_HUES.values())) == len(_HUES)


@pytest.mark.parametrize("scheme", ["#fff;color:#111", "#111;color:#eee"], ids=["light", "dark"])
def test_a_browser_runs_nothing_and_shows_the_text(tmp_path: Path, scheme: str) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("no browser is installed")
    page = tmp_path / "page.html"
    prompt = hostile()
    body = "".join(map(shown, (prompt, prompt.render(who=EVIL), prompt.render(who=EVIL).count())))
    page.write_text(
        f'<meta charset="utf-8"><title>still</title><body style="background:{scheme}">{body}'.replace(
            "alert(", "document.title=("
        ),
        "utf-8",
    )
    done = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "<title>still</title>" in done.stdout
    assert "&lt;script&gt;" in done.stdout
    assert "<img" not in done.stdout
