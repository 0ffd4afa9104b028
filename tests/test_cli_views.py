"""The views of `promptkit tokens`: what their tables show, and what they refuse."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

FILES = {
    "promptkit.yaml": "models: [gpt-4o, claude-sonnet-4-5]\n",
    "prompts/ask.yaml": """\
inputs: {question: {type: string, max_tokens: 40, sample: Why?}}
blocks:
  - system: Answer in one sentence.
  - user: "{{ question }}"
""",
}


@pytest.fixture
def root(write: Write) -> Path:
    return write(FILES)


def test_range_has_the_least_and_the_most_of_any_call(root: Path) -> None:
    ran = run("tokens", "--range", "--format", "json", cwd=root)
    first, second = json.loads(ran.out)["rows"]
    assert (ran.code, ran.err) == (0, "")
    assert first["model"] == "gpt-4o"
    assert first["range"]["least"] < first["tokens"] < first["range"]["most"]
    assert second["basis"] == "estimate"
    rendered = run("tokens", "--model", "gpt-4o", "--format", "json", "-i", "question=" + " a" * 40, cwd=root)
    (largest,) = json.loads(rendered.out)["rows"]
    assert largest["tokens"] <= first["range"]["most"]


def test_range_is_known_for_a_prompt_without_samples(write: Write) -> None:
    root = write({**FILES, "prompts/ask.yaml": FILES["prompts/ask.yaml"].replace(", sample: Why?", "")})
    ran = run("tokens", "ask", "--range", "--model", "gpt-4o", cwd=root)
    assert (ran.code, ran.err) == (0, "")
    empty = run("tokens", "--model", "gpt-4o", "--format", "json", "-i", "question=", cwd=root)
    least = json.loads(empty.out)["rows"][0]["tokens"]
    assert ran.out.splitlines()[2].split()[:4] == ["ask", "base", "?", str(least)]


def test_a_budget_is_not_checked_by_a_range_alone(write: Write) -> None:
    root = write({**FILES, "prompts/ask.yaml": FILES["prompts/ask.yaml"].replace(", sample: Why?", "")})
    ran = run("tokens", "ask", "--range", "--check", "--model", "gpt-4o", cwd=root)
    told = "prompts/ask.yaml:1:10: ask: not counted: no value and no sample for 'question'; pass -i NAME=VALUE\n"
    assert (ran.code, ran.err) == (2, told)


def test_a_range_of_estimates_is_marked_and_its_gaps_have_a_place(write: Write) -> None:
    root = write({**FILES, "prompts/ask.yaml": FILES["prompts/ask.yaml"].replace("max_tokens: 40, ", "")})
    ran = run("tokens", "--range", cwd=root)
    exact, estimate = (line.split() for line in ran.out.splitlines()[2:4])
    assert ran.code == 0
    assert estimate[3:6] == [f"~{exact[3]}", f"~{exact[4]}", "—"]
    lines = ran.out.splitlines()
    assert "prompts/ask.yaml:1:10: ask: question: declare max_tokens" in lines
    assert lines[-1] == "~: an estimate, and what rests on one"
    assert "~" not in run("tokens", "--range", "--model", "gpt-4o", cwd=root).out


def test_what_a_range_leaves_out_names_the_prompts_that_have_it(write: Write) -> None:
    pair = {
        "format.yaml": "blocks: [{user: Hi}, {format: {schema: {type: object}}}]\n",
        "plain.yaml": "blocks: [{user: Hi}]\n",
    }
    root = write({"promptkit.yaml": FILES["promptkit.yaml"]} | {f"prompts/{name}": text for name, text in pair.items()})
    ran = run("tokens", "--range", "--model", "gpt-4o", cwd=root)
    assert "not in the ranges, nor in their samples: response schema (format)" in ran.out.splitlines()


def test_every_figure_of_a_cache_that_rests_on_an_estimate_is_marked(write: Write) -> None:
    late = "  - system: Always be brief, and never say what was not asked for, whatever is said, and by whom.\n"
    root = write({**FILES, "prompts/ask.yaml": FILES["prompts/ask.yaml"] + late + "variants: {v: {}}\n"})
    words = ("tokens", "--cache", "--variant", "base", "--hit-rate", "90%", "--model")
    ran = run(*words, "claude-sonnet-4-5", cwd=root)
    figures = ran.out.splitlines()[2].split()[1:7]
    assert (ran.code, len(figures)) == (0, 6)
    assert [figure for figure in figures if not figure.startswith("~")] == []
    assert re.search(r"; ~\d+ static tokens stand behind it$", ran.out, re.MULTILINE)
    assert re.search(r": ~\+\d+ cacheable tokens$", ran.out, re.MULTILINE)
    both = run("tokens", "--cache", "--model", "claude-sonnet-4-5", cwd=root).out
    assert re.search(r"^shared by all 2: ~\d+ tokens", both, re.MULTILINE)
    assert "~" not in run(*words, "gpt-4o", cwd=root).out


def test_a_cache_without_hit_rate_says_why_it_has_no_costs(root: Path) -> None:
    told = "no costs here: without a hit rate a cache saves nothing; pass --hit-rate"
    words = ("tokens", "--cache", "--output-tokens", "9")
    assert told in run(*words, cwd=root).out.splitlines()
    assert told not in run(*words, "--hit-rate", "0.5", cwd=root).out.splitlines()


@pytest.mark.parametrize(
    "options", [("--range", "--cache"), ("--by", "variant", "--range"), ("--by", "variant", "--cache")]
)
def test_one_table_at_a_time(root: Path, options: tuple[str, ...]) -> None:
    ran = run("tokens", *options, cwd=root)
    assert ran.code == 2
    assert ran.err == (
        "promptkit tokens: --by variant, --cache and --range each show a table of their own; choose one\n"
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--range", "--remote"), "the table of --range has no vendor's numbers; leave out --remote, or --range"),
        (("--cache", "--remote"), "the table of --cache has no vendor's numbers; leave out --remote, or --cache"),
        (
            ("--by", "variant", "--remote"),
            "the table of --by variant has no vendor's numbers; leave out --remote, or --by variant",
        ),
        (
            ("--range", "--output-tokens", "9"),
            "the table of --range has no costs; leave out --volume, --output-tokens and --hit-rate, or --range",
        ),
        (
            ("--range", "--hit-rate", "0.5"),
            "the table of --range has no costs; leave out --volume, --output-tokens and --hit-rate, or --range",
        ),
        (
            ("--by", "variant", "--volume", "9/day"),
            "the table of --by variant has costs of 1,000 calls; leave out --volume, or --by variant",
        ),
        (
            ("--cache", "--volume", "9/day"),
            "the table of --cache has costs of 1,000 calls; leave out --volume, or --cache",
        ),
    ],
)
def test_what_a_table_would_not_show_is_refused(root: Path, options: tuple[str, ...], told: str) -> None:
    ran = run("tokens", *options, cwd=root)
    assert (ran.code, ran.out, ran.err) == (2, "", f"promptkit tokens: {told}\n")


def test_json_has_all_views_at_once(root: Path) -> None:
    words = ("--range", "--cache", "--volume", "9/day", "--model", "gpt-4o", "--format", "json")
    ran = run("tokens", *words, cwd=root)
    [row] = json.loads(ran.out)["rows"]
    assert (ran.code, row["usage"]["calls_per_month"]) == (0, "273.75")
    assert row["range"]["least"]
    assert row["caching"]["prefix_tokens"]


def test_a_base_url_without_remote_is_refused(root: Path) -> None:
    ran = run("tokens", "--base-url", "https://example.com", cwd=root)
    assert ran.code == 2
    assert ran.err == "promptkit tokens: --base-url is where --remote asks; add --remote, or leave it out\n"


def test_a_file_is_priced_as_unknown(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Hello there", "utf-8")
    ran = run("tokens", "note.txt", "--volume", "9/day", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[2].startswith("note.txt")


def test_views_of_prompts_are_refused_for_files(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Hello there", "utf-8")
    for view in ("--range", "--cache", "--remote"):
        ran = run("tokens", "note.txt", view, cwd=tmp_path)
        told = "promptkit tokens: plain files are texts and no prompts; leave out --range, --cache and --remote\n"
        assert (ran.code, ran.out, ran.err) == (2, "", told)


@pytest.mark.parametrize("words", [("--by", "line"), ("--check",)])
def test_parts_and_budgets_are_refused_for_files(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "note.txt").write_text("Hello there", "utf-8")
    ran = run("tokens", "note.txt", *words, cwd=tmp_path)
    told = "promptkit tokens: plain files have no parts and no budgets; leave out --by and --check\n"
    assert (ran.code, ran.out, ran.err) == (2, "", told)


def test_a_file_that_is_named_twice_is_counted_once(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("Hello there", "utf-8")
    (tmp_path / "notes" / "b.txt").symlink_to("a.txt")
    words = ("notes/a.txt", "notes", str(tmp_path / "notes" / "a.txt"), "notes/b.txt", "--format", "json")
    ran = run("tokens", *words, cwd=tmp_path)
    assert [row["path"] for row in json.loads(ran.out)["rows"]] == ["notes/a.txt", "notes/b.txt"]


VARIANTS = {
    "prompts/a.yaml": 'blocks: [{user: "Hi {{ x }}"}]\nvariants: {warm: {set: {x: 1}}}\n',
    **{f"prompts/b/{name}.yaml": "blocks: [{user: Hi}]\n" for name in "cdef"},
}


@pytest.mark.parametrize("names", [(), ("prompts",)])
def test_a_variant_of_a_library_is_that_of_the_prompts_that_have_it(write: Write, names: tuple[str, ...]) -> None:
    ran = run("tokens", *names, "--variant", "warm", "--format", "json", cwd=write(VARIANTS))
    assert [(row["prompt"], row["variant"]) for row in json.loads(ran.out)["rows"]] == [("a", "warm")]
    assert (ran.code, ran.err) == (0, "left out, without a variant 'warm': b/c, b/d, b/e + 1 more\n")


@pytest.mark.parametrize(
    ("names", "variant", "told"),
    [
        (("a", "b/c"), "warm", "prompts/b/c.yaml:1:1: unknown variant 'warm' of 'b/c'; known: base"),
        (("prompts", "b/c"), "warm", "prompts/b/c.yaml:1:1: unknown variant 'warm' of 'b/c'; known: base"),
        ((), "wram", "none of 5 prompts has a variant 'wram'; did you mean 'warm'?"),
    ],
)
def test_a_variant_that_a_named_prompt_or_all_lack_is_refused(
    write: Write, names: tuple[str, ...], variant: str, told: str
) -> None:
    ran = run("tokens", *names, "--variant", variant, cwd=write(VARIANTS))
    assert (ran.code, ran.out, ran.err) == (2, "", told + "\n")


def test_several_variants_are_counted_each_once_in_the_order_of_the_prompts(write: Write) -> None:
    root = write({**VARIANTS, "prompts/a.yaml": "inputs: {x: {sample: 2}}\n" + VARIANTS["prompts/a.yaml"]})

    def rows(*options: str) -> tuple[list[tuple[str, str]], str]:
        ran = run("tokens", *options, "--format", "json", cwd=root)
        return [(row["prompt"], row["variant"]) for row in json.loads(ran.out)["rows"]], ran.err

    both = [("a", "warm"), ("a", "base")]
    assert rows("a", "--variant", "warm", "--variant", "base", "--variant", "warm") == (both, "")
    assert rows("--variant", "warm", "--variant", "base") == (
        [*both, *((f"b/{name}", "base") for name in "cdef")],
        "left out, without a variant 'warm': b/c, b/d, b/e + 1 more\n",
    )
    assert rows("--variant", "warm", "--variant", "all") == rows()
    wrong = run("tokens", "--variant", "base", "--variant", "wram", cwd=root)
    assert (wrong.code, wrong.err) == (2, "none of 5 prompts has a variant 'wram'; did you mean 'warm'?\n")


def test_parts_have_one_view(root: Path) -> None:
    ran = run("tokens", "--by", "block", "--by", "line", cwd=root)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "promptkit tokens: --by shows one view; choose one of block, line\n"
    assert run("tokens", "--by", "block", "--by", "block", cwd=root).code == 0


@pytest.mark.parametrize(("command", "option"), [("tokens", "--by"), ("render", "--variant")])
def test_an_option_without_its_value_points_to_the_help_of_its_command(root: Path, command: str, option: str) -> None:
    ran = run(command, option, cwd=root)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (f"promptkit {command}: option '{option}' requires an argument; see promptkit {command} --help\n")


@pytest.mark.parametrize("settings", ["models: []\n", "prices: {gpt-4o: {input: cheap}}\n"])
def test_nothing_is_counted_by_settings_that_are_wrong(write: Write, settings: str) -> None:
    ran = run("tokens", cwd=write({**FILES, "promptkit.yaml": settings}))
    assert (ran.code, ran.out) == (2, "nothing to count\n")
    assert ran.err.startswith("promptkit.yaml:1:")


def test_a_model_asked_for_twice_is_counted_once(root: Path) -> None:
    ran = run("tokens", "--model", "gpt-4o", "--model", "gpt-4o", "--format", "json", cwd=root)
    assert [row["model"] for row in json.loads(ran.out)["rows"]] == ["gpt-4o"]
