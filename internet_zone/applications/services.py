"""Filling in, signing and submitting an application.

Every function takes the account that acts; an application of somebody else does not exist for it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from internet_zone.applications.models import Application, ApplicationParty, CaseCounter, Upload
from internet_zone.applications.states import APPLICATION, Action, State
from internet_zone.catalogue.items import Item
from internet_zone.citizens.services import citizen_of
from internet_zone.progress.services import note_progress
from internet_zone.units.models import ListedUnit
from kernel.audit import AuditEntry, record
from kernel.clock import BEIJING, from_micros
from kernel.db import new_id
from kernel.errors import InvalidValueError, NotFoundError, RefusedError
from kernel.exchange import post
from kernel.messages import (
    ApplicationSubmitted,
    BlobRef,
    Kind,
    Material,
    MaterialsDelivered,
    Party,
    ProgressReported,
)
from kernel.vocabulary.case_no import CaseNo, CaseOrigin
from kernel.vocabulary.zones import Zone
from kernel.web.accounts import Accounts, Person

MAX_DRAFTS: Final = 20
MAX_FILES: Final = 500
MAX_BYTES: Final = 200 * 1024 * 1024
GROUP_FILES: Final = 100
GROUP_BYTES: Final = 32 * 1024 * 1024
"""How much one materials message carries, so that bundles stay small and resume cheaply."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Somebody else who takes part."""

    role: str
    name: str
    document_type: str
    document_no: str
    phone: str


@dataclass(frozen=True, slots=True)
class NewFile:
    """An uploaded file that lies in the materials store."""

    code: str
    file_name: str
    digest: str
    size: int
    media_type: str
    pages: int


def start(session: Session, person: Person, item: Item, mode: str, now: int) -> str:
    """A new draft's id, with the applicant as its first party.

    Raises :class:`RefusedError` with code ``too_many_drafts``.
    """
    open_drafts = session.scalars(
        select(func.count())
        .select_from(Application)
        .where(Application.account_id == person.account_id, Application.state == State.DRAFT)
    ).one()
    if open_drafts >= MAX_DRAFTS:
        raise RefusedError("too_many_drafts", f"草稿已有 {MAX_DRAFTS} 份，请先提交或删除")
    citizen = citizen_of(session, person.account_id)
    application = Application(
        id=new_id(),
        account_id=person.account_id,
        item_code=item.code,
        mode=mode,
        state=State.DRAFT,
        unit_no="",
        location="",
        facts="{}",
        case_no=None,
        signed_by="",
        created=now,
        submitted_at=None,
    )
    application.parties.append(
        ApplicationParty(
            id=new_id(),
            position=0,
            role=item.applicant_role,
            name=citizen.name,
            kind="1",
            document_type="1",
            document_no=citizen.identity_no,
            phone=citizen.phone,
            share="",
        )
    )
    session.add(application)
    record(session, _entry(person, "application.start", application.id, None))
    return application.id


def own(session: Session, person: Person, application_id: str) -> Application:
    """The application, when it is this person's.

    Raises :class:`NotFoundError` with code ``application_unknown`` otherwise: that somebody else's
    exists is nobody's business.
    """
    application = session.get(Application, application_id)
    if application is None or application.account_id != person.account_id:
        raise NotFoundError("application_unknown", "没有这份申请")
    return application


def own_list(session: Session, person: Person, page: int, size: int) -> Sequence[Application]:
    """A page of this person's applications, the newest first; one more than ``size`` if any."""
    return session.scalars(
        select(Application)
        .where(Application.account_id == person.account_id, Application.state != State.DISCARDED)
        .order_by(Application.created.desc())
        .offset(page * size)
        .limit(size + 1)
    ).all()


def choose_unit(session: Session, person: Person, application_id: str, unit_no: str) -> None:
    """Raises :class:`InvalidValueError` with code ``unit_unknown``."""
    application = _editable(session, person, application_id)
    unit = session.get(ListedUnit, unit_no)
    if unit is None:
        raise InvalidValueError(
            "unit_unknown", "目录中没有这个不动产单元，请重新查找", field="unit_no"
        )
    application.unit_no, application.location = unit.unit_no, unit.location
    record(session, _entry(person, "application.unit", application_id, None))


def set_counterparts(
    session: Session, person: Person, application_id: str, others: Sequence[Counterpart]
) -> None:
    """Replace everybody but the applicant."""
    application = _editable(session, person, application_id)
    del application.parties[1:]
    session.flush()
    for position, other in enumerate(others, start=1):
        application.parties.append(
            ApplicationParty(
                id=new_id(),
                position=position,
                role=other.role,
                name=other.name,
                kind="1" if other.document_type == "1" else "2",
                document_type=other.document_type,
                document_no=other.document_no,
                phone=other.phone,
                share="",
            )
        )
    record(session, _entry(person, "application.parties", application_id, None))


def set_facts(
    session: Session, person: Person, application_id: str, facts: Mapping[str, str]
) -> None:
    """Replace the answers to the item's questions."""
    application = _editable(session, person, application_id)
    application.facts = json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)
    record(session, _entry(person, "application.facts", application_id, None))


def add_files(
    session: Session, person: Person, application_id: str, files: Sequence[NewFile], now: int
) -> None:
    """Add uploaded files to a draft; the same file for the same material is added once.

    Raises :class:`RefusedError`: ``too_many_files``, ``application_too_large``.
    """
    application = _editable(session, person, application_id)
    known = {(upload.code, upload.digest) for upload in application.materials}
    position = max((upload.position for upload in application.materials), default=-1)
    for file in files:
        if (file.code, file.digest) in known:
            continue
        known.add((file.code, file.digest))
        position += 1
        application.materials.append(
            Upload(
                id=new_id(),
                position=position,
                code=file.code,
                file_name=file.file_name[:200],
                digest=file.digest,
                size=file.size,
                media_type=file.media_type,
                pages=file.pages,
                uploaded_at=now,
            )
        )
    if len(application.materials) > MAX_FILES:
        raise RefusedError("too_many_files", f"一份申请最多 {MAX_FILES} 个文件")
    if sum(upload.size for upload in application.materials) > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise RefusedError("application_too_large", f"一份申请的材料合计不能超过 {limit} MB")
    record(session, _entry(person, "application.upload", application_id, None))


def remove_file(session: Session, person: Person, application_id: str, upload_id: str) -> None:
    """Take a file out of a draft; one that is gone already is no error."""
    application = _editable(session, person, application_id)
    application.materials[:] = [item for item in application.materials if item.id != upload_id]
    record(session, _entry(person, "application.remove_file", application_id, None))


def discard(session: Session, person: Person, application_id: str) -> None:
    """Throw a draft away."""
    application = own(session, person, application_id)
    application.state = APPLICATION.target(application.state, Action.DISCARD, person.roles)
    record(session, _entry(person, "application.discard", application_id, None))


def defects(application: Application, item: Item) -> dict[str, str]:
    """What is still missing before signing: task name to Chinese words; empty when complete."""
    found: dict[str, str] = {}
    if not application.unit_no:
        found["unit"] = "尚未选择不动产单元"
    missing_roles = set(item.other_roles) - {party.role for party in application.parties}
    if missing_roles:
        found["parties"] = "尚未填写对方当事人"
    facts = json.loads(application.facts)
    if any(fact.required and not facts.get(fact.code) for fact in item.facts):
        found["facts"] = "申请内容没有填写完整"
    present = {upload.code for upload in application.materials}
    missing = [rule.title for rule in item.materials if rule.required and rule.code not in present]
    if missing:
        found["materials"] = "缺少材料：" + "、".join(missing)
    return found


def submit(
    session: Session,
    accounts: Accounts,
    person: Person,
    application_id: str,
    item: Item,
    signed_by: str,
    password: str,
    now: int,
) -> str:
    """Sign and submit; answers the case number. A second submission answers the same number.

    The application, its number, the audit record and the messages to the extranet commit together.
    Raises :class:`RefusedError`: ``application_incomplete``; :class:`InvalidValueError`:
    ``signature_name``; :class:`ForbiddenError`: ``password_wrong``.
    """
    application = own(session, person, application_id)
    if application.case_no is not None:
        return application.case_no
    target = APPLICATION.target(application.state, Action.SUBMIT, person.roles)
    incomplete = defects(application, item)
    if incomplete:
        raise RefusedError("application_incomplete", "；".join(incomplete.values()))
    applicant = application.parties[0]
    if " ".join(signed_by.split()) != applicant.name:
        raise InvalidValueError("signature_name", "签名须与申请人姓名一致", field="signed_by")
    accounts.require_password(session, person.account_id, password)
    case_no = _draw_case_no(session, now)
    application.state, application.case_no = target, case_no
    application.signed_by, application.submitted_at = applicant.name, now
    body = _message(application, item, case_no, now)
    post(
        session,
        origin=Zone.INTERNET,
        destination=Zone.EXTRANET,
        kind=Kind.APPLICATION_SUBMITTED,
        body=body,
        case_no=case_no,
        now=now,
    )
    for group in _groups(application.materials):
        post(
            session,
            origin=Zone.INTERNET,
            destination=Zone.EXTRANET,
            kind=Kind.MATERIALS_DELIVERED,
            body=MaterialsDelivered(case_no=case_no, digests=[item.digest for item in group]),
            case_no=case_no,
            now=now,
            blobs=[
                BlobRef(digest=item.digest, size=item.size, media_type=item.media_type)
                for item in group
            ],
        )
    note_progress(
        session,
        ProgressReported(
            case_no=case_no,
            step="submitted",
            label="网上申请已提交",
            zone="internet",
            at=now,
            note="申请和材料正在送往电子政务外网",
        ),
    )
    record(session, _entry(person, "application.submit", application_id, case_no))
    return case_no


def _editable(session: Session, person: Person, application_id: str) -> Application:
    application = own(session, person, application_id)
    APPLICATION.target(application.state, Action.EDIT, person.roles)
    return application


def _draw_case_no(session: Session, now: int) -> str:
    day = from_micros(now).astimezone(BEIJING).date()
    key = f"{day:%Y%m%d}"
    counter = session.scalars(
        select(CaseCounter).where(CaseCounter.day == key).with_for_update()
    ).one_or_none()
    if counter is None:
        # The day's first: two at once meet at the primary key, and one of them is asked to retry.
        counter = CaseCounter(day=key, last=0)
        session.add(counter)
    counter.last += 1
    session.flush()
    return str(CaseNo.make(CaseOrigin.ONLINE, day, counter.last))


def _message(application: Application, item: Item, case_no: str, now: int) -> ApplicationSubmitted:
    titles = {rule.code: rule.title for rule in item.materials}
    return ApplicationSubmitted.model_validate(
        {
            "case_no": case_no,
            "mode": application.mode,
            "item_code": application.item_code,
            "unit_no": application.unit_no,
            "applicant": application.parties[0].name,
            "parties": [_party(party) for party in application.parties],
            "materials": [_material(upload, titles) for upload in application.materials],
            "facts": json.loads(application.facts),
            "declaration": item.declaration,
            "signed_by": application.signed_by,
            "signed_at": now,
            "submitted_at": now,
        }
    )


def _party(party: ApplicationParty) -> Party:
    return Party.model_validate(
        {
            "role": party.role,
            "name": party.name,
            "kind": party.kind,
            "document_type": party.document_type,
            "document_no": party.document_no,
            "phone": party.phone,
            "share": party.share,
        }
    )


def _material(upload: Upload, titles: Mapping[str, str]) -> Material:
    return Material.model_validate(
        {
            "code": upload.code,
            "title": titles.get(upload.code, upload.code),
            "file_name": upload.file_name,
            "digest": upload.digest,
            "size": upload.size,
            "media_type": upload.media_type,
            "pages": upload.pages,
        }
    )


def _groups(uploads: Sequence[Upload]) -> list[list[Upload]]:
    """Uploads in messages of bounded size, each digest once."""
    groups: list[list[Upload]] = []
    seen: set[str] = set()
    size = 0
    for upload in uploads:
        if upload.digest in seen:
            continue
        seen.add(upload.digest)
        if not groups or len(groups[-1]) >= GROUP_FILES or size + upload.size > GROUP_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(upload)
        size += upload.size
    return groups


def _entry(person: Person, act: str, application_id: str, case_no: str | None) -> AuditEntry:
    return AuditEntry(
        actor=person.login,
        act=act,
        object_kind="application",
        object_id=application_id,
        case_no=case_no,
        roles=tuple(person.roles),
    )


def note_download(
    session: Session, person: Person, application: Application, certificate_no: str
) -> None:
    """Put on record that the owner took the certificate."""
    record(
        session,
        AuditEntry(
            person.login,
            "certificate.download",
            "certificate",
            certificate_no,
            case_no=application.case_no,
            roles=tuple(person.roles),
        ),
    )


def end(session: Session, case_no: str) -> None:
    """The extranet reported the last step of a case."""
    application = session.scalars(
        select(Application).where(Application.case_no == case_no)
    ).one_or_none()
    if application is not None and not APPLICATION.is_final(application.state):
        application.state = APPLICATION.target(application.state, Action.END, {"system"})
