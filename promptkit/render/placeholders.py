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

    from promptkit.errors import Span
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


def unknown_placeholder(variant: Variant, name: str) -> str:
    """A hint at the text that has a name, which is no input, in such a notation; "" where none does."""
    for block in every_block(variant.blocks):
        for text in _texts(block):
            found = _found(name, text)
            if found is not None:
                notation, place = found
                where = f"the text at {place}" if place.line is not None else f"the text of '{block.name}'"
                return f"; {where} has {notation}: {_way(name, text)}"
    return ""


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
    for text in texts:
        found = _found(name, text)
        if found is not None:
            notation, place = found
            yield Problem(place, "T108", f"{notation} is plain text here; {_way(name, text)} for the input")
            return


def _found(name: str, text: Text) -> tuple[str, Span] | None:
    """How a text writes a name in another tool's notation, and its line's place."""
    word = re.escape(name)
    form = rf"\$?\{{+ ?{word} ?\}}+|\${word}\b|%\({word}\)s|<<?{word}>>?|\[{word}\]"
    source = text.source if text.literal else _CODE.sub(lambda code: "\n" * code[0].count("\n"), text.source)
    found = re.search(form, source)
    return None if found is None else (found[0], text.find(found[0], source.count("\n", 0, found.start()) + 1))


def _way(name: str, text: Text) -> str:
    return f"{'rename the file to .md and write' if text.literal else 'write'} {{{{ {name} }}}}"
