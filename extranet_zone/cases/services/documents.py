"""What a case's applicant is handed on paper (通知、告知): one table of documents, one renderer.

Rules:

1. a document exists once an act that it tells of has been done; the last such act dates it;
2. it says what the act said: its reason, its legal basis by the table, what is asked for;
3. giving one out is audited, because it names the applicant.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import ArchiveFile, Case, CaseStep, NoticeState, SupplementNotice
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.catalogued import in_yuan
from extranet_zone.cases.services.paper import Sheet, printed
from extranet_zone.cases.services.payments import bills_of
from extranet_zone.cases.services.reviewed import EXAMINING, announced, examined
from extranet_zone.cases.services.supplements import notices_of
from extranet_zone.cases.services.told import Lines, Told
from extranet_zone.cases.services.work import CaseWork, load_visible
from extranet_zone.cases.states import Action
from extranet_zone.catalogue.schema import CatalogueItem
from kernel import audit
from kernel.catalogue.counterparts import PRINTS, Print
from kernel.clock import beijing_text, from_micros
from kernel.errors import ConflictError, NotFoundError
from kernel.vocabulary.case_no import CaseNo
from kernel.vocabulary.districts import District
from kernel.vocabulary.masks import mask_name

REMEDY: Final = (
    "对本决定不服的，可以自收到之日起60日内依法申请行政复议，"
    "或者自收到之日起6个月内依法向人民法院提起行政诉讼。"
)
"""行政复议法第二十条, 行政诉讼法第四十六条 [K]."""
_NEXT: Final = "审核、缴纳税费（如有）、登簿、发证；进度可凭办件编号在“一窗办事”平台查询"


@dataclass(frozen=True, slots=True)
class Document:
    """One row: the acts it tells of, and what it says beyond what every document says."""

    code: Print
    acts: tuple[Action, ...]
    lines: Callable[[Told], Lines]
    public: bool = False
    """Everybody reads it: the applicant's name is masked."""

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


def _collected(told: Told) -> Lines:
    here = District.parse(told.case.collecting_authority).name
    materials = [
        (f"材料 {n}", f"{material.title}　{material.pages} 页")
        for n, material in enumerate(told.case.materials, 1)
        if material.notice_no == 0
    ]
    return [
        ("收件机构", f"{here}不动产登记机构"),
        ("收件时间", beijing_text(from_micros(told.step.at))),
        *materials,
        ("后续步骤", f"受理决定、{_NEXT}"),
    ]


def _accepted(told: Told) -> Lines:
    days = told.case.promised_days or told.item.promised_working_days
    return [
        ("告知事项", "您提交的不动产登记申请符合受理条件，本机构决定予以受理。"),
        ("办理时限", f"自受理之日起 {days} 个工作日；补正、公告、缴纳税费等期间不计入"),
        ("依据", told.basis),
        ("后续步骤", _NEXT),
    ]


def _asked(told: Told) -> Lines:
    notice = told.notice
    if notice is None:
        raise ValueError("a notice of defects tells of one")
    titles = {rule.code: rule.title for rule in told.item.materials}
    wanted = [titles.get(code, code) for code in json.loads(notice.materials)]
    return [
        ("告知次数", f"第 {notice.number} 次{'（网上预审）' if notice.preliminary else ''}"),
        ("告知事项", "您的申请需要补正以下全部内容："),
        *((f"第 {n} 项", words) for n, words in enumerate(json.loads(notice.defects), 1)),
        ("补交材料", "、".join(wanted) or "按上述各项提交"),
        ("补正方式", "在“一窗办事”平台上传，或者邮寄、送交受理窗口；补正期间不计入办理时限"),
        ("依据", told.basis),
    ]


def _decided(words: str, *, remedy: bool = True) -> Callable[[Told], Lines]:
    def lines(told: Told) -> Lines:
        return [
            ("告知事项", words),
            ("理由", told.step.note),
            ("依据", told.basis),
            *([("救济途径", REMEDY)] if remedy else []),
        ]

    return lines


def _owed(told: Told) -> Lines:
    bills = bills_of(told.session, told.case.case_no)
    lines = [
        (f"应缴 {bill.number}", f"{bill.title}　{in_yuan(bill.amount_fen)}　{bill.basis}")
        for bill in bills
    ]
    amounts = [bill.amount_fen for bill in bills if bill.amount_fen is not None]
    lines.append(("合计", in_yuan(sum(amounts) if len(amounts) == len(bills) else None)))
    if told.item.tax.involved:
        lines.append(("税款", f"不在本通知内，金额未知：{told.item.tax.note or '由税务部门核定'}"))
    return [*lines, ("说明", "缴清后继续办理；等待缴费期间不计入办理时限"), ("依据", told.basis)]


def _filed(told: Told) -> Lines:
    """Every paper in the closed file with its digest, as it was when the file was closed."""
    file = told.session.get_one(ArchiveFile, told.case.case_no)
    documents = json.loads(file.documents)
    return [
        ("归档时间", beijing_text(from_micros(file.archived_at))),
        ("件数", f"共 {len(documents)} 件，{sum(paper['pages'] for paper in documents)} 页"),
        *(
            (f"第 {n} 件", f"{paper['title']}　{paper['pages']} 页　{paper['digest']}")
            for n, paper in enumerate(documents, 1)
        ),
        ("目录摘要", file.digest),
    ]


DOCUMENTS: Final = (
    Document("intake_receipt", (Action.COLLECT, Action.COLLECT_FOR_OTHER), _collected),
    Document("acceptance_notice", (Action.ACCEPT, Action.ACCEPT_DIRECT), _accepted),
    Document(
        "supplement_notice",
        (Action.ASK_PRELIMINARY_SUPPLEMENT, Action.NOTIFY_SUPPLEMENT, Action.APPROVE_SECOND_NOTICE),
        _asked,
    ),
    Document(
        "handback_notice",
        (Action.HAND_BACK,),
        _decided("您的申请未通过网上预审，现予退回；可以修改后重新申请。", remedy=False),
    ),
    Document(
        "declination_notice",
        (Action.DECLINE,),
        _decided("您的不动产登记申请不符合受理条件，本机构决定不予受理。"),
    ),
    Document(
        "refusal_notice",
        (Action.REFUSE,),
        _decided("经审核，您的不动产登记申请不符合登记条件，本机构决定不予登记。"),
    ),
    Document(
        "withdrawal_notice",
        (Action.WITHDRAW,),
        _decided("您撤回不动产登记申请，本机构予以确认，登记程序终止。", remedy=False),
    ),
    Document("fee_notice", (Action.AWAIT_PAYMENT,), _owed),
    Document("announcement", (Action.START_ANNOUNCEMENT,), announced, public=True),
    Document("approval_form", EXAMINING, examined),
    Document("archive_list", (Action.ARCHIVE,), _filed),
)
"""Every document of a case; what is not here is not printed."""


def documents_of(session: Session, case: Case) -> tuple[Available, ...]:
    """What can be printed for the case now, in the table's order."""
    found: list[Available] = []
    done = set(
        session.scalars(select(CaseStep.action).where(CaseStep.case_no == case.case_no).distinct())
    )
    for document in DOCUMENTS:
        if done.isdisjoint(act.value for act in document.acts):
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
    told = _told(session, case, row, number, work.item_of(session, case))
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


def _told(session: Session, case: Case, row: Document, number: int, item: CatalogueItem) -> Told:
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
            return Told(session, case, item, step, notice)
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
    # What a window hands out as its own act is signed by the window's authority.
    here = District.parse(case.collecting_authority).name
    signed_by = f"{here}不动产登记机构" if row.code == "intake_receipt" else home
    lines = [
        ("办件编号", CaseNo.parse(case.case_no).grouped()),
        ("事项", told.item.title),
        ("申请人", mask_name(case.applicant) if row.public else case.applicant),
        ("不动产单元号", case.unit_no),
        ("坐落", case.location or "以登记簿记载为准"),
        ("办理机构", home),
        *row.lines(told),
    ]
    return Sheet(row.title, case.case_no, lines, signed_by, told.step.at)
