"""What the paths on a command line are: of a library, or plain."""

from __future__ import annotations

from pathlib import Path

from promptkit.config import FILE
from promptkit.errors import PromptkitError


def is_plain(path: Path) -> bool:
    """Whether an argument is a file or folder that is no library, no prompt file and no folder of prompt files."""
    if not path.exists():
        return False
    root = _root(path)
    if root is None:
        return True
    inside = path.resolve().relative_to(root).parts
    return bool(inside) and inside[0] != "prompts"


def _root(path: Path) -> Path | None:
    path = path.resolve()
    return next((folder for folder in (path, *path.parents) if (folder / FILE).is_file()), None)


def library_of(names: list[str]) -> Path | None:
    """The library that a named path lies in; None where no name is a path."""
    roots = {root for name in names if Path(name).exists() and (root := _root(Path(name))) is not None}
    if len(roots) > 1:
        raise PromptkitError(f"the paths lie in {len(roots)} libraries; name those of one at a time")
    return roots.pop() if roots else None
