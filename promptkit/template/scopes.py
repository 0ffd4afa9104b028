"""Where a template's names are bound while a walk goes through it, by Jinja2's own rules of scope."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from jinja2 import nodes
from jinja2.idtracking import VAR_LOAD_ALIAS, VAR_LOAD_RESOLVE, Symbols

from promptkit.template.names import Use
from promptkit.template.plain import GLOBALS

if TYPE_CHECKING:
    from promptkit.errors import Span
    from promptkit.template.engine import Expression, Template

Guards: TypeAlias = frozenset[str]
NONE: Guards = frozenset()
_clock = count()


@dataclass(frozen=True, eq=False, slots=True)
class Closure:
    """A macro where it is defined: its body is walked where it is called."""

    node: nodes.Macro | nodes.CallBlock
    frame: Frame
    guards: frozenset[str]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A macro of another template, with what it needs that the place of the import does not bind."""

    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Module:
    """An imported template: its macros by name."""

    macros: tuple[tuple[str, Foreign], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Self:
    """`self`: the blocks of a context."""

    context: Context


@dataclass(frozen=True, slots=True)
class Super:
    """`super` in the block of that name and level, the outermost override being level 0."""

    context: Context
    name: str
    level: int


Target: TypeAlias = "Closure | Foreign | Module | Self | Super"


class Found:
    """What a walk has found. `walked` are the macros and blocks that it need not walk again as things stand."""

    def __init__(self) -> None:
        self.uses: dict[tuple[str, Span], bool] = {}
        self.walked: set[tuple[object, ...]] = set()

    def add(self, name: str, span: Span, guarded: bool) -> None:  # noqa: FBT001
        """Notes a use."""
        self.uses[name, span] = guarded and self.uses.get((name, span), True)

    def result(self) -> tuple[Use, ...]:
        """The uses in the order in which they were found."""
        return tuple(Use(name, span, guarded) for (name, span), guarded in self.uses.items())


class Value(NamedTuple):
    """What a name may stand for: what the `scope` holds, nothing (`missing`), or something of `targets`."""

    scope: bool = False
    missing: bool = False
    targets: frozenset[Target] = frozenset()

    def __or__(self, other: Value) -> Value:
        return Value(self.scope or other.scope, self.missing or other.missing, self.targets | other.targets)


BOUND = Value()
SCOPE = Value(scope=True)


@dataclass(eq=False)
class Page:
    """One template of a family. `extends`: it has the tag; `extended`: what follows is known not to be printed."""

    template: Template | Expression
    extends: bool = False
    extended: bool = False


class Context:
    """The names that a template has set at its top, over those bound around it, over the scope's."""

    def __init__(self, bound: dict[str, Value] | None = None, outer: Context | None = None) -> None:
        self.bound = bound or {}
        self.outer = outer
        self.names: dict[str, Value] = {}
        self.exported: set[str] = set()
        self.blocks: dict[str, list[tuple[Page, nodes.Block]]] = {} if outer is None else outer.blocks
        self.version = next(_clock)

    def lookup(self, name: str) -> Value:
        """What the name stands for."""
        if name in self.names:
            return self.names[name]
        if name in self.bound:
            return self.bound[name]
        if self.outer is not None:
            return self.outer.lookup(name)
        return BOUND if name in GLOBALS else SCOPE

    def store(self, name: str, value: Value, *, export: bool) -> None:
        """Sets a name at the top of a template."""
        self.names[name] = value
        if export and not name.startswith("_"):
            self.exported.add(name)
        else:
            self.exported.discard(name)
        self.version = next(_clock)

    def add_blocks(self, template: Template | Expression) -> None:
        """Puts a template's blocks below those that override them."""
        if "block" not in template.text.source:
            return
        page = Page(template)
        for block in template.every(nodes.Block):
            self.blocks.setdefault(block.name, []).append((page, block))

    def fork(self) -> Context:
        """The context as one of several parents sees it: with blocks of its own."""
        other = Context(outer=self)
        other.blocks = {name: list(blocks) for name, blocks in self.blocks.items()}
        return other


State: TypeAlias = tuple[dict[str, Value], dict[str, Value]]


@dataclass(eq=False)
class Frame:
    """The names of one of Jinja2's frames. `checked`: a template that extends another does not print here."""

    page: Page
    context: Context
    parent: Frame | None = None
    toplevel: bool = False
    checked: bool = False
    symbols: Symbols = field(default_factory=Symbols)
    values: dict[str, Value] = field(default_factory=dict)
    version: int = -1

    def inner(self, *, checked: bool | None = None) -> Frame:
        """A frame inside this one, yet to be analyzed and entered."""
        checked = self.checked if checked is None else checked
        return Frame(self.page, self.context, self, checked=checked, symbols=Symbols(self.symbols))

    def enter(self) -> None:
        """Gives each name of the frame what it stands for at its start."""
        for name, identifier in self.symbols.refs.items():
            action, _ = self.symbols.loads[identifier]
            if action == VAR_LOAD_RESOLVE:
                self.values[name] = self.context.lookup(name)
            elif action == VAR_LOAD_ALIAS:
                assert self.parent is not None
                self.values[name] = self.parent.lookup(name)
            else:
                self.values.setdefault(name, Value(missing=action == "undefined"))
        self.version = next(_clock)

    def lookup(self, name: str) -> Value:
        """What the name stands for here."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.values:
                return frame.values[name]
            frame = frame.parent
        return self.context.lookup(name)

    def store(self, name: str, value: Value, *, export: bool = True) -> None:
        """Sets a name in the frame."""
        self.values[name] = value
        self.version = next(_clock)
        if self.toplevel:
            self.context.store(name, value, export=export)

    def passed(self) -> dict[str, Value]:
        """The names that an include, an import with context or a scoped block is given."""
        found: dict[str, Value] = {}
        frame: Frame | None = self
        while frame is not None:
            for name in frame.symbols.stores:
                if name not in found:
                    value = self.lookup(name)
                    found[name] = value._replace(missing=False) | self.context.lookup(name) if value.missing else value
            frame = frame.parent
        return found

    def versions(self) -> tuple[int, ...]:
        """Changes whenever a name of the frame, of those around it or of the context does."""
        found = [self.context.version]
        frame: Frame | None = self
        while frame is not None:
            found.append(frame.version)
            frame = frame.parent
        return tuple(found)

    def state(self) -> State:
        """The names as they stand now."""
        return dict(self.values), dict(self.context.names)

    def restore(self, state: State) -> None:
        """Goes back to a state."""
        self.values, self.context.names = dict(state[0]), dict(state[1])
        self.version = self.context.version = next(_clock)

    def join(self, states: list[State]) -> None:
        """The state after branches, each of which may have been taken."""
        if all(state == states[0] for state in states):
            self.restore(states[0])
            return
        self.values = dict(states[0][0])
        for values, _ in states[1:]:
            for name, value in values.items():
                known = self.values.get(name, value)
                self.values[name] = known if known == value else known | value
        names = {name for _, top in states for name in top}
        self.context.names = {}
        around = {name: self.context.lookup(name) for name in names}
        for name in names:
            tops = [top.get(name, around[name]) for _, top in states]
            self.context.names[name] = tops[0]
            for top in tops[1:]:
                self.context.names[name] |= top
        self.version = self.context.version = next(_clock)


def facts(test: nodes.Node, frame: Frame) -> tuple[Guards, Guards]:
    """The scope's names that are known to be there where a test holds, and where it does not."""
    if isinstance(test, nodes.Test) and isinstance(test.node, nodes.Name) and frame.lookup(test.node.name).scope:
        known = frozenset({test.node.name})
        return {"defined": (known, NONE), "undefined": (NONE, known)}.get(test.name, (NONE, NONE))
    if isinstance(test, nodes.Not):
        holds, fails = facts(test.node, frame)
        return fails, holds
    if isinstance(test, (nodes.And, nodes.Or)):
        left, right = facts(test.left, frame), facts(test.right, frame)
        if isinstance(test, nodes.And):
            return left[0] | right[0], left[1] & right[1]
        return left[0] & right[0], left[1] | right[1]
    return NONE, NONE
