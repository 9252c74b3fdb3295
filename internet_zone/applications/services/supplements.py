"""Notices of defects as they come, and the applicant's one answer; what is owed, as stated."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from internet_zone.applications.models import (
    Application,
    PaymentStatement,
    SupplementNotice,
    Upload,
)
from internet_zone.applications.services import outgoing
from internet_zone.applications.services.drafts import entry, own_locked
from internet_zone.applications.services.uploads import MAX_BYTES, MAX_FILES, NewFile
from internet_zone.progress.services import note_progress
from kernel.audit import record
from kernel.catalogue.item import Item
from kernel.catalogue.tables import MaterialRule
from kernel.db import new_id
from kernel.errors import ConflictError, RefusedError
from kernel.messages import PaymentStated, ProgressReported, SupplementRequested
from kernel.web.accounts import Person

MAX_REMARK: Final = 500


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """An open notice as its page shows it."""

    number: int
    defects: tuple[str, ...]
    materials: tuple[MaterialRule, ...]
    requested_at: int


@dataclass(frozen=True, slots=True)
class BillShown:
    """One amount of a case; ``paid_at`` is None while it is owed."""

    title: str
    amount: str
    paid_at: int | None


def take_notice(session: Session, body: SupplementRequested) -> None:
    """Keep a notice; the same one again changes nothing."""
    if session.get(SupplementNotice, (body.case_no, body.notice)) is None:
        session.add(
            SupplementNotice(
                case_no=body.case_no,
                number=body.notice,
                defects=json.dumps(body.defects, ensure_ascii=False),
                materials=json.dumps(body.materials),
                requested_at=body.requested_at,
                answered_at=None,
            )
        )


def take_payment(session: Session, body: PaymentStated) -> None:
    """Keep what a case owes and paid; an older statement than the one we have is passed over."""
    known = session.get(PaymentStatement, body.case_no)
    bills = json.dumps([bill.model_dump() for bill in body.bills], ensure_ascii=False)
    if known is None:
        session.add(PaymentStatement(case_no=body.case_no, bills=bills, stated_at=body.stated_at))
    elif body.stated_at >= known.stated_at:
        known.bills, known.stated_at = bills, body.stated_at


def open_notice(session: Session, case_no: str, item: Item) -> NoticeShown | None:
    """The notice that waits for the applicant's answer."""
    row = _open(session, case_no)
    if row is None:
        return None
    codes = set(json.loads(row.materials))
    return NoticeShown(
        number=row.number,
        defects=tuple(json.loads(row.defects)),
        materials=tuple(rule for rule in item.materials if not codes or rule.code in codes),
        requested_at=row.requested_at,
    )


def bills_of(session: Session, case_no: str) -> list[BillShown]:
    """What the case owes and paid."""
    row = session.get(PaymentStatement, case_no)
    if row is None:
        return []
    return [
        BillShown(str(bill["title"]), _amount(bill["amount_fen"]), bill["paid_at"])
        for bill in json.loads(row.bills)
    ]


def _amount(fen: int | None) -> str:
    if fen is None:
        return "金额待核定"
    yuan, rest = divmod(fen, 100)
    return f"{yuan:,}.{rest:02d} 元"


def require_open(session: Session, case_no: str | None) -> SupplementNotice:
    """The open notice of a case.

    Raises :class:`ConflictError` with code ``no_open_notice``.
    """
    row = _open(session, case_no) if case_no else None
    if row is None:
        raise ConflictError("no_open_notice", "这个办件目前没有需要补正的内容")
    return row


def answer(
    session: Session,
    person: Person,
    application_id: str,
    item: Item,
    files: Sequence[NewFile],
    remark: str,
    now: int,
) -> None:
    """Send the whole answer: the files and a remark; the notice is closed with it.

    Raises :class:`RefusedError`: ``no_open_notice``, ``answer_empty``, ``too_many_files``,
    ``application_too_large``, ``remark_too_long``.
    """
    application = own_locked(session, person, application_id)
    notice = require_open(session, application.case_no)
    if not files:
        raise RefusedError("answer_empty", "请至少上传一个补正文件")
    if len(remark) > MAX_REMARK:
        raise RefusedError("remark_too_long", f"说明不能超过 {MAX_REMARK} 字")
    if len(application.materials) + len(files) > MAX_FILES:
        raise RefusedError("too_many_files", f"一份申请最多 {MAX_FILES} 个文件")
    if sum(file.size for file in files) > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise RefusedError("application_too_large", f"补正材料合计不能超过 {limit} MB")
    uploads = _uploads(application, files, now)
    application.materials.extend(uploads)
    notice.answered_at = now
    case_no = notice.case_no
    outgoing.post_supplement(session, case_no, notice.number, uploads, item, remark, now)
    outgoing.post_materials(session, uploads, case_no, now)
    note_progress(
        session,
        ProgressReported(
            case_no=case_no,
            step="supplemented",
            label="补正材料已提交",
            zone="internet",
            at=now,
            note="正在送往电子政务外网",
        ),
    )
    record(session, entry(person, "application.supplement", application_id, case_no))


def _uploads(application: Application, files: Sequence[NewFile], now: int) -> list[Upload]:
    first = max((upload.position for upload in application.materials), default=-1) + 1
    return [
        Upload(
            id=new_id(),
            position=n,
            code=file.code,
            file_name=file.file_name,
            digest=file.digest,
            size=file.size,
            media_type=file.media_type,
            pages=file.pages,
            uploaded_at=now,
        )
        for n, file in enumerate(files, first)
    ]


def _open(session: Session, case_no: str) -> SupplementNotice | None:
    return session.scalars(
        select(SupplementNotice)
        .where(SupplementNotice.case_no == case_no, SupplementNotice.answered_at.is_(None))
        .order_by(SupplementNotice.number.desc())
        .limit(1)
    ).first()
