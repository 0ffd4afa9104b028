"""What the code generator asks of, and adds to, parts of a parsed template."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from jinja2 import nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

NODES_A_STEP = 3
PRINTS_A_STEP = 2  # each is kept with its origin: 70 bytes
PAYING = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.Block)  # they pay for their bodies when they run


def first_line(node: nodes.Node) -> int:
    """The line where an expression starts: a filter's own line is that of its name."""
    lines = [node.lineno]
    while isinstance(node, (nodes.Filter, nodes.Test, nodes.Call, nodes.Getattr, nodes.Getitem)):
        if node.node is None:
            break
        node = node.node
        lines.append(node.lineno)
    return min(line for line in lines if line)


def label(node: nodes.Node) -> str:
    """What errors call a printed expression."""
    if isinstance(node, nodes.Name):
        return f"'{node.name}'"
    attributes = []
    while isinstance(node, nodes.Getattr):
        attributes.append(node.attr)
        node = node.node
    if isinstance(node, nodes.Name) and attributes:
        return f"'{'.'.join([node.name, *reversed(attributes)])}'"
    return "the value"


def own_names(node: nodes.Node) -> set[str]:
    """The name that an expression is, where it is no more than that."""
    return {node.name} if isinstance(node, nodes.Name) else set()


def _code(text: str, line: int) -> nodes.InternalName:
    """A piece of Python that the generated code holds as an expression."""
    name: nodes.InternalName = object.__new__(nodes.InternalName)
    nodes.Node.__init__(name, text, lineno=line)
    return name


def paid(node: nodes.Macro | nodes.CallBlock) -> nodes.Macro | nodes.CallBlock:
    """The macro with the steps of its body paid for at each call."""
    spend = nodes.ExprStmt(_code(f"meter.spend({steps(node.body)})", node.lineno), lineno=node.lineno)
    changed = copy(node)
    changed.body = [spend, *node.body]
    return changed


def metered(node: nodes.For) -> nodes.For:
    """The loop with a step paid for each round, and for each item that its test looks at."""
    tick = nodes.ExprStmt(_code(f"meter.spend({steps(node.body)})", node.lineno), lineno=node.lineno)
    test = node.test
    if test is not None:
        test = nodes.And(_code(f"meter.tick({steps([test])})", test.lineno), test, lineno=test.lineno)
    return nodes.For(node.target, node.iter, [tick, *node.body], node.else_, test, node.recursive, lineno=node.lineno)


def steps(body: Iterable[nodes.Node]) -> int:
    """What running `body` once costs, beside what its calls and inner loops pay for themselves."""
    count = prints = 0
    stack: list[nodes.Node] = list(body)
    while stack:
        node = stack.pop()
        count += 1
        if isinstance(node, nodes.Output):
            prints += len(node.nodes)
        if isinstance(node, nodes.For):
            stack += [node.iter, *node.else_]
        elif isinstance(node, nodes.CallBlock):
            stack.append(node.call)
        elif not isinstance(node, PAYING):
            stack.extend(node.iter_child_nodes())
    return 1 + count // NODES_A_STEP + prints // PRINTS_A_STEP
