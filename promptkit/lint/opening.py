"""From a folder to a report: the library is read once, and what was read is what rules look at."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from promptkit import collector
from promptkit.errors import PromptkitError
from promptkit.library import check_library, read_library
from promptkit.lint.findings import Report
from promptkit.lint.run import compare, joined, look, order
from promptkit.lint.settings import chosen, settled
from promptkit.lint.sources import SourceFile
from promptkit.lint.suppressions import kept, suppressions, unused
from promptkit.lint.whole import Whole
from promptkit.read import unbounded
from promptkit.trees import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptkit.errors import Problem
    from promptkit.lint.memory import Known, Memory
    from promptkit.lint.rule import Rule
    from promptkit.lint.run import Share
    from promptkit.model import Library
    from promptkit.read import Guard
    from promptkit.trees import Tree

T = TypeVar("T")
Question = tuple[str, ...]
"""What a tree was asked: the name of a method, and its arguments."""


class Kept:
    """A tree that keeps what was read of it, and notes what it was asked."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.root = tree.root
        self.files: dict[str, bytes] = {}
        self.asked: dict[Question, None] = {}

    def paths(self, folder: str, suffixes: tuple[str, ...]) -> Iterable[str]:
        """As the tree has it."""
        self.asked["paths", folder, *suffixes] = None
        return self._tree.paths(folder, suffixes)

    def top(self) -> list[str]:
        """As the tree has it."""
        self.asked["top",] = None
        return self._tree.top()

    def exists(self, path: str) -> bool:
        """As the tree has it."""
        self.asked["exists", path] = None
        return self._tree.exists(path)

    def read(self, path: str) -> bytes:
        """As the tree has it."""
        self.asked["read", path] = None
        content = self.files[path] = self._tree.read(path)
        return content

    def ask(self, asked: Iterable[Question]) -> None:
        """Asks all of this that was not asked yet, for what another process has asked its copy."""
        for kind, *rest in [each for each in asked if each not in self.asked]:
            with suppress(PromptkitError):
                if kind == "paths":
                    self.paths(rest[0], tuple(rest[1:]))
                elif kind == "exists":
                    self.exists(rest[0])
                elif kind == "read":
                    self.read(rest[0])
                else:
                    self.top()


class Spread(Protocol):
    """Does `work` on the items, be it in shares in processes of their own; gives what each share gave."""

    def __call__(self, work: Callable[[list[str]], T], items: list[str], /) -> list[T]:
        """`work` may be done in another process, and what it gives must then be picklable."""


def alone(work: Callable[[list[str]], T], items: list[str], /) -> list[T]:
    """All in one share, here."""
    return [work(items)]


def lint_library(
    folder: str | Path,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    *,
    preview: bool = False,
    guard: Guard = unbounded,
    tree: Callable[[Path], Tree] = Folder,
    memory: Memory | None = None,
    spread: Spread = alone,
) -> Report:
    """What rules find in the library in a folder, less what its files ask to ignore.

    `select` names the rules that run in the place of those of promptkit.yaml, or of the default ones; `ignore` and
    `preview` add to what it says. `memory` is of earlier runs, and is told of this one; `spread` shares the work out.
    Raises PromptkitError for a folder that is no library and for an unknown rule.
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
        kept_tree = Kept(tree(Path(folder)))
        library, problems = read_library(folder, guard, lambda _: kept_tree, still=True)
        rules = rules_of(library)
        known: dict[str, Known] = {}
        if memory is not None:
            memory.begin(rules, kept_tree.files)
            known = {name: entry for name in library.prompts if (entry := memory.known(name)) is not None}
        share, files = _looked(library, problems, kept_tree, rules, guard, known, spread)
        if memory is not None:
            for name, own in share.anew.items():
                memory.keep(name, share.made_of[name], own)
        asked = {path: lines for path, file in files.items() if (lines := suppressions(file))}
        every = sorted([*kept(share.findings, asked), *unused(asked, rules)], key=order)
        findings = settled(every, library.config.lint)
    checked = tuple(sorted(share.made_of.keys() - known.keys()))
    return Report(findings, tuple(share.failures), len(files), files, checked, share.made_of)


def _looked(
    library: Library,
    problems: Iterable[Problem],
    tree: Kept,
    rules: tuple[Rule, ...],
    guard: Guard,
    known: Mapping[str, Known],
    spread: Spread,
) -> tuple[Share, dict[str, SourceFile]]:
    """All that the rules find, and the files that they looked at."""
    sources = _Sources(tree)

    def look_at(paths: list[str]) -> tuple[Share, set[Problem], list[Question]]:
        own, before = frozenset(paths), len(tree.asked)
        names = {name for name, each in library.prompts.items() if each.spec.span.path in own}
        found = check_library(library, guard, names - known.keys())
        prompts = [each for name, each in library.prompts.items() if name in names]
        return look(Whole(library, prompts, sources), own, rules, guard, known), found, list(tree.asked)[before:]

    first = sorted(tree.files)
    shares: list[Share] = []
    found = set(problems)
    for share, more, asked in spread(look_at, first):
        shares.append(share)
        found |= more
        tree.ask(asked)
    late = tree.files.keys() - first  # what only composing names
    shares.append(look(Whole(library, (), sources), late, rules, guard))
    files = {path: sources[path] for path in tree.files}
    made_of = {name: made for share in shares for name, made in share.made_of.items()}
    prompts = [each for name, each in library.prompts.items() if name in made_of]
    shares.append(compare(Whole(library, prompts, files, made_of), rules, guard))
    return joined(shares, sorted(found), rules), files


class _Sources(dict[str, SourceFile]):
    """The files that were read, each made a SourceFile when it is asked for."""

    def __init__(self, tree: Kept) -> None:
        super().__init__()
        self._tree = tree

    def __missing__(self, path: str) -> SourceFile:
        found = self[path] = SourceFile(path, self._tree.files[path].decode(errors="replace"))
        return found
