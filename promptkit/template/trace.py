"""Rendered text that remembers its origins, and how they resolve to places and names.

Generated code only joins constants: a text, the `Site` that printed it, and the `Origin` of the context it was
printed in. What that means (which scope names, under which conditions, at which line) is worked out by `trace`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from promptkit.errors import LimitError
from promptkit.template.meter import MAX_CHARS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from promptkit.content import Text
    from promptkit.errors import Span


class Param(NamedTuple):
    """A macro's parameter, until a call says what it stands for."""

    macro: str
    name: str


class Exported(NamedTuple):
    """A variable of an imported template (all of them when `name` is None)."""

    link: Site
    name: str | None


class Included(NamedTuple):
    """Everything that the template behind `link` prints; with None, whatever this context's blocks print."""

    link: Site | None


class Late(NamedTuple):
    """A name looked up by a block, which also sees what any template of its family has set."""

    name: str


Symbol: TypeAlias = str | Param | Exported | Included | Late
Symbols: TypeAlias = "frozenset[Symbol]"


@dataclass(eq=False, slots=True)
class Unit:
    """What one compiled template sets and prints. `exports`: its top-level names and what each came from."""

    text: Text
    exports: dict[str, Symbols]
    mentions: set[Symbol]


@dataclass(eq=False, slots=True)
class Macro:
    """A macro or call block: its parameters in order, and what their defaults came from."""

    unit: Unit
    key: str
    params: tuple[str, ...]
    defaults: dict[str, Symbols]


@dataclass(eq=False, slots=True)
class Site:
    """A place in a template that prints, calls, includes or imports.

    `names` are what a printed value came from, `conditions` what decides whether it prints, `control` what chooses
    among the values of the expression, `label` what errors call it. `bound` are an include's locals, or a call's
    arguments by keyword.
    """

    unit: Unit
    line: int
    names: Symbols = frozenset()
    conditions: Symbols = frozenset()
    control: Symbols = frozenset()
    authored: bool = False
    bound: dict[str, Symbols] | None = None
    args: tuple[Symbols, ...] = ()
    rest: Symbols = frozenset()
    context: bool = True
    targets: set[Unit] | None = None
    label: str = "the value"


@dataclass(eq=False, slots=True)
class Foreign:
    """The origin of text that the caller brought in with its own notion of origin."""

    value: object


class Origin:
    """Where the names of one context come from: a render's scope, or an include or import in another context.

    `units` are the templates that ran in it (a family of `extends`), `chosen` the sites that chose a parent.
    """

    __slots__ = ("chosen", "keys", "link", "parent", "units")

    def __init__(self, parent: Origin | None, link: Site | None, keys: Container[str]) -> None:
        self.parent = parent
        self.link = link
        self.keys = keys
        self.units: list[Unit] = []
        self.chosen: list[Site] = []


class Chunk(NamedTuple):
    """A run of text and the site that printed it."""

    text: str
    site: Site | Foreign


class Traced(str):
    """Rendered text that keeps where each run of it came from; `trace` says what that means.

    `sealed` is True for what a whole render returned: printed by another render, it is an ordinary value.
    `size` counts its runs, those of the texts within it included.
    """

    __slots__ = ("call", "called_in", "defined_in", "macro", "parts", "sealed", "size")

    parts: tuple[Part, ...]
    size: int
    sealed: bool
    macro: Macro | None
    defined_in: Origin | None
    call: Site | None
    called_in: Origin | None

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """The runs of text in order; joined they are the text. Empty runs are left out."""
        return tuple(Chunk(text, site) for text, site in _runs(self))

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


Part: TypeAlias = "tuple[str, Site | Foreign, Origin | None] | tuple[Part, Site | Foreign, Origin | None]"


@dataclass(frozen=True, slots=True)
class Trace:
    """A run of rendered text with one origin.

    `span` is the line of authored text, else of the expression that printed it. `names` are the scope's names that
    its text came from, `conditions` those that decided whether it stands here. `foreign` is the caller's own object,
    for text printed unchanged from a Traced of `foreign_text`; its `names` are then empty.
    """

    text: str
    span: Span
    names: frozenset[str]
    conditions: frozenset[str]
    authored: bool
    foreign: object | None = None


def join(parts: Iterable[Part], macro: Macro | None = None, origin: Origin | None = None) -> Traced:
    """The parts as one text that keeps them."""
    parts = tuple(parts)
    texts: list[Any] = [part[0] for part in parts]
    size = len(parts)
    kinds = set(map(type, texts))
    if tuple in kinds:
        texts = [_innermost(text) for text in texts]
        kinds = set(map(type, texts))
    if Traced in kinds:
        size += sum(text.size for text in texts if type(text) is Traced)
    total = sum(map(len, texts))
    if total > MAX_CHARS:
        raise LimitError(f"a text of {total:,} characters; at most {MAX_CHARS:,} can be rendered")
    traced = Traced(texts[0] if len(texts) == 1 else "".join(texts))
    traced.parts = parts
    traced.size = size
    traced.sealed = False
    traced.macro = macro
    traced.defined_in = origin
    traced.call = traced.called_in = None
    return traced


def _innermost(text: Any) -> str:
    """The text of a part within parts."""
    while type(text) is tuple:
        text = text[0]
    assert isinstance(text, str)
    return text


def foreign_text(pairs: Iterable[tuple[str, object]]) -> Traced:
    """Text from outside with the caller's own origins: printed unchanged, each run keeps its object."""
    return join([(text, Foreign(value), None) for text, value in pairs])


def _runs(traced: Traced) -> Iterator[tuple[str, Site | Foreign]]:
    stack: list[Part] = list(reversed(traced.parts))
    while stack:
        payload, site, _ = stack.pop()
        if type(payload) is tuple:
            stack.append(payload)
        elif not payload:
            continue
        elif type(payload) is Traced and not payload.sealed:
            stack.extend(reversed(payload.parts))
        else:
            yield str(payload), site
