"""Interleaved rounds and the rows they make: ratios, because a shared machine has no steady seconds."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUND_S = 0.02  # long enough that the clock's grain and one interruption do not matter


@dataclass(frozen=True, slots=True)
class Row:
    """One way of doing one thing. `ratio` is to the way that `base` names; `limit` is the most it may be."""

    group: str
    way: str
    seconds: float
    ratio: float
    base: str
    limit: float | None = None

    @property
    def kept(self) -> bool:
        """False when the ratio is over the limit."""
        return self.limit is None or self.ratio <= self.limit


def interleaved(
    ways: Mapping[str, Callable[[], object]],
    rounds: int,
    round_s: float = ROUND_S,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds a call of each way, by round. All ways take part in each round, so that a slow moment meets them all.

    What the way before left to the garbage collector is collected first, outside the time.
    """
    calls = {way: calls_in(function, round_s) for way, function in ways.items()}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, function in ways.items():
            gc.collect()
            started = clock()
            for _ in range(calls[way]):
                function()
            seconds[way].append((clock() - started) / calls[way])
    return seconds


def calls_in(function: Callable[[], object], round_s: float) -> int:
    """How many calls fill `round_s`; at least one."""
    function()
    started = time.perf_counter()
    function()
    return max(1, int(round_s / max(time.perf_counter() - started, 1e-7)))


def rows(group: str, seconds: Mapping[str, list[float]], base: str, limits: Mapping[str, float]) -> list[Row]:
    """A row for each way: the median of the ratios within a round, and the median time."""
    made = []
    for way, times in seconds.items():
        ratio = statistics.median(own / other for own, other in zip(times, seconds[base], strict=True))
        made.append(Row(group, way, statistics.median(times), ratio, base, limits.get(way)))
    return made
