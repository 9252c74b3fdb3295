"""Claims about the registration fee: 80, 550, the first certificate in it, 10 for each further."""

import pytest

from kernel.catalogue.edition import Edition, FeeTable
from kernel.catalogue.fees import bill, fee_words, grantable
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


def test_what_hangs_on_an_unknown_use_is_unknown_and_not_zero(packaged: Edition) -> None:
    item = item_of(packaged, "transfer-existing")
    found = bill(packaged, item, {})
    assert (found.fen, found.lines[0].fen) == (None, None)
    assert "用途尚未核实" in found.open_points[0]
    # Whatever the use is, these come to the same.
    assert bill(packaged, item, {}, 1, "small_business").fen == 0
    assert bill(packaged, item, {}, 1, "garage").fen == 8000


def test_an_exemption_by_situation_applies_by_itself_and_others_are_granted(
    packaged: Edition,
) -> None:
    item = item_of(packaged, "transfer-existing")
    rules = [rule.model_dump(by_alias=True) for rule in packaged.fees.exemptions]
    rules[0]["when"] = {"subject": "situation", "is": ["exchange"]}
    fees = FeeTable.model_validate(packaged.fees.model_dump() | {"exemptions": rules})
    edition = packaged.model_copy(update={"fees": fees})
    exchange = DWELLING | {"situation": frozenset({"exchange"})}
    found = bill(edition, item, exchange)
    assert (found.fen, found.lines[-1].basis) == (0, fees.exemptions[0].basis)
    assert bill(edition, item, DWELLING | {"situation": frozenset({"sale"})}).fen == 8000
    assert [rule.code for rule in grantable(edition, item)] == ["garage"]


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
