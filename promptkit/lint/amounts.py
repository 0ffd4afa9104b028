"""How much text a variant has, by its characters: a cheap look that saves most prompts a count of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.content import Items, Records
from promptkit.lint.views import every_leaf
from promptkit.render.program import program

if TYPE_CHECKING:
    from promptkit.lint.views import Sight, Speech
    from promptkit.model import Variant

LOOKED_AT = 200  # records whose length is looked at; others are held to be as long


def characters(sight: Sight, variant: Variant) -> int:
    """The characters of a variant's own text in its fullest view, those beyond ASCII counted twice: see `may_reach`."""
    key = f"characters {variant.name}"
    found: int | None = sight.memo.get(key)
    if found is None:
        views = [view for view in sight.views if view.variant is variant] or sight.views[:1]
        found = max((sum(map(_weight, view.speeches)) for view in views), default=0)
        question = max((_weight(speech) for view in views for speech in view.of("user")), default=0)
        found += sum(_records(leaf.block.content, question) for leaf in every_leaf(program(variant).leaves))
        sight.memo[key] = found
    return found


def may_reach(characters: int, tokens: int) -> bool:
    """Whether so many characters may be so many tokens: no prose has as many as one for two characters."""
    return characters >= 2 * tokens


def _weight(speech: Speech) -> int:
    text = speech.text
    return len(text) if text.isascii() else 2 * len(text)


def _records(content: object, question: int) -> int:
    """The characters of a block's examples, each with the question that it repeats; twice that where a call chooses."""
    if not isinstance(content, Items) or not isinstance(content.source, Records):
        return 0
    records = content.source.records
    taken = min(len(records), content.take) if isinstance(content.take, int) else len(records)
    if "weight" not in content.source.cache:
        content.source.cache["weight"] = sum(
            len(repr(record.inputs)) + len(repr(record.output)) + sum(len(each.content) for each in record.messages)
            for record in records[:LOOKED_AT]
        ) / max(min(len(records), LOOKED_AT), 1)
    weight: float = content.source.cache["weight"]
    return int((weight + question) * taken) * (1 if taken == len(records) else 2)
