"""Python code for templates whose output keeps its origins, and in which nothing is computed at compile time.

A subclass of Jinja2's own generator, which it asks for names, scopes and everything that does not print. It relies
on private methods of Jinja2 3.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes

from promptkit.template.flow import EMPTY, NONE, Flow
from promptkit.template.parts import first_line, label, metered, own_names, paid, steps
from promptkit.template.sites import SiteGenerator
from promptkit.template.trace import Exported, Included, Macro, Param, Site

if TYPE_CHECKING:
    from jinja2.compiler import Frame, MacroRef

    from promptkit.template.trace import Symbols


class TracingGenerator(SiteGenerator):
    """Generates a template's code."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        """The whole module. Where the template and each of its blocks start, they pay for themselves."""
        self.body = node.body
        super().visit_Template(node, frame)

    def enter_frame(self, frame: Frame) -> None:
        """Starts a scope."""
        super().enter_frame(frame)
        if frame.rootlevel and frame.toplevel:
            self.writeline("origin.units.append(unit)")
            self.writeline(f"meter.spend({steps(self.body)})")
        elif frame.block_frame and frame.block is not None and frame.symbols.parent is None:
            self.writeline(f"meter.spend({steps(self.blocks[frame.block].body)})")

    # -- Output

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802
        """Prints authored text and expressions, each with its site."""
        if frame.require_output_check:
            if self.has_known_extends:
                return
            self.writeline("if parent_template is None:")
            self.indent()
        for child in node.nodes:
            self.start_write(frame, child)
            if isinstance(child, nodes.TemplateData):
                self.write(f"({child.data!r}, {self.site(child.lineno, authored=True)}, origin)")
            else:
                self._show(child, frame)
            self.end_write(frame)
        if frame.require_output_check:
            self.outdent()

    def _show(self, node: nodes.Expr, frame: Frame) -> None:
        """A printed expression. Short strings, the most common, are paid for with what surrounds them."""
        site = self.site(first_line(node), self.flows.of(node, frame), label(node))
        self.write(f"((shown, {site}, origin) if type(shown := ")
        self.visit(node, frame)
        self.write(f") is str and len(shown) < 64 else show(shown, {site}))")

    def start_write(self, frame: Frame, node: nodes.Node | None = None) -> None:
        """Starts a print; a recursive loop prints the text of its first round."""
        super().start_write(frame, node)
        if isinstance(node, nodes.For):
            self.write("show(")
            self.shown.append(self.site(node.lineno))

    def end_write(self, frame: Frame) -> None:
        """Ends a print."""
        if self.shown and self.shown[-1]:
            self.write(f", {self.shown.pop()})")
        super().end_write(frame)

    def return_buffer_contents(self, frame: Frame, force_unescaped: bool = False) -> None:  # noqa: FBT001
        """Returns what a macro or a recursive loop has printed."""
        macro = f", {self.macros[-1]}, origin" if force_unescaped else ""
        self.writeline(f"return concat({frame.buffer}{macro})")

    # -- Statements

    def visit_If(self, node: nodes.If, frame: Frame) -> None:  # noqa: N802
        """A branch stands under its own test and those before it."""
        inner = frame.soft()
        tests: Symbols = NONE
        for branch in (node, *node.elif_):
            tests |= self.flows.of(branch.test, inner).both
            self.writeline("if " if branch is node else "elif ", branch)
            self.visit(branch.test, inner)
            self.write(":")
            with self.under(tests):
                self._indented(branch.body, inner)
        if node.else_:
            self.writeline("else:")
            with self.under(tests):
                self._indented(node.else_, inner)

    def _indented(self, body: list[nodes.Node], frame: Frame) -> None:
        self.indent()
        self.blockvisit(body, frame)
        self.outdent()

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802
        """A loop: each round and each tested item is a step."""
        targets = {name.name for name in node.target.find_all(nodes.Name)}
        if isinstance(node.target, nodes.Name):
            targets.add(node.target.name)
        flow = self.flows.of(node.iter, frame)
        if node.recursive:
            flow |= self._recursions(node, frame, targets)
        test: Symbols = NONE
        if node.test is not None:
            names = {name.name for name in node.test.find_all(nodes.Name)} | own_names(node.test)
            for name in names - targets - {"loop"}:
                test |= self.flows.name(name, frame).both
        with self.under(flow.both | test), self.bind(lambda _: Flow(flow.both | test)):
            super().visit_For(metered(node), frame)

    def _recursions(self, node: nodes.For, frame: Frame, targets: set[str]) -> Flow:
        """What the `loop(...)` calls in a recursive loop hand to its rounds."""
        found = EMPTY
        for call in node.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "loop":
                names = {name.name for arg in call.args for name in arg.find_all(nodes.Name)}
                for arg in call.args:
                    names |= own_names(arg)
                for name in names - targets - {"loop"}:
                    found |= self.flows.name(name, frame)
        return found

    def visit_With(self, node: nodes.With, frame: Frame) -> None:  # noqa: N802
        """Binds names for a body."""
        flows = {}
        for target, value in zip(node.targets, node.values, strict=True):
            names = [target] if isinstance(target, nodes.Name) else target.find_all(nodes.Name)
            for name in names:
                flows[name.name] = self.flows.of(value, frame)
        with self.bind(lambda name: flows.get(name, EMPTY)):
            super().visit_With(node, frame)

    def visit_Assign(self, node: nodes.Assign, frame: Frame) -> None:  # noqa: N802
        """A `set` of an expression."""
        flow = self.flows.of(node.node, frame)
        super().visit_Assign(node, frame)
        self.assign(node.target, flow, frame)

    def visit_AssignBlock(self, node: nodes.AssignBlock, frame: Frame) -> None:  # noqa: N802
        """A `set` block: printed as it is, its text keeps its origins."""
        with self.collect() as found:
            super().visit_AssignBlock(node, frame)
        if node.filter is not None:
            found |= self._filter_flow(node.filter, frame)
        self.assign(node.target, Flow(frozenset(found)), frame)

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> None:  # noqa: N802
        """A filtered body is one run at the line of its tag."""
        inner = frame.inner()
        inner.symbols.analyze_node(node)
        self.enter_frame(inner)
        self.buffer(inner)
        with self.collect() as found:
            self.blockvisit(node.body, inner)
        found |= self._filter_flow(node.filter, frame)
        self.start_write(frame, node)
        self.write("show(")
        self.visit_Filter(node.filter, inner)
        self.write(f", {self.site(node.lineno, Flow(frozenset(found)))})")
        self.end_write(frame)
        self.leave_frame(inner)

    def _filter_flow(self, node: nodes.Filter, frame: Frame) -> Symbols:
        return self.flows.of(node, frame).both

    # -- Macros and calls

    def macro_body(self, node: nodes.Macro | nodes.CallBlock, frame: Frame) -> tuple[Frame, MacroRef]:
        """A macro's function. Its text names its parameters, which each call resolves."""
        key = f"{self.unit.text.name}:{node.lineno}:{len(self.sites)}"
        params = tuple(arg.name for arg in node.args)
        macro = Macro(self.unit, key, params, {})
        outer, self.conditions = self.conditions, NONE
        self.macros.append(self.constant(macro))
        with self.collect() as found, self.bind(lambda name: Flow(frozenset({Param(key, name)}))):
            inner, reference = super().macro_body(paid(node), frame)
        self.macros.pop()
        self.conditions = outer
        for arg, default in zip(node.args[len(node.args) - len(node.defaults) :], node.defaults, strict=True):
            macro.defaults[arg.name] = self.flows.of(default, inner).both
        own = {symbol for symbol in found if isinstance(symbol, Param) and symbol.macro == key}
        self.closure = Flow(frozenset(found - own).union(*macro.defaults.values()))
        return inner, reference

    def visit_Macro(self, node: nodes.Macro, frame: Frame) -> None:  # noqa: N802
        """Defines a macro."""
        super().visit_Macro(node, frame)
        self.assign(nodes.Name(node.name, "store"), self.closure, frame)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:  # noqa: N802
        """Calls a macro with a body."""
        inner, reference = self.macro_body(node, frame)
        self.writeline("caller = ")
        self.macro_def(reference, inner)
        body = self.closure.both
        flow = self.flows.of(node.call, frame)
        self.start_write(frame, node)
        self.write("show(")
        self.visit_Call(node.call, frame, forward_caller=True, caller=body)
        self.write(f", {self.site(node.lineno, Flow(flow.names | body, flow.control))})")
        self.end_write(frame)

    def visit_Call(  # noqa: N802
        self,
        node: nodes.Call,
        frame: Frame,
        forward_caller: bool = False,  # noqa: FBT001  (Jinja2's signature)
        caller: Symbols = NONE,
    ) -> None:
        """A call; its site says what each argument comes from."""
        bound = {arg.key: self.flows.of(arg.value, frame).both for arg in node.kwargs}
        rest: Symbols = NONE
        for extra in (node.dyn_args, node.dyn_kwargs):
            if extra is not None:
                rest |= self.flows.of(extra, frame).both
        if forward_caller:
            bound["caller"] = caller
        args = tuple(self.flows.of(arg, frame).both for arg in node.args)
        conditions = self.conditions | self.flows.callee(node, frame)
        site = Site(self.unit, node.lineno, conditions=conditions, bound=bound, args=args, rest=rest)
        self.write(f"call(context, {self.constant(site)}, ")
        self.visit(node.node, frame)
        extras = {"caller": "caller"} if forward_caller else {}
        if frame.loop_frame:
            extras["_loop_vars"] = "_loop_vars"
        if frame.block_frame:
            extras["_block_vars"] = "_block_vars"
        self.signature(node, frame, extras)
        self.write(")")

    # -- Other templates

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:  # noqa: N802
        """Prints another template."""
        name, site = self.link(node, frame)
        self.mention(site.conditions | {Included(site)})
        passed = self.dump_local_context(frame) if node.with_context else "None"
        self.writeline(f"for event in environment.include(context, {name}, ", node)
        self.visit(node.template, frame)
        self.write(f", {passed}, {node.ignore_missing!r}):")
        self.indent()
        self.simple_write("event", frame)
        self.outdent()

    def _import_common(self, node: nodes.Import | nodes.FromImport, frame: Frame) -> None:
        name, site = self.link(node, frame)
        passed = self.dump_local_context(frame) if node.with_context else "None"
        self.write(f"environment.imported(context, {name}, ")
        self.visit(node.template, frame)
        self.write(f", {passed})")
        self.imported = site

    def visit_Import(self, node: nodes.Import, frame: Frame) -> None:  # noqa: N802
        """Imports a template as a module."""
        super().visit_Import(node, frame)
        flow = Flow(frozenset({Exported(self.imported, None)}), self.imported.conditions)
        self.assign(nodes.Name(node.target, "store"), flow, frame)

    def visit_FromImport(self, node: nodes.FromImport, frame: Frame) -> None:  # noqa: N802
        """Imports names from a template."""
        super().visit_FromImport(node, frame)
        for name in node.names:
            source, alias = (name, name) if isinstance(name, str) else name
            flow = Flow(frozenset({Exported(self.imported, source)}), self.imported.conditions)
            self.assign(nodes.Name(alias, "store"), flow, frame)

    def visit_Extends(self, node: nodes.Extends, frame: Frame) -> None:  # noqa: N802
        """Names the parent; what chose it decides about all its text."""
        conditions = self.conditions | self.flows.of(node.template, frame).both
        if conditions:
            site = Site(self.unit, node.lineno, conditions=conditions)
            self.writeline(f"origin.chosen.append({self.constant(site)})", node)
        super().visit_Extends(node, frame)

    def visit_Block(self, node: nodes.Block, frame: Frame) -> None:  # noqa: N802
        """Prints a block where it stands, unless a parent does."""
        level = 0
        if frame.toplevel:
            if self.has_known_extends:
                return
            if self.extends_so_far > 0:
                self.writeline("if parent_template is None:")
                self.indent()
                level += 1
        context = self.derive_context(frame) if node.scoped else self.get_context_ref()
        if node.required:
            self.writeline(f"if len(context.blocks[{node.name!r}]) <= 1:", node)
            self.indent()
            self.writeline(f'raise TemplateRuntimeError("Required block {node.name!r} not found")', node)
            self.outdent()
        self.writeline(f"for event in context.blocks[{node.name!r}][0]({context}):", node)
        self.indent()
        event = f"(event, {self.site(node.lineno)}, origin)" if self.conditions else "event"
        self.simple_write(event, frame, node)
        self.outdent(1 + level)

    def derive_context(self, frame: Frame) -> str:
        """The context of a scoped block."""
        site = Site(self.unit, 0, bound=self.locals(frame), targets=set())
        return f"{self.get_context_ref()}.derived({self.dump_local_context(frame)}, {self.constant(site)})"
