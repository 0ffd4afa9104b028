"""The values that flow through promptkit: frozen, and without logic of their own.

Their few methods are one line each over the public functions; those are the only calls that reach upward.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from promptkit.errors import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptkit.config import Config
    from promptkit.measure import Measurement
    from promptkit.messages import Dropped, Message, Role, Tool
    from promptkit.template import Engine

Trust = Literal["trusted", "untrusted"]

NOWHERE: Final = Span("<python>")
BASE: Final = "base"


class Missing:
    """The type of MISSING: no value was given. None is a value, this is not."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> Literal[False]:
        return False


MISSING: Final = Missing()


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


@dataclass(frozen=True, slots=True)
class Records:
    """Example data: a file's, or those written in the block (`path` is None)."""

    path: str | None
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """What an item kind takes: examples (`source` is data), context and history (`source` is an input's name).

    `take`, `max_tokens` and `item_max_tokens` are whole numbers, or a Text of one `{{ expression }}`.
    """

    source: Records | Text | str
    take: int | Text | None = None
    max_tokens: int | Text | None = None
    item_max_tokens: int | Text | None = None
    select: str = "first"
    text: Text | None = None
    answer: Text | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """An output format. Exactly one of `schema`, `choices`, `sections` and `list` is set."""

    schema: Mapping[str, Any] | Text | None = None
    schema_path: str | None = None
    structured: bool = False
    choices: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    list: str | None = None


@dataclass(frozen=True, slots=True)
class Negative:
    """What not to do: pairs of a text and, or None, what to do instead."""

    entries: tuple[tuple[Text, Text | None], ...]


Content = Text | Items | Format | Negative | None


@dataclass(frozen=True, slots=True)
class Block:
    """One entry of a prompt, its `use` already resolved.

    `bindings` is its `with`: (name, value), the value a Text where it is a template, else data. `children` are
    the blocks of a group. `inputs` are those its file declares. `use` is the name it was taken by. `named` says that
    its name was given, not its default: the last part of `use`, or its kind. `conflicts` are the names of block files
    that its own says it contradicts.
    """

    name: str
    kind: str
    content: Content
    span: Span
    bindings: tuple[tuple[str, Any], ...] = ()
    when: Text | None = None
    to: Role | None = None
    join: str | None = None
    children: tuple[Block, ...] = ()
    group: bool = False
    use: str | None = None
    inputs: tuple[Input, ...] = ()
    named: bool = False
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Addition:
    """A block to add before or after the anchor of that name."""

    block: Block
    anchor: str
    before: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Overlay:
    """A partial prompt: a variant, a cell of a matrix axis, or a whole file that extends another."""

    name: str
    span: Span
    drop: tuple[tuple[str, Span], ...] = ()
    replace: tuple[tuple[str, Block], ...] = ()
    add: tuple[Addition, ...] = ()
    set: tuple[tuple[str, Any, Span], ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Budget:
    """A token limit for the whole prompt, and the blocks that may give way, in their order."""

    max_tokens: int
    shrink: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Settings:
    """What a prompt says about itself beside its blocks; an overlay may override any of it."""

    description: str = ""
    owner: str | None = None
    model: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    join: str = "\n\n"
    budget: Budget | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a matrix: cells in their order, crossed with the other axes."""

    name: str
    cells: tuple[Overlay, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Spec:
    """A prompt as written: blocks of its own, or an overlay over the prompt that it extends.

    `variants` and `matrix` are its own, else those of the prompt that it extends.
    """

    name: str
    span: Span
    settings: Settings
    blocks: tuple[Block, ...] = ()
    variants: tuple[Overlay, ...] = ()
    matrix: tuple[Axis, ...] = ()
    extends: Spec | None = None
    overlay: Overlay | None = None


class Prompt:
    """A prompt: from a library, or made in Python of the same parts as the file form.

    >>> from promptkit import Prompt, blocks
    >>> Prompt("greet", [blocks.user("Hello {{ name }}")]).render(name="Ada").messages[0].content
    'Hello Ada'
    """

    __slots__ = ("_variants", "library", "spec")

    def __init__(self, name: str, blocks: Iterable[Mapping[str, Any]], **keys: Any) -> None:
        """`blocks` are entries as the functions of `promptkit.blocks` make them; `keys` those of a prompt file.

        Raises LibraryError with every problem found.
        """
        from promptkit.read import python_spec

        self.spec, self.library = python_spec(name, blocks, keys)
        self._variants: dict[str, Variant] = {}

    @classmethod
    def of(cls, spec: Spec, library: Library) -> Prompt:
        """A prompt of a library that was read."""
        prompt = cls.__new__(cls)
        prompt.spec, prompt.library, prompt._variants = spec, library, {}
        return prompt

    @property
    def name(self) -> str:
        """Its name in the library, such as support/triage."""
        return self.spec.name

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of its variants, base first, then those of the matrix."""
        from promptkit.compose import variant_names

        return variant_names(self.spec)

    def __getitem__(self, name: str) -> Variant:
        from promptkit.compose import variant

        return variant(self, name)

    def render(
        self,
        values: Mapping[str, Any] | None = None,
        /,
        *,
        variant: str = BASE,
        model: str | None = None,
        **inputs: Any,
    ) -> Rendered:
        """Its messages for these inputs. The mapping takes an input of any name, keywords are the shorthand.

        Raises InputError, TemplateError, BudgetError.
        """
        from promptkit.render import render

        return render(self[variant], values, inputs, model)

    def __repr__(self) -> str:
        return f"Prompt({self.name!r})"


@dataclass(frozen=True, slots=True)
class Variant:
    """A composed prompt: its blocks after every overlay, its settings, and the inputs that are set.

    `places` tells where each input is set. `parameters` are the inputs that its blocks' parameters (`take`, `from` ...)
    look at: a call cannot change them.
    """

    prompt: Prompt
    name: str
    blocks: tuple[Block, ...] = field(repr=False)
    settings: Settings = field(repr=False)
    set: Mapping[str, Any]
    parameters: frozenset[str] = frozenset()
    places: Mapping[str, Span] = field(default_factory=dict, repr=False, compare=False)
    cache: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)  # what was derived from it

    @property
    def fingerprint(self) -> str:
        """Hash of the composed source, 16 hexadecimal digits: see `promptkit.compose.fingerprint`."""
        from promptkit.compose import fingerprint

        return fingerprint(self)

    def render(
        self, values: Mapping[str, Any] | None = None, /, *, model: str | None = None, **inputs: Any
    ) -> Rendered:
        """Its messages for these inputs; see `Prompt.render`."""
        from promptkit.render import render

        return render(self, values, inputs, model)


@dataclass(frozen=True, slots=True)
class Library:
    """A folder of prompts that was read. A mapping of prompt names, sorted.

    `broken` are the example and schema files that could not be read: their problems are told already.
    """

    root: str
    prompts: Mapping[str, Prompt]
    blocks: Mapping[str, BlockFile] = field(repr=False)
    records: Mapping[str, Records] = field(repr=False)
    schemas: Mapping[str, Mapping[str, Any]] = field(repr=False)
    config: Config = field(repr=False)
    engine: Engine = field(repr=False)
    broken: frozenset[str] = field(default=frozenset(), repr=False)

    def __getitem__(self, name: str) -> Prompt:
        from promptkit.read import find_prompt

        return find_prompt(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.prompts)

    def __len__(self) -> int:
        return len(self.prompts)

    def __contains__(self, name: object) -> bool:
        return name in self.prompts


@dataclass(frozen=True, slots=True)
class BlockFile:
    """A block of the library (or of std/): `name` without suffix, such as role/support-agent.

    `input` is the input that a context's or history's items come from, each written by `text` (as it is, where that is
    empty). `conflicts` are the blocks that it contradicts, each with the place that says so.
    """

    name: str
    kind: str
    text: Text
    inputs: tuple[Input, ...] = ()
    description: str = ""
    owner: str | None = None
    sources: tuple[str, ...] = ()
    conflicts: tuple[tuple[str, Span], ...] = ()
    input: str | None = None

    @property
    def content(self) -> Text | Items:
        """What a prompt that uses it holds: the text, or the items that the text is written for."""
        return self.text if self.input is None else Items(self.input, text=self.text if self.text.source else None)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered prompt. `model` is the one whose tokenizer any limit used, as asked, or None."""

    messages: tuple[Message, ...]
    variant: Variant
    model: str | None = None
    schema: Mapping[str, Any] | None = field(default=None, repr=False)
    dropped: tuple[Dropped, ...] = ()
    tools: tuple[Tool, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The variant's fingerprint."""
        return self.variant.fingerprint

    def to(self, provider: str) -> dict[str, Any]:
        """The request body for `provider`: openai or text. Raises ProviderError."""
        from promptkit.providers import request_body

        return request_body(self, provider)

    def count(self, model: str | None = None) -> Measurement:
        """Its tokens for `model`: the one given, else the prompt's, else the library's, else o200k_base."""
        from promptkit.measure import measure

        return measure(self, model)
