"""The reference here is `encoding(name).encode_ordinary`; test_tokens_vocabulary shows that it is tiktoken's own."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptkit.tokens.cuts import may_cut, paragraphs
from promptkit.tokens.vocabulary import EncodingName, encoding

NAMES: tuple[EncodingName, ...] = ("o200k_base", "cl100k_base")

# Whatever a pattern tells apart, and what could be taken for it: white space of every kind, CR and LF, slashes,
# letters by case, marks, digits, contractions, emoji with joiners, and code points that Python alone calls space.
ATOMS = (
    *"\n\r\t \x0b\x0c\x1c\x1f\x85\xa0\u1680\u2003\u2028\u2029\u3000\u200b\ufeff",
    *"/}.'\"<|>-_\\",
    *"aZßΣдʰ中한١9½\u0301\u20dd",
    *("\r\n", "\n\n", "  ", "\n ", " \n", "//", "'s", "'LL", "'Re", "e\u0301", "👍🏽", "👩\u200d👩", "<|endoftext|>"),
    *("\n\n- ", "\r\n\r\n", "\n\t\t", "word", " Word", "123"),
)
texts = st.lists(st.sampled_from(ATOMS) | st.characters(exclude_categories=["Cs"]), max_size=14).map("".join)
names = st.sampled_from(NAMES)


def tokens(text: str, name: EncodingName) -> list[int]:
    return encoding(name).encode_ordinary(text)


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        pytest.param("}\n", "/", ("cl100k_base",), id="slashes follow newlines after punctuation in o200k"),
        pytest.param("x\n", "\n", (), id="a newline joins newlines"),
        pytest.param("x\n", " \n", (), id="a blank line joins newlines"),
        pytest.param("x\n", "\t\n", (), id="a tab line joins newlines"),
        pytest.param("x\n", "  ", (), id="blanks at the end of the text"),
        pytest.param("x\r\n", "\r\n", (), id="CRLF joins CRLF"),
        pytest.param("x\n", "\x0cy", (), id="form feed is white space"),
        pytest.param("x\n", "", (), id="nothing follows"),
        pytest.param("", " x", (), id="nothing before"),
        pytest.param("", "x", (), id="nothing before a word"),
        pytest.param("x", "y", (), id="within a word"),
        pytest.param("x ", "y", (), id="a blank belongs to the next word"),
        pytest.param("x ", " y", (), id="within blanks"),
        pytest.param("x\r", "y", (), id="CR alone"),
        pytest.param("x", "\xa0y", (), id="a blank that is neither space nor tab"),
        pytest.param("x\n", "y", NAMES, id="a line"),
        pytest.param("x\r\n", "y", NAMES, id="a line after CRLF"),
        pytest.param("x\n", "  - y", NAMES, id="an indented line"),
        pytest.param("x\n\n", "\t\t}", NAMES, id="an indented line after a blank one"),
        pytest.param("x", " y", NAMES, id="a word"),
        pytest.param("x", "\t\n", NAMES, id="blanks after a word"),
    ],
)
def test_a_cut_is_allowed_where_it_is_exact(before: str, after: str, allowed: tuple[EncodingName, ...]) -> None:
    assert tuple(name for name in NAMES if may_cut(before, after, name)) == allowed


@settings(max_examples=1000, deadline=None)
@given(before=texts, after=texts, end=st.sampled_from(["\n", "\n\n", "\r\n", "", "}", "a"]), name=names)
@example(before="}", after="/", end="\n", name="o200k_base")
def test_tokens_of_a_cut_text_are_those_of_its_parts(before: str, after: str, end: str, name: EncodingName) -> None:
    before += end
    if may_cut(before, after, name):
        assert tokens(before, name) + tokens(after, name) == tokens(before + after, name)


@pytest.mark.parametrize("name", NAMES)
def test_every_allowed_cut_of_every_short_text_is_exact(name: EncodingName) -> None:
    classes = ("\n", "\r", " ", "\t", "\xa0", "\x1c", "/", "}", "'s", "a", "A", "1", "\u0301")
    words = ["".join(word) for size in range(3) for word in product(classes, repeat=size)]
    alone = {word: tokens(word, name) for word in words}
    cuts = [(before, after) for before in words for after in words if may_cut(before, after, name)]
    assert len(cuts) > 4000
    assert not [
        (before, after) for before, after in cuts if alone[before] + alone[after] != tokens(before + after, name)
    ]


@settings(max_examples=500, deadline=None)
@given(parts=st.lists(texts, max_size=6), between=st.sampled_from(["\n\n", "\n\r\n", "\n"]), name=names)
def test_tokens_of_paragraphs_are_those_of_the_text(parts: list[str], between: str, name: EncodingName) -> None:
    text = between.join(parts)
    found = paragraphs(text, name)
    assert "".join(found) == text
    assert [token for part in found for token in tokens(part, name)] == tokens(text, name)


def test_paragraphs_end_after_a_blank_line() -> None:
    text = "one\n\ntwo\n  two\r\n\r\nthree\n\n\nfour\n\n\n"
    assert paragraphs(text, "o200k_base") == ["one\n\n", "two\n  two\r\n\r\n", "three\n\n\n", "four\n\n\n"]
    assert paragraphs("", "o200k_base") == [""]
    assert paragraphs("\n\n", "o200k_base") == ["\n\n"]
    assert paragraphs("a\n\n/b", "o200k_base") == ["a\n\n/b"]
    assert paragraphs("a\n\n/b", "cl100k_base") == ["a\n\n", "/b"]


def test_blank_lines_and_long_indents_cost_linear_time() -> None:
    text = "\n\n" * 100_000 + (" " * 200_000 + "\n\n") * 3 + "\n\n" + "\t" * 200_000
    assert paragraphs(text, "o200k_base") == [text]
