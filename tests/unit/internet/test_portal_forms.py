"""Claims about reading the application's forms."""

import pytest
from appliance.sample.people import AGENTS, BUYER, SELLER
from hypothesis import given
from hypothesis import strategies as st

from extranet_zone.catalogue.reading import PACKAGED, read_edition
from internet_zone.applications import forms

ITEMS = {item.code: item for item in read_edition(PACKAGED).items}
TRANSFER = ITEMS["transfer-existing"]
MORTGAGE = ITEMS["mortgage-first"]
SOLD = {"situation": "sale", "reason": "买卖", "amount_yuan": "850000", "ownership": "0"}
LENT = {
    "amount_yuan": "1",
    "mortgage_kind": "1",
    "debt_from": "2026-01-05",
    "debt_to": "2046-01-04",
}
SELLING = {
    "transferor_name": SELLER.name,
    "transferor_document_type": "1",
    "transferor_document_no": SELLER.identity_no,
}


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("850000", "85000000"),
        ("850,000.5", "85000050"),
        ("０.０１", "1"),
        (" 12 元", "1200"),
        ("99999999999.99", "9999999999999"),
    ],
)
def test_amounts_are_asked_in_yuan_and_kept_in_fen(typed: str, fen: str) -> None:
    values, errors = forms.parse_facts(TRANSFER, {**SOLD, "amount_yuan": typed})
    assert not errors
    assert values["amount_fen"] == fen


@given(st.integers(1, 10**13 - 1))
def test_an_amount_survives_being_shown_and_sent_again(fen: int) -> None:
    shown = forms.fact_values(TRANSFER, {"amount_fen": str(fen)})["amount_yuan"]
    values, _errors = forms.parse_facts(TRANSFER, {**SOLD, "amount_yuan": shown})
    assert values["amount_fen"] == str(fen)


@pytest.mark.parametrize("typed", ["0", "-1", "1.234", "一百", "1e9", "1" * 12, ""])
def test_what_is_no_amount_is_refused_at_its_field(typed: str) -> None:
    _values, errors = forms.parse_facts(TRANSFER, {**SOLD, "amount_yuan": typed})
    assert list(errors) == ["amount_yuan"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"mortgage_kind": "3"}, "mortgage_kind"),
        ({"mortgage_kind": ""}, "mortgage_kind"),
        ({"debt_from": "2026-02-30"}, "debt_from"),
        ({"debt_to": "2026年"}, "debt_to"),
        ({"debt_to": "2026-01-04"}, "debt_to"),
    ],
)
def test_a_wrong_answer_is_refused_at_its_field(changed: dict[str, str], field: str) -> None:
    assert forms.parse_facts(MORTGAGE, LENT)[1] == {}
    assert list(forms.parse_facts(MORTGAGE, {**LENT, **changed})[1]) == [field]


def test_parties_survive_being_shown_and_sent_again() -> None:
    spouse, heir = AGENTS
    sent = {
        **SELLING,
        "applicant_share": "1/3",
        "transferee_2_name": spouse.name,
        "transferee_2_document_type": "1",
        "transferee_2_document_no": spouse.identity_no,
        "transferee_2_share": "2/3",
        "transferor_2_name": heir.name,
        "transferor_2_document_type": "3",
        "transferor_2_document_no": "E12345678",
    }
    found, errors = forms.parse_parties(TRANSFER, sent)
    assert not errors
    assert [(p.role, p.name, p.share) for p in found.others] == [
        ("transferee", spouse.name, "2/3"),
        ("transferor", SELLER.name, ""),
        ("transferor", heir.name, ""),
    ]
    shown = forms.values_of(found.applicant_share, found.others, TRANSFER)
    assert forms.parse_parties(TRANSFER, shown) == (found, {})


def test_a_block_left_empty_names_nobody() -> None:
    empty = {f"transferor_{n}_{name}": " " for n in (2, 3) for name in forms.PARTY_FIELDS}
    found, errors = forms.parse_parties(TRANSFER, {**SELLING, **empty})
    assert not errors
    assert len(found.others) == 1


def test_the_applicant_cannot_be_overwritten() -> None:
    sent = {**SELLING, "transferee_name": "别人", "transferee_document_no": BUYER.identity_no}
    found, _errors = forms.parse_parties(TRANSFER, sent)
    assert {party.role for party in found.others} == {"transferor"}


@given(
    st.dictionaries(
        st.sampled_from(
            [f"{p}_{name}" for p in ("transferor", "transferor_11") for name in forms.PARTY_FIELDS]
            + ["applicant_share", "transferor_0_name", "transferor_99999_name"]
        ),
        st.text(max_size=40),
    )
)
def test_whatever_is_sent_is_answered_with_parties_or_errors(sent: dict[str, str]) -> None:
    found, errors = forms.parse_parties(TRANSFER, sent)
    assert len(found.others) <= forms.MAX_OF_ROLE * 2
    assert errors or found.others


@pytest.mark.parametrize("share", ["0/2", "1/0", "50%", "1/", "-1/2"])
def test_a_share_is_a_fraction(share: str) -> None:
    _found, errors = forms.parse_parties(TRANSFER, {**SELLING, "applicant_share": share})
    assert list(errors) == ["applicant_share"]
