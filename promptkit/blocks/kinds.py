"""The block kinds: where each goes, what it takes, and the text that it makes of what it takes.

Adding a kind is one entry of KINDS, with its function here, and its constructor in `promptkit.blocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from promptkit.blocks.forms import FORMS
from promptkit.blocks.forms.plain import compact_json as compact_json
from promptkit.content import Content, Format, Negative, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.messages import Role

Takes = Literal["text", "context", "examples", "history", "format", "negative", "tools", "media"]
Part = Text | str
"""A part of a block's text: authored, or written by promptkit on the block's behalf."""

ITEM_KEYS = {
    "from": "The example file, relative to the library's root.",
    "records": "Examples written here, in the place of a file.",
    "input": "The input that holds the items.",
    "take": "How many items to take at most.",
    "select": "How the records to take are chosen; first by default.",
    "max_tokens": "Token budget of all items together: whole items are left out to keep it.",
    "item_max_tokens": "An item above this many tokens is left out.",
    "text": "A template for each item, which sees item and loop; with it the items become one text.",
    "answer": "A template of the answer, which sees output, reasoning, inputs and id; {{ output }} by default.",
}

SELECTS: Mapping[str, tuple[str, ...]] = {
    "first": (),
    "random": ("seed",),
    "balanced": ("seed", "label"),
    "similar": ("on", "order"),
    "diverse": ("on",),
}
"""The ways to choose examples, each with the settings that it takes; promptkit.render.select has their functions."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A block kind. `keys` are those of its mapping form; empty for a kind that takes text alone."""

    name: str
    role: Role
    takes: Takes
    help: str
    keys: tuple[str, ...] = ()


_FORMAT_KEYS = ("schema", "form", "structured", "choices", "sections", "list")
_LIMITS = ("take", "max_tokens", "item_max_tokens")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("text", "system", "text", "Plain text."),
        Kind("system", "system", "text", "The foundation: behaviour, boundaries, tone."),
        Kind("role", "system", "text", "The persona."),
        Kind("instructions", "system", "text", "The task itself."),
        Kind(
            "context",
            "user",
            "context",
            "Text, or the values of an input, each fenced in a delimiter that its text cannot contain.",
            ("input", "text", *_LIMITS),
        ),
        Kind(
            "examples",
            "user",
            "examples",
            "Few-shot examples as user and assistant turns; with text, as one text.",
            ("from", "records", "select", "text", "answer", *_LIMITS),
        ),
        Kind("chain_of_thought", "system", "text", "Asks for reasoning first, then a delimited answer."),
        Kind(
            "format",
            "system",
            "format",
            "The form of the answer: a schema, choices, sections, a list, or text.",
            _FORMAT_KEYS,
        ),
        Kind("negative", "system", "negative", "What not to do, each with an optional instead."),
        Kind("user", "user", "text", "A user turn."),
        Kind("assistant", "assistant", "text", "An assistant turn."),
        Kind(
            "history",
            "user",
            "history",
            "Earlier turns: an input of type messages.",
            ("input", "text", *_LIMITS),
        ),
        Kind("tools", "system", "tools", "Functions that the model may call, sent beside the messages."),
        Kind("media", "user", "media", "An image, a sound or a file, as a part of the message.", ("input", "detail")),
    )
}

ITEM_KINDS = frozenset({"context", "examples", "history"})
TEXTLESS = frozenset({"tools", "media"})  # no block file holds them


def default_role(kind: str, content: Content) -> Role:
    """The role of a block without `to`: its kind's, but examples told as one text go to the system message."""
    if kind in {"examples", "history"} and getattr(content, "text", None) is not None:
        return "system"
    return KINDS[kind].role


def is_turns(kind: str, content: Content) -> bool:
    """Whether a block becomes messages of its own: examples and history without a `text` for each item."""
    return kind in {"examples", "history"} and not isinstance(content, Text) and getattr(content, "text", None) is None


def parts(content: Content, schema: Mapping[str, Any] | None = None) -> tuple[Part, ...]:
    """The text that a block's content stands for, in parts. `schema` is a format's, resolved."""
    if isinstance(content, Text):
        return (content,)
    if isinstance(content, Negative):
        return _negative(content)
    if isinstance(content, Format):
        return (_format(content, schema),)
    return ()


def _negative(content: Negative) -> tuple[Part, ...]:
    found: list[Part] = ["Do not:"]
    for avoid, instead in content.entries:
        found += ["\n- ", avoid]
        if instead is not None:
            found += ["; instead: ", instead]
    return tuple(found)


def _format(content: Format, schema: Mapping[str, Any] | None) -> str:
    if content.choices:
        return "Answer with exactly one of these, and nothing else:" + "".join(f"\n- {c}" for c in content.choices)
    if content.sections:
        headings = "".join(f"\n## {section}" for section in content.sections)
        return "Answer in these sections, in this order, each under its heading:" + headings
    if content.list == "numbered":
        return "Answer with a numbered list, one item a line, and nothing else."
    if content.list is not None:
        return 'Answer with a bulleted list, one item a line, each starting with "- ", and nothing else.'
    return "" if schema is None else told_schema(schema, str(content.form), structured=content.structured)


def told_schema(schema: Mapping[str, Any], form: str, *, structured: bool = True) -> str:
    """The text that tells a schema in a form, its sentence first. Raises Untellable."""
    chosen = FORMS[form]
    return f"{chosen.only if structured else chosen.last}\n{chosen.text(schema)}"
