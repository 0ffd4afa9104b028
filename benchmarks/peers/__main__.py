"""`python -m benchmarks.peers`: prints how promptkit compares with the libraries that do the same.

Exit code 1 when promptkit is behind a peer where README.md does not say why, or when a peer could not be installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers.environments import PINS, PROMPTKIT, Environment, NotInstalledError, environment
from benchmarks.peers.measure import Result, bare_mib, measure
from benchmarks.peers.verdicts import behind, header, markdown, table

if TYPE_CHECKING:
    from collections.abc import Iterable

ROUNDS = 11


def installed(peers: Iterable[str]) -> tuple[list[Environment], dict[str, str]]:
    """The environments, and why a peer has none."""
    found, missing = [], {}
    for peer in peers:
        try:
            found.append(environment(peer))
        except NotInstalledError as error:
            missing[peer] = str(error)
    return found, missing


def main() -> int:
    """Install, measure and print the peers that were named, all by default; promptkit is always among them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.splitlines()[0])
    parser.add_argument("peer", nargs="*", help=f"which to compare with (default: all): {', '.join(PINS)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds a measurement (default: {ROUNDS})")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table between FILE's marks, too")
    options = parser.parse_args()
    unknown = set(options.peer) - set(PINS)
    if unknown:
        parser.error(f"unknown peer {', '.join(sorted(unknown))}; known: {', '.join(PINS)}")
    wanted = {PROMPTKIT, *options.peer} if options.peer else set(PINS)
    environments, missing = installed(peer for peer in PINS if peer in wanted)
    if PROMPTKIT in missing:
        print(f"promptkit could not be installed: {missing[PROMPTKIT]}", file=sys.stderr)
        return 1
    results = measure(environments, options.rounds)
    if options.json:
        print(json.dumps({"results": [asdict(result) for result in results], "missing": missing}, indent=2))
    else:
        print(table(results, missing))
    if options.markdown:
        write(options.markdown, results, missing, bare_mib(environments[0]))
    return 1 if missing or behind(results) else 0


def write(path: Path, results: list[Result], missing: dict[str, str], bare: float) -> None:
    """Put the table, with date, machine and versions, between the two marks of a file."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    machine = f"{platform.system()} {platform.machine()} with {os.cpu_count()} processors, {python}"
    when = f"{datetime.now(UTC):%Y-%m-%d}"
    text = path.read_text("utf-8")
    start, end = "<!-- peers -->\n", "<!-- /peers -->"
    before, _, rest = text.partition(start)
    after = rest.partition(end)[2]
    path.write_text(
        f"{before}{start}{header(when, machine, bare)}\n\n{markdown(results, missing)}\n{end}{after}", "utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
