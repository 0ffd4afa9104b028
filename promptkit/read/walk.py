"""Every text of a prompt as written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.content import Items, Negative, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.model import Axis, Block, Overlay, Spec


def templates(spec: Spec) -> Iterator[Text]:
    """The templates of a prompt's own blocks and overlays, expressions left out."""
    overlays = [*spec.variants, *_cells(spec.matrix)]
    if spec.overlay is not None:
        overlays.append(spec.overlay)
    for block in _blocks(spec.blocks, overlays):
        yield from block_templates(block)


def block_templates(block: Block) -> Iterator[Text]:
    """The templates of one block, its children left out."""
    content = block.content
    if isinstance(content, Text) and not content.literal:
        yield content
    elif isinstance(content, Negative):
        yield from (text for entry in content.entries for text in entry if text is not None)
    elif isinstance(content, Items):
        yield from (text for text in (content.text, content.answer) if text is not None)
    yield from (value for _, value in block.bindings if isinstance(value, Text))


def _blocks(own: Iterable[Block], overlays: Iterable[Overlay]) -> Iterator[Block]:
    pending = list(own)
    for overlay in overlays:
        pending += [block for _, block in overlay.replace]
        pending += [addition.block for addition in overlay.add]
    for block in pending:
        yield block
        yield from _blocks(block.children, ())


def _cells(matrix: Iterable[Axis]) -> Iterator[Overlay]:
    for axis in matrix:
        yield from axis.cells
