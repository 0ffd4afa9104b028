"""Text on its way out: whole and unchanged into a file or pipe, harmless on a terminal."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Not printable by Python's rule, harmless on a terminal, and part of honest text: spaces, and the joiners of
# Persian, Indic scripts and emoji. A bare carriage return can overwrite a line, so it is not among them.
KEPT = frozenset("\n\t\u00a0\u202f\u3000\u200c\u200d")


def terminal_safe(text: str) -> str:
    """`text` with control, bidi and invisible characters written as escapes; newlines, tabs and spaces stay."""
    if all(c.isprintable() or c in KEPT for c in text):
        return text
    return "".join(c if c.isprintable() or c in KEPT else c.encode("unicode_escape").decode() for c in text)


_copies: list[list[tuple[str, bool]]] = []


@contextmanager
def copied() -> Iterator[list[tuple[str, bool]]]:
    """What `echo` writes inside, in order: each text, and whether it goes to stderr."""
    copy: list[tuple[str, bool]] = []
    _copies.append(copy)
    try:
        yield copy
    finally:
        _copies.remove(copy)


def echo(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Write `text` to stdout (or stderr), escaped only where it reaches a terminal."""
    for copy in _copies:
        copy.append((text + end, err))
    stream = sys.stderr if err else sys.stdout
    if stream is None:  # the caller closed it
        return
    stream.write(terminal_safe(text + end) if stream.isatty() else text + end)


def terminal_width() -> int | None:
    """How many columns the terminal has that stdout goes to; None for a file or pipe, which gets lines whole."""
    import shutil  # here: a run that is answered from memory, into a pipe, needs no archives

    stream = sys.stdout
    return shutil.get_terminal_size().columns if stream is not None and stream.isatty() else None


def prepare_streams() -> None:
    """Files and pipes get UTF-8 and LF on every platform; a terminal that lacks a character gets its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def discard_output() -> None:
    """Point stdout at nothing, so that flushing at exit cannot fail again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
