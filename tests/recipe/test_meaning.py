"""What sentences and questions mean, beside the tokens of a batch."""

from dataclasses import replace

import numpy as np
from chat.batches import collate
from chat.encode import Encoded
from chat.examples import Example
from chat.meaning import DIMENSIONS, Meanings


def _row(length: int, ends: list[int], start: int) -> Encoded:
    ids = np.arange(1, length + 1, dtype=np.int32)
    marks = np.zeros(len(ends), dtype=np.bool_)
    return Encoded(ids, np.ones(length, dtype=np.float32), np.array(ends, dtype=np.int32), marks, start)


def test_a_sentence_means_what_its_question_does_more_than_others_do():
    turn = "When is the shop open?\n\nNotes\n[1] The dog is brown.\n[2] 가게는 아홉 시에 문을 엽니다.\n\nWhen is the shop open?"
    sentences = ("The dog is brown.", "가게는 아홉 시에 문을 엽니다.")
    example = Example("qa.en", (("user", turn), ("assistant", "[2] …")), sentences, (2,), 1)

    first, second, question = Meanings().of(example)

    assert np.allclose([np.linalg.norm(vector) for vector in (first, second, question)], 1, atol=1e-4)
    assert second @ question > first @ question + 0.1


def test_small_talk_means_nothing_here():
    example = Example("talk", (("user", "Hello"), ("assistant", "Hello!")))

    assert Meanings().of(example).shape == (0, DIMENSIONS)


def test_meanings_stand_at_the_ends_of_sentences_and_where_the_answer_begins():
    vectors = np.eye(3, DIMENSIONS, dtype=np.float32)
    told = replace(_row(12, [4, 7], 9), meanings=vectors)

    batch = collate([_row(10, [], 5), told])

    time = batch.ids.shape[1]
    assert batch.meant.tolist() == [time + 4, time + 7, time + 9]
    assert batch.meanings.tolist() == vectors.tolist()


def test_where_no_meaning_is_told_none_is_asked_for():
    batch = collate([_row(10, [], 5), _row(12, [4, 7], 9)])

    assert (batch.meant.tolist(), batch.meanings.tolist()) == ([], [])
