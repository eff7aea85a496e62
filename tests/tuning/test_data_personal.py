import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorag.tuning.personal import personal_data


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("kim.minsu+refund@mail.haneul.co.kr", ["e-mail"]),
        ("010-1234-5678", ["phone"]),
        ("01012345678", ["phone"]),
        ("02-555-0127", ["phone"]),
        ("031.555.0166", ["phone"]),
        ("+82 10-1234-5678", ["phone"]),
        ("+82-2-555-0127", ["phone"]),
        ("+44 20 7946 0958", ["phone"]),
        ("(415) 555-2671", ["phone"]),
        ("주민번호 820701-2409181입니다", ["resident number"]),
        ("8207012409181", ["resident number"]),
        ("210315-3123456", ["resident number"]),
        ("4539 1488 0343 6467", ["card number"]),
        ("4539-1488-0343-6467", ["card number"]),
        ("378282246310005", ["card number"]),
        ("a@b.example 010-1234-5678", ["e-mail", "phone"]),
    ],
)
def test_personal_data_is_recognised(text, kinds):
    assert list(personal_data(text)) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "주문 번호 820701-2409185",
        "820701-2409183",
        "821301-2409181",
        "4539 1488 0343 6468",
        "1234567890123456",
        "0000 0000 0000 0000",
        "30,000 won in 14 days",
        "2026-03-01",
        "1588-1234",
        "version 1.2.3.4",
        "@haneul and a@b",
        "9:30-18:30",
    ],
)
def test_other_numbers_are_not_personal_data(text):
    assert list(personal_data(text)) == []


@given(st.integers(0, 10**14 - 1))
def test_exactly_one_last_digit_makes_a_card_number(digits):
    numbers = [f"4{digits:014}{last}" for last in range(10)]

    found = [number for number in numbers if "card number" in personal_data(number)]

    assert len(found) == 1


def test_a_megabyte_of_digits_is_searched_quickly_and_found_harmless():
    assert "card number" not in list(personal_data("1 " * 500_000))
