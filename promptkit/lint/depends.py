"""Which files of a library a prompt is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.content import Format, Items, Records, Text, Tools
from promptkit.errors import PromptkitError
from promptkit.read import content_texts, own_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.model import Block, Prompt, Spec


def files_of(prompt: Prompt) -> frozenset[str]:
    """The paths of its own file, of those that it extends, and of all that they name, in any variant.

    What is only known when a variant is composed counts too: the files that its parameters name.
    """
    engine = prompt.library.engine
    found: set[str] = set()
    pending: list[Block] = []
    for spec in _lineage(prompt.spec):
        found.add(spec.span.path)
        pending += own_blocks(spec)
    for name in prompt.variants:
        try:
            pending += _every(prompt[name].blocks)
        except PromptkitError:
            continue  # its problem is told already
    for block in pending:
        found.add(block.span.path)
        found.update(_data(block))
        for text in _texts(block):
            found.add(text.first.path)
            try:
                included = engine.template(text).included.values()
            except PromptkitError:
                continue
            found.update(other.first.path for other in included)
    return frozenset(found)


def _lineage(spec: Spec) -> Iterator[Spec]:
    yield spec
    while spec.extends is not None:
        spec = spec.extends
        yield spec


def _every(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        yield from _every(block.children)


def _texts(block: Block) -> Iterator[Text]:
    yield from content_texts(block.content)
    yield from (value for _, value in block.bindings if isinstance(value, Text))


def _data(block: Block) -> Iterator[str]:
    content = block.content
    if isinstance(content, Items) and isinstance(content.source, Records) and content.source.path:
        yield content.source.path
    elif isinstance(content, Format) and content.schema_path:
        yield content.schema_path
    elif isinstance(content, Tools):
        yield from (entry.source for entry in content.entries if isinstance(entry, Text) and entry.literal)
