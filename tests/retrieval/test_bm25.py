import random

import pytest
from rank_bm25 import BM25Okapi, BM25Plus

from lorag.library.database import Database
from lorag.retrieval.bm25 import WordLeg
from tests.retrieval.library import SPLITTER, forget, put

WORDS = [
    "leave",
    "refund",
    "policy",
    "employee",
    "month",
    "연차",
    "휴가",
    "환불은",
    "직원이",
    "3.5",
    "1,000",
    "東京",
    "the",
    "은",
]


def paragraph(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, weights=range(len(WORDS), 0, -1), k=rng.randint(1, 30)))


def full_index_scores(kind: type, chunks: dict[int, str], query: list[str], **options: float) -> dict[int, float]:
    if not chunks:
        return {}
    index = kind([SPLITTER.terms(text) for text in chunks.values()], **options)
    return dict(zip(chunks, index.get_scores(query), strict=True))


def stored_chunks(database: Database) -> dict[int, str]:
    return dict(database.rows("SELECT id, text FROM chunk ORDER BY id"))


def assert_equal_to_full_index(database: Database, leg: WordLeg, query: list[str]) -> None:
    expected = full_index_scores(BM25Plus, stored_chunks(database), query, delta=0)
    found = {hit.chunk_id: hit.score for hit in leg.search(query, limit=10_000).hits}
    assert found == pytest.approx({chunk: score for chunk, score in expected.items() if score > 0}, abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_scores_equal_a_full_rank_bm25_index_after_adds_updates_and_deletes(database: Database, seed: int):
    rng = random.Random(seed)
    leg = WordLeg(database)
    paths = [f"/documents/{n}.txt" for n in range(12)]
    for _ in range(30):
        path = rng.choice(paths)
        if rng.random() < 0.25:
            forget(database, path)
        else:
            put(database, path, [paragraph(rng) for _ in range(rng.randint(1, 5))])
        query = list(dict.fromkeys(SPLITTER.terms(paragraph(rng))))
        assert_equal_to_full_index(database, leg, query)


def test_scores_equal_bm25okapi_in_order_where_its_idf_is_positive(database: Database):
    rng = random.Random(7)
    rare = [f"term{n}x" for n in range(400)]
    put(database, "/a.txt", [" ".join(rng.choices(rare, k=20)) for _ in range(200)])
    query = SPLITTER.terms("term1x term2x term3x")
    expected = full_index_scores(BM25Okapi, stored_chunks(database), query)

    hits = WordLeg(database).search(query, limit=10_000).hits

    assert {hit.chunk_id for hit in hits} == {chunk for chunk, score in expected.items() if score > 0}
    assert [hit.chunk_id for hit in hits][:10] == sorted(expected, key=lambda chunk: (-expected[chunk], chunk))[:10]


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_the_smallest_libraries_give_positive_scores(database: Database, copies: int):
    for n in range(copies):
        put(database, f"/{n}.txt", ["annual leave is fifteen days"])

    hits = WordLeg(database).search(SPLITTER.terms("annual leave"), limit=10).hits

    assert len(hits) == copies
    assert all(hit.score > 0 and hit.coverage == pytest.approx(1) for hit in hits)


def test_an_empty_library_and_an_empty_query_find_nothing(database: Database):
    assert WordLeg(database).search(["leave"], limit=10).hits == ()
    put(database, "/a.txt", ["leave"])
    assert WordLeg(database).search([], limit=10).hits == ()


def test_the_limit_keeps_the_best(database: Database):
    rng = random.Random(3)
    put(database, "/a.txt", [paragraph(rng) for _ in range(300)])
    query = list(dict.fromkeys(SPLITTER.terms("refund policy 휴가 the")))
    every = WordLeg(database).search(query, limit=10_000).hits

    few = WordLeg(database).search(query, limit=200).hits

    assert few[:20] == every[:20]


def test_terms_that_only_one_chunk_lacks_do_not_hide_chunks_without_rare_terms(database: Database):
    put(database, "/a.txt", ["the leave"] * 10 + ["zebra"])

    hits = WordLeg(database).search(["leav", "zebra"], limit=50).hits

    assert len(hits) == 11


def test_coverage_counts_words_no_chunk_holds(database: Database):
    put(database, "/a.txt", ["refund policy", "leave policy", "travel policy"])

    hits = WordLeg(database).search(SPLITTER.terms("refund for a submarine"), limit=10).hits

    assert hits[0].coverage < 0.5
