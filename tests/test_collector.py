"""The garbage collector is left as it was found."""

from __future__ import annotations

import gc
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
