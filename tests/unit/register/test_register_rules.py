from dataclasses import replace

import pytest

from extranet_zone.cases.ports import PartyView
from extranet_zone.catalogue.schema import Effect
from extranet_zone.register.bases import BASES
from extranet_zone.register.rules import (
    RECORDABLE,
    Holder,
    RightState,
    UnitState,
    changed_holders,
    obstacles,
    sharing_of,
)

ZHANG = Holder("张三", "1", "1", "41900119800101001X", "")
LI = Holder("李四", "1", "1", "419001198202020028", "")
BANK = Holder("济源农商银行", "2", "99", "", "")


def right(*holders: Holder, certificate_no: str = "旧证1", **facts: str) -> RightState:
    return RightState("r1", "4", certificate_no, "0", holders, facts)


UNIT = UnitState(
    unit_no="419001001001GB00001F00010001",
    location="济源市沁园街道示范路1号",
    use="住宅",
    area="98.50",
    nature="",
    term="",
    ownership=right(ZHANG),
    mortgages=(),
    seizures=0,
    objections=0,
    beneficiaries=(),
)
MORTGAGED = replace(UNIT, mortgages=(right(BANK, certificate_no="证明1"),))


def party(role: str, holder: Holder, share: str = "") -> PartyView:
    return PartyView(
        role, holder.name, holder.kind, holder.document_type, holder.document_no, "", share
    )


SALE = (party("transferor", ZHANG), party("transferee", LI))
LOAN = (party("mortgagor", ZHANG), party("mortgagee", replace(BANK, document_no="9141")))
RELEASE = (party("mortgagee", replace(BANK, document_no="9141")),)


def codes(
    unit: UnitState | None,
    effect: Effect,
    parties: tuple[PartyView, ...],
    *,
    other_case: bool = False,
    **facts: str,
) -> list[tuple[str, bool]]:
    found = obstacles(unit, effect, parties, facts, other_case=other_case)
    return [(obstacle.code, obstacle.blocking) for obstacle in found]


def test_sale_by_the_registered_holder_meets_no_obstacle() -> None:
    assert codes(UNIT, Effect.TRANSFER, SALE) == []


def test_unit_that_is_not_on_the_register_blocks_everything() -> None:
    for effect in Effect:
        assert codes(None, effect, SALE) == [("unit_unknown", True)]


@pytest.mark.parametrize(("effect", "parties"), [(Effect.TRANSFER, SALE), (Effect.MORTGAGE, LOAN)])
def test_seized_unit_is_neither_sold_nor_mortgaged(
    effect: Effect, parties: tuple[PartyView, ...]
) -> None:
    assert ("unit_seized", True) in codes(replace(UNIT, seizures=1), effect, parties)


def test_seizure_only_warns_when_nothing_is_disposed_of() -> None:
    seized = replace(MORTGAGED, seizures=1)
    assert codes(seized, Effect.MORTGAGE_CANCELLATION, RELEASE) == [("seizure_on_record", False)]


def test_objection_warns_and_does_not_block() -> None:
    assert codes(replace(UNIT, objections=1), Effect.TRANSFER, SALE) == [
        ("objection_on_record", False)
    ]


def test_advance_notice_blocks_a_sale_to_somebody_else() -> None:
    noticed = replace(UNIT, beneficiaries=("王五",))
    assert codes(noticed, Effect.TRANSFER, SALE) == [("advance_notice", True)]


def test_advance_notice_lets_its_beneficiary_buy() -> None:
    assert codes(replace(UNIT, beneficiaries=("李四",)), Effect.TRANSFER, SALE) == []


def test_transferor_with_another_document_number_is_not_the_holder() -> None:
    stranger = replace(ZHANG, document_no="410000000000000000")
    sale = (party("transferor", stranger), party("transferee", LI))
    assert codes(UNIT, Effect.TRANSFER, sale) == [("transferor_not_holder", True)]


def test_typing_of_document_numbers_does_not_matter() -> None:
    typed = replace(ZHANG, name=" 张 三", document_no="419001\u3000\uff11\uff19800101 001x")
    sale = (party("transferor", typed), party("transferee", LI))
    assert codes(UNIT, Effect.TRANSFER, sale) == []


def test_joint_owners_must_act_together() -> None:
    joint = replace(UNIT, ownership=right(ZHANG, LI))
    sale = (party("transferor", ZHANG), party("transferee", replace(LI, name="王五")))
    assert codes(joint, Effect.TRANSFER, sale) == [("transferor_not_holder", True)]


def test_mortgagor_must_be_the_holder() -> None:
    loan = (party("mortgagor", LI), party("mortgagee", BANK))
    assert codes(UNIT, Effect.MORTGAGE, loan) == [("mortgagor_not_holder", True)]


def test_mortgaged_unit_is_sold_with_notice_to_the_mortgagee() -> None:
    assert codes(MORTGAGED, Effect.TRANSFER, SALE) == [("transfer_with_mortgage", False)]


def test_mortgage_that_excludes_transfer_blocks_the_sale() -> None:
    excluding = replace(UNIT, mortgages=(right(BANK, transfer_excluded="1"),))
    assert codes(excluding, Effect.TRANSFER, SALE) == [("transfer_excluded", True)]


def test_nothing_to_cancel_without_a_mortgage() -> None:
    assert codes(UNIT, Effect.MORTGAGE_CANCELLATION, RELEASE) == [("mortgage_missing", True)]


def test_only_its_mortgagee_cancels_a_mortgage() -> None:
    other = (party("mortgagee", replace(BANK, name="别家银行")),)
    assert codes(MORTGAGED, Effect.MORTGAGE_CANCELLATION, other) == [("mortgagee_mismatch", True)]


def test_cancellation_of_the_named_certificate_is_clear() -> None:
    found = codes(MORTGAGED, Effect.MORTGAGE_CANCELLATION, RELEASE, certificate_no="证明1")
    assert found == []


def test_two_mortgages_of_one_bank_need_the_certificate_number() -> None:
    twice = replace(MORTGAGED, mortgages=(*MORTGAGED.mortgages, right(BANK, certificate_no="证2")))
    assert codes(twice, Effect.MORTGAGE_CANCELLATION, RELEASE) == [("mortgage_ambiguous", True)]
    assert codes(twice, Effect.MORTGAGE_CANCELLATION, RELEASE, certificate_no="证2") == []


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (("1/3", "2/3"), []),
        (("1/2", "1/3"), [("shares_sum", True)]),
        (("1/2", ""), [("shares_incomplete", True)]),
    ],
)
def test_shares_are_whole_only_when_they_sum_to_one(
    shares: tuple[str, str], expected: list[tuple[str, bool]]
) -> None:
    buyers = tuple(
        party("transferee", replace(LI, name=name), share)
        for name, share in zip(("李四", "王五"), shares, strict=True)
    )
    sale = (party("transferor", ZHANG), *buyers)
    assert codes(UNIT, Effect.TRANSFER, sale, ownership="2") == expected


def test_sole_ownership_of_two_is_refused() -> None:
    sale = (*SALE, party("transferee", replace(LI, name="王五")))
    assert codes(UNIT, Effect.TRANSFER, sale, ownership="0") == [("sole_with_several", True)]


def test_change_of_particulars_keeps_the_share_and_the_co_owner() -> None:
    shared = right(replace(ZHANG, share="1/4"), replace(LI, share="3/4"))
    renamed = replace(ZHANG, name="张叁")
    found = changed_holders(shared, (party("holder", renamed),), {"former_name": "张三"})
    assert found == (replace(renamed, share="1/4"), replace(LI, share="3/4"))


def test_change_of_somebody_who_is_no_holder_blocks() -> None:
    found = codes(UNIT, Effect.HOLDER_CHANGE, (party("holder", LI),), former_name="王五")
    assert found == [("holder_not_registered", True)]


def test_unfinished_case_on_the_same_unit_warns() -> None:
    assert codes(UNIT, Effect.TRANSFER, SALE, other_case=True) == [("other_case_pending", False)]


def test_blocking_obstacles_come_first() -> None:
    troubled = replace(UNIT, objections=1, seizures=1)
    found = codes(troubled, Effect.TRANSFER, SALE, other_case=True)
    assert [blocking for _, blocking in found] == [True, False, False]


def test_every_basis_is_marked_as_to_be_confirmed() -> None:
    assert all(basis.endswith("[K]") for basis in BASES.values())


def test_ownership_form_follows_number_and_shares_when_it_is_not_stated() -> None:
    assert sharing_of((ZHANG,), "") == "0"
    assert sharing_of((ZHANG, LI), "") == "1"
    assert sharing_of((replace(ZHANG, share="1/2"), replace(LI, share="1/2")), "") == "2"
    assert sharing_of((ZHANG, LI), "3") == "3"


def test_effect_that_the_register_cannot_record_is_refused() -> None:
    for effect in set(Effect) - RECORDABLE:
        assert codes(UNIT, effect, SALE) == [("effect_unsupported", True)]
