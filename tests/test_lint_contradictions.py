"""Which demands contradict each other, and which only seem to."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from lint_cases import Case, write

from promptkit.lint import lint_library
from promptkit.lint.demands import demands
from promptkit.lint.rules.contradictions import clash

if TYPE_CHECKING:
    from pathlib import Path

CONTRADICT = [
    ("Answer in two sentences.", "Answer in three paragraphs."),
    ("Keep your answer under 50 words.", "Your response must be at least 200 words long."),
    ("Summarise the contract in one sentence.", "The summary should be comprehensive and name the parties."),
    ("Use at most 30 words.", "Answer in great detail."),
    ("Write a two-sentence summary.", "The summary must have at least 5 sentences."),
    ("Limit the title to 60 characters.", "The title must be at least 20 words."),
    ("Your reply should not exceed 100 words.", "Respond with at least 150 words."),
    ("Return only valid JSON.", "Respond in Markdown."),
    ("Respond only in XML.", "Output must be JSON."),
    ("Answer in YAML only.", "Return a JSON object."),
    ("Output only Markdown.", "Do not use any markdown formatting."),
    ("Answer in plain text only.", "Format your answer with Markdown."),
    ("Use Markdown.", "Never use markdown."),
    ("Always answer in English.", "Respond in German."),
    ("Answer in French.", "Reply in the same language as the user's message."),
    ("Write in a formal tone.", "Keep a casual, friendly tone."),
    ("Write formally.", "Use an informal style."),
    ("Do not use emojis.", "Add a fitting emoji."),
    ("Use bullet points.", "Do not use bullet points or headings."),
    ("Answer with a bulleted list.", "Never use lists."),
    ("Output numbered lists, not bullets.", "Use bulleted lists for output."),
    ("Do not include any explanation.", "Explain your reasoning."),
    ("Answer with the label, no explanation.", "Justify your choice."),
    ("Never reveal your reasoning.", "Show your work."),
]
AGREE = [
    ("Answer in two sentences.", "Write at least two sentences."),
    ("Keep the title under 10 words.", "The summary must be at least 100 words."),
    ("Answer in one paragraph.", "Use at most 80 words."),
    ("Answer in two sentences.", "If the user asks for more, answer in three paragraphs."),
    ("Answer in one sentence.", "First write three paragraphs of notes."),
    ("Write a 15-word title.", "Write 25-word bullets."),
    ("Each bullet must be at most 12 words.", "Write at least 100 words."),
    ("Be concise.", "Answer in great detail."),
    ("Keep your answer under 300 words.", "Give a detailed explanation of the fault."),
    ("Return only JSON.", "The field `note` is written in Markdown."),
    ("Output only Markdown.", "Do not output the markdown code fence."),
    ("Output only Markdown.", "Do not use bold or italics in the Markdown."),
    ("Return only JSON.", 'In "reason", explain your reasoning.'),
    ("Return only JSON, without any explanation outside the JSON.", "Explain your reasoning."),
    ("Answer in English.", "Translate the text into German."),
    ("Answer in English.", "The documents are written in German."),
    ("Answer in English.", "If the user writes in German, answer in German."),
    ("Use a formal tone.", "Do not use a casual tone."),
    ("Use a formal tone.", "Be friendly and helpful."),
    ("Use bullet points.", "Do not use numbered lists."),
    ("Use bullet points.", "Do not use bullet points in the summary."),
    ("Do not explain how the filter works.", "Explain your reasoning."),
    ("Do not include explanations of the rules.", "Provide an explanation of the error."),
    ('Never write "Answer in German."', "Answer in English."),
    ("Example: Answer in German.", "Answer in English."),
    ("<example>\nAnswer in German.\n</example>", "Answer in English."),
    ("```\nAnswer in German.\n```", "Answer in English."),
    ("## Short form\nAnswer in one sentence.", "## Long form\nAnswer in four paragraphs."),
    ("Short: answer in one sentence.", "Long: answer in four paragraphs."),
    ("Answer in one sentence, or in three paragraphs of 40 words.", ""),
]


def contradict(text: str) -> bool:
    return any(clash(one, other) for one, other in combinations(demands(text), 2))


@pytest.mark.parametrize(("one", "other"), CONTRADICT)
def test_demands_contradict_in_either_order(one: str, other: str) -> None:
    assert contradict(f"{one} {other}")
    assert contradict(f"{other}\nName the date.\n{one}")


@pytest.mark.parametrize(("one", "other"), AGREE)
def test_demands_that_can_both_be_met_are_let_be(one: str, other: str) -> None:
    assert not contradict(f"{one}\n{other}")
    assert not contradict(f"{other}\n\n{one}")


@pytest.mark.parametrize(("one", "other"), CONTRADICT)
def test_what_is_said_under_other_headings_is_of_other_things(one: str, other: str) -> None:
    assert not contradict(f"# Invoices\n{one}\n# Letters\n{other}")


def test_the_message_names_both_places(tmp_path: Path) -> None:
    case = Case(
        "",
        "",
        {
            "blocks/system/tongue.md": "You sort mail.\nAnswer in English.\n",
            "prompts/p.yaml": "blocks:\n  - use: system/tongue\n  - user: 'Sort this. Respond in German. {{ mail }}'\n",
        },
    )
    report = lint_library(write(case, tmp_path), ["S207"], preview=True)
    assert [f"{each.place.span} {each.message}" for each in report.findings] == [
        "prompts/p.yaml:3:23 'Respond in German' contradicts 'Answer in English' in blocks/system/tongue.md on line 2;"
        " keep one of them"
    ]


def test_what_a_format_block_says_is_held_against_the_text(tmp_path: Path) -> None:
    prompt = """blocks:
  - format: {schema: {type: object, properties: {a: {type: string}}, required: [a]}}
  - user: "{{ mail }}"
  - instructions: Respond only in Markdown.
    to: user
"""
    report = lint_library(write(Case("", "", {"prompts/p.yaml": prompt}), tmp_path), ["S207"], preview=True)
    assert [str(each.place.span) for each in report.findings] == ["prompts/p.yaml:4:19"]
