"""A variant as certain values make it: which sides its choices take, and what its tags print where that can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from promptkit.content import MISSING, Items
from promptkit.inputs import printed
from promptkit.lint.views import Flow, View, every_leaf, note_tests, speeches_of
from promptkit.render.examples import Data, DataList
from promptkit.render.items import context_items
from promptkit.render.program import program

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptkit.content import Text
    from promptkit.lint.views import Branch, Piece, Sight
    from promptkit.model import Block, Variant
    from promptkit.render.leaves import Leaf
    from promptkit.template.outline import Test

_PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_ATTRIBUTE = re.compile(
    r"Getattr\(node=Name\(name='(\w+)', ctx='load'\), attr='(\w+)', ctx='load'\)"
)  # of a test's key


class Reading(NamedTuple):
    """A text, and whether all of it could be read."""

    text: str
    exact: bool


def view_of(sight: Sight, variant: Variant, values: Mapping[str, Any]) -> View:
    """What a model gets where the inputs have these values; a test that they do not decide is held to be true."""
    flows = [Flow(sight, variant, leaf) for leaf in program(variant).leaves]
    branch = _branch(_tests(flows), variant, values)
    return View(sight, variant, branch, tuple(speeches_of(flows, branch)))


def standing(sight: Sight, view: View) -> tuple[Leaf, ...]:
    """The leaves that stand in a view."""
    leaves = program(view.variant).leaves
    return tuple(leaf for leaf in leaves if Flow(sight, view.variant, leaf).stands(view.branch))


def question(sight: Sight, variant: Variant, values: Mapping[str, Any]) -> Reading:
    """The last user message for these values."""
    flows = [Flow(sight, variant, leaf) for leaf in program(variant).question]
    for flow in flows:
        flow.give(values)
    tests = _tests(flows)
    pieces = [piece for speech in speeches_of(flows, _branch(tests, variant, values)) for piece in speech.pieces]
    return _read(sight, variant, pieces, values, tests)


def told(sight: Sight, variant: Variant, leaf: Leaf, text: Text, values: Mapping[str, Any]) -> Reading:
    """A template that a block has beside its own, such as the text of each of its examples."""
    flow = Flow(sight, variant, leaf)
    tests: dict[str, Test] = {}
    nodes = sight.nodes(text)
    note_tests(nodes, tests, [], {})
    branch = _branch(tests, variant, values)
    pieces = flow.chosen(nodes, branch, frozenset(), looped=False, depth=len(flow.scopes))
    return _read(sight, variant, pieces, values, tests)


def shown(piece: Piece, values: Mapping[str, Any]) -> str | None:
    """What a tag prints of these values; None where that takes more than looking a name up."""
    path = piece.bare
    if path is None:
        path = "" if piece.source is None else piece.source.source[piece.start + 2 : piece.end - 2].strip("- \n\t")
    found = _looked_up(path, values)
    return None if found is MISSING or found is None else _text(found)


def items(sight: Sight, variant: Variant, block: Block, values: Mapping[str, Any]) -> Reading:
    """The items of a block of context as one text."""
    content = block.content
    assert isinstance(content, Items)
    leaf = next(leaf for leaf in every_leaf(program(variant).leaves) if leaf.block is block)
    value = values.get(str(content.source))
    if value is None:
        return Reading("", exact=False)
    found = context_items(value, leaf) if block.kind == "context" else []
    found = found[: content.take] if isinstance(content.take, int) else found
    rows = [
        Reading(printed(item), exact=True)
        if content.text is None
        else told(sight, variant, leaf, content.text, {**values, "item": item, "loop": loop_at(place, len(found))})
        for place, item in enumerate(found)
    ]
    tag = str(content.source)
    exact = block.kind == "context" and all(row.exact and tag.casefold() not in row.text.casefold() for row in rows)
    for limit in (content.max_tokens, content.item_max_tokens):
        exact &= not isinstance(limit, int) or sum(len(row.text.encode(errors="replace")) for row in rows) <= limit
    return Reading(leaf.join.join(f"<{tag}>\n{row.text}\n</{tag}>" for row in rows), exact)


def loop_at(place: int, length: int) -> Mapping[str, Any]:
    """What `loop` has in the text of an item."""
    return {"index": place + 1, "index0": place, "first": not place, "last": place == length - 1, "length": length}


def _text(value: Any) -> str:
    """A value as a tag prints it: an output of an example, which is data, as JSON of its own."""
    return str(value) if isinstance(value, Data | DataList) else printed(value)


def _looked_up(path: str, values: Mapping[str, Any]) -> Any:
    """The value that a dotted path leads to; MISSING where it leads nowhere, or is none."""
    found: Any = values
    for name in path.split(".") if _PATH.fullmatch(path) else [path]:
        if not isinstance(found, Mapping) or name not in found:
            return MISSING
        found = found[name]
    return found


def _read(
    sight: Sight, variant: Variant, pieces: Iterable[Piece], values: Mapping[str, Any], tests: Mapping[str, Test]
) -> Reading:
    texts, exact = [], all(_held(test, variant, values) is not None for test in tests.values())
    for piece in pieces:
        text: str | None = piece.text
        if piece.is_value and piece.source is None and isinstance(piece.block.content, Items):
            text, known = items(sight, variant, piece.block, values)
            exact &= known
        elif piece.is_value:
            text = shown(piece, values)
            exact &= not piece.looped
        exact &= text is not None
        texts.append(text or "")
    return Reading("".join(texts), exact)


def _tests(flows: Iterable[Flow]) -> dict[str, Test]:
    tests: dict[str, Test] = {}
    for flow in flows:
        flow.note(tests, [], {})
    return tests


def _branch(tests: Mapping[str, Test], variant: Variant, values: Mapping[str, Any]) -> Branch:
    return {key: _held(test, variant, values) is not False for key, test in tests.items()}


def _held(test: Test, variant: Variant, values: Mapping[str, Any]) -> bool | None:
    """What a test comes to; None where that takes more than looking a name up."""
    if test.fixed is not None:
        return test.fixed
    attribute = _ATTRIBUTE.fullmatch(test.key)
    path = test.name or (f"{attribute[1]}.{attribute[2]}" if attribute else test.key)
    value = _looked_up(path, values)
    if value is MISSING:
        return False if path in program(variant).accepted else None
    return bool(value == test.constant) if test.name else bool(value)
