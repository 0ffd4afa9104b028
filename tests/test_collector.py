"""The garbage collector is left as it was found."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from promptkit.collector import SELDOM, seldom

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize("before", [(700, 10, 10), (0, 10, 10), (SELDOM + 1, 5, 5)])
def test_the_threshold_is_as_before_afterwards(before: tuple[int, int, int]) -> None:
    gc.set_threshold(*before)
    with pytest.raises(KeyError), seldom():
        raise KeyError
    assert gc.get_threshold() == before


def test_a_host_that_collects_never_or_more_seldom_is_left_alone() -> None:
    for before in ((0, 10, 10), (SELDOM + 1, 5, 5)):
        gc.set_threshold(*before)
        with seldom():
            assert gc.get_threshold() == before


def test_two_that_overlap_leave_the_threshold_of_before() -> None:
    before = gc.get_threshold()
    first, second = seldom(), seldom()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before


class Circle:
    def __init__(self) -> None:
        self.itself = self


def test_what_was_made_inside_is_old_afterwards() -> None:
    gc.collect()
    with seldom():
        made = Circle()
    assert any(each is made for each in gc.get_objects(generation=2))


def test_garbage_that_no_collection_has_seen_is_bounded() -> None:
    first: weakref.ref[Circle] | None = None
    for _ in range(20):
        with seldom():
            circles = [Circle() for _ in range(SELDOM // 5)]
        first = first or weakref.ref(circles[0])
        del circles
    assert first is not None
    assert first() is None


def test_what_the_host_has_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with seldom():
            pass
        assert gc.get_freeze_count() == frozen > 0
    finally:
        gc.unfreeze()
