"""The vocabularies that promptkit ships, as `tiktoken.Encoding`s that need no network.

tiktoken downloads a vocabulary when it is first used. Its constructors in `tiktoken_ext.openai_public` define pattern
and special tokens, and take the ranks from the global name `load_tiktoken_bpe`. Here they run with globals of their
own, in which that name is a loader of ours: nothing of tiktoken is patched, and nothing is put in its registry (an
encoding that stands there pickles by name, so that a worker process would download it).

Importing this module does not import tiktoken: that takes 20 to 50 ms, and a render needs none of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType, MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

from promptkit.errors import VocabularyError, did_you_mean
from promptkit.tokens.packed import Packed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import tiktoken

EncodingName = Literal["o200k_base", "cl100k_base", "llama3", "llama4", "qwen2", "qwen3.5", "deepseek_v3", "tekken"]
"""The two that are bundled, and those of `promptkit.tokens.carriers`."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What one shipped vocabulary is known by.

    `packed` is the crc32 of the file beside this module, found in an eighth of the time of a sha256; `tiktoken` is the
    sha256, in hex, of the `.tiktoken` text that it was packed from.
    """

    packed: int
    tiktoken: str


# Printed by scripts/build_vocab.py. Source: gpt-tokenizer 4.0.0, equal to what tiktoken 0.14.0 expects.
VOCABULARIES: Mapping[str, Vocabulary] = MappingProxyType(
    {
        "o200k_base": Vocabulary(
            2310028178,
            "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        ),
        "cl100k_base": Vocabulary(
            1780358338,
            "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        ),
    }
)


@cache
def encoding(name: EncodingName) -> tiktoken.Encoding:
    """The encoding `name` with its whole vocabulary. Takes 150 to 400 ms once a process, then is cached.

    Raises VocabularyError if the packed file is missing or damaged, or if the installed tiktoken defines the encoding
    otherwise than the one that was packed.
    """
    return encoding_of(name, packed(name).ranks())


def encoding_of(name: EncodingName, ranks: dict[bytes, int]) -> tiktoken.Encoding:
    """The encoding `name` with these ranks alone: exact for texts in which no other token of it occurs."""
    import tiktoken  # here: see the module's docstring

    def load(_source: str, expected_hash: str | None = None) -> dict[bytes, int]:
        if expected_hash != VOCABULARIES[name].tiktoken:
            raise VocabularyError(
                f"{name}: tiktoken {tiktoken.__version__} expects another vocabulary than the bundled one; "
                "upgrade promptkit or install an earlier tiktoken"
            )
        return ranks

    return tiktoken.Encoding(**_constructor(name, load)())


def require_bundled(name: str) -> None:
    """Raises VocabularyError for a name that is not bundled."""
    if name not in VOCABULARIES:
        raise VocabularyError(f"no vocabulary '{name}' is bundled{did_you_mean(name, VOCABULARIES)}")


@cache
def packed(name: EncodingName) -> Packed:
    """The packed vocabulary, its file checked. Raises VocabularyError if there is none."""
    require_bundled(name)
    path = Path(__file__).with_name(f"{name}.packed")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise VocabularyError(f"{path}: cannot read the vocabulary: {error.strerror}; reinstall promptkit") from error
    if crc32(content) != VOCABULARIES[name].packed:
        raise VocabularyError(f"{path}: the vocabulary is damaged; reinstall promptkit")
    return Packed(content)


def token_lengths(name: EncodingName) -> bytes:
    """Length in bytes of every token of `name`, by token id."""
    return packed(name).lengths


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


def _constructor(name: str, load: Callable[..., dict[bytes, int]]) -> Callable[[], dict[str, Any]]:
    """tiktoken's constructor of `name`, which calls `load` for its ranks."""
    from tiktoken_ext import openai_public  # type: ignore[import-untyped]  # tiktoken ships it untyped

    original = getattr(openai_public, name, None)
    if not isinstance(original, FunctionType) or "load_tiktoken_bpe" not in original.__code__.co_names:
        raise VocabularyError(f"{name}: the installed tiktoken has no such encoding; install tiktoken 0.13 or later")
    return FunctionType(original.__code__, {**original.__globals__, "load_tiktoken_bpe": load}, name)
