"""A walk through a parsed template that notes each name it looks up in the scope it is rendered in.

It keeps Jinja2's own account of names. A macro's body is walked where its name is used, with what is bound there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes
from jinja2.compiler import find_undeclared

from promptkit.template.check import constants
from promptkit.template.names import Needs
from promptkit.template.scopes import (
    BOUND,
    NONE,
    Closure,
    Context,
    Foreign,
    Found,
    Frame,
    Module,
    Page,
    Self,
    Super,
    Value,
    facts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from promptkit.errors import Span
    from promptkit.template.engine import Expression, Template
    from promptkit.template.names import Use
    from promptkit.template.scopes import Guards, Target

RUNS = 20_000  # walks of macros and blocks in one template
Reference = nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends


class Lookups:
    """One walk. `known` are the needs of other templates; those that are not there yet count as none."""

    def __init__(self, template: Template | Expression, known: Mapping[Template | Expression, Needs]) -> None:
        self.template = template
        self.known = known
        self.found = Found()
        self.dynamic: dict[Span, None] = {}
        self.guards = NONE
        self.active: list[nodes.Node] = []
        self.pending: list[tuple[Template, Context, bool]] = []
        self.runs = RUNS

    def needs(self) -> Needs:
        """The needs of the template."""
        exports: list[tuple[str, Needs]] = []
        try:
            context = self.family(self.template, Context())
            for name in sorted(context.exported):
                targets = context.lookup(name).targets
                if targets:
                    uses = self.separately(lambda targets=targets: self.charge_all(targets))  # type: ignore[misc]
                    exports.append((name, Needs(uses)))
        except RecursionError:
            self.dynamic[self.template.text.span(1)] = None
        return Needs(self.found.result(), tuple(self.dynamic), tuple(exports))

    def separately(self, walk: Callable[[], None]) -> tuple[Use, ...]:
        """What `walk` finds, which is not noted here."""
        outer, self.found = self.found, Found()
        try:
            walk()
            return self.found.result()
        finally:
            self.found = outer

    # -- Templates and blocks

    def family(self, template: Template | Expression, context: Context) -> Context:
        """Walks a template and those that it extends."""
        seen = {template}
        context.add_blocks(template)
        self.root(template, context)
        while self.pending:
            parent, around, surely = self.pending.pop()
            if parent not in seen:
                seen.add(parent)
                if not surely:
                    around = around.fork()
                    around.add_blocks(parent)
                self.root(parent, around)
        return context

    def root(self, template: Template | Expression, context: Context) -> None:
        """Walks the top of one template."""
        tree, source = template.tree, template.text.source  # a word that is not in the text is in no tag
        page = Page(template, extends="extends" in source and tree.find(nodes.Extends) is not None)
        frame = Frame(page, context, toplevel=True, checked=page.extends)
        if "self" in source and find_undeclared(tree.body, ("self",)):
            frame.symbols.declare_parameter("self")
            frame.values["self"] = Value(targets=frozenset({Self(context)}))
        frame.symbols.analyze_node(tree)
        frame.enter()
        for node in tree.body:
            if isinstance(node, nodes.Extends):
                self.extends(node, frame, surely=True)
                page.extended = True
            else:
                self.visit(node, frame)

    def block(self, context: Context, name: str, level: int = 0) -> None:
        """Walks a block as a context has it."""
        versions = context.blocks.get(name, [])
        if level >= len(versions):
            return
        page, node = versions[level]
        key = (id(node), context.version, self.guards)
        if not self.begin(node, key):
            return
        frame = Frame(page, context)
        special = find_undeclared(node.body, ("self", "super"))
        if "self" in special:
            frame.symbols.declare_parameter("self")
            frame.values["self"] = Value(targets=frozenset({Self(context)}))
        if "super" in special:
            frame.symbols.declare_parameter("super")
            frame.values["super"] = Value(targets=frozenset({Super(context, name, level)}))
        frame.symbols.analyze_node(node)
        frame.enter()
        self.body(node.body, frame)
        self.active.pop()

    def begin(self, node: nodes.Node, key: tuple[object, ...]) -> bool:
        """False where a macro or block has been walked as things stand, or calls itself without end."""
        if key in self.found.walked or self.active.count(node) > 1:
            return False
        self.runs -= 1
        if self.runs < 0:
            self.dynamic[self.template.text.span(1)] = None
            return False
        self.found.walked.add(key)
        self.active.append(node)
        return True

    # -- Names

    def load(self, node: nodes.Name | nodes.NSRef, frame: Frame, attribute: str | None = None) -> None:
        """A use of a name; `attribute` is what is asked of it, None where that is unknown."""
        value = frame.lookup(node.name)
        if value.scope:
            self.found.add(node.name, frame.page.template.text.span(node.lineno), node.name in self.guards)
        self.charge_all(value.targets, attribute)

    def tested(self, node: nodes.Name, frame: Frame) -> None:
        """A use of a name that may be missing: it is looked up, but not called."""
        if frame.lookup(node.name).scope:
            self.found.add(node.name, frame.page.template.text.span(node.lineno), True)

    def charge_all(self, targets: Iterable[Target], attribute: str | None = None) -> None:
        """Notes what something needs that a name stands for."""
        for target in targets:
            self.charge(target, attribute)

    def charge(self, target: Target, attribute: str | None) -> None:
        """Notes what one macro, module or block needs."""
        if isinstance(target, Closure):
            self.call(target)
        elif isinstance(target, Foreign):
            for use in target.uses:
                self.found.add(use.name, use.span, use.guarded or use.name in self.guards)
        elif isinstance(target, Module):
            for name, macro in target.macros:
                if attribute in (None, name):
                    self.charge(macro, None)
        elif isinstance(target, Self):
            for name in list(target.context.blocks) if attribute is None else [attribute]:
                self.block(target.context, name)
        elif attribute == "super":
            for level in range(target.level + 2, len(target.context.blocks.get(target.name, ()))):
                self.block(target.context, target.name, level)
        else:
            self.block(target.context, target.name, target.level + 1)

    def call(self, macro: Closure) -> None:
        """Walks a macro's body as a call runs it."""
        guards = self.guards
        self.guards = guards | macro.guards
        if self.begin(macro.node, (id(macro.node), macro.frame.versions(), self.guards)):
            frame = macro.frame.inner(checked=False)
            frame.symbols.analyze_node(macro.node)
            given = {arg.name for arg in macro.node.args}
            for name in find_undeclared(macro.node.body, ("caller", "kwargs", "varargs")) - given:
                frame.symbols.declare_parameter(name)
            frame.enter()
            for default in macro.node.defaults:
                self.visit(default, frame)
            self.body(macro.node.body, frame)
            self.active.pop()
        self.guards = guards

    # -- Guards

    def under(self, guards: Guards, items: Iterable[nodes.Node], frame: Frame) -> None:
        """Walks nodes that run only where `guards` are there."""
        outer = self.guards
        self.guards = outer | guards
        self.body(items, frame)
        self.guards = outer

    # -- Nodes

    def body(self, items: Iterable[nodes.Node], frame: Frame) -> None:
        """Walks nodes in their order."""
        for node in items:
            self.visit(node, frame)

    def visit(self, node: nodes.Node, frame: Frame) -> None:
        """Walks a statement or expression."""
        visitor = VISITORS.get(type(node))
        if visitor is not None:
            visitor(self, node, frame)
        else:
            self.body(node.iter_child_nodes(), frame)

    def name(self, node: nodes.Name, frame: Frame) -> None:
        """A name, read or set."""
        if node.ctx == "load":
            self.load(node, frame)
        else:
            frame.store(node.name, BOUND)

    def attribute(self, node: nodes.Getattr | nodes.Getitem, frame: Frame) -> None:
        """`a.b` or `a['b']`."""
        attribute = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        if isinstance(node.node, nodes.Name) and isinstance(attribute, str):
            self.load(node.node, frame, attribute)
        else:
            self.body(node.iter_child_nodes(), frame)

    def filter(self, node: nodes.Filter | nodes.Test, frame: Frame) -> None:
        """A filter or test; some take a name that may be missing."""
        lenient = ("default", "d") if isinstance(node, nodes.Filter) else ("defined", "undefined")
        if node.name in lenient and isinstance(node.node, nodes.Name):
            self.tested(node.node, frame)
            if isinstance(node, nodes.Filter):
                self.charge_all(frame.lookup(node.node.name).targets)
            self.body(node.iter_child_nodes(exclude=("node",)), frame)
        else:
            self.body(node.iter_child_nodes(), frame)

    def logic(self, node: nodes.And | nodes.Or, frame: Frame) -> None:
        """`a and b`, `a or b`: the right side runs only where the left has not decided."""
        self.visit(node.left, frame)
        self.under(facts(node.left, frame)[isinstance(node, nodes.Or)], [node.right], frame)

    def choice(self, node: nodes.CondExpr, frame: Frame) -> None:
        """`a if b else c`."""
        self.visit(node.test, frame)
        holds, fails = facts(node.test, frame)
        self.under(holds, [node.expr1], frame)
        if node.expr2 is not None:
            self.under(fails, [node.expr2], frame)

    def branches(self, node: nodes.If, frame: Frame) -> None:
        """An if: what each branch sets is set after it."""
        outer, start, ends = self.guards, frame.state(), []
        for branch in (node, *node.elif_):
            self.visit(branch.test, frame)
            holds, fails = facts(branch.test, frame)
            self.under(holds, branch.body, frame)
            ends.append(frame.state())
            frame.restore(start)
            self.guards |= fails
        self.body(node.else_, frame)
        ends.append(frame.state())
        self.guards = outer
        frame.join(ends)

    def loop(self, node: nodes.For, frame: Frame) -> None:
        """A for: its filter, body and else have frames of their own."""
        self.visit(node.iter, frame)
        guards = NONE
        if node.test is not None:
            test = frame.inner()
            test.symbols.analyze_node(node, for_branch="test")
            test.enter()
            self.visit(node.test, test)
            guards = facts(node.test, test)[0]
        inner = frame.inner()
        source = frame.page.template.text.source
        scoped = "scoped" in source and any(block.scoped for block in node.find_all(nodes.Block))
        if node.recursive or scoped or ("loop" in source and find_undeclared(node.body, ("loop",))):
            inner.symbols.declare_parameter("loop")
        inner.symbols.analyze_node(node, for_branch="body")
        inner.enter()
        self.under(guards, node.body, inner)
        if node.else_:
            other = frame.inner()
            other.symbols.analyze_node(node, for_branch="else")
            other.enter()
            self.body(node.else_, other)

    def output(self, node: nodes.Output, frame: Frame) -> None:
        """Printed text, which the top of a template that extends another leaves out."""
        if not (frame.checked and frame.page.extended):
            self.body(node.nodes, frame)

    def assign(self, node: nodes.Assign, frame: Frame) -> None:
        """A set: its value is read first."""
        self.visit(node.node, frame)
        self.visit(node.target, frame)

    def enclosed(self, node: nodes.With | nodes.Scope | nodes.FilterBlock, frame: Frame) -> Frame:
        """Walks a body in a frame of its own; the values of a `with` see nothing of its names."""
        if isinstance(node, nodes.With):
            self.body(node.values, frame)
        inner = frame.inner()
        inner.symbols.analyze_node(node)
        inner.enter()
        self.body(node.body, inner)
        return inner

    def assign_block(self, node: nodes.AssignBlock, frame: Frame) -> None:
        """A set block."""
        inner = frame.inner(checked=False)
        inner.symbols.analyze_node(node)
        if node.filter is not None:  # Jinja2 overlooks the filter's names unless they are named elsewhere too
            for name in node.filter.find_all(nodes.Name):
                inner.symbols.load(name.name)
        inner.enter()
        self.body(node.body, inner)
        if node.filter is not None:
            self.visit(node.filter, inner)
        self.visit(node.target, frame)

    def filter_block(self, node: nodes.FilterBlock, frame: Frame) -> None:
        """A filter block."""
        self.visit(node.filter, self.enclosed(node, frame))

    def macro(self, node: nodes.Macro, frame: Frame) -> None:
        """A macro's definition."""
        frame.store(node.name, Value(targets=frozenset({Closure(node, frame, self.guards)})))

    def call_block(self, node: nodes.CallBlock, frame: Frame) -> None:
        """A call with a body, which is held to be used."""
        self.visit(node.call, frame)
        self.call(Closure(node, frame, self.guards))

    def block_tag(self, node: nodes.Block, frame: Frame) -> None:
        """A block where it stands."""
        if frame.toplevel and frame.page.extended:
            return
        self.block(Context(frame.passed(), frame.context) if node.scoped else frame.context, node.name)

    # -- Other templates

    def extends(self, node: nodes.Extends, frame: Frame, *, surely: bool = False) -> None:
        """An extends; its parent's top is walked after this template's."""
        if frame.page.extended:
            return  # a second one is an error when it is rendered
        for parent in self.named(node, frame):
            if surely:
                frame.context.add_blocks(parent)
            self.pending.append((parent, frame.context, surely))

    def include(self, node: nodes.Include, frame: Frame) -> None:
        """An include: it needs what its template does and nothing binds here."""
        for template in self.named(node, frame):
            found = self.needs_of(template)
            if node.with_context:
                self.unbound(found.uses, frame)

    def unbound(self, uses: Iterable[Use], frame: Frame) -> None:
        """Notes the uses of a template that is given the names of `frame`."""
        passed = frame.passed()
        for use in uses:
            value = passed[use.name] if use.name in passed else frame.context.lookup(use.name)
            if value.scope:
                self.found.add(use.name, use.span, use.guarded or use.name in self.guards)
            self.charge_all(value.targets)

    def import_(self, node: nodes.Import | nodes.FromImport, frame: Frame) -> None:
        """An import: with context its top runs here, and its macros where they are called."""
        macros: dict[str, Foreign] = {}
        for template in self.named(node, frame):
            found = self.needs_of(template)
            if node.with_context:
                self.unbound(found.uses, frame)
                for name, inner in found.exports:
                    uses = self.separately(lambda inner=inner: self.unbound(inner.uses, frame))  # type: ignore[misc]
                    macros[name] = Foreign(uses)
        if isinstance(node, nodes.Import):
            frame.store(node.target, Value(targets=frozenset({Module(tuple(macros.items()))})), export=False)
            return
        for one in node.names:
            name, alias = (one, one) if isinstance(one, str) else one
            target = frozenset({macros[name]}) if name in macros else frozenset()
            frame.store(alias, Value(targets=target), export=False)

    def named(self, node: Reference, frame: Frame) -> Iterator[Template]:
        """The template that a tag names, the first that is there of several; none where the name is computed."""
        from promptkit.template.plain import unsafe

        self.visit(node.template, frame)
        names = constants(node)
        if not names:
            self.dynamic[frame.page.template.text.span(node.lineno)] = None
        for name in names:
            template = None if unsafe(name) else frame.page.template.engine.named(name)
            if template is not None:
                yield template
                return

    def needs_of(self, template: Template) -> Needs:
        """The needs of another template as far as they are known; its computed names count as found here."""
        found = template._needs or self.known.get(template) or Needs(())
        self.dynamic.update(dict.fromkeys(found.dynamic))
        return found


VISITORS: dict[type[nodes.Node], Callable[..., object]] = {
    nodes.TemplateData: lambda *_: None,
    nodes.Const: lambda *_: None,
    nodes.Name: Lookups.name,
    nodes.NSRef: Lookups.load,
    nodes.Getattr: Lookups.attribute,
    nodes.Getitem: Lookups.attribute,
    nodes.Filter: Lookups.filter,
    nodes.Test: Lookups.filter,
    nodes.And: Lookups.logic,
    nodes.Or: Lookups.logic,
    nodes.CondExpr: Lookups.choice,
    nodes.If: Lookups.branches,
    nodes.For: Lookups.loop,
    nodes.Output: Lookups.output,
    nodes.Assign: Lookups.assign,
    nodes.With: Lookups.enclosed,
    nodes.Scope: Lookups.enclosed,
    nodes.AssignBlock: Lookups.assign_block,
    nodes.FilterBlock: Lookups.filter_block,
    nodes.Macro: Lookups.macro,
    nodes.CallBlock: Lookups.call_block,
    nodes.Block: Lookups.block_tag,
    nodes.Extends: Lookups.extends,
    nodes.Include: Lookups.include,
    nodes.Import: Lookups.import_,
    nodes.FromImport: Lookups.import_,
}
