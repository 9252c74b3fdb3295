"""Claims about what arrives from the portal and from the intranet."""

import io
import json

import pytest
from extranet_office import Office, picture
from sqlalchemy import select

from extranet_zone.cases.models import Case, CaseMaterial, CaseStep, SpatialConclusion
from extranet_zone.cases.services import (
    conclude_review,
    deliver_materials,
    receive_application,
    relay_progress,
)
from extranet_zone.cases.states import Action, MaterialState, State
from extranet_zone.exchange.handlers import handlers
from kernel.audit import AuditRecord
from kernel.errors import RefusedError
from kernel.exchange import Received
from kernel.exchange.models import OutboxMessage
from kernel.messages import ROUTES, Kind, MaterialsDelivered, Message, ProgressReported
from kernel.vocabulary.zones import Zone


def material_states(office: Office, case_no: str) -> list[MaterialState]:
    with office.database.reading() as session:
        return list(
            session.scalars(
                select(CaseMaterial.state)
                .where(CaseMaterial.case_no == case_no)
                .order_by(CaseMaterial.position)
            )
        )


def test_the_same_application_twice_opens_one_case(office: Office) -> None:
    body = office.application()
    for _ in range(2):
        with office.database.begin() as session:
            receive_application(session, office.work, body, office.tick())
    assert office.rows(Case) == 1
    assert len(office.posted(Kind.PROGRESS_REPORTED)) == 1


def test_another_application_cannot_take_a_number(office: Office) -> None:
    body = office.application()
    with office.database.begin() as session:
        receive_application(session, office.work, body, office.now)
    other = body.model_copy(update={"applicant": "王五"})
    with (
        pytest.raises(RefusedError, match="case_no_taken"),
        office.database.begin() as session,
    ):
        receive_application(session, office.work, other, office.now)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"item_code": "no-such-item"}, "item_unknown"),
        ({"case_no": "W202601050000010"}, "case_no_check"),
    ],
)
def test_an_application_that_cannot_be_a_case_is_refused(
    office: Office, change: dict[str, object], code: str
) -> None:
    body = office.application().model_copy(update=change)
    with pytest.raises(RefusedError, match=code), office.database.begin() as session:
        receive_application(session, office.work, body, office.now)
    assert office.rows(Case) == 0


def test_the_location_comes_from_the_register(office: Office) -> None:
    case_no = office.receive()
    assert office.case(case_no).location == "济源市示范路1号1幢1单元101"


def test_materials_may_come_before_the_application(office: Office) -> None:
    case_no = office.receive(arrived=True)
    assert set(material_states(office, case_no)) == {MaterialState.PRESENT}


def test_materials_may_come_after_the_application_and_twice(office: Office) -> None:
    body = office.application(arrived=False)
    content = picture("red")
    digest = office.store.put(io.BytesIO(content), 10**6).digest
    office.store.path(digest).rename(office.store.path(digest).with_name("away"))
    first = body.materials[0].model_copy(update={"digest": digest})
    body = body.model_copy(update={"materials": [first, *body.materials[1:]]})
    with office.database.begin() as session:
        receive_application(session, office.work, body, office.now)
    assert set(material_states(office, body.case_no)) == {MaterialState.AWAITED}
    office.store.put(io.BytesIO(content), 10**6)
    for _ in range(2):
        with office.database.begin() as session:
            deliver_materials(
                session, office.work, MaterialsDelivered(case_no=body.case_no, digests=[digest])
            )
    assert material_states(office, body.case_no) == [
        MaterialState.PRESENT,
        *[MaterialState.AWAITED] * 3,
    ]


def test_a_delivery_for_a_case_not_yet_known_is_no_fault(office: Office) -> None:
    with office.database.begin() as session:
        deliver_materials(
            session,
            office.work,
            MaterialsDelivered(case_no="W202601050000015", digests=["a" * 64]),
        )


@pytest.mark.parametrize(
    ("content", "file_name", "defect"),
    [
        (picture()[:60], "a.png", "upload_damaged"),
        (b"MZ this is a program", "a.pdf", "upload_type_mismatch"),
        (picture(), "a.exe", "upload_type_not_allowed"),
    ],
    ids=["cut off", "program", "suffix"],
)
def test_a_file_the_portal_let_through_is_checked_again(
    office: Office, content: bytes, file_name: str, defect: str
) -> None:
    body = office.application()
    digest = office.store.put(io.BytesIO(content), 10**6).digest
    bad = body.materials[0].model_copy(update={"digest": digest, "file_name": file_name})
    body = body.model_copy(update={"materials": [bad, *body.materials[1:]]})
    with office.database.begin() as session:
        receive_application(session, office.work, body, office.now)
    with office.database.reading() as session:
        material = session.get(CaseMaterial, (body.case_no, 1))
        assert material is not None
        assert (material.state, material.defect) == (MaterialState.DAMAGED, defect)
        assert "material.damaged" in session.scalars(select(AuditRecord.act)).all()
    with pytest.raises(RefusedError, match="material_damaged"):
        office.do(body.case_no, Action.PASS_PRELIMINARY)


def test_a_file_of_another_kind_than_listed_counts_as_damaged(office: Office) -> None:
    body = office.application()
    lied = body.materials[0].model_copy(update={"media_type": "image/jpeg"})
    body = body.model_copy(update={"materials": [lied, *body.materials[1:]]})
    with office.database.begin() as session:
        receive_application(session, office.work, body, office.now)
    assert material_states(office, body.case_no)[0] is MaterialState.DAMAGED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: {"materials": body.materials[1:]}, "materials_incomplete"),
        (lambda body: {"parties": body.parties[1:]}, "party_missing"),
    ],
)
def test_an_incomplete_application_arrives_but_does_not_pass(
    office: Office, change: object, code: str
) -> None:
    body = office.application()
    assert callable(change)
    body = body.model_copy(update=change(body))
    with office.database.begin() as session:
        receive_application(session, office.work, body, office.now)
    with pytest.raises(RefusedError, match=code):
        office.do(body.case_no, Action.PASS_PRELIMINARY)


@pytest.mark.parametrize(
    ("passed", "state"), [(True, State.ACCEPTED), (False, State.SPATIALLY_FAILED)]
)
def test_the_conclusion_moves_the_case(office: Office, passed: bool, state: State) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.IN_SPATIAL_REVIEW)
    office.conclude(case_no, passed=passed)
    assert office.case(case_no).state is state
    told = [json.loads(message.body) for message in office.posted(Kind.PROGRESS_REPORTED)][-3:]
    assert [(body["zone"], body["step"]) for body in told] == [
        ("intranet", "spatial_received"),
        ("intranet", "spatial_concluded"),
        ("extranet", "spatial_pass" if passed else "spatial_fail"),
    ]


def test_the_same_conclusion_twice_has_one_effect(office: Office) -> None:
    case_no = office.receive()
    office.advance_to(case_no, State.IN_SPATIAL_REVIEW)
    conclusion = office.conclusion(case_no)
    for _ in range(2):
        with office.database.begin() as session:
            conclude_review(session, conclusion, office.now)
        counts = office.rows(CaseStep), office.rows(OutboxMessage), office.rows(AuditRecord)
    assert office.rows(SpatialConclusion) == 1
    with office.database.begin() as session:
        conclude_review(session, conclusion, office.now)
    assert counts == (office.rows(CaseStep), office.rows(OutboxMessage), office.rows(AuditRecord))


@pytest.mark.parametrize(
    ("state", "change", "code"),
    [
        (State.IN_SPATIAL_REVIEW, {"case_no": "W202601050000023"}, "case_unknown"),
        (State.IN_SPATIAL_REVIEW, {"unit_no": "419001001001GB00009F00010001"}, "review_unit"),
        (State.COLLECTED, {}, "review_not_awaited"),
        (State.ACCEPTED, {"opinion": "另一份结论"}, "review_already_concluded"),
    ],
)
def test_a_conclusion_that_does_not_fit_is_refused(
    office: Office, state: State, change: dict[str, object], code: str
) -> None:
    case_no = office.receive()
    office.advance_to(case_no, state)
    body = office.conclusion(case_no).model_copy(update=change)
    with pytest.raises(RefusedError, match=code), office.database.begin() as session:
        conclude_review(session, body, office.now)
    assert office.case(case_no).state is state


def test_the_intranet_s_progress_is_passed_on_once(office: Office) -> None:
    case_no = office.receive()
    told = ProgressReported(
        case_no=case_no, step="spatial_received", label="已接收", zone="intranet", at=office.now
    )
    for _ in range(2):
        with office.database.begin() as session:
            relay_progress(session, told, office.tick())
    assert [json.loads(m.body)["step"] for m in office.posted(Kind.PROGRESS_REPORTED)] == [
        "received",
        "spatial_received",
    ]


def test_the_intranet_speaks_only_for_itself(office: Office) -> None:
    case_no = office.receive()
    told = ProgressReported(
        case_no=case_no, step="record", label="已登簿", zone="extranet", at=office.now
    )
    with pytest.raises(RefusedError, match="progress_zone"), office.database.begin() as session:
        relay_progress(session, told, office.now)


def test_every_kind_that_may_arrive_has_a_handler(office: Office) -> None:
    arriving = {kind for kind, _, destination in ROUTES if destination is Zone.EXTRANET}
    assert set(handlers(office.work)) == arriving


def test_a_handler_makes_the_effect_of_its_message(office: Office) -> None:
    body = office.application()
    message = Message("0" * 32, Kind.APPLICATION_SUBMITTED, office.now, body)
    handle = handlers(office.work)[Kind.APPLICATION_SUBMITTED]
    with office.database.begin() as session:
        handle(session, Received(message, Zone.INTERNET, office.now))
    assert office.case(body.case_no).received_at == office.now


def test_a_body_of_the_wrong_kind_is_a_bug(office: Office) -> None:
    message = Message("0" * 32, Kind.REVIEW_CONCLUDED, office.now, office.application())
    with pytest.raises(TypeError), office.database.begin() as session:
        handlers(office.work)[Kind.REVIEW_CONCLUDED](
            session, Received(message, Zone.INTRANET, office.now)
        )
