"""The budget of one prompt's rendering: steps for work, caps for sizes."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from typing import NoReturn, TypeVar

from promptkit.errors import LimitError, TemplateError
from promptkit.messages import Media

MAX_STEPS = 500_000
MAX_CHARS = 10_000_000
MAX_DEPTH = 80  # calls, includes and loops within one another; Python's own limit is 1,000 frames
MAX_DIGITS = 4_300  # of an integer; where Python itself refuses to print one
MAX_BITS = 14_284  # the bits of MAX_DIGITS digits
CHARS_A_STEP = 64  # 10,000,000 characters cost 156,250 steps
CHARS_A_SCAN = 1024  # comparing and searching move no memory
ITEMS_A_STEP = 4

T = TypeVar("T")

REPR = 10  # the most that a character takes in a list that is printed: `\\U000e0001`
COUNTED = 256  # steps are taken from the budget that many at once
COLLECTIONS = (list, tuple, Sequence, set, frozenset, KeysView, ValuesView, ItemsView)
SCALARS = (str, int, float, bool, type(None), bytes)


class Meter:
    """Counts what one prompt's rendering costs, over all its templates. Not for use by two threads at once.

    One step is about a microsecond: a loop round, a call, a filter, a test. A computed string costs a step for
    every 64 characters. LimitError when `steps` are used up or when one value grows past its cap.
    """

    __slots__ = ("depth", "left", "steps")

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.steps = steps
        self.left = steps
        self.depth = 0

    def spend(self, steps: int) -> None:
        """Takes `steps` from the budget."""
        self.left -= steps
        if self.left < 0:
            self.fail()

    def tick(self, steps: int = 1) -> bool:
        """One step, or several. Always True, so that an expression can hold it."""
        self.left -= steps
        if self.left < 0:
            self.fail()
        return True

    def fail(self) -> NoReturn:
        """The budget is used up."""
        raise LimitError(f"rendering takes more than {self.steps:,} steps; shorten its loops or its texts")

    def room(self, chars: int) -> None:
        """Pays for a string of `chars` characters that is about to be computed."""
        if chars > MAX_CHARS:
            raise LimitError(f"a text of {chars:,} characters; at most {MAX_CHARS:,} can be computed")
        self.spend(1 + chars // CHARS_A_STEP)

    def items(self, count: int) -> None:
        """Pays for a sequence of `count` items that is about to be walked or built."""
        if count > MAX_CHARS // 10:
            raise LimitError(f"a sequence of {count:,} items; at most {MAX_CHARS // 10:,} can be computed")
        self.spend(1 + count // ITEMS_A_STEP)

    def walk(self, values: Iterable[T]) -> Iterator[T]:
        """`values`, each for one step."""
        for value in values:
            self.tick()
            yield value

    def enter(self) -> None:
        """One call or include deeper; `leave` undoes it."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise LimitError(f"calls and includes within one another more than {MAX_DEPTH} deep")

    def leave(self) -> None:
        """One call or include less deep."""
        self.depth -= 1

    def text(self, value: object) -> str:
        """`value` as it prints, measured before it is built."""
        if not isinstance(value, SCALARS):
            self.weigh(value)
        elif isinstance(value, int) and value.bit_length() > MAX_BITS:
            raise LimitError(f"an integer of more than {MAX_DIGITS:,} digits")
        printed = str(value)
        self.room(len(printed))
        return printed

    def weigh(self, value: object, escaped: int = 10) -> int:
        """Characters of `value` printed, estimated from above for data, and paid for; no more than the cap.

        Shared parts count each time, for so they print and compare. A character that does not print takes up to
        `escaped` characters.
        """
        total = count = 0
        stack: list[object] = [value]
        pop, extend = stack.pop, stack.extend
        while stack:
            item = pop()
            kind = type(item)
            count += 1
            if kind is str:
                assert isinstance(item, str)
                plain = item.isprintable() if escaped == REPR else item.isascii()
                total += (len(item) if plain else escaped * len(item)) + 2
            elif kind is float or kind is bool or item is None:
                total += 24
            elif kind is int:
                assert isinstance(item, int)
                total += item.bit_length() // 3 + 2
            elif kind is dict or isinstance(item, Mapping):
                assert isinstance(item, Mapping)
                self.items(len(item))
                extend(item)
                extend(item.values())
                total += 4 * len(item) + 2
            else:
                total += self._weigh_other(item, stack, escaped)
            if count == COUNTED or total > MAX_CHARS:
                self.spend(count)
                count = 0
                if total > MAX_CHARS:
                    self.room(total)
        self.spend(count + total // CHARS_A_SCAN)
        return total

    def _weigh_other(self, item: object, stack: list[object], escaped: int) -> int:
        """The characters of `item` itself; what is in it goes to `stack`."""
        if isinstance(item, (str, bytes)):
            return escaped * len(item) + 2
        if isinstance(item, COLLECTIONS) and not isinstance(item, range):
            self.items(len(item))
            stack.extend(item)
            return 2 * len(item) + 2
        if isinstance(item, int):
            return item.bit_length() // 3 + 2
        if isinstance(item, Media):
            name = " ".join(item.inputs)
            raise TemplateError(f"'{name}' is an {item.type}, which no text can hold; use a media block")
        attributes = getattr(item, "_Namespace__attrs", None)
        if isinstance(attributes, dict):
            stack.append(attributes)
        return 24
