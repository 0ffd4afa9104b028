"""Limits around a library that may come from anyone: the worst case is one line on stderr and exit 2.

A command runs in a forked child. What it does for one prompt or file stands in `with unit(name):`, which bounds CPU
time, wall time and, on Linux, memory. The bounds are the kernel's, so they also stop native code that never returns to
Python; the parent then reads from shared memory which unit it was, and says so. Where there is no fork (Windows) or
other threads run, the command runs in this process, and only running out of memory or stack is caught.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from mmap import mmap

# With everything loaded and a tokenizer in use the process has 100 MB and 0.4 s behind it, so that a command which
# meets one bad prompt ends within 300 MB and 2 s. An honest prompt takes milliseconds and a few MB.
UNIT_CPU_S = 1.2
UNIT_WALL_S = 20.0  # only for what waits without computing; a loaded machine reaches UNIT_CPU_S first
UNIT_BYTES = 160 * 2**20
RUN_CPU_S = 600
RUN_BYTES = 2**30

FAILED = 2
SLATE_BYTES = 4096
ADVICE = "look there for a loop or filter without end, or split it"

_slate: mmap | None = None  # set in the guarded child alone: where the unit at work writes its name


def unguarded(work: Callable[[], int]) -> int:
    """The exit code of `work` in this process; failures become a line and a code."""
    from promptkit.cli.failures import reported  # here: the guarded parent never needs it, nor click

    return reported(work)


def guarded(work: Callable[[], int]) -> int:
    """The exit code of `work` in a child under limits.

    2 with one line if a limit or a crash ended it, 128 + n if signal n did. SIGINT, SIGTERM and SIGHUP reach the child.
    """
    if sys.platform == "win32" or _has_threads():
        return unguarded(work)
    import mmap  # here: as `resource` below, not on every platform

    slate = mmap.mmap(-1, SLATE_BYTES)
    passed_on = [n for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) != signal.SIG_IGN]
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, passed_on)  # a signal now would find no one to pass it on
    child = os.fork()
    if child == 0:
        for number in passed_on:
            signal.signal(number, signal.SIG_DFL)  # native code that spins must end too
        signal.pthread_sigmask(signal.SIG_UNBLOCK, passed_on)
        _work_and_exit(work, slate)

    def pass_on(number: int, _frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.kill(child, number)

    before = {n: signal.signal(n, pass_on) for n in passed_on}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, passed_on)
    _, status = os.waitpid(child, 0)
    for number, handler in before.items():
        signal.signal(number, handler)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _ended(signal.Signals(-code), _read(slate))


@contextmanager
def unit(name: str) -> Iterator[None]:
    """Bound what happens inside: work on the one prompt or file called `name`, by which an error calls it.

    Loading what is shared (a tokenizer) and printing belong outside: the first is not this unit's cost, and a reader
    of the output may be slow. Units nest: an inner one starts its own count, and the outer one's goes on after it.
    Raises LimitError where memory or stack ran out. Past a time limit the process ends, and the parent reports it.
    """
    stopped = None
    try:
        if _slate is None:
            yield
        else:
            with _named(_slate, name), _timed(), _confined():
                yield
    except (MemoryError, RecursionError) as error:
        stopped = type(error)
        error.__traceback__ = None  # its frames hold what filled the memory
    if stopped is not None:
        from promptkit.errors import LimitError  # here: the parent is small without dataclasses

        reason = f"needs more than {UNIT_BYTES >> 20} MB of memory" if stopped is MemoryError else "nests too deeply"
        raise LimitError(f"{name}: stopped: {reason}; {ADVICE}") from None


def can_share() -> bool:
    """Whether work may go on in more processes: in a guarded child that has no other threads."""
    return _slate is not None and not _has_threads()


def beside(work: Callable[[], None]) -> tuple[int, Callable[[int], str | None]]:
    """Does `work`, which prints nothing, in a process beside this one and under its limits.

    Gives its number, and what tells from its exit status the line that says why it ended; None where it is done.
    """
    import mmap

    global _slate
    slate = mmap.mmap(-1, SLATE_BYTES)
    child = os.fork()
    if child == 0:
        _slate = slate
        code = FAILED
        try:
            work()
            code = 0
        finally:
            os._exit(code)  # what the parent has yet to print is the parent's to print

    def line(status: int) -> str | None:
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            return None if code == 0 else f"promptkit: a process ended with {code}"
        return _stopped(signal.Signals(-code), _read(slate)) or "promptkit: a process was stopped"

    return child, line


def _has_threads() -> bool:
    threading = sys.modules.get("threading")
    return threading is not None and threading.active_count() > 1


def _work_and_exit(work: Callable[[], int], slate: mmap) -> NoReturn:
    global _slate
    code = FAILED
    try:
        _slate = slate
        _limit_run()
        _silence_native_code()
        code = unguarded(work)
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
        os._exit(code)  # not sys.exit: what the parent had open is the parent's to close


def _limit_run() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    _lower(resource.RLIMIT_CPU, RUN_CPU_S)
    if sys.platform == "linux":  # elsewhere RLIMIT_DATA does not bound what mmap hands out
        _lower(resource.RLIMIT_DATA, RUN_BYTES)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGPROF, signal.SIGALRM])


def _lower(which: int, limit: int) -> None:
    import resource

    soft, hard = resource.getrlimit(which)
    bounds = [bound for bound in (soft, hard, limit) if bound != resource.RLIM_INFINITY]
    resource.setrlimit(which, (min(bounds), hard))


def _silence_native_code() -> None:
    """Python keeps stderr; what native code says while it aborts goes nowhere, for the parent says it in one line."""
    stderr = sys.__stderr__
    if stderr is None or sys.stderr is not stderr:
        return
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding=stderr.encoding, errors="backslashreplace")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)


@contextmanager
def _named(slate: mmap, name: str) -> Iterator[None]:
    outer = _read(slate)
    _write(slate, name)
    try:
        yield
    finally:
        _write(slate, outer)


@contextmanager
def _timed() -> Iterator[None]:
    cpu, _ = signal.setitimer(signal.ITIMER_PROF, UNIT_CPU_S)
    wall, _ = signal.setitimer(signal.ITIMER_REAL, UNIT_WALL_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, cpu)  # 0, no outer unit, disarms
        signal.setitimer(signal.ITIMER_REAL, wall)


@contextmanager
def _confined() -> Iterator[None]:
    if sys.platform != "linux":
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    with open("/proc/self/statm", "rb", buffering=0) as statm:  # noqa: PTH123 -- on the path of every prompt
        used = int(statm.read().split()[5]) * resource.getpagesize()
    limit = used + UNIT_BYTES
    if before[1] != resource.RLIM_INFINITY:
        limit = min(limit, before[1])
    resource.setrlimit(resource.RLIMIT_DATA, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _write(slate: mmap, name: str) -> None:
    raw = name.encode("utf-8", "backslashreplace")[: SLATE_BYTES - 2]
    slate[:2] = b"\0\0"  # a reader never sees a new length with an old name
    slate[2 : 2 + len(raw)] = raw
    slate[:2] = len(raw).to_bytes(2, "little")


def _read(slate: mmap) -> str:
    return slate[2 : 2 + int.from_bytes(slate[:2], "little")].decode("utf-8", "ignore")


def _ended(by: signal.Signals, name: str) -> int:
    """The exit code for a child that a signal ended, with a line where the user did not send it."""
    line = _stopped(by, name)
    if line is None:
        return 128 + by
    from promptkit.cli.output import echo

    with contextlib.suppress(OSError, ValueError):
        echo(line, err=True)
    return FAILED


def _stopped(by: signal.Signals, name: str) -> str | None:
    """The line for a process that a limit or a crash ended; None for a signal that someone sent."""
    reasons = {
        signal.SIGPROF: f"after {UNIT_CPU_S} s of CPU time",
        signal.SIGALRM: f"after {UNIT_WALL_S:.0f} s",
        signal.SIGXCPU: f"after {RUN_CPU_S} s of CPU time in all",
        signal.SIGKILL: "by the system, most likely for its use of memory",
    }
    crashes = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)
    reasons |= {crash: f"by a crash ({crash.name}), most likely out of memory or stack" for crash in crashes}
    if by not in reasons:
        return None
    from promptkit.errors import one_line

    return one_line(f"{name or 'promptkit'}: stopped {reasons[by]}; {ADVICE}")
