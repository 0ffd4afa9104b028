"""Runs one way in its own environment, as a script: `python -I worker.py WAY CASE FOLDER once|check|bare|serve`.

WAY is a file of ways/, CASE a file of messages, values and hostile values as one Python literal, FOLDER a place for
files. It imports nothing that is not in the interpreter already, so that what is measured is the way's. Seconds are
those of the processor: what else runs on the machine does not count.

once: one line with the seconds of the import, those from the source to the first messages, and the peak memory in KiB.
check: one line a case, a Python literal: the (role, text) pairs, or the error's text.
bare: the peak memory in KiB before anything of the way is run.
serve: for each number on stdin that many renders, each of other values, and one line with their seconds.
"""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def read(path: str) -> str:
    """A file's text."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib is not loaded
        return file.read()


def peak_kib() -> int:
    """The most memory this process has had. VmHWM begins anew with the program; ru_maxrss, elsewhere, does not."""
    try:
        [line] = [line for line in read("/proc/self/status").splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1])
    except OSError:
        import resource  # here: after everything was measured

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak


def once(way: dict[str, Any], case: dict[str, Any], source: Any) -> None:
    """The first of everything."""
    started = time.process_time()
    exec(way["IMPORT"], {})
    imported = time.process_time()
    way["ready"](source)(dict(case["values"]))
    print(imported - started, time.process_time() - imported, peak_kib())


def check(render: Callable[[dict[str, str]], Any], way: dict[str, Any], case: dict[str, Any]) -> None:
    """The messages for the values themselves, then for each hostile value in their places."""
    for changed in ({}, *case["hostile"]):
        try:
            found: Any = [(str(role), str(text)) for role, text in way["pairs"](render({**case["values"], **changed}))]
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        print(ascii(found))


def serve(render: Callable[[dict[str, str]], Any], case: dict[str, Any]) -> None:
    """Each call has a question of its own: nobody asks for the same messages twice, and a cache would hide the work."""
    values, question, asked = dict(case["values"]), case["values"]["question"], 0
    for line in sys.stdin:
        calls = int(line)
        started = time.process_time()
        for number in range(asked, asked + calls):
            values["question"] = f"{question} {number}"
            render(values)
        print(time.process_time() - started, flush=True)
        asked += calls


def main(path: str, case_path: str, folder: str, mode: str) -> None:
    """One of the four modes."""
    way: dict[str, Any] = {"__name__": "way"}
    exec(compile(read(path), path, "exec"), way)
    case = eval(read(case_path))
    if mode == "bare":
        print(peak_kib())
        return
    source = way["author"](case["messages"], folder)
    if mode == "once":
        once(way, case, source)
    elif mode == "check":
        check(way["ready"](source), way, case)
    else:
        serve(way["ready"](source), case)


if __name__ == "__main__":
    main(*sys.argv[1:])
