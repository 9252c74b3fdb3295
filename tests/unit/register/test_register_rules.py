from dataclasses import replace
from datetime import date

import pytest

from extranet_zone.cases.ports import PartyView
from extranet_zone.catalogue.schema import Effect
from extranet_zone.register import rules
from extranet_zone.register.bases import RULES
from extranet_zone.register.plans import PLANNED
from extranet_zone.register.rules import RECORDABLE, Waiting, obstacles
from extranet_zone.register.rules.people import changed_holders, sharing_of
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import Holder, RightState, SeizureState, UnitState
from kernel.vocabulary.dictionaries import SeizureKind

ZHANG = Holder("张三", "1", "1", "41900119800101001X", "")
LI = Holder("李四", "1", "1", "419001198202020028", "")
BANK = Holder("济源农商银行", "2", "99", "", "")


TODAY = date(2026, 1, 5)
SERVED = 1_767_000_000_000_000


def right(
    *holders: Holder,
    kind: RightKind = RightKind.OWNERSHIP,
    certificate_no: str = "旧证1",
    **facts: str,
) -> RightState:
    return RightState(f"r-{certificate_no}", kind, "4", certificate_no, "0", holders, facts)


def mortgage(*holders: Holder, certificate_no: str = "证明1", **facts: str) -> RightState:
    return right(*holders, kind=RightKind.MORTGAGE, certificate_no=certificate_no, **facts)


def with_rights(unit: UnitState, *rights: RightState) -> UnitState:
    return replace(unit, rights=(*unit.rights, *rights))


def seized(unit: UnitState) -> UnitState:
    seizure = SeizureState(
        "s1",
        SeizureKind.SEIZURE,
        "样例人民法院",
        "（2025）样执1号",
        "",
        "",
        SERVED,
        0,
        "",
        "",
    )
    return replace(unit, seizures=(seizure,))


def objected(unit: UnitState) -> UnitState:
    return with_rights(unit, right(LI, kind=RightKind.OBJECTION, certificate_no="异1"))


def noticed(unit: UnitState, beneficiary: str, **facts: str) -> UnitState:
    holder = replace(LI, name=beneficiary)
    said = {"notice_kind": "2", **facts}
    return with_rights(
        unit, right(holder, kind=RightKind.ADVANCE_NOTICE, certificate_no="预1", **said)
    )


UNIT = UnitState(
    unit_no="419001001001GB00001F00010001",
    location="济源市沁园街道示范路1号",
    use="住宅",
    area="98.50",
    nature="",
    term="",
    rights=(right(ZHANG),),
    seizures=(),
)
MORTGAGED = with_rights(UNIT, mortgage(BANK))


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
    waiting: Waiting = Waiting.NOBODY,
    **facts: str,
) -> list[tuple[str, bool]]:
    found = obstacles(unit, effect, parties, facts, TODAY, right_type="4", waiting=waiting)
    return [(obstacle.code, obstacle.blocking) for obstacle in found]


def test_sale_by_the_registered_holder_meets_no_obstacle() -> None:
    assert codes(UNIT, Effect.TRANSFER, SALE) == []


def test_unit_that_is_not_on_the_register_blocks_everything() -> None:
    for effect in set(Effect) - {Effect.FIRST_REGISTRATION, Effect.ADVANCE_NOTICE}:
        assert codes(None, effect, SALE) == [("unit_unknown", True)]


@pytest.mark.parametrize(("effect", "parties"), [(Effect.TRANSFER, SALE), (Effect.MORTGAGE, LOAN)])
def test_seized_unit_is_neither_sold_nor_mortgaged(
    effect: Effect, parties: tuple[PartyView, ...]
) -> None:
    assert ("unit_seized", True) in codes(seized(UNIT), effect, parties)


def test_seizure_only_warns_when_nothing_is_disposed_of() -> None:
    assert codes(seized(MORTGAGED), Effect.MORTGAGE_CANCELLATION, RELEASE) == [
        ("seizure_on_record", False)
    ]


def test_objection_lets_a_sale_go_on_only_when_its_risk_is_known_in_writing() -> None:
    assert codes(objected(UNIT), Effect.TRANSFER, SALE) == [("objection_risk_not_accepted", True)]
    found = codes(objected(UNIT), Effect.TRANSFER, SALE, objection_risk_known="1")
    assert found == [("objection_on_record", False)]


def test_advance_notice_blocks_a_sale_to_somebody_else() -> None:
    assert codes(noticed(UNIT, "王五"), Effect.TRANSFER, SALE) == [("advance_notice", True)]


def test_advance_notice_lets_its_beneficiary_buy() -> None:
    assert codes(noticed(UNIT, "李四"), Effect.TRANSFER, SALE) == []


def test_who_has_the_notice_and_takes_part_in_whatever_role_has_agreed() -> None:
    loan = (party("beneficiary", BANK), party("obligor", ZHANG))
    assert codes(noticed(UNIT, "张三"), Effect.ADVANCE_NOTICE, loan, notice_kind="4") == []


def test_the_notice_of_a_mortgage_lets_the_buyer_who_gave_it_be_registered() -> None:
    financed = noticed(UNIT, BANK.name, notice_kind="3", obligors="李四")
    assert codes(financed, Effect.TRANSFER, SALE) == []
    for giver in ("王五", "李四、王五"):
        others = noticed(UNIT, BANK.name, notice_kind="3", obligors=giver)
        assert codes(others, Effect.TRANSFER, SALE) == [("advance_notice", True)]
    bought = noticed(UNIT, BANK.name, notice_kind="2", obligors="李四")
    assert codes(bought, Effect.TRANSFER, SALE) == [("advance_notice", True)]


def test_transferor_with_another_document_number_is_not_the_holder() -> None:
    stranger = replace(ZHANG, document_no="410000000000000000")
    sale = (party("transferor", stranger), party("transferee", LI))
    assert codes(UNIT, Effect.TRANSFER, sale) == [("transferor_not_holder", True)]


def test_typing_of_document_numbers_does_not_matter() -> None:
    typed = replace(ZHANG, name=" 张 三", document_no="419001\u3000\uff11\uff19800101 001x")
    sale = (party("transferor", typed), party("transferee", LI))
    assert codes(UNIT, Effect.TRANSFER, sale) == []


def test_joint_owners_must_act_together() -> None:
    joint = replace(UNIT, rights=(right(ZHANG, LI),))
    sale = (party("transferor", ZHANG), party("transferee", replace(LI, name="王五")))
    assert codes(joint, Effect.TRANSFER, sale) == [("transferor_not_holder", True)]


def test_mortgagor_must_be_the_holder() -> None:
    loan = (party("mortgagor", LI), party("mortgagee", BANK))
    assert codes(UNIT, Effect.MORTGAGE, loan) == [("mortgagor_not_holder", True)]


def test_mortgaged_unit_is_sold_with_notice_to_the_mortgagee() -> None:
    assert codes(MORTGAGED, Effect.TRANSFER, SALE) == [("transfer_with_mortgage", False)]


def test_mortgage_that_excludes_transfer_blocks_the_sale() -> None:
    excluding = with_rights(UNIT, mortgage(BANK, transfer_excluded="1"))
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
    twice = with_rights(MORTGAGED, mortgage(BANK, certificate_no="证2"))
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
    assert codes(UNIT, Effect.TRANSFER, SALE, waiting=Waiting.SOMEBODY) == [
        ("other_case_pending", False)
    ]
    assert codes(UNIT, Effect.TRANSFER, SALE, waiting=Waiting.EARLIER) == [
        ("earlier_case_pending", True)
    ]


def test_blocking_obstacles_come_first() -> None:
    troubled = seized(objected(UNIT))
    found = codes(
        troubled, Effect.TRANSFER, SALE, waiting=Waiting.SOMEBODY, objection_risk_known="1"
    )
    assert [blocking for _, blocking in found] == [True, False, False]


def test_every_basis_is_marked_as_to_be_confirmed() -> None:
    assert all(rule.basis.endswith("[K]") for rule in RULES.values())


def test_ownership_form_follows_number_and_shares_when_it_is_not_stated() -> None:
    assert sharing_of((ZHANG,), "") == "0"
    assert sharing_of((ZHANG, LI), "") == "1"
    assert sharing_of((replace(ZHANG, share="1/2"), replace(LI, share="1/2")), "") == "2"
    assert sharing_of((ZHANG, LI), "3") == "3"


def test_every_effect_has_its_rules_and_its_plan() -> None:
    assert set(Effect) == RECORDABLE == PLANNED


def test_effect_that_the_register_cannot_record_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "RECORDABLE", RECORDABLE - {Effect.TRANSFER})
    assert codes(UNIT, Effect.TRANSFER, SALE) == [("effect_unsupported", True)]
