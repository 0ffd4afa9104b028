"""From a folder to a report: the library is read once, and what was read is what rules look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit import collector
from promptkit.library import open_library
from promptkit.lint.depends import files_of
from promptkit.lint.findings import Report
from promptkit.lint.run import lint, order
from promptkit.lint.settings import chosen, settled
from promptkit.lint.sources import SourceFile
from promptkit.lint.suppressions import kept, suppressions, unused
from promptkit.read import unbounded
from promptkit.trees import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from promptkit.lint.memory import Memory
    from promptkit.lint.rule import Rule
    from promptkit.model import Library, Prompt
    from promptkit.read import Guard
    from promptkit.trees import Tree


class _Files(dict[str, frozenset[str]]):
    """The files of each prompt by its name, looked for when they are asked for."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library

    def __missing__(self, name: str) -> frozenset[str]:
        found = self[name] = files_of(self._library[name])
        return found


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
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    *,
    preview: bool = False,
    guard: Guard = unbounded,
    tree: Callable[[Path], Tree] = Folder,
    memory: Memory | None = None,
) -> Report:
    """What rules find in the library in a folder, less what its files ask to ignore.

    `select` names the rules that run in the place of those of promptkit.yaml, or of the default ones; `ignore` and
    `preview` add to what it says. `memory` is of earlier runs, and is told of this one. Raises PromptkitError for a
    folder that is no library and for an unknown rule.
    """
    select, ignore = tuple(select), tuple(ignore)

    def rules_of(library: Library) -> tuple[Rule, ...]:
        settings = library.config.lint
        return chosen(
            [(name, None) for name in select] or settings.select,
            [*settings.ignore, *((name, None) for name in ignore)],
            preview=preview or settings.preview,
        )

    with collector.seldom():
        return _linted(folder, rules_of, guard, tree, memory)


def _linted(
    folder: str | Path,
    rules_of: Callable[[Library], tuple[Rule, ...]],
    guard: Guard,
    tree: Callable[[Path], Tree],
    memory: Memory | None,
) -> Report:
    kept_tree: list[Kept] = []

    def keeping(root: Path) -> Tree:
        kept_tree.append(Kept(tree(root)))
        return kept_tree[0]

    def unknown(library: Library) -> list[Prompt]:
        assert memory is not None
        memory.begin(rules_of(library), kept_tree[0].files)
        return [prompt for prompt in library.prompts.values() if memory.known(prompt.name) is None]

    library, problems = open_library(folder, guard, keeping, None if memory is None else unknown, still=True)
    rules = rules_of(library)
    files = {path: SourceFile(path, content.decode(errors="replace")) for path, content in kept_tree[0].files.items()}
    report = lint(library, problems, files, rules, guard, memory)
    asked = {path: found for path, file in files.items() if (found := suppressions(file))}
    findings = kept(report.findings, asked)
    findings = settled(sorted([*findings, *unused(asked, rules)], key=order), library.config.lint)
    return Report(findings, report.failures, len(files), files, report.checked, _Files(library))
