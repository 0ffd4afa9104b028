"""The measurements: every peer takes part in each round, so that a slow moment of the machine meets them all."""

from __future__ import annotations

import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import chat
from benchmarks.peers import hostile
from benchmarks.peers.environments import FOLDER, PROMPTKIT, Environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WORKER = Path(__file__).with_name("worker.py")
ROUND_S = 0.03
RUN_S = 120


@dataclass(frozen=True, slots=True)
class Column:
    """One measured quantity of one peer: its median, and the median over the rounds of its ratio to promptkit's."""

    value: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Result:
    """One peer. Seconds, MiB; `start` is the import with the first messages, `render` the steady seconds a render."""

    peer: str
    version: str
    imported: Column
    first: Column
    start: Column
    memory: Column
    render: Column
    same: str
    hostile: str


def measure(environments: Sequence[Environment], rounds: int) -> list[Result]:
    """Every environment, promptkit's among them. Raises subprocess.CalledProcessError where a way fails."""
    case = FOLDER / "case.txt"
    messages = chat.messages()
    case.write_text(repr({"messages": messages, "values": chat.VALUES, "hostile": hostile.cases()}), "utf-8")
    said = {}
    for environment in environments:  # this also leaves the bytecode of everything behind
        printed = output(environment, case, "check")
        said[environment.peer] = hostile.verdicts(printed, messages, chat.VALUES)
    firsts = starts(environments, case, rounds)
    steady = renders(environments, case, rounds)
    found = []
    for environment in environments:
        imported, first, start, memory = (column(firsts, environment.peer, index) for index in range(4))
        render = column({peer: [(value,) for value in values] for peer, values in steady.items()}, environment.peer, 0)
        names = environment.peer, environment.version
        found.append(Result(*names, imported, first, start, memory, render, *said[environment.peer]))
    return found


def column(values: Mapping[str, list[tuple[float, ...]]], peer: str, index: int) -> Column:
    """The medians of one quantity."""
    own = [row[index] for row in values[peer]]
    base = [row[index] for row in values[PROMPTKIT]]
    return Column(statistics.median(own), statistics.median(a / b for a, b in zip(own, base, strict=True)))


def starts(environments: Sequence[Environment], case: Path, rounds: int) -> dict[str, list[tuple[float, ...]]]:
    """By peer and round: seconds to import, to the first messages, both, the peak MiB; each in a fresh process."""
    found: dict[str, list[tuple[float, ...]]] = {environment.peer: [] for environment in environments}
    for number in range(rounds):
        print(f"start, round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for environment in environments:
            imported, first, kib = map(float, output(environment, case, "once").split())
            found[environment.peer].append((imported, first, imported + first, kib / 1024))
    return found


def bare_mib(environment: Environment) -> float:
    """The peak memory of the interpreter and the worker alone."""
    return int(output(environment, FOLDER / "case.txt", "bare")) / 1024


def command(environment: Environment, case: Path, mode: str) -> list[str]:
    """The worker in a peer's own Python, which sees neither this checkout nor the caller's settings."""
    folder = FOLDER / environment.peer
    return [str(environment.python), "-I", str(WORKER), str(environment.way), str(case), str(folder), mode]


def output(environment: Environment, case: Path, mode: str) -> str:
    """What the worker prints."""
    done = subprocess.run(
        command(environment, case, mode), capture_output=True, encoding="utf-8", timeout=RUN_S, check=False, env=ENV
    )
    if done.returncode:
        raise RuntimeError(f"{environment.peer} fails: {(done.stderr.splitlines() or [''])[-1]}")
    return done.stdout


ENV = {"HAYSTACK_TELEMETRY_ENABLED": "False", "PATH": "", "HOME": str(FOLDER), "LANG": "C.UTF-8"}  # and no settings


class Served:
    """A worker that stays, and renders as often as it is told."""

    def __init__(self, environment: Environment, case: Path) -> None:
        self.process = subprocess.Popen(
            command(environment, case, "serve"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=ENV,
        )

    def seconds(self, calls: int) -> float:
        """Seconds a render, over that many."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{calls}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline()) / calls

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def renders(environments: Sequence[Environment], case: Path, rounds: int) -> dict[str, list[float]]:
    """By peer: the steady seconds a render, by round; one process each, which waits while the others work."""
    from contextlib import ExitStack

    found: dict[str, list[float]] = {environment.peer: [] for environment in environments}
    with ExitStack() as stack:
        served = {each.peer: stack.enter_context(Served(each, case)) for each in environments}
        calls = dict(calibrated(served))
        for number in range(rounds):
            print(f"render, round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            for peer, worker in served.items():
                found[peer].append(worker.seconds(calls[peer]))
    return found


def calibrated(served: Mapping[str, Served]) -> Iterator[tuple[str, int]]:
    """How many renders fill a round, after some to warm up."""
    for peer, worker in served.items():
        worker.seconds(20)
        yield peer, max(1, int(ROUND_S / worker.seconds(10)))
