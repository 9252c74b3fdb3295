"""Events that were refused: tried again when a person asks, or set aside with a reason.

A person only asks; the worker tries, because it alone has the way to the hub and can bring a file
that was missing. Trying takes the row first, so that an event has one effect however often it is
asked for. A court's request keeps the instant of its arrival, which is the moment of service.
"""

import json
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor
from extranet_zone.province.link import FILE_DIFFERS, Event, Link
from extranet_zone.province.models import EventState, ProvinceEvent
from extranet_zone.province.services import (
    BATCH,
    FILE_MISSING,
    MAX_MESSAGE,
    Handle,
    digests_of,
    take_effect,
)
from kernel import audit
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import (
    ConflictError,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    TongbanError,
    UnavailableError,
)
from kernel.logs import get_logger

MIN_REASON: Final = 4
MAX_REASON: Final = 200
SYSTEM: Final = "system:province"

log = get_logger(__name__)


def ask_again(session: Session, event_id: str, actor: Actor, now: int) -> None:
    """Have the worker try the event again; asking twice is asking once.

    Raises :class:`NotFoundError` (``event_not_found``) and :class:`ConflictError`
    (``event_set_aside``).
    """
    event = _locked(session, event_id)
    if event.state is EventState.SET_ASIDE:
        raise ConflictError("event_set_aside", "该事件已决定不再处理")
    if event.state is not EventState.REFUSED:
        return
    event.state, event.settled_by, event.settled_at = EventState.REQUESTED, actor.login, now
    _note(session, "province.event_asked_again", event, actor)


def set_aside(session: Session, event_id: str, reason: str, actor: Actor, now: int) -> None:
    """Leave the event without effect for good; saying it twice keeps the first reason.

    Raises :class:`NotFoundError` (``event_not_found``), :class:`InvalidValueError`
    (``reason_missing``) and :class:`ConflictError` (``event_not_open``: it has or may yet have its
    effect).
    """
    reason = reason.strip()[:MAX_REASON]
    if len(reason) < MIN_REASON:
        raise InvalidValueError("reason_missing", "请写明不再处理的原因，至少四个字")
    event = _locked(session, event_id)
    if event.state is EventState.SET_ASIDE:
        return
    if event.state is not EventState.REFUSED:
        raise ConflictError("event_not_open", f"该事件{event.state.label}，不能改为不再处理")
    event.state, event.reason = EventState.SET_ASIDE, reason
    event.settled_by, event.settled_at = actor.login, now
    _note(session, "province.event_set_aside", event, actor)


def replay(database: Database, link: Link, clock: Clock, handle: Handle) -> int:
    """Try what people asked for, oldest first; answers how many took effect."""
    with database.reading() as session:
        asked = session.scalars(
            select(ProvinceEvent)
            .where(ProvinceEvent.state == EventState.REQUESTED)
            .order_by(ProvinceEvent.received_at, ProvinceEvent.id)
            .limit(BATCH)
        ).all()
    taken = 0
    for kept in asked:
        try:
            taken += _try(database, link, clock, kept, handle)
        except UnavailableError as error:
            log.warning("province.replay_waits", kind=kept.kind, code=error.code)
            if error.code != FILE_DIFFERS:
                break  # The way is closed for all of them.
    return taken


def _try(database: Database, link: Link, clock: Clock, kept: ProvinceEvent, handle: Handle) -> bool:
    event = Event(kept.id, kept.kind, json.loads(kept.body))
    try:
        _fetch(link, event)
        with database.begin() as session:
            row = _locked(session, event.id)
            if row.state is not EventState.REQUESTED:
                return False
            take_effect(session, event, now_micros(clock), row.received_at, handle)
            row.state = EventState.REPLAYED
            _note(session, "province.event_replayed", row, None)
    except UnavailableError:
        raise
    except TongbanError as refused:
        _refuse_again(database, event, refused)
        return False
    return True


def _fetch(link: Link, event: Event) -> None:
    try:
        for digest in digests_of(event):
            link.fetch(digest)
    except RefusedError:
        raise RefusedError(*FILE_MISSING) from None


def _refuse_again(database: Database, event: Event, why: TongbanError) -> None:
    log.warning("province.event_refused", kind=event.kind, code=why.code)
    with database.begin() as session:
        row = _locked(session, event.id)
        if row.state is EventState.REQUESTED:
            row.state = EventState.REFUSED
            row.code, row.message = why.code, why.message[:MAX_MESSAGE]
            _note(session, "province.event_refused_again", row, None)


def _locked(session: Session, event_id: str) -> ProvinceEvent:
    event = session.get(ProvinceEvent, event_id, with_for_update=True, populate_existing=True)
    if event is None:
        raise NotFoundError("event_not_found", "没有这个事件")
    return event


def _note(session: Session, act: str, event: ProvinceEvent, actor: Actor | None) -> None:
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login if actor else SYSTEM,
            act=act,
            object_kind="province_event",
            object_id=event.id,
            roles=tuple(sorted(actor.roles)) if actor else (),
            source=actor.source if actor else "",
            detail={"kind": event.kind, "code": event.code, "reason": event.reason},
        ),
    )
