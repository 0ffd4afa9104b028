"""Writes docs/std, an index of the standard blocks and a page for each kind, and docs/rules, those of lint.

`python scripts/build_docs.py` writes them; a test compares them with what this would write. Token counts come from the
counter.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import rule_pages

from promptkit.blocks.kinds import KINDS
from promptkit.report.standard import ENCODING, Standard, input_cells, standards, usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FOLDER = Path(__file__).parents[1] / "docs" / "std"
INDEX = "README.md"


def pages() -> dict[str, str]:
    """The pages by file name."""
    kinds = [(kind, list(found)) for kind, found in groupby(standards(), key=lambda each: each.file.kind)]
    return {INDEX: _index(kinds), **{f"{kind}.md": _page(kind, found) for kind, found in kinds}}


def _index(kinds: Sequence[tuple[str, Sequence[Standard]]]) -> str:
    total = sum(len(found) for _, found in kinds)
    lines = [
        "# Standard blocks",
        "",
        f"{total} blocks that any library can take by name, as `use: std/...`. `promptkit list --std` shows this",
        f"table, `promptkit list --std NAME` one block whole. Tokens are those of {ENCODING}, with each input's",
        "sample, else its default.",
        "",
        "An input that `with` does not give becomes an input of the prompt. A prompt that holds two blocks which",
        "contradict each other is an error that names both; of blocks under a `when` each call decides.",
    ]
    for kind, found in kinds:
        links = (f"[`{each.name}`]({kind}.md#{_anchor(each)})" for each in found)
        rows = [[link, str(each.tokens), each.file.description] for link, each in zip(links, found, strict=True)]
        lines += ["", f"## [{kind}]({kind}.md)", "", *_table(("block", "tokens", "what it is for"), rows, "lrl")]
    return "\n".join(lines) + "\n"


def _page(kind: str, found: Sequence[Standard]) -> str:
    about = KINDS[kind]
    lines = [
        f"# Standard blocks: {kind}",
        "",
        f"{about.help} Goes to: {about.role}. [All standard blocks](README.md).",
    ]
    for each in found:
        lines += ["", *_block(each)]
    return "\n".join(lines) + "\n"


def _block(block: Standard) -> list[str]:
    lines = [f"## {_anchor(block)}", "", block.file.description, "", f"`{block.name}`, {block.tokens} tokens:"]
    lines += ["", *_fence("jinja", block.file.text.source or f"{{{{ {block.file.input} }}}}")]
    if block.file.input is not None:
        lines += ["", f"Once for each item of `{block.file.input}`, between tags that no item contains."]
    if block.inputs:
        rows = [[f"`{each.name}`", *map(_cell, input_cells(each))] for each in block.inputs]
        lines += ["", *_table(("input", "type", "default", "what it is"), rows, "llll")]
        lines += ["", "With the samples:" if block.required else "With the samples and defaults:"]
        lines += ["", *_fence("text", block.text)]
    lines += ["", *_fence("yaml", "\n".join(usage(block)))]
    if block.file.sources:
        lines += ["", "Sources:", "", *(f"- {source}" for source in block.file.sources)]
    if block.conflicts:
        links = ", ".join(f"[`{name}`]({_link(name, block)})" for name in block.conflicts)
        lines += ["", f"Contradicts: {links}."]
    return lines


def _anchor(block: Standard) -> str:
    """The last part of its name: its heading, and thereby its link."""
    return block.name.rsplit("/", 1)[1]


def _link(name: str, block: Standard) -> str:
    _, kind, short = name.split("/")
    return f"#{short}" if kind == block.file.kind else f"{kind}.md#{short}"


def _fence(language: str, text: str) -> list[str]:
    mark = "`" * max(3, max((len(run) for run in _runs(text)), default=0) + 1)
    return [f"{mark}{language}", *text.split("\n"), mark]


def _runs(text: str) -> Iterable[str]:
    """The runs of backquotes in a text."""
    return ("".join(run) for is_mark, run in groupby(text, key=lambda letter: letter == "`") if is_mark)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], sides: str) -> list[str]:
    marks = ["---:" if side == "r" else "---" for side in sides]
    return [f"| {' | '.join(cells)} |" for cells in (heads, marks, *rows)]


def main() -> None:
    """Write the pages, and remove those of kinds and families that are no more."""
    for folder, found in ((FOLDER, pages()), (FOLDER.parent / "rules", rule_pages.pages())):
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*.md"):
            if path.name not in found:
                path.unlink()
        for name, text in found.items():
            (folder / name).write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
