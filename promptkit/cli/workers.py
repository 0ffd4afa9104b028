"""Work shared out among processes, where there is enough of it."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING, Generic, TypeVar

from promptkit.cli.limits import beside, can_share
from promptkit.errors import LimitError, PromptkitError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LEAST = 50  # items that are worth a process
MOST = 8  # processes


def spread(work: Callable[[list[str]], T], items: list[str]) -> list[T]:
    """What `work` gives for the items, in as many shares as there are processors, each in a process of its own.

    An error of a share is raised here, and so is a LimitError for one that a limit ended. Where it makes no sense to
    share, all is done here.
    """
    count = min(_processors(), len(items) // LEAST, MOST)
    if count < 2 or not can_share():
        return [work(items)]
    workers = [_Worker(work, items[number::count]) for number in range(1, count)]
    try:
        first = work(items[::count])
        return [first, *(worker.result() for worker in workers)]
    finally:
        for worker in workers:
            worker.end()


def _processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker(Generic[T]):
    """A process at work on a share. It sends what came of it through a pipe when it is done."""

    def __init__(self, work: Callable[[list[str]], T], items: list[str]) -> None:
        self._out, back = os.pipe()

        def send() -> None:
            os.close(self._out)
            try:
                content = pickle.dumps(((work(items),), None), pickle.HIGHEST_PROTOCOL)
            except PromptkitError as error:
                content = pickle.dumps(((), (str(error), isinstance(error, LimitError))))
            with os.fdopen(back, "wb") as pipe:
                pipe.write(content)

        self._child, self._line = beside(send)
        os.close(back)
        self._ended = False

    def result(self) -> T:
        """What the work gave."""
        with os.fdopen(os.dup(self._out), "rb") as pipe:
            content = pipe.read()
        _, status = os.waitpid(self._child, 0)
        self._ended = True
        if (line := self._line(status)) is not None:
            raise LimitError(line)
        found: tuple[T]
        found, error = pickle.loads(content)  # noqa: S301 -- what this process's own child wrote
        if error is not None:
            raise (LimitError if error[1] else PromptkitError)(error[0])
        return found[0]

    def end(self) -> None:
        """Lets go of it; one that is not done is stopped."""
        os.close(self._out)
        if not self._ended:
            os.kill(self._child, 9)
            os.waitpid(self._child, 0)
