"""What blocks hold: texts, inputs, example data, formats, tools. Frozen values without logic of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from promptkit.errors import Span
from promptkit.quick import quick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.messages import Message, Tool

Trust = Literal["trusted", "untrusted"]

NOWHERE: Final = Span("<python>")


class Missing:
    """The type of MISSING: no value was given. None is a value, this is not."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> Literal[False]:
        return False


MISSING: Final = Missing()


@quick
@dataclass(frozen=True, slots=True)
class Text:
    """One authored text and where each of its lines stands.

    `source` of a template has LF newlines and has lost one final newline; a literal text is kept byte for byte.
    `name` is what includes and error chains call it: a block's or partial's name, else its place.
    `first` is the place of its first character. `lines` maps line i of `source` (from 0) to a line of the file;
    None means that they follow each other from `first.line`. `indent` is the column of its later lines.
    """

    source: str
    name: str
    first: Span
    literal: bool = False
    lines: tuple[int, ...] | None = None
    indent: int = 1

    def span(self, line: int) -> Span:
        """The place of line `line` (from 1) of `source`."""
        if line <= 1 or self.first.line is None:
            return self.first
        if self.lines is None:
            return Span(self.first.path, self.first.line + line - 1, self.indent)
        return Span(self.first.path, self.lines[min(line, len(self.lines)) - 1], self.indent)

    def find(self, word: str, line: int) -> Span:
        """The place of a word on line `line` (from 1) of `source`, best in a tag; the line's where it is not there."""
        span, rows = self.span(line), self.source.split("\n")[line - 1 : line]
        if self.lines is not None or span.column is None or not rows:
            return span
        tags = [place for place in (rows[0].find("{{"), rows[0].find("{%")) if place >= 0]
        offset = rows[0].find(word, min(tags, default=0))
        offset = rows[0].find(word) if offset < 0 else offset
        if offset < 0:
            return span
        return span._replace(column=span.column + offset)


@quick
@dataclass(frozen=True, slots=True)
class Input:
    """A declared or inferred input of a prompt.

    `types` are JSON Schema types, or messages, image, audio, file, any. `required` is True or False where the file
    says so; None means: required unless it has a default or every use is guarded.
    """

    name: str
    types: tuple[str, ...] = ("any",)
    span: Span = NOWHERE
    description: str = ""
    default: Any = MISSING
    sample: Any = MISSING
    required: bool | None = None
    trust: Trust | None = None
    enum: tuple[Any, ...] | None = None
    items: Mapping[str, Any] | None = None
    properties: Mapping[str, Any] | None = None
    max_tokens: int | None = None
    max_items: int | None = None
    declared: bool = True

    @property
    def checked(self) -> bool:
        """Whether a value can fail to fit: an input without a type or a limit takes anything."""
        limits = (self.enum, self.items, self.properties, self.max_tokens, self.max_items)
        return self.types != ("any",) or any(limit is not None for limit in limits)


@quick
@dataclass(frozen=True, slots=True)
class Record:
    """One example: what the prompt was given and what it should answer. Also a case, also training data.

    `messages` is a record in chat form, inserted as it stands; its other fields are then empty.
    """

    inputs: Mapping[str, Any]
    output: Any
    span: Span
    reasoning: str | None = None
    id: str | None = None
    messages: tuple[Message, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Records:
    """Example data: a file's, or those written in the block (`path` is None)."""

    path: str | None
    records: tuple[Record, ...]
    cache: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)  # what was derived from them


@dataclass(frozen=True, slots=True)
class Select:
    """How the examples to take are chosen: `by` names a selector, and the rest are its settings.

    `seed` decides between equals; `on` are the inputs that are compared, all by default; `label` is the dotted path of
    what is balanced, the output by default; `order` is how the chosen stand. `by` and `seed` are a Text of one
    `{{ expression }}` until the variant is composed, which also puts back to its default what `by` does not use.
    """

    by: str | Text = "first"
    seed: int | Text = 0
    on: tuple[str, ...] = ()
    label: str = "output"
    order: str = "nearest-last"
    span: Span = field(default=NOWHERE, compare=False)


@quick
@dataclass(frozen=True, slots=True)
class Items:
    """What an item kind takes: examples (`source` is data), context and history (`source` is an input's name).

    `take`, `max_tokens` and `item_max_tokens` are whole numbers, or a Text of one `{{ expression }}`.
    """

    source: Records | Text | str
    take: int | Text | None = None
    max_tokens: int | Text | None = None
    item_max_tokens: int | Text | None = None
    select: Select = Select()
    text: Text | None = None
    answer: Text | None = None


@quick
@dataclass(frozen=True, slots=True)
class Format:
    """An output format. Exactly one of `schema`, `choices`, `sections` and `list` is set.

    `form` is how the schema is told, a name of `promptkit.blocks.forms`, or a Text of one `{{ expression }}`.
    """

    schema: Mapping[str, Any] | Text | None = None
    schema_path: str | None = None
    structured: bool = False
    form: str | Text = "json"
    choices: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    list: str | None = None


@quick
@dataclass(frozen=True, slots=True)
class Negative:
    """What not to do: pairs of a text and, or None, what to do instead."""

    entries: tuple[tuple[Text, Text | None], ...]


@dataclass(frozen=True, slots=True)
class Tools:
    """Functions that the model may call. A Text is the path of a file of them, resolved when a variant is composed."""

    entries: tuple[Tool | Text, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a message that is no text: the value of `input`. `detail` is low, high, auto or None."""

    input: str
    detail: str | None = None


Content = Text | Items | Format | Negative | Tools | Attachment | None
