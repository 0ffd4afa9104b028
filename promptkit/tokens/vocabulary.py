"""The vocabularies that promptkit ships, as `tiktoken.Encoding`s that need no network.

tiktoken downloads a vocabulary when it is first used. Its constructors in `tiktoken_ext.openai_public` define pattern
and special tokens, and take the ranks from the global name `load_tiktoken_bpe`. Here they run with globals of their
own, in which that name is a loader of ours: nothing of tiktoken is patched, and nothing is put in its registry (an
encoding that stands there pickles by name, so that a worker process would download it).

Importing this module does not import tiktoken: that takes 20 to 50 ms, and a render needs none of it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from types import FunctionType, MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from promptkit.errors import VocabularyError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import tiktoken

EncodingName = Literal["o200k_base", "cl100k_base"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Hashes of one shipped vocabulary, in hex.

    `packed` is of the file beside this module, `tiktoken` of the `.tiktoken` text that it was packed from.
    """

    packed: str
    tiktoken: str


# Printed by scripts/build_vocab.py. Source: gpt-tokenizer 4.0.0, equal to what tiktoken 0.14.0 expects.
VOCABULARIES: Mapping[str, Vocabulary] = MappingProxyType(
    {
        "o200k_base": Vocabulary(
            "ba55b38e477b631966c2496061ecd7d10108501c7c47358222d9dc27c22f9422",
            "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        ),
        "cl100k_base": Vocabulary(
            "79045c4dbf49c4e3b90893afbcbfd80cf94cf2b99256bd84b19ffcace49d9bd2",
            "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        ),
    }
)


@cache
def encoding(name: EncodingName) -> tiktoken.Encoding:
    """The encoding `name`, from the packed vocabulary. Loads once a process, then is cached.

    Raises VocabularyError if the packed file is missing or damaged, or if the installed tiktoken defines the encoding
    otherwise than the one that was packed.
    """
    require_bundled(name)
    import tiktoken  # here: see the module's docstring

    def load(_source: str, expected_hash: str | None = None) -> dict[bytes, int]:
        if expected_hash != VOCABULARIES[name].tiktoken:
            raise VocabularyError(
                f"{name}: tiktoken {tiktoken.__version__} expects another vocabulary than the bundled one; "
                "upgrade promptkit or install an earlier tiktoken"
            )
        return ranks(packed(name))

    return tiktoken.Encoding(**_constructor(name, load)())


def require_bundled(name: str) -> None:
    """Raises VocabularyError for a name that is not bundled."""
    if name not in VOCABULARIES:
        raise VocabularyError(f"no vocabulary '{name}' is bundled{did_you_mean(name, VOCABULARIES)}")


@cache
def token_lengths(name: EncodingName) -> bytes:
    """Length in bytes of every token of `name`, by token id."""
    content = packed(name)
    return content[4 : 4 + _size(content)]


def packed(name: EncodingName) -> bytes:
    """Content of the packed vocabulary, checked against its hash."""
    path = Path(__file__).with_name(f"{name}.packed")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise VocabularyError(f"{path}: cannot read the vocabulary: {error.strerror}; reinstall promptkit") from error
    if sha256(content).hexdigest() != VOCABULARIES[name].packed:
        raise VocabularyError(f"{path}: the vocabulary is damaged; reinstall promptkit")
    return content


def ranks(content: bytes) -> dict[bytes, int]:
    """Rank by token of a packed vocabulary: `[u32 n][n length bytes][the tokens' bytes in rank order]`."""
    size = _size(content)
    ends = accumulate(content[4 : 4 + size], initial=4 + size)
    return {content[start:end]: rank for rank, (start, end) in enumerate(pairwise(ends))}


def expected_sha256(name: str) -> str:
    """sha256 that the installed tiktoken expects of its `.tiktoken` file for `name`. Needs no network."""
    expected: list[str | None] = []

    def record(_source: str, expected_hash: str | None = None) -> dict[bytes, int]:
        expected.append(expected_hash)
        return {}

    _constructor(name, record)()
    if len(expected) != 1 or expected[0] is None:
        raise VocabularyError(f"{name}: the installed tiktoken does not say which vocabulary it expects")
    return expected[0]


def _size(content: bytes) -> int:
    """Number of tokens in a packed vocabulary."""
    return cast("int", struct.unpack_from("<I", content)[0])


def _constructor(name: str, load: Callable[..., dict[bytes, int]]) -> Callable[[], dict[str, Any]]:
    """tiktoken's constructor of `name`, which calls `load` for its ranks."""
    from tiktoken_ext import openai_public  # type: ignore[import-untyped]  # tiktoken ships it untyped

    original = getattr(openai_public, name, None)
    if not isinstance(original, FunctionType) or "load_tiktoken_bpe" not in original.__code__.co_names:
        raise VocabularyError(f"{name}: the installed tiktoken has no such encoding; install tiktoken 0.13 or later")
    return FunctionType(original.__code__, {**original.__globals__, "load_tiktoken_bpe": load}, name)
