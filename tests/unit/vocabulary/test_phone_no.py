"""Claims about mobile numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvalidValueError
from kernel.vocabulary.phone import PhoneNo


@pytest.mark.parametrize(
    "typed",
    [
        "13812345678",
        "138 1234 5678",
        "138-1234-5678",
        "+86 13812345678",
        "008613812345678",
        "＋８６１３８１２３４５６７８",
        "\u202d13812345678\u202c",
    ],
)
def test_sloppy_typing_reads_as_the_same_number(typed: str) -> None:
    assert str(PhoneNo.parse(typed)) == "13812345678"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "phone_characters"),
        ("1381234567a", "phone_characters"),
        ("+1 2025550123", "phone_characters"),
        ("1381234567", "phone_length"),
        ("138123456789", "phone_length"),
        ("12812345678", "phone_prefix"),
        ("23812345678", "phone_prefix"),
    ],
)
def test_each_defect_has_its_own_code(typed: str, code: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        PhoneNo.parse(typed)
    assert refused.value.code == code


def test_repr_does_not_show_the_number() -> None:
    assert repr(PhoneNo("13812345678")) == "PhoneNo(138****5678)"


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_every_number_survives_the_round_trip(text: str) -> None:
    assert str(PhoneNo.parse(text)) == text
