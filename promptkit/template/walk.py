"""The outline of a template from Jinja2's tree: see `promptkit.template.outline`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import nodes

from promptkit.errors import PromptkitError
from promptkit.template.check import constants
from promptkit.template.outline import MAX_NODES, NONE, Choice, Loop, Names, Node, Test, Value, Words, size
from promptkit.template.plain import GLOBALS, unsafe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from promptkit.template.engine import Expression, Template

MAX_DEPTH = 24  # of includes and macros within one another


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """What a name of the template's own stands for: the names its value comes from, or the nodes it prints."""

    names: Names = NONE
    prints: tuple[Node, ...] | None = None
    macro: Macro | None = None
    module: Mapping[str, Bound] | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Macro:
    """A macro where it is defined."""

    node: nodes.Macro | nodes.CallBlock
    walk: Walk
    env: Env


Env = dict[str, Bound]
Fills = dict[str, list[tuple["Walk", "nodes.Block"]]]


class Walk:
    """One template of a family. `fills` are the blocks that templates which extend it fill, outermost first."""

    def __init__(self, template: Template, fills: Fills, depth: int, left: list[int]) -> None:
        self.template = template
        self.text = template.text
        self.fills = fills
        self.depth = depth
        self.left = left
        self.supers: list[tuple[str, int]] = []
        self.places: dict[int, tuple[int, int]] = {}
        self._place()

    @classmethod
    def of(cls, template: Template) -> tuple[Node, ...]:
        """The outline of a template."""
        return cls(template, {}, 0, [MAX_NODES]).top({})

    def _place(self) -> None:
        """Where each printed part of the tree stands: the lexer and the parser meet them in the same order."""
        found = deque(atom for atom in self.template.atoms if atom.kind in {"words", "value"} and atom.end > atom.start)
        for output in self.template.every(nodes.Output):
            for node in output.nodes:
                atom = found.popleft()
                self.places[id(node)] = (atom.start, atom.end)

    # -- Statements

    def top(self, env: Env) -> tuple[Node, ...]:
        """The outline of the whole template, or of the one that it extends, with its blocks filled."""
        tree = self.template.tree
        extended = next((node for node in tree.body if isinstance(node, nodes.Extends)), None)
        for block in self.template.every(nodes.Block):
            self.fills.setdefault(block.name, []).append((self, block))
        if extended is None:
            return self.body(tree.body, env)
        self.body([node for node in tree.body if not isinstance(node, nodes.Output | nodes.Block)], env)
        parents = self._named(constants(extended))
        if not parents:
            return (self._unknown(extended),)
        return Walk(parents[0], self.fills, self.depth + 1, self.left).top(env)

    def body(self, body: Iterable[nodes.Node], env: Env) -> tuple[Node, ...]:
        """The outline of some statements."""
        found: list[Node] = []
        for node in body:
            self.left[0] -= 1
            if self.left[0] < 0 or self.depth > MAX_DEPTH:
                return (*found, self._unknown(node))
            found += self.statement(node, env)
        return tuple(found)

    def statement(self, node: nodes.Node, env: Env) -> Sequence[Node]:
        """The outline of one statement; what it binds goes into `env`."""
        if isinstance(node, nodes.Output):
            return [found for each in node.nodes for found in self.printed(each, env, self.places.get(id(each)))]
        if isinstance(node, nodes.If):
            return [self.choice(node, env)]
        if isinstance(node, nodes.For):
            names = self.names(node.iter, env)
            inner = {**env, **{each: Bound(names) for each in _targets(node.target)}, "loop": Bound(names)}
            names |= NONE if node.test is None else self.names(node.test, inner)
            return [Loop(names, self.body(node.body, inner), self.body(node.else_, dict(env)))]
        if isinstance(node, nodes.Block):
            return self.block(node.name, 0, env)
        if isinstance(node, nodes.Include):
            found = self._named(constants(node))
            if not found:
                return () if constants(node) else [self._unknown(node)]
            return self.included(found[0], env if node.with_context else {})
        if isinstance(node, nodes.CallBlock):
            return self.called(node.call, env, None, caller=Macro(node, self, dict(env)))
        if isinstance(node, nodes.FilterBlock | nodes.Scope | nodes.With):
            return self.inner(node, env)
        self.bind(node, env)
        return ()

    def inner(self, node: nodes.FilterBlock | nodes.Scope | nodes.With, env: Env) -> tuple[Node, ...]:
        """The outline of statements that bind for themselves."""
        inner = dict(env)
        if isinstance(node, nodes.With):
            for target, value in zip(node.targets, node.values, strict=True):
                inner |= {each: self.value(value, env) for each in _targets(target)}
        return self.body(node.body, inner)

    def bind(self, node: nodes.Node, env: Env) -> None:
        """What a statement that prints nothing binds."""
        if isinstance(node, nodes.Assign):
            env |= {each: self.value(node.node, env) for each in _targets(node.target)}
        elif isinstance(node, nodes.AssignBlock):
            prints = self.body(node.body, dict(env))
            if node.filter is None:
                env |= {each: Bound(names_of(prints), prints) for each in _targets(node.target)}
            else:
                env |= {each: Bound(names_of(prints)) for each in _targets(node.target)}
        elif isinstance(node, nodes.Macro):
            env[node.name] = Bound(macro=Macro(node, self, env))
        elif isinstance(node, nodes.Import):
            env[node.target] = Bound(module=self._module(node, env))
        elif isinstance(node, nodes.FromImport):
            module = self._module(node, env)
            for each in node.names:
                name, alias = each if isinstance(each, tuple) else (each, each)
                env[alias] = module.get(name, Bound())

    def choice(self, node: nodes.If | nodes.CondExpr, env: Env) -> Choice:
        """The outline of a choice; a name that either side binds has what both give it."""
        test, negated = self.test(node.test, env)
        if isinstance(node, nodes.CondExpr):
            yes = tuple(self.printed(node.expr1, env, self.places.get(id(node))))
            no = () if node.expr2 is None else tuple(self.printed(node.expr2, env, self.places.get(id(node))))
        else:
            first, second = dict(env), dict(env)
            yes = self.body(node.body, first)
            rest = nodes.If(node.elif_[0].test, node.elif_[0].body, node.elif_[1:], node.else_) if node.elif_ else None
            no = self.body(node.else_, second) if rest is None else (self.choice(rest, second),)
            for name in {**first, **second}:
                one, other = first.get(name), second.get(name)
                env[name] = one if one is other and one else Bound(_names(one) | _names(other) | test.names)
        return Choice(test, no, yes) if negated else Choice(test, yes, no)

    def block(self, name: str, level: int, env: Env) -> tuple[Node, ...]:
        """The outline of a block as the outermost template fills it; `level` counts inward."""
        walk, node = self.fills[name][min(level, len(self.fills[name]) - 1)]
        walk.supers.append((name, level))
        try:
            return walk.body(node.body, dict(env))
        finally:
            walk.supers.pop()

    # -- Expressions

    def printed(self, node: nodes.Node, env: Env, place: tuple[int, int] | None) -> Sequence[Node]:
        """The outline of what is printed at a place."""
        start, end = place or (0, 0)
        if isinstance(node, nodes.TemplateData):
            return [Words(node.data, self.text, start)] if node.data else ()
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            inside = self.text.source.find(node.value, start, end)
            return [Words(node.value, self.text, max(inside, start))] if node.value else ()
        if isinstance(node, nodes.Name):
            bound = env.get(node.name)
            if bound is not None and bound.prints is not None:
                return self._again(bound.prints, Value(bound.names, self.text, start, end, whole=False))
            bare = node.name if bound is None else None
            return [Value(self.names(node, env), self.text, start, end, bare)]
        if isinstance(node, nodes.CondExpr):
            self.places[id(node)] = (start, end)
            return [self.choice(node, env)]
        if isinstance(node, nodes.Call):
            return self.called(node, env, place)
        if isinstance(node, nodes.Filter) and node.node is not None and node.name in {"trim", "safe", "string"}:
            return self.printed(node.node, env, place)
        if isinstance(node, nodes.Concat):
            return [each for part in node.nodes for each in self.printed(part, env, place)]
        return [Value(self.names(node, env), self.text, start, end)]

    def called(
        self, node: nodes.Call, env: Env, place: tuple[int, int] | None, caller: Macro | None = None
    ) -> Sequence[Node]:
        """The outline of what a call prints: of a macro its body, of `super()` and `self.name()` the block."""
        start, end = place or (0, 0)
        target = node.node
        if isinstance(target, nodes.Name) and target.name == "super" and self.supers:
            name, level = self.supers[-1]
            return self.block(name, level + 1, env) if level + 1 < len(self.fills[name]) else ()
        if isinstance(target, nodes.Getattr) and isinstance(target.node, nodes.Name):
            if target.node.name == "self" and target.attr in self.fills:
                return self.block(target.attr, 0, env) if self._enter() else ()
            module = env.get(target.node.name, Bound()).module or {}
            found = module.get(target.attr, Bound()).macro
        else:
            found = env.get(target.name, Bound()).macro if isinstance(target, nodes.Name) else None
        if found is None or not self._enter():
            return [Value(self.names(node, env), self.text, start, end, whole=found is None)]
        inner = {**found.env, **self._arguments(found, node, env)}
        if caller is not None:
            inner["caller"] = Bound(macro=caller)
        found.walk.depth += 1
        try:
            return found.walk.body(found.node.body, inner)
        finally:
            found.walk.depth -= 1

    def _arguments(self, macro: Macro, call: nodes.Call, env: Env) -> Env:
        """What the names of a macro's arguments stand for in a call; its defaults stand where the macro does."""
        names, defaults = [each.name for each in macro.node.args], macro.node.defaults
        bound = dict.fromkeys(names, Bound())
        for name, each in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            bound[name] = macro.walk.value(each, macro.env)
        given = [*zip(names, call.args, strict=False), *((each.key, each.value) for each in call.kwargs)]
        return {**bound, **{name: self.value(each, env) for name, each in given}}

    def value(self, node: nodes.Node, env: Env) -> Bound:
        """What a name that is bound to an expression stands for."""
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            start = self.text.source.find(node.value)
            return Bound(prints=(Words(node.value, self.text, max(start, 0)),), key=repr(node.value))
        if isinstance(node, nodes.Name) and node.name in env:
            return env[node.name]
        key = node.name if isinstance(node, nodes.Name) else None
        return Bound(self.names(node, env), key=key)

    def names(self, node: nodes.Node, env: Env) -> Names:
        """The names of the scope that an expression looks at."""
        found: set[str] = set()
        for each in [node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name):
            if each.name in env:
                found |= _names(env[each.name])
            elif each.name not in GLOBALS:
                found.add(each.name)
        return frozenset(found)

    def test(self, node: nodes.Node, env: Env) -> tuple[Test, bool]:
        """The test of a choice, and whether its sides change places."""
        if isinstance(node, nodes.Not):
            test, negated = self.test(node.node, env)
            return test, not negated
        if isinstance(node, nodes.Const):
            return Test(repr(node.value), NONE, fixed=bool(node.value)), False
        names, key = self.names(node, env), self._key(node, env)
        if isinstance(node, nodes.Compare) and len(node.ops) == 1 and node.ops[0].op in {"eq", "ne"}:
            one, other = node.expr, node.ops[0].expr
            if isinstance(one, nodes.Name) and isinstance(other, nodes.Const):
                name = self._key(one, env)
                return Test(f"{name} == {other.value!r}", names, name, other.value), node.ops[0].op == "ne"
        if isinstance(node, nodes.Test) and node.name == "undefined":
            return Test(key.replace("undefined", "defined"), names), True
        return Test(key, names), False

    def _key(self, node: nodes.Node, env: Env) -> str:
        """The same text for the same expression over the same values."""
        if isinstance(node, nodes.Name):
            return env[node.name].key or f"{node.name}@{id(env[node.name])}" if node.name in env else node.name
        inside = {each.name for each in node.find_all(nodes.Name)} & env.keys()
        own = "".join(f" {name}@{id(env[name])}" for name in sorted(inside))
        return f"{node!r}{own}"

    # -- Other templates

    def _enter(self) -> bool:
        self.left[0] -= 1
        return self.left[0] >= 0 and self.depth < MAX_DEPTH

    def _other(self, template: Template) -> Walk:
        return Walk(template, {}, self.depth + 1, self.left)

    def included(self, template: Template, env: Env) -> tuple[Node, ...]:
        """The outline of a template that is included; it sees what is bound here."""
        if not self._enter():
            return (Value(NONE, template.text, 0, len(template.text.source), whole=False),)
        if any(use.name in env for use in template.needs.uses):
            return self._other(template).top(dict(env))
        return self._again(template.outline, Value(NONE, template.text, 0, len(template.text.source), whole=False))

    def _again(self, found: tuple[Node, ...], unknown: Value) -> tuple[Node, ...]:
        """Nodes that were made elsewhere; what is not known in their stead where they are too many."""
        self.left[0] -= size(found)
        return found if self.left[0] >= 0 else (unknown,)

    def _module(self, node: nodes.Import | nodes.FromImport, env: Env) -> Mapping[str, Bound]:
        found = self._named(constants(node))
        if not found or not self._enter():
            return {}
        inner: Env = dict(env) if node.with_context else {}
        walk = self._other(found[0])
        for each in found[0].tree.body:
            if not isinstance(each, nodes.Output):
                walk.statement(each, inner)
        return inner

    def _named(self, names: Iterable[str]) -> list[Template]:
        found = (self.template.engine.named(name) for name in names if not unsafe(name))
        try:
            return [each for each in found if each is not None and each.tree is not None]
        except PromptkitError:
            return []  # its own problem is told where it stands

    def _unknown(self, node: nodes.Node) -> Value:
        start, end = self.places.get(id(node), (0, 0))
        return Value(NONE, self.text, start, end, whole=False)


def test_of(expression: Expression) -> tuple[Test, bool]:
    """See `promptkit.template.outline.tested`."""
    assign = expression.tree.body[0]
    assert isinstance(assign, nodes.Assign)
    walk = Walk.__new__(Walk)  # a bare expression prints nothing, so it has no places
    return walk.test(assign.node, {})


def names_of(found: Iterable[Node]) -> Names:
    """The names that what stands there comes from."""
    names: set[str] = set()
    for node in found:
        if isinstance(node, Value):
            names |= node.names
        elif isinstance(node, Choice):
            names |= node.test.names | names_of(node.yes) | names_of(node.no)
        elif isinstance(node, Loop):
            names |= node.names | names_of(node.body) | names_of(node.otherwise)
    return frozenset(names)


def _names(bound: Bound | None) -> Names:
    return NONE if bound is None else bound.names


def _targets(node: nodes.Node) -> list[str]:
    if isinstance(node, nodes.Name):
        return [node.name]
    return [each.name for each in node.find_all(nodes.Name)]
