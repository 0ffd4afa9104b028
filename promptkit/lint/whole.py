"""A library as rules that compare its parts see it."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from promptkit.content import Text
from promptkit.lint.passages import Passage
from promptkit.lint.views import Sight
from promptkit.read import content_texts, own_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptkit.lint.sources import SourceFile
    from promptkit.model import Library, Prompt


class Whole:
    """A library: its files, its authored texts, its prompts.

    `prompts` are those without problems, `made_of` the files of each by its name.
    """

    def __init__(
        self,
        library: Library,
        prompts: Iterable[Prompt],
        files: Mapping[str, SourceFile],
        made_of: Mapping[str, frozenset[str]] = MappingProxyType({}),
    ) -> None:
        self.library = library
        self.prompts = tuple(prompts)
        self.files = files
        self.made_of = made_of

    @cached_property
    def sights(self) -> tuple[Sight, ...]:
        """Every sound prompt with its views."""
        return tuple(Sight(prompt) for prompt in self.prompts)

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Every authored text: of blocks, partials and prompts."""
        return tuple(self._passages())

    def _passages(self) -> Iterator[Passage]:
        engine = self.library.engine
        for file in self.library.blocks.values():
            yield Passage(file.text, engine, file.kind)
        for file in self.library.partials.values():
            yield Passage(file.text, engine)
        for prompt in self.prompts:
            for block in own_blocks(prompt.spec):
                texts = [value for _, value in block.bindings if isinstance(value, Text)]
                if block.use is None:
                    texts += content_texts(block.content)
                yield from (Passage(text, engine, block.kind) for text in texts if text.source)
