"""Rules of what is said to which model."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from promptkit.lint.fences import without_code
from promptkit.lint.rule import Hit, rule
from promptkit.pricing.models import model_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.views import View
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
            if _reasons(view, model):
                told = f"'{match[0]}' is said to {model}, which reasons by itself; delete it, or say it in a variant"
                yield Hit(speech.at(*match.span()), f"{told} for other models")
            break


def _reasons(view: View, model: str) -> bool:
    known = view.sight.library.config.prices
    return bool((model_facts(model, known) if known else _facts(model)).reasons)


@cache
def _facts(model: str) -> ModelFacts:
    return model_facts(model)
