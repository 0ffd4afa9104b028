"""Rules that compare the parts of a library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.lint.depends import files_of
from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.read import own_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.whole import Whole

_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*")
_PARTS = {"blocks": "block", "partials": "partial", "examples": "file of examples", "schemas": "schema"}


@rule("L702", "unused-file", "info", "A", "library")
def unused_file(whole: Whole) -> Iterator[Hit]:
    """A block, partial, file of examples or schema that no prompt uses.

    Why: it is read and kept up as if a model got it, and is found and used where nobody meant it any more.

    What is left alone: all of a library that has no prompts, or one that cannot be read, and data that any file names.

    Bad: blocks/negative/no-jokes.md:1:1
        === blocks/negative/no-jokes.md
        Make no jokes.
        === prompts/reply.yaml
        blocks:
          - user: "{{ mail }}"

    Good:
        === blocks/negative/no-jokes.md
        Make no jokes.
        === prompts/reply.yaml
        blocks:
          - use: negative/no-jokes
          - user: "{{ mail }}"

    Source: the files that each prompt is made of in all its variants, includes followed (A).
    """
    library = whole.library
    if not whole.prompts or library.broken:
        return
    used = frozenset[str]().union(*map(files_of, whole.prompts))
    used |= {library.blocks[name].text.first.path for name in _names(whole) if name in library.blocks}
    left = [path for path in whole.files if path.partition("/")[0] in _PARTS and path not in used]
    if not left:
        return
    named = {
        each for file in whole.files.values() if file.is_yaml or file.head_end for each in _PATH.findall(file.text)
    }
    for path in left:
        part = path.partition("/")[0]
        if part in {"blocks", "partials"} or (path not in named and path.partition("/")[2] not in named):
            yield Hit(Place(path, 1, 1), f"no prompt uses this {_PARTS[part]}; use it, or delete it")


def _names(whole: Whole) -> Iterator[str]:
    """The blocks that prompts use by name, those among them whose text is empty too."""
    for prompt in whole.prompts:
        yield from (block.use for block in own_blocks(prompt.spec) if block.use is not None)
