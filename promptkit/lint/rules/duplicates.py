"""Rules of text that a library says twice."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from promptkit.lint.passages import VALUE
from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.passages import Passage
    from promptkit.lint.whole import Whole

SMALLEST = 150
"""Characters of the clauses of a text from which a copy of it is worth a block."""

ALIKE = 0.8
"""The share of the smaller of two texts from which on the other is taken for a copy of it."""

LARGE = 700
"""Characters that two texts share from which they are told however long the texts are."""

SHORTEST = 12  # characters of a clause that is compared
MOST = 16  # texts that a clause is looked for in
_BREAKS = re.compile(r"[.!?:;,]+(?:\s|$)|\n(?=\s*(?:\n|[-*#>|\d]))|\x1f+")
_VALUES = re.compile(f"{VALUE}+")


@rule("L701", "duplicate-text", "info", "C", "library")
def duplicate_text(whole: Whole) -> Iterator[Hit]:
    """Two files say the same, or nearly: one block that both use could say it once.

    Why: a correction reaches one copy and not the other, and prompts that were meant to agree drift apart.

    What is left alone: copies within one file, short texts, and those that are deprecated.

    Bad: prompts/refund.yaml:3:7
        === blocks/instructions/tone.md
        Write to the customer in short sentences, without technical words. Thank them once, at the beginning, and do
        not apologise more than once. Say what happens next, who does it, and by which day. Do not promise refunds.
        === prompts/refund.yaml
        blocks:
          - system: |
              Write to the customer in short sentences, without technical words. Thank them once, at the beginning,
              and do not apologise more than once. Say what happens next, who does it, and by which day.
          - user: "{{ mail }}"
        === prompts/reply.yaml
        blocks:
          - use: instructions/tone
          - user: "{{ mail }}"

    Good:
        === prompts/refund.yaml
        blocks:
          - use: std/instructions/warm-tone
          - user: "{{ mail }}"
        === prompts/reply.yaml
        blocks:
          - use: std/instructions/warm-tone
          - user: "{{ message }}"

    Source: prompts of 92 repositories repeat much of their text, within and across files,
    https://arxiv.org/abs/2509.12421; what drift costs was not measured there (C).
    """
    retired = _retired(whole)
    known: list[_Known] = []
    places: dict[str, list[int]] = {}
    for passage in whole.passages:
        if len(passage.source) < SMALLEST or passage.text.first.path in retired:
            continue
        here = _Known(passage)
        if here.size >= SMALLEST:
            yield from _compared(here, known, places)


def _compared(here: _Known, known: list[_Known], places: dict[str, list[int]]) -> Iterator[Hit]:
    """The known text that it shares most with, if that is much; else, or if it has more besides, it is known too."""
    shared = Counter[int]()
    for clause, size in here.clauses.items():
        for number in places.get(clause, ()):
            shared[number] += size
    copies = [(size, -number) for number, size in shared.items() if _is_copy(here, known[number], size)]
    if copies:
        yield _told(here, known[-max(copies)[1]])
    if any(size >= ALIKE * max(here.size, known[-number].size) for size, number in copies):
        return
    for clause in here.clauses:
        there = places.setdefault(clause, [])
        if len(there) < MOST:
            there.append(len(known))
    known.append(here)


class _Known:
    """A text with its clauses, each with its length."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.clauses = _clauses(passage.prose)
        self.size = sum(self.clauses.values())


def _clauses(prose: str) -> dict[str, int]:
    """The clauses of a text by their words, with the length of each; those that are too short left out."""
    prose = _VALUES.sub(VALUE, prose) if VALUE in prose else prose
    words = (" ".join(each.split()) for each in _BREAKS.split(prose.lower()))
    return {each: len(each) for each in words if len(each) >= SHORTEST}


def _is_copy(here: _Known, there: _Known, shared: int) -> bool:
    if here.passage.text.first.path == there.passage.text.first.path:
        return False
    return shared >= LARGE or shared >= ALIKE * min(here.size, there.size)


def _told(here: _Known, there: _Known) -> Hit:
    from promptkit.tokens.counts import count  # here: most libraries say nothing twice

    both = [clause for clause in here.clauses if clause in there.clauses]
    tokens = count(", ".join(both), "o200k_base")
    share = sum(map(len, both)) * 100 // here.size
    told = f"{share} % of this text stands at {there.passage.text.first} too; one block that both use"
    return Hit(here.passage.at(0, 1), f"{told} would save about {tokens:,} tokens of text to keep up")


def _retired(whole: Whole) -> frozenset[str]:
    """The paths of files that are deprecated."""
    files = (*whole.library.blocks.values(), *whole.library.partials.values())
    return frozenset(file.text.first.path for file in files if file.deprecated is not None)
