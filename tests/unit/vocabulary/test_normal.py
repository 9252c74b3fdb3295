"""Claims about the one form of typed text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.vocabulary.normal import compact, half_width, is_digits


def test_full_width_ascii_becomes_plain_and_nothing_else_changes() -> None:
    full = "".join(chr(point + 0xFEE0) for point in range(0x21, 0x7F))
    assert half_width(full) == "".join(chr(point) for point in range(0x21, 0x7F))
    assert half_width("济源①²") == "济源①²"


def test_spaces_and_invisible_marks_go() -> None:
    assert compact(" a\u3000b\t\u200bc\ufeff\u202d\n") == "abc"


@pytest.mark.parametrize("text", ["", "²", "٣", "1a", "-1", "１"])
def test_only_ascii_digits_are_digits(text: str) -> None:
    assert not is_digits(text)


@given(st.text("aZ09\u3000\u200b\uff21\uff5e济²٣ -"))
def test_the_form_is_stable(text: str) -> None:
    assert compact(compact(text)) == compact(text)
