"""`make bench`: prints how promptkit compares. Exit code 1 when a ratio is over its limit."""

from __future__ import annotations

import argparse
import compileall
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import chat, counting, lint, loading, secondrun, selection, startup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rounds import Row

PACKAGE = Path(__file__).parent.parent / "promptkit"

# Part -> what measures it, and how many rounds (of selection, queries) give a steady median.
PARTS = {
    "render": (chat.measure, 41),
    "startup": (startup.measure, 21),
    "loading": (loading.measure, 5),
    "secondrun": (secondrun.measure, 3),
    "selection": (selection.measure, 100),
    "counting": (counting.measure, 5),
    "lint": (lint.measure, 3),
}


def table(rows: Sequence[Row]) -> str:
    """Aligned text: one line a way."""
    width = max(len(row.way) for row in rows)
    lines = [f"{'':{width}}  {'time':>10}  {'ratio':>7}  {'limit':>5}"]
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            lines.append(f"\n{group}, {row.base} = 1")
        limit = "" if row.limit is None else f"{row.limit:.2f}"
        verdict = "" if row.kept else "  over"
        lines.append(f"{row.way:{width}}  {time_text(row.seconds):>10}  {row.ratio:>7.3f}  {limit:>5}{verdict}")
    return "\n".join(lines)


def time_text(seconds: float) -> str:
    """With three digits or so, in the unit that suits."""
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"


def main() -> int:
    """Run the parts that were named, all by default."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"which to run: {', '.join(PARTS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args()
    unknown = set(options.part) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    compileall.compile_dir(PACKAGE, quiet=1)  # as installing does, also where Python was told to write no bytecode
    rows = [row for part in options.part or PARTS for row in PARTS[part][0](PARTS[part][1])]
    print(json.dumps({"rows": [asdict(row) for row in rows]}, indent=2) if options.json else table(rows))
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
