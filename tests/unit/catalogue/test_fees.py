"""Claims about the registration fee: 80, 550, the first certificate in it, 10 for each further."""

import pytest

from kernel.catalogue.edition import Edition
from kernel.catalogue.fees import bill, fee_words
from kernel.catalogue.item import Item
from kernel.errors import InvalidValueError

DWELLING = {"unit.residential": frozenset({"yes"})}
OTHER = {"unit.residential": frozenset({"no"})}


def item_of(edition: Edition, code: str) -> Item:
    found = edition.item(code)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("subjects", "certificates", "fen"),
    [
        (DWELLING, 1, 8000),
        (DWELLING, 0, 8000),
        (DWELLING, 3, 10000),
        (OTHER, 1, 55000),
        (OTHER, 2, 56000),
    ],
)
def test_the_fee_by_use_and_number_of_certificates(
    packaged: Edition, subjects: dict[str, frozenset[str]], certificates: int, fen: int
) -> None:
    item = item_of(packaged, "transfer-existing")
    assert bill(packaged, item, subjects, certificates).fen == fen


def test_an_unknown_use_is_said_and_counted_at_the_higher_rate(packaged: Edition) -> None:
    found = bill(packaged, item_of(packaged, "transfer-existing"), {})
    assert found.fen == 55000
    assert "用途尚未核实" in found.open_points[0]


def test_an_exemption_takes_the_fee_and_leaves_the_certificates(packaged: Edition) -> None:
    item = item_of(packaged, "transfer-existing")
    assert bill(packaged, item, OTHER, 2, "small_business").fen == 1000
    assert bill(packaged, item, OTHER, 1, "garage").fen == 8000
    # An exemption never makes it dearer.
    assert bill(packaged, item, DWELLING, 1, "garage").fen == 8000


@pytest.mark.parametrize(
    ("certificates", "granted", "code"),
    [(-1, "", "fee_certificates"), (101, "", "fee_certificates"), (1, "king", "fee_exemption")],
)
def test_a_wrong_question_is_refused(
    packaged: Edition, certificates: int, granted: str, code: str
) -> None:
    with pytest.raises(InvalidValueError, match=code):
        bill(packaged, item_of(packaged, "transfer-existing"), OTHER, certificates, granted)


def test_what_is_free_has_no_bill_and_the_guide_says_so(packaged: Edition) -> None:
    free = item_of(packaged, "change-details")
    assert bill(packaged, free, OTHER).lines == ()
    assert fee_words(packaged, free) == "不收费"
    words = fee_words(packaged, item_of(packaged, "transfer-existing"))
    assert "住宅 80 元" in words
    assert "550 元" in words
    assert "10 元" in words
    assert "税务" in words
