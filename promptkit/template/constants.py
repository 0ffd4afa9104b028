"""The value of an expression over known values, by its tree alone: nothing is compiled, no object is asked."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from promptkit.errors import StillError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptkit.template.engine import Expression, Template

_COMPARED: Mapping[str, Callable[[Any, Any], object]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda one, other: one in other,
    "notin": lambda one, other: one not in other,
}
_COMPUTED: Mapping[type[nodes.Node], Callable[[Any, Any], object]] = {
    nodes.Add: operator.add,
    nodes.Sub: operator.sub,
    nodes.Mul: operator.mul,
    nodes.FloorDiv: operator.floordiv,
}
_FILTERS: Mapping[str, Callable[[Any], object]] = {
    "int": int,
    "length": len,
    "lower": lambda value: str(value).lower(),
    "string": str,
    "trim": lambda value: str(value).strip(),
    "upper": lambda value: str(value).upper(),
}
MAX_NUMBER = 10**12


def evaluated(expression: Expression, known: Mapping[str, object]) -> object:
    """The value of a bare expression. StillError where it takes more than names, constants, tests and sums."""
    assign = expression.tree.body[0]
    assert isinstance(assign, nodes.Assign)
    return _told(assign.node, expression, known)


def printed(template: Template, known: Mapping[str, object]) -> str:
    """The text of a template that only prints. StillError as for `evaluated`."""
    parts = [part for node in template.tree.body for part in (node.nodes if isinstance(node, nodes.Output) else [node])]
    return "".join(
        part.data if isinstance(part, nodes.TemplateData) else str(_told(part, template, known)) for part in parts
    )


def _told(node: nodes.Node, of: Expression | Template, known: Mapping[str, object]) -> Any:
    try:
        return _value(node, known)
    except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise StillError(
            "is computed by more than names, numbers and comparisons, and nothing is run here", of.text.span(1)
        ) from error


def _value(node: nodes.Node, known: Mapping[str, object]) -> Any:
    if isinstance(node, nodes.Const):
        return node.value
    if isinstance(node, nodes.Name):
        return known[node.name]
    if isinstance(node, nodes.Not):
        return not _value(node.node, known)
    if isinstance(node, nodes.Neg):
        return -_number(_value(node.node, known))
    if isinstance(node, nodes.And):
        return _value(node.left, known) and _value(node.right, known)
    if isinstance(node, nodes.Or):
        return _value(node.left, known) or _value(node.right, known)
    if isinstance(node, nodes.CondExpr) and node.expr2 is not None:
        return _value(node.expr1 if _value(node.test, known) else node.expr2, known)
    if isinstance(node, nodes.Compare) and len(node.ops) == 1:
        return _COMPARED[node.ops[0].op](_value(node.expr, known), _value(node.ops[0].expr, known))
    if isinstance(node, nodes.List | nodes.Tuple):
        return [_value(item, known) for item in node.items]
    if isinstance(node, nodes.BinExpr):
        one, other = (_number(_value(side, known)) for side in (node.left, node.right))
        return _number(_COMPUTED[type(node)](one, other))
    if isinstance(node, nodes.Filter) and node.node is not None and not (node.args or node.kwargs):
        return _FILTERS[node.name](_value(node.node, known))
    raise LookupError(type(node).__name__)


def _number(value: object) -> int | float:
    if isinstance(value, int | float) and abs(value) <= MAX_NUMBER:
        return value
    raise TypeError
