"""The texts that a variant's blocks can have: conditions, groups, items and examples, before they are counted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from promptkit.content import Items, Records, Select, Text
from promptkit.errors import PromptkitError
from promptkit.parameters import alone
from promptkit.render.call import Call
from promptkit.render.examples import example_text, record_item
from promptkit.render.items import context_items, item_texts
from promptkit.render.leaves import GROUP_NAME
from promptkit.template.extents import (
    EMPTY,
    SCALARS,
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
    Value,
    Within,
    either,
    loose_bound,
    names_of,
    opaque,
    text_of,
    truth_of,
)
from promptkit.template.reach import expressed, loop_domain, reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.render.leaves import Leaf
    from promptkit.template import Engine

Scope = dict[str, Domain]
MAX_RECORDS = 200  # examples whose texts are looked at one by one
TAGS_A_TOKEN = 3  # numbers that a token of a value can take from its fence: a token has at most three digits


@dataclass(slots=True)
class Walk:
    """What is known while a variant's blocks are walked, case by case.

    `known` are texts of templates by what they looked up, kept beside it so that it stays itself; `large` are those
    that are too large to walk again.
    """

    call: Call
    known: dict[tuple[int, ...], tuple[Extent, object]] = field(default_factory=dict)
    large: set[Text] = field(default_factory=set)

    @property
    def engine(self) -> Engine:
        """The library's templates."""
        return self.call.variant.prompt.library.engine

    def fresh(self) -> Call:
        """The call with its whole budget of steps."""
        return Call(self.call.variant, self.call.program, self.call.model)

    def reach(self, text: Text, scope: Scope) -> Extent:
        """Every text that a template can have; free text of all its inputs where it is too large to look at."""
        template = self.engine.template(text)
        needs = template.needs
        names = dict.fromkeys(scope if needs.dynamic else (use.name for use in needs.uses))
        used = [scope[name] for name in names if name in scope]
        key = (id(template), *(id(scope.get(name)) for name in names))
        if key not in self.known:
            found: Extent | None = None
            if text not in self.large:
                try:
                    found = reach(template, scope)
                except TooLargeError:
                    self.large.add(text)
            inputs = frozenset[str]().union(*map(names_of, used))
            found = found or opaque(inputs, "a template too large to bound").text
            self.known[key] = (found, (template, used))
        return self.known[key][0]


def entered(walk: Walk, leaf: Leaf, scope: Scope) -> tuple[Scope | None, bool]:
    """The scope inside a block, None where its `when` surely leaves it out; and whether it surely stands."""
    engine = walk.engine
    sure = True
    for level in leaf.levels:
        if level.when is not None:
            truth = truth_of(expressed(engine, level.when, scope))
            if truth is False:
                return None, False
            sure = sure and truth is True
        if level.bindings:
            scope = {**scope, **{name: _bound(walk, value, scope) for name, value in level.bindings}}
    return scope, sure


def _bound(walk: Walk, value: Any, scope: Scope) -> Domain:
    if not isinstance(value, Text):
        return Known(value)
    engine = walk.engine
    expression = alone(value)
    if expression is not None:
        return expressed(engine, expression, scope)
    text = walk.reach(value, scope)
    names = frozenset[str]().union(
        *(names_of(scope[u.name]) for u in engine.template(value).needs.uses if u.name in scope)
    )
    return Known(text.text) if isinstance(text, Lit) else Some(text, names, "string")


def leaf_text(walk: Walk, leaf: Leaf, scope: Scope) -> Extent:
    """Every text that a block that stands can have."""
    content = leaf.block.content
    if leaf.block.group:
        scope = {**scope, GROUP_NAME: _children(walk, leaf, scope)}
    if isinstance(content, Items):
        return (
            _items(walk, leaf, content, scope)
            if isinstance(content.source, str)
            else _examples(walk, leaf, content, scope)
        )
    parts: list[Extent] = []
    for part in leaf.parts:
        if isinstance(part, str) or part.literal:
            parts.append(Lit(part if isinstance(part, str) else part.source))
        else:
            parts.append(walk.reach(part, scope))
    return parts[0] if len(parts) == 1 else Seq(tuple(parts))


def _children(walk: Walk, leaf: Leaf, scope: Scope) -> Domain:
    parts: list[tuple[str, Extent]] = []
    for child in leaf.children:
        inner, sure = entered(walk, child, scope)
        if inner is not None:
            text = leaf_text(walk, child, inner)
            parts.append((child.join, text if sure else Alt((EMPTY, text))))
    if all(isinstance(part, Lit) for _, part in parts):
        whole = ""
        for join, part in parts:
            own = part.text if isinstance(part, Lit) else ""
            whole = f"{whole}{join}{own}" if whole and own else whole or own
        return Known(whole)
    names = frozenset[str]().union(*map(names_of, scope.values()))
    return Some(Blocks(tuple(parts)), names, "string")


# -- Items of an input


def known_values(scope: Mapping[str, Domain]) -> dict[str, Any]:
    """The values of a scope that are known."""
    return {name: found.value for name, found in scope.items() if isinstance(found, Known)}


def _looks_up_known(walk: Walk, text: Text | None, scope: Scope, own: frozenset[str]) -> bool:
    if text is None:
        return True
    needs = walk.engine.template(text).needs
    known = all(use.name in own or not isinstance(scope.get(use.name), Some) for use in needs.uses)
    return known and not needs.dynamic and "random" not in text.source and "lipsum" not in text.source


ITEM = frozenset({"item", "loop"})
UNBOUNDED_DIGITS = 4  # of a fence's number where nothing bounds the items, and hence the block


def _items(walk: Walk, leaf: Leaf, content: Items, scope: Scope) -> Extent:
    assert isinstance(content.source, str)
    value = scope.get(content.source, Known(()))
    if isinstance(value, Known) and _looks_up_known(walk, content.text, scope, ITEM):
        try:
            items = context_items(value.value, leaf)
            return Lit(item_texts(walk.fresh(), leaf, content, items, frozenset(), known_values(scope)).text)
        except PromptkitError:
            return Alt(())  # such a call is refused
    if isinstance(value, Known):
        value = _as_unknown(value)
    if isinstance(value, Some) and value.kind in SCALARS:
        found = _single(walk, leaf, content, value, scope)
    elif isinstance(value, Some) and value.kind == "array":
        found = _array_items(walk, leaf, content, value, scope)
    else:
        found = opaque(names_of(value), "declare its type").text
    if isinstance(content.max_tokens, int):
        found = Within(found, content.max_tokens)
    return found


def _as_unknown(value: Known) -> Domain:
    """A known value as one of unknown items, for a text that looks at what is not known."""
    return either((value, Known("" if isinstance(value.value, str) else [])))


def _single(walk: Walk, leaf: Leaf, content: Items, value: Domain, scope: Scope) -> Extent:
    """A text as the one item; an empty text is none."""
    text = text_of(value)
    item = value
    if isinstance(value, Some) and isinstance(text, Value):
        item = replace(value, text=replace(text, empty=False), truth=True)
    row = _row(walk, leaf, content, item, scope, loop_domain(0, 1, 1, frozenset()))
    may_lack = content.take == 0 or content.max_tokens is not None or content.item_max_tokens is not None
    never_empty = isinstance(value, Some) and isinstance(text, Value) and not text.empty
    return row if never_empty and not may_lack else Alt((EMPTY, row))


def _array_items(walk: Walk, leaf: Leaf, content: Items, value: Some, scope: Scope) -> Extent:
    most, limit = value.most, content.take
    if isinstance(limit, int):
        most = limit if most is None else min(most, limit)
    limited = content.max_tokens is not None or content.item_max_tokens is not None
    least = 0 if limited else value.least if most is None else min(value.least, most)
    if most == 0:
        return EMPTY
    element = value.element or opaque(value.names, "declare its items")
    first = _row(walk, leaf, content, element, scope, loop_domain(0, max(least, 1), most, value.names), most)
    other = _row(walk, leaf, content, element, scope, loop_domain(None, max(least, 2), most, value.names), most)
    join, why = leaf.join, "declare max_items"
    rest = Repeat(Seq((Lit(join), other)), max(least - 1, 0), None if most is None else most - 1, "", value.names, why)
    rows = Seq((first, rest))
    return rows if least else Alt((EMPTY, rows))


def _row(
    walk: Walk, leaf: Leaf, content: Items, item: Domain, scope: Scope, loop: Domain, most: int | None = 1
) -> Extent:
    """One item as it is written, in its fence; of at most `most` items."""
    inner = {**scope, "item": item, "loop": loop}
    text = text_of(item) if content.text is None else walk.reach(content.text, inner)
    row = _fenced(leaf, content, text, most) if leaf.block.kind == "context" else text
    limit = content.item_max_tokens
    if isinstance(limit, int) and not _places(walk, content.text):
        return Within(row, limit)
    return row


def _places(walk: Walk, text: Text | None) -> bool:
    """Whether an item's text depends on its place: it may then grow when others are left out."""
    needs = None if text is None else walk.engine.template(text).needs
    return needs is not None and (bool(needs.dynamic) or any(use.name == "loop" for use in needs.uses))


def _fenced(leaf: Leaf, content: Items, text: Extent, most: int | None) -> Extent:
    """A text between tags; their number has as many digits as the tags that the items can hold let it have."""
    base = content.source if isinstance(content.source, str) else leaf.block.name
    bound = loose_bound(text)
    numbers = None if bound is None or most is None else 2 + bound[0] * most * TAGS_A_TOKEN
    digits = UNBOUNDED_DIGITS if numbers is None else len(str(numbers))
    tags = [base, f"{base}-2", *(f"{base}-1{'0' * zeros}" for zeros in range(1, digits))]
    return Alt(tuple(Seq((Lit(f"<{tag}>\n"), text, Lit(f"\n</{tag}>"))) for tag in tags))


# -- Examples told as one text


def _examples(walk: Walk, leaf: Leaf, content: Items, scope: Scope) -> Extent:
    assert isinstance(content.source, Records)
    own = ITEM
    chosen = frozenset(known_values(scope))
    depends = content.select.by == "similar" and any(name not in chosen for name in scope)
    if not depends and _looks_up_known(walk, content.text, scope, own):
        try:
            return Lit(example_text(walk.fresh(), leaf, content, known_values(scope)).text)
        except PromptkitError:
            return Alt(())
    records = content.source.records
    inputs = frozenset[str]().union(*map(names_of, scope.values()))
    if len(records) > MAX_RECORDS:
        return opaque(inputs, f"more than {MAX_RECORDS} examples to choose from").text
    assert content.text is not None
    told = content.text
    size = min(len(records), content.take if isinstance(content.take, int) else len(records))
    if size == 0:
        return EMPTY
    unlimited = content.max_tokens is None and content.item_max_tokens is None
    loops = [loop_domain(place, 1, size, inputs) for place in (0, None)]
    rows = [
        Alt(tuple(walk.reach(told, {**scope, "item": Known(record_item(record)), "loop": loop}) for record in records))
        for loop in loops
    ]
    count = size - 1
    rest = Repeat(Seq((Lit(leaf.join), rows[1])), count if unlimited else 0, count)
    found: Extent = Seq((rows[0], rest))
    if isinstance(content.max_tokens, int):
        found = Within(found, content.max_tokens)
    return found if unlimited else Alt((EMPTY, found))


def single_record(content: Items, number: int) -> Items:
    """The items with one record alone, whatever is chosen by."""
    assert isinstance(content.source, Records)
    record = content.source.records[number]
    return replace(
        content,
        source=Records(content.source.path, (record,)),
        select=Select(span=content.select.span),
        take=None,
        max_tokens=None,
        item_max_tokens=None,
    )
