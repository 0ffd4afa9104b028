"""A packed vocabulary: one file that gives all ranks at once, or the rank of one token without reading the others.

Its form, little-endian:

    u32 n, the number of tokens
    u32 the bytes of all tokens
    n length bytes
    the tokens' bytes, in rank order
    u32 where each EVERY-th token starts among them
    slots of 3 bytes, a power of two of them: rank + 1, or 0 for none

A token stands in the slot of its crc32, modulo their number, or in the first free one after it.
"""

from __future__ import annotations

import struct
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable

EVERY = 64
_HEAD = struct.Struct("<II")
_SLOT = 3


class Packed:
    """The vocabulary in `content`, which is taken to be whole: whoever read it checked it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._size, width = _HEAD.unpack_from(content)
        self._tokens = _HEAD.size + self._size
        self._starts = struct.Struct("<I")
        self._places = self._tokens + width
        self._slots = self._places + 4 * -(-self._size // EVERY)
        self._mask = (len(content) - self._slots) // _SLOT - 1

    @cached_property
    def lengths(self) -> bytes:
        """Length in bytes of every token, by rank."""
        return self._content[_HEAD.size : self._tokens]

    def rank(self, token: bytes) -> int | None:
        """The token's rank; None where the vocabulary has no such token."""
        content, lengths = self._content, self.lengths
        slot = crc32(token) & self._mask
        while True:
            place = self._slots + _SLOT * slot
            rank = int.from_bytes(content[place : place + _SLOT], "little") - 1
            if rank < 0:
                return None
            if lengths[rank] == len(token) and content.startswith(token, self._start(rank)):
                return rank
            slot = (slot + 1) & self._mask

    def ranks(self) -> dict[bytes, int]:
        """Rank by token, of all of them."""
        content = self._content
        ends = accumulate(self.lengths, initial=self._tokens)
        return {content[start:end]: rank for rank, (start, end) in enumerate(pairwise(ends))}

    def _start(self, rank: int) -> int:
        whole, rest = divmod(rank, EVERY)
        (start,) = self._starts.unpack_from(self._content, self._places + 4 * whole)
        return int(self._tokens + start + sum(self.lengths[rank - rest : rank]))


def pack(tokens: Iterable[bytes]) -> bytes:
    """The packed form of tokens in rank order. At least every second slot stays free."""
    tokens = list(tokens)
    lengths = bytes(map(len, tokens))
    starts = list(accumulate(lengths, initial=0))
    slots = [0] * (1 << (2 * len(tokens)).bit_length())
    for rank, token in enumerate(tokens):
        slot = crc32(token) % len(slots)
        while slots[slot]:
            slot = (slot + 1) % len(slots)
        slots[slot] = rank + 1
    return b"".join(
        (
            _HEAD.pack(len(tokens), starts[-1]),
            lengths,
            *tokens,
            struct.pack(f"<{-(-len(tokens) // EVERY)}I", *starts[:-1:EVERY]),
            *(each.to_bytes(_SLOT, "little") for each in slots),
        )
    )
