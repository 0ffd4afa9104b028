"""Rules of what a model is told to be, and of what is said to which model."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from promptkit.errors import one_line
from promptkit.lint.fences import without_code
from promptkit.lint.marks import marked_parts
from promptkit.lint.rule import Hit, rule
from promptkit.pricing.models import model_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.views import Speech, View
    from promptkit.pricing.facts import ModelFacts

_ASKED = re.compile(
    r"\b(?:think|reason)(?: (?:carefully|through|about|this|it|things|out loud)){0,3},? step[ -]by[ -]step\b"
    r"|\blet'?s think\b|\btake a deep breath\b|\bthink out loud\b",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(
    r"\b(?:not|never|don't|cannot|without|avoid|no need to)\b[^.!?\n]{0,40}$"
    r"|\b(?:users?|students?|learners?|them)(?: to)? $",
    re.IGNORECASE,
)
"""What stands before it where it is forbidden, or is what others are helped to do."""

_HINTS = ("tep by step", "tep-by-step", "s think", "deep breath", "hink out loud", "STEP")


@rule("S212", "cot-reasoning-model", "warning", "B", "view")
def cot_reasoning_model(view: View) -> Iterator[Hit]:
    """Step-by-step thinking is asked of a model that reasons by itself.

    Why: it thinks before it answers in any case; being told to costs tokens and time again, for little or nothing.

    Only where the prompt declares its `model`, and the model is known to reason.

    Bad: prompts/solve.yaml:3:20
        === prompts/solve.yaml
        model: o3
        blocks:
          - user: "{{ x }} Think step by step."

    Good:
        === prompts/solve.yaml
        model: o3
        blocks:
          - user: "{{ x }} Give the number alone."

    Good:
        === prompts/solve.yaml
        model: gpt-4o
        blocks:
          - user: "{{ x }} Think step by step."

    Source: reasoning models gain 2.9 to 3.1 % from it for 20 to 80 % more time, https://arxiv.org/abs/2506.07142;
    others do gain on mathematics and logic, and little elsewhere, https://arxiv.org/abs/2409.12183 (B).
    """
    model = view.variant.settings.model
    if model is None:
        return
    for speech in view.of("system", "user"):
        text = speech.text
        if not any(hint in text for hint in _HINTS):
            continue
        for match in _ASKED.finditer(without_code(text)):
            if _OTHERWISE.search(text, max(0, match.start() - 60), match.start()):
                continue
            if reasons(view, model):
                told = f"'{match[0]}' is said to {model}, which reasons by itself; delete it, or say it in a variant"
                yield Hit(speech.at(*match.span()), f"{told} for other models")
            break


def reasons(view: View, model: str) -> bool:
    """Whether a model reasons by itself."""
    known = view.sight.library.config.prices
    return bool((model_facts(model, known) if known else _facts(model)).reasons)


@cache
def _facts(model: str) -> ModelFacts:
    return model_facts(model)


SHOWN = 60  # characters of a role that a message shows
_ROLE = re.compile(
    r"(?:^|(?<=[.!?]\s))[ \t#>*_-]*(?P<words>(?:you are|you're|act as|i want you to act as|pretend (?:to be|you are)"
    r"|imagine (?:that )?you are|(?:take on|assume|play) the role of|your role is (?:that of )?)\s*"
    r"(?:an?|my|our|the)\s+(?P<what>[^.,;:!?\n(]{2,100}))",
    re.IGNORECASE | re.MULTILINE,
)
_HINTS_OF_ROLE = ("you are", "you're", "act as", "pretend", "the role of", "your role")
_REST = re.compile(
    r"\s(?:who|whose|that|which|for|at|of|in|with|named|called|on|to|and|by|from|working|responsible)\b.*"
)
_DEGREE = re.compile(
    r"\b(?:helpful|expert|experienced|senior|professional|highly|skilled|very|world-class|friendly|careful|ai|an?)\b\s*"
)
_NO_ROLE = re.compile(
    r"(?:only|first|last|one|same|best|next|right|kind|type|part|user|customer|reason)\b", re.IGNORECASE
)


@rule("S211", "role-placement", "info", "C", "view")
def role_placement(view: View) -> Iterator[Hit]:
    """A role that is given in a user message, or a second one that another block gives.

    Why: models are trained to hold to the system message over all turns, while a user message is one turn of many, in
    which a user's own words may give another role. Of two roles the model plays now the one and now the other.

    What is left alone: a prompt without any role, for which there is no evidence, examples and earlier turns, and what
    stands in tags, fences and quotations.

    Bad: prompts/reply.yaml:3:12
        === prompts/reply.yaml
        blocks:
          - system: "Write two sentences."
          - user: "You are a mail clerk. <mail>{{ mail }}</mail>"

    Bad: prompts/reply.yaml:3:20
        === prompts/reply.yaml
        blocks:
          - role: "You are a patient mail clerk."
          - instructions: "You are a lawyer. Write two sentences."
          - user: "<mail>{{ mail }}</mail>"

    Good:
        === prompts/reply.yaml
        blocks:
          - role: "You are a mail clerk."
          - instructions: "Write two sentences."
          - user: "<mail>{{ mail }}</mail>"

    Source: the order system, user, tool that models are trained to hold to, https://arxiv.org/abs/2404.13208.
    Counter-evidence: of 162 roles none made answers more right, whichever message had it,
    https://arxiv.org/abs/2311.10054; a role serves tone and safety, and some models do as well with it in the user
    message, so this is information (C).
    """
    for speech in view.of("user"):
        match = next(_roles(speech), None)
        if match is not None:
            told = f"'{_shortened(match['words'])}' gives a role in a user message; say it in the system message"
            yield Hit(speech.at(*match.span("words")), told)
    found = [(speech, match) for speech in view.of("system") for match in _roles(speech)]
    if len(found) < 2:
        return
    (first, one), *others = found
    for speech, match in others:
        block = speech.piece_at(match.start("words")).block
        if block is not first.piece_at(one.start("words")).block and _differ(one["what"], match["what"]):
            told = (
                f"'{_shortened(match['words'])}' gives another role than '{_shortened(one['words'])}'; keep one of them"
            )
            yield Hit(speech.at(*match.span("words")), told)
            return


def _roles(speech: Speech) -> Iterator[re.Match[str]]:
    """What gives a role in a message, outside of its marked parts."""
    if not any(hint in speech.folded for hint in _HINTS_OF_ROLE):
        return
    marked = marked_parts(speech.text)
    for match in _ROLE.finditer(without_code(speech.text)):
        start = match.start("words")
        if _NO_ROLE.match(match["what"]) is None and not marked.holds(start):
            yield match


def _differ(one: str, other: str) -> bool:
    """Whether neither role is a part of the other, by their words."""
    here, there = (frozenset(_DEGREE.sub("", _REST.sub("", each.casefold())).split()) for each in (one, other))
    return bool(here and there) and here.isdisjoint(there)


def _shortened(text: str) -> str:
    line = one_line(text.strip())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
