"""Claims about splitting and merging units: what ends and begins, what is carried, who is asked."""

from dataclasses import replace

import pytest
from checker.register_check import findings_of
from integration.register.divisions import house, merger, new_unit, split
from integration.register.every_effect import COURT, view
from integration.register.stock_samples import BANK, BUYER, NOW, RECORDER, SELLER, line, party
from integration.register.stock_samples import unit_no as stock_no
from sqlalchemy import select

from extranet_zone.cases.ports import CaseView, Recorded
from extranet_zone.register.models import RegisterEntry
from extranet_zone.register.services import (
    Purpose,
    RegisterService,
    load_register,
    open_unit,
    unit_state,
)
from extranet_zone.register.services.pages import unit_page
from extranet_zone.register.services.search import Look
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import UnitState, since
from kernel.db import Database
from kernel.errors import ConflictError, RefusedError
from kernel.exchange.models import OutboxMessage
from kernel.messages import CertificateEnded, RegisterRecorded, UnitsPublished
from kernel.vocabulary.effects import Effect

REGISTER = RegisterService("济源市")
SECOND = 1_000_000
LOAN = (party("mortgagor", SELLER), party("mortgagee", BANK))
FORMER_NO = "豫（2018）济源市不动产权第0000001号"
CONSENT = {"mortgagee_consent": "1"}


@pytest.fixture(autouse=True)
def stock(database: Database) -> None:
    load_register(database, [line(1), line(2)], NOW)


def record(database: Database, *cases: CaseView) -> list[Recorded]:
    done = []
    for case in cases:
        with database.begin() as session:
            serial = len(session.scalars(select(RegisterEntry.id)).all())
            done.append(REGISTER.record_case(session, case, RECORDER, NOW + serial * SECOND))
    return done


def state(database: Database, number: str) -> UnitState:
    with database.reading() as session:
        found = unit_state(session, number)
    assert found is not None
    return found


def refusal(database: Database, case: CaseView) -> str:
    with pytest.raises(RefusedError) as refused:
        record(database, case)
    return str(refused.value.detail["obstacle"])


def sound(database: Database) -> bool:
    return findings_of(database.url.render_as_string(hide_password=False)) == []


def test_a_split_closes_the_unit_and_opens_its_parts_in_one_transaction(
    database: Database,
) -> None:
    [recorded] = record(database, split(1, 1))
    old, parts = state(database, stock_no(1)), [state(database, house(1, n)) for n in (11, 12)]
    assert (old.rights, old.successors) == ((), (house(1, 11), house(1, 12)))
    for part in parts:
        assert part.ownership is not None
        assert [holder.name for holder in part.ownership.holders] == [SELLER[0]]
        assert part.ownership.facts["former_certificate_no"] == FORMER_NO
        assert (part.predecessors, part.area, part.use) == ((stock_no(1),), "49.25", "住宅")
    numbers = {part.ownership.certificate_no for part in parts if part.ownership}
    assert len(numbers) == 2
    assert recorded.certificate_no in numbers
    assert sound(database)


def test_mortgages_go_on_with_their_rank_on_every_part(database: Database) -> None:
    record(database, *(view(Effect.MORTGAGE, LOAN, 1, n, amount_fen=str(n)) for n in (1, 2)))
    before = state(database, stock_no(1)).mortgages
    record(database, split(1, 3, **CONSENT))
    numbers = set()
    for n in (11, 12):
        carried = state(database, house(1, n)).mortgages
        assert [since(right) for right in carried] == [since(right) for right in before]
        assert [right.facts["amount_fen"] for right in carried] == ["1", "2"]
        numbers |= {right.certificate_no for right in carried}
    assert len(numbers) == 4
    assert sound(database)


def test_a_mortgaged_unit_is_not_split_without_the_consent(database: Database) -> None:
    record(database, view(Effect.MORTGAGE, LOAN, 1, 1, amount_fen="1"))
    assert refusal(database, split(1, 2)) == "division_mortgagee_consent"
    assert state(database, stock_no(1)).ownership is not None
    with database.reading() as session:
        assert unit_state(session, house(1, 11)) is None


def test_who_has_another_right_agrees_and_keeps_it(database: Database) -> None:
    lodger = (party("obligor", SELLER), party("beneficiary", BUYER))
    record(database, view(Effect.RESIDENCE, lodger, 1, 1))
    assert refusal(database, split(1, 2)) == "division_others_consent"
    record(database, split(1, 2, beneficiary_consent="1"))
    for n in (11, 12):
        [kept] = state(database, house(1, n)).of(RightKind.RESIDENCE)
        assert kept.holders[0].name == BUYER[0]
    assert sound(database)


def test_parts_are_merged_again_and_the_lineage_leads_back(database: Database) -> None:
    record(database, split(1, 1))
    whole = replace(merger(1, 2, (house(1, 12),)), unit_no=house(1, 11))
    record(database, whole)
    merged = state(database, house(1, 21))
    assert merged.predecessors == (house(1, 11), house(1, 12))
    assert all(
        state(database, number).successors == (house(1, 21),) for number in merged.predecessors
    )
    assert merged.ownership is not None
    assert sound(database)


def test_units_of_different_owners_are_not_merged(database: Database) -> None:
    record(database, split(1, 1))
    sale = view(Effect.TRANSFER, (party("transferor", SELLER), party("transferee", BUYER)), 1, 2)
    record(database, replace(sale, unit_no=house(1, 12)))
    whole = replace(merger(1, 3, (house(1, 12),)), unit_no=house(1, 11))
    assert refusal(database, whole) == "division_holders_differ"


@pytest.mark.parametrize("seized", [11, 12])
def test_a_seized_unit_is_neither_split_nor_merged(database: Database, seized: int) -> None:
    record(database, split(1, 1))
    order = view(Effect.SEIZURE, (COURT,), 1, 2, document_no="查1", term_months="36")
    record(database, replace(order, unit_no=house(1, seized)))
    whole = replace(merger(1, 3, (house(1, 12),)), unit_no=house(1, 11))
    assert refusal(database, whole) == "unit_seized"
    again = replace(
        split(1, 4, **new_unit(1, house(1, 31)), **new_unit(2, house(1, 32))),
        unit_no=house(1, seized),
    )
    assert refusal(database, again) == "unit_seized"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"part2_unit_no": ""}, "division_shape"),
        ({"merged2_unit_no": stock_no(2)}, "division_shape"),
        ({"part2_unit_no": house(1, 11)}, "division_unit_repeated"),
        ({"part2_unit_no": "41900100"}, "division_number_invalid"),
        ({"part2_unit_no": stock_no(2)}, "division_number_taken"),
        ({"part2_unit_no": house(3, 12)}, "division_elsewhere"),
        ({"part2_area_m2": "0"}, "unit_facts_invalid"),
        ({"part2_location": ""}, "unit_facts_missing"),
    ],
)
def test_a_split_with_one_thing_wrong_is_refused(
    database: Database, facts: dict[str, str], code: str
) -> None:
    assert refusal(database, split(1, 1, **facts)) == code


def test_a_merger_names_a_unit_of_the_register(database: Database) -> None:
    assert refusal(database, merger(1, 1, (house(1, 99),))) == "division_unit_unknown"


def test_areas_that_do_not_sum_and_what_is_carried_are_told(database: Database) -> None:
    record(database, view(Effect.MORTGAGE, LOAN, 1, 1, amount_fen="1"))
    with database.reading() as session:
        told = REGISTER.obstacles(session, split(1, 2, part2_area_m2="49.30", **CONSENT))
    assert {o.code: o.blocking for o in told} == {
        "division_carries": False,
        "division_area_differs": False,
    }


def test_nothing_is_recorded_on_a_closed_unit(database: Database) -> None:
    record(database, split(1, 1))
    for case in (
        view(Effect.MORTGAGE, LOAN, 1, 2, amount_fen="1"),
        view(Effect.SEIZURE, (COURT,), 1, 2, document_no="查1", term_months="36"),
        view(Effect.FIRST_REGISTRATION, (party("holder", SELLER),), 1, 2),
    ):
        assert refusal(database, case) == "unit_closed"


def test_a_division_is_recorded_once(database: Database) -> None:
    record(database, split(1, 1))
    with pytest.raises(ConflictError, match="already_recorded"):
        record(database, split(1, 1))


def test_the_page_of_a_past_instant_knows_no_later_lineage(database: Database) -> None:
    record(database, split(1, 1))
    look = Look(Purpose.CASE_WORK, "C202601050000017", RECORDER)
    with database.begin() as session:
        then = unit_page(open_unit(session, stock_no(1), look, NOW - 1))
        now = unit_page(open_unit(session, stock_no(1), look, NOW + SECOND))
    assert (then.successors, len(then.current)) == ((), 1)
    assert (now.successors, len(now.current), len(now.ended)) == (
        (house(1, 11), house(1, 12)),
        0,
        1,
    )


def test_the_mirror_and_the_portal_hear_of_every_unit(database: Database) -> None:
    record(database, split(1, 1))
    with database.reading() as session:
        rows = session.execute(select(OutboxMessage.kind, OutboxMessage.body)).all()
    entries = [
        RegisterRecorded.model_validate_json(body)
        for kind, body in rows
        if kind == "register.recorded"
    ]
    assert {body.unit_no: body.successors for body in entries}[stock_no(1)] == [
        house(1, 11),
        house(1, 12),
    ]
    assert all(b.predecessors == [stock_no(1)] for b in entries if b.unit_no != stock_no(1))
    listed = {
        unit.unit_no: unit.closed
        for kind, body in rows
        if kind == "units.published"
        for unit in UnitsPublished.model_validate_json(body).units
    }
    assert listed == {
        stock_no(1): True,
        stock_no(2): False,
        house(1, 11): False,
        house(1, 12): False,
    }


def test_the_portal_hears_which_certificates_end_and_how(database: Database) -> None:
    lender = (party("mortgagee", BANK),)
    record(
        database,
        view(Effect.MORTGAGE, LOAN, 1, 1, amount_fen="1"),
        view(Effect.MORTGAGE_CANCELLATION, lender, 1, 2),
        split(1, 3),
    )
    with database.reading() as session:
        told = [
            CertificateEnded.model_validate_json(body)
            for body in session.scalars(
                select(OutboxMessage.body)
                .where(OutboxMessage.kind == "certificate.ended")
                .order_by(OutboxMessage.created, OutboxMessage.ordinal)
            )
        ]
    assert [(body.certificate_no, body.how) for body in told] == [
        ("豫（2026）济源市不动产证明第0000001号", "cancelled"),
        (FORMER_NO, "superseded"),
    ]
