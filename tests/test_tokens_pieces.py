"""Encoding without the whole vocabulary. The reference is `encoding(name).encode_ordinary`, which has all of it."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_tokens_cuts import NAMES, names, texts

from promptkit.tokens.cuts import may_cut
from promptkit.tokens.encode import AN_ENCODING, PIECES_KEPT, Codec
from promptkit.tokens.pieces import PIECES, foreign, is_plain, merged, tokens_within
from promptkit.tokens.vocabulary import EncodingName, encoding, packed

PLAIN = [char for char in map(chr, range(0x3000)) if is_plain(char)]
ROOT = Path(__file__).parent.parent

words = [
    "don't",
    "I'LL",
    "x'S",
    "naïve",
    "ÉCOLE's",
    "HELLOworld",
    " the",
    "==>",
    "//",
    "1234",
    "“",
    "—",
    "\r\n",
    "\n\n",
    "  ",
]
plain_texts = st.lists(st.sampled_from(words) | st.sampled_from(PLAIN), max_size=20).map("".join)
odd_words = [
    "中文",
    "हिंदी",
    " русский",
    "čšž",
    "ſ",
    "'ſ",
    "K",
    "e\u0301",
    "½",
    "\xa0",
    "\u2028",
    "👩\u200d👩",
    "\ud800",
    "\ud83d\ude00",
]
mixed_texts = st.lists(plain_texts | st.sampled_from(odd_words) | texts, max_size=6).map("".join)
lookups = st.sampled_from([100, AN_ENCODING + 300, 2 * AN_ENCODING + 600, 10**9])  # loads the rest early, late, never


def tokens(text: str, name: EncodingName) -> list[int]:
    return encoding(name).encode_ordinary(text)


def test_plain_characters_have_the_properties_that_the_patterns_name() -> None:
    assert len(PLAIN) > 500
    for char in PLAIN:
        kind = unicodedata.category(char)
        letter = kind in ("Lu", "Ll")
        assert letter or char in "0123456789\t\n\x0b\x0c\r " or kind[0] in "PSC", hex(ord(char))
        upper, lower = (len(PIECES["o200k_base"](f"A{char}{end}")) == 1 for end in "Aa")
        assert (upper, lower) == (kind == "Lu", letter), hex(ord(char))


@pytest.mark.parametrize("name", NAMES)
def test_every_plain_character_is_encoded_as_tiktoken_does(name: EncodingName) -> None:
    codec = Codec(name, lookups=10**9)
    for char in PLAIN:
        for text in (char, f"a{char}b", f"A{char}b", f" {char}'s", f"}}{char}{char}\n/{char}", f"1{char}2 {char} "):
            assert codec.encode(text) == tokens(text, name), repr(text)


@pytest.mark.parametrize("name", NAMES)
def test_every_short_text_of_plain_characters_is_cut_as_tiktoken_does(name: EncodingName) -> None:
    codec = Codec(name, lookups=10**9)
    classes = ("\n", "\r", " ", "\t", "\x1c", "/", "}", "'", "s", "a", "L", "1", "é", "É", "—")
    every = ["".join(word) for size in range(5) for word in product(classes, repeat=size)]
    assert [text for text in every if codec.encode(text) != tokens(text, name)] == []


@settings(max_examples=500, deadline=None)
@given(given_texts=st.lists(plain_texts | mixed_texts, max_size=5), room=lookups, name=names)
@example(given_texts=["a 中", "中 b", "a 文"], room=10**9, name="o200k_base")
def test_texts_have_their_tokens_with_few_ranks_and_with_all(
    given_texts: list[str], room: int, name: EncodingName
) -> None:
    codec = Codec(name, room)
    for text in given_texts:
        expected = tokens(text, name)
        assert codec.encode(text) == expected
        assert codec.size(text) == len(expected)


@settings(max_examples=500, deadline=None)
@given(text=mixed_texts, name=names)
@example(text="x\n 中", name="o200k_base")
@example(text="a " + "\n \n" * 60 + "中", name="o200k_base")
def test_foreign_parts_hold_all_that_is_not_plain_and_are_cut_exactly(text: str, name: EncodingName) -> None:
    done = 0
    for start, end in foreign(text):
        assert done <= start < end
        assert is_plain(text[done:start])
        assert not is_plain(text[start:end])
        assert start == done or may_cut(text[:start], text[start:], name)
        assert end == len(text) or may_cut(text[:end], text[end:], name)
        done = end
    assert is_plain(text[done:])


def test_a_foreign_part_is_a_word_or_some() -> None:
    text = "A word: 中文, 中 文.\nNext line\n\nis\tplain हिंदी\nand ends"
    assert [text[start:end] for start, end in foreign(text)] == [" 中文, 中 文.\n", " हिंदी\n"]


@settings(max_examples=500, deadline=None)
@given(piece=st.binary(min_size=1, max_size=30) | st.text(min_size=1, max_size=20).map(str.encode), name=names)
def test_merging_a_piece_is_what_tiktoken_does(piece: bytes, name: EncodingName) -> None:
    rank = packed(name).rank(piece)
    found = merged(piece, packed(name).rank) if rank is None else (rank,)
    assert list(found) == encoding(name)._encode_single_piece(piece)


@settings(max_examples=200, deadline=None)
@given(text=(mixed_texts | plain_texts).map(lambda text: text.encode("utf-8", "replace")), name=names)
def test_the_tokens_within_a_text_are_found(text: bytes, name: EncodingName) -> None:
    ranks = encoding(name)._mergeable_ranks
    spans = ((start, end) for end in range(1, len(text) + 1) for start in range(max(0, end - 128), end))
    every = {text[start:end] for start, end in spans}
    assert tokens_within(text, packed(name).rank) == every & ranks.keys()


def test_pieces_are_kept_up_to_a_number() -> None:
    codec = Codec("o200k_base", lookups=10**9)
    text = " ".join(map("{:017b}".format, range(PIECES_KEPT + 1_000))).translate(str.maketrans("01", "yz"))
    assert codec.size(text) == len(tokens(text, "o200k_base"))
    assert 900 < len(codec) <= PIECES_KEPT


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", ["-", "ab", "─", " ", "\r\n", "e\u0301"])
def test_long_pieces_have_their_tokens(unit: str, name: EncodingName) -> None:
    for size in (40, 83, 84, 249, 250, 251, 4_000):
        assert Codec(name).encode("x " + unit * size) == tokens("x " + unit * size, name)


def test_threads_may_encode_with_few_ranks() -> None:
    codec = Codec("o200k_base", lookups=10**9)
    work = [f"naïve {chr(0x4E00 + i)}文 word{i} {chr(0x400 + i % 90)}" for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(codec.encode, work)) == [tokens(text, "o200k_base") for text in work]


def test_counting_one_prompt_loads_no_whole_vocabulary() -> None:
    program = (
        "import sys\n"
        "from promptkit.tokens import count, split\n"
        "from promptkit.tokens.vocabulary import encoding\n"
        "text = open('templates/blocks/instructions/route-ticket.md', encoding='utf-8').read()\n"
        "assert count(text, 'o200k_base') == sum(split(text.splitlines(True), 'o200k_base')) > 50\n"
        "assert count('Déjà vu — “naïve” café', 'cl100k_base')\n"
        "assert 'tiktoken' not in sys.modules\n"
        "assert count('中文 and русский', 'o200k_base')\n"
        "assert encoding.cache_info().currsize == 0\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
