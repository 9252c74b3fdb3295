"""Claims about the case number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvalidValueError
from kernel.vocabulary.case_no import CaseNo, CaseOrigin, mod_11_10

DAY = date(2026, 1, 5)

valid_numbers = st.builds(
    CaseNo.make, st.sampled_from(CaseOrigin), st.dates(), st.integers(1, 999_999)
)


def checked(letter: str, digits: str) -> str:
    return letter + digits + mod_11_10({"W": "1", "C": "2"}[letter] + digits)


@pytest.mark.parametrize(("digits", "check"), [("79462", "3"), ("00200667308", "5")])
def test_check_digits_agree_with_published_examples(digits: str, check: str) -> None:
    assert mod_11_10(digits) == check


def test_a_check_digit_needs_digits() -> None:
    with pytest.raises(InvalidValueError, match="case_no_characters"):
        mod_11_10("12X")


def test_a_number_shows_origin_day_and_serial() -> None:
    number = CaseNo.make(CaseOrigin.ONLINE, DAY, 42)
    assert str(number)[:-1] == "W20260105000042"
    assert CaseNo.parse(str(number)) == number
    assert number.origin.label == "网上申请"


def test_the_groups_read_back_as_the_number() -> None:
    number = CaseNo.make(CaseOrigin.COUNTER, DAY, 42)
    assert number.grouped().split()[:3] == ["C", "20260105", "000042"]
    assert CaseNo.parse(number.grouped().lower()) == number


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "case_no_length"),
        (checked("W", "20260105000042") + "0", "case_no_length"),
        ("X202601050000420", "case_no_origin"),
        ("W2026010500004二0", "case_no_characters"),
        (checked("W", "20260230000042"), "case_no_day"),
        (checked("W", "00000105000042"), "case_no_day"),
        (checked("W", "20260105000000"), "case_no_serial"),
    ],
)
def test_each_defect_has_its_own_code(typed: str, code: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        CaseNo.parse(typed)
    assert refused.value.code == code


@pytest.mark.parametrize("serial", [0, -1, 1_000_000])
def test_a_day_has_no_other_serials(serial: int) -> None:
    with pytest.raises(InvalidValueError, match="case_no_serial"):
        CaseNo.make(CaseOrigin.ONLINE, DAY, serial)


@given(valid_numbers)
def test_every_number_survives_the_round_trip(number: CaseNo) -> None:
    assert CaseNo.parse(str(number)) == number


@given(valid_numbers, st.integers(1, 15), st.integers(1, 9))
def test_every_single_wrong_digit_is_refused(number: CaseNo, place: int, shift: int) -> None:
    text = str(number)
    wrong = str((int(text[place]) + shift) % 10)
    with pytest.raises(InvalidValueError, match="case_no_check"):
        CaseNo.parse(text[:place] + wrong + text[place + 1 :])


@given(valid_numbers)
def test_a_number_of_the_other_origin_is_refused(number: CaseNo) -> None:
    text = str(number)
    with pytest.raises(InvalidValueError, match="case_no_check"):
        CaseNo.parse(text.translate(str.maketrans("WC", "CW")))
