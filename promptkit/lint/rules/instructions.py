"""Rules of the instructions of a prompt, one by one and together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.errors import one_line
from promptkit.lint.orders import orders
from promptkit.lint.passages import VALUE
from promptkit.lint.rule import Hit, rule
from promptkit.lint.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.orders import Order
    from promptkit.lint.views import Speech, View

TOLD = 5  # findings of one rule in one view
SHOWN = 60  # characters of a sentence that a message shows
SHORTEST = 6  # words of a sentence that is compared
PROHIBITIONS = 5  # from which on they can be too many
SHARE = 0.7  # of all instructions, above which they are
INSTRUCTIONS = 30  # above which some are lost
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


_SAYS_MORE = re.compile(
    r"\b(?:instead|rather|because|since|otherwise|unless|except|only|so (?:that|as)|as (?:it|they|this|that|the|these)"
    r"|but|which|even if|if|when|in order)\b|;|:|\s[—–-]\s|\(",
    re.IGNORECASE,
)
"""What a prohibition has that says why, when, or what to do."""


@rule("S209", "negative-only", "info", "C", "view")
def negative_only(view: View) -> Iterator[Hit]:
    """A prompt that says hardly anything but what not to do.

    Why: a model that is told what to avoid must guess what is wanted, and a word that is named as forbidden comes to
    its mind. A prohibition with its reason, its condition or what to do instead is none of these.

    Five prohibitions and more, which are above 70 % of all instructions.

    Bad: prompts/reply.yaml:3:7
        === prompts/reply.yaml
        blocks:
          - system: |
              Do not use lists.
              Do not greet the customer.
              Never promise a refund.
              Avoid technical words.
              Don't apologise.
          - user: "{{ mail }}"

    Good:
        === prompts/reply.yaml
        blocks:
          - system: |
              Write one paragraph in everyday words.
              Begin with the answer.
              Never promise a refund, because the desk decides on them.
          - user: "{{ mail }}"

    Source: "tell Claude what to do instead of what not to do", Anthropic's guide to prompting (platform.claude.com),
    and OpenAI's says the same; a word that was forbidden stood in 8 to 47 % of answers, the more the likelier it was,
    and in most of these naming it had called it up, https://arxiv.org/abs/2601.08070. Counter-evidence: that is one
    family of models and one form of prohibition, and some things can only be forbidden (C).
    """
    found = [(speech, each) for speech in view.of("system", "user") for each in orders(speech.text)]
    forbidden = [(speech, each) for speech, each in found if _forbids(speech, each)]
    if len(forbidden) < PROHIBITIONS or len(forbidden) <= SHARE * len(found):
        return
    bare = [each for each in forbidden if not _SAYS_MORE.search(each[0].text, each[1].start, _end(*each))]
    if len(bare) >= PROHIBITIONS and len(bare) > SHARE * len(found):
        speech, first = bare[0]
        shown = _short(speech.text[first.start : first.end])
        told = (
            f"{len(bare)} of {len(found)} instructions only forbid, the first of them '{shown}'; say what to do instead"
        )
        yield Hit(speech.at(first.start, first.end), told)


def _forbids(speech: Speech, order: Order) -> bool:
    return order.forbids or speech.piece_at(order.start).block.kind == "negative"


def _end(speech: Speech, order: Order) -> int:
    """Where what a prohibition says ends: of an entry of a `negative` block, what to do instead is a part of it."""
    if speech.piece_at(order.start).block.kind != "negative":
        return order.end
    end = speech.text.find("\n", order.end)
    return len(speech.text) if end < 0 else end


@rule("S213", "too-many-instructions", "info", "B", "view", off=True)
def too_many_instructions(view: View) -> Iterator[Hit]:
    """More than 30 instructions in one prompt.

    Why: each is obeyed a little less often than alone, so that an answer which obeys all of them becomes rare. What is
    checked by a program, or belongs to another task, can go.

    Bad: prompts/many.yaml:3:7
        === prompts/many.yaml
        blocks:
          - system: |
              Write it. Add one. Use two. Name it. Sort it. Read it. Trim it. Keep it. Put it first. Say it. Tell me.
              Add it. Use one. Name two. Sort one. Read two. Keep one. Put it last. Say two. Tell it. Write one.
              Add two. Use it. Name one. Sort two. Read one. Keep two. Put one last. Say one. Tell us. Write two.
              Show it. Show one.
          - user: "{{ mail }}"

    Good:
        === prompts/many.yaml
        blocks:
          - system: Write two sentences. Name the order. Say what happens next.
          - user: "{{ mail }}"

    Source: of ten instructions at once GPT-4o obeyed all in 15 % of cases and Claude 3.5 Sonnet in 44 %, about the
    product of the shares for each, arXiv 2509.21051; of 500 the best model obeyed 68 %, earlier ones more often, arXiv
    2507.11538. Counter-evidence: that is a curve without a bend, so any number is arbitrary, newer models do better,
    and what counts as an instruction is guessed from its first words; off by default (B).
    """
    found = [(speech, each) for speech in view.of("system", "user") for each in orders(speech.text)]
    if len(found) > INSTRUCTIONS:
        speech, first = found[0]
        told = f"{len(found)} instructions, from this one on; of so many some are lost: split the task or drop some"
        yield Hit(speech.at(first.start, first.end), told)


_VAGUE = re.compile(
    r"\b(?:some|a few|several|various|a couple of|an? (?:appropriate|suitable|reasonable|adequate|sufficient|decent)"
    r"|appropriately|suitably|adequately|reasonably|properly|nicely|sufficiently|(?:fairly|relatively|not too) \w+"
    r"|nice|as (?:needed|necessary|appropriate)|if (?:needed|necessary|possible|appropriate)"
    r"|when(?:ever)? (?:needed|necessary|possible|appropriate)|where (?:needed|necessary|possible|appropriate))\b",
    re.IGNORECASE,
)
_VAGUE_HINTS = words(
    "some few several various couple appropriate suitable reasonable adequate sufficient decent appropriately suitably"
    " adequately reasonably properly nicely sufficiently fairly relatively too nice as needed necessary"
    " possible"
)


@rule("S210", "vague-terms", "info", "C", "view", off=True)
def vague_terms(view: View) -> Iterator[Hit]:
    """An instruction whose measure is a vague word: "some", "appropriate", "if necessary".

    Why: how many, how long and when is the model's guess then, another one with another model.

    Bad: prompts/sum-up.yaml:2:35
        === prompts/sum-up.yaml
        blocks:
          - instructions: Summarise it in a few sentences.
          - user: "{{ mail }}"

    Good:
        === prompts/sum-up.yaml
        blocks:
          - instructions: Summarise it in three sentences.
          - user: "{{ mail }}"

    Source: what a prompt leaves open is guessed right in 41 % of cases, and such prompts are twice as likely to get
    worse with another model, arXiv 2505.13360. Counter-evidence: the same study finds that specifying everything does
    not help reliably, and a vague word is often meant; off by default (C).
    """
    told = 0
    for speech in view.of("system", "user"):
        for order in orders(speech.text):
            match = None if _VAGUE_HINTS.isdisjoint(words(order.words)) else _VAGUE.search(order.words)
            if match is not None:
                place = speech.at(order.start + match.start(), order.start + match.end())
                yield Hit(place, f"'{match[0]}' leaves it to the model; say how much, which or when")
                told += 1
            if told == TOLD:
                return
