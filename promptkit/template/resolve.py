"""What rendered text came from: its places, the scope names in it and the conditions it stands under."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptkit.template.trace import Exported, Foreign, Included, Late, Origin, Param, Site, Trace, Traced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.errors import Span
    from promptkit.template.trace import Macro, Part, Symbol, Symbols, Unit

Names = frozenset[str]
Calls = dict[str, dict[str, Names]]

NONE: Names = frozenset()


class _State(NamedTuple):
    """What holds for every run inside a part: its conditions, the calls it came through, who printed it."""

    conditions: Names
    calls: Calls
    printer: Site | None


def trace(traced: Traced) -> list[Trace]:
    """The runs of `traced` in order, each with its place, its names and its conditions; joined they are the text."""
    resolver = _Resolver()
    found: list[Trace] = []
    stack: list[tuple[Part, _State]] = []
    _push(stack, traced, _State(NONE, {}, None), resolver)
    while stack:
        (payload, site, origin), state = stack.pop()
        if isinstance(site, Foreign):
            if state.printer is not None and payload:
                span = resolver.span(state.printer)
                found.append(Trace(str(payload), span, NONE, state.conditions, authored=False, foreign=site.value))
            continue
        assert origin is not None
        here = state.conditions | resolver.conditions(site, origin, state.calls)
        if type(payload) is tuple or (type(payload) is Traced and not payload.sealed):
            _push(stack, payload, _State(here, state.calls, site), resolver)
        elif payload:
            if site.authored:
                found.extend(resolver.authored(str(payload), site, here))
                continue
            names = resolver.names(site, origin, state.calls)
            found.append(Trace(str(payload), resolver.span(site), names, here, authored=False))
    return found


def _push(stack: list[tuple[Part, _State]], inner: Traced | Part, state: _State, resolver: _Resolver) -> None:
    """Puts what is inside a part on the stack; where a macro printed it, its call is taken into account."""
    if not isinstance(inner, Traced):
        stack.append((inner, state))
        return
    if not inner:
        return
    traced = inner
    if traced.call is not None and traced.called_in is not None:
        conditions = state.conditions | resolver.conditions(traced.call, traced.called_in, state.calls)
        state = _State(conditions, resolver.call(traced, state.calls), state.printer)
    stack.extend((part, state) for part in reversed(traced.parts))


class _Resolver:
    """Turns symbols into names of the scope. Results are kept for each site, context and chain of calls."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int, int, int], Names] = {}
        self.scopes: dict[tuple[object, ...], Calls] = {}
        self.spans: dict[tuple[int, int], Span] = {}
        self.alive: list[object] = []  # what `kept` knows by id must not be freed before it

    def span(self, site: Site, offset: int = 0) -> Span:
        """The line of `site`, or one some lines further on."""
        key = (id(site), offset)
        if key not in self.spans:
            self.spans[key] = site.unit.text.span(site.line + offset)
        return self.spans[key]

    def authored(self, text: str, site: Site, conditions: Names) -> Iterator[Trace]:
        """Authored text, a run for each line. (`str.splitlines` splits at more than newlines.)"""
        start = offset = 0
        while start < len(text):
            end = text.find("\n", start) + 1 or len(text)
            yield Trace(text[start:end], self.span(site, offset), NONE, conditions, authored=True)
            start = end
            offset += 1

    def names(self, site: Site, origin: Origin, calls: Calls) -> Names:
        """What the value printed at `site` came from."""
        key = ("names", id(site), id(origin), id(calls))
        if key not in self.kept:
            self.alive.append(calls)
            self.kept[key] = self.all(site.names | site.control, site.unit, origin, calls, set())
        return self.kept[key]

    def conditions(self, site: Site, origin: Origin, calls: Calls) -> Names:
        """What decided that `site` prints: its own conditions and those of the includes it stands in."""
        key = ("conditions", id(site), id(origin), id(calls))
        if key not in self.kept:
            self.alive.append(calls)
            control = NONE if site.authored else site.control
            found = self.all(site.conditions | control, site.unit, origin, calls, set())
            for chosen in origin.chosen:
                found |= self.all(chosen.conditions, chosen.unit, origin, calls, set())
            if origin.parent is not None and origin.link is not None:
                found |= self.conditions(origin.link, origin.parent, calls)
            self.kept[key] = found
        return self.kept[key]

    def call(self, traced: Traced, calls: Calls) -> Calls:
        """The calls as they stand inside the macro that printed `traced`."""
        macro, site, origin = traced.macro, traced.call, traced.called_in
        if macro is None or site is None or origin is None:
            return calls
        key = ("call", id(site), id(origin), id(calls), id(macro))
        known = self.scopes.get(key)
        if known is not None:
            return known
        self.alive.append(calls)
        given: dict[str, Names] = {}

        def names(symbols: Symbols) -> Names:
            return self.all(symbols, site.unit, origin, calls, set())

        for param, symbols in zip(macro.params, site.args, strict=False):
            given[param] = names(symbols)
        extra = [*site.args[len(macro.params) :]]
        given["varargs"] = names(frozenset().union(*extra, site.rest))
        others: list[Symbols] = [site.rest]
        for name, symbols in (site.bound or {}).items():
            given[name] = given.get(name, NONE) | names(symbols)
            if name not in macro.params and name != "caller":
                others.append(symbols)
        given["kwargs"] = names(frozenset().union(*others))
        self._defaults(traced, macro, given, names(site.rest), calls)
        if macro.key in calls and "caller" in given:  # a call block may print what the outer call was given
            for name, outer in calls[macro.key].items():
                given[name] = given.get(name, NONE) | outer
        self.scopes[key] = {**calls, macro.key: given}
        return self.scopes[key]

    def _defaults(self, traced: Traced, macro: Macro, given: dict[str, Names], rest: Names, calls: Calls) -> None:
        for param in macro.params:
            if param not in given:
                given[param] = rest
                if param in macro.defaults and traced.defined_in is not None:
                    inner = {**calls, macro.key: given}
                    given[param] |= self.all(macro.defaults[param], macro.unit, traced.defined_in, inner, set())

    def all(
        self, symbols: Iterable[Symbol], unit: Unit | None, origin: Origin, calls: Calls, seen: set[object]
    ) -> Names:
        """The scope names behind `symbols` as they stand in `unit`'s code under `origin`."""
        found: Names = NONE
        for symbol in symbols:
            if isinstance(symbol, str):
                found |= self._name(symbol, unit, origin, calls, seen)
            elif isinstance(symbol, Late):
                found |= self._name(symbol.name, None, origin, calls, seen)
            elif isinstance(symbol, Param):
                found |= calls.get(symbol.macro, {}).get(symbol.name, NONE)
            elif symbol not in seen:
                found |= self._template(symbol, origin, calls, {*seen, symbol})
        return found

    def _name(self, name: str, unit: Unit | None, origin: Origin, calls: Calls, seen: set[object]) -> Names:
        key = (name, id(unit), id(origin))
        if key in seen:
            return NONE
        seen = {*seen, key}
        found: Names = NONE
        for other in origin.units:
            if other is not unit and name in other.exports:
                found |= self.all(other.exports[name], other, origin, calls, seen)
        link = origin.link
        if origin.parent is None or link is None:
            return found | {name} if name in origin.keys else found
        if link.bound is not None and name in link.bound:
            return found | self.all(link.bound[name], link.unit, origin.parent, calls, seen)
        if link.context:
            return found | self._name(name, link.unit, origin.parent, calls, seen)
        return found

    def _template(self, symbol: Exported | Included, origin: Origin, calls: Calls, seen: set[object]) -> Names:
        found: Names = NONE
        link = symbol.link
        if link is None:
            for other in origin.units:
                found |= self.all(other.mentions, other, origin, calls, seen)
            return found
        if not link.context:
            return found
        inner = Origin(origin, link, ())
        for target in tuple(link.targets or ()):
            if isinstance(symbol, Included):
                found |= self.all(target.mentions, target, inner, calls, seen)
            else:
                for name in target.exports if symbol.name is None else (symbol.name,):
                    found |= self.all(target.exports.get(name, NONE), target, inner, calls, seen)
        return found
