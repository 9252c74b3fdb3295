"""Drafts: starting one, finding one's own, choosing the unit, answering questions, discarding.

Every function takes the person who acts; an application of somebody else does not exist for them.
What changes an application locks its row first: nothing slips in between signing and sending.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from internet_zone.applications.models import Application, ApplicationParty, Upload
from internet_zone.applications.states import (
    APPLICATION,
    OPEN_STATES,
    SHOWN_STATES,
    Action,
    State,
    may_edit,
    require_over,
)
from internet_zone.catalogue.services import Offered
from internet_zone.citizens.services import citizen_of
from internet_zone.units.models import ListedUnit
from internet_zone.units.services import unlisted_number
from kernel.audit import AuditEntry, record
from kernel.db import new_id
from kernel.errors import InvalidValueError, NotFoundError, RefusedError
from kernel.web.accounts import Person

MAX_DRAFTS: Final = 20
NOT_REGISTERED: Final = "尚未登记的房屋"


def start(session: Session, person: Person, offered: Offered, mode: str, now: int) -> str:
    """A new draft's id, with the applicant as its first party.

    Raises :class:`RefusedError`: ``too_many_drafts`` or ``channel_closed``.
    """
    if mode not in offered.modes:
        raise RefusedError("channel_closed", offered.closed or "这个事项不能这样申请")
    _require_room(session, person)
    citizen = citizen_of(session, person.account_id)
    application = _new(person, offered.item.code, offered.edition.number, mode, now)
    application.parties.append(
        ApplicationParty(
            id=new_id(),
            position=0,
            role=offered.item.applicant_role,
            name=citizen.name,
            kind="1",
            document_type="1",
            document_no=citizen.identity_no,
            phone=citizen.phone,
            share="",
        )
    )
    session.add(application)
    record(session, entry(person, "application.start", application.id))
    return application.id


def start_again(session: Session, person: Person, application_id: str, now: int) -> str:
    """A new draft's id, filled in as an application of this person that has ended.

    For what was handed back: nobody should have to type and upload everything again.
    Raises :class:`RefusedError` (``too_many_drafts``) and, while the former one is under way,
    :class:`kernel.errors.ConflictError` (``not_over``).
    """
    former = own(session, person, application_id)
    require_over(former.state)
    _require_room(session, person)
    application = _new(person, former.item_code, former.edition, former.mode, now)
    application.unit_no, application.location = former.unit_no, former.location
    application.facts = former.facts
    application.parties = [_copy_party(party) for party in former.parties]
    application.materials = [_copy_upload(upload) for upload in former.materials]
    session.add(application)
    record(session, entry(person, "application.start_again", application.id, former.case_no))
    return application.id


def own(session: Session, person: Person, application_id: str) -> Application:
    """The application, when it is this person's.

    Raises :class:`NotFoundError` with code ``application_unknown`` otherwise: that somebody else's
    exists is nobody's business.
    """
    application = session.get(Application, application_id)
    if (
        application is None
        or application.account_id != person.account_id
        or application.state not in SHOWN_STATES
    ):
        raise NotFoundError("application_unknown", "没有这份申请")
    return application


def own_locked(session: Session, person: Person, application_id: str) -> Application:
    """As :func:`own`, with its row locked until the transaction ends."""
    session.get(Application, application_id, with_for_update=True, populate_existing=True)
    return own(session, person, application_id)


def editable(session: Session, person: Person, application_id: str) -> Application:
    """As :func:`own_locked`, while it may still be filled in.

    Raises :class:`kernel.errors.ConflictError` with code ``transition_not_allowed`` afterwards.
    """
    application = own_locked(session, person, application_id)
    APPLICATION.target(application.state, Action.EDIT, person.roles)
    return application


def own_list(session: Session, person: Person, page: int, size: int) -> Sequence[Application]:
    """A page of this person's applications, the newest first; one more than ``size`` if any."""
    return session.scalars(
        select(Application)
        .where(Application.account_id == person.account_id, Application.state.in_(SHOWN_STATES))
        .order_by(Application.created.desc(), Application.id)
        .offset(page * size)
        .limit(size + 1)
    ).all()


def choose_unit(
    session: Session,
    person: Person,
    application_id: str,
    unit_no: str,
    *,
    opens_unit: bool = False,
) -> None:
    """Choose a unit of the directory, or one that the item puts on the register (``opens_unit``).

    Raises :class:`InvalidValueError` with code ``unit_unknown``.
    """
    application = editable(session, person, application_id)
    unit = session.get(ListedUnit, unit_no)
    if unit is None and opens_unit and unlisted_number(session, unit_no) == unit_no:
        application.unit_no, application.location = unit_no, NOT_REGISTERED
    elif unit is None:
        raise InvalidValueError(
            "unit_unknown", "目录中没有这个不动产单元，请重新查找", field="unit_no"
        )
    else:
        application.unit_no, application.location = unit.unit_no, unit.location
    record(session, entry(person, "application.unit", application_id))


def set_facts(
    session: Session, person: Person, application_id: str, facts: Mapping[str, str]
) -> None:
    """Replace the answers to the item's questions."""
    application = editable(session, person, application_id)
    application.facts = json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)
    record(session, entry(person, "application.facts", application_id))


def discard(session: Session, person: Person, application_id: str) -> None:
    """Throw a draft away; it is found by nobody any more."""
    application = own_locked(session, person, application_id)
    application.state = APPLICATION.target(application.state, Action.DISCARD, person.roles)
    record(session, entry(person, "application.discard", application_id))


def is_editable(application: Application, person: Person) -> bool:
    """Whether the person may still fill it in."""
    return may_edit(application.state, person.roles)


def entry(person: Person, act: str, application_id: str, case_no: str | None = None) -> AuditEntry:
    """The audit record of an act on an application."""
    return AuditEntry(
        actor=person.login,
        act=act,
        object_kind="application",
        object_id=application_id,
        case_no=case_no,
        roles=tuple(person.roles),
    )


def _require_room(session: Session, person: Person) -> None:
    drafts = session.scalars(
        select(func.count())
        .select_from(Application)
        .where(Application.account_id == person.account_id, Application.state.in_(OPEN_STATES))
    ).one()
    if drafts >= MAX_DRAFTS:
        raise RefusedError("too_many_drafts", f"草稿已有 {MAX_DRAFTS} 份，请先提交或删除")


def _new(person: Person, item_code: str, edition: int, mode: str, now: int) -> Application:
    return Application(
        id=new_id(),
        account_id=person.account_id,
        item_code=item_code,
        edition=edition,
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


def _copy_party(party: ApplicationParty) -> ApplicationParty:
    return ApplicationParty(
        id=new_id(),
        position=party.position,
        role=party.role,
        name=party.name,
        kind=party.kind,
        document_type=party.document_type,
        document_no=party.document_no,
        phone=party.phone,
        share=party.share,
    )


def _copy_upload(upload: Upload) -> Upload:
    return Upload(
        id=new_id(),
        position=upload.position,
        code=upload.code,
        file_name=upload.file_name,
        digest=upload.digest,
        size=upload.size,
        media_type=upload.media_type,
        pages=upload.pages,
        uploaded_at=upload.uploaded_at,
    )
