import numpy as np
import pytest

from lorag.library.database import Database
from lorag.retrieval.bm25 import WordHit
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.fusion import FusionOptions, fuse, told_of, with_told
from lorag.retrieval.nearest import VectorHit
from lorag.retrieval.search import Searcher
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.thresholds import threshold_for
from lorag.retrieval.unrelated import matching_floor, similarity_floor
from tests.fakes_embedder import HashEmbedder
from tests.retrieval.library import SPLITTER, put

EMBEDDER = HashEmbedder()


def word(chunk: int, coverage: float) -> WordHit:
    return WordHit(chunk, score=10 * coverage, share=coverage, coverage=coverage)


def test_what_both_legs_hold_for_the_best_comes_first():
    ranked = fuse([word(1, 1.0), word(2, 0.4)], [VectorHit(1, 0.8), VectorHit(3, 0.7)], FusionOptions())

    assert [chunk.chunk_id for chunk in ranked] == [1, 3, 2]
    assert (ranked[0].word_rank, ranked[0].vector_rank) == (1, 1)


def test_a_few_stray_words_do_not_outrank_a_near_meaning():
    ranked = fuse([word(n, 0.35) for n in range(10)], [VectorHit(99, 0.7)], FusionOptions())

    assert ranked[0].chunk_id == 99


def test_every_word_of_the_question_outranks_a_middling_meaning():
    ranked = fuse([word(1, 1.0)], [VectorHit(2, 0.5)], FusionOptions(), other_vectors=[VectorHit(1, 0.2)])

    assert ranked[0].chunk_id == 1


def test_what_the_other_leg_says_of_a_chunk_counts_and_adds_no_chunk():
    ranked = fuse(
        [word(1, 0.5)],
        [VectorHit(2, 0.5)],
        FusionOptions(),
        other_words=[word(2, 0.9), word(3, 0.9)],
        other_vectors=[VectorHit(1, 0.1), VectorHit(4, 0.9)],
    )

    assert [chunk.chunk_id for chunk in ranked] == [2, 1]
    assert ranked[0].word == word(2, 0.9)
    assert ranked[0].word_rank is None
    assert ranked[1].vector == VectorHit(1, 0.1)


@pytest.mark.parametrize(("coverage", "similarity"), [(0.0, -1.0), (1.0, 1.0), (0.5, 0.0), (1.0, -0.5)])
def test_relevance_is_between_nothing_and_one(coverage: float, similarity: float):
    (chunk,) = fuse([word(1, coverage)], [VectorHit(1, similarity)], FusionOptions(floor=0.1))

    assert 0 <= chunk.relevance <= 1


def test_similarity_counts_from_what_unrelated_texts_have():
    (near,) = fuse([], [VectorHit(1, 0.85)], FusionOptions(floor=0.7))
    (far,) = fuse([], [VectorHit(1, 0.7)], FusionOptions(floor=0.7))

    assert near.relevance == pytest.approx(0.25)
    assert far.relevance == 0


def test_the_floor_of_an_embedder_that_finds_everything_alike_is_high_and_of_another_low():
    class Alike(HashEmbedder):
        def _embed(self, text: str):
            vector = super()._embed(text)
            vector[0] += 3
            return vector / float((vector @ vector) ** 0.5)

    assert similarity_floor(HashEmbedder()) < 0.1
    assert 0.5 < similarity_floor(Alike()) < 1


def test_how_near_unrelated_texts_come_to_the_parts_of_a_question_depends_on_the_embedder():
    assert matching_floor(HashEmbedder()) == 0.0
    assert 0.1 < matching_floor(open_embedder("builtin")) < 0.6


def test_a_larger_library_asks_for_more_relevance():
    thresholds = [threshold_for(0.2, chunks) for chunks in (1, 10, 100, 10_000, 1_000_000)]

    assert thresholds[0] == thresholds[1]
    assert thresholds[1:] == sorted(set(thresholds))
    assert thresholds[3] == pytest.approx(0.2)


def test_each_leg_can_be_ranked_alone(database: Database):
    put(database, "/a.txt", ["annual leave", "annual report", "garden party"], embedder=EMBEDDER)
    searcher = Searcher(database, EMBEDDER, SPLITTER, SearchOptions())

    words = searcher.rank("annual leave", leg="words")
    vectors = searcher.rank("annual leave", leg="vectors")
    fused = searcher.rank("annual leave")

    assert [(chunk.score, chunk.vector) for chunk in words] == [
        (chunk.word.score, None) for chunk in words if chunk.word
    ]
    assert len(words) == 2
    assert [(chunk.score, chunk.word) for chunk in vectors] == [
        (chunk.vector.similarity, None) for chunk in vectors if chunk.vector
    ]
    assert len(vectors) == len(fused) == 3
    for ranking in (words, vectors, fused):
        assert [chunk.score for chunk in ranking] == sorted((chunk.score for chunk in ranking), reverse=True)
    assert fused[0].score == fused[0].relevance == pytest.approx(0.5 * (2 / 5) ** 0.5 + 0.5, abs=0.2)


def test_both_scores_are_known_of_every_candidate(database: Database):
    texts = [f"annual leave number{n} garden{n % 7}" for n in range(120)]
    put(database, "/a.txt", texts, embedder=EMBEDDER)

    ranked = Searcher(database, EMBEDDER, SPLITTER, SearchOptions(pool=10)).rank("annual leave number5 party")

    assert 10 < len(ranked) <= 20
    assert all(chunk.word is not None and chunk.vector is not None for chunk in ranked)


def test_a_chunk_without_a_vector_is_found_by_its_words(database: Database):
    put(database, "/a.txt", ["annual leave is fifteen days", "the garden is closed"], embedder=EMBEDDER)
    put(database, "/b.txt", ["refunds are paid within fourteen days"])

    result = Searcher(database, EMBEDDER, SPLITTER, SearchOptions()).search("When are refunds paid?")

    assert result.passages[0].path.name == "b.txt"
    assert result.passages[0].vector is None


def test_a_question_is_told_by_its_parts_of_which_many_halves_are_more_than_half_of_them():
    shares, nearest = np.array([0.5, 0.5], np.float32), np.array([[1, 0.2], [0.6, 0.6], [0.2, -1], [1, 1]], np.float32)

    told = told_of(shares, nearest, floor=0.2)

    np.testing.assert_allclose(told, [0.5, 0.5**0.5, 0.0, 1.0], atol=1e-6)


def test_what_tells_more_of_the_question_comes_first_and_is_no_more_relevant():
    ranked = fuse([], [VectorHit(1, 0.5), VectorHit(2, 0.45), VectorHit(3, 0.44)], FusionOptions())

    ordered = with_told(ranked, {1: 0.2, 3: 0.6})

    # Of the second nothing is known: it counts as the mean of the others.
    assert [chunk.chunk_id for chunk in ordered] == [3, 2, 1]
    assert [chunk.told for chunk in ordered] == pytest.approx([0.6, 0.4, 0.2])
    assert {chunk.chunk_id: chunk.relevance for chunk in ordered} == {
        chunk.chunk_id: chunk.relevance for chunk in ranked
    }
    assert with_told(ranked, {}) == ranked


def test_a_passage_that_tells_each_part_comes_before_one_about_a_single_part(database: Database):
    embedder = open_embedder("builtin")
    both = "사내 메신저는 점심시간에도 켜 두고, 비밀번호는 90일마다 변경합니다. 화면은 5분 뒤에 잠깁니다."
    put(database, "/a.txt", ["비밀번호", both, "주차장은 9시에 엽니다."], embedder=embedder)

    searcher = Searcher(database, embedder, SPLITTER, SearchOptions())

    first, second, third = searcher.rank("password messenger")

    assert [first.chunk_id, second.chunk_id, third.chunk_id] == [2, 1, 3]
    assert second.relevance > first.relevance > third.relevance
    assert 1 > (first.told or 0) > (second.told or 0) > (third.told or 0)
    for leg in ("words", "vectors"):
        assert {chunk.told for chunk in searcher.rank("password messenger", leg=leg)} <= {None}


def test_only_the_most_relevant_are_compared_and_what_has_no_vector_counts_as_their_mean(database: Database):
    embedder = open_embedder("builtin")
    put(database, "/a.txt", [f"password of door {n}" for n in range(9)], embedder=embedder)
    put(database, "/b.txt", ["password of the safe"])

    ranked = Searcher(database, embedder, SPLITTER, SearchOptions(pool=5)).rank("password safe")

    known = [chunk.told for chunk in ranked if chunk.told is not None]
    assert len(ranked) > len(known) == 5
    assert [chunk.told is None for chunk in ranked] == [False] * 5 + [True] * (len(ranked) - 5)
    waiting = next(chunk for chunk in ranked if chunk.vector is None)
    assert waiting.told == pytest.approx(np.mean([chunk.told for chunk in ranked[:5] if chunk is not waiting]))


def test_a_joined_passage_is_as_relevant_as_its_best_chunk_and_as_early_as_its_first_one(database: Database):
    embedder = open_embedder("builtin")
    both = "사내 메신저는 점심시간에도 켜 두고, 비밀번호는 90일마다 변경합니다. 화면은 5분 뒤에 잠깁니다."
    put(database, "/a.txt", ["비밀번호", both], embedder=embedder)
    searcher = Searcher(database, embedder, SPLITTER, SearchOptions(threshold=0))

    ranked = searcher.rank("password messenger")
    (passage,) = searcher.search("password messenger").passages

    assert passage.text == f"비밀번호\n{both}"
    assert passage.score == max(chunk.score for chunk in ranked) == ranked[1].score
    assert passage.order == pytest.approx(ranked[0].order)
