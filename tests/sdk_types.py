"""Whether a value is of a TypedDict, all the way down: nothing missing, nothing extra, and iterables walked.

pydantic leaves an Iterable to be validated when it is consumed, which would accept any message.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict


def problem(value: Any, kind: Any, place: str = "body") -> str | None:
    """What is wrong with `value` as a `kind`, None where nothing is."""
    kind = _plain(kind)
    origin = get_origin(kind)
    if kind in (Any, object):
        return None
    if is_typeddict(kind):
        return _typed_dict(value, kind, place)
    if origin in (Union, types.UnionType):
        found = [problem(value, each, place) for each in get_args(kind)]
        return None if None in found else max(filter(None, found), key=lambda text: text.count("."))
    if origin is Literal:
        return None if value in get_args(kind) else f"{place}: {value!r} is not of {get_args(kind)}"
    if origin is not None and issubclass(origin, Mapping):
        inner = get_args(kind)[1]
        return _first(
            value, dict, place, lambda: [problem(each, inner, f"{place}.{key}") for key, each in value.items()]
        )
    if origin is not None and (origin in (list, Iterable, Sequence) or hasattr(origin, "__iter__")):
        inner = get_args(kind)[0]
        return _first(
            value, list, place, lambda: [problem(each, inner, f"{place}.{at}") for at, each in enumerate(value)]
        )
    wanted = (int, float) if kind is float else kind
    if not isinstance(wanted, type | tuple):
        return f"{place}: {kind} is not understood"
    right = isinstance(value, wanted) and not (isinstance(value, bool) and kind in (int, float))
    return None if right else f"{place}: {value!r} is no {kind}"


def _plain(kind: Any) -> Any:
    while True:
        origin = get_origin(kind)
        if origin in (Required, NotRequired, typing.Required, typing.NotRequired):
            kind = get_args(kind)[0]
        elif hasattr(kind, "__metadata__"):
            kind = kind.__origin__
        elif hasattr(kind, "__value__"):
            kind = kind.__value__
        else:
            return type(None) if kind is None else kind


def _first(value: Any, kind: type, place: str, inner: Any) -> str | None:
    if not isinstance(value, kind):
        return f"{place}: {value!r} is no {kind.__name__}"
    return next(filter(None, inner()), None)


def _typed_dict(value: Any, kind: Any, place: str) -> str | None:
    if not isinstance(value, dict):
        return f"{place}: {value!r} is no {kind.__name__}"
    hints = get_type_hints(kind, include_extras=True)
    extra = [key for key in value if key not in hints]
    missing = [key for key in kind.__required_keys__ if key not in value]
    if extra or missing:
        return f"{place}: {kind.__name__} has unknown {extra} and lacks {missing}"
    return next(filter(None, (problem(each, hints[key], f"{place}.{key}") for key, each in value.items())), None)
