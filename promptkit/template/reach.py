"""A walk through a template's tree that gives every text it can print as an extent: nothing is compiled for it.

What looks up only known values is rendered, hence exact. What the walk cannot follow is free text of the inputs that it
names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes

from promptkit.errors import PromptkitError
from promptkit.template.check import constants
from promptkit.template.domains import Env, Expressions, Macro, Module, env_names
from promptkit.template.extents import (
    EMPTY,
    Alt,
    Blocks,
    Domain,
    Extent,
    Known,
    Lit,
    Repeat,
    Seq,
    Some,
    TooLargeError,
    Within,
    either,
    integer,
    names_of,
    opaque,
    text_of,
    truth_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptkit.content import Text
    from promptkit.template.engine import Engine, Template

MAX_VISITS = 3_000  # statements looked at for one template
MAX_DEPTH = 20  # macros and includes within one another
MAX_ROUNDS = 200  # of a loop over a known list, walked one by one
RANDOM = ("lipsum", "random")  # they print something else each time


def reach(template: Template, scope: Mapping[str, Domain]) -> Extent:
    """Every text that the template can print where each name of `scope` can be what its domain says.

    Raises TooLargeError.
    """
    known = _rendered(template, scope)
    if known is not None:
        return known
    walk = _Walk(template.engine, template.text)
    try:
        return walk.template(template, dict(scope))
    except RecursionError as error:
        raise TooLargeError from error


def expressed(engine: Engine, text: Text, scope: Mapping[str, Domain]) -> Domain:
    """What an expression can be."""
    tree = engine.expression(text).tree
    assign = tree.body[0]
    assert isinstance(assign, nodes.Assign)
    walk = _Walk(engine, text)
    needs = engine.expression(text).needs
    random = any(word in text.source for word in RANDOM)
    if not random and all(isinstance(scope.get(use.name, Known(None)), Known) for use in needs.uses):
        values = {name: domain for name, domain in scope.items() if isinstance(domain, Known)}
        found = walk.expressions.compute(text.source, **values)
        if found is not None:
            return found
    return walk.expressions.of(assign.node, dict(scope))


def _rendered(template: Template, scope: Mapping[str, Domain]) -> Extent | None:
    """The text of a template that looks up only what is known, None for any other."""
    if template.text.literal:
        return Lit(template.text.source)
    if template.fields is None:
        needs = template.needs
        if needs.dynamic or any(isinstance(scope.get(use.name), Some) for use in needs.uses) or _is_random(template):
            return None
    elif any(isinstance(scope.get(part.name), Some) for part in template.fields if not isinstance(part, str)):
        return None
    values = {name: domain.value for name, domain in scope.items() if isinstance(domain, Known)}
    try:
        return Lit(str(template.render(values)))
    except PromptkitError:
        return Alt(())  # a call that comes here is refused


def _is_random(template: Template, seen: frozenset[str] = frozenset()) -> bool:
    if any(word in template.text.source for word in RANDOM):
        return True
    others = {name: text for name, text in template.included.items() if name not in seen}
    seen |= others.keys()
    return any(_is_random(template.engine.template(text), seen) for text in others.values())


class _Walk:
    """One walk. `at` is the template whose nodes are looked at, for what is computed on the way."""

    def __init__(self, engine: Engine, at: Text) -> None:
        self.engine = engine
        self.expressions = Expressions(engine, at, self.call)
        self.visits = MAX_VISITS
        self.depth = 0

    def template(self, template: Template, env: Env) -> Extent:
        """A template's texts in an environment."""
        tree = template.tree
        if tree.find(nodes.Extends) is not None or tree.find(nodes.NSRef) is not None:
            return opaque(env_names(tree, env), "extends or namespace, which are not followed").text
        return self.body(tree.body, env)

    def body(self, items: Iterable[nodes.Node], env: Env) -> Extent:
        """Statements in their order."""
        parts = [part for node in items if (part := self.statement(node, env)) != EMPTY]
        return parts[0] if len(parts) == 1 else Seq(tuple(parts)) if parts else EMPTY

    def statement(self, node: nodes.Node, env: Env) -> Extent:
        """What a statement prints; what it sets is set in `env`."""
        self.visits -= 1
        if self.visits < 0:
            raise TooLargeError
        visitor = STATEMENTS.get(type(node))
        if visitor is None:
            return opaque(env_names(node, env), f"{type(node).__name__.lower()}, which is not followed").text
        return visitor(self, node, env)

    def output(self, node: nodes.Output, env: Env) -> Extent:
        """Text, and printed expressions."""
        return Seq(tuple(text_of(self.expressions.of(each, env)) for each in node.nodes))

    def branches(self, node: nodes.If, env: Env) -> Extent:
        """An if: what its branches set can each be set after it."""
        options: list[Extent] = []
        ends: list[Env] = []
        for branch in (node, *node.elif_):
            truth = truth_of(self.expressions.of(branch.test, env))
            if truth is not False:
                inner = dict(env)
                options.append(self.body(branch.body, inner))
                ends.append(inner)
            if truth is True:
                break
        else:
            inner = dict(env)
            options.append(self.body(node.else_, inner))
            ends.append(inner)
        _settle(env, ends)
        return options[0] if len(options) == 1 else Alt(tuple(options))

    def loop(self, node: nodes.For, env: Env) -> Extent:
        """A for."""
        if node.recursive:
            return opaque(env_names(node, env), "a recursive loop, which is not followed").text
        items = self.expressions.of(node.iter, env)
        otherwise = self.body(node.else_, dict(env))
        if isinstance(items, Known) and isinstance(items.value, list | tuple | dict) and node.test is None:
            rounds = [Known(item) for item in items.value]
            if len(rounds) <= MAX_ROUNDS:
                size = len(rounds)
                parts = [self.round(node, item, env, place, size, size) for place, item in enumerate(rounds)]
                return Seq(tuple(parts)) if parts else otherwise
        array = either((items, items)) if isinstance(items, Some) else either((items, Known([])))
        if not isinstance(array, Some) or array.kind != "array":
            why = f"a loop over '{getattr(node.iter, 'name', 'a value')}', which is not declared as an array"
            return opaque(env_names(node, env), why).text
        return self.rounds(node, array, env, otherwise)

    def rounds(self, node: nodes.For, array: Some, env: Env, otherwise: Extent) -> Extent:
        """A loop over an array whose items are not known: the first round, then any number of others."""
        element = array.element or opaque(array.names, "what its items hold is not declared")
        least = 0 if node.test is not None else array.least
        options = [] if least else [otherwise]
        if array.most != 0:
            first = self.round(node, element, env, 0, max(least, 1), array.most)
            other = self.round(node, element, env, None, max(least, 2), array.most)
            most = None if array.most is None else array.most - 1
            rest = Repeat(other, max(least - 1, 0), most, "", array.names, "declare max_items")
            options.append(Seq((first, rest)))
        return Alt(tuple(options))

    def round(self, node: nodes.For, item: Domain, env: Env, place: int | None, least: int, most: int | None) -> Extent:
        """The body for one item: at `place`, or at any after the first."""
        inner = dict(env)
        _bind(node.target, item, inner)
        inner["loop"] = loop_domain(place, least, most, names_of(item))
        return self.body(node.body, inner)

    def assign(self, node: nodes.Assign, env: Env) -> Extent:
        """A set."""
        _bind(node.target, self.expressions.of(node.node, env), env)
        return EMPTY

    def assign_block(self, node: nodes.AssignBlock, env: Env) -> Extent:
        """A set block."""
        _bind(node.target, self.filtered(node.filter, self.body(node.body, dict(env)), env), env)
        return EMPTY

    def filter_block(self, node: nodes.FilterBlock, env: Env) -> Extent:
        """A filter block."""
        return text_of(self.filtered(node.filter, self.body(node.body, dict(env)), env))

    def filtered(self, node: nodes.Filter | None, text: Extent, env: Env) -> Domain:
        """A text through the filters of a block, the innermost first."""
        if node is None:
            return Known(text.text) if isinstance(text, Lit) else Some(text, _inputs(text), "string")
        inner = self.filtered(node.node, text, env)  # type: ignore[arg-type]
        return self.expressions.filtered(node, inner, env)

    def enclosed(self, node: nodes.With | nodes.Scope | nodes.Block, env: Env) -> Extent:
        """A body with names of its own."""
        inner = dict(env)
        if isinstance(node, nodes.With):
            for target, value in zip(node.targets, node.values, strict=True):
                _bind(target, self.expressions.of(value, env), inner)
        return self.body(node.body, inner)

    # -- Macros

    def macro(self, node: nodes.Macro, env: Env) -> Extent:
        """A macro's definition."""
        env[node.name] = _macro(node, env)
        return EMPTY

    def call(self, macro: Macro, node: nodes.Call, env: Env, caller: Macro | None = None) -> Domain:
        """What a macro prints for the arguments of a call."""
        names = env_names(node, env)
        if node.dyn_args or node.dyn_kwargs or len(node.args) > len(macro.args) or self.depth >= MAX_DEPTH:
            return opaque(names, "a call of a macro that is not followed")
        inner: Env = dict(macro.env)
        first = len(macro.args) - len(macro.defaults)
        for name, default in zip(macro.args[first:], macro.defaults, strict=True):
            inner[name] = self.expressions.of(default, inner)
        for name in macro.args[:first]:
            inner.pop(name, None)
        inner |= {name: self.expressions.of(arg, env) for name, arg in zip(macro.args, node.args, strict=False)}
        inner |= {pair.key: self.expressions.of(pair.value, env) for pair in node.kwargs if pair.key in macro.args}
        if caller is not None:
            inner["caller"] = caller
        self.depth += 1
        text = self.body(macro.body, inner)
        self.depth -= 1
        return Some(text, names | _inputs(text), "string")

    def call_block(self, node: nodes.CallBlock, env: Env) -> Extent:
        """A call with a body."""
        callee = self.expressions.callee(node.call.node, env)
        if callee is None:
            return opaque(env_names(node, env), "a call block, which is not followed").text
        return text_of(self.call(callee, node.call, env, _macro(node, env)))

    # -- Other templates

    def include(self, node: nodes.Include, env: Env) -> Extent:
        """An include: the first of its templates that there is."""
        names = constants(node)
        found = next((each for name in names if (each := self.engine.named(name)) is not None), None)
        if not names or self.depth >= MAX_DEPTH:
            return opaque(env_names(node, env), "an include of a computed name").text
        if found is None:
            return EMPTY if node.ignore_missing else Alt(())
        inner: Env = dict(env) if node.with_context else {}
        scope = {name: value for name, value in inner.items() if isinstance(value, Known | Some)}
        if all(use.name in scope or use.name not in inner for use in found.needs.uses):
            known = _rendered(found, scope)
            if known is not None:
                return known
        self.depth += 1
        text = self.template(found, inner)
        self.depth -= 1
        return text

    def imported(self, node: nodes.Import | nodes.FromImport, env: Env) -> Extent:
        """An import: the names that the other template sets."""
        names = constants(node)
        found = self.engine.named(names[0]) if names else None
        inner: Env = dict(env) if node.with_context else {}
        if found is None or self.depth >= MAX_DEPTH or found.tree.find(nodes.Extends) is not None:
            inner = {}
        else:
            self.depth += 1
            self.template(found, inner)
            self.depth -= 1
        if isinstance(node, nodes.Import):
            env[node.target] = Module(inner)
            return EMPTY
        for entry in node.names:
            name, alias = entry if isinstance(entry, tuple) else (entry, entry)
            env[alias] = inner.get(name) or opaque((), f"'{name}', which is imported")
        return EMPTY


def loop_domain(place: int | None, least: int, most: int | None, names: frozenset[str]) -> Domain:
    """What `loop` is in one round of a loop of `least` to `most`: at `place`, or at any after the first (None)."""
    low, high = (1, None if most is None else most - 1) if place is None else (place, place)
    index0 = integer(low, high, names)
    index = integer(low + 1, None if high is None else high + 1, names)
    first: Domain = Known(place == 0)
    exact = place is not None and least == most
    boolean = Alt((Lit("True"), Lit("False")))
    last: Domain = Known(place == least - 1) if exact else Some(boolean, names)
    length = integer(least, most, names)
    fields = {"index0": index0, "index": index, "first": first, "last": last, "length": length}
    if place is not None:
        fields |= {"index0": Known(place), "index": Known(place + 1)}
    if exact:
        fields["length"] = Known(least)
    return Some(opaque(names, "loop as text").text, names, "object", fields=fields, truth=True)


def _macro(node: nodes.Macro | nodes.CallBlock, env: Env) -> Macro:
    return Macro(tuple(arg.name for arg in node.args), tuple(node.defaults), tuple(node.body), env)


def _inputs(text: Extent) -> frozenset[str]:
    """The inputs whose values are in an extent."""
    if isinstance(text, Seq | Alt):
        return frozenset[str]().union(*map(_inputs, text.parts if isinstance(text, Seq) else text.options))
    if isinstance(text, Blocks):
        return frozenset[str]().union(*(_inputs(part) for _, part in text.parts))
    if isinstance(text, Repeat | Within):
        return _inputs(text.body) | (text.names if isinstance(text, Repeat) else frozenset())
    return frozenset() if isinstance(text, Lit) else text.names


def _bind(target: nodes.Node, value: Domain, env: Env) -> None:
    """Sets the target's names."""
    if isinstance(target, nodes.Name):
        env[target.name] = value
        return
    names = list(target.find_all(nodes.Name))
    parts = value.value if isinstance(value, Known) and isinstance(value.value, list | tuple) else None
    for place, name in enumerate(names):
        known = parts is not None and len(parts) == len(names)
        env[name.name] = Known(parts[place]) if known and parts else opaque(names_of(value), "a part of a value")


def _settle(env: Env, ends: list[Env]) -> None:
    """The environment after branches, any of which may have been taken."""
    for name in {name for end in ends for name in end}:
        values = [end.get(name) for end in ends]
        if all(value is values[0] for value in values) and values[0] is not None:
            env[name] = values[0]
        elif all(isinstance(value, Known | Some) for value in values):
            env[name] = either([value for value in values if isinstance(value, Known | Some)])
        else:
            env[name] = _maybe(values)


def _maybe(values: Iterable[object]) -> Some:
    """A name that only some branches set, or that stands for a macro in some."""
    found = [value for value in values if isinstance(value, Known | Some)]
    names = frozenset[str]().union(*map(names_of, found))
    return Some(Alt(tuple(map(text_of, found))), names, optional=True)


STATEMENTS: Mapping[type[nodes.Node], Callable[..., Extent]] = {
    nodes.Output: _Walk.output,
    nodes.If: _Walk.branches,
    nodes.For: _Walk.loop,
    nodes.Assign: _Walk.assign,
    nodes.AssignBlock: _Walk.assign_block,
    nodes.FilterBlock: _Walk.filter_block,
    nodes.With: _Walk.enclosed,
    nodes.Scope: _Walk.enclosed,
    nodes.Block: _Walk.enclosed,
    nodes.Macro: _Walk.macro,
    nodes.CallBlock: _Walk.call_block,
    nodes.Include: _Walk.include,
    nodes.Import: _Walk.imported,
    nodes.FromImport: _Walk.imported,
}
