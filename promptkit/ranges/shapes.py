"""Token bounds of the texts of an extent, exact wherever a text can be cut for sure.

A text is a row of regions. What stands before a sure cut and what stands after it have the tokens that they have alone,
whatever is next to them, so only a region that holds a free value is uncertain: it has at least one token, and at most
those of its value and of its texts, and SEAM for each place where they meet.

SEAM is measured, not proved: the tokens of two texts do not add up to within any constant, as byte pair encoding merges
over the place where they meet. Measured 2026-11-24 in o200k_base and cl100k_base, 2,475,000 pairs of a short text and a
value made to be awkward (rare tokens, repeated, digits, blanks, punctuation, several scripts): at most 5 tokens more
than apart, and each token more about ten times as rare. SEAM leaves a margin over that.
A numeral behind a numeral is the exception, as these are taken in threes from the first on: NUMERALS bounds it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promptkit.template.extents import Alt, Blocks, Lit, Repeat, Value, Within
from promptkit.tokens import count
from promptkit.tokens.cuts import may_cut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptkit.errors import Span
    from promptkit.template.extents import Extent
    from promptkit.tokens.vocabulary import EncodingName

SEAM = 8  # tokens allowed for each place where a value meets other text
NUMERALS = 12  # a run of n numerals has at least n/3 tokens, and at most as many as bytes: 4n
WINDOW = 256  # characters of a line that are looked at for a sure cut before it
MAX_PAIRS = 256  # ways in which two texts can meet that are told apart
MAX_SHAPES = 64  # ways to begin and end that are told apart

# Sure cuts beside rules L and W of promptkit.tokens.cuts, in ASCII: no part of a pattern holds a digit and anything
# else, and none a letter before punctuation other than an apostrophe. A digit after white space is no sure cut: how the
# white space is cut depends on whether something follows it.
_SURE = re.compile(r"(?<=[0-9])(?=[\x00-/:-\x7f])|(?<=[!-/:-~])(?=[0-9])|(?<=[A-Za-z])(?=[!-&(-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why there is no upper bound: an input, or None where no input is to blame, and what it lacks.

    `span` is the place of the input, or of the prompt, in what `token_range` gives.
    """

    name: str | None
    why: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and most tokens; `slack` is what of `most` allows for seams. `most` is None for `reasons`."""

    least: int = 0
    most: int | None = 0
    slack: int = 0
    reasons: frozenset[Reason] = frozenset()

    def __add__(self, other: Bounds) -> Bounds:
        most = None if self.most is None or other.most is None else self.most + other.most
        return Bounds(self.least + other.least, most, self.slack + other.slack, self.reasons | other.reasons)

    def __or__(self, other: Bounds) -> Bounds:
        """Of either."""
        if self.most is None or other.most is None:
            most, slack = None, max(self.slack, other.slack)
        else:
            most, slack = max((self.most, self.slack), (other.most, other.slack))
        return Bounds(min(self.least, other.least), most, slack, self.reasons | other.reasons)


NOTHING = Bounds()


@dataclass(frozen=True, slots=True)
class Region:
    """Texts between two sure cuts: `left`, and where there is an `inner`, free text of these bounds and `right`.

    `free` says that the inner text may begin with any character; its values have at most `base` tokens when apart.
    """

    left: str
    inner: Bounds | None = None
    right: str = ""
    free: bool = True
    base: int = 0

    def bounds(self, name: EncodingName) -> Bounds:
        """Tokens of the region by itself."""
        if self.inner is None:
            tokens = count(self.left, name)
            return Bounds(tokens, tokens)
        seams = SEAM * (bool(self.left) + bool(self.right))
        inner = self.inner
        if self.free and self.left and unicodedata.category(self.left[-1]).startswith("N"):
            inner = _behind_numeral(inner, self.base)
        known = count(self.left, name) + count(self.right, name)
        most = None if inner.most is None else inner.most + known + seams
        alone = inner.least if not self.left and not self.right else 1
        return Bounds(alone, most, inner.slack + seams, inner.reasons)

    @property
    def key(self) -> tuple[str, str, bool, bool]:
        """What the cuts with its neighbours depend on."""
        return self.left, self.right, self.inner is None, self.free


def _behind_numeral(inner: Bounds, base: int) -> Bounds:
    """The bounds where the numerals that the text begins with are taken in other threes."""
    if inner.most is None:
        return inner
    return replace(inner, most=inner.most + NUMERALS * base, slack=inner.slack + NUMERALS * base)


@dataclass(frozen=True, slots=True)
class Shape:
    """Texts that begin and end alike: the first region, what is between, and the last region, None where it is one."""

    first: Region
    between: Bounds = NOTHING
    last: Region | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it is the empty text."""
        return self.last is None and self.first.inner is None and not self.first.left


BLANK = frozenset({Shape(Region(""))})


class Shapes:
    """The shapes that texts can have, and what is made of them; for one encoding."""

    def __init__(self, name: EncodingName) -> None:
        self.name = name
        self._of: dict[Extent, frozenset[Shape]] = {}
        self._met: dict[tuple[Region, Region], tuple[Region, Bounds, Region | None]] = {}

    def of(self, extent: Extent) -> frozenset[Shape]:
        """The shapes of an extent's texts; none where it has no text."""
        found = self._of.get(extent)
        if found is None:
            found = self._of[extent] = self._shapes(extent)
        return found

    def _shapes(self, extent: Extent) -> frozenset[Shape]:
        if isinstance(extent, Lit):
            return frozenset({self._text(extent.text)})
        if isinstance(extent, Value):
            return _value(extent)
        if isinstance(extent, Alt):
            return self.merged(shape for option in extent.options for shape in self.of(option))
        if isinstance(extent, Repeat):
            return self._repeated(extent)
        if isinstance(extent, Within):
            return self._within(self.of(extent.body), extent.tokens)
        found = BLANK
        if isinstance(extent, Blocks):
            for join, part in extent.parts:
                found = self.added(found, join, self.of(part))
            return found
        for part in extent.parts:
            found = self.joined(found, self.of(part))
        return found

    def added(self, left: frozenset[Shape], join: str, right: frozenset[Shape]) -> frozenset[Shape]:
        """The left texts, and where neither is empty the join, and the right texts."""
        texts = frozenset(shape for shape in right if not shape.is_empty)
        found = [shape for shape in left if right - texts]
        starts = frozenset(shape for shape in left if shape.is_empty)
        found += self.joined(starts, texts)
        if starts != left:
            found += self.joined(self.joined(left - starts, self.of(Lit(join))), texts)
        return self.merged(found)

    def bounds(self, shape: Shape) -> Bounds:
        """Tokens of texts of a shape."""
        found = self._bounds(shape.first) + shape.between
        return found if shape.last is None else found + self._bounds(shape.last)

    def _bounds(self, region: Region) -> Bounds:
        return region.bounds(self.name)

    def joined(self, left: frozenset[Shape], right: frozenset[Shape]) -> frozenset[Shape]:
        """Any of the left followed by any of the right."""
        if len(left) * len(right) > MAX_PAIRS:
            left, right = self._coarse(left), self._coarse(right)
        return self.merged(self._join(one, other) for one in left for other in right)

    def merged(self, shapes: Iterable[Shape]) -> frozenset[Shape]:
        """The shapes with those that begin and end alike as one, few enough to go on with."""
        found: dict[object, Shape] = {}
        for shape in shapes:
            key = (shape.first.key, None if shape.last is None else shape.last.key)
            known = found.get(key)
            found[key] = shape if known is None else _either(known, shape)
        return self._coarse(found.values()) if len(found) > MAX_SHAPES else frozenset(found.values())

    def _coarse(self, shapes: Iterable[Shape]) -> frozenset[Shape]:
        """At most three shapes: the empty text, those of one region, those of several."""
        found: dict[object, Shape] = {}
        for shape in shapes:
            if not shape.is_empty:
                last = None if shape.last is None else self._blurred(shape.last)
                shape = Shape(self._blurred(shape.first), shape.between, last)
            key = (shape.is_empty, shape.last is None)
            known = found.get(key)
            found[key] = shape if known is None else _either(known, shape)
        return frozenset(found.values())

    def _blurred(self, region: Region) -> Region:
        """A region of which only the bounds are known."""
        free = not region.left or not region.left[0].isascii()
        bounds = self._bounds(region)
        return Region("", bounds, "", free, (bounds.most or 0) if free else 0)

    def _join(self, one: Shape, other: Shape) -> Shape:
        if one.is_empty:
            return replace(other, between=one.between + other.between)
        if other.is_empty:
            return replace(one, between=one.between + other.between)
        left, inner, right = self._meeting(one.first if one.last is None else one.last, other.first)
        rows = [left] if right is None else [left, right]
        if one.last is not None:
            rows.insert(0, one.first)
        if other.last is not None:
            rows.append(other.last)
        between = one.between + inner + other.between
        for region in rows[1:-1]:
            between += self._bounds(region)
        return Shape(rows[0], between, rows[-1] if len(rows) > 1 else None)

    def _meeting(self, one: Region, other: Region) -> tuple[Region, Bounds, Region | None]:
        """Two neighbouring regions: the first of what they make, what is between, the last where there are several."""
        found = self._met.get((one, other))
        if found is None:
            rows = self._meet(one, other)
            between = sum((self._bounds(region) for region in rows[1:-1]), NOTHING)
            found = self._met[one, other] = (rows[0], between, rows[-1] if len(rows) > 1 else None)
        return found

    def _meet(self, one: Region, other: Region) -> list[Region]:
        """Two neighbouring regions as regions between the sure cuts that there are now."""
        text = (one.left if one.inner is None else one.right) + other.left
        rows = [Region(part) for part in self._parts(text)]
        if one.inner is None and other.inner is None:
            return rows
        if len(rows) > 1 or one.inner is None or other.inner is None:
            start, end = rows[0].left, rows[-1].left
            if one.inner is not None:
                rows[0] = replace(one, right=start)
            if other.inner is not None:
                rows[-1] = replace(other, left=end) if len(rows) > 1 or one.inner is None else rows[-1]
            return rows
        return [self._fused(one, text, other)]

    def _fused(self, one: Region, text: str, other: Region) -> Region:
        """Two free texts with no sure cut between them, as one."""
        assert one.inner is not None
        second = Region(text, other.inner, "", other.free, other.base).bounds(self.name)
        if not text and other.free:
            second = _behind_numeral(second, other.base)
        inner = replace(one.inner, least=1) + second + Bounds(0, SEAM, SEAM)
        base = one.base + count(text, self.name) + other.base
        return Region(one.left, replace(inner, least=1), other.right, one.free, base)

    def _text(self, text: str) -> Shape:
        parts = self._parts(text)
        between = NOTHING
        for part in parts[1:-1]:
            tokens = count(part, self.name)
            between += Bounds(tokens, tokens)
        return Shape(Region(parts[0]), between, Region(parts[-1]) if len(parts) > 1 else None)

    def _parts(self, text: str) -> list[str]:
        """The text cut at its first and its last sure cut."""
        first = next((k for k in range(1, len(text)) if self._sure(text, k)), None)
        if first is None:
            return [text]
        last = next(k for k in range(len(text) - 1, 0, -1) if self._sure(text, k))
        return [text[:first], text[last:]] if first == last else [text[:first], text[first:last], text[last:]]

    def _sure(self, text: str, place: int) -> bool:
        """Whether the text can be cut at `place`, whatever stands around it."""
        before = text[place - 1]
        if before == "\n" or text[place] in " \t":
            return may_cut(before, text[place : place + WINDOW], self.name)
        return _SURE.match(text, place) is not None

    def _within(self, shapes: frozenset[Shape], tokens: int) -> frozenset[Shape]:
        """The shapes of texts that keep a limit."""
        found = []
        for shape in shapes:
            bounds = self.bounds(shape)
            if bounds.least > tokens:
                continue
            if bounds.most is not None and bounds.most <= tokens:
                found.append(shape)
            elif shape.last is not None and shape.first.inner is None and shape.last.inner is None:
                ends = self._bounds(shape.first).least + self._bounds(shape.last).least
                found.append(replace(shape, between=Bounds(shape.between.least, tokens - ends)))
            else:
                found.append(Shape(Region("", Bounds(bounds.least, tokens), base=tokens)))
        return self.merged(found)

    # -- Repetitions

    def _repeated(self, extent: Repeat) -> frozenset[Shape]:
        body = self.of(extent.body)
        if extent.most == 0 or not body:
            return BLANK if extent.least == 0 else frozenset()
        rest = self.joined(self.of(Lit(extent.separator)), body)
        if extent.most is None:
            some = Value(None, extent.names, extent.why)
            more = self.joined(self.joined(rest, self.of(some)), rest)
            found = self.merged([*body, *self.joined(body, rest), *self.joined(body, more)])
        else:
            found = self.joined(body, self._up_to(rest, extent.most - 1))
        return found if extent.least else self.merged([*BLANK, *found])

    def _up_to(self, shapes: frozenset[Shape], times: int) -> frozenset[Shape]:
        """The shapes up to so many times, by doubling."""
        found = BLANK
        once = self.merged([*BLANK, *shapes])
        for bit in f"{times:b}":
            found = self.joined(found, found)
            if bit == "1":
                found = self.joined(found, once)
        return found


def _value(value: Value) -> frozenset[Shape]:
    empty = [Shape(Region(""))] if value.empty or value.tokens == 0 else []
    if value.tokens == 0:
        return frozenset(empty)
    slack = 0 if value.tokens is None else SEAM * value.cuts
    most = None if value.tokens is None else value.tokens + slack
    names: Iterable[str | None] = sorted(value.names) or [None]
    reasons = frozenset(Reason(name, value.why) for name in names) if most is None else frozenset()
    return frozenset([*empty, Shape(Region("", Bounds(1, most, slack, reasons), base=most or 0))])


def _either(one: Shape, other: Shape) -> Shape:
    last = None
    if one.last is not None and other.last is not None:
        last = _either_region(one.last, other.last)
    return Shape(_either_region(one.first, other.first), one.between | other.between, last)


def _either_region(one: Region, other: Region) -> Region:
    if one.inner is None or other.inner is None:
        return one
    base = max(one.base, other.base)
    return replace(one, inner=one.inner | other.inner, free=one.free or other.free, base=base)
