"""Python code for templates whose output keeps its origins, and in which nothing is computed at compile time.

Jinja2's own generator is asked for names, scopes and everything that does not print, by private methods of its 3.1.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jinja2 import nodes
from jinja2.idtracking import VAR_LOAD_ALIAS, VAR_LOAD_PARAMETER, VAR_LOAD_RESOLVE

from promptkit.template.expressions import BoundedGenerator
from promptkit.template.flow import EMPTY, NONE, Flow, Flows, looked_up
from promptkit.template.parts import first_line, label, metered, own_names, paid, steps
from promptkit.template.trace import Exported, Included, Macro, Param, Site, Symbols, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jinja2 import Environment
    from jinja2.compiler import Frame, MacroRef

COMMONS = (
    "origin = context.origin",
    "meter = context.meter",
    "show = context.show",
    "call = environment.call",
)


class TracingGenerator(BoundedGenerator):
    """Generates a template's code. `sites` are the objects its constants `s0`, `s1` ... stand for."""

    def __init__(self, environment: Environment, unit: Unit, carried: dict[str, Flow] | None = None) -> None:
        super().__init__(environment, unit.text.name, unit.text.name, optimized=False)
        self.cost = 1  # of each function of the template
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
        self.sites[name := f"s{len(self.sites)}"] = value
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
        self.collecting.pop()  # not `remove`, which takes the first that is equal

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
        for line in (*COMMONS, f"meter.spend({self.cost})"):
            self.writeline(line)

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        """A template: its own text and each of its blocks pay for as much as the largest of them."""
        self.cost = max(map(steps, [node.body, *(block.body for block in node.find_all(nodes.Block))]))
        super().visit_Template(node, frame)

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
        if frame.rootlevel and frame.toplevel:
            self.writeline("origin.units.append(unit)")

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

    def visit_EvalContextModifier(self, node: nodes.EvalContextModifier, _: Frame) -> None:  # noqa: N802
        """`{% autoescape %}`, whose option Jinja2 would compute at compile time."""
        self.fail("{% autoescape %} is not for prompts; remove it", node.lineno)

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
