"""What an expression can be when not all of its values are known: constants folded, texts followed, the rest opaque."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jinja2 import nodes

from promptkit.content import Text
from promptkit.errors import PromptkitError
from promptkit.template.extents import (
    Alt,
    Domain,
    Known,
    Lit,
    Seq,
    Some,
    Value,
    cut,
    either,
    names_of,
    opaque,
    text_of,
    truth_of,
)
from promptkit.template.plain import RESERVED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptkit.template.engine import Engine

BOOLEAN = Alt((Lit("True"), Lit("False")))
SIMPLE = (str, int, float, bool, type(None), list, dict, tuple)
ARITHMETIC: Mapping[type[nodes.Node], str] = {
    nodes.Add: "+",
    nodes.Sub: "-",
    nodes.Mul: "*",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
    nodes.Mod: "%",
    nodes.Pow: "**",
}
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in"}
MADE_MORE = "apply it before the call, or list the values under enum"


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro or call block, with the names around it where it stands."""

    args: tuple[str, ...]
    defaults: tuple[nodes.Expr, ...]
    body: tuple[nodes.Node, ...]
    env: Env


@dataclass(frozen=True, slots=True)
class Module:
    """The names of an imported template."""

    names: Env


Env = dict[str, "Known | Some | Macro | Module"]


class Expressions:
    """Evaluates expressions in an environment. `call` gives what a macro prints."""

    def __init__(self, engine: Engine, at: Text, call: Callable[[Macro, nodes.Call, Env], Domain]) -> None:
        self.engine = engine
        self.at = at
        self.call = call

    def of(self, node: nodes.Node, env: Env) -> Domain:
        """What the expression can be."""
        visitor = VISITORS.get(type(node))
        if visitor is not None:
            return visitor(self, node, env)
        if type(node) in ARITHMETIC:
            return self._arithmetic(node, env)  # type: ignore[arg-type]
        return self.blamed(node, env, "an expression that cannot be bounded")

    def blamed(self, node: nodes.Node, env: Env, why: str) -> Some:
        """An unknown value, by the inputs that the node names."""
        found = env_names(node, env)
        return opaque(found, why)

    def compute(self, source: str, **values: Domain) -> Domain | None:
        """The value of an expression over known values, run within the engine's limits. None where it is not known."""
        known = {name: value.value for name, value in values.items() if isinstance(value, Known)}
        if len(known) < len(values):
            return None
        try:
            result = self.engine.expression(Text(source, self.at.name, self.at.first)).evaluate(known)
        except PromptkitError:
            return None  # undefined, or refused; what it is then makes no bound wrong
        return Known(result) if isinstance(result, SIMPLE) else None

    # -- Names and their parts

    def name(self, node: nodes.Name, env: Env) -> Domain:
        """A name. One that nobody knows is undefined: printing it is refused."""
        found = env.get(node.name)
        if found is None:
            reserved = node.name in RESERVED
            return opaque((), f"'{node.name}' as text") if reserved else Some(Alt(()), optional=True)
        return found if isinstance(found, Known | Some) else opaque((), f"the macro '{node.name}' as a value")

    def part(self, node: nodes.Getattr | nodes.Getitem, env: Env) -> Domain:
        """`a.b`, `a['b']`, `a[0]`, `a[:3]`."""
        module = env.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        if isinstance(module, Module) and isinstance(node, nodes.Getattr):
            found = module.names.get(node.attr)
            return found if isinstance(found, Known | Some) else opaque((), f"'{node.attr}', which is imported")
        value = self.of(node.node, env)
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
            return self._slice(value, node.arg, node, env)
        key = Known(node.attr) if isinstance(node, nodes.Getattr) else self.of(node.arg, env)
        if isinstance(value, Known):
            dotted = f"value.{node.attr}" if isinstance(node, nodes.Getattr) else "value[key]"
            found = self.compute(dotted, value=value, key=key)
            if found is None and self.compute(f"{dotted} is defined", value=value, key=key) == Known(False):
                found = Some(Alt(()), optional=True)
        elif value.kind == "array" and isinstance(key, Known) and isinstance(key.value, int):
            found = value.element
        else:
            found = value.fields.get(key.value) if isinstance(key, Known) and isinstance(key.value, str) else None
        if found is not None:
            return found
        known = isinstance(value, Some) and not value.kind and isinstance(value.text, Value) and value.text.why
        return self.blamed(node, env, known or f"what is in '{_shown(node.node)}' is not declared")

    def _slice(self, value: Domain, part: nodes.Slice, node: nodes.Node, env: Env) -> Domain:
        stop = None if part.stop is None else self.of(part.stop, env)
        limit = stop.value if isinstance(stop, Known) and isinstance(stop.value, int) and stop.value >= 0 else None
        if isinstance(value, Some) and part.step is None and value.kind == "string":
            return cut(value, 2, None if limit is None else 4 * limit)
        if isinstance(value, Some) and part.step is None and value.kind == "array":
            most = value.most if limit is None else limit if value.most is None else min(limit, value.most)
            return replace(value, least=0, most=most, text=opaque(value.names, "a list as text").text, truth=None)
        return self.blamed(node, env, "a part that cannot be bounded")

    # -- Operators

    def concat(self, node: nodes.Concat, env: Env) -> Domain:
        """`a ~ b`."""
        return joined_text(self.of(each, env) for each in node.nodes)

    def _arithmetic(self, node: nodes.BinExpr, env: Env) -> Domain:
        left, right = self.of(node.left, env), self.of(node.right, env)
        found = self.compute(f"left {ARITHMETIC[type(node)]} right", left=left, right=right)
        if found is None and isinstance(node, nodes.Add) and _is_text(left) and _is_text(right):
            return joined_text((left, right))
        return found or self.blamed(node, env, "a sum that cannot be bounded")

    def compare(self, node: nodes.Compare, env: Env) -> Domain:
        """`a == b`."""
        if len(node.ops) == 1:
            left, right = self.of(node.expr, env), self.of(node.ops[0].expr, env)
            found = self.compute(f"left {COMPARISONS[node.ops[0].op]} right", left=left, right=right)
            if found is not None:
                return found
        return Some(BOOLEAN, env_names(node, env))

    def test(self, node: nodes.Test, env: Env) -> Domain:
        """`a is defined`."""
        value = self.of(node.node, env)
        if node.name in ("defined", "undefined"):
            plain = not isinstance(value, Some) or not value.optional
            absent = isinstance(node.node, nodes.Name) and node.node.name not in env
            if plain or absent:
                return Known((node.name == "defined") is plain)
            return Some(BOOLEAN, names_of(value))
        if node.name == "none" and isinstance(value, Some) and value.kind not in ("", "nullable"):
            return Known(False)
        if not node.args and not node.kwargs:
            found = self.compute(f"value is {node.name}", value=value)
            if found is not None:
                return found
        return Some(BOOLEAN, env_names(node, env))

    def negation(self, node: nodes.Not, env: Env) -> Domain:
        """`not a`."""
        truth = truth_of(self.of(node.node, env))
        return Some(BOOLEAN, env_names(node, env)) if truth is None else Known(not truth)

    def logic(self, node: nodes.And | nodes.Or, env: Env) -> Domain:
        """`a and b`, `a or b`."""
        left = self.of(node.left, env)
        truth = truth_of(left)
        decides = isinstance(node, nodes.Or)
        if truth is decides:
            return left
        right = self.of(node.right, env)
        if truth is not None:
            return right
        found = either((left, right))
        if truth_of(right) is decides and isinstance(found, Some):
            return replace(found, truth=decides)
        return found

    def choice(self, node: nodes.CondExpr, env: Env) -> Domain:
        """`a if b else c`."""
        truth = truth_of(self.of(node.test, env))
        if truth is True:
            return self.of(node.expr1, env)
        nothing = Some(Lit(""), optional=True)  # undefined, but it prints as the empty text
        last = nothing if node.expr2 is None else self.of(node.expr2, env)
        return last if truth is False else either((self.of(node.expr1, env), last))

    # -- Literals

    def constant(self, node: nodes.Const, _: Env) -> Domain:
        """A constant."""
        return Known(node.value)

    def data(self, node: nodes.TemplateData, _: Env) -> Domain:
        """Text of the template."""
        return Known(node.data)

    def items(self, node: nodes.List | nodes.Tuple, env: Env) -> Domain:
        """`[a, b]`."""
        found = [self.of(each, env) for each in node.items]
        if all(isinstance(each, Known) for each in found):
            values = [each.value for each in found if isinstance(each, Known)]
            return Known(tuple(values) if isinstance(node, nodes.Tuple) else values)
        text = opaque(env_names(node, env), "a list as text").text
        return Some(text, env_names(node, env), "array", either(found), len(found), len(found), truth=True)

    def mapping(self, node: nodes.Dict, env: Env) -> Domain:
        """`{a: b}`."""
        pairs = [(self.of(pair.key, env), self.of(pair.value, env)) for pair in node.items]
        if all(isinstance(key, Known) and isinstance(value, Known) for key, value in pairs):
            return Known({k.value: v.value for k, v in pairs if isinstance(k, Known) and isinstance(v, Known)})
        return self.blamed(node, env, "a mapping as text")

    # -- Calls and filters

    def called(self, node: nodes.Call, env: Env) -> Domain:
        """A macro, or `range` of known numbers."""
        macro = self.callee(node.node, env)
        if macro is not None:
            return self.call(macro, node, env)
        if isinstance(node.node, nodes.Name) and node.node.name == "range" and "range" not in env:
            args = {f"a{place}": self.of(arg, env) for place, arg in enumerate(node.args)}
            found = self.compute(f"range({', '.join(args)})|list", **args)
            if found is not None:
                return found
        return self._method(node, env) or self.blamed(node, env, f"a call of '{_shown(node.node)}'")

    def _method(self, node: nodes.Call, env: Env) -> Domain | None:
        """A method of a known value, such as `data.items()`."""
        if not isinstance(node.node, nodes.Getattr) or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return None
        args = {f"a{place}": self.of(arg, env) for place, arg in enumerate(node.args)}
        whole = "|list" if node.node.attr in ("items", "keys", "values") else ""
        source = f"value.{node.node.attr}({', '.join(args)}){whole}"
        return self.compute(source, value=self.of(node.node.node, env), **args)

    def callee(self, node: nodes.Expr, env: Env) -> Macro | None:
        """The macro that an expression names, None where it names none."""
        if isinstance(node, nodes.Name):
            found = env.get(node.name)
            return found if isinstance(found, Macro) else None
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            module = env.get(node.node.name)
            found = module.names.get(node.attr) if isinstance(module, Module) else None
            return found if isinstance(found, Macro) else None
        return None

    def filter(self, node: nodes.Filter, env: Env) -> Domain:
        """`a|b`."""
        assert node.node is not None  # the filter of a block is applied by `filtered`
        return self.filtered(node, self.of(node.node, env), env)

    def filtered(self, node: nodes.Filter, value: Domain, env: Env) -> Domain:
        """What a filter makes of a value."""
        from promptkit.template.sieves import sieved  # here: it imports this module

        args = [self.of(arg, env) for arg in node.args]
        kwargs = {str(pair.key): self.of(pair.value, env) for pair in node.kwargs}
        if isinstance(value, Known) and node.name != "random" and not node.dyn_args and not node.dyn_kwargs:
            names = {f"a{place}": arg for place, arg in enumerate(args)} | {f"k_{k}": v for k, v in kwargs.items()}
            given = [*(f"a{place}" for place in range(len(args))), *(f"{k}=k_{k}" for k in kwargs)]
            found = self.compute(f"value|{node.name}({', '.join(given)})", value=value, **names)
            if found is not None:
                return found
        found = sieved(self, node.name, value, args, kwargs)
        names_in = env_names(node, env) | names_of(value)
        return found or opaque(names_in, f"the filter {node.name} can make more of it; {MADE_MORE}")


def joined_text(domains: Iterable[Domain]) -> Domain:
    """Texts one after the other."""
    found = list(domains)
    parts = tuple(text_of(domain) for domain in found)
    solid = any(isinstance(part, Lit) and part.text for part in parts)
    names = frozenset[str]().union(*map(names_of, found))
    return Some(Seq(parts), names, "string", truth=True if solid else None)


def env_names(node: nodes.Node, env: Env) -> frozenset[str]:
    """The inputs behind the names in a node."""
    found: set[str] = set()
    for name in [node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name):
        value = env.get(name.name)
        if isinstance(value, Some):
            found |= value.names
    return frozenset(found)


def _is_text(domain: Domain) -> bool:
    return isinstance(domain.value, str) if isinstance(domain, Known) else domain.kind == "string"


def _shown(node: nodes.Node) -> str:
    return node.name if isinstance(node, nodes.Name) else getattr(node, "attr", "it")


VISITORS: dict[type[nodes.Node], Callable[..., Domain]] = {
    nodes.Name: Expressions.name,
    nodes.Getattr: Expressions.part,
    nodes.Getitem: Expressions.part,
    nodes.Concat: Expressions.concat,
    nodes.Compare: Expressions.compare,
    nodes.Test: Expressions.test,
    nodes.Not: Expressions.negation,
    nodes.And: Expressions.logic,
    nodes.Or: Expressions.logic,
    nodes.CondExpr: Expressions.choice,
    nodes.Const: Expressions.constant,
    nodes.TemplateData: Expressions.data,
    nodes.List: Expressions.items,
    nodes.Tuple: Expressions.items,
    nodes.Dict: Expressions.mapping,
    nodes.Call: Expressions.called,
    nodes.Filter: Expressions.filter,
}
