"""How near an embedder puts texts that have nothing to do with each other: its zero.

Some models leave 0.7 between any two texts, others 0; one threshold fits both only when it is counted from there.
"""

from typing import Final

import numpy as np

from lorag.retrieval.embedders import Embedder

_HIGHEST_FLOOR = 0.95
_QUESTIONS: Final = (
    "How do I bake sourdough bread?",
    "When was the bridge across the river built?",
    "Which vaccine do puppies need first?",
    "What is the speed of sound in water?",
    "한글은 누가 만들었나요?",
    "자동차 보험료는 어떻게 계산하나요?",
    "고양이는 왜 물을 싫어하나요?",
    "서울에서 부산까지 얼마나 걸리나요?",
)
_PASSAGES: Final = (
    "The committee approved the minutes of the last meeting.",
    "Glaciers carve valleys as they move slowly downhill.",
    "Press the red button twice to reset the device.",
    "Her first novel sold two million copies.",
    "이 식물은 그늘진 곳에서 잘 자랍니다.",
    "법원은 원고의 청구를 기각하였다.",
    "세금은 매년 오월에 신고합니다.",
    "연주자는 바이올린을 다시 조율했다.",
)


def matching_floor(embedder: Embedder) -> float:
    """Return how near passages come to the parts of questions that share no subject with them, from 0 to 0.95."""
    _, parts = embedder.embed_with_parts(_PASSAGES)
    matched = [embedder.match(question, parts) for question in _QUESTIONS]
    return min(_HIGHEST_FLOOR, max(0.0, float(np.mean([nearest @ shares for shares, nearest in matched]))))


def similarity_floor(embedder: Embedder) -> float:
    """Return the mean cosine similarity of questions and passages that share no subject, from 0 to 0.95."""
    similarities = embedder.embed_queries(_QUESTIONS) @ embedder.embed_passages(_PASSAGES).T
    return min(_HIGHEST_FLOOR, max(0.0, float(similarities.mean())))
