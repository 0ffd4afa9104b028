"""Inputs: which values a prompt takes, and whether a value fits its declaration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from promptkit.errors import InputError, did_you_mean
from promptkit.messages import Media

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from promptkit.content import Input


def _is_media(value: Any) -> bool:
    """Whether a value can stand for media; promptkit.media says what is wrong with it."""
    return isinstance(value, str | bytes | bytearray | PurePath | Mapping | Media)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "image": _is_media,
    "audio": _is_media,
    "file": _is_media,
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, Sequence) and not isinstance(value, str | bytes),
    "messages": lambda value: isinstance(value, Sequence) and not isinstance(value, str | bytes),
    "any": lambda _: True,
}


def plain(value: Any) -> Any:
    """`value`, a subclass of str taken as the plain text it holds: its own printing could add to it."""
    return str.__str__(value) if isinstance(value, str) and type(value) is not str else value


def check(declared: Input, value: Any, count: Callable[[str], int]) -> None:
    """Refuse a value that does not fit. `count` gives a text's tokens. Raises InputError."""
    kinds = declared.types
    if not any(_TYPES[kind](value) for kind in kinds):
        wanted = " or ".join(kinds)
        raise InputError(f"input '{declared.name}' must be {wanted}, not {_found(value)}", declared.span)
    if isinstance(value, str) and not value.isascii():
        _refuse_surrogates(declared, value)
    if declared.enum is not None and value not in declared.enum:
        known = [str(entry) for entry in declared.enum]
        raise InputError(
            f"input '{declared.name}' must be one of {', '.join(known)}, not {_found(value)}"
            f"{did_you_mean(str(value), known) if len(known) > 12 else ''}",
            declared.span,
        )
    if declared.items is not None or declared.properties is not None:
        _check_schema(declared, value)
    if declared.max_items is not None and not _TYPES["array"](value):
        raise InputError(
            f"input '{declared.name}' must be a list, as it has max_items, not {_found(value)}", declared.span
        )
    if declared.max_items is not None and len(value) > declared.max_items:
        raise InputError(
            f"input '{declared.name}' has {len(value):,} items, over its max_items {declared.max_items:,}",
            declared.span,
        )
    if declared.max_tokens is not None:
        _check_tokens(declared, value, declared.max_tokens, count)


def _found(value: Any) -> str:
    shown = repr(value) if isinstance(value, str | int | float | bool) or value is None else ""
    kind = "null" if value is None else type(value).__name__
    return f"{kind} {shown}" if shown and value is not None and len(shown) <= 40 else kind


def _refuse_surrogates(declared: Input, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"input '{declared.name}' holds half of a surrogate pair at character {error.start + 1}; "
            "decode it as UTF-8 or UTF-16 before you pass it",
            declared.span,
        ) from error


def _check_schema(declared: Input, value: Any) -> None:
    from promptkit.schemas import violation  # here: jsonschema is slow to import

    schema = {key: part for key in ("items", "properties") if (part := getattr(declared, key)) is not None}
    fault = violation(schema, _listed(value))
    if fault is not None:
        raise InputError(f"input '{declared.name}': {fault}", declared.span)


def _listed(value: Any) -> Any:
    """The same with lists for tuples and dicts for mappings: a JSON Schema holds for nothing else."""
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if _TYPES["array"](value) else value


def _check_tokens(declared: Input, value: Any, limit: int, count: Callable[[str], int]) -> None:
    text = value if isinstance(value, str) else printed(value)
    if len(text) * 4 <= limit or len(text.encode(errors="replace")) <= limit:
        return  # a token is at least one byte
    tokens = count(text)
    if tokens > limit:
        raise InputError(
            f"input '{declared.name}' has {tokens:,} tokens, over its max_tokens {limit:,}; shorten it",
            declared.span,
        )


def printed(value: Any) -> str:
    """`value` as a template would print it, messages and data as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return str(value)


def missing(names: Iterable[str], declared: Mapping[str, Input]) -> str:
    """The message about inputs that a call does not give."""
    names, parts = list(names), []
    for name in names:
        if declared[name].declared:
            parts.append(f"'{name}' (declared at {declared[name].span})")
            continue
        others = [each.name for each in declared.values() if each.declared and each.name not in names]
        hint = did_you_mean(name, others) if others else ""
        parts.append(f"'{name}' (used at {declared[name].span}, not declared{hint if 'mean' in hint else ''})")
    return f"missing input{'s' if len(parts) > 1 else ''} {', '.join(parts)}"
