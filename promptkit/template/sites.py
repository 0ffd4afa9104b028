"""The places and flows that a template's generated code refers to: constants, conditions, variables."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jinja2 import nodes
from jinja2.idtracking import VAR_LOAD_ALIAS, VAR_LOAD_PARAMETER, VAR_LOAD_RESOLVE

from promptkit.template.expressions import BoundedGenerator
from promptkit.template.flow import EMPTY, NONE, Flow, Flows, looked_up
from promptkit.template.trace import Included, Macro, Site, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jinja2 import Environment
    from jinja2.compiler import Frame

    from promptkit.template.trace import Symbols

COMMONS = (
    "origin = context.origin",
    "meter = context.meter",
    "show = context.show",
    "call = environment.call",
)


class SiteGenerator(BoundedGenerator):
    """Knows the place and flow of what is generated. `sites`: what the constants `s1`, `s2` ... stand for."""

    def __init__(self, environment: Environment, unit: Unit, carried: dict[str, Flow] | None = None) -> None:
        super().__init__(environment, unit.text.name, unit.text.name, optimized=False)
        self.unit = unit
        self.flows = Flows(carried or {})
        self.sites: dict[str, Site | Macro | Unit] = {"unit": unit}
        self.known: dict[tuple[object, ...], str] = {}
        self.conditions: Symbols = NONE
        self.binding: Callable[[str], Flow] = lambda _: Flow(frozenset({Included(None)}))
        self.collecting: list[set[Any]] = [unit.mentions]
        self.macros: list[str] = []
        self.shown: list[str] = []

    # -- Constants

    def constant(self, value: Site | Macro) -> str:
        """The name under which the generated code finds `value`."""
        name = f"s{len(self.sites)}"
        self.sites[name] = value
        return name

    def site(self, line: int, flow: Flow = EMPTY, label: str = "the value", *, authored: bool = False) -> str:
        """The constant of a place that prints."""
        key = (line, flow, self.conditions, label, authored)
        if key not in self.known:
            site = Site(self.unit, line, flow.names, self.conditions, flow.control, authored, label=label)
            self.known[key] = self.constant(site)
        self.mention(flow.both | self.conditions)
        return self.known[key]

    def link(self, node: nodes.Include | nodes.Import | nodes.FromImport, frame: Frame) -> tuple[str, Site]:
        """The constant of a place that includes or imports, with the flows of the locals it passes on."""
        conditions = self.conditions | self.flows.of(node.template, frame).both
        site = Site(self.unit, node.lineno, conditions=conditions, context=node.with_context, targets=set())
        site.bound = self.locals(frame)
        return self.constant(site), site

    def locals(self, frame: Frame) -> dict[str, Symbols]:
        """What each variable that `frame` passes to an include or scoped block comes from."""
        return {name: self.flows.name(name, frame).both for name in frame.symbols.dump_stores()}

    def mention(self, symbols: Symbols) -> None:
        """Notes symbols for every set, call or filter block, macro and template that is being generated."""
        for collector in self.collecting:
            collector.update(symbols)

    @contextmanager
    def collect(self) -> Iterator[set[Any]]:
        """The symbols mentioned inside."""
        found: set[Any] = set()
        self.collecting.append(found)
        yield found
        self.collecting.pop()

    @contextmanager
    def under(self, symbols: Symbols) -> Iterator[None]:
        """What is generated inside stands under these conditions too."""
        outer = self.conditions
        self.conditions = outer | symbols
        yield
        self.conditions = outer

    @contextmanager
    def bind(self, binding: Callable[[str], Flow]) -> Iterator[None]:
        """Parameters of the frames entered inside come from what `binding` says of their names."""
        outer = self.binding
        self.binding = binding
        yield
        self.binding = outer

    # -- Frames

    def write_commons(self) -> None:
        """Adds the helpers that generated code calls."""
        super().write_commons()
        for line in COMMONS:
            self.writeline(line)

    def enter_frame(self, frame: Frame) -> None:
        """Starts the flows of the frame's variables anew: sibling frames share identifiers."""
        for target, (action, param) in frame.symbols.loads.items():
            if action == VAR_LOAD_PARAMETER:
                flow = self.binding(target.split("_", 2)[2])
            elif action == VAR_LOAD_RESOLVE:
                flow = Flow(frozenset({looked_up(param, frame)}))
            elif action == VAR_LOAD_ALIAS:
                flow = self.flows.variables.get(param, EMPTY)
            else:
                flow = EMPTY
            self.flows.variables[target] = flow
        super().enter_frame(frame)

    def assign(self, target: nodes.Node, flow: Flow, frame: Frame) -> None:
        """Notes an assignment, which also depends on the conditions that it stands under."""
        flow = Flow(flow.names, flow.control | self.conditions)
        self.flows.assign(target, flow, frame)
        if frame.toplevel:
            for name in [target] if isinstance(target, nodes.Name) else target.find_all(nodes.Name):
                self.export(name.name, flow)

    def export(self, name: str, flow: Flow) -> None:
        """Notes a top-level name, which blocks, parents and importers see."""
        self.unit.exports[name] = self.unit.exports.get(name, NONE) | flow.both
