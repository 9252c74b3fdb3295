"""Claims about the act of submitting: once in effect, complete, signed by the person."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from appliance.sample.people import BUYER, SELLER, citizen_of
from portal_office import QUICK, Browser, PortalOffice, picture
from sqlalchemy import select

from internet_zone.applications.models import Application, Upload
from internet_zone.applications.services import outgoing, submission
from internet_zone.catalogue.services import PortalCatalogue
from internet_zone.progress.models import ProgressStep
from kernel.audit import verify_chain
from kernel.audit.models import AuditRecord
from kernel.db import new_id
from kernel.messages import ApplicationSubmitted
from kernel.web.accounts import Accounts, Person


def test_submitting_twice_answers_the_same_case_and_sends_nothing_more(
    office: PortalOffice, buyer: Browser
) -> None:
    draft, case_no = office.submitted(buyer)
    sent = len(office.outbox())
    for changed in ({}, {"agreed": ""}, {"password": "wrong"}, {"signed_by": "别人"}):
        answer = buyer.sign(draft, **changed)
        assert answer.status_code == 303
        assert answer.headers["Location"] == draft
    assert buyer.case_no(draft) == case_no
    assert len(office.outbox()) == sent


def test_many_clicks_at_once_make_one_case(any_office: PortalOffice) -> None:
    office = any_office
    browser = office.browser(BUYER)
    draft = browser.start()
    browser.fill(draft)
    application_id = draft.rpartition("/")[2]
    person, catalogue = _person(office, BUYER.phone), PortalCatalogue()
    accounts, gate = Accounts(QUICK, 15), threading.Barrier(6)

    def click(_number: int) -> str:
        gate.wait()
        with office.database.begin() as session:
            return submission.submit(
                session,
                accounts,
                person,
                application_id,
                catalogue,
                BUYER.name,
                BUYER.password,
                office.now,
            )

    with ThreadPoolExecutor(6) as pool:
        numbers = set(pool.map(click, range(6)))
    assert len(numbers) == 1
    assert [message.kind for message in office.outbox()] == [
        "application.submitted",
        "materials.delivered",
    ]


def test_cases_of_a_days_first_minute_have_numbers_of_their_own(any_office: PortalOffice) -> None:
    office = any_office
    drafts = []
    for index in range(4):
        browser = office.browser(citizen_of(1, index))
        draft = browser.start("mortgage-cancel", "online")
        drafts.append((citizen_of(1, index).phone, draft.rpartition("/")[2]))
    gate = threading.Barrier(4)

    def draw(_draft: object) -> str:
        gate.wait()
        with office.database.begin() as session:
            return submission._draw_case_no(session, office.now)

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(draw, drafts))
    assert sorted(number[9:15] for number in numbers) == ["000001", "000002", "000003", "000004"]


def test_state_message_progress_and_audit_commit_together_or_not_at_all(
    office: PortalOffice, buyer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = buyer.start()
    buyer.fill(draft)

    def fail(*_arguments: object) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(submission, "note_progress", fail)
        assert buyer.sign(draft).status_code == 500
    assert office.outbox() == []
    assert "核对并签名" in buyer.get(draft).text
    assert buyer.sign(draft).status_code == 303
    assert len(office.outbox()) == 2
    with office.database.reading() as session:
        acts = session.scalars(
            select(AuditRecord.act).where(AuditRecord.act == "application.submit")
        ).all()
        steps = session.scalars(select(ProgressStep.step)).all()
        verify_chain(session)
    assert acts == ["application.submit"]
    assert steps == ["submitted"]


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"agreed": ""}, 422, "勾选承诺"),
        ({"signed_by": SELLER.name}, 422, "签名须与申请人姓名一致"),
        ({"signed_by": ""}, 422, "签名须与申请人姓名一致"),
        ({"password": "Wrong-2026-pass"}, 403, "密码不正确"),
    ],
)
def test_what_is_not_signed_is_not_sent(
    office: PortalOffice, buyer: Browser, changed: dict[str, str], status: int, words: str
) -> None:
    draft = buyer.start()
    buyer.fill(draft)
    answer = buyer.sign(draft, **changed)
    assert answer.status_code == status
    assert words in answer.text
    assert office.outbox() == []


def test_an_incomplete_draft_is_not_sent(office: PortalOffice, buyer: Browser) -> None:
    draft = buyer.start()
    answer = buyer.sign(draft)
    assert answer.status_code == 422
    for words in ("尚未选择不动产单元", "尚未填写对方当事人", "缺少材料"):
        assert words in answer.text
    assert office.outbox() == []


def test_a_submitted_application_does_not_change_any_more(
    office: PortalOffice, buyer: Browser
) -> None:
    draft, _case_no = office.submitted(buyer)
    for task in ("unit", "parties", "facts", "materials", "sign"):
        answer = buyer.get(f"{draft}/{task}")
        assert (answer.status_code, answer.headers.get("Location")) == (303, draft), task
    with office.database.reading() as session:
        upload_id = session.scalars(select(Upload.id)).first()
    for path, fields in (
        ("unit", {"unit_no": "419001001001GB00001F00010002"}),
        ("materials", {}),
        (f"materials/{upload_id}/remove", {}),
        ("discard", {}),
    ):
        answer = buyer.post(f"{draft}/{path}", "/account/password", **fields)
        assert answer.status_code == 409, path
    with office.database.reading() as session:
        assert len(session.scalars(select(Upload.id)).all()) == 4


def test_five_hundred_files_with_long_names_fit_into_the_message(
    office: PortalOffice, buyer: Browser
) -> None:
    draft = buyer.start()
    buyer.fill(draft)
    with office.database.begin() as session:
        application = session.get_one(Application, draft.rpartition("/")[2])
        for position in range(len(application.materials), 500):
            application.materials.append(_upload(position, 390_000))
    assert buyer.sign(draft).status_code == 303
    first, *rest = office.outbox()
    assert len(ApplicationSubmitted.model_validate_json(first.body).materials) == 500
    assert len(rest) >= 5


def test_files_travel_in_groups_of_bounded_number_and_size() -> None:
    uploads = [_upload(n, 10 * 1024 * 1024) for n in range(7)]
    uploads += [_upload(100 + n, 10) for n in range(250)]
    uploads += [_upload(500, 45 * 1024 * 1024), uploads[0]]
    made = outgoing.groups(uploads)
    digests = [upload.digest for group in made for upload in group]
    assert len(digests) == len(set(digests)) == 258
    for group in made:
        assert len(group) <= outgoing.GROUP_FILES
        assert len(group) == 1 or sum(upload.size for upload in group) <= outgoing.GROUP_BYTES


def test_uploads_at_the_same_time_are_all_kept(any_office: PortalOffice) -> None:
    office = any_office
    draft = office.browser(BUYER).start()
    gate = threading.Barrier(4)

    def send(number: int) -> int:
        browser = office.browser()
        browser.sign_in(BUYER.phone, BUYER.password)
        gate.wait()
        files = [("contract", f"{number}.jpg", picture(1000 + number))]
        return browser.upload(draft, files).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send, range(4))) == [303] * 4
    with office.database.reading() as session:
        positions = session.scalars(select(Upload.position).order_by(Upload.position)).all()
    assert positions == [0, 1, 2, 3]


def _person(office: PortalOffice, login: str) -> Person:
    from kernel.web.models import Account  # noqa: PLC0415 - only here

    with office.database.reading() as session:
        account = session.scalars(select(Account).where(Account.login == login)).one()
    return Person(account.id, login, account.display_name, frozenset({"citizen"}))


def _upload(position: int, size: int) -> Upload:
    return Upload(
        id=new_id(),
        position=position,
        code="title-certificate",
        file_name="证" * 60 + ".jpg",
        digest=f"{position:064x}",
        size=size,
        media_type="image/jpeg",
        pages=1,
        uploaded_at=0,
    )
