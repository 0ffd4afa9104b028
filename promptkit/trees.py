"""Where a library's bytes come from: a folder on disk, or texts in memory. Paths are relative, with slashes."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from promptkit.errors import LimitError, PromptkitError, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LINK = "is a link to itself; remove it or replace it by a file"
MAX_FILES = 100_000
MAX_BYTES = 2_000_000  # a prompt, block, partial, schema or configuration file
MAX_DATA_BYTES = 64_000_000  # example data

# O_NONBLOCK, so that a FIFO in a stranger's library does not block the open
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class Tree(Protocol):
    """A library's files. `root` names it in messages."""

    root: str

    def paths(self, folder: str, suffixes: tuple[str, ...]) -> Iterable[str]:
        """The files below `folder` with these suffixes, sorted; none where there is no such folder."""

    def top(self) -> list[str]:
        """The names of the files and folders at the root, sorted, hidden ones left out."""

    def exists(self, path: str) -> bool:
        """Whether `path` is a file of the library."""

    def read(self, path: str) -> bytes:
        """The bytes of `path`. Raises PromptkitError: missing, outside the library, not regular, too large."""


class Folder:
    """A folder on disk. Nothing outside its real path is read, whatever links it holds."""

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)
        self._real = Path(root).resolve()
        self._folders: dict[str, str] = {}

    def paths(self, folder: str, suffixes: tuple[str, ...]) -> list[str]:
        """The files below `folder` with these suffixes, sorted; hidden files and folders are left out."""
        found: list[str] = []
        pending = [(self._real / folder, folder)]
        if (self._real / folder).is_symlink():
            self._inside(folder, folder, "folder")  # a link out, such as one to /, is not walked
        while pending:
            directory, name = pending.pop()
            for entry in _entries(directory, name):
                path = f"{name}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    pending.append((directory / entry.name, path))
                elif entry.name.endswith(suffixes):
                    found.append(path)
            if len(found) > MAX_FILES:
                raise LimitError(f"more than {MAX_FILES:,} files; split the library", Span(folder))
        return sorted(found)

    def top(self) -> list[str]:
        """The names of the files and folders at the root, sorted, hidden ones left out."""
        return sorted(entry.name for entry in _entries(self._real, "."))

    def exists(self, path: str) -> bool:
        """Whether there is something at `path` inside the library; reading says what is wrong with what is no file."""
        return is_inside(path) and os.path.lexists(self._real / path)

    def read(self, path: str) -> bytes:
        """The bytes of `path`, which must be a regular file inside the library after links are followed."""
        if not is_inside(path):
            raise PromptkitError("is outside the library; name files relative to its root", Span(path))
        limit = MAX_DATA_BYTES if path.startswith("examples/") else MAX_BYTES
        try:
            descriptor = self._open(path)
        except OSError as error:
            what = LINK if error.errno == errno.ELOOP else f"cannot be read: {reason(error)}"
            raise PromptkitError(what, Span(path)) from error
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise PromptkitError("is not a regular file; remove it or replace it by one", Span(path))
            content = os.read(descriptor, min(status.st_size, limit) + 1)
            if len(content) != status.st_size:  # it has grown, its system tells no size, or there is more to come
                while more := os.read(descriptor, max(limit + 1 - len(content), 0)):
                    content += more
        finally:
            os.close(descriptor)
        if len(content) > limit:
            raise LimitError(f"is larger than {limit:,} bytes; split it", Span(path))
        return content

    def _open(self, path: str) -> int:
        """A descriptor of what is at `path`. Its folder is followed once for all its files, a link each time."""
        folder, _, name = path.rpartition("/")
        if not _NO_LINK:
            return os.open(self._inside(path, path), _FLAGS)
        if folder not in self._folders:
            self._folders[folder] = str(self._inside(folder, path))
        try:
            return os.open(f"{self._folders[folder]}/{name}", _FLAGS | _NO_LINK)
        except OSError:  # a link, or an error that following it words better
            return os.open(self._inside(path, path), _FLAGS)

    def _inside(self, name: str, path: str, what: str = "file") -> Path:
        """The real path of `name`, for reading `path`. Raises PromptkitError where that is outside the library."""
        try:
            target = (self._real / name).resolve()
        except (OSError, RuntimeError) as error:  # what pathlib makes of a circle of links differs by version
            raise PromptkitError(LINK, Span(path)) from error
        if not target.is_relative_to(self._real):
            raise PromptkitError(f"is a link to a {what} outside the library; copy the {what} in", Span(path))
        return target


class Texts:
    """A library in memory: path -> text. What tests and editors use."""

    def __init__(self, texts: Mapping[str, str | bytes], root: str = "<memory>") -> None:
        self.root = root
        self._texts = {path: text.encode() if isinstance(text, str) else text for path, text in texts.items()}

    def paths(self, folder: str, suffixes: tuple[str, ...]) -> list[str]:
        """The texts below `folder` with these suffixes, sorted."""
        return sorted(path for path in self._texts if path.startswith(folder + "/") and path.endswith(suffixes))

    def top(self) -> list[str]:
        """The names of the files and folders at the root, sorted."""
        return sorted({path.partition("/")[0] for path in self._texts})

    def exists(self, path: str) -> bool:
        """Whether there is a text of that path."""
        return path in self._texts

    def read(self, path: str) -> bytes:
        """The bytes of `path`."""
        if path not in self._texts:
            raise PromptkitError("is not in the library", Span(path))
        return self._texts[path]


def is_inside(path: str) -> bool:
    """Whether `path` can only name something below the root: relative, no `..`, no backslash, no NUL."""
    if path.startswith("/") or path[1:2] == ":" or "\\" in path or "\0" in path:
        return False
    parts = path.split("/")
    return ".." not in parts and any(part not in {"", "."} for part in parts)


def reason(error: OSError) -> str:
    """What the operating system says, in lower case and without its number."""
    return (error.strerror or type(error).__name__).lower()


def _entries(directory: Path, name: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise PromptkitError(f"cannot be read: {reason(error)}", Span(name)) from error
