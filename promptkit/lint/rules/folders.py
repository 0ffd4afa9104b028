"""Rules of where a file lies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.lint.views import every_leaf
from promptkit.read.texts import FILE_KINDS
from promptkit.render.program import program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptkit.lint.whole import Whole
    from promptkit.model import BlockFile

_BETWEEN = re.compile(r"[\s_-]+")
_PLAIN = "text"
_TOPICS = frozenset({"example", "histories", "systems", "users"})  # what a folder of texts may well be about


def _bare(name: str) -> str:
    """A name without case, hyphens, underscores and the ending of a plural."""
    return _BETWEEN.sub("", name.lower()).removesuffix("s")


_NEAR = {_bare(kind): kind for kind in FILE_KINDS if kind != _PLAIN}
_TURNS = ("user", "assistant")


@rule("D610", "near-kind-folder", "warning", "A", "library")
def near_kind_folder(whole: Whole) -> Iterator[Hit]:
    """A folder of blocks that is almost named after a kind, or a file user.md in the system message.

    Why: the folder decides of which kind a block is, by its exact name. Below `roles/` or `chain-of-thought/` it is
    plain text: it is not counted, checked or placed as what it is, and a user's turn goes into the system message.

    What is left alone: a block that says its `kind:` or lies below a kind as well, folders such as `users` and
    `example`, which may be about these, and names that differ by more than case, hyphens and a plural.

    Bad: blocks/roles/agent.md:1:1
        === blocks/roles/agent.md
        You answer mails about invoices.
        === prompts/reply.yaml
        blocks:
          - use: roles/agent
          - user: "{{ mail }}"

    Bad: blocks/user.md:1:1
        === blocks/user.md
        What is asked in this mail? {{ mail }}
        === prompts/reply.yaml
        blocks:
          - use: user

    Good:
        === blocks/user/ask.md
        What is asked in this mail? {{ mail }}
        === prompts/reply.yaml
        blocks:
          - use: user/ask

    Source: how promptkit reads a library, docs/format.md. Against it: plain text in the system message reads to the
    model as a role there does, so that only counts by kind and later edits go wrong (A).
    """
    plain = [file for file in whole.library.blocks.values() if file.kind == _PLAIN]
    found: dict[tuple[str, str], list[str]] = {}
    for file in plain:
        near = _near(file.text.first.path)
        if near is not None and not _says_kind(whole, file):
            found.setdefault(near, []).append(file.text.first.path)
    for (folder, kind), paths in found.items():
        told = (
            f"'{folder}' is no kind, so that {_these(len(paths))} plain text; name the folder '{kind}', or say `kind:`"
        )
        yield Hit(Place(paths[0], 1, 1), told)
    yield from _turns(whole, {file.name: file for file in plain if file.name.lower() in _TURNS})


def _near(path: str) -> tuple[str, str] | None:
    """The folder that is almost named after a kind, the nearest one, and that kind; None where one is named so."""
    folders = path.split("/")[1:-1]
    if not set(FILE_KINDS).isdisjoint(folders):
        return None
    found = [(name, _NEAR[bare]) for name in folders if (bare := _bare(name)) in _NEAR and name.lower() not in _TOPICS]
    return found[-1] if found else None


def _says_kind(whole: Whole, file: BlockFile) -> bool:
    """Whether its front matter names its kind."""
    head = whole.files[file.text.first.path].head
    return head is not None and "kind" in head.entries


def _these(number: int) -> str:
    return "this block is" if number == 1 else f"this block and {number - 1:,} more are"


def _turns(whole: Whole, files: Mapping[str, BlockFile]) -> Iterator[Hit]:
    """The files named after a turn that some prompt puts into its system message."""
    left = {name: file for name, file in files.items() if not _says_kind(whole, file)}
    for sight in whole.sights if left else ():
        for variant in sight.variants:
            for leaf in every_leaf(program(variant).leaves):
                file = left.pop(leaf.block.use or "", None) if leaf.role == "system" else None
                if file is not None:
                    kind = file.name.lower()
                    told = (
                        f"plain text, which the system message gets; move it to blocks/{kind}/, or say `kind: {kind}`"
                    )
                    yield Hit(Place(file.text.first.path, 1, 1), told)
