"""The library that `promptkit init` writes: real files in `library/`, copied whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from promptkit.config import FILE
from promptkit.errors import PromptkitError, Span
from promptkit.trees import reason

SOURCE = Path(__file__).parent / "library"


def files() -> tuple[str, ...]:
    """The files of the starter library, relative and sorted, the settings first."""
    found = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_file())
    return (FILE, *(path for path in found if path != FILE))


def start(folder: Path) -> tuple[str, ...]:
    """Write the starter library into `folder` and name its files. Nothing is overwritten or half written.

    Raises PromptkitError and leaves the disk as it was: a file that is there already, a link, no room, no permission.
    """
    _refuse_what_is_there(folder)
    made: list[Path] = []
    try:
        for path in reversed(files()):  # the settings last: they make the folder a library
            _write(folder / path, (SOURCE / path).read_bytes(), made)
    except BaseException as error:  # an interrupt too must leave nothing behind
        _undo(made)
        if not isinstance(error, OSError):
            raise
        place = Span(str(error.filename or [folder, *made][-1]))  # a full disk names no file: it is the last one
        if isinstance(error, FileExistsError):
            raise _exists(place.path) from error
        raise PromptkitError(f"cannot be written: {reason(error)}; nothing was made", place) from error
    return files()


def _refuse_what_is_there(folder: Path) -> None:
    for part in (folder, *(folder / parent for parent in _folders())):
        if part.is_symlink():
            raise PromptkitError("is a link; name the folder that it leads to, or another", Span(str(part)))
        if part.exists() and not part.is_dir():
            raise PromptkitError("is a file; name a folder", Span(str(part)))
    for path in files():
        if os.path.lexists(folder / path):
            raise _exists(str(folder / path))


def _folders() -> list[str]:
    return sorted({parent.as_posix() for path in files() for parent in Path(path).parents} - {"."})


def _exists(path: str) -> PromptkitError:
    return PromptkitError(
        "exists already, and init overwrites nothing; name another folder: promptkit init DIR", Span(path)
    )


def _write(target: Path, content: bytes, made: list[Path]) -> None:
    for parent in reversed(target.parents):
        if not parent.exists():
            parent.mkdir()
            made.append(parent)
    with target.open("xb") as file:
        made.append(target)
        file.write(content)


def _undo(made: list[Path]) -> None:
    for path in reversed(made):
        with contextlib.suppress(OSError):  # the first failure is the one to tell
            path.rmdir() if path.is_dir() else path.unlink()
