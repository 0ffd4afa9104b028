"""From a variant and values to messages. Roles come from the blocks alone; no text is ever parsed for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from promptkit import inputs as checks
from promptkit.content import MISSING, Attachment, Format, Items, Text, Tools
from promptkit.errors import InputError, MissingInputError, did_you_mean
from promptkit.media import media_types, read_media
from promptkit.messages import Media, Message, Piece, Tool, quick_message
from promptkit.model import Rendered, Variant
from promptkit.parameters import alone
from promptkit.render.cuts import Cuts
from promptkit.render.fragments import Fragment, join_messages, joined_pieces
from promptkit.render.items import context_items, history_messages, item_texts
from promptkit.render.leaves import GROUP_NAME, Fast, Leaf, Run, literal_pieces
from promptkit.render.program import Program, authored, nested, program, trace_inputs
from promptkit.render.tokenizers import tokenizer_of
from promptkit.template import Meter, foreign_text, trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptkit.messages import Dropped, Selected
    from promptkit.tokens import Tokenizer


def render(
    variant: Variant, values: Mapping[str, Any] | None, keywords: Mapping[str, Any], model: str | None
) -> Rendered:
    """The messages of a variant for these values. Raises InputError, TemplateError, ComposeError, BudgetError."""
    plan = program(variant)
    given = merged(values, keywords)
    free, fast = plan.free, plan.fast
    plain = not [
        1 for name, value in given.items() if type(value) is not str or name not in free or not value.isascii()
    ]
    call = None
    if plain and plan.required <= given.keys():
        scope = {**plan.defaults, **given}
    else:
        call = Call(variant, plan, model)
        scope = call.scope(given)
    if fast is not None and _fits(fast, scope, plain=plain):
        return Rendered(tuple([_message(run, scope) for run in fast.runs]), variant, model, plan.schema, (), plan.tools)
    return (call or Call(variant, plan, model)).rendered(scope)


def merged(values: Mapping[str, Any] | None, keywords: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inputs of a call, from the mapping and the keywords. Raises InputError."""
    if values is None:
        return keywords
    if not isinstance(values, Mapping):
        kind = type(values).__name__  # type: ignore[unreachable]  # callers without a type checker
        raise InputError(f"inputs are given by name, not as {kind}; write render(NAME=...) or render({{'NAME': ...}})")
    clash = next((name for name in keywords if name in values), None)
    if clash is not None:
        raise InputError(
            f"input '{clash}' is given twice, in the mapping and as a keyword; pass it in the mapping only"
        )
    return {**values, **keywords}


def _fits(fast: Fast, scope: Mapping[str, Any], *, plain: bool) -> bool:
    """Whether every value can be printed, and each block that is nothing but inputs has some text."""
    for names in fast.solid:
        if not scope[names[0]] and not any(map(scope.get, names)):
            return False
    return plain or not any(scope[name] is None for name in fast.names)


def _message(run: Run, scope: Mapping[str, Any]) -> Message:
    if run.fixed is not None:
        return run.fixed
    text: str = run.form % (run.values(scope) if run.several else (run.values(scope),))
    return quick_message(run.role, text, partial(_filled, run, scope))


def _filled(run: Run, scope: Mapping[str, Any]) -> tuple[Piece, ...]:
    return tuple([piece if isinstance(piece, Piece) else piece.fill(scope) for piece in run.pieces])


@dataclass(slots=True)
class Call:
    """One rendering: its values, its budget of steps, and what it leaves out, by limits or by `cuts`."""

    variant: Variant
    program: Program
    model: str | None
    meter: Meter = field(default_factory=Meter)
    dropped: list[Dropped] = field(default_factory=list)
    selected: list[Selected] = field(default_factory=list)
    schema: Mapping[str, Any] | None = None
    standing: set[str] = field(default_factory=set)
    tools: list[Tool] = field(default_factory=list)
    cuts: Cuts | None = None
    _tokenizer: Tokenizer | None = None

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that token limits use: of the model given, else the prompt's, else the library's."""
        if self._tokenizer is None:
            self._tokenizer = tokenizer_of(self.variant, self.model)
        return self._tokenizer

    @property
    def unasked(self) -> frozenset[str]:
        """The blocks of the last user message that a cut leaves out: examples ask without them too."""
        if self.cuts is None or not self.cuts.gone:
            return frozenset()
        return self.cuts.gone & {leaf.block.name for leaf in nested(self.program.question)}

    def count(self, text: str) -> int:
        """Tokens of a text."""
        from promptkit.tokens import count

        return self.tokenizer.scaled(count(text, self.tokenizer.encoding))

    # -- values -----------------------------------------------------------------------------------------------------

    def scope(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a call, checked, with defaults and what is set. Raises InputError."""
        plan = self.program
        scope = {**plan.defaults, **given}
        free = plan.free
        for name, value in given.items():
            if type(value) is not str or name not in free or not value.isascii():
                scope[name] = self._checked(name, value, given)
        if not plan.required <= given.keys():
            raise self._missing(given)
        return scope

    def _checked(self, name: str, value: Any, given: Mapping[str, Any]) -> Any:
        declared = self.program.accepted.get(name)
        if declared is None:
            declared = self._elsewhere(name, given)
        if name in self.program.pinned:
            self._refuse_pinned(name, value)
        value = checks.plain(value)
        checks.check(declared, value, self.count)
        return read_media(declared, value) if value is not None and media_types(declared) else value

    def _elsewhere(self, name: str, given: Mapping[str, Any]) -> Any:
        """An input that this variant does not use, but another one does."""
        prompt = self.variant.prompt
        for other in prompt.variants:
            declared = program(prompt[other]).accepted.get(name)
            if declared is not None:
                return declared
        from promptkit.render.placeholders import unknown_placeholder  # here: only a failing call needs it

        hint = unknown_placeholder(self.variant, name)
        hint = hint or did_you_mean(name, [each for each in self.program.accepted if each not in given])
        raise InputError(f"{prompt.name}: unknown input '{name}'{hint}")

    def _refuse_pinned(self, name: str, value: Any) -> None:
        if name in self.variant.set:
            raise InputError(
                f"{self.variant.prompt.name}: input '{name}' is set by the variant '{self.variant.name}'; leave it out"
            )
        if value != self.program.defaults.get(name):
            raise InputError(
                f"{self.variant.prompt.name}: input '{name}' decides a block's parameter and is fixed before a call; "
                "choose its value by a variant that sets it, or by the matrix"
            )

    def _missing(self, given: Mapping[str, Any]) -> InputError:
        names = [name for name in self.program.accepted if name in self.program.required and name not in given]
        return MissingInputError(f"{self.variant.prompt.name}: {checks.missing(names, self.program.accepted)}", names)

    # -- blocks -----------------------------------------------------------------------------------------------------

    def rendered(self, scope: dict[str, Any]) -> Rendered:
        """The whole prompt: every leaf rendered, neighbours of one role joined into one message."""
        parts: list[Fragment | Message] = []
        for leaf in self.program.leaves:
            inner = self._enter(leaf, scope)
            if inner is None:
                continue
            if leaf.turns:
                parts += self._turns(leaf, inner)
            else:
                fragment = self._fragment(leaf, inner)
                if fragment.text or fragment.media:
                    parts.append(fragment)
        for clash in self.program.clashes:
            if {clash.first.name, clash.second.name} <= self.standing:
                raise clash.error
        return Rendered(
            messages=tuple(join_messages(parts)),
            variant=self.variant,
            model=self.model,
            schema=self.schema,
            dropped=tuple(self.dropped),
            tools=tuple(self.tools),
            selected=tuple(self.selected),
        )

    def last_user_message(self, scope: dict[str, Any]) -> str:
        """The text of the prompt's last user message for these values: what an example's user turn is."""
        standing, self.standing = self.standing, set()  # its blocks may stand otherwise than the call's
        cuts, self.cuts = self.cuts, None if self.cuts is None else Cuts(gone=self.cuts.gone)
        fragments: list[Fragment | Message] = []
        noted = len(self.dropped), len(self.selected)
        for leaf in self.program.question:
            inner = self._enter(leaf, scope)
            if inner is not None:
                fragment = self._fragment(leaf, inner)
                if fragment.text:
                    fragments.append(fragment)
        self.standing, self.cuts = standing, cuts
        del self.dropped[noted[0] :], self.selected[noted[1] :]  # these are an example's, not the call's
        return "".join(message.content for message in join_messages(fragments))

    def _enter(self, leaf: Leaf, scope: dict[str, Any]) -> dict[str, Any] | None:
        """The scope inside a block, None where its `when` or a cut leaves it out."""
        if self.cuts is not None and leaf.block.name in self.cuts.gone:
            return None
        engine = self.variant.prompt.library.engine
        for level in leaf.levels:
            if level.when is not None and not engine.expression(level.when).evaluate(scope, self.meter):
                return None
            if level.bindings:
                scope = {**scope, **{name: self._bound(value, scope) for name, value in level.bindings}}
            for declared in level.inputs:
                if declared.name in scope:
                    checks.check(declared, scope[declared.name], self.count)
        self.standing.add(leaf.block.name)
        return scope

    def _bound(self, value: Any, scope: Mapping[str, Any]) -> Any:
        if not isinstance(value, Text):
            return value
        engine = self.variant.prompt.library.engine
        expression = alone(value)
        if expression is None:
            return str(engine.template(value).render(scope, self.meter))
        return checks.plain(engine.expression(expression).evaluate(scope, self.meter))

    def _fragment(self, leaf: Leaf, scope: dict[str, Any]) -> Fragment:
        content = leaf.block.content
        if isinstance(content, Format) and content.structured:
            self.schema = self.program.schema
        if leaf.block.group:
            scope = {**scope, GROUP_NAME: self._children(leaf, scope)}
        if isinstance(content, Items):
            return self._items_text(leaf, content, scope)
        if isinstance(content, Tools):
            conditions = tuple(sorted(leaf.conditions))
            self.tools += [replace(tool, conditions=conditions) for tool in content.entries if isinstance(tool, Tool)]
        if isinstance(content, Attachment):
            return Fragment(leaf, "", list, self._media(leaf, content, scope))
        texts: list[str] = []
        makers: list[Callable[[], list[Piece]]] = []
        for part in leaf.parts:
            if isinstance(part, str) or part.literal:
                texts.append(part if isinstance(part, str) else part.source)
                makers.append(partial(literal_pieces, leaf, part))
            else:
                text, pieces = self.text(part, leaf, scope)
                texts.append(text)
                makers.append(pieces)
        return Fragment(leaf, "".join(texts), lambda: [piece for make in makers for piece in make()])

    def text(
        self, part: Text, leaf: Leaf, scope: Mapping[str, Any], sources: Mapping[str, frozenset[str]] | None = None
    ) -> tuple[str, Callable[[], list[Piece]]]:
        """A template's text, and what makes its pieces."""
        traced = self.variant.prompt.library.engine.template(part).render(scope, self.meter)
        return str(traced), partial(self._pieces, traced, leaf, leaf.sources if sources is None else sources)

    def _pieces(self, traced: Any, leaf: Leaf, sources: Mapping[str, frozenset[str]]) -> list[Piece]:
        block = leaf.block
        found: list[Piece] = []
        for run in trace(traced):
            conditions = leaf.conditions | trace_inputs(run.conditions, sources, self.variant.set)
            if isinstance(run.foreign, Piece):
                inner = run.foreign
                found.append(replace(inner, conditions=tuple(sorted(conditions | set(inner.conditions)))))
                continue
            names = tuple(sorted(trace_inputs(run.names, sources, self.variant.set)))
            place = tuple(sorted(conditions))
            found.append(Piece(run.text, block.name, block.kind, run.span, names, place, run.authored))
        return found

    def _children(self, leaf: Leaf, scope: dict[str, Any]) -> Any:
        fragments: list[Fragment] = []
        for child in leaf.children:
            inner = self._enter(child, scope)
            if inner is not None:
                fragment = self._fragment(child, inner)
                if fragment.text:
                    fragments.append(fragment)
        return foreign_text([(piece.text, piece) for piece in joined_pieces(fragments)])

    def _media(self, leaf: Leaf, content: Attachment, scope: Mapping[str, Any]) -> tuple[Media, ...]:
        value = scope.get(content.input)
        if value is None:
            return ()
        found = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(each, Media) for each in found):
            raise InputError(f"'{leaf.block.name}': '{content.input}' is no image, audio or file", leaf.block.span)
        names = tuple(sorted(trace_inputs([content.input], leaf.sources, self.variant.set)))
        block = leaf.block
        return tuple(
            replace(each, block=block.name, span=block.span, detail=content.detail, inputs=names) for each in found
        )

    # -- items ------------------------------------------------------------------------------------------------------

    def _items_text(self, leaf: Leaf, content: Items, scope: dict[str, Any]) -> Fragment:
        if not isinstance(content.source, str):
            from promptkit.render.examples import example_text  # here: as in _turns

            return example_text(self, leaf, content, scope)
        names = trace_inputs([content.source], leaf.sources, self.variant.set)
        items = context_items(scope.get(content.source, ()), leaf)
        return item_texts(self, leaf, content, items, names, scope)

    def _turns(self, leaf: Leaf, scope: dict[str, Any]) -> list[Message]:
        content = leaf.block.content
        assert isinstance(content, Items)
        if isinstance(content.source, str):
            names = trace_inputs([content.source], leaf.sources, self.variant.set)
            return history_messages(self, leaf, content, scope.get(content.source, ()), names)
        from promptkit.render.examples import example_messages  # here: most prompts have none

        return example_messages(self, leaf, content, scope)


def samples(variant: Variant) -> dict[str, Any]:
    """The samples of a variant's inputs that have one, by name, less what is set or fixed by a parameter."""
    plan = program(variant)
    library = variant.prompt.library
    found = ((name, each) for name, each in plan.accepted.items() if name not in plan.pinned)
    return {name: authored(library, each, each.sample) for name, each in found if each.sample is not MISSING}
