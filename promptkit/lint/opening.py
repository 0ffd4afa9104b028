"""From a folder to a report: the library is read once, and what was read is what rules look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.library import UNTOLD, open_library
from promptkit.lint.findings import Report
from promptkit.lint.rules import rules
from promptkit.lint.run import lint
from promptkit.lint.sources import SourceFile
from promptkit.read import unbounded
from promptkit.trees import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from promptkit.lint.rule import Rule
    from promptkit.read import Guard
    from promptkit.trees import Tree


class Kept:
    """A tree that keeps what was read of it."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.root = tree.root
        self.files: dict[str, bytes] = {}

    def paths(self, folder: str, suffixes: tuple[str, ...]) -> Iterable[str]:
        """As the tree has it."""
        return self._tree.paths(folder, suffixes)

    def top(self) -> list[str]:
        """As the tree has it."""
        return self._tree.top()

    def exists(self, path: str) -> bool:
        """As the tree has it."""
        return self._tree.exists(path)

    def read(self, path: str) -> bytes:
        """As the tree has it."""
        content = self.files[path] = self._tree.read(path)
        return content


def lint_library(
    folder: str | Path,
    chosen: Iterable[Rule] | None = None,
    guard: Guard = unbounded,
    tree: Callable[[Path], Tree] = Folder,
) -> Report:
    """What the chosen rules find in the library in a folder; by default those that are neither off nor in preview."""
    kept: list[Kept] = []

    def keeping(root: Path) -> Tree:
        kept.append(Kept(tree(root)))
        return kept[0]

    library, problems = open_library(folder, guard, keeping, still=True)
    files = {path: SourceFile(path, content.decode(errors="replace")) for path, content in kept[0].files.items()}
    if chosen is None:
        chosen = [each for each in rules().values() if not each.off and not each.preview]
    report = lint(library, [each for each in problems if each.code != UNTOLD], files, chosen, guard)
    untold = tuple(f"{each}; not checked" for each in problems if each.code == UNTOLD)
    return Report(report.findings, (*untold, *report.failures), report.files)
