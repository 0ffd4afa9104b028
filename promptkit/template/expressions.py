"""Python code for a template's expressions, in which whatever can grow is paid for before it is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, operators

if TYPE_CHECKING:
    from jinja2.compiler import Frame


class BoundedGenerator(CodeGenerator):
    """Generates expressions within bounds; `codegen` adds the statements, with their origins."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        """`a ~ b`, within bounds."""
        self.write("tilde(meter, (")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:  # noqa: N802
        """Comparisons. Only one with a scalar constant is surely cheap."""
        operands = [node.expr, *(op.expr for op in node.ops)]
        membership = any(op.op in ("in", "notin") for op in node.ops)
        if len(node.ops) == 1 and any(map(_scalar, operands)) and not membership:
            super().visit_Compare(node, frame)
        elif len(node.ops) == 1:
            self.write(f"compare(meter, {operators[node.ops[0].op]!r}, ")
            self.visit(node.expr, frame)
            self.write(", ")
            self.visit(node.ops[0].expr, frame)
            self.write(")")
        else:
            self.write("(weighed(meter, ")
            self.visit(node.expr, frame)
            for op in node.ops:
                self.write(f") {operators[op.op]} weighed(meter, ")
                self.visit(op.expr, frame)
            self.write("))")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802
        """`a[b]`; a slice is a copy and paid for."""
        if not isinstance(node.arg, nodes.Slice):
            self.write("environment.getitem(")
            self.visit(node.node, frame)
            self.write(", ")
            self._key(node.arg, frame)
            self.write(")")
            return
        self.write("sliced(meter, ")
        self.visit(node.node, frame)
        for bound in (node.arg.start, node.arg.stop, node.arg.step):
            self.write(", ")
            if bound is None:
                self.write("None")
            else:
                self.visit(bound, frame)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802
        """`{a: b}`."""
        self.write("{")
        for item in node.items:
            self._key(item.key, frame)
            self.write(": ")
            self.visit(item.value, frame)
            self.write(", ")
        self.write("}")

    def _key(self, node: nodes.Expr, frame: Frame) -> None:
        """An expression that is hashed."""
        if isinstance(node, nodes.Const):
            self.visit(node, frame)
            return
        self.write("keyed(meter, ")
        self.visit(node, frame)
        self.write(")")


def _scalar(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, (str, int, float, bool, type(None)))
