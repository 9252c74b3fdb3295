"""Claims about what masks leave to see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.vocabulary.masks import mask_identity, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""),
        ("张", "*"),
        ("张三", "张*"),
        (" 张小三 ", "张*三"),
        ("欧阳小三", "欧**三"),
        ("艾力·买买提", "艾****提"),
    ],
)
def test_a_name_shows_its_ends(name: str, shown: str) -> None:
    assert mask_name(name) == shown


def test_an_identity_number_shows_three_and_four() -> None:
    assert mask_identity("11010519491231002X") == "110***********002X"


def test_a_phone_number_shows_three_and_four() -> None:
    assert mask_phone("13812345678") == "138****5678"


@pytest.mark.parametrize("short", ["", "1", "1234567", "123456789"])
def test_a_number_too_short_to_hide_shows_nothing(short: str) -> None:
    assert mask_identity(short) == mask_phone(short) == "*" * len(short)


@given(st.text(alphabet="0123456789X", max_size=40))
def test_a_mask_keeps_the_length_and_never_the_whole(text: str) -> None:
    for mask in (mask_identity, mask_phone, mask_name):
        shown = mask(text)
        assert len(shown) == len(text)
        assert not text or "*" in shown
