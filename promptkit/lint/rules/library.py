"""Rules that compare the parts of a library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.read import own_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.passages import Passage
    from promptkit.lint.whole import Whole
    from promptkit.model import BlockFile

WIDEST = 100  # characters of a reason that a message quotes
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*")
_TAKES = frozenset({"include", "import", "from", "extends"})
_INCLUDES = re.compile(r"\{%[-+ ]*(?:include|import|from|extends)\b")
_QUOTED = re.compile(r"[\"']([^\"'\n]+)[\"']")
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
    used = frozenset[str]().union(*whole.made_of.values())
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


@rule("L703", "deprecated-block", "warning", "A", "library")
def deprecated_block(whole: Whole) -> Iterator[Hit]:
    """A block or partial is still used whose file says that it is deprecated.

    Why: whoever wrote that has something better in its place, or knows why it does harm.

    Bad: prompts/reply.yaml:2:5
        === blocks/role/agent.md
        You answer mails about orders and invoices.
        === blocks/role/old-agent.md
        ---
        deprecated: it knows nothing of invoices
        replaced_by: role/agent
        ---
        You answer mails about orders.
        === prompts/chat.yaml
        blocks:
          - use: role/agent
          - user: "{{ message }}"
        === prompts/reply.yaml
        blocks:
          - use: role/old-agent
          - user: "{{ mail }}"

    Good:
        === blocks/role/agent.md
        You answer mails about orders and invoices.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Source: the front matter of the file, and what uses and includes it (A).
    """
    blocks = whole.library.blocks
    files = {**whole.library.partials, **blocks}
    old = {name: _told(file) for name, file in files.items() if file.deprecated is not None}
    if not old:
        return
    for prompt in whole.prompts:
        uses = [block for block in own_blocks(prompt.spec) if block.use in blocks]
        yield from (Hit(Place.of(block.span), old[block.use]) for block in uses if block.use in old)
    retired = {files[name].text.first.path for name in old}
    for passage in whole.passages:
        if passage.text.first.path not in retired:
            yield from _included(passage, old)


def _included(passage: Passage, old: dict[str, str]) -> Iterator[Hit]:
    """The tags that include what is told of in `old`."""
    source = passage.source
    for atom in passage.atoms if _INCLUDES.search(source) else ():
        name = _QUOTED.search(source, atom.start, atom.end) if atom.kind == "tag" and atom.name in _TAKES else None
        if name is not None and name[1] in old:
            yield Hit(passage.at(*name.span(1)), old[name[1]])


def _told(file: BlockFile) -> str:
    reason = " ".join((file.deprecated or "").split()).rstrip(".")
    why = f": {reason[:WIDEST]}{'...' * (len(reason) > WIDEST)}" if reason else ""
    remedy = f"use '{file.replaced_by[0]}'" if file.replaced_by else "use another, or write it here"
    return f"'{file.name}' is deprecated{why}; {remedy}"
