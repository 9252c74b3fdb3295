"""Claims about the citizen's identity number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvalidValueError
from kernel.vocabulary.identity import IdentityNumber, check_digit

# The standard's own example.
STANDARD = "11010519491231002X"


def numbered(first17: str) -> str:
    return first17 + check_digit(first17)


valid_numbers = st.builds(
    lambda region, birth, order: numbered(f"{region}{birth:%Y%m%d}{order:03d}"),
    st.sampled_from(["419001", "410102", "110105", "830000", "650101"]),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.integers(0, 999),
)


def test_the_example_of_the_standard_is_accepted() -> None:
    number = IdentityNumber.parse(STANDARD)
    assert number.birth == date(1949, 12, 31)
    assert not number.is_male
    assert str(number) == STANDARD


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105\u300019491231\u200b002X",
    ],
)
def test_sloppy_typing_reads_as_the_same_number(typed: str) -> None:
    assert IdentityNumber.parse(typed) == IdentityNumber(STANDARD)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "identity_length"),
        ("130503670401001", "identity_length"),
        (STANDARD + "0", "identity_length"),
        ("11010519491231A02X", "identity_characters"),
        ("1101051949123100²X", "identity_characters"),
        ("11010519491231002Y", "identity_characters"),
        (numbered("00010519491231002"), "identity_region"),
        (numbered("99010519491231002"), "identity_region"),
        (numbered("11010519490230002"), "identity_birth"),
        (numbered("11010500000101002"), "identity_birth"),
        (numbered("11010517991231002"), "identity_birth"),
        ("110105194912310021", "identity_check"),
    ],
)
def test_each_defect_has_its_own_code(typed: str, code: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        IdentityNumber.parse(typed)
    assert refused.value.code == code


def test_nobody_is_born_tomorrow() -> None:
    number = numbered("41900120260102001")
    assert IdentityNumber.parse(number, today=date(2026, 1, 2)).birth == date(2026, 1, 2)
    with pytest.raises(InvalidValueError, match="identity_birth"):
        IdentityNumber.parse(number, today=date(2026, 1, 1))


def test_an_invalid_number_cannot_be_constructed_either() -> None:
    with pytest.raises(InvalidValueError, match="identity_check"):
        IdentityNumber("110105194912310021")


def test_neither_repr_nor_message_shows_the_number() -> None:
    assert repr(IdentityNumber(STANDARD)) == "IdentityNumber(110***********002X)"
    with pytest.raises(InvalidValueError) as refused:
        IdentityNumber.parse("110105194912310021")
    assert "1949" not in str(refused.value.as_json())


def test_a_year_is_full_on_the_birthday() -> None:
    number = IdentityNumber(STANDARD)
    assert number.age(date(1967, 12, 30)) == 17
    assert number.age(date(1967, 12, 31)) == 18


@given(valid_numbers)
def test_every_number_survives_the_round_trip(text: str) -> None:
    assert str(IdentityNumber.parse(text)) == text


@given(valid_numbers, st.sampled_from("0123456789X"))
def test_every_other_check_digit_is_refused(text: str, digit: str) -> None:
    if digit != text[-1]:
        with pytest.raises(InvalidValueError, match="identity_check"):
            IdentityNumber.parse(text[:-1] + digit)


@given(valid_numbers, st.integers(0, 16), st.integers(1, 9))
def test_every_single_wrong_digit_is_refused(text: str, place: int, shift: int) -> None:
    wrong = str((int(text[place]) + shift) % 10)
    with pytest.raises(InvalidValueError):
        IdentityNumber.parse(text[:place] + wrong + text[place + 1 :])


@given(valid_numbers, st.integers(0, 15))
def test_every_swap_of_neighbours_is_refused(text: str, place: int) -> None:
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if swapped != text:
        with pytest.raises(InvalidValueError):
            IdentityNumber.parse(swapped)


@given(st.text("019GBFWX²٣济-", min_size=18, max_size=18))
def test_any_text_is_a_number_or_a_refusal(text: str) -> None:
    try:
        outcome = str(IdentityNumber.parse(text))
    except InvalidValueError as refused:
        outcome = refused.code
    assert outcome == text or outcome.startswith("identity_")


@pytest.mark.parametrize("first17", ["", "1101051949123100", "1101051949123100X"])
def test_a_check_digit_needs_seventeen_digits(first17: str) -> None:
    with pytest.raises(InvalidValueError, match="identity_characters"):
        check_digit(first17)
