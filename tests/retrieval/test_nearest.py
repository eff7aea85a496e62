import hashlib

import numpy as np
import pytest

from lorag.library.database import Database
from lorag.library.vectors import Embedding, add_vectors, clear_vectors, rebuild_vector_index, vector_index_problems
from lorag.retrieval.nearest import VectorLeg
from tests.fakes_embedder import HashEmbedder
from tests.retrieval.library import forget, put

EMBEDDER = HashEmbedder()
TEXTS = [
    f"paragraph {n} about {topic}" for n, topic in enumerate(["leave", "refunds", "휴가", "prices", "safety"] * 20)
]


def exact(database: Database, vector, limit: int) -> list[float]:
    """Return the highest similarities over every stored vector; ties make ids ambiguous."""
    rows = database.rows("SELECT vector FROM embedding")
    return sorted((float(np.frombuffer(blob, dtype="<f4") @ vector) for (blob,) in rows), reverse=True)[:limit]


def near(values: list[float]):
    return pytest.approx(values, abs=1e-6)


def question(text: str):
    return EMBEDDER.embed_queries([text])[0]


@pytest.mark.parametrize("searches", [1, 2], ids=["sqlite-vec", "matrix"])
def test_both_ways_find_the_exact_neighbours(database: Database, searches: int):
    put(database, "/a.txt", TEXTS, embedder=EMBEDDER)
    leg = VectorLeg(database)
    vector = question("paragraph about refunds")
    hits = []
    for _ in range(searches):
        hits = leg.search(vector, limit=10)

    assert [hit.similarity for hit in hits] == near(exact(database, vector, 10))


def test_a_kept_leg_follows_updates_and_deletes(database: Database):
    leg = VectorLeg(database)
    vector = question("paragraph about refunds")
    for step in range(12):
        put(database, f"/{step % 4}.txt", TEXTS[step * 5 : step * 5 + 20], embedder=EMBEDDER)
        if step % 3 == 2:
            forget(database, f"/{step % 4}.txt")
        assert [hit.similarity for hit in leg.search(vector, limit=5)] == near(exact(database, vector, 5))
    assert vector_index_problems(database) == []


def test_a_kept_leg_follows_another_embedder(database: Database):
    ids = put(database, "/a.txt", TEXTS, embedder=EMBEDDER)
    leg = VectorLeg(database)
    for _ in range(2):
        leg.search(question("leave"), limit=5)
    backwards = EMBEDDER.embed_passages([text[::-1] for text in TEXTS])
    with database.atomic():
        clear_vectors(database)
        rows = [Embedding(hashlib.sha256(row).digest(), row) for row in backwards]
        add_vectors(database, list(zip(ids, rows, strict=True)))
    vector = question("leave"[::-1])

    assert [hit.similarity for hit in leg.search(vector, limit=5)] == near(exact(database, vector, 5))


def test_deleted_chunks_do_not_push_others_out_of_the_coarse_search(database: Database):
    put(database, "/kept.txt", ["what people do in winter"], embedder=EMBEDDER)
    put(database, "/gone.txt", [f"refunds {n}" for n in range(700)], embedder=EMBEDDER)
    forget(database, "/gone.txt")

    assert len(VectorLeg(database).search(question("refunds"), limit=5)) == 1


@pytest.mark.parametrize("searches", [1, 2], ids=["sqlite-vec", "matrix"])
def test_only_allowed_chunks_are_found(database: Database, searches: int):
    ids = put(database, "/a.txt", TEXTS, embedder=EMBEDDER)
    leg = VectorLeg(database)
    hits = []
    for _ in range(searches):
        hits = leg.search(question("refunds"), limit=10, allowed=np.array(ids[:3]))

    assert {hit.chunk_id for hit in hits} == set(ids[:3])


def test_without_the_index_the_stored_vectors_are_searched(database: Database):
    put(database, "/a.txt", TEXTS, embedder=EMBEDDER)
    database.execute("DROP TABLE chunk_vector")
    vector = question("leave")

    assert [hit.similarity for hit in VectorLeg(database).search(vector, limit=7)] == near(exact(database, vector, 7))
    assert vector_index_problems(database) == ["the vector index is missing"]


def test_the_index_is_rebuilt_from_the_stored_vectors(database: Database):
    put(database, "/a.txt", TEXTS, embedder=EMBEDDER)
    database.execute("DROP TABLE chunk_vector")
    with database.atomic():
        rebuild_vector_index(database)

    assert vector_index_problems(database) == []


def test_a_library_above_the_memory_limit_is_always_searched_through_the_index(database: Database):
    put(database, "/a.txt", TEXTS, embedder=EMBEDDER)
    leg = VectorLeg(database, most_bytes=1)
    vector = question("paragraph about prices")

    for _ in range(3):
        assert [hit.similarity for hit in leg.search(vector, limit=10)] == near(exact(database, vector, 10))


def test_an_empty_library_has_no_neighbours(database: Database):
    leg = VectorLeg(database)

    assert leg.search(question("leave"), limit=5) == []
    assert leg.search(question("leave"), limit=5) == []
