from hypothesis import given
from hypothesis import strategies as st

from extranet_zone.certificates.wrap import NOT_FIRST, NOT_LAST, wrap


def measure(text: str) -> float:
    return sum(1 if character.isascii() else 2 for character in text)


def test_text_breaks_between_any_two_hanzi() -> None:
    assert wrap("济源市沁园街道", 6, measure) == ["济源市", "沁园街", "道"]


def test_mark_hangs_instead_of_beginning_a_line() -> None:
    assert wrap("济源市，沁园", 6, measure) == ["济源市，", "沁园"]


def test_opening_bracket_goes_to_the_next_line() -> None:
    assert wrap("济源（市）", 6, measure) == ["济源", "（市）"]


def test_numbers_are_not_broken_when_a_line_can_hold_them() -> None:
    assert wrap("单元GB00001F0001", 12, measure) == ["单元", "GB00001F0001"]


def test_line_ends_of_the_text_are_kept() -> None:
    assert wrap("甲\n\n乙", 10, measure) == ["甲", "", "乙"]


@given(
    st.text(alphabet="济源市路号（）《》，。、 0123456789ABC", max_size=60),
    st.integers(min_value=6, max_value=30),
)
def test_wrapping_loses_nothing_but_spaces_and_stays_within_the_width(
    text: str, width: int
) -> None:
    lines = wrap(text, width, measure)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        core = line.rstrip("".join(NOT_FIRST))
        assert measure(core) <= width or set(core) <= NOT_FIRST | NOT_LAST
