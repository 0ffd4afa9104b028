"""What is kept between runs: checked files in a folder of the user's own. Losing one costs time and never a result.

A file is written whole under another name, then renamed, so that a reader meets all of it or none, whoever else writes
and whenever a writer is killed. Its digest stands in front: a file that is damaged, cut off or under a foreign name is
not there. No function here raises for what the disk does.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

try:  # what hashlib has, without OpenSSL, whose loading is a twentieth of a run that is answered from memory
    from _blake2 import blake2b as blake2b
except ImportError:  # pragma: no cover -- a Python that was built without its own hashes
    from hashlib import blake2b as blake2b

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"promptkit cache 1\n"
DIGEST_BYTES = 32
HEAD_BYTES = len(MAGIC) + DIGEST_BYTES
UNFINISHED = ".tmp"
UNFINISHED_S = 3_600  # after that long the writer of an unfinished file is taken to be dead
PACKAGE = Path(__file__).parent
_INSTALLED = (".dist-info", ".egg-info", ".egg-link", ".pth")


def folder() -> Path | None:
    """promptkit's own folder in the user's cache folder, made if need be; None where there can be none.

    None too where someone else owns it or may write to it. Missing homes are not made.
    """
    try:
        base = _base()
        if base is None:
            return None
        own = base / "promptkit"
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = own.stat()
    except (OSError, RuntimeError, ValueError):  # RuntimeError: no home; ValueError: a NUL in the environment
        return None
    if sys.platform != "win32" and (status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o022):
        return None
    return own


def _base() -> Path | None:
    """The user's cache folder: by the XDG Base Directory Specification 0.8, else as macOS and Windows have it."""
    chosen = Path(os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME") or ".")
    if chosen.is_absolute():
        return chosen
    home = Path.home()
    if sys.platform == "win32" or not home.is_absolute() or not home.is_dir():
        return None
    return home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"


def read(path: Path, limit: int) -> bytes | None:
    """What was written to `path`; None if it is missing, larger than `limit` bytes, or not as it was written."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > limit + HEAD_BYTES:
                return None
            head, content = file.read(HEAD_BYTES), file.read(limit)
    except OSError:
        return None
    return content if head == MAGIC + _digest(path.name, content) else None


def write(path: Path, content: bytes, prefix: str, max_files: int, max_bytes: int) -> None:
    """Writes `content`, readable by its owner alone, unless the disk is full or refuses.

    All files of its folder whose names begin with `prefix`, as its own does, are then at most so many and so large:
    those written first are removed.
    """
    if len(content) > max_bytes - HEAD_BYTES:
        return
    unfinished = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}{UNFINISHED}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(unfinished, flags, 0o600), "wb") as file:
            file.write(MAGIC + _digest(path.name, content))
            file.write(content)
        unfinished.replace(path)
    except OSError:
        remove(unfinished)
    _make_room(path, prefix, max_files, max_bytes)


def remove(path: Path) -> None:
    """Removes a file, unless it is gone or cannot be."""
    with contextlib.suppress(OSError):
        path.unlink()


def files(folder: Path, prefix: str) -> list[tuple[Path, os.stat_result]]:
    """The files whose names begin with `prefix`, the one written last first."""
    found = [(Path(name), status) for name, status in _entries(str(folder))]
    found = [(path, status) for path, status in found if path.name.startswith(prefix)]
    return sorted(found, key=lambda each: (-each[1].st_mtime_ns, each[0].name))


def world() -> str:
    """Digest of what decides a result beside what is asked: Python, promptkit's own files, what else is installed.

    promptkit's files by their size and times, which is as exact as Python's own choice of the code that it runs; other
    distributions by their names, which hold their versions, and the times of their installation.
    """
    seen: list[object] = [sys.version, sys.platform, sys.flags, sys.path]
    pending = [str(PACKAGE)]
    while pending:
        for name, status in sorted(_entries(pending.pop())):
            if stat.S_ISDIR(status.st_mode) and not name.endswith("__pycache__"):
                pending.append(name)
            elif stat.S_ISREG(status.st_mode):
                seen.append((name, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    for place in sys.path:
        seen += sorted((name, status.st_mtime_ns) for name, status in _entries(place, _INSTALLED))
    return blake2b(ascii(seen).encode(), digest_size=16).hexdigest()


def _digest(name: str, content: bytes) -> bytes:
    return blake2b(content, digest_size=DIGEST_BYTES, key=blake2b(name.encode("utf-8", "replace")).digest()).digest()


def _make_room(new: Path, prefix: str, max_files: int, max_bytes: int) -> None:
    used = 0
    found = sorted(files(new.parent, prefix), key=lambda each: each[0] != new)  # it may have the time of others
    for number, (path, status) in enumerate(found, 1):
        used += status.st_size
        abandoned = path.name.endswith(UNFINISHED) and time.time() - status.st_mtime > UNFINISHED_S
        if number > max_files or used > max_bytes or abandoned:
            remove(path)


def _entries(folder: str, endings: tuple[str, ...] = ("",)) -> Iterator[tuple[str, os.stat_result]]:
    """What is in a folder, by its path; nothing where it is none. Strings, for paths take three times as long."""
    with contextlib.suppress(OSError), os.scandir(folder or ".") as entries:
        for entry in entries:
            if entry.name.endswith(endings):
                with contextlib.suppress(OSError):
                    yield entry.path, entry.stat(follow_symlinks=False)
