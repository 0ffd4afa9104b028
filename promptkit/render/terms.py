"""Words of texts, and an index that ranks records by them: BM25, and how like two records are.

An own scorer: rank_bm25 and bm25s need numpy, and rank_bm25 walks every record at each query; scikit-learn brings scipy
as well. `benchmarks/selection.py` holds it against both.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from heapq import nlargest, nsmallest
from itertools import chain
from math import log
from typing import TYPE_CHECKING
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009): good are k1 from 1.2 to 2 and
# b from 0.5 to 0.8. These two are Lucene's, and so is the form of the inverse document frequency, which is never
# negative.
K1 = 1.2
B = 0.75

MAX_TERMS = 256  # of one query: the rarest are looked up, the others would add the least
AHEAD = 64  # records ranked at first; all are when these are not enough
LONG = 1_000  # records of a term from which it is worth asking whether new ones can still win
BISECTS = 6  # steps through a term's records that take as long as finding one by bisection
SLACK = 1 + 1e-9  # sums of the same numbers in another order differ by less
GRAIN = 2**20  # to which a logarithm is rounded: two mathematical libraries may differ in its last bit

# What parts words, listed so that no version of Unicode decides it: blanks, ASCII's signs and the blocks of punctuation
# of Latin-1, General Punctuation, Armenian to Arabic, Devanagari, CJK and the full-width forms. Accents and vowel signs
# stay inside their word.
_SIGNS = (
    r"\s\x00-/:-@\[-`{-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u037e\u0387\u055a-\u055f\u0589\u058a\u05be\u05f3\u05f4"
    r"\u060c\u061b\u061f\u066a-\u066d\u06d4\u0964\u0965\u0e2f\u0e5a\u0e5b\u104a\u104b\u17d4-\u17da\u2000-\u206f\u2e00-\u2e7f"
    r"\u3000-\u3004\u3008-\u3020\u3030\u30fb\ufe30-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_WORD = re.compile(f"[^{_SIGNS}]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
# Scripts written without blanks between words: Thai, Lao, Burmese, Khmer, kana, Han; and Hangul, whose endings vary.
_UNSPACED = re.compile(
    r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+)"
)


def terms(text: str) -> list[str]:
    """The words of a text in their order, case folded; of a script without blanks, each two characters in a row."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    found: list[str] = _WORD.findall(normalize("NFKC", text.casefold()))
    return list(chain.from_iterable(map(_pairs, found)))


def _pairs(word: str) -> Iterable[str]:
    if word.isascii() or _UNSPACED.search(word) is None:
        return (word,)
    found: list[str] = []
    for place, part in enumerate(_UNSPACED.split(word)):
        if place % 2 == 0:
            found += [part] if part else []
        else:
            found += [part[start : start + 2] for start in range(max(1, len(part) - 1))]
    return found


class Index:
    """The words of records, by record number from 0. `add` takes their texts in order, then `finish` closes it."""

    __slots__ = ("_entries", "_lengths", "_norms", "_postings")

    def __init__(self) -> None:
        # a record's number stands once for each time that it holds the term
        self._postings: defaultdict[str, array[int]] = defaultdict(partial(array, "I"))
        self._lengths: array[int] = array("I")
        self._norms: array[float] = array("d")
        self._entries: dict[str, _Entry] = {}

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, texts: Iterable[str]) -> None:
        """Takes in the next texts."""
        postings, lengths = self._postings, self._lengths
        for number, text in enumerate(texts, len(lengths)):
            found = terms(text)
            lengths.append(len(found))
            for term in found:
                postings[term].append(number)

    def finish(self) -> Index:
        """Itself, ready to rank."""
        mean = sum(self._lengths) / len(self._lengths) if self._lengths else 0
        self._norms = array("d", [K1 * (1 - B + B * length / (mean or 1)) for length in self._lengths])
        self._postings.default_factory = None
        return self

    def ranked(self, words: Iterable[str], ahead: int = AHEAD) -> Iterator[tuple[int, float]]:
        """Records that share a word, each with its score, the best first; equals in their order.

        The first `ahead` come quickly; whoever asks for more waits until all are ranked.
        """
        query = self._query(words)
        best = _best(self._scores(query, ahead), ahead)
        yield from best
        if len(best) == ahead:
            yield from sorted(self._scores(query).items(), key=_by_score)[ahead:]

    def shared(self, number: int, words: Iterable[str], most: int) -> list[str]:
        """The words of a query that give a record its score, the weightiest first."""
        weights = [(-entry.weight(number), entry.term) for entry in self._query(words)]
        return [term for weight, term in nsmallest(most, weights) if weight]

    def likeness(self, words: Iterable[str]) -> dict[int, float]:
        """How like a record of these words every record is that shares one: its share of the score of an equal one."""
        query = self._query(words)
        scores = self._scores(query)
        top = max(scores.values(), default=0.0)
        return {number: score / top for number, score in scores.items()}

    def typical(self) -> list[float]:
        """For each record how like it all others are, on average: between 0 and 1, the most typical 1."""
        entries = [self._entry(term) for term in sorted(self._postings)]
        own = [0.0] * len(self)
        for entry in entries:
            for number, weight in zip(entry.numbers, entry.weights, strict=True):
                own[number] += weight
        found = [0.0] * len(self)
        for entry in entries:
            pull = sum(weight / own[number] for number, weight in zip(entry.numbers, entry.weights, strict=True))
            for number, weight in zip(entry.numbers, entry.weights, strict=True):
                found[number] += weight * pull
        top = max(found, default=0.0)
        return [value / top if top else 0.0 for value in found]

    def _query(self, words: Iterable[str]) -> list[_Entry]:
        """The terms of a query that any record has, the rarest first, with what they are worth."""
        known = {word for word in words if word in self._postings}
        if len(known) > MAX_TERMS:
            known = set(nsmallest(MAX_TERMS, known, key=lambda term: (len(self._postings[term]), term)))
        return sorted(map(self._entry, known), key=_by_rarity)

    def _entry(self, term: str) -> _Entry:
        entry = self._entries.get(term)
        if entry is None:
            norms, counts = self._norms, Counter(self._postings[term])
            rarity = round(log(1 + (len(norms) - len(counts) + 0.5) / (len(counts) + 0.5)) * GRAIN) / GRAIN
            top = rarity * (K1 + 1)
            weights = array("d", [top * count / (count + norms[number]) for number, count in counts.items()])
            entry = self._entries[term] = _Entry(term, array("I", counts), weights, max(weights))
        return entry

    def _scores(self, query: list[_Entry], most: int | None = None) -> dict[int, float]:
        """Scores by record number. With `most`, of those records only that can be among so many best."""
        scores: dict[int, float] = {}
        for place, entry in enumerate(query):
            if most is not None and len(scores) >= most and len(entry.numbers) > LONG:
                rest = sum(other.bound for other in query[place:]) * SLACK
                if nlargest(most, scores.values())[-1] > rest:
                    return _narrowed(scores, query[place:], most)
            for number, weight in zip(entry.numbers, entry.weights, strict=True):
                scores[number] = scores.get(number, 0.0) + weight
        return scores


@dataclass(frozen=True, slots=True)
class _Entry:
    """A term of the index: the records that hold it and what it is worth in each, at most `bound`."""

    term: str
    numbers: array[int]
    weights: array[float]
    bound: float

    def weight(self, number: int) -> float:
        """What the term is worth in one record."""
        place = bisect_left(self.numbers, number)
        return self.weights[place] if place < len(self.numbers) and self.numbers[place] == number else 0.0


def _narrowed(scores: dict[int, float], query: list[_Entry], most: int) -> dict[int, float]:
    """The scores with the other terms added, no new record taken in and those let go that can no longer win."""
    for place, entry in enumerate(query):
        rest = sum(other.bound for other in query[place:]) * SLACK
        floor = nlargest(most, scores.values())[-1] - rest
        scores = {number: score for number, score in scores.items() if score >= floor}
        if len(scores) * BISECTS < len(entry.numbers):
            for number in scores:
                scores[number] += entry.weight(number)
        else:
            for number, weight in zip(entry.numbers, entry.weights, strict=True):
                if number in scores:
                    scores[number] += weight
    return scores


def _by_rarity(entry: _Entry) -> tuple[float, str]:
    return -entry.bound, entry.term


def _by_score(item: tuple[int, float]) -> tuple[float, int]:
    return -item[1], item[0]


def _best(scores: dict[int, float], most: int) -> list[tuple[int, float]]:
    """The items of the highest scores, best first, equals by record number."""
    floor = nlargest(most, scores.values())[-1] if len(scores) > most else 0.0
    return sorted(((number, score) for number, score in scores.items() if score >= floor), key=_by_score)[:most]
