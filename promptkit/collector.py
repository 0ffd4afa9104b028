"""Python's cyclic garbage collector, and when it may wait."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SELDOM = 200_000  # objects made and kept between two collections; Python's default is 700
_unseen = {"objects": 0, "collections": 0}  # how many were made old unseen, since how many full collections


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
        _make_old()
        gc.set_threshold(*before)


def _make_old() -> None:
    """Put the objects made of late among the old ones, where the next full collection finds what of them is garbage.

    Looking through them for it now would be as long as composing them. Of those that no collection has seen there are
    SELDOM at most: a host that reads libraries again and again, and makes too little else for a full collection, has
    one here.
    """
    if gc.get_freeze_count():  # the host's: melting ours would melt them
        return
    collections = gc.get_stats()[2]["collections"]
    if collections != _unseen["collections"]:
        _unseen.update(objects=0, collections=collections)
    _unseen["objects"] += gc.get_count()[0]
    if _unseen["objects"] > SELDOM:
        gc.collect()
        return
    gc.freeze()
    gc.unfreeze()
