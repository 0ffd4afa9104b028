"""What lint counts without a render is what `promptkit tokens` counts after one."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import promptkit
from promptkit.lint import lint_library
from promptkit.lint.extremes import extremes
from promptkit.lint.sizes import sizes
from promptkit.lint.tally import LONG, is_exact, tallies, tally
from promptkit.lint.views import Sight
from promptkit.ranges import token_range
from promptkit.render import samples, tokenizer_of
from promptkit.tokens import count

TEMPLATES = Path(__file__).parent.parent / "templates"
LIBRARY = promptkit.load(TEMPLATES)
VARIANTS = [(name, variant) for name in LIBRARY for variant in LIBRARY[name].variants]


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_static_text_and_prefix_are_counted_as_a_render_has_them(name: str, variant: str) -> None:
    prompt = LIBRARY[name]
    measured = prompt.render(variant=variant, **samples(prompt[variant])).count()
    found = sizes(Sight(prompt), prompt[variant])
    assert (found.static, found.prefix) == (measured.static_tokens, measured.cacheable_prefix_tokens)


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_a_render_lies_between_the_extremes(name: str, variant: str) -> None:
    prompt = LIBRARY[name]
    measured = prompt.render(variant=variant, **samples(prompt[variant])).count()
    tokens = measured.tokens - measured.media_tokens
    views = Sight(prompt).views_of(prompt[variant])
    found = [extremes(view, tokenizer_of(prompt[variant], None)) for view in views]
    known = token_range(prompt[variant])
    assert min(each.least for each in found) <= tokens
    if all(each.most is not None for each in found):
        assert tokens <= max(each.most or 0 for each in found)
    elif name != "agent/incident":  # a number without max_tokens has a most here
        assert known.most is None


def test_what_could_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "promptkit.yaml").write_text("")
    text = 'blocks:\n  - user: "{% for n in [1, 2, 3] %}one more {% endfor %}{{ q }}"\n'
    (tmp_path / "prompts/p.yaml").write_text(text)
    prompt = promptkit.load(tmp_path)["p"]
    assert not sizes(Sight(prompt), prompt["base"]).exact


FORM = """\
blocks:
  - instructions: |
      Answer with valid JSON only. Do not use Markdown. Never add an explanation. Respond with exactly these keys.
      Do not write code fences.
  - user: "{{ question }}"
usage: {calls: 100000/month}
"""


def library_of(tmp_path: Path, prompt: str, config: str = "") -> Path:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "promptkit.yaml").write_text(config)
    (tmp_path / "prompts/p.yaml").write_text(prompt)
    return tmp_path


def test_sentences_about_the_form_are_a_sign_beside_another(tmp_path: Path) -> None:
    (found,) = lint_library(library_of(tmp_path, FORM), ["F"]).findings
    assert "5 sentences about the answer's form (from 5)" in found.message
    assert "1,200,000 calls a year" in found.message


def test_what_a_signal_costs_is_computed(tmp_path: Path) -> None:
    config = "prices: {gpt-4.1-mini: {input: 0.40}}\nmodels: [gpt-4.1-mini]\n"
    (found,) = lint_library(library_of(tmp_path, FORM, config), ["F"]).findings
    static = sizes(Sight(promptkit.load(tmp_path)["p"]), promptkit.load(tmp_path)["p"]["base"]).static
    assert f"(${Decimal('0.40') * static * 100_000 / 1_000_000:.2f}".lstrip("(") in found.message


@pytest.mark.parametrize(
    ("model", "limit", "severity", "words"),
    [
        pytest.param("claude-sonnet-5", 10, "error", "has at least about", id="over for sure"),
        pytest.param("claude-sonnet-5", 25, "warning", "cannot be told", id="within the error"),
        pytest.param("claude-sonnet-5", 60, None, "", id="under for sure"),
        pytest.param("gpt-4o", 18, "error", "has at least", id="exact"),
    ],
)
def test_an_estimate_near_the_budget_is_no_error(
    tmp_path: Path, model: str, limit: int, severity: str | None, words: str
) -> None:
    text = f"model: {model}\nblocks:\n  - user: Write one sentence that greets a new customer of the shop by name.\n"
    found = lint_library(library_of(tmp_path, f"{text}budget: {{max_tokens: {limit}}}\n"), ["K301"]).findings
    assert [each.severity for each in found] == ([] if severity is None else [severity])
    assert all(words in each.message for each in found)


def test_a_prompt_that_cannot_reach_a_threshold_loads_no_tokenizer(tmp_path: Path) -> None:
    prompt = 'usage: {calls: 5/day}\nblocks:\n  - system: "Today is {{ today }}. Be brief."\n  - user: "{{ q }}"\n'
    code = f"import sys, promptkit.lint as lint; lint.lint_library({str(library_of(tmp_path, prompt))!r}); "
    code += "print(sorted({'tiktoken', 'promptkit.lint.sizes', 'promptkit.lint.extremes'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("text", ["-" * 25_000, "word " * 9_000, "-" * 9_000 + " " + "=" * 12_000, "é" * 10_000])
def test_a_word_without_end_is_counted_in_parts_near_its_count(text: str) -> None:
    exact, cuts = count(text, "o200k_base"), 0 if is_exact(text) else len(text) // LONG
    assert abs(tally(text, "o200k_base") - exact) <= 2 * cuts
    assert abs(sum(tallies((text[:5_000], text[5_000:]), "o200k_base")) - exact) <= 2 * cuts + 2
