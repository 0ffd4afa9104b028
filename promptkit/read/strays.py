"""Files that look as if they belonged to a library and that nothing reads: each is told, never skipped in silence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.config import FILE
from promptkit.errors import Problem, PromptkitError, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.trees import Tree

MANY = 50  # files at the root that are looked into

# Folder: the suffixes of what is no use there, and what is. Examples, schemas and partials are read where they are
# named, and a name without its file is an error of its own.
_MISPLACED = {
    "prompts": ((".md", ".txt", ".json", ".j2", ".jinja"), "a prompt is a .yaml file, and its texts stand in blocks/"),
    "blocks": ((".yaml", ".yml", ".j2", ".jinja"), "a block is a .md or .txt file; prompts stand in prompts/"),
}
_MISNAMED = {"prompt": "prompts", "block": "blocks", "partial": "partials"}
_SUFFIXES = (".yaml", ".yml", ".md", ".txt")
_PROMPT = re.compile(r"^(blocks|extends):", re.MULTILINE)


def strays(tree: Tree) -> Iterator[Problem]:
    """The files that nothing reads, each with what to do. A README of any case is for people and left alone."""
    for folder, (suffixes, what) in _MISPLACED.items():
        for path in _paths(tree, folder, suffixes):
            if not path.rpartition("/")[2].lower().startswith("readme"):
                yield _problem(path, f"is not read: {what}; move or rename it")
    top = tree.top()
    for wrong, right in _MISNAMED.items():
        if wrong in top and any(True for _ in _paths(tree, wrong, _SUFFIXES)):
            yield _problem(wrong, f"is not read; move its files to {right}/")
    for name in [name for name in top if name.endswith((".yaml", ".yml")) and name != FILE][:MANY]:
        if _is_prompt(tree, name):
            yield _problem(name, "is not read: it looks like a prompt, and prompts stand in prompts/; move it there")
    if FILE not in top and "promptkit.yml" in top:
        yield _problem("promptkit.yml", f"is not read; rename it to {FILE}")


def _problem(path: str, message: str) -> Problem:
    return Problem(Span(path), "D601", message)


def _paths(tree: Tree, folder: str, suffixes: tuple[str, ...]) -> Iterable[str]:
    try:
        return tree.paths(folder, suffixes)
    except PromptkitError:
        return ()  # whoever reads the folder tells it


def _is_prompt(tree: Tree, path: str) -> bool:
    try:
        return _PROMPT.search(tree.read(path).decode("utf-8", "replace")) is not None
    except PromptkitError:
        return False
