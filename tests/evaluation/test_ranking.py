import random

import numpy as np
import pytest
import pytrec_eval
from sklearn.metrics import ndcg_score

from lorag.evaluation.ranking import ndcg_at, recall_at, reciprocal_rank


def test_hand_computed_ranking():
    ranking, relevant = ["x", "a", "y", "b"], {"a", "b", "c"}

    assert recall_at(ranking, relevant, 2) == pytest.approx(1 / 3)
    assert recall_at(ranking, relevant, 4) == pytest.approx(2 / 3)
    assert reciprocal_rank(ranking, relevant) == 0.5
    gain = 1 / np.log2(3) + 1 / np.log2(5)
    assert ndcg_at(ranking, relevant, 4) == pytest.approx(gain / (1 + 1 / np.log2(3) + 1 / np.log2(4)))


def test_nothing_relevant_scores_zero():
    assert recall_at(["a"], set(), 5) == reciprocal_rank(["a"], {"b"}) == ndcg_at(["a"], set(), 5) == 0.0


def test_one_document_counts_once_however_often_it_is_ranked():
    assert ndcg_at(["a", "a"], {"a"}, 2) == 1.0


def test_ndcg_equals_scikit_learn():
    generator = random.Random(3)
    for _ in range(50):
        names = [f"d{number}" for number in range(20)]
        generator.shuffle(names)
        relevant = set(generator.sample(names, generator.randint(1, 6)))
        truth = np.array([[float(name in relevant) for name in names]])
        scores = np.array([[float(-rank) for rank in range(20)]])

        assert ndcg_at(names, relevant, 10) == pytest.approx(ndcg_score(truth, scores, k=10))


def test_measures_equal_trec_eval():
    generator = random.Random(4)
    for _ in range(50):
        names = [f"d{number}" for number in range(30)]
        generator.shuffle(names)
        ranking = names[:20]
        relevant = set(generator.sample(names, generator.randint(1, 8)))
        truth = {"q": {name: int(name in relevant) for name in names}}
        measures = {"recall.5,10", "recip_rank", "ndcg_cut.10"}
        run = {"q": {name: float(20 - place) for place, name in enumerate(ranking)}}
        expected = pytrec_eval.RelevanceEvaluator(truth, measures).evaluate(run)["q"]

        assert recall_at(ranking, relevant, 5) == pytest.approx(expected["recall_5"])
        assert recall_at(ranking, relevant, 10) == pytest.approx(expected["recall_10"])
        assert reciprocal_rank(ranking, relevant) == pytest.approx(expected["recip_rank"])
        assert ndcg_at(ranking, relevant, 10) == pytest.approx(expected["ndcg_cut_10"])
