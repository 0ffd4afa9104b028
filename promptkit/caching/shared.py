"""The static start that variants of one prompt have in common: what one cached prefix serves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

from promptkit.caching.arrangement import arranged
from promptkit.tokens import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptkit.model import Rendered
    from promptkit.tokens import Tokenizer

_WORD_END = re.compile(
    r"(?<=\S)(?=[ \t])"
)  # where text can be cut without a change of its tokens: `tokens.cuts`, rule W


@dataclass(frozen=True, slots=True)
class Turn:
    """A message's static start. `frame` are the tokens that frame it, None where it goes on with what varies."""

    opening: str
    text: str
    frame: int | None


@dataclass(frozen=True, slots=True)
class Head:
    """The static start of one variant.

    `sent_first` stands for the model, whose cache it is, and for tools and response schema, which providers put before
    the messages: variants that differ in it share nothing. Source: OpenAI's guide to prompt caching, by which tools
    must be identical and a schema serves as a prefix to the system message; Anthropic's, by which a request is tools,
    system, messages. Checked 2026-11-24.
    """

    variant: str
    sent_first: str
    turns: tuple[Turn, ...]
    tokenizer: Tokenizer


@dataclass(frozen=True, slots=True)
class Shared:
    """A prefix that these variants have in common: its tokens, and how many messages of it are whole."""

    tokens: int
    messages: int
    variants: tuple[str, ...]


def head(rendered: Rendered, tokenizer: Tokenizer) -> Head:
    """The static start of a rendered variant."""
    turns: list[Turn] = []
    if not any(tool.conditions for tool in rendered.tools):
        for placed in arranged(rendered, tokenizer).messages:
            message, (text, end) = placed.message, placed.head
            whole = end is None and not message.tool_calls
            opening = f"{message.role}\n{message.name}\n{message.tool_call_id}"
            turns.append(Turn(opening, text, placed.frame if whole else None))
            if not whole:
                break
    first = repr((tokenizer.model, rendered.schema, rendered.tools)).encode("utf-8", "surrogatepass")
    return Head(rendered.variant.name, sha256(first).hexdigest(), tuple(turns), tokenizer)


def shared(heads: Iterable[Head]) -> tuple[Shared, ...]:
    """What two or more variants share: prefixes, each with all the variants that begin with it, widest first.

    A prefix is told where it is longer than that of any larger group. Tokens are those of its text, each message
    counted by itself, and of the framing of its whole messages; one of 0 tokens is left out.
    """
    heads = list(heads)
    order = {each.variant: number for number, each in enumerate(heads)}
    ranked = sorted(heads, key=_rank)
    lengths = [_common(one, other) for one, other in pairwise(ranked)]
    found = []
    pending = [(0, len(ranked), 0)]
    while pending:
        start, stop, known = pending.pop()
        if stop - start < 2:
            continue
        least = min(lengths[start : stop - 1])
        tokens = _tokens(ranked[start], ranked[stop - 1], least)
        if tokens > known:
            names = sorted((each.variant for each in ranked[start:stop]), key=order.__getitem__)
            found.append(Shared(tokens, least[0], tuple(names)))
        cuts = [place + 1 for place in range(start, stop - 1) if lengths[place] == least]
        pending += [(*part, max(tokens, known)) for part in pairwise([start, *cuts, stop])]
    return tuple(sorted(found, key=lambda each: (-len(each.variants), -each.tokens, order[each.variants[0]])))


def _rank(one: Head) -> tuple[str, ...]:
    """In this order, heads that begin alike are neighbours."""
    return (one.sent_first, *(part for turn in one.turns for part in (turn.opening, turn.text, str(turn.frame))))


def _common(one: Head, other: Head) -> tuple[int, int]:
    """What two heads have in common: whole messages, and characters of the next one."""
    if one.sent_first != other.sent_first:
        return 0, 0
    for number, (turn, its) in enumerate(zip(one.turns, other.turns, strict=False)):
        if turn.opening != its.opening:
            return number, 0
        if turn.text != its.text or turn.frame is None or its.frame is None:
            return number, _alike(turn.text, its.text)
    return min(len(one.turns), len(other.turns)), 0


def _alike(one: str, other: str) -> int:
    """Characters at the start that two texts share."""
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _tokens(one: Head, other: Head, length: tuple[int, int]) -> int:
    """Tokens of what two heads have in common, cut after a whole word where both go on."""
    whole, characters = length
    encoding = one.tokenizer.encoding
    tokens = sum(count(turn.text, encoding) + (turn.frame or 0) for turn in one.turns[:whole])
    if not characters:
        return tokens
    text = one.turns[whole].text[:characters]
    if len(one.turns[whole].text) > characters < len(other.turns[whole].text):
        cut = max((found.start() for found in _WORD_END.finditer(text)), default=0)
        text = text[:cut]
    return tokens + count(text, encoding)
