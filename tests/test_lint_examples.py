"""What lint says of few-shot examples beyond the pages of its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lint_cases import Case, write

import promptkit
from promptkit.errors import LibraryError
from promptkit.lint import lint_library

if TYPE_CHECKING:
    from pathlib import Path

CHOICES = "  - format: {choices: [bug, praise]}\n"


def told(folder: Path, records: list[str], before: str = "", keys: str = "", code: str = "S20") -> list[str]:
    """Each finding as `line severity code message`, for examples that begin on line 1 of their file."""
    data = "".join(f"- {{inputs: {{text: {record}}}\n" for record in records)
    prompt = f'blocks:\n{before}  - examples: {{from: examples/e.yaml{keys}}}\n  - user: "{{{{ text }}}}"\n'
    files = {"prompts/p.yaml": prompt, "examples/e.yaml": data}
    report = lint_library(write(Case("", "", files), folder), [code])
    assert report.failures == ()
    return [f"{each.place.line} {each.severity} {each.code} {each.message}" for each in report.findings]


def test_a_question_answered_in_two_ways_is_told_with_both_answers(tmp_path: Path) -> None:
    records = ["It crashes.}, output: bug", "Lovely.}, output: praise", "It crashes.}, output: praise"]
    assert told(tmp_path, records) == [
        "3 warning S205 the same question as the example on line 1, answered otherwise ('praise' and 'bug'); keep one"
    ]


def test_a_question_that_differs_in_punctuation_is_told_as_info(tmp_path: Path) -> None:
    records = ["It crashes!}, output: bug", "Lovely.}, output: praise", "It crashes.}, output: bug"]
    assert told(tmp_path, records) == [
        "3 info S205 but for punctuation the question of the example on line 1; remove one"
    ]


def test_five_repeats_of_a_file_are_told(tmp_path: Path) -> None:
    assert len(told(tmp_path, ["same}, output: bug"] * 20, code="S205")) == 5


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        pytest.param(
            "bug bug bug bug", "warning S206 no example has the label 'praise'; give each label as many", id="0"
        ),
        pytest.param(
            "bug bug praise bug", "warning S206 3 of 4 examples have the label 'bug'; give each label as many", id="3:1"
        ),
        pytest.param(
            "bug bug praise praise praise",
            "info S206 the last 3 examples have the label 'praise'; mix their order",
            id="sorted",
        ),
        pytest.param("bug praise bug praise", None, id="even"),
    ],
)
def test_labels_are_weighed(answers: str, message: str | None, tmp_path: Path) -> None:
    records = [f"text {'abcdefgh'[number]}}}, output: {answer}" for number, answer in enumerate(answers.split())]
    assert told(tmp_path, records, CHOICES) == ([f"3 {message}"] if message else [])


def test_a_label_that_no_example_of_a_pool_has_is_told(tmp_path: Path) -> None:
    records = [f"text {letter}}}, output: bug" for letter in "abcd"]
    assert told(tmp_path, records, CHOICES, ", select: random, take: 3") == [
        "3 warning S206 no example has the label 'praise'; give each label as many"
    ]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        pytest.param(
            "{urgent: true, kind: bug}",
            "this answer has another form than most: the keys in the order urgent, kind, not the keys in the order kind,"
            " urgent; write all in one form",
            id="order",
        ),
        pytest.param(
            "bug", "this answer has another form than most: text, not an object; write all in one form", id="type"
        ),
        pytest.param("{kind: bug}", None, id="a property left out"),
    ],
)
def test_the_form_of_an_answer_is_held_against_the_others(output: str, message: str | None, tmp_path: Path) -> None:
    usual = "{kind: bug, urgent: true}"
    records = [f"a}}, output: {usual}", f"b}}, output: {usual}", f"c}}, output: {output}"]
    assert told(tmp_path, records) == ([f"3 warning S204 {message}"] if message else [])


def test_a_label_in_two_spellings_is_told(tmp_path: Path) -> None:
    records = ["a}, output: bug", "b}, output: praise", "c}, output: Bug."]
    assert told(tmp_path, records) == [
        "3 warning S204 the same answer is spelt 'Bug.' here and 'bug' before; write all in one form"
    ]


def test_many_examples_are_few_where_there_are_many_labels(tmp_path: Path) -> None:
    records = [f"text {number}}}, output: label {number // 2}" for number in range(8)]
    assert told(tmp_path, records) == []
    assert told(tmp_path, [f"text {number}}}, output: answer {number}" for number in range(8)], code="S203") == [
        "2 info S203 8 examples; measure whether the best 3 to 5 do as well"
    ]


INPUTS = "inputs:\n  text: {type: string}\n  tone: {type: string}\n"


@pytest.mark.parametrize(
    ("record", "question", "code"),
    [
        pytest.param("txt: Hello", "{{ text }}", "D607", id="misspelt"),
        pytest.param("text: Hello, extra: 1", "{{ text }}", "D607", id="one that the prompt does not have"),
        pytest.param("text: Hello", "{{ text }} {{ tone }}", "D607", id="one too few"),
        pytest.param("text: 3", "{{ text }}", "D607", id="of another type"),
        pytest.param("text: Hello", None, "D601", id="no question"),
    ],
)
def test_an_example_that_load_refuses_is_told_in_the_same_words(
    record: str, question: str | None, code: str, tmp_path: Path
) -> None:
    user = "" if question is None else f'  - user: "{question}"\n'
    prompt = f"{INPUTS}blocks:\n  - system: Be brief.\n  - examples: {{from: examples/e.yaml}}\n{user}"
    files = {"prompts/p.yaml": prompt, "examples/e.yaml": f"- {{inputs: {{{record}}}, output: Hi}}\n"}
    report = lint_library(write(Case("", "", files), tmp_path))
    with pytest.raises(LibraryError) as refused:
        promptkit.load(tmp_path)
    assert report.failures == ()
    (found,) = [each for each in report.findings if each.severity == "error"]
    assert (found.code, f"{found.place.span}: {found.message}") == (code, str(refused.value))


def test_five_examples_whose_inputs_are_wrong_are_told(tmp_path: Path) -> None:
    data = "".join(f"- {{inputs: {{txt: {number}a}}, output: Hi}}\n" for number in range(9))
    prompt = "blocks:\n  - examples: {from: examples/e.yaml, select: random, take: 2}\n  - user: '{{ text }}'\n"
    report = lint_library(write(Case("", "", {"prompts/p.yaml": prompt, "examples/e.yaml": data}), tmp_path), ["D607"])
    assert [each.place.line for each in report.findings] == [1, 2, 3, 4, 5]
