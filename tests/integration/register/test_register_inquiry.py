"""Claims about the query service: bound to a case, yes or no before a record, always audited."""

import json

import pytest
from integration.register.stock_samples import BUYER, NOW, SELLER, line, unit_no
from sqlalchemy import select

from extranet_zone.register.services import load_register
from extranet_zone.register.services.inquiry import (
    Claim,
    Inquirer,
    Part,
    Verified,
    answer,
    remote_look,
    verify,
)
from kernel.audit import AuditRecord
from kernel.db import Database
from kernel.errors import InvalidValueError, NotFoundError, RefusedError

ASKS = Inquirer("410100", "郑小收", "ZZ-2026-0001")
CERTIFICATE = "豫（2018）济源市不动产权第0000001号"


@pytest.fixture
def stocked(database: Database) -> Database:
    assert load_register(database, [line()], NOW).loaded == 1
    return database


def ask(database: Database, *claim: str) -> Verified:
    with database.begin() as session:
        return verify(session, remote_look(ASKS), Claim(*claim), NOW)


def test_a_true_claim_is_answered_yes_without_a_record(stocked: Database) -> None:
    found = ask(stocked, unit_no(1), *SELLER, CERTIFICATE)
    assert (found.unit_known, found.owner_matches, found.certificate_matches) == (True, True, True)
    assert (found.seized, found.mortgaged, found.objected) == (False, False, False)
    narrow = CERTIFICATE.replace("（", "(").replace("）", ")")
    assert ask(stocked, unit_no(1), *SELLER, narrow).certificate_matches


@pytest.mark.parametrize(
    ("name", "document"),
    [(BUYER[0], SELLER[1]), (SELLER[0], BUYER[1]), ("", ""), ("", SELLER[1]), (SELLER[0], "")],
)
def test_a_claim_that_is_wrong_in_one_part_is_answered_no(
    stocked: Database, name: str, document: str
) -> None:
    found = ask(stocked, unit_no(1), name, document)
    assert found.unit_known
    assert not found.owner_matches
    assert found.certificate_matches is None
    assert not ask(stocked, unit_no(1), *SELLER, "豫（2018）第9号").certificate_matches


def test_an_unknown_unit_is_all_no_and_still_audited(stocked: Database) -> None:
    assert ask(stocked, unit_no(2), *SELLER) == Verified(
        unit_known=False,
        owner_matches=False,
        certificate_matches=None,
        seized=False,
        mortgaged=False,
        objected=False,
    )
    assert looks(stocked) == [("register.verify", unit_no(2))]


def test_a_record_has_the_parts_asked_for_and_people_masked(stocked: Database) -> None:
    with stocked.begin() as session:
        look = remote_look(ASKS)
        unit = answer(session, look, unit_no(1), {Part.UNIT}, NOW)
        rights = answer(session, look, unit_no(1), {Part.RIGHTS, Part.RESTRICTIONS}, NOW)
    assert dict(unit.unit)["用途"] == "住宅"
    assert (unit.rights, unit.restrictions) == ((), ())
    (holder,) = rights.rights[0].holders
    assert (holder.name, rights.unit) == ("张*", ())
    assert SELLER[1] not in holder.document


def test_each_question_is_audited_with_authority_clerk_and_case(stocked: Database) -> None:
    ask(stocked, unit_no(1), *SELLER)
    with stocked.begin() as session:
        answer(session, remote_look(ASKS), unit_no(1), {Part.UNIT}, NOW)
    assert looks(stocked) == [("register.verify", unit_no(1)), ("register.inquiry", unit_no(1))]
    with stocked.reading() as session:
        bodies = session.scalars(
            select(AuditRecord.body).where(AuditRecord.actor == "authority:410100")
        ).all()
    for body in bodies:
        detail = json.loads(body)["detail"]
        assert detail["purpose"] == "remote_authority"
        assert detail["ground"] == "ZZ-2026-0001（郑小收）"
        assert SELLER[1] not in body


@pytest.mark.parametrize(
    ("inquirer", "code"),
    [
        (Inquirer("110000", "甲", "1"), "inquirer_unknown"),
        (Inquirer("410000", "甲", "1"), "inquirer_unknown"),
        (Inquirer("410100", " ", "1"), "inquiry_unbound"),
        (Inquirer("410100", "甲", ""), "inquiry_unbound"),
        (Inquirer("410100", "甲", "1" * 101), "inquiry_unbound"),
    ],
)
def test_a_question_without_authority_clerk_or_case_is_refused(
    inquirer: Inquirer, code: str
) -> None:
    with pytest.raises((RefusedError, InvalidValueError)) as refused:
        remote_look(inquirer)
    assert refused.value.code == code


def test_a_record_of_an_unknown_unit_is_not_found(stocked: Database) -> None:
    with pytest.raises(NotFoundError, match="unit_unknown"), stocked.begin() as session:
        answer(session, remote_look(ASKS), unit_no(2), set(Part), NOW)


def looks(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = session.execute(
            select(AuditRecord.act, AuditRecord.object_id)
            .where(AuditRecord.actor == "authority:410100")
            .order_by(AuditRecord.n)
        )
        return [(act, unit) for act, unit in rows]
