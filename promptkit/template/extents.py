"""What a template can print, without its values: texts, free values, choices and repetitions of them.

An extent is a set of texts. A domain is a set of values, with the extent that they print.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from promptkit.messages import Media

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Lit:
    """One text."""

    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """Any text of at most `tokens` tokens, None where nothing bounds it. `empty` says that it may be empty.

    `names` are the inputs that it comes from, `why` what would have to bound it. `cuts` is how often a bounded text was
    cut to make it: each cut may cost some tokens more.
    """

    tokens: int | None
    names: frozenset[str] = frozenset()
    why: str = ""
    empty: bool = True
    cuts: int = 0


@dataclass(frozen=True, slots=True)
class Seq:
    """Its parts, one after the other."""

    parts: tuple[Extent, ...]
    size: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _size(self.parts))


@dataclass(frozen=True, slots=True)
class Alt:
    """Any one of its options. Without options it is no text at all: what only a refused call would print."""

    options: tuple[Extent, ...]
    size: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _size(self.options))


@dataclass(frozen=True, slots=True)
class Repeat:
    """The body `least` to `most` times with `separator` between; `most` is None where nothing bounds it."""

    body: Extent
    least: int
    most: int | None
    separator: str = ""
    names: frozenset[str] = frozenset()
    why: str = ""
    size: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _size((self.body,)))


@dataclass(frozen=True, slots=True)
class Blocks:
    """Texts joined as blocks are: each with what stands before it, and left out with it where it is empty."""

    parts: tuple[tuple[str, Extent], ...]
    size: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _size([part for _, part in self.parts]))


@dataclass(frozen=True, slots=True)
class Within:
    """The body's texts of at most `tokens` tokens."""

    body: Extent
    tokens: int
    size: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _size((self.body,)))


Extent = Lit | Value | Seq | Alt | Repeat | Blocks | Within
EMPTY = Lit("")
MAX_SIZE = 10_000  # texts and choices in one extent


class TooLargeError(Exception):
    """A template has more texts and choices than are looked at."""


def _size(parts: Iterable[Extent]) -> int:
    """How large what holds these is. A part that stands in it twice counts twice, for so it is walked."""
    size = 1 + sum(1 if isinstance(part, Lit | Value) else part.size for part in parts)
    if size > MAX_SIZE:
        raise TooLargeError
    return size


@dataclass(frozen=True, slots=True)
class Known:
    """The one value that is possible."""

    value: Any


@dataclass(frozen=True, slots=True)
class Some:
    """Values that are not known. `text` is what they print, `names` the inputs that they come from.

    `kind` is `string`, `scalar` (printed as it is), `nullable` (that, or None), `array`, `object` or `` for any.
    `element` and `least` to `most` are the items of an array, `fields` those of an object. `truth` is None where it is
    not known; `optional` says that it may be undefined.
    """

    text: Extent
    names: frozenset[str] = frozenset()
    kind: str = ""
    element: Domain | None = None
    least: int = 0
    most: int | None = None
    fields: Mapping[str, Domain] = field(default_factory=dict)
    truth: bool | None = None
    optional: bool = False


Domain = Known | Some


def opaque(names: Iterable[str], why: str) -> Some:
    """A value of which nothing is known; `why` says what would have to be."""
    names = frozenset(names)
    return Some(Value(None, names, why), names)


def names_of(domain: Domain) -> frozenset[str]:
    """The inputs that a value comes from."""
    return domain.names if isinstance(domain, Some) else frozenset()


def text_of(domain: Domain) -> Extent:
    """What a value prints. None and what is undefined print nothing: such a call is refused."""
    if isinstance(domain, Some):
        return domain.text
    value = domain.value
    if value is None or isinstance(value, Media):
        return Alt(())
    return Lit(str(value))


def truth_of(domain: Domain) -> bool | None:
    """Whether a value is true, None where it is not known."""
    return bool(domain.value) if isinstance(domain, Known) else domain.truth


def either(domains: Iterable[Domain]) -> Domain:
    """A value that is any one of these."""
    found = list(domains)
    first = found[0]
    if all(_same(first, other) for other in found[1:]):
        return first
    arrays = [each for domain in found if (each := _array(domain)) is not None]
    if len(arrays) == len(found):
        return _either_array(arrays)
    kinds = {_kind(domain) for domain in found}
    truths = {truth_of(domain) for domain in found}
    return Some(
        Alt(tuple(dict.fromkeys(text_of(domain) for domain in found))),
        frozenset().union(*map(names_of, found)),
        kind=_common(kinds),
        truth=truths.pop() if len(truths) == 1 else None,
        optional=any(isinstance(domain, Some) and domain.optional for domain in found),
    )


def _same(one: Domain, other: Domain) -> bool:
    if isinstance(one, Known) and isinstance(other, Known):
        return type(one.value) is type(other.value) and bool(one.value == other.value)
    return one is other


def _kind(domain: Domain) -> str:
    if isinstance(domain, Some):
        return domain.kind
    if isinstance(domain.value, str):
        return "string"
    return "nullable" if domain.value is None else "scalar" if isinstance(domain.value, int | float) else ""


def _common(kinds: set[str]) -> str:
    """The kind of values of these kinds."""
    for kind, wider in (("string", {"string"}), ("scalar", {"string", "scalar"}), ("nullable", SCALARS)):
        if kinds <= wider:
            return kind
    return ""


SCALARS = {"string", "scalar", "nullable"}


def _array(domain: Domain) -> Some | None:
    """The value as an array of any of its items, None where it is none."""
    if isinstance(domain, Some):
        return domain if domain.kind == "array" else None
    if not isinstance(domain.value, list | tuple):
        return None
    size = len(domain.value)
    element = either(map(Known, domain.value)) if size else None
    return Some(Lit(str(domain.value)), kind="array", element=element, least=size, most=size, truth=size > 0)


def _either_array(arrays: list[Some]) -> Some:
    elements = [each.element for each in arrays if each.element is not None]
    most = [each.most for each in arrays]
    truths = {each.truth for each in arrays}
    return Some(
        Alt(tuple(dict.fromkeys(each.text for each in arrays))),
        frozenset().union(*(each.names for each in arrays)),
        "array",
        either(elements) if elements else None,
        min(each.least for each in arrays),
        None if None in most else max(size for size in most if size is not None),
        truth=truths.pop() if len(truths) == 1 else None,
        optional=any(each.optional for each in arrays),
    )


def integer(least: int, most: int | None, names: frozenset[str]) -> Domain:
    """A whole number within bounds, both at least 0: one for each count of digits, as digits alone decide its tokens.

    Each group of up to three ASCII digits is one token in o200k_base and cl100k_base.
    """
    if most is None:
        return opaque(names, "a number without a bound")
    sizes = range(len(str(least)), len(str(most)) + 1)
    texts = [Lit(str(max(least, 10 ** (size - 1) if size > 1 else 0))) for size in sizes]
    return Some(Alt(tuple(texts)), names, "scalar")


def cut(domain: Some, cuts: int, most_tokens: int | None = None) -> Some:
    """A text that is cut out of another: no longer, but with other tokens where it was cut."""
    known = loose_bound(domain.text)
    if most_tokens is not None and (known is None or most_tokens < known[0]):
        return replace(domain, text=Value(most_tokens, domain.names), truth=None)
    tokens, seams = (None, 0) if known is None else known
    return replace(domain, text=Value(tokens, domain.names, "a part of a text", cuts=seams + cuts), truth=None)


def loose_bound(text: Extent) -> tuple[int, int] | None:
    """The tokens that a text has at most but for its seams, and how many of these there are. None without a bound."""
    if isinstance(text, Lit):
        return len(text.text.encode(errors="replace")), 0  # a token is at least one byte
    if isinstance(text, Value):
        return None if text.tokens is None else (text.tokens, text.cuts + 2)
    if isinstance(text, Within):
        return text.tokens, 2
    if isinstance(text, Repeat):
        own = loose_bound(Seq((text.body, Lit(text.separator))))
        return None if own is None or text.most is None else (own[0] * text.most, own[1] * text.most)
    parts: Iterable[Extent]
    if isinstance(text, Blocks):
        parts = [each for join, part in text.parts for each in (Lit(join), part)]
    else:
        parts = text.options if isinstance(text, Alt) else text.parts
    bounds = [loose_bound(part) for part in parts]
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(bounds):
        return None
    if isinstance(text, Alt):
        return max((bound[0] for bound in known), default=0), max((bound[1] for bound in known), default=0)
    return sum(bound[0] for bound in known), sum(bound[1] for bound in known)
