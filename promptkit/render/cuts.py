"""What a rendering leaves out beyond the limits of its blocks, to fit a budget of the whole prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Units:
    """What a block can leave out piece by piece, the first to go first.

    `count` is how many there are. `told` names those from one place to another, the second left out. `sizes` are their
    tokens, nearly: they say where to look, not what is counted. A history's begin with those of the `before` turns
    that its own limits left out, so that the conversation alone decides where its steps are.
    """

    count: int
    told: Callable[[int, int], tuple[str, ...]]
    sizes: Callable[[], list[int]]
    before: int = 0
    turns: bool = False


@dataclass(slots=True)
class Cuts:
    """What to leave out: so many `units` of a block, or the blocks in `gone` as a whole. `found` is what there was."""

    units: Mapping[str, int] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    found: dict[str, Units] = field(default_factory=dict)

    def of(self, block: str, units: Units) -> int:
        """How many of these units to leave out, noting that the block has them."""
        self.found[block] = units
        return min(self.units.get(block, 0), units.count)
