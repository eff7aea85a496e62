from hypothesis import given
from hypothesis import strategies as st

from lorag.engine.text import AnswerText


def shown(pieces, stop=()) -> str:
    text = AnswerText(stop)
    out = ""
    for piece in pieces:
        out += text.add(piece)
        if text.stopped:
            return out
    return out + text.rest()


@given(text=st.text(), cut=st.integers(1, 4))
def test_text_cut_anywhere_arrives_whole(text, cut):
    data = text.encode()

    assert shown([data[start : start + cut] for start in range(0, len(data), cut)]) == text


@given(
    text=st.text(alphabet="abST O"),
    stop=st.lists(st.text(alphabet="abST O", min_size=1), max_size=3),
    cut=st.integers(1, 4),
)
def test_the_answer_ends_at_the_first_stop_string_however_it_is_cut(text, stop, cut):
    out = shown([text[start : start + cut].encode() for start in range(0, len(text), cut)], stop)

    found = [position for word in stop if (position := text.find(word)) >= 0]
    if not found:
        assert out == text
    else:
        assert text.startswith(out)
        assert not any(word in out for word in stop)


def test_invalid_bytes_are_replaced_and_half_a_character_is_dropped():
    assert shown([b"a\xff", "안".encode()[:2]]) == "a\ufffd"
