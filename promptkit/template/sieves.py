"""What filters make of values that are not known. A filter that is not here can make anything of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptkit.template.extents import (
    Alt,
    Domain,
    Known,
    Lit,
    Repeat,
    Some,
    Value,
    cut,
    either,
    integer,
    loose_bound,
    names_of,
    opaque,
    text_of,
    truth_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptkit.template.domains import Expressions

LEEWAY = 5  # characters more than asked that `truncate` lets pass: Jinja2's default
CASES = frozenset({"upper", "lower", "title", "capitalize", "trim"})
SAME = frozenset({"list", "sort", "reverse", "unique"})  # the same items, or fewer
CHOSEN = frozenset({"select", "reject", "selectattr", "rejectattr"})
TOKEN_BYTES = 128  # the longest token of o200k_base and of cl100k_base, checked against both 2026-11-24

Args = "Sequence[Domain]"


def sieved(
    walk: Expressions, name: str, value: Domain, args: Sequence[Domain], kwargs: Mapping[str, Domain]
) -> Domain | None:
    """What the filter makes of a value, None where that is not known."""
    if name in ("default", "d"):
        return _default(value, args, kwargs)
    if not isinstance(value, Some):
        return None
    if name in ("string", "safe") and value.kind == "string":
        return value
    if name in CASES and not args and not kwargs and value.kind == "string":
        return _cased(walk, name, value)
    if name == "truncate" and value.kind == "string":
        return _truncated(value, args, kwargs)
    if name in ("length", "count"):
        return _length(value)
    return _of_items(name, value, args, kwargs) if value.kind == "array" else None


def _default(value: Domain, args: Sequence[Domain], kwargs: Mapping[str, Domain]) -> Domain | None:
    other = args[0] if args else kwargs.get("default_value", Known(""))
    also = args[1] if len(args) > 1 else kwargs.get("boolean", Known(False))
    if not isinstance(also, Known):
        return None
    if isinstance(value, Some) and value.optional:
        given = replace(value, optional=False)
        return other if value.text == Alt(()) and not value.names else either((given, other))
    if not also.value or truth_of(value) is True:
        return value
    return other if truth_of(value) is False else either((value, other))


def _cased(walk: Expressions, name: str, value: Some) -> Domain | None:
    """A text in another case has other tokens, so only texts that are known stay bounded; trimming cuts both ends."""
    options = value.text.options if isinstance(value.text, Alt) else (value.text,)
    found = [walk.compute(f"value|{name}", value=Known(each.text)) for each in options if isinstance(each, Lit)]
    if len(found) == len(options):
        texts = [each for each in found if each is not None]
        return replace(value, text=Alt(tuple(map(text_of, texts))), truth=None)
    return cut(value, 2) if name == "trim" else None


def _truncated(value: Some, args: Sequence[Domain], kwargs: Mapping[str, Domain]) -> Domain | None:
    places = dict(enumerate(args))
    length = _constant(places.get(0) or kwargs.get("length"), 255)
    end = _constant(places.get(2) or kwargs.get("end"), "...")
    leeway = _constant(places.get(3) or kwargs.get("leeway"), LEEWAY)
    if not isinstance(length, int) or not isinstance(leeway, int) or not isinstance(end, str):
        return None
    tokens = 4 * (length + max(leeway, 0))  # a token has a byte at least, a character four at most
    known = loose_bound(value.text)
    if known is not None and known[0] + 4 * len(end) < tokens:
        return replace(value, text=Value(known[0] + 4 * len(end), value.names, cuts=known[1] + 1), truth=None)
    return replace(value, text=Value(tokens, value.names), truth=None)


def _constant(value: Domain | None, default: Any) -> Any:
    if value is None:
        return default
    return value.value if isinstance(value, Known) else None


def _length(value: Some) -> Domain | None:
    if value.kind == "array":
        return integer(value.least, value.most, value.names)
    bound = loose_bound(value.text) if value.kind == "string" else None
    return None if bound is None else integer(0, bound[0] * TOKEN_BYTES, value.names)


def _of_items(name: str, value: Some, args: Sequence[Domain], kwargs: Mapping[str, Domain]) -> Domain | None:
    if name in SAME:
        least = min(value.least, 1) if name == "unique" else value.least
        return replace(value, least=least, text=opaque(value.names, "a list as text").text)
    if name in CHOSEN:
        return replace(value, least=0, truth=None, text=opaque(value.names, "a list as text").text)
    if name in ("first", "last"):
        return value.element
    attribute = _constant(kwargs.get("attribute", args[1] if name == "join" and len(args) > 1 else None), None)
    element = value.element
    if isinstance(attribute, str) and isinstance(element, Some):
        element = element.fields.get(attribute)
    if element is None or (attribute is None and "attribute" in kwargs):
        return None
    if name == "map" and isinstance(attribute, str) and set(kwargs) == {"attribute"} and not args:
        return replace(value, element=element, text=opaque(value.names, "a list as text").text)
    if name == "join":
        between = _constant(args[0] if args else kwargs.get("d"), "")
        if isinstance(between, str):
            names = value.names | names_of(element)
            why = "declare max_items"
            repeated = Repeat(text_of(element), value.least, value.most, between, names, why)
            return Some(repeated, names, "string")
    return None
