"""Claims about the unified social credit code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvalidValueError
from kernel.vocabulary.credit import ALPHABET, CreditCode, check_character

STANDARD = "91350100M000100Y43"

valid_codes = st.builds(
    lambda kind, region, body: (first := f"{kind}{region:06d}{body}") + check_character(first),
    st.text(ALPHABET, min_size=2, max_size=2),
    st.integers(0, 999_999),
    st.text(ALPHABET, min_size=9, max_size=9),
)


def test_the_well_known_example_is_accepted() -> None:
    code = CreditCode.parse(STANDARD)
    assert str(code) == STANDARD
    assert (code.authority, code.region, code.organisation_code) == ("91", "350100", "M000100Y4")


def test_sloppy_typing_reads_as_the_same_code() -> None:
    assert CreditCode.parse(" 91350100 m000100y43\u3000") == CreditCode(STANDARD)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (STANDARD[:-1], "credit_length"),
        (STANDARD + "0", "credit_length"),
        ("91350100I000100Y43", "credit_characters"),
        ("91350100-000100Y43", "credit_characters"),
        ("9135010济M000100Y43", "credit_characters"),
        ((first := "9135010AM000100Y4") + check_character(first), "credit_region"),
        ("91350100M000100Y44", "credit_check"),
    ],
)
def test_each_defect_has_its_own_code(typed: str, code: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        CreditCode.parse(typed)
    assert refused.value.code == code


@given(valid_codes)
def test_every_code_survives_the_round_trip(text: str) -> None:
    assert str(CreditCode.parse(text.lower())) == text


@given(valid_codes, st.sampled_from(ALPHABET))
def test_every_other_check_character_is_refused(text: str, character: str) -> None:
    if character != text[-1]:
        with pytest.raises(InvalidValueError, match="credit_check"):
            CreditCode.parse(text[:-1] + character)


@given(valid_codes, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_refused(text: str, place: int, other: str) -> None:
    if other != text[place]:
        with pytest.raises(InvalidValueError):
            CreditCode.parse(text[:place] + other + text[place + 1 :])


@given(st.text("019GBFWX²٣济-", min_size=18, max_size=18))
def test_any_text_is_a_code_or_a_refusal(text: str) -> None:
    try:
        outcome = str(CreditCode.parse(text))
    except InvalidValueError as refused:
        outcome = refused.code
    assert outcome == text or outcome.startswith("credit_")


def test_a_check_character_needs_seventeen_characters() -> None:
    with pytest.raises(InvalidValueError, match="credit_characters"):
        check_character("9135")
