"""From a prompt and its overlays to a variant: blocks in order, inputs, what is set, every parameter resolved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import product
from math import prod
from operator import is_
from typing import TYPE_CHECKING, Any

from promptkit.content import MISSING, Format, Items, Select, Text, Tools
from promptkit.errors import ComposeError, Span, UnknownNameError, did_you_mean
from promptkit.model import BASE, Block, Overlay, Settings, Spec, Variant
from promptkit.parameters import looked_up, resolved_format, resolved_items, resolved_tools
from promptkit.quick import changed, quick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from promptkit.model import Addition, Prompt

MAX_CELLS = 10_000
_LEAVE = "leave one of the two out"


def variant_names(spec: Spec) -> tuple[str, ...]:
    """The names of a prompt's variants: base, those of `variants`, then every cell of the matrix."""
    names = [BASE, *[overlay.name for overlay in spec.variants]]
    if spec.matrix:
        cells = prod(len(axis.cells) for axis in spec.matrix)
        if cells > MAX_CELLS:
            message = f"the matrix has {cells:,} cells, more than {MAX_CELLS:,}; split it"
            raise ComposeError(message, spec.matrix[0].span)
        axes = [[f"{axis.name}={cell.name}" for cell in axis.cells] for axis in spec.matrix]
        names += [",".join(cell) for cell in product(*axes)]
    return tuple(names)


def variant(prompt: Prompt, name: str) -> Variant:
    """The variant of that name, composed once. Raises UnknownNameError, ComposeError."""
    found = prompt._variants.get(name)
    if found is None:
        found = prompt._variants[name] = _compose(prompt, name)
    return found


@quick
@dataclass(frozen=True, slots=True)
class _State:
    blocks: tuple[Block, ...]
    settings: Settings
    fixed: dict[str, Any]
    places: dict[str, Span]


def _compose(prompt: Prompt, name: str) -> Variant:
    spec = prompt.spec
    own = prompt._shared.get("own")
    if own is None:
        own = prompt._shared["own"] = _own(spec)
    state = _apply(own, _overlays(spec, name))
    _check_shrink(state, own)
    same = state.fixed is own.fixed and state.settings.inputs is own.settings.inputs
    resolver = _Resolver(prompt, _known_values(state), prompt._shared.setdefault("resolved", {}) if same else {})
    blocks = resolver.blocks(_numbered(state.blocks, prompt._shared))
    for clash in clashes(blocks):
        if not clash.conditional:
            raise clash.error
    return Variant(prompt, name, blocks, state.settings, state.fixed, resolver.inputs, state.places)


def _check_shrink(state: _State, own: _State) -> None:
    """Refuse a budget that would shrink a block which is not there, or one of several of its name.

    A variant may drop what the base's budget would shrink.
    """
    budget = state.settings.budget
    if budget is None or not budget.shrink:
        return
    names = _names(state.blocks)
    for shrunk in budget.shrink:
        if names.count(shrunk) > 1:
            raise ComposeError(
                f"{names.count(shrunk)} blocks to shrink are called '{shrunk}' by default; "
                "give the one you mean a name",
                budget.span,
            )
        if shrunk not in names and shrunk not in (known := _names(own.blocks)):
            raise ComposeError(f"no block '{shrunk}' to shrink{did_you_mean(shrunk, {*names, *known})}", budget.span)


def _own(spec: Spec) -> _State:
    """The prompt without a variant: what it extends, changed by its own overlay."""
    if spec.extends is None or spec.overlay is None:
        _refuse_doubles(spec.blocks)  # here: its error comes before any of a variant's
        return _State(spec.blocks, spec.settings, {}, {})
    return _apply(_own(spec.extends), [spec.overlay])


def _overlays(spec: Spec, name: str) -> list[Overlay]:
    """The overlays that a variant's name stands for."""
    if name == BASE:
        return []
    for overlay in spec.variants:
        if overlay.name == name:
            return [overlay]
    wanted = dict(part.split("=", 1) for part in name.split(",") if "=" in part)
    if spec.matrix and set(wanted) == {axis.name for axis in spec.matrix}:
        cells = [next((cell for cell in axis.cells if cell.name == wanted[axis.name]), None) for axis in spec.matrix]
        if None not in cells:
            return [cell for cell in cells if cell is not None]
    try:
        hint = did_you_mean(name, variant_names(spec))
    except ComposeError:
        hint = ""
    raise UnknownNameError(f"unknown variant '{name}' of '{spec.name}'{hint}", spec.span)


def _apply(state: _State, overlays: Sequence[Overlay]) -> _State:
    """One cell's overlays: replace, then add, then drop. What two of them decide differently is an error."""
    if not overlays:
        return state
    _refuse_contradictions(overlays)
    _refuse_lost(overlays, state.blocks)
    blocks, names = state.blocks, _names(state.blocks)
    for overlay in overlays:
        for name, block in overlay.replace:
            _require(name, names, block.span)
            blocks = _edit(blocks, name, lambda _, block=block: (block,))  # type: ignore[misc]
    blocks = _add(blocks, [addition for overlay in overlays for addition in overlay.add], names)
    for overlay in overlays:
        for name, span in overlay.drop:
            _require(name, names, span)
            blocks = _edit(blocks, name, lambda _: ())
    settings = state.settings
    for overlay in overlays:
        settings = _override(settings, overlay.overrides)
    fixed = {name: value for overlay in overlays for name, value, _ in overlay.set}
    if not fixed:
        return _State(blocks, settings, state.fixed, state.places)
    places = {name: span for overlay in overlays for name, _, span in overlay.set}
    return _State(blocks, settings, state.fixed | fixed, state.places | places)


def _refuse_contradictions(overlays: Sequence[Overlay]) -> None:
    if len(overlays) < 2:
        return
    seen: dict[tuple[str, str], str] = {}
    for overlay in overlays:
        edits = [("replace the block", name, block.span) for name, block in overlay.replace]
        edits += [("set the input", name, span) for name, _, span in overlay.set]
        edits += [("override", key, overlay.span) for key in overlay.overrides if key != "inputs"]
        for what, name, span in edits:
            other = seen.setdefault((what, name), overlay.name)
            if other != overlay.name:
                raise ComposeError(f"'{other}' and '{overlay.name}' both {what} '{name}'; let one of them do it", span)


def _refuse_lost(overlays: Sequence[Overlay], blocks: tuple[Block, ...]) -> None:
    """Refuse to replace a block that is dropped, and to replace or add to what stands in a group that goes."""
    dropped = {name: overlay.name for overlay in overlays for name, _ in overlay.drop}
    replaced = {name: (overlay.name, block) for overlay in overlays for name, block in overlay.replace}
    added = [(overlay.name, each) for overlay in overlays for each in overlay.add]
    if not (dropped or replaced) or not (replaced or added):
        return
    inside: dict[str, tuple[str, str]] = {}  # name: the group that goes with it, and who says so
    for group in every_block(blocks):
        if group.children and (group.name in dropped or group.name in replaced):
            by, new = replaced.get(group.name, (dropped.get(group.name, ""), None))
            doing = f"'{by}' {'replaces' if new else 'drops'} the block '{group.name}', in which "
            kept = _names(new.children) if new else ()
            inside |= {name: (doing, by) for name in _names(group.children) if name not in kept and name not in inside}
    for name, (overlay, block) in replaced.items():
        if name in dropped:
            again = "replaces it too" if dropped[name] == overlay else f"'{overlay}' replaces it"
            raise ComposeError(f"'{dropped[name]}' drops the block '{name}', and {again}; {_LEAVE}", block.span)
        if name in inside:
            doing, by = inside[name]
            again = f"replaces '{name}' too" if by == overlay else f"'{overlay}' replaces '{name}'"
            raise ComposeError(f"{doing}'{name}' stands, and {again}; {_LEAVE}", block.span)
    names = _names(blocks)
    for overlay, each in added:
        if each.anchor in inside and names.count(each.anchor) == 1:
            doing, by = inside[each.anchor]
            adds = "adds" if by == overlay else f"'{overlay}' adds"
            adds += f" '{each.block.name}' {'before' if each.before else 'after'} it"
            raise ComposeError(
                f"{doing}'{each.anchor}' stands, and {adds}; {_LEAVE}, or choose another place", each.span
            )


def _override(settings: Settings, overrides: Mapping[str, Any]) -> Settings:
    """Each key replaces the base's; inputs are replaced one by one, by their names, and usage field by field."""
    if not overrides:
        return settings
    if "inputs" in overrides:
        merged = {declared.name: declared for declared in (*settings.inputs, *overrides["inputs"])}
        overrides = {**overrides, "inputs": tuple(merged.values())}
    if "usage" in overrides:
        overrides = {**overrides, "usage": overrides["usage"].over(settings.usage)}
    return changed(settings, **overrides)


def _names(blocks: Iterable[Block]) -> list[str]:
    return [block.name for block in every_block(blocks)]


def _require(name: str, names: Sequence[str], span: Span) -> None:
    """Refuse to change a block that is not there, or one of several that have a name by default only."""
    if name not in names:
        raise ComposeError(f"no block '{name}' to change{did_you_mean(name, names)}", span)
    if names.count(name) > 1:
        raise ComposeError(
            f"{names.count(name)} blocks are called '{name}' by default; give the one you mean a name", span
        )


def _numbered(blocks: tuple[Block, ...], shared: dict[Any, Any]) -> tuple[Block, ...]:
    """The blocks with unique names: those that share one by default get a number. Raises ComposeError for two alike."""
    names = _names(blocks)
    known = frozenset(names)
    if len(known) == len(names):
        return blocks
    _refuse_doubles(blocks)
    return _renamed(blocks, known, set(), shared)


def _renamed(
    blocks: tuple[Block, ...], names: frozenset[str], seen: set[str], shared: dict[Any, Any]
) -> tuple[Block, ...]:
    found = []
    for block in blocks:
        name, number = block.name, 1
        while name in seen or (number > 1 and name in names):
            number += 1
            name = f"{block.name}-{number}"
        seen.add(name)
        children = _renamed(block.children, names, seen, shared) if block.children else ()
        if name != block.name or (children and not _same(children, block.children)):
            key = (name, *map(id, children))
            block = _shared(shared, block, key, partial(changed, block, name=name, children=children))
        found.append(block)
    return tuple(found)


def _refuse_doubles(blocks: tuple[Block, ...]) -> None:
    taken: dict[str, Block] = {}
    for block in every_block(blocks):
        other = taken.setdefault(block.name, block)
        if other is not block and (block.named or other.named):
            raise ComposeError(
                f"two blocks are named '{block.name}', the first at {other.span}; give one another name", block.span
            )


def _shared(shared: dict[Any, Any], block: Block, key: tuple[Any, ...], change: Callable[[], Block]) -> Block:
    """`block` changed, as `key` tells: made once, so that the variants of a prompt share it and what is known of it."""
    known = shared.get((id(block), key))
    if known is None:
        known = shared[id(block), key] = (change(), block)  # the block too: while it is there its id is its own
    changed: Block = known[0]
    return changed


@dataclass(frozen=True, slots=True)
class Clash:
    """Two blocks of which one's file says that it contradicts the other. `conditional`: a `when` may leave one out."""

    first: Block
    second: Block
    conditional: bool

    @property
    def error(self) -> ComposeError:
        """What is wrong with a prompt that holds both."""
        first, second = self.first, self.second
        return ComposeError(
            f"'{second.name}' ({second.use}) contradicts '{first.name}' ({first.use}) at {first.span}; "
            "drop one, or give each a when that excludes the other",
            second.span,
        )


def clashes(blocks: Iterable[Block]) -> tuple[Clash, ...]:
    """The pairs of blocks that contradict each other, whichever of the two files says so; by the second one's place."""
    every = every_block(blocks)
    against = {name for block in every if block.conflicts for name in block.conflicts}
    if against.isdisjoint([block.use for block in every]):
        return ()
    found = list(_used(blocks, False))
    places: dict[str | None, list[int]] = {}
    for index, (block, _) in enumerate(found):
        places.setdefault(block.use, []).append(index)
    pairs = {
        (max(index, other), min(index, other))
        for index, (block, _) in enumerate(found)
        for name in block.conflicts
        for other in places.get(name, ())
        if other != index
    }
    return tuple(
        Clash(found[first][0], found[second][0], found[first][1] or found[second][1]) for second, first in sorted(pairs)
    )


def _used(blocks: Iterable[Block], conditional: bool) -> Iterable[tuple[Block, bool]]:  # noqa: FBT001 (private)
    """The blocks taken from files, each with whether a `when`, its own or a group's, decides if it stands."""
    for block in blocks:
        under = conditional or block.when is not None
        if block.use is not None:
            yield block, under
        yield from _used(block.children, under)


def _edit(blocks: tuple[Block, ...], name: str, change: Callable[[Block], tuple[Block, ...]]) -> tuple[Block, ...]:
    """`blocks` with the one of that name changed, at whatever depth; a replaced block keeps its children's place."""
    found: list[Block] = []
    for block in blocks:
        if block.name == name:
            found += change(block)
        elif block.children:
            children = _edit(block.children, name, change)
            found.append(block if children is block.children else changed(block, children=children))
        else:
            found.append(block)
    return blocks if _same(found, blocks) else tuple(found)


def _same(some: Sequence[Block], others: Sequence[Block]) -> bool:
    """Whether both hold the very same blocks."""
    return len(some) == len(others) and all(map(is_, some, others))


def _add(blocks: tuple[Block, ...], additions: Sequence[Addition], names: Sequence[str]) -> tuple[Block, ...]:
    if not additions:
        return blocks
    before: dict[str, list[Block]] = {}
    after: dict[str, list[Block]] = {}
    for addition in additions:
        _require(addition.anchor, names, addition.span)
        (before if addition.before else after).setdefault(addition.anchor, []).append(addition.block)
    for anchor in dict.fromkeys(addition.anchor for addition in additions):
        blocks = _edit(blocks, anchor, lambda block: (*before.get(block.name, ()), block, *after.get(block.name, ())))
    return blocks


def _known_values(state: _State) -> dict[str, Any]:
    """Inputs whose value is known without a call: set, or by default."""
    defaults = {each.name: each.default for each in state.settings.inputs if each.default is not MISSING}
    return {**defaults, **state.fixed}


_Done = tuple[Block, Block, frozenset[str]]


class _Resolver:
    """Evaluates every parameter's expression and puts every data file and schema in its place.

    `done` has, by the id of a block, what came of it for the same known values, the block itself, and the inputs that
    its parameters look at. `inputs` are all that they look at, which are fixed before any call.
    """

    def __init__(self, prompt: Prompt, known: Mapping[str, Any], done: dict[int, _Done]) -> None:
        self._prompt = prompt
        self._known = known
        self._done = done
        self.inputs: frozenset[str] = frozenset()

    def blocks(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        """The blocks as a call finds them."""
        found = []
        for block in blocks:
            if type(block.content) is Text and not block.children:
                found.append(block)
                continue
            done = self._done.get(id(block))
            if done is None:
                done = self._done[id(block)] = (self._block(block), block, self._looked_up(block))
            self.inputs |= done[2]
            found.append(done[0])
        return tuple(found)

    def _looked_up(self, block: Block) -> frozenset[str]:
        found = looked_up(block.content, self._prompt.library)
        for child in block.children:
            found |= self._looked_up(child)
        return found

    def _block(self, block: Block) -> Block:
        content, library = block.content, self._prompt.library
        changes: dict[str, Any] = {}
        if isinstance(content, Items):
            changes = resolved_items(content, library, self._known)
        elif isinstance(content, Format):
            changes = resolved_format(content, library, self._known)
        elif isinstance(content, Tools):
            content = resolved_tools(content, block, library, self._known)
        children = self.blocks(block.children) if block.children else ()
        if content is not block.content:
            return changed(block, content=content, children=children)
        if not changes and (not children or _same(children, block.children)):
            return block
        values = (value if isinstance(value, int | str | Select) else id(value) for value in changes.values())
        own = partial(_with, block, content, changes, children)
        return _shared(self._prompt._shared, block, (*values, *map(id, children)), own)


def _with(block: Block, content: Any, changes: Mapping[str, Any], children: tuple[Block, ...]) -> Block:
    return changed(block, content=changed(content, **changes) if changes else content, children=children)


def every_block(blocks: Iterable[Block]) -> list[Block]:
    """The blocks and their children, in order."""
    found = []
    for block in blocks:
        found.append(block)
        if block.children:
            found += every_block(block.children)
    return found


def fingerprint(variant: Variant) -> str:
    """Hash of what decides a variant's text: SHA-256 of its canonical form, the first 16 hexadecimal digits.

    In it: the texts and what they include, roles, joins, conditions, parameters, example data, schemas, jinja settings,
    inputs with types, limits and defaults, what is set. Not in it: values, descriptions, owners, names of files and
    blocks, the model, promptkit's version.
    """
    if "fingerprint" not in variant.cache:
        from promptkit.fingerprint import canonical  # here: most renders never ask

        variant.cache["fingerprint"] = canonical(variant)
    found: str = variant.cache["fingerprint"]
    return found
