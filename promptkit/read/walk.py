"""Every text of a prompt as written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.content import Content, Items, Negative, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.model import Axis, Block, Overlay, Spec


def templates(spec: Spec) -> Iterator[Text]:
    """The templates of a prompt's own blocks and overlays, expressions left out."""
    for block in own_blocks(spec):
        yield from block_templates(block)


def own_blocks(spec: Spec) -> Iterator[Block]:
    """The blocks that a prompt's file writes, in its overlays too, children after their parents."""
    overlays = [*spec.variants, *_cells(spec.matrix)]
    if spec.overlay is not None:
        overlays.append(spec.overlay)
    return _blocks(spec.blocks, overlays)


def content_texts(content: Content) -> Iterator[Text]:
    """The authored texts of a block's content, literal ones too; not its parameters."""
    if isinstance(content, Text):
        yield content
    elif isinstance(content, Negative):
        yield from (text for entry in content.entries for text in entry if text is not None)
    elif isinstance(content, Items):
        yield from (text for text in (content.text, content.answer) if text is not None)


def block_templates(block: Block) -> Iterator[Text]:
    """The templates of one block, its children left out."""
    yield from (text for text in content_texts(block.content) if not text.literal)
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
