"""From a variant to what a render runs: groups flattened to leaves, names traced to inputs, static text joined once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from promptkit.blocks.forms import Untellable
from promptkit.blocks.kinds import Part, default_role, parts
from promptkit.compose import Clash, clashes, every_block
from promptkit.content import MISSING, Attachment, Format, Input, Items, Text, Tools
from promptkit.errors import ComposeError, InputError, PromptkitError, did_you_mean
from promptkit.inputs import check
from promptkit.media import media_types, read_media
from promptkit.render.leaves import GROUP_NAME, ITEM_NAMES, Fast, Leaf, Level, fast_form
from promptkit.render.tokenizers import tokenizer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptkit.errors import Span
    from promptkit.messages import Role, Tool
    from promptkit.model import Block, Library, Variant
    from promptkit.template import Engine, Needs, Use

Sources = dict[str, frozenset[str]]
"""Which inputs each name of a block's scope comes from. A name that is not in it is an input itself."""


@dataclass(frozen=True, slots=True)
class Program:
    """What rendering a variant takes. `fast` is there when nothing but bare inputs varies.

    `accepted` are the inputs it declares or uses, `required` those that a call must give, `free` those
    that take any text, `defaults` the values that
    stand where a call gives none, those that are set among them; `pinned` those that a call cannot change.
    `question` are the leaves of the last user message, which examples repeat with their own values of
    `question_inputs`. `schema` is what a structured format asks. `clashes` are pairs of blocks that contradict each
    other, of which a `when` should leave one out. `tools` are those that stand in every call. `uses` has the first
    place that looks each name up.
    """

    leaves: tuple[Leaf, ...]
    accepted: Mapping[str, Input]
    required: frozenset[str]
    free: frozenset[str]
    defaults: Mapping[str, Any]
    pinned: frozenset[str]
    fast: Fast | None
    question: tuple[Leaf, ...]
    question_inputs: tuple[str, ...]
    schema: Mapping[str, Any] | None
    clashes: tuple[Clash, ...]
    tools: tuple[Tool, ...] = ()
    uses: Mapping[str, Use] = field(default_factory=dict)
    memo: dict[Any, Any] = field(default_factory=dict)


def program(variant: Variant) -> Program:
    """The program of a variant, made once. Raises ComposeError."""
    found: Program | None = variant.cache.get("program")
    if found is None:
        found = variant.cache["program"] = _Compiler(variant).program()
    return found


class _Compiler:
    def __init__(self, variant: Variant) -> None:
        self._variant = variant
        self._engine: Engine = variant.prompt.library.engine
        self._fixed = variant.set
        self._shared = variant.prompt._shared

    def program(self) -> Program:
        leaves = tuple(leaf for block in self._variant.blocks for leaf in self._shared_leaves(block))
        self._refuse_reasoning_beside_schema(leaves)
        self._refuse_double_tools(leaves)
        accepted = {declared.name: declared for declared in self._variant.settings.inputs}
        for leaf in leaves:
            for declared in self._block_inputs(leaf):
                accepted.setdefault(declared.name, declared)
        uses = self._all_uses(leaves)
        for name in sorted(uses):
            accepted.setdefault(name, Input(name, span=uses[name].span, declared=False))
        self._check_set(accepted)
        self._check_media(leaves, accepted)
        defaults = {
            each.name: authored(self._variant.prompt.library, each, each.default)
            for each in accepted.values()
            if each.default is not MISSING
        }
        defaults.update(self._fixed)
        required = {name for name, each in accepted.items() if name not in defaults and _is_required(each, uses)}
        pinned = self._variant.parameters | set(self._fixed)
        question = _question(leaves)
        asked = self._all_uses(question)
        formats = [content for leaf in nested(leaves) if isinstance(content := leaf.block.content, Format)]
        schema = next((content.schema for content in formats if content.structured), None)
        assert not isinstance(schema, Text)
        return Program(
            leaves=leaves,
            accepted=accepted,
            required=frozenset(required),
            free=frozenset(name for name, each in accepted.items() if not each.checked) - pinned,
            defaults=defaults,
            pinned=pinned,
            fast=self._fast(leaves, defaults, accepted),
            question=question,
            question_inputs=tuple(
                name for name in asked if name not in defaults and _is_required(accepted[name], asked)
            ),
            schema=schema,
            clashes=clashes(self._variant.blocks),
            tools=tuple(tool for leaf in leaves for tool in _tools(leaf) if not leaf.conditions),
            uses=uses,
        )

    def _check_set(self, accepted: Mapping[str, Input]) -> None:
        """Refuse what is set for an input that there is not, or to a value that its declaration forbids."""
        for name, value in self._fixed.items():
            place = self._variant.places.get(name, self._variant.prompt.spec.span)
            if name not in accepted:
                raise ComposeError(f"sets the unknown input '{name}'{did_you_mean(name, accepted)}", place)
            try:
                check(accepted[name], value, self._count)
            except InputError as error:
                raise ComposeError(f"set: {error.message}", place) from error

    def _count(self, text: str) -> int:
        from promptkit.tokens import count  # here: few prompts set an input that has a token limit

        tokenizer = tokenizer_of(self._variant, None)
        return tokenizer.scaled(count(text, tokenizer.encoding))

    def _refuse_stray(self, block: Block) -> None:
        """Refuse a name in `with` that neither the block nor one that it holds looks up."""
        needs = [self._engine.template(text).needs for text in _texts(block)]
        if any(each.dynamic for each in needs):
            return  # what it includes is known only when it is rendered
        used = {use.name for each in needs for use in each.uses}
        used |= {declared.name for each in every_block([block]) for declared in each.inputs}
        for name, _ in block.bindings:
            if name not in used:
                hint = did_you_mean(name, used)
                raise ComposeError(f"with: '{block.name}' does not use '{name}'{hint}", block.span)

    def _fast(
        self, leaves: tuple[Leaf, ...], defaults: Mapping[str, Any], accepted: Mapping[str, Input]
    ) -> Fast | None:
        if any(_tools(leaf) and any(level.when is not None for level in leaf.levels) for leaf in leaves):
            return None
        fast = fast_form([leaf for leaf in leaves if not _tools(leaf)], self._engine, self._fixed)
        if fast is None or any(defaults.get(name, MISSING) is None for name in fast.names):
            return None
        if any(name in accepted and media_types(accepted[name]) for name in fast.names):
            return None  # here: the slow way refuses to print it
        return fast

    def _shared_leaves(self, block: Block) -> tuple[Leaf, ...]:
        """The leaves of one block of the variant, made once for all variants that set the same inputs."""
        join = self._variant.settings.join
        key = ("leaves", id(block), join, frozenset(self._fixed))
        known = self._shared.get(key)
        if known is None:
            leaves = tuple(self._leaves([block], None, (), {}, frozenset(), join))
            known = self._shared[key] = (leaves, block)  # the block too: while it is there its id is its own
        shared: tuple[Leaf, ...] = known[0]
        return shared

    def _leaves(
        self,
        blocks: Iterable[Block],
        to: Role | None,
        levels: tuple[Level, ...],
        sources: Sources,
        conditions: frozenset[str],
        join: str,
    ) -> Iterable[Leaf]:
        for block in blocks:
            level = Level(block.when, block.bindings, block.inputs)
            own_conditions = conditions
            if block.when is not None:
                own_conditions = conditions | self._inputs(self._engine.expression(block.when).needs, sources)
            if block.bindings:
                self._refuse_stray(block)
            own = self._bind(block, sources)
            own_join = join if block.join is None else block.join
            own_levels = (*levels, level) if block.when or block.bindings or block.inputs else levels
            role = block.to or to
            if block.group and block.content is None:
                yield from self._leaves(block.children, role, own_levels, own, own_conditions, own_join)
                continue
            role = role or default_role(block.kind, block.content)
            children = tuple(self._leaves(block.children, role, (), own, frozenset(), own_join))
            for child in children:
                self._check_child(block, role, child)
            schema = block.content.schema if isinstance(block.content, Format) else None
            assert not isinstance(schema, Text)
            text = self._parts(block, schema)
            yield Leaf(block, role, own_join, own_levels, text, children, own, own_conditions)

    def _parts(self, block: Block, schema: Mapping[str, Any] | None) -> tuple[Part, ...]:
        try:
            return parts(block.content, schema)
        except Untellable as fault:
            content = block.content
            assert isinstance(content, Format)
            file = f" of {content.schema_path}" if content.schema_path else ""
            raise ComposeError(
                f"the form {content.form} has no words for {fault}{file}; use form: json", block.span
            ) from fault

    def _check_child(self, block: Block, role: Role, child: Leaf) -> None:
        if isinstance(child.block.content, Tools):
            return  # it is no text, so it may stand anywhere
        if isinstance(child.block.content, Attachment):
            raise ComposeError(
                f"'{child.block.name}' is a part of its own and cannot stand inside the text of '{block.name}'; "
                "move it out",
                child.block.span,
            )
        if child.turns:
            raise ComposeError(
                f"'{child.block.name}' makes messages of its own and cannot stand inside the text of "
                f"'{block.name}'; move it out, or give it a text",
                child.block.span,
            )
        if child.role != role:
            raise ComposeError(
                f"'{child.block.name}' goes to {child.role}, inside '{block.name}', which goes to {role}; "
                "remove its to",
                child.block.span,
            )

    def _bind(self, block: Block, sources: Sources) -> Sources:
        if not block.bindings:
            return sources
        bound = {}
        for name, value in block.bindings:
            bound[name] = (
                self._inputs(self._engine.template(value).needs, sources) if isinstance(value, Text) else frozenset()
            )
        return {**sources, **bound}

    def _inputs(self, needs: Needs, sources: Mapping[str, frozenset[str]]) -> frozenset[str]:
        return self.trace((use.name for use in needs.uses), sources)

    def trace(self, names: Iterable[str], sources: Mapping[str, frozenset[str]]) -> frozenset[str]:
        return trace_inputs(names, sources, self._fixed)

    def _block_inputs(self, leaf: Leaf) -> Iterable[Input]:
        """Inputs that block files declare and that no `with` binds."""
        for level in leaf.levels:
            yield from (declared for declared in level.inputs if declared.name not in leaf.sources)
        for child in leaf.children:
            yield from self._block_inputs(child)

    def _all_uses(self, leaves: Iterable[Leaf]) -> dict[str, Use]:
        uses: dict[str, Use] = {}
        for leaf in leaves:
            key = ("uses", id(leaf))
            found = self._shared.get(key)
            if found is None:
                found = self._shared[key] = (tuple(self._uses(leaf)), leaf)
            for use in found[0]:
                known = uses.get(use.name)
                if known is None or (known.guarded and not use.guarded):
                    uses[use.name] = use if known is None else replace(known, guarded=False)
        return uses

    def _uses(self, leaf: Leaf, whens: tuple[str, ...] = (), bound: frozenset[str] = frozenset()) -> Iterable[Use]:
        """The inputs that a leaf looks up, each with whether a call may leave it out."""
        for level in leaf.levels:
            if level.when is not None:
                yield from self._needed(replace(level.when, source=f"{{{{ {level.when.source} }}}}"), whens, bound)
                whens = (*whens, level.when.source)
            for _, value in level.bindings:
                if isinstance(value, Text):
                    yield from self._needed(value, whens, bound)
            bound |= {name for name, _ in level.bindings}
        names = bound | ({GROUP_NAME} if leaf.block.group else frozenset())
        for part in leaf.parts:
            if isinstance(part, Text) and not part.literal:
                yield from self._needed(part, whens, names)
        content = leaf.block.content
        for name, span in _looked_up(leaf.block):
            yield from self._needed(Text(f"{{{{ {name} }}}}", name, span), whens, bound)
        if isinstance(content, Items) and content.text is not None:
            yield from self._needed(content.text, whens, names | ITEM_NAMES)
        for child in leaf.children:
            yield from self._uses(child, whens, bound)

    def _needed(self, text: Text, whens: Iterable[str], bound: Iterable[str]) -> Iterable[Use]:
        """What a template needs less what is bound. A `when` guards what it tests, as an if around the text would."""
        source = text.source
        for when in whens:
            source = f"{{% if {when} %}}{source}{{% endif %}}"
        guarded = text if source is text.source else replace(text, source=source, name=f"{text.name} when {whens}")
        for use in self._engine.template(guarded).needs.uses:
            if use.name not in bound:
                yield use

    def _check_media(self, leaves: Iterable[Leaf], accepted: Mapping[str, Input]) -> None:
        """Refuse a media block whose input is none, and samples that no provider could take."""
        for leaf in nested(leaves):
            content = leaf.block.content
            if not isinstance(content, Attachment) or content.input in leaf.sources:
                continue
            if not media_types(accepted[content.input]):
                raise ComposeError(
                    f"'{leaf.block.name}' needs the input '{content.input}' declared with the type image, audio or "
                    "file",
                    leaf.block.span,
                )
        for declared in accepted.values():
            if declared.sample is not MISSING:
                authored(self._variant.prompt.library, declared, declared.sample)

    def _refuse_double_tools(self, leaves: Iterable[Leaf]) -> None:
        seen: dict[str, Tool] = {}
        for tool in (tool for leaf in nested(leaves) for tool in _tools(leaf)):
            other = seen.setdefault(tool.name, tool)
            if other is not tool:
                raise ComposeError(f"two tools are called '{tool.name}', the other at {other.span}", tool.span)

    def _refuse_reasoning_beside_schema(self, leaves: Iterable[Leaf]) -> None:
        leaves = list(nested(leaves))
        structured = [leaf for leaf in leaves if isinstance(c := leaf.block.content, Format) and c.structured]
        if len(structured) > 1:
            raise ComposeError(
                "a prompt has one structured format; set structured: false on the other", structured[1].block.span
            )
        reasoning = next((leaf for leaf in leaves if leaf.block.kind == "chain_of_thought"), None)
        if structured and reasoning is not None:
            raise ComposeError(
                f"'{reasoning.block.name}' asks for reasoning as text, which the structured output of "
                f"'{structured[0].block.name}' forbids; set structured: false there, or drop "
                f"'{reasoning.block.name}' and put a reasoning property first in the schema",
                reasoning.block.span,
            )


def _tools(leaf: Leaf) -> tuple[Tool, ...]:
    """The tools of a leaf, which are none for any other kind."""
    content = leaf.block.content
    return tuple(each for each in content.entries if not isinstance(each, Text)) if isinstance(content, Tools) else ()


def authored(library: Library, declared: Input, value: Any) -> Any:
    """A default or sample as a call gives it: media from its URL, or from the file of the library that it names.

    Raises ComposeError.
    """
    if value is None or not media_types(declared):
        return value
    try:
        if isinstance(value, str) and ":" not in value:
            value = {"data": library.tree.read(value), "name": value.rsplit("/", 1)[-1]}
        return read_media(declared, value)
    except PromptkitError as error:
        raise ComposeError(f"input '{declared.name}': {error}", declared.span) from error


def trace_inputs(
    names: Iterable[str], sources: Mapping[str, frozenset[str]], fixed: Mapping[str, Any]
) -> frozenset[str]:
    """The inputs that names of a block's scope come from, less those that are set: these are the same in every call."""
    found: set[str] = set()
    for name in names:
        found |= sources.get(name) if name in sources else {name}  # type: ignore[arg-type]
    return frozenset(name for name in found if name not in fixed)


def _looked_up(block: Block) -> list[tuple[str, Span]]:
    """The inputs that a block takes by their names, outside any template."""
    content = block.content
    if isinstance(content, Attachment):
        return [(content.input, block.span)]
    if isinstance(content, Items) and isinstance(content.source, str):
        return [(content.source, block.span)]
    return [(name, content.select.span) for name in content.select.on] if isinstance(content, Items) else []


def _is_required(declared: Input, uses: Mapping[str, Use]) -> bool:
    if declared.required is not None:
        return declared.required
    use = uses.get(declared.name)
    return use is not None and not use.guarded


def nested(leaves: Iterable[Leaf]) -> Iterable[Leaf]:
    """The leaves, and those that the texts of groups show."""
    for leaf in leaves:
        yield leaf
        yield from nested(leaf.children)


def _question(leaves: tuple[Leaf, ...]) -> tuple[Leaf, ...]:
    """The leaves of the last user message: the last run of neighbours that go to user and are no turns."""
    leaves = tuple(leaf for leaf in leaves if not isinstance(leaf.block.content, Tools))
    end = next((i for i in range(len(leaves), 0, -1) if leaves[i - 1].role == "user" and not leaves[i - 1].turns), 0)
    start = end
    while start and leaves[start - 1].role == "user" and not leaves[start - 1].turns:
        start -= 1
    return leaves[start:end]


def _texts(block: Block) -> Iterator[Text]:
    """The templates in which names of a block's `with` can stand: its own, and those of the blocks that it holds."""
    for each in every_block([block]):
        content = each.content
        if isinstance(content, Attachment):
            yield Text(f"{{{{ {content.input} }}}}", content.input, each.span)
        if isinstance(content, Items):
            yield from (text for text in (content.text, content.answer) if text is not None)
            if isinstance(content.source, str):
                yield Text(f"{{{{ {content.source} }}}}", content.source, each.span)
        yield from (part for part in parts(content) if isinstance(part, Text) and not part.literal)
        if each is not block:
            yield from (value for _, value in each.bindings if isinstance(value, Text))
            if each.when is not None:
                yield replace(each.when, source=f"{{{{ {each.when.source} }}}}")
