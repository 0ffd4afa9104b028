"""How well and how quickly `select: similar` finds records, against rank_bm25 and scikit-learn's TF-IDF.

Records are made of words whose frequencies follow Zipf's law, 30 on average. For each query some records are planted:
they share a fixed number of the query's words, and the rest of their words and of the query's are drawn like all
others. A way's recall is the share of the planted records among the as many it ranks first.
"""

from __future__ import annotations

import statistics
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, islice
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.rounds import Row
from promptkit.render.terms import Index, terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

VOCABULARY = 20_000
WORDS = 30  # of a record, on average
PLANTED = 5  # for each query
SHARED = (2, 3, 4, 6)  # words of the query that a planted record holds: from hard to easy
SEED = 11


@dataclass(frozen=True, slots=True)
class Finding:
    """What one way found among so many records. `recall` is by how many words a planted record shares."""

    way: str
    records: int
    recall: Mapping[int, float]
    build_s: float
    query_s: float


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts, and queries: each with the numbers of its planted records, by how many words these share with it."""

    texts: tuple[str, ...]
    queries: tuple[tuple[int, str, frozenset[int]], ...]


def corpus(size: int, queries: int, seed: int = SEED) -> Corpus:
    """`size` records, and for each number of shared words so many queries."""
    random = Random(seed)
    names = [f"{''.join(random.choices('bcdfglmnprst', k=2))}{n:x}" for n in range(VOCABULARY)]
    weights = list(accumulate(1 / (rank + 8) for rank in range(VOCABULARY)))

    def words(count: int) -> list[str]:
        return random.choices(names, cum_weights=weights, k=count)

    texts = [" ".join(words(random.randint(WORDS // 2, WORDS * 3 // 2))) for _ in range(size)]
    places = random.sample(range(size), queries * len(SHARED) * PLANTED)
    asked = []
    for number in range(queries * len(SHARED)):
        shared = SHARED[number % len(SHARED)]
        query = words(12)
        planted = [places.pop() for _ in range(PLANTED)]
        for place in planted:
            mixed = random.sample(query, shared) + words(WORDS - shared)
            random.shuffle(mixed)
            texts[place] = " ".join(mixed)
        asked.append((shared, " ".join(query), frozenset(planted)))
    return Corpus(tuple(texts), tuple(asked))


def ours(texts: Sequence[str]) -> Callable[[str, int], list[int]]:
    """What `select: similar` ranks by."""
    index = Index()
    index.add(texts)
    index.finish()
    return lambda query, count: [number for number, _ in islice(index.ranked(terms(query), 2 * count + 8), count)]


def rank_bm25(texts: Sequence[str]) -> Callable[[str, int], list[int]]:
    """rank_bm25's BM25Okapi with its own defaults, on the same words."""
    import numpy
    from rank_bm25 import BM25Okapi  # type: ignore[import-not-found, import-untyped, unused-ignore]  # a peer, in the group bench

    index = BM25Okapi([terms(text) for text in texts])

    def search(query: str, count: int) -> list[int]:
        scores: Any = index.get_scores(terms(query))
        return [int(number) for number in numpy.argsort(-scores, kind="stable")[:count]]

    return search


def tfidf(texts: Sequence[str]) -> Callable[[str, int], list[int]]:
    """scikit-learn's TfidfVectorizer with its own defaults and cosine similarity."""
    import numpy
    from sklearn.feature_extraction.text import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
        TfidfVectorizer,
    )

    vectorizer = TfidfVectorizer()
    matrix = vectorizer.fit_transform(texts)

    def search(query: str, count: int) -> list[int]:
        scores = (matrix @ vectorizer.transform([query]).T).toarray().ravel()
        return [int(number) for number in numpy.argsort(-scores, kind="stable")[:count]]

    return search


WAYS: Mapping[str, Callable[[Sequence[str]], Callable[[str, int], list[int]]]] = {
    "promptkit": ours,
    "rank_bm25": rank_bm25,
    "scikit-learn TF-IDF": tfidf,
}


def finding(way: str, made: Corpus) -> Finding:
    """What one way finds. Raises ImportError where it is not installed."""
    WAYS[way](made.texts[:100])  # here: imports are not part of building
    started = time.process_time()
    search = WAYS[way](made.texts)
    build_s = time.process_time() - started
    hits: dict[int, list[float]] = {shared: [] for shared in SHARED}
    seconds = []
    for shared, query, planted in made.queries:
        started = time.process_time()
        found = search(query, PLANTED)
        seconds.append(time.process_time() - started)
        hits[shared].append(len(planted.intersection(found)) / PLANTED)
    recall = {shared: statistics.fmean(shares) for shared, shares in hits.items()}
    return Finding(way, len(made.texts), recall, build_s, statistics.median(seconds))


def measure(queries: int) -> list[Row]:
    """A row for each way and size: the time of a query, the recall in its name, hard to easy; then that of building."""
    made = []
    for size, asked in ((10_000, queries), (100_000, max(1, queries // 10))):
        planted = corpus(size, asked)
        found = []
        for way in WAYS:
            with suppress(ImportError):  # the peers are in the group bench-selection
                found.append(finding(way, planted))
        base = found[-1]
        for each in found:
            recall = "/".join(f"{share:.0%}" for share in each.recall.values())
            group = f"similar among {size:,} records; recall with {'/'.join(map(str, SHARED))} words shared"
            ratio = each.query_s / base.query_s
            made.append(Row(group, f"{each.way}, {recall}", each.query_s, ratio, base.way))
        for each in found:
            ratio = each.build_s / base.build_s
            made.append(Row(f"indexing {size:,} records", each.way, each.build_s, ratio, base.way))
    return made
