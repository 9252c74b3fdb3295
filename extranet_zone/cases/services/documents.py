"""What a case's applicant is handed on paper (通知、告知): one table of documents, one renderer.

Rules:

1. a document exists once an act that it tells of has been done; the last such act dates it; what
   is filled in and signed before any act exists once the case names who takes part;
2. it says what the act said: its reason, its legal basis by the table, what is asked for;
3. giving one out is audited, because it names the applicant.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseStep, NoticeState, SupplementNotice
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.forms import (
    applicants_sign,
    applied,
    asker_and_asked_sign,
    interviewed,
)
from extranet_zone.cases.services.notices import accepted, asked, collected, decided, filed, owed
from extranet_zone.cases.services.paper import Sheet, printed
from extranet_zone.cases.services.reviewed import (
    EXAMINING,
    announced,
    cancelled,
    examined,
    replied,
)
from extranet_zone.cases.services.supplements import notices_of
from extranet_zone.cases.services.told import Lines, Told
from extranet_zone.cases.services.work import CaseWork, load_visible
from extranet_zone.cases.states import Action
from extranet_zone.catalogue.schema import CatalogueItem
from kernel import audit
from kernel.catalogue.counterparts import PRINTS, Print
from kernel.errors import ConflictError, NotFoundError
from kernel.vocabulary.case_no import CaseNo
from kernel.vocabulary.districts import District
from kernel.vocabulary.masks import mask_name


@dataclass(frozen=True, slots=True)
class Document:
    """One row: the acts it tells of, and what it says beyond what every document says."""

    code: Print
    acts: tuple[Action, ...]
    lines: Callable[[Told], Lines]
    public: bool = False
    """Everybody reads it: the applicant's name is masked."""
    ruled: bool = False
    """A form: its lines are the rows of a table."""
    listed: bool = False
    """Only where the item names it; another item's act tells of something else."""
    signed: Callable[[Told], Sequence[str]] | None = None
    """Who signs it by hand, instead of the authority."""

    @property
    def title(self) -> str:
        """Its heading."""
        return PRINTS[self.code]


@dataclass(frozen=True, slots=True)
class Available:
    """A document that can be printed now; ``number`` is the notice's, 0 where there is one only."""

    code: str
    title: str
    number: int


DOCUMENTS: Final = (
    Document("application_form", (), applied, ruled=True, listed=True, signed=applicants_sign),
    Document(
        "interview_record", (), interviewed, ruled=True, listed=True, signed=asker_and_asked_sign
    ),
    Document("intake_receipt", (Action.COLLECT, Action.COLLECT_FOR_OTHER), collected),
    Document("acceptance_notice", (Action.ACCEPT, Action.ACCEPT_DIRECT), accepted),
    Document(
        "supplement_notice",
        (Action.ASK_PRELIMINARY_SUPPLEMENT, Action.NOTIFY_SUPPLEMENT, Action.APPROVE_SECOND_NOTICE),
        asked,
    ),
    Document(
        "handback_notice",
        (Action.HAND_BACK,),
        decided("您的申请未通过网上预审，现予退回；可以修改后重新申请。", remedy=False),
    ),
    Document(
        "declination_notice",
        (Action.DECLINE,),
        decided("您的不动产登记申请不符合受理条件，本机构决定不予受理。"),
    ),
    Document(
        "refusal_notice",
        (Action.REFUSE,),
        decided("经审核，您的不动产登记申请不符合登记条件，本机构决定不予登记。"),
    ),
    Document(
        "withdrawal_notice",
        (Action.WITHDRAW,),
        decided("您撤回不动产登记申请，本机构予以确认，登记程序终止。", remedy=False),
    ),
    Document("fee_notice", (Action.AWAIT_PAYMENT,), owed),
    Document("announcement", (Action.START_ANNOUNCEMENT,), announced, public=True),
    Document("approval_form", EXAMINING, examined, ruled=True),
    Document("cancellation_notice", (Action.RECORD,), cancelled, listed=True),
    Document("restraint_reply", (Action.ANSWER_RESTRAINT,), replied),
    Document("archive_list", (Action.ARCHIVE,), filed),
)
"""Every document of a case; what is not here is not printed."""


def documents_of(session: Session, case: Case, item: CatalogueItem) -> tuple[Available, ...]:
    """What can be printed for the case now, in the table's order."""
    found: list[Available] = []
    done = set(
        session.scalars(select(CaseStep.action).where(CaseStep.case_no == case.case_no).distinct())
    )
    for document in DOCUMENTS:
        if document.listed and document.code not in item.prints:
            continue
        if document.acts:
            due = not done.isdisjoint(act.value for act in document.acts)
        else:
            due = bool(case.parties)
        if not due:
            continue
        numbers = [0]
        if document.code == "supplement_notice":
            numbers = [notice.number for notice in _sent(session, case.case_no)]
        found += [Available(document.code, document.title, number) for number in numbers]
    return tuple(found)


def document(
    session: Session, work: CaseWork, case_no: str, code: str, number: int, actor: Actor
) -> bytes:
    """The PDF; giving it out is audited. ``number`` is a notice's, otherwise 0.

    Raises :class:`NotFoundError` (``case_unknown``, ``document_unknown``) and
    :class:`ConflictError` with code ``document_not_due`` while what it tells has not happened.
    """
    case = load_visible(session, work, case_no, actor)
    row = next((found for found in DOCUMENTS if found.code == code), None)
    if row is None:
        raise NotFoundError("document_unknown", "没有这种文书")
    told = _told(session, work, case, row, number)
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act="case.document_printed",
            object_kind="case",
            object_id=case_no,
            case_no=case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail={"document": row.code, "number": number},
        ),
    )
    return printed(_sheet(told, row))


def _told(session: Session, work: CaseWork, case: Case, row: Document, number: int) -> Told:
    item = work.item_of(session, case)
    if row.listed and row.code not in item.prints:
        raise NotFoundError("document_unknown", f"本事项不出具《{row.title}》")
    if not row.acts and number == 0 and case.parties:
        return Told(session, work, case, item, None)
    steps = session.scalars(
        select(CaseStep)
        .where(
            CaseStep.case_no == case.case_no,
            CaseStep.action.in_([act.value for act in row.acts]),
        )
        .order_by(CaseStep.position)
    ).all()
    notices = _sent(session, case.case_no) if row.code == "supplement_notice" else []
    # Each of these acts sends one notice, so that they stand in the same order.
    pairs: Sequence[tuple[CaseStep, SupplementNotice | None]] = (
        list(zip(steps, notices, strict=False))
        if row.code == "supplement_notice"
        else [(step, None) for step in steps[-1:]]
    )
    for step, notice in pairs:
        if number == (notice.number if notice else 0):
            return Told(session, work, case, item, step, notice)
    raise ConflictError("document_not_due", f"办件尚未到可以出具《{row.title}》的步骤")


def _sent(session: Session, case_no: str) -> list[SupplementNotice]:
    return [
        notice
        for notice in notices_of(session, case_no)
        if notice.state in (NoticeState.SENT, NoticeState.ANSWERED)
    ]


def _sheet(told: Told, row: Document) -> Sheet:
    case = told.case
    home = f"{District.parse(case.home_authority).name}不动产登记机构"
    signed_by = home
    if row.code == "intake_receipt":
        # What a window hands out as its own act is signed by the window's authority.
        signed_by = f"{District.parse(case.collecting_authority).name}不动产登记机构"
    lines = [
        ("办件编号", CaseNo.parse(case.case_no).grouped()),
        ("事项", told.work.title_of(told.session, case)),
        ("申请人", mask_name(case.applicant) if row.public else case.applicant),
        ("不动产单元号", case.unit_no or "未指明"),
        ("坐落", case.location or "以登记簿记载为准"),
        ("办理机构", home),
        *row.lines(told),
    ]
    return Sheet(
        row.title,
        case.case_no,
        lines,
        signed_by,
        told.at,
        ruled=row.ruled,
        signers=row.signed(told) if row.signed else (),
    )
