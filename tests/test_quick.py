"""A quick constructor does what that of dataclasses does."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any

import pytest

from promptkit.quick import changed, quick


@dataclass(frozen=True, slots=True)
class Slow:
    one: int
    two: str = "2"
    many: dict[str, Any] = field(default_factory=dict, compare=False)


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    one: int
    two: str = "2"
    many: dict[str, Any] = field(default_factory=dict, compare=False)


def test_it_sets_the_same_fields() -> None:
    for given in ({"one": 1}, {"one": 1, "two": "b"}, {"one": 1, "many": {"a": 1}}):
        assert repr(Quick(**given)) == repr(Slow(**given)).replace("Slow", "Quick")
    assert Quick(1, "b", {}) == Quick(1, "b", {"a": 1}) != Quick(2, "b")
    assert Quick(1).many is not Quick(1).many


def test_it_refuses_the_same_calls() -> None:
    for given in ({}, {"one": 1, "three": 3}):
        with pytest.raises(TypeError):
            Quick(**given)  # type: ignore[arg-type]


def test_what_it_makes_is_frozen_and_of_its_class() -> None:
    made = Quick(1)
    assert type(made) is Quick
    with pytest.raises(FrozenInstanceError):
        made.one = 2  # type: ignore[misc]


def test_what_it_makes_can_be_copied() -> None:
    made = Quick(1, "b", {"a": 1})
    assert copy.deepcopy(made) == copy.copy(made) == pickle.loads(pickle.dumps(made)) == made
    assert replace(made, one=2) == Quick(2, "b")


def test_a_changed_value_is_what_dataclasses_would_make_of_it() -> None:
    for value in (Quick(1, "b", {"a": 1}), Slow(1, "b", {"a": 1})):
        assert changed(value, one=2) == replace(value, one=2)
        assert changed(value, two="c", many={}).many == {}
    with pytest.raises(KeyError):
        changed(Quick(1), three=3)
