"""Inputs that are declared, used nowhere, and stand in a text in another tool's notation: `{name}` for `{{ name }}`.

Braces, dollars and tags are honest text in most prompts, so nothing is said about them unless the input that they name
would otherwise reach the model nowhere at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.compose import every_block
from promptkit.content import Items, Text
from promptkit.errors import Problem
from promptkit.read.walk import block_templates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.model import Block, Variant

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_WORD = re.compile(r"\w+")


def foreign_placeholders(variant: Variant) -> Iterator[Problem]:
    """The first place of each such input, with how to write it here."""
    names = {declared.name for declared in variant.settings.inputs} - variant.parameters
    if not names:
        return
    blocks = list(every_block(variant.blocks))
    texts = [text for block in blocks for text in _texts(block)]
    names -= {word for block in blocks for word in _used(block)}
    names -= {
        word
        for text in texts
        if not text.literal
        for code in _CODE.findall(text.source)
        for word in _WORD.findall(code)
    }
    if any("include" in text.source or "import" in text.source for text in texts):
        return  # what those bring in may use it
    for name in sorted(names):
        yield from _first(name, texts)


def _texts(block: Block) -> list[Text]:
    own = [block.content] if isinstance(block.content, Text) and block.content.literal else []
    return [*own, *block_templates(block)]


def _used(block: Block) -> Iterator[str]:
    """The words of a block's `when` and parameters, and the input that its items come from."""
    if block.when is not None:
        yield from _WORD.findall(block.when.source)
    if isinstance(block.content, Items) and isinstance(block.content.source, str):
        yield block.content.source


def _first(name: str, texts: list[Text]) -> Iterator[Problem]:
    form = re.compile(rf"\$?\{{+ ?{name} ?\}}+|\${name}\b|%\({name}\)s|<<?{name}>>?|\[{name}\]")
    for text in texts:
        found = form.search(text.source)
        if found is not None:
            place = text.span(text.source.count("\n", 0, found.start()) + 1)
            way = "rename the file to .md and write" if text.literal else "write"
            yield Problem(place, "D601", f"{found[0]} is plain text here; {way} {{{{ {name} }}}} for the input")
            return
