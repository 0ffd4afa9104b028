"""What a template's code costs as it stands: paid where a template, block or macro starts, and in each loop round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

NODES_A_STEP = 16  # of a template's tree, where no loop, call, filter or operator pays
PRINTS_A_STEP = 2  # each is kept with its origin: 70 bytes


def code(text: str, line: int) -> nodes.InternalName:
    """A piece of Python that the generated code holds as an expression."""
    name: nodes.InternalName = object.__new__(nodes.InternalName)
    nodes.Node.__init__(name, text, lineno=line)
    return name


def steps(body: Iterable[nodes.Node]) -> int:
    """What running through `body` once costs, whatever its values; loops and macros inside pay for themselves."""
    count = prints = 0
    stack = list(body)
    while stack:
        node = stack.pop()
        count += 1
        if isinstance(node, nodes.Output):
            prints += len(node.nodes)
        if isinstance(node, nodes.For):
            stack += [node.iter, *node.else_]
        elif isinstance(node, nodes.CallBlock):
            stack.append(node.call)
        elif not isinstance(node, (nodes.Macro, nodes.Block)):
            stack.extend(node.iter_child_nodes())
    return 1 + count // NODES_A_STEP + prints // PRINTS_A_STEP


def metered(node: nodes.For) -> nodes.For:
    """The loop with its steps paid for in each round, and one for each item that its test looks at."""
    cost = steps(node.body)
    paid = "meter.tick()" if cost == 1 else f"meter.spend({cost})"
    tick = nodes.ExprStmt(code(paid, node.lineno), lineno=node.lineno)
    test = node.test
    if test is not None:
        paid = "meter.tick()" if (cost := steps([test])) == 1 else f"meter.tick({cost})"
        test = nodes.And(code(paid, test.lineno), test, lineno=test.lineno)
    return nodes.For(node.target, node.iter, [tick, *node.body], node.else_, test, node.recursive, lineno=node.lineno)
