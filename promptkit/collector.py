"""Python's cyclic garbage collector, and when it may wait."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SELDOM = 200_000  # objects made and kept between two collections; Python's default is 700


@contextmanager
def seldom() -> Iterator[None]:
    """Collect cyclic garbage seldom inside, and as before afterwards.

    What reading makes lives on, and the collector would look through all of it again each time it has grown by a
    quarter: a third of the time that a library of 1,000 prompts takes. It is not switched off, so that what cyclic
    garbage there is stays bounded; where the host has switched it off, or set it to rarer, nothing changes.
    """
    before = gc.get_threshold()
    if not 0 < before[0] < SELDOM:
        yield
        return
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
