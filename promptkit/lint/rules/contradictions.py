"""The rule of demands that cannot both be met."""

from __future__ import annotations

from itertools import combinations
from math import prod
from typing import TYPE_CHECKING

from promptkit.errors import one_line
from promptkit.lint.demands import demands
from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.sentences import Demand
    from promptkit.lint.views import Speech, View

LIMIT = 200  # demands of a view that are held against each other
TOLD = 3  # findings in a view
SHOWN = 60  # characters of a demand
UNITS = ("character", "word", "sentence", "paragraph")
"""Units of length, the finest first."""
MOST_OF = {"word": 15, "sentence": 60, "paragraph": 15}
"""How many of the next finer unit one of each can well hold."""
LEAST_OF = {"word": 4}
"""How many it holds at least, where that is more than one: a word of three letters, and a space."""
TERSE = {"character": 300, "word": 50, "sentence": 2}
"""Lengths up to which an answer cannot be in full detail."""


@rule("S207", "contradiction", "info", "B", "view")
def contradiction(view: View) -> Iterator[Hit]:
    """Two demands on the answer of which only one can be met.

    Why: the model meets one of them, now this and now that, and seldom says that it had to choose.

    Bad: prompts/sum-up.yaml:4:45
        === prompts/sum-up.yaml
        blocks:
          - instructions: |-
              Summarise the contract in two sentences.
              Name the parties. The summary must be at least 200 words long.
          - user: "{{ contract }}"

    Bad: prompts/answer.yaml:4:7
        === prompts/answer.yaml
        blocks:
          - system: Answer in English.
          - instructions: |-
              Respond in the language of the user's message.
          - user: "{{ message }}"

    Good:
        === prompts/sum-up.yaml
        blocks:
          - instructions: |-
              Summarise the contract in two sentences.
              Name the parties. The list of clauses must be at least 200 words long.
          - user: "{{ contract }}"

    Good:
        === prompts/answer.yaml
        blocks:
          - system: Answer in English. If the user asks for another language, answer in that one.
          - user: "{{ message }}"

    Source: of two demands of form that conflict, models met the one that should win in 10 to 46 % of cases, and each
    alone in 75 to 91 %; they named the conflict in at most 20 %, arXiv 2502.15851. OpenAI's guide to GPT-5 says that
    a model spends reasoning on reconciling them. Understood are lengths, forms, languages, registers, emoji, Markdown,
    lists, and whether reasoning is shown, each of the same thing, in one variant and branch, outside of conditions,
    examples and quotations. Against it: models that are asked find conflicts well, arXiv 2511.14342, and this rule
    knows few wordings, so that its silence proves nothing; how often it is right was not measured on texts that it was
    not written with, hence info (B).
    """
    found: list[tuple[Demand, Speech]] = []
    for speech in view.of("system", "user"):
        found += [(each, speech) for each in demands(speech.text)]
    told = 0
    for (one, here), (other, there) in combinations(found[:LIMIT], 2) if len(found) > 1 else ():
        if here is there and one.sentence == other.sentence:
            continue
        if clash(one, other):
            first = here.at(one.start, one.end)
            line = f" on line {first.line}" if first.line is not None else ""
            place = there.at(other.start, other.end)
            where = line if place.path == first.path else f" in {one_line(first.path)}{line}"
            message = f"'{_short(there, other)}' contradicts '{_short(here, one)}'{where}; keep one of them"
            yield Hit(place, message)
            told += 1
            if told == TOLD:
                return


def _short(speech: Speech, demand: Demand) -> str:
    words = one_line(" ".join(speech.text[demand.start : demand.end].split()))
    return words if len(words) <= SHOWN else words[: SHOWN - 1] + "…"


def clash(one: Demand, other: Demand) -> bool:
    """Whether no answer meets both. A form goes with others where none of them is demanded alone."""
    if one.about != other.about or one.scope != other.scope:
        return False
    kinds = {one.kind, other.kind}
    if kinds == {"length", "depth"}:
        length = one if one.kind == "length" else other
        return length.high is not None and length.high <= TERSE.get(length.value, 0)
    if kinds == {"form", "markdown"}:
        form, mark = (one, other) if one.kind == "form" else (other, one)
        return (form.value.rstrip("!"), mark.value) in {("markdown", "off"), ("plain text", "on")}
    if len(kinds) > 1:
        return False
    if one.kind == "length":
        return _too_long(one, other) or _too_long(other, one)
    if one.kind == "list":
        (here, which), (there, what) = one.value.split(), other.value.split()
        return here != there and (which == what or "any" in {which, what})
    if one.kind == "form":
        return one.value.rstrip("!") != other.value.rstrip("!") and "!" in one.value + other.value
    return one.value != other.value


def _too_long(short: Demand, long: Demand) -> bool:
    """Whether the least that one asks is more than the other allows, be it in another unit."""
    if short.high is None or long.low is None:
        return False
    short_at, long_at = UNITS.index(short.value), UNITS.index(long.value)
    held = prod(MOST_OF[unit] for unit in UNITS[long_at + 1 : short_at + 1])
    needed = prod(LEAST_OF.get(unit, 1) for unit in UNITS[short_at + 1 : long_at + 1])
    return long.low * needed > short.high * held
