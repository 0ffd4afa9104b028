"""Which names an expression's value comes from, and which choose among its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jinja2 import nodes

from promptkit.template.trace import Exported, Late

if TYPE_CHECKING:
    from jinja2.compiler import Frame

    from promptkit.template.trace import Symbol, Symbols

NONE: Symbols = frozenset()


class Flow(NamedTuple):
    """`names`: what a value is made of. `control`: what chose it, which also holds for text passed through whole."""

    names: Symbols = NONE
    control: Symbols = NONE

    def __or__(self, other: Flow) -> Flow:
        return Flow(self.names | other.names, self.control | other.control)

    @property
    def both(self) -> Symbols:
        """Names and control in one."""
        return self.names | self.control


EMPTY = Flow()


class Flows:
    """The flows of variables while a template's code is generated, by their Python identifiers.

    `carried` holds, by name, what a first pass saw assigned to namespaces: a loop's next round reads it.
    """

    def __init__(self, carried: dict[str, Flow]) -> None:
        self.variables: dict[str, Flow] = {}
        self.carried = carried
        self.assigned: dict[str, Flow] = {}

    def of(self, node: nodes.Node, frame: Frame) -> Flow:
        """The flow of an expression in `frame`."""
        if isinstance(node, nodes.Name):
            return self.name(node.name, frame)
        if isinstance(node, nodes.CondExpr):
            chosen = self.of(node.expr1, frame) | (EMPTY if node.expr2 is None else self.of(node.expr2, frame))
            return Flow(chosen.names, chosen.control | self.of(node.test, frame).both)
        if isinstance(node, (nodes.And, nodes.Or)):
            left, right = self.of(node.left, frame), self.of(node.right, frame)
            return Flow(left.names | right.names, left.both | right.control)
        if isinstance(node, nodes.Getattr):
            inner = self.of(node.node, frame)
            return Flow(frozenset(_attribute(symbol, node.attr) for symbol in inner.names), inner.control)
        if isinstance(node, nodes.Call):
            return self._call(node, frame)
        found = EMPTY
        for child in node.iter_child_nodes():
            found |= self.of(child, frame)
        if isinstance(node, (nodes.Filter, nodes.Test)):
            return Flow(found.both)
        return found

    def _call(self, node: nodes.Call, frame: Frame) -> Flow:
        called = self.of(node.node, frame)
        found = called
        for child in node.iter_child_nodes(exclude=("node",)):
            found |= self.of(child, frame)
        return Flow(found.names, found.control | self.callee(node, frame))

    def callee(self, node: nodes.Call, frame: Frame) -> Symbols:
        """What chooses the function that is called; the names inside a macro do not."""
        called = self.of(node.node, frame)
        plain = isinstance(node.node, nodes.Name) or (
            isinstance(node.node, nodes.Getattr) and isinstance(node.node.node, nodes.Name)
        )
        return called.control if plain else called.both

    def name(self, name: str, frame: Frame) -> Flow:
        """The flow of a variable as `frame` sees it."""
        target = frame.symbols.find_ref(name)
        found = self.variables.get(target) if target is not None else None
        if found is None:
            found = Flow(frozenset({looked_up(name, frame)}))
        return found | self.carried[name] if name in self.carried else found

    def assign(self, target: nodes.Node, flow: Flow, frame: Frame) -> None:
        """Adds `flow` to what the target's variables come from."""
        for name in target.find_all(nodes.Name):
            self.add(frame.symbols.ref(name.name), flow)
        if isinstance(target, nodes.Name):
            self.add(frame.symbols.ref(target.name), flow)
        spaces = [target] if isinstance(target, nodes.NSRef) else list(target.find_all(nodes.NSRef))
        for space in spaces:
            self.add(frame.symbols.ref(space.name), flow)
            self.assigned[space.name] = self.assigned.get(space.name, EMPTY) | flow

    def add(self, target: str, flow: Flow) -> None:
        """Adds to the flow of one Python identifier."""
        self.variables[target] = self.variables.get(target, EMPTY) | flow


def looked_up(name: str, frame: Frame) -> Symbol:
    """The symbol of a name that the context is asked for: a block sees what its family has set."""
    return Late(name) if frame.block is not None else name


def _attribute(symbol: Symbol, attribute: str) -> Symbol:
    if isinstance(symbol, Exported) and symbol.name is None:
        return Exported(symbol.link, attribute)
    return symbol
