"""The values that flow through promptkit: frozen, and without logic of their own.

Their few methods are one line each over the public functions; those are the only calls that reach upward.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from promptkit.content import Content, Input, Items, Records, Text
from promptkit.quick import quick
from promptkit.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.config import Config
    from promptkit.errors import Span
    from promptkit.measure import Measurement
    from promptkit.messages import Dropped, Message, Role, Selected, Tool
    from promptkit.pricing.usage import Usage
    from promptkit.template import Engine
    from promptkit.trees import Tree

BASE: Final = "base"


@quick
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


@quick
@dataclass(frozen=True, slots=True)
class Addition:
    """A block to add before or after the anchor of that name."""

    block: Block
    anchor: str
    before: bool
    span: Span


@quick
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
    """A token limit for the whole prompt, and the blocks that may give way, in their order.

    `models` are the models that have a limit of their own. `step` is by how many tokens at least a history's cut moves.
    """

    max_tokens: int
    shrink: tuple[str, ...]
    span: Span
    models: Mapping[str, int] = field(default_factory=dict)
    step: int | None = None

    def limit(self, model: str) -> int:
        """The limit for a model: its own where it has one, else `max_tokens`."""
        return self.models.get(model, self.max_tokens)


@quick
@dataclass(frozen=True, slots=True)
class Settings:
    """What a prompt says about itself beside its blocks; an overlay may override any of it.

    `model_span` is where `model` is named.
    """

    description: str = ""
    owner: str | None = None
    model: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    join: str = "\n\n"
    budget: Budget | None = None
    usage: Usage | None = None
    model_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a matrix: cells in their order, crossed with the other axes."""

    name: str
    cells: tuple[Overlay, ...]
    span: Span


@quick
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


class Prompt(Shown):
    """A prompt: from a library, or made in Python of the same parts as the file form.

    >>> from promptkit import Prompt, blocks
    >>> Prompt("greet", [blocks.user("Hello {{ name }}")]).render(name="Ada").messages[0].content
    'Hello Ada'
    """

    __slots__ = ("_shared", "_variants", "library", "spec")

    def __init__(self, name: str, blocks: Iterable[Mapping[str, Any]], **keys: Any) -> None:
        """`blocks` are entries as the functions of `promptkit.blocks` make them; `keys` those of a prompt file.

        Raises LibraryError with every problem found.
        """
        from promptkit.read import python_spec

        self.spec, self.library = python_spec(name, blocks, keys)
        self._variants: dict[str, Variant] = {}
        self._shared: dict[Any, Any] = {}  # what its variants have in common

    @classmethod
    def of(cls, spec: Spec, library: Library) -> Prompt:
        """A prompt of a library that was read."""
        prompt = cls.__new__(cls)
        prompt.spec, prompt.library, prompt._variants, prompt._shared = spec, library, {}, {}
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
        max_tokens: int | None = None,
        **inputs: Any,
    ) -> Rendered:
        """Its messages for these inputs. The mapping takes an input of any name, keywords are the shorthand.

        With `max_tokens` the blocks that the budget's `shrink` names give way until all of it has no more tokens than
        that: see `promptkit.fit`. Raises InputError, TemplateError, BudgetError.
        """
        from promptkit.render import render

        if max_tokens is None:
            return render(self[variant], values, inputs, model)
        from promptkit.fit import fit

        return fit(self[variant], values, inputs, model, max_tokens)

    def __repr__(self) -> str:
        return f"Prompt({self.name!r})"


@quick
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

    def __repr__(self) -> str:
        return f"Variant({self.prompt.name!r}, {self.name!r}, blocks={len(self.blocks)})"

    @property
    def fingerprint(self) -> str:
        """Hash of the composed source, 16 hexadecimal digits: see `promptkit.compose.fingerprint`."""
        from promptkit.compose import fingerprint

        return fingerprint(self)

    @property
    def usage(self) -> Usage:
        """How it is used: what it declares, over what its library does."""
        from promptkit.pricing.usage import Usage  # here: only money asks for it

        return (self.settings.usage or Usage()).over(self.prompt.library.config.usage)

    def render(
        self,
        values: Mapping[str, Any] | None = None,
        /,
        *,
        model: str | None = None,
        max_tokens: int | None = None,
        **inputs: Any,
    ) -> Rendered:
        """Its messages for these inputs; see `Prompt.render`."""
        from promptkit.render import render

        if max_tokens is None:
            return render(self, values, inputs, model)
        from promptkit.fit import fit

        return fit(self, values, inputs, model, max_tokens)


@dataclass(frozen=True, slots=True, eq=False)
class Library(Mapping[str, "Prompt"]):
    """A folder of prompts that was read. A mapping of prompt names, sorted.

    `broken` are the example, schema and tool files that could not be read: their problems are told already.
    """

    root: str
    prompts: Mapping[str, Prompt]
    blocks: Mapping[str, BlockFile] = field(repr=False)
    records: Mapping[str, Records] = field(repr=False)
    schemas: Mapping[str, Mapping[str, Any]] = field(repr=False)
    config: Config = field(repr=False)
    engine: Engine = field(repr=False)
    tree: Tree = field(repr=False)
    tools: Mapping[str, tuple[Tool, ...]] = field(default_factory=dict, repr=False)
    broken: frozenset[str] = field(default=frozenset(), repr=False)
    partials: Mapping[str, BlockFile] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> Prompt:
        from promptkit.read import find_prompt

        return find_prompt(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.prompts)

    def __len__(self) -> int:
        return len(self.prompts)

    def __contains__(self, name: object) -> bool:
        return name in self.prompts

    def __eq__(self, other: object) -> bool:
        return self is other  # two readings of a folder are two libraries

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"Library({self.root!r}, prompts={len(self)})"


@dataclass(frozen=True, slots=True)
class BlockFile:
    """A block of the library (or of std/): `name` without suffix, such as role/support-agent.

    `input` is the input that a context's or history's items come from, each written by `text` (as it is, where that is
    empty). `conflicts` are the blocks that it contradicts, each with the place that says so.
    `deprecated` is why it is not to be used any more, empty where its file only says that; None where it is in use.
    `replaced_by` is the name of what to use in its place, with its place.
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
    deprecated: str | None = None
    replaced_by: tuple[str, Span] | None = None

    @property
    def content(self) -> Text | Items:
        """What a prompt that uses it holds: the text, or the items that the text is written for."""
        return self.text if self.input is None else Items(self.input, text=self.text if self.text.source else None)


@dataclass(frozen=True, slots=True)
class Rendered(Shown):
    """A rendered prompt. `model` is the one whose tokenizer any limit used, as asked, or None."""

    messages: tuple[Message, ...]
    variant: Variant
    model: str | None = None
    schema: Mapping[str, Any] | None = field(default=None, repr=False)
    dropped: tuple[Dropped, ...] = ()
    tools: tuple[Tool, ...] = ()
    selected: tuple[Selected, ...] = ()

    def __repr__(self) -> str:
        name, variant = self.variant.prompt.name, self.variant.name
        return f"Rendered({name!r}, variant={variant!r}, messages={len(self.messages)})"

    @property
    def fingerprint(self) -> str:
        """The variant's fingerprint."""
        return self.variant.fingerprint

    def to(self, provider: str, **options: Any) -> dict[str, Any]:
        """The request body for `provider`: openai, openai-responses, anthropic, gemini, bedrock, mistral, ollama,
        huggingface, text, or one that an installed package adds. `options` are the provider's own: `cache=True` for
        anthropic and bedrock, `chat_template=PATH` for huggingface. Raises ProviderError.
        """
        from promptkit.providers import request_body

        return request_body(self, provider, **options)

    def count(self, model: str | None = None) -> Measurement:
        """Its tokens for `model`: the one given, else the prompt's, else the library's, else o200k_base."""
        from promptkit.measure import measure

        return measure(self, model)
