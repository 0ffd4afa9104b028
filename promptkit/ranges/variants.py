"""The range of a variant: its messages, over every way in which its blocks can stand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from promptkit.content import MISSING, Attachment, Items, Records, Tools
from promptkit.errors import ModelError, PromptkitError
from promptkit.media import media_types
from promptkit.messages import Tool
from promptkit.ranges.inputs import choices, domain, with_default
from promptkit.ranges.leaves import Scope, Walk, entered, known_values, leaf_text, single_record
from promptkit.ranges.shapes import BLANK, NOTHING, Bounds, Reason, Shape, Shapes
from promptkit.render.call import Call
from promptkit.render.examples import example_messages
from promptkit.render.items import history_messages
from promptkit.render.program import program
from promptkit.render.tokenizers import tokenizer_of
from promptkit.template.extents import Alt, Domain, Known, Some, TooLargeError, Value, names_of
from promptkit.tokens import CARRIERS, count, message_tokens, tool_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.content import Input
    from promptkit.errors import Span
    from promptkit.messages import Message
    from promptkit.model import Variant
    from promptkit.render.leaves import Leaf
    from promptkit.tokens import Tokenizer

MAX_CASES = 64  # combinations of known values that are looked at one by one
MAX_RECORDS = 200  # examples to choose from that are looked at one by one
START, BETWEEN = "", "|"  # no message yet; the last message is closed


@dataclass(frozen=True, slots=True)
class TokenRange:
    """The least and the most tokens of a variant, framing included, over every call that it accepts.

    `least` rests on cuts that are exact whatever a value is. `most` is None where an input has no bound: `unbounded`
    names these inputs, and `reasons` says what each lacks (a reason without a name is the template's). `slack` is what
    of `most` allows for the seams between values and other text, where tokens do not quite add up: it is measured, not
    proved (see `promptkit.ranges.shapes`). Tool definitions are in it where they are counted, images never.
    `uncounted` names what is sent beside the messages and is not in the range.
    """

    tokenizer: Tokenizer
    least: int
    most: int | None
    slack: int
    unbounded: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    uncounted: tuple[str, ...] = ()

    @property
    def basis(self) -> str:
        """What counts rest on: exact, assumed or estimate. The bounds are bounds of such counts."""
        return self.tokenizer.basis


def token_range(variant: Variant, model: str | None = None) -> TokenRange:
    """The range of a variant for a model: the one given, else the prompt's, else the library's.

    Inputs of a few values (enum, boolean) are tried in all their combinations, up to MAX_CASES; of the others their
    `max_tokens`, `max_items` and schemas count. Values are held to be plain data: texts, numbers, lists and mappings.
    Raises ComposeError, as the render of the variant does, and ModelError for a model of another vocabulary than the
    two that the bounds were proved and measured in, or whose estimate is calibrated.
    """
    tokenizer = tokenizer_of(variant, model)
    if tokenizer.encoding in CARRIERS or tokenizer.ratio is not None:
        other = "calibrated estimates" if tokenizer.ratio is not None else tokenizer.encoding
        raise ModelError(
            f"model '{tokenizer.model}': ranges are known for counts in o200k_base and cl100k_base, not in {other}; "
            "--model o200k_base gives the texts' own"
        )
    call = Call(variant, program(variant), model)
    shapes = Shapes(tokenizer.encoding)
    found: Bounds | None = None
    faults: list[PromptkitError] = []
    walk = Walk(call)
    try:
        for scope in _cases(call):
            bounds = _Messages(walk, shapes, tokenizer, faults).bounds(scope)
            if bounds is not None:
                found = bounds if found is None else found | bounds
    except (TooLargeError, RecursionError):
        found = Bounds(0, None, 0, frozenset({Reason(None, "a prompt too large to bound")}))
    if found is None and faults:
        raise faults[0]
    found = found or NOTHING
    ordered = sorted(found.reasons, key=lambda each: (each.name is None, each.name or "", each.why))
    reasons = tuple(replace(each, span=_place(each, call)) for each in ordered)
    return TokenRange(
        tokenizer,
        found.least,
        found.most,
        found.slack if found.most is not None else 0,
        tuple(dict.fromkeys(each.name for each in reasons if each.name is not None)),
        reasons,
        tuple(_uncounted(call, tokenizer)),
    )


def _place(reason: Reason, call: Call) -> Span:
    """Where the input is declared, or used; else the prompt's place."""
    found = None if reason.name is None else call.program.accepted.get(reason.name)
    return call.variant.prompt.spec.span if found is None else found.span


def _uncounted(call: Call, tokenizer: Tokenizer) -> Iterator[str]:
    """What a call may send beside the text."""
    if call.program.schema is not None:
        yield "response schema"
    offers = [offer for leaf in call.program.leaves for offer in _offers(leaf, sure=True)]
    if any(tool_tokens(tools, tokenizer) is None for tools, _ in offers):
        yield "tools"
    found: set[str] = set()
    for leaf in call.program.leaves:
        content = leaf.block.content
        if isinstance(content, Attachment) and content.input in call.program.accepted:
            found.update(media_types(call.program.accepted[content.input]))
    yield from sorted(found)


def _nested(leaves: Iterable[Leaf]) -> Iterator[Leaf]:
    for leaf in leaves:
        yield leaf
        yield from _nested(leaf.children)


# -- Tools

_Offer = tuple[tuple[Tool, ...], bool]


def _offers(leaf: Leaf, *, sure: bool) -> Iterator[_Offer]:
    """The tools of a block and of those in it, each with whether they are sent for sure."""
    content = leaf.block.content
    if isinstance(content, Tools):
        yield tuple(tool for tool in content.entries if isinstance(tool, Tool)), sure
    for child in leaf.children:
        yield from _offers(child, sure=sure and not child.conditions)


def _tool_bounds(offers: list[_Offer], tokenizer: Tokenizer) -> Bounds:
    """The tokens of the definitions over every choice of the blocks that may stand."""
    free = [tools for tools, sure in offers if not sure]
    fixed = tuple(tool for tools, sure in offers if sure for tool in tools)
    if 2 ** len(free) > MAX_CASES:
        most = sum(tool_tokens((tool,), tokenizer) or 0 for tools, _ in offers for tool in tools)
        return Bounds(0, most)
    sizes = [
        tool_tokens(
            (*fixed, *(tool for tools, stands in zip(free, chosen, strict=True) if stands for tool in tools)), tokenizer
        )
        for chosen in product((False, True), repeat=len(free))
    ]
    return Bounds(min(size or 0 for size in sizes), max(size or 0 for size in sizes))


# -- Cases


def _cases(call: Call) -> Iterator[Scope]:
    """The scopes of a call: combinations of the inputs that have few values, the others as their declarations say."""
    plan = call.program
    scope: Scope = {}
    options: list[tuple[str, tuple[Domain, ...]]] = []
    for name, declared in plan.accepted.items():
        if name in plan.pinned and name in plan.defaults:
            scope[name] = Known(plan.defaults[name])
            continue
        default = plan.defaults.get(name, MISSING)
        optional = name not in plan.required and default is MISSING
        scope[name] = with_default(domain(declared, optional=optional), default)
        few = _few(declared, default, optional=optional, decides=name in _deciding(call))
        if few is not None:
            options.append((name, few))
    options.sort(key=lambda entry: (isinstance(entry[1][-1], Some), len(entry[1])))
    chosen: list[tuple[str, tuple[Domain, ...]]] = []
    size = 1
    for name, few in options:
        if size * len(few) <= MAX_CASES:
            size *= len(few)
            chosen.append((name, few))
    for values in product(*(few for _, few in chosen)):
        case = {**scope, **dict(zip((name for name, _ in chosen), values, strict=True))}
        yield {name: value for name, value in case.items() if value != ABSENT}


ABSENT = Some(Alt(()), optional=True)


def _few(declared: Input, default: Any, *, optional: bool, decides: bool) -> tuple[Domain, ...] | None:
    """The values that are told apart: few known ones, or for what decides whether a block stands, empty and not."""
    listed = choices(declared)
    if listed is not None:
        own = [Known(default)] if default is not MISSING and Known(default) not in listed else []
        return (*listed, *own, *([ABSENT] if optional else []))
    types = set(declared.types)
    if not decides or types not in ({"string"}, {"array"}) or declared.enum is not None:
        return None
    whole = domain(declared)
    if isinstance(whole.text, Value) and types == {"string"}:
        whole = replace(whole, text=replace(whole.text, empty=False))
    other = replace(whole, least=1 if types == {"array"} else 0, truth=True)
    empty = Known("" if types == {"string"} else [])
    defaults = [Known(default)] if default is not MISSING and default != empty.value else []
    return (empty, *defaults, *([ABSENT] if optional else []), other)


def _deciding(call: Call) -> frozenset[str]:
    """The inputs that decide whether a block stands."""
    memo = call.program.memo
    if "deciding" not in memo:
        memo["deciding"] = frozenset(name for leaf in _nested(call.program.leaves) for name in leaf.conditions)
    found: frozenset[str] = memo["deciding"]
    return found


# -- Messages

States = dict[str, frozenset[Shape]]


@dataclass(slots=True)
class _Messages:
    """The messages of one case. A state is the role of the last message, with the shapes of its text so far.

    The tokens of the messages before it are in what is between a shape's first and last region.
    """

    walk: Walk
    shapes: Shapes
    tokenizer: Tokenizer
    faults: list[PromptkitError]
    states: States = field(default_factory=lambda: {START: BLANK})

    def bounds(self, scope: Scope) -> Bounds | None:
        """The bounds of all messages, None where no call can have these values."""
        offers: list[_Offer] = []
        for leaf in self.walk.call.program.leaves:
            inner, sure = entered(self.walk, leaf, scope)
            if inner is None:
                continue
            offers += _offers(leaf, sure=sure)
            if isinstance(leaf.block.content, Tools):
                continue
            before = self.states
            if leaf.turns:
                self.turns(leaf, inner)
            elif isinstance(leaf.block.content, Attachment):
                self.media(leaf, inner)
            else:
                self.text(leaf, inner)
            if not sure:
                self.states = self.either(before, self.states)
        found: Bounds | None = None
        tools = _tool_bounds(offers, self.tokenizer)
        for role, shapes in self.states.items():
            reply = self.tokenizer.framing.reply if role != START else 0
            for shape in self.closed(role, shapes):
                bounds = self.shapes.bounds(shape) + Bounds(reply, reply) + tools
                found = bounds if found is None else found | bounds
        return found

    def either(self, one: States, other: States) -> States:
        """Either of two."""
        return {
            role: self.shapes.merged([*one.get(role, ()), *other.get(role, ())])
            for role in dict.fromkeys([*one, *other])
        }

    def closed(self, role: str, shapes: frozenset[Shape]) -> frozenset[Shape]:
        """The shapes of no text yet, behind the message that they were of."""
        if role in (START, BETWEEN):
            return shapes
        frame = self.frame(role)
        ends = (self.shapes.bounds(shape) + Bounds(frame, frame) for shape in shapes)
        return self.shapes.merged(replace(blank, between=end) for end in ends for blank in BLANK)

    def frame(self, role: str) -> int:
        """Tokens around a message of a role."""
        framing = self.tokenizer.framing
        return 0 if framing.kind == "none" else framing.per_message + count(role, self.tokenizer.encoding)

    def text(self, leaf: Leaf, scope: Scope) -> None:
        """A block of text: of the last message where that has its role, else of one of its own; or of none."""
        texts = self.shapes.of(leaf_text(self.walk, leaf, scope))
        empty = frozenset(shape for shape in texts if shape.is_empty)
        solid = texts - empty
        found: States = self.states if empty else {}
        if solid:
            for role, shapes in self.states.items():
                starts = shapes if role == leaf.role else self.closed(role, shapes)
                longer = self.shapes.added(starts, leaf.join, solid)
                found = self.either(found, {leaf.role: longer})
        self.states = found

    def media(self, leaf: Leaf, scope: Scope) -> None:
        """An attachment, which makes a message where there is a value and takes no counted tokens."""
        content = leaf.block.content
        assert isinstance(content, Attachment)
        value = scope.get(content.input, Known(None))
        if isinstance(value, Known) and not value.value:
            return
        for role, shapes in list(self.states.items()):
            same = role == leaf.role
            self.states = self.either(self.states, {leaf.role: shapes if same else self.closed(role, shapes)})

    def turns(self, leaf: Leaf, scope: Scope) -> None:
        """Messages of their own: those of examples or of a history."""
        found: States = {}
        for size in self.sizes(leaf, scope):
            if size is None:
                found = self.either(found, self.states)
                continue
            for role, shapes in self.states.items():
                behind = (replace(each, between=each.between + size) for each in self.closed(role, shapes))
                found = self.either(found, {BETWEEN: self.shapes.merged(behind)})
        self.states = found

    def sizes(self, leaf: Leaf, scope: Scope) -> list[Bounds | None]:
        """What the turns can take; None for no turn at all."""
        content = leaf.block.content
        assert isinstance(content, Items)
        if isinstance(content.source, Records):
            return self.examples(leaf, content, scope)
        assert isinstance(content.source, str)
        value = scope.get(content.source, Known(()))
        if isinstance(value, Known):
            try:
                messages = history_messages(self.walk.fresh(), leaf, content, value.value, frozenset())
            except PromptkitError:
                return []  # such a call is refused
            return [self.exactly(messages)]
        if value.most == 0 or content.take == 0:
            return [None]
        least = min(self.frame(role) for role in ("user", "assistant", "tool"))
        if isinstance(content.max_tokens, int):
            return [None, Bounds(least, content.max_tokens)] if least <= content.max_tokens else [None]
        why = "messages of any length; give the block max_tokens"
        reasons = frozenset(Reason(name, why) for name in sorted(names_of(value)))
        return [None, Bounds(least, None, 0, reasons)]

    def exactly(self, messages: list[Message]) -> Bounds | None:
        """The tokens of messages."""
        tokens = sum(message_tokens(message, self.tokenizer) for message in messages)
        return Bounds(tokens, tokens) if messages else None

    def examples(self, leaf: Leaf, content: Items, scope: Scope) -> list[Bounds | None]:
        """Examples have the same turns in every call, save those that are chosen by what the call asks."""
        call = self.walk.fresh()
        if content.select.by != "similar" or not any(isinstance(value, Some) for value in scope.values()):
            try:
                return [self.exactly(example_messages(call, leaf, content, known_values(scope)))]
            except PromptkitError as error:
                self.faults.append(error)
                return []  # a call that comes here is refused
        assert isinstance(content.source, Records)
        records = content.source.records
        if len(records) > MAX_RECORDS:
            names = frozenset[str]().union(*map(names_of, scope.values()))
            why = f"more than {MAX_RECORDS} examples to choose from"
            return [None, Bounds(0, None, 0, frozenset(Reason(name, why) for name in sorted(names)))]
        sizes = []
        for number in range(len(records)):
            alone = replace(call, program=replace(call.program, memo={}), meter=self.walk.fresh().meter)
            try:
                messages = example_messages(alone, leaf, single_record(content, number), {})
            except PromptkitError:
                continue  # a call that takes it is refused
            sizes.append(sum(message_tokens(message, self.tokenizer) for message in messages))
        return _chosen(content, sorted(sizes))


def _chosen(content: Items, sizes: list[int]) -> list[Bounds | None]:
    """What any of the records can take that a selector may choose."""
    size = min(len(sizes), content.take if isinstance(content.take, int) else len(sizes))
    if size == 0:
        return [None]
    least, most = sum(sizes[:size]), sum(sizes[-size:])
    if content.max_tokens is None and content.item_max_tokens is None:
        return [Bounds(least, most)]
    limit = content.max_tokens
    return [None, Bounds(sizes[0], min(most, limit) if isinstance(limit, int) else most)]
