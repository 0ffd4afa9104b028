"""Plain files and folders outside any library: which there are, and their texts."""

from __future__ import annotations

import os
from pathlib import Path

from promptkit.cli.remembering import told
from promptkit.errors import PromptkitError, Span
from promptkit.trees import MAX_DATA_BYTES, MAX_FILES, reason

SNIFFED = 8_000  # bytes in which a NUL makes a file binary, as git has it


def files(argument: Path) -> list[Path]:
    """The file, or every file below the folder in the order of their paths; what is hidden is left out."""
    return told(("files", str(argument)), lambda: _files(argument))


def text(path: Path) -> str | None:
    """The text of a file, byte for byte; None for a binary one. Raises PromptkitError for text that is not UTF-8."""
    return told(("text", str(path)), lambda: _text(path))


def _files(argument: Path) -> list[Path]:
    if not argument.is_dir():
        return [argument]
    found = []
    for folder, folders, names in os.walk(argument):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
        if len(found) > MAX_FILES:
            raise PromptkitError(f"more than {MAX_FILES:,} files; name a smaller folder", Span(str(argument)))
    return sorted(found)


def _text(path: Path) -> str | None:
    try:
        if not path.is_file():
            raise PromptkitError("is not a regular file; leave it out", Span(str(path)))
        if path.stat().st_size > MAX_DATA_BYTES:
            raise PromptkitError(f"is larger than {MAX_DATA_BYTES:,} bytes; split it", Span(str(path)))
        content = path.read_bytes()
    except OSError as error:
        raise PromptkitError(f"cannot be read: {reason(error)}", Span(str(path))) from error
    if b"\0" in content[:SNIFFED]:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise PromptkitError(f"is not UTF-8 (byte 0x{byte:02x}); save it as UTF-8", Span(str(path), line)) from error
