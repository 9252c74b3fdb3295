"""A flat's long life: every effect on one unit that the register records, in a lawful order."""

from collections.abc import Iterator
from dataclasses import replace

from integration.register.stock_samples import BANK, BUYER, SELLER, case, party

from extranet_zone.cases.ports import CaseView, PartyView
from kernel.vocabulary.effects import Effect

WANG = ("王五", "41900119850505005X")
OTHER_BANK = ("样例银行股份有限公司", "91419001MA40000001")
COURT = PartyView("court", "样例人民法院", "4", "99", "1", "", "")
OTHER_COURT = replace(COURT, name="邻县人民法院")
REGISTRATION = {
    Effect.FIRST_REGISTRATION: "100",
    Effect.TRANSFER: "200",
    Effect.HOLDER_CHANGE: "300",
    Effect.UNIT_CHANGE: "300",
    Effect.UNIT_DIVISION: "300",
    Effect.RIGHT_CANCELLATION: "400",
    Effect.CORRECTION: "500",
    Effect.REPLACEMENT: "900",
    Effect.MORTGAGE: "100",
    Effect.MORTGAGE_CHANGE: "300",
    Effect.MORTGAGE_TRANSFER: "200",
    Effect.MORTGAGE_CANCELLATION: "400",
    Effect.EASEMENT: "100",
    Effect.EASEMENT_CHANGE: "300",
    Effect.EASEMENT_CANCELLATION: "400",
    Effect.RESIDENCE: "100",
    Effect.RESIDENCE_CANCELLATION: "400",
    Effect.ADVANCE_NOTICE: "700",
    Effect.ADVANCE_NOTICE_CHANGE: "700",
    Effect.ADVANCE_NOTICE_TRANSFER: "700",
    Effect.ADVANCE_NOTICE_CANCELLATION: "700",
    Effect.OBJECTION: "600",
    Effect.OBJECTION_CANCELLATION: "600",
    Effect.SEIZURE: "800",
    Effect.SEIZURE_RENEWAL: "800",
    Effect.SEIZURE_RELEASE: "800",
}
FLAT = {"location": "济源市示范路9号", "use": "住宅", "area_m2": "88.8", "nature": "出让"}


def view(
    effect: Effect, parties: tuple[PartyView, ...], number: int, serial: int, **facts: str
) -> CaseView:
    """A case on the unit ``number``."""
    return replace(
        case(Effect.MORTGAGE_CANCELLATION, number, serial, **facts),
        effect=effect,
        registration_type=REGISTRATION[effect],
        parties=parties,
    )


def life_of_a_flat(number: int, serial: int) -> Iterator[CaseView]:
    """Cases on a unit that is not on the register yet; their serials count from ``serial``."""
    acts: tuple[tuple[Effect, tuple[PartyView, ...], dict[str, str]], ...] = (
        (
            Effect.ADVANCE_NOTICE,
            (party("obligor", SELLER), party("beneficiary", WANG)),
            {**FLAT, "notice_kind": "1"},
        ),
        (Effect.ADVANCE_NOTICE_CHANGE, (party("beneficiary", WANG),), {"content": "约定变更"}),
        (
            Effect.ADVANCE_NOTICE_TRANSFER,
            (party("beneficiary", WANG), party("transferee", BUYER)),
            {},
        ),
        (Effect.FIRST_REGISTRATION, (party("holder", SELLER),), FLAT),
        (
            Effect.TRANSFER,
            (party("transferor", SELLER), party("transferee", BUYER)),
            {"reason": "买卖", "amount_fen": "50000000"},
        ),
        (Effect.HOLDER_CHANGE, (party("holder", ("李肆", BUYER[1])),), {"former_name": BUYER[0]}),
        (Effect.UNIT_CHANGE, (party("holder", ("李肆", BUYER[1])),), {"location": "示范路99号"}),
        (Effect.CORRECTION, (party("holder", BUYER),), {"area_m2": "89.9"}),
        (Effect.REPLACEMENT, (party("holder", BUYER),), {"reason": "遗失"}),
        (
            Effect.MORTGAGE,
            (party("mortgagor", BUYER), party("mortgagee", BANK)),
            {"amount_fen": "30000000", "mortgage_kind": "2"},
        ),
        (
            Effect.MORTGAGE_CHANGE,
            (party("mortgagor", BUYER), party("mortgagee", BANK)),
            {"amount_fen": "20000000"},
        ),
        (
            Effect.MORTGAGE_TRANSFER,
            (party("mortgagee", BANK), party("new_mortgagee", OTHER_BANK)),
            {},
        ),
        (Effect.EASEMENT, (party("obligor", BUYER), party("beneficiary", WANG)), {}),
        (Effect.EASEMENT_CHANGE, (party("beneficiary", WANG),), {"content": "通行"}),
        (Effect.EASEMENT_CANCELLATION, (party("beneficiary", WANG),), {}),
        (Effect.RESIDENCE, (party("obligor", BUYER), party("beneficiary", WANG)), {}),
        (Effect.RESIDENCE_CANCELLATION, (party("beneficiary", WANG),), {}),
        (
            Effect.ADVANCE_NOTICE,
            (party("obligor", BUYER), party("beneficiary", SELLER)),
            {"notice_kind": "2"},
        ),
        (Effect.ADVANCE_NOTICE_CANCELLATION, (party("beneficiary", SELLER),), {}),
        (Effect.OBJECTION, (party("objector", WANG),), {"content": "共有"}),
        (Effect.OBJECTION, (party("objector", WANG),), {"suit_no": "（2026）样民初1号"}),
        (Effect.SEIZURE, (COURT,), {"document_no": "查1", "term_months": "36"}),
        (Effect.SEIZURE, (OTHER_COURT,), {"document_no": "查2", "term_months": "12"}),
        (Effect.SEIZURE_RENEWAL, (COURT,), {"document_no": "续1", "term_months": "36"}),
        (Effect.SEIZURE_RELEASE, (COURT,), {"document_no": "解1"}),
        (Effect.SEIZURE_RELEASE, (OTHER_COURT,), {"document_no": "解2"}),
        (Effect.OBJECTION_CANCELLATION, (party("objector", WANG),), {}),
        (Effect.MORTGAGE_CANCELLATION, (party("mortgagee", OTHER_BANK),), {}),
        (Effect.RIGHT_CANCELLATION, (party("holder", BUYER),), {"reason": "灭失"}),
    )
    for place, (effect, parties, facts) in enumerate(acts):
        yield view(effect, parties, number, serial + place, **facts)
