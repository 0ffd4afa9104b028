"""The table of results, and where promptkit is behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers.environments import PROMPTKIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.peers.measure import Column, Result

COLUMNS = {
    "imported": "import",
    "first": "first render",
    "start": "both",
    "memory": "peak memory",
    "render": "renders/s",
}
TITLES = (*COLUMNS.values(), "same texts", "hostile values kept")
NEAR = 1.0  # a peer whose ratio is below this is ahead

# (peers, columns, why promptkit is behind there). Any other place behind is a failure. "*" is every peer.
KNOWN: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        ("*",),
        ("first",),
        "importing promptkit loads its values alone, the first prompt loads the rest; what a program waits for is both",
    ),
    (
        ("minijinja",),
        ("imported", "start", "memory"),
        "one compiled module; it makes texts, and has no messages, inputs, blocks or origins to load code for",
    ),
    (
        ("jinja2",),
        ("start",),
        "promptkit's first prompt also loads its reader and composer, which make blocks, inputs and origins of it",
    ),
    (
        ("mirascope",),
        ("render",),
        "f-strings that Python has compiled, which no template outruns; the prompt is code, where promptkit's is data",
    ),
)


def why(peer: str, name: str) -> str | None:
    """The known reason for a place where promptkit is behind."""
    return next((why for peers, names, why in KNOWN if name in names and {peer, "*"} & {*peers}), None)


def places_behind(results: Sequence[Result]) -> list[tuple[Result, str]]:
    """Each peer and column in which promptkit is behind."""
    return [(result, name) for result in results for name in COLUMNS if getattr(result, name).ratio < NEAR]


def behind(results: Sequence[Result]) -> list[str]:
    """Where a peer is ahead of promptkit and no known reason says why."""
    return [
        f"{result.peer}: {COLUMNS[name]}, {getattr(result, name).ratio:.2f} of promptkit's"
        for result, name in places_behind(results)
        if why(result.peer, name) is None
    ]


def cells(result: Result) -> list[str]:
    """One row."""
    return [
        f"{result.peer} {result.version}",
        *(f"{milliseconds(column)} {times(column)}" for column in (result.imported, result.first, result.start)),
        f"{result.memory.value:.1f} MiB {times(result.memory)}",
        f"{1 / result.render.value:,.0f} {times(result.render, 'the time')}",
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
    found = [f"{peer} could not be installed: {said}" for peer, said in missing.items()]
    places: dict[str, dict[str, list[str]]] = {}
    for result, name in places_behind(results):
        reason = why(result.peer, name)
        if reason is not None:
            places.setdefault(reason, {}).setdefault(COLUMNS[name], []).append(result.peer)
    for reason, columns in places.items():
        peers = list(dict.fromkeys(peer for named in columns.values() for peer in named))
        found.append(f"behind {', '.join(peers)} in {', '.join(columns)}: {reason}")
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
