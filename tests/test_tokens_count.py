"""The reference here is `encoding(name).encode_ordinary`; test_tokens_vocabulary shows that it is tiktoken's own."""

from __future__ import annotations

from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_tokens_cuts import NAMES, names, texts

from promptkit.errors import VocabularyError
from promptkit.tokens import count, split
from promptkit.tokens.counts import MEMO_TEXT, Memo
from promptkit.tokens.encode import LONG_RUN, encode, encode_foreign, repaired, size
from promptkit.tokens.vocabulary import EncodingName, encoding, packed

any_text = st.text(st.characters(exclude_categories=[]), max_size=40)  # lone surrogates included


@pytest.mark.parametrize(
    ("text", "o200k", "cl100k"),
    [
        pytest.param("", 0, 0, id="nothing"),
        pytest.param("hello world", 2, 2, id="two words"),
        pytest.param("<|endoftext|>", 7, 7, id="a special token is text"),
        pytest.param("<|im_start|>system", 7, 7, id="chat markup is text"),
        pytest.param("\ud800", 1, 1, id="a lone surrogate is U+FFFD"),
        pytest.param("\ud83d\ude00", 1, 2, id="a surrogate pair is one character"),
    ],
)
def test_counts_known_texts(text: str, o200k: int, cl100k: int) -> None:
    assert (count(text, "o200k_base"), count(text, "cl100k_base")) == (o200k, cl100k)


def test_an_encoding_that_is_not_bundled_is_refused() -> None:
    message = "no vocabulary 'o200k' is bundled; did you mean 'o200k_base'?"
    with pytest.raises(VocabularyError) as caught:
        count("text", "o200k")  # type: ignore[arg-type]
    assert str(caught.value) == message
    with pytest.raises(VocabularyError) as caught:
        split([], "o200k")  # type: ignore[arg-type]
    assert str(caught.value) == message


@settings(max_examples=1000, deadline=None)
@given(text=texts | any_text | st.lists(texts, max_size=8).map("\n\n".join), name=names)
def test_a_count_is_the_length_of_what_tiktoken_encodes(text: str, name: EncodingName) -> None:
    expected = len(encoding(name).encode_ordinary(text))
    assert count(text, name) == expected
    assert count(text, name) == expected  # from memory


@settings(max_examples=1000, deadline=None)
@given(
    parts=st.lists(texts | st.sampled_from(["    ", "\t \xa0", "\u2028\u3000 ", " \x1c ", "\x85\x85"]), max_size=6),
    long_run=st.integers(2, 5),
    name=names,
)
@example(parts=["}\n\n  \n    ", "/"], long_run=2, name="o200k_base")
def test_cutting_blank_runs_out_changes_no_token(parts: list[str], long_run: int, name: EncodingName) -> None:
    text = "".join(parts)
    assert encode_foreign(text, encoding(name), long_run) == encoding(name).encode_ordinary(text)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("before", ["", "}", "\r\n\t\n", "é\u0301\n"])
@pytest.mark.parametrize("after", ["", "a", "/", "\r\n b"])
def test_long_blank_runs_have_the_tokens_that_tiktoken_gives(before: str, after: str, name: EncodingName) -> None:
    for blanks in (" " * LONG_RUN, "\t\u3000" * (LONG_RUN // 2) + " "):
        text = before + blanks + after
        assert encode(text, name) == encoding(name).encode_ordinary(text)
        assert encode_foreign(text, encoding(name)) == encoding(name).encode_ordinary(text)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" + " " * 1_050_000 + "x", id="spaces"),
        pytest.param(" " * 1_050_000, id="spaces alone"),
        pytest.param("}\n" + "\n \t" * 100_000 + "\t" * 1_050_000 + "/", id="mixed white space"),
        pytest.param("\r\n" * 600_000 + "x", id="newlines"),
        pytest.param("a" * 1_050_000, id="letters"),
        pytest.param("/" * 1_050_000, id="slashes"),
    ],
)
def test_runs_that_stock_tiktoken_panics_on_are_encoded_in_full(text: str, name: EncodingName) -> None:
    found = encode(text, name)
    assert encode_foreign(text, encoding(name)) == found
    assert encoding(name).decode_bytes(found) == text.encode()
    assert size(text, name) == len(found) <= len(text) / 4


def test_a_million_spaces_are_counted() -> None:
    # Half of what tiktoken can do: 2 ** 20 spaces are twice 2 ** 19, for both are made of tokens of 2 ** 7.
    half = len(encoding("o200k_base").encode_ordinary(" " * 2**19))
    assert count(" " * 2**20, "o200k_base") == 2 * half == 2**20 // 2**7


def test_the_memo_stays_within_its_room() -> None:
    memo = Memo("o200k_base", room=1000)
    for i in range(500):
        assert memo[f"line number {i}"] == len(encoding("o200k_base").encode_ordinary(f"line number {i}"))
        assert sum(map(len, memo)) <= 1000
    long = "word " * MEMO_TEXT
    assert memo[long] == len(encoding("o200k_base").encode_ordinary(long))
    assert long not in memo


def test_a_paragraph_is_remembered_from_the_second_text_that_shares_it() -> None:
    memo = Memo("o200k_base")
    assert [memo.share(parts) for parts in (["a", "b"], ["c", "d"], ["e", "b"], ["b", "e"])] == [
        False, False, True, True,
    ]  # fmt: skip


def test_threads_may_count_at_once() -> None:
    work = [f"paragraph {i}\n\nshared {i % 7}\n\nend" for i in range(400)]
    expected = [len(encoding("cl100k_base").encode_ordinary(text)) for text in work]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: count(text, "cl100k_base"), work)) == expected


def by_first_byte(pieces: list[str], name: EncodingName) -> tuple[int, ...]:
    """`split`, token by token."""
    ends = list(accumulate(len(piece.encode()) for piece in pieces))
    counts = [0] * len(pieces)
    start = 0
    for token in encoding(name).encode_ordinary("".join(pieces)):
        counts[bisect_right(ends, start)] += 1
        start += packed(name).lengths[token]
    return tuple(counts)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param([], (), id="no piece"),
        pytest.param(["", ""], (0, 0), id="empty pieces"),
        pytest.param(["hel", "lo"], (1, 0), id="a token that two pieces share is the first one's"),
        pytest.param(["", "hel", "", "lo", " world"], (0, 1, 0, 0, 1), id="empty pieces have none"),
        pytest.param(["Hello,", " ", "Ann", ".\n\n"], (2, 1, 0, 1), id="a space joins the value after it"),
    ],
)
def test_a_token_belongs_to_the_piece_that_holds_its_first_byte(pieces: list[str], expected: tuple[int, ...]) -> None:
    assert split(pieces, "o200k_base") == by_first_byte(pieces, "o200k_base") == expected


long_texts = texts.map(lambda text: text + "\n\nA piece that is long enough to be counted alone.\n")


@settings(max_examples=800, deadline=None)
@given(pieces=st.lists(texts | long_texts, max_size=6), name=names)
def test_split_gives_each_token_to_one_piece(pieces: list[str], name: EncodingName) -> None:
    counts = split(pieces, name)
    assert counts == by_first_byte(pieces, name)
    assert sum(counts) == count("".join(pieces), name)


@settings(max_examples=500, deadline=None)
@given(pieces=st.lists(any_text | st.sampled_from(["\ud83d", "\ude00", "\ude00x"]), max_size=8), name=names)
@example(pieces=["a\ud83d", "", "\ude00", "\ude00"], name="o200k_base")
def test_split_adds_up_when_pieces_hold_halves_of_characters(pieces: list[str], name: EncodingName) -> None:
    counts = split(pieces, name)
    assert len(counts) == len(pieces)
    assert min(counts, default=0) >= 0
    assert sum(counts) == count("".join(pieces), name)


@given(text=any_text)
def test_repaired_text_has_the_same_tokens_and_no_surrogate(text: str) -> None:
    repaired(text).encode()  # raises on a surrogate
    assert encode(repaired(text), "o200k_base") == encode(text, "o200k_base")
