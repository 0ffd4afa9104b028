"""Rules of the instructions of a prompt, one by one and together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.errors import one_line
from promptkit.lint.orders import orders
from promptkit.lint.passages import VALUE
from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.orders import Order
    from promptkit.lint.views import Speech, View

TOLD = 5  # findings of one rule in one view
SHOWN = 60  # characters of a sentence that a message shows
SHORTEST = 6  # words of a sentence that is compared
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def _short(text: str) -> str:
    line = one_line(" ".join(text.replace(VALUE, "…").split())).lstrip("-*•#> ")
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


@rule("S208", "duplicate-instruction", "info", "D", "view")
def duplicate_instruction(view: View) -> Iterator[Hit]:
    """A sentence that the prompt has said already, word for word.

    Why: it costs its tokens in every call, and a correction reaches one copy and not the other.

    Compared are sentences of six words and more that order something, of one variant and branch, in system and user
    messages and what they include. What is left alone: examples, quotations and code, sentences with values, what is
    said again behind a value, and a sentence that speaks of its item of a list or of its section, as another does.

    Bad: prompts/reply.yaml:5:9
        === prompts/reply.yaml
        blocks:
          - system: |
              You answer mails. Never promise a refund before the desk agrees.
              - Write two sentences.
              - Never promise a refund before the desk agrees.
          - user: "{{ mail }}"

    Good:
        === prompts/reply.yaml
        blocks:
          - system: |
              You answer mails. Never promise a refund before the desk agrees.
              - Write two sentences.
          - user: "{{ mail }}"

    Source: prompts of 92 repositories repeat much of their own text, https://arxiv.org/abs/2509.12421; what that costs
    beyond tokens was not measured. Against it: for long inputs OpenAI's guide to GPT-4.1 advises to give the
    instructions before and after them, so a sentence that is said again behind a value is left alone (D).
    """
    seen: dict[str, tuple[Speech, Order]] = {}
    told = 0
    for speech in view.of("system", "user"):
        for order in orders(speech.text):
            key = _key(speech.text[order.start : order.end]) if order.leads else ""
            if not key:
                continue
            there, earlier = seen.setdefault(key, (speech, order))
            if earlier is order or not _is_repeat(there, earlier, speech, order):
                continue
            yield _told(there, earlier, speech, order)
            told += 1
            if told == TOLD:
                return


def _key(sentence: str) -> str:
    """A sentence as it is compared; empty where it is not."""
    if VALUE in sentence or len(_WORD.findall(sentence)) < SHORTEST:
        return ""
    return " ".join(sentence.split()).strip(" *.!_").casefold()


def _is_repeat(there: Speech, earlier: Order, here: Speech, order: Order) -> bool:
    """Whether nothing but a slip explains the second: no section of its own, no long input before it, no loop."""
    if earlier.scope != order.scope and earlier.scope and order.scope:
        return False
    between = here.text[earlier.start if there is here else 0 : order.start]
    return VALUE not in between and not here.piece_at(order.start).looped


def _told(there: Speech, earlier: Order, here: Speech, order: Order) -> Hit:
    first, place = there.at(earlier.start, earlier.end), here.at(order.start, order.end)
    line = f" on line {first.line}" if first.line is not None else ""
    where = line if place.path == first.path else f" in {one_line(first.path)}{line}"
    return Hit(place, f"'{_short(here.text[order.start : order.end])}' stands{where} already; keep one of them")
