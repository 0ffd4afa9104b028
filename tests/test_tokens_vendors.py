"""Vocabularies of other vendors: which model has which, exact against their makers' own code, parts that add up.

The tests that count need the packages that carry the vocabularies; those that compare need `tokenizers` and the makers'
own packages with all they depend on, which `make test-extras` installs.
"""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptkit.errors import VocabularyError
from promptkit.tokens import carriers, count, split, tokenizer_for
from promptkit.tokens.carriers import CARRIERS, carried_encoding, composed, installed
from promptkit.tokens.encode import encode_foreign

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = list(CARRIERS)
TEXTS = (
    "Hello world, it's 12345678 o'clock",
    "你好,世界。日本語のテキスト、カタカナー。 中文 123 中 文",
    "हिन्दी में लिखा हुआ ไทย العربية עברית 한국어",
    "👩‍👩‍👧🏽🇩🇪 emoji\u200d\u200b\ufeff\x00",
    "def f(x):\n\treturn x  # /*c*/\r\n\r\n\n   \n",
    "e\u0301 a\u0308\u0323 \u212b ﬁ ǅ ªº ½²①٣४",
    "<|endoftext|><|begin_of_text|><|im_start|>[INST]<s>",
    "  5  中 \u3000\u00a0x  \n y",
    "",
)
PIECES = (
    *"aZé中か゛5½ \t\n\r./'-—\u0301\u200d\u3000",
    "'s",
    "the",
    " The",
    "😀",
    "\r\n",
    "123",
    "  ",
    "<|x|>",
    "हिन्दी",
)


def need(name: str) -> None:
    if installed(name) is None:
        pytest.skip(f"{CARRIERS[name].package} is not installed")


def fuzz(seed: int, number: int) -> list[str]:
    draw = random.Random(seed)
    return ["".join(draw.choice(PIECES) for _ in range(draw.randint(1, 40))) for _ in range(number)]


@pytest.mark.parametrize(
    ("model", "vocabulary", "basis"),
    [
        ("llama-3.1-70b-instruct", "llama3", "exact"),
        ("llama3.1:8b", "llama3", "exact"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "llama3", "exact"),
        ("us.meta.llama3-1-70b-instruct-v1:0", "llama3", "exact"),
        ("groq/llama-3.3-70b-versatile", "llama3", "exact"),
        ("llama-3-nemotron-x", "llama3", "assumed"),
        ("llama-3.5-70b", "llama3", "assumed"),
        ("deepseek-r1-distill-llama-70b", "llama3", "assumed"),
        ("meta-llama/llama-4-scout-17b-16e-instruct", "llama4", "exact"),
        ("qwen2.5:7b", "qwen2", "exact"),
        ("Qwen/Qwen3-Coder-480B-A35B-Instruct", "qwen2", "exact"),
        ("qwen3-max", "qwen2", "assumed"),
        ("qwen3.6-27b", "qwen3.5", "assumed"),
        ("deepseek-ai/DeepSeek-V3.2-Exp", "deepseek_v3", "exact"),
        ("deepseek-chat", "deepseek_v3", "assumed"),
        ("mistral-nemo", "tekken", "exact"),
        ("ministral-8b-2410", "tekken", "exact"),
        ("mistral-large-latest", "tekken", "assumed"),
        ("mistral-medium-2508", "tekken", "assumed"),
        ("ollama/llama3.2:3b", "llama3", "exact"),
        ("qwen2.5-coder", "qwen2", "assumed"),
    ],
)
def test_a_model_is_counted_by_its_own_vocabulary_where_that_is_installed(
    model: str, vocabulary: str, basis: str
) -> None:
    need(vocabulary)
    found = tokenizer_for(model)
    assert (found.encoding, found.basis, found.framing.kind, found.method) == (vocabulary, basis, "assumed", None)


@pytest.mark.parametrize(
    "model", ["llama2", "llama-2-70b", "qwen-plus", "deepseek-coder", "mistral-large-2411", "mixtral-8x7b", "claude-4"]
)
def test_a_model_of_another_generation_stays_an_estimate(model: str) -> None:
    assert (tokenizer_for(model).encoding, tokenizer_for(model).basis) == ("o200k_base", "estimate")


def test_without_its_package_a_model_is_an_estimate_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carriers, "find_spec", lambda _: None)
    found = tokenizer_for("llama-3.1-8b")
    assert (found.encoding, found.basis) == ("o200k_base", "estimate")
    assert found.method == "o200k_base proxy, uncalibrated; exact with: pip install llama-models"


def test_a_changed_vocabulary_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.model"
    file.write_bytes(b"YQ== 0\n")
    monkeypatch.setattr(carriers, "installed", lambda _: file)
    with pytest.raises(VocabularyError) as caught:
        carriers.ranks.__wrapped__("llama3")
    assert str(caught.value) == (
        f"{file}: is not the vocabulary llama3 that promptkit was checked with; install another llama-models"
    )


def test_a_missing_vocabulary_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carriers, "find_spec", lambda _: None)
    with pytest.raises(VocabularyError) as caught:
        carriers.ranks.__wrapped__("tekken")
    assert str(caught.value) == "no vocabulary tekken is installed; pip install mistral-common"


@pytest.mark.parametrize("name", NAMES)
def test_no_text_raises_and_special_tokens_are_text(name: Any) -> None:
    need(name)
    assert count("<|endoftext|><|eot_id|><think>", name) > 3
    assert count("\ud83d\ude00 \ud800", name) == count("😀 \ufffd", name)
    assert count("", name) == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("after", ["", "a", "5", "中", "\n", ".", "\u0301"])
def test_a_long_run_of_blanks_has_the_tokens_of_one_piece(name: Any, after: str) -> None:
    need(name)
    text = f"a{' ' * 12}\u3000{after}"
    by = carried_encoding(name)
    assert encode_foreign(text, by, long_run=4) == by.encode_ordinary(text)


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_of_a_text_add_up_to_it(name: Any) -> None:
    need(name)
    draw = random.Random(3)
    for text in (*TEXTS, *fuzz(5, 200)):
        cuts = sorted(draw.randint(0, len(text)) for _ in range(4))
        pieces = [text[start:end] for start, end in pairwise((0, *cuts, len(text)))]
        assert sum(split(pieces, name)) == count(text, name)


@settings(max_examples=300)
@given(st.lists(st.text(st.sampled_from("eao\u0301\u0308\u0323\u1100\u1161\u11a8\u212b\u0344 é"), max_size=4)))
def test_composed_pieces_join_to_the_composed_text(pieces: list[str]) -> None:
    found = composed(pieces)
    assert "".join(found) == normalize("NFC", "".join(pieces))
    assert len(found) == len(pieces)


def test_a_mark_belongs_to_the_piece_of_its_letter() -> None:
    assert composed(["e", "\u0301", "x"]) == ["é", "", "x"]


def check(name: Any, reference: Callable[[str], int]) -> None:
    """The counts of both, over fixed texts, this repository's prompts and random texts."""
    root = Path(__file__).parent.parent
    prompts = [path.read_text("utf-8") for path in sorted(root.glob("promptkit/std/**/*.md"))]
    texts = [*TEXTS, *prompts, *fuzz(11, 2_000)]
    assert [text for text in texts if count(text, name) != reference(text)] == []


def test_llama_counts_are_those_of_its_makers_tokenizer() -> None:
    pytest.importorskip("llama_models.llama3.tokenizer", exc_type=ImportError)
    from llama_models.llama3.tokenizer import Tokenizer as Llama3
    from llama_models.llama4.tokenizer import Tokenizer as Llama4

    for name, made in (("llama3", Llama3.get_instance()), ("llama4", Llama4.get_instance())):

        def reference(text: str, made: Any = made) -> int:
            return len(made.encode(text, bos=False, eos=False, allowed_special=set(), disallowed_special=()))

        check(name, reference)


def test_mistral_counts_are_those_of_its_makers_tokenizer() -> None:
    pytest.importorskip("mistral_common.tokens.tokenizers.tekken", exc_type=ImportError)
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    made = Tekkenizer.from_file(str(installed("tekken")))
    check("tekken", lambda text: len(made.encode(text, bos=False, eos=False)))


def test_deepseek_counts_are_those_of_its_published_tokenizer() -> None:
    need("deepseek_v3")
    tokenizers = pytest.importorskip("tokenizers", exc_type=ImportError)
    made = tokenizers.Tokenizer.from_file(str(installed("deepseek_v3")))
    check("deepseek_v3", lambda text: len(made.encode(text, add_special_tokens=False).ids))


def test_qwen_counts_are_those_of_a_tokenizer_of_another_make() -> None:
    need("qwen2")
    tokenizers = pytest.importorskip("tokenizers", exc_type=ImportError)
    made = tokenizers.Tokenizer.from_str(json.dumps(_hugging_face("qwen2")))
    check("qwen2", lambda text: len(made.encode(text).ids))


def _hugging_face(name: str) -> dict[str, Any]:
    """The vocabulary in Hugging Face's form, its merges found again from the ranks."""
    ranks = carriers.ranks(name)
    alphabet = carriers.byte_alphabet()
    letters = {byte: letter for letter, byte in alphabet.items()}

    def written(token: bytes) -> str:
        return "".join(map(letters.__getitem__, token))

    longer = sorted((rank, token) for token, rank in ranks.items() if len(token) > 1)
    merges = [_last_merge(ranks, token, rank) for rank, token in longer]
    return {
        "version": "1.0",
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split",
                    "pattern": {"Regex": CARRIERS[name].pattern},
                    "behavior": "Isolated",
                    "invert": False,
                },
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
            ],
        },
        "model": {
            "type": "BPE",
            "vocab": {written(token): rank for token, rank in ranks.items()},
            "merges": [[written(left), written(right)] for left, right in merges],
        },
    }


def _last_merge(ranks: dict[bytes, int], token: bytes, rank: int) -> tuple[bytes, bytes]:
    """The two tokens that a token is made of, when only those of lower ranks are known."""
    parts = [token[place : place + 1] for place in range(len(token))]
    while len(parts) > 2:
        known = [(ranks.get(a + b, rank), place) for place, (a, b) in enumerate(pairwise(parts))]
        least, place = min(known)
        assert least < rank
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return parts[0], parts[1]
