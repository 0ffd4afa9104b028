"""The table of results, and where promptkit is behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers.environments import PROMPTKIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.peers.measure import Column, Result

COLUMNS = ("imported", "first", "start", "memory", "render")
TITLES = ("import", "first render", "both", "peak memory", "renders/s", "same texts", "hostile values kept")
NEAR = 1.0  # a ratio below this is a peer that is ahead

# (peer, column) -> why promptkit is behind there; README.md says it at length. Any other place behind is a failure.
KNOWN: dict[tuple[str, str], str] = {}


def behind(results: Sequence[Result]) -> list[str]:
    """Where a peer is ahead of promptkit and nothing in KNOWN says why."""
    return [
        f"{result.peer}: {name}, {getattr(result, name).ratio:.2f} of promptkit's"
        for result in results
        for name in COLUMNS
        if getattr(result, name).ratio < NEAR and (result.peer, name) not in KNOWN
    ]


def cells(result: Result) -> list[str]:
    """One row."""
    return [
        f"{result.peer} {result.version}",
        *(f"{milliseconds(column)} {times(column)}" for column in (result.imported, result.first, result.start)),
        f"{result.memory.value:.1f} MiB {times(result.memory)}",
        f"{1 / result.render.value:,.0f} {times(result.render, 'slower')}",
        result.same,
        result.hostile,
    ]


def milliseconds(column: Column) -> str:
    """With two digits or so."""
    value = column.value * 1e3
    return f"{value:.1f} ms" if value < 10 else f"{value:,.0f} ms"


def times(column: Column, word: str = "") -> str:
    """The ratio to promptkit, which is 1."""
    text = f"{column.ratio:.2f}" if column.ratio < 10 else f"{column.ratio:.0f}"
    return f"({text}x {word})" if word else f"({text}x)"


def table(results: Sequence[Result], missing: Mapping[str, str]) -> str:
    """Aligned text; the ratios are to promptkit, more is worse for the peer."""
    rows = [["", *TITLES], *map(cells, results)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, *notes(results, missing)])


def notes(results: Sequence[Result], missing: Mapping[str, str]) -> list[str]:
    """What the rows do not say: who is missing, and where promptkit is behind."""
    peers = {result.peer for result in results}
    found = [f"{peer} could not be installed: {why}" for peer, why in missing.items()]
    found += [f"behind {peer} in {name}: {why}" for (peer, name), why in KNOWN.items() if peer in peers]
    return [*found, *(f"BEHIND {each}" for each in behind(results))]


def header(when: str, machine: str, bare: float) -> str:
    """When, on what, and how to read it."""
    return (
        f"Measured {when} on {machine}, where the interpreter alone takes {bare:.1f} MiB. "
        f"In brackets the ratio to {PROMPTKIT}: more is worse for the peer."
    )


def markdown(results: Sequence[Result], missing: Mapping[str, str]) -> str:
    """The table for README.md."""
    rows = [[cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells(result)] for result in results]
    lines = [f"| peer | {' | '.join(TITLES)} |", "|---" * (len(TITLES) + 1) + "|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    found = notes(results, missing)
    return "\n".join([*lines, *([""] if found else []), *(f"- {note}" for note in found)])
