"""Token counts on disk, by the hash of the text: what was counted in an earlier run is not encoded again.

Off until a command switches it on. A run that counted something new writes a file of its own, and joins those of
earlier runs to it once they are many. So processes never wait for each other, and one that is killed loses only what it
had not written.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from promptkit import caches
from promptkit.caches import blake2b
from promptkit.tokens.carriers import CARRIERS
from promptkit.tokens.vocabulary import VOCABULARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from promptkit.tokens.vocabulary import EncodingName

ENTRY = struct.Struct("<16sI")  # the hash of a text, its tokens
MAX_COUNTS = 200_000  # of one encoding that a run knows: 4 MB on disk, 30 MB in memory
JOINED = 8  # files of one encoding that become one
PREFIX = "counts-"
MAX_FILES = 4 * JOINED  # of all encodings together
MAX_BYTES = 4 * MAX_COUNTS * ENTRY.size  # 16 MB


class Store:
    """The counts of one encoding: those of earlier runs, and the new ones of this."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder, self._prefix = folder, prefix
        self._known: dict[bytes, int] = {}
        self._new: dict[bytes, int] = {}
        self._sources = [path for path, _ in caches.files(folder, prefix) if path.suffix != caches.UNFINISHED]
        for path in self._sources:
            if len(self._known) < MAX_COUNTS:
                self._known.update(_entries(caches.read(path, MAX_BYTES)))

    def counted(self, texts: Sequence[str], count: Callable[[], Sequence[int]]) -> Sequence[int]:
        """Tokens of each of the consecutive pieces of one text: from disk, else by `count`."""
        keys = _keys(texts)
        if all(key in self._known for key in keys):
            return [self._known[key] for key in keys]
        tokens = count()
        for key, number in zip(keys, tokens, strict=True):
            self._known[key] = self._new[key] = number
        return tokens

    def save(self) -> None:
        """Writes what is new."""
        if not self._new:
            return
        joined = self._sources if len(self._sources) >= JOINED else []
        counts = list((self._known if joined else self._new).items())[-MAX_COUNTS:]
        content = b"".join(ENTRY.pack(*each) for each in counts)
        path = self._folder / f"{self._prefix}{blake2b(content, digest_size=8).hexdigest()}"
        caches.write(path, content, PREFIX, MAX_FILES, MAX_BYTES)
        if joined and caches.read(path, MAX_BYTES) == content:
            for source in joined:
                if source != path:
                    caches.remove(source)
            self._sources = [path]
        self._new = {}


class _Switch:
    """Where the stores are, while they are on."""

    def __init__(self) -> None:
        self.place: tuple[Path, str] | None = None
        self.stores: dict[str, Store] = {}


_switch = _Switch()


def switch_on(folder: Path, world: str) -> None:
    """Counts are looked up in `folder` from now on. `world` names what they rest on beside the text: `caches.world`."""
    _switch.place, _switch.stores = (folder, world), {}


def switch_off() -> None:
    """Writes what is new; from now on nothing is looked up."""
    for store in _switch.stores.values():
        store.save()
    _switch.place, _switch.stores = None, {}


def counted(texts: Sequence[str], name: EncodingName, count: Callable[[], Sequence[int]]) -> Sequence[int]:
    """Tokens of each of the consecutive pieces of one text: from disk if that is on and has them all, else by `count`.

    Only the command line calls it from one thread at a time; with the switch off it is `count`.
    """
    if _switch.place is None:
        return count()
    if name not in _switch.stores:
        folder, world = _switch.place
        vocabulary = VOCABULARIES[name].tiktoken if name in VOCABULARIES else CARRIERS[name].sha256
        own = blake2b(f"{world} {name} {vocabulary}".encode(), digest_size=8).hexdigest()
        _switch.stores[name] = Store(folder, f"{PREFIX}{own}-")
    return _switch.stores[name].counted(texts, count)


def _entries(content: bytes | None) -> Iterator[tuple[bytes, int]]:
    """The entries of a file; none of one whose size shows that it holds something else."""
    if content is not None and len(content) % ENTRY.size == 0:
        yield from ENTRY.iter_unpack(content)


def _keys(texts: Sequence[str]) -> list[bytes]:
    """A key for each piece: of the text where it stands alone, else of all pieces and its place among them."""
    if len(texts) == 1:
        return [blake2b(_bytes(texts[0]), digest_size=16, person=b"whole").digest()]
    pieces = blake2b(digest_size=16, person=b"pieces")
    for raw in map(_bytes, texts):
        pieces.update(len(raw).to_bytes(8, "little") + raw)
    whole = pieces.digest()
    return [
        blake2b(whole + n.to_bytes(4, "little"), digest_size=16, person=b"piece").digest() for n in range(len(texts))
    ]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
