"""The queue of calls and the inbox of events: each once in effect, none lost, none pretended.

Without a link (no ``[province]`` in the settings) calls wait and say so; nothing claims that they
arrived. A call whose time is over is not sent any more, nor one that was withdrawn; any other is
tried until the counterpart takes or refuses it, with pauses that grow to a quarter of an hour.
"""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Final

from pydantic import Field, ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Outgoing
from extranet_zone.province.link import FILE_DIFFERS, Event, Link
from extranet_zone.province.models import CallState, EventState, ProvinceCall, ProvinceEvent
from kernel.clock import Clock, now_micros
from kernel.db import Database, new_id
from kernel.errors import (
    InvalidValueError,
    NotFoundError,
    RefusedError,
    TongbanError,
    UnavailableError,
)
from kernel.logs import get_logger
from kernel.messages import Body
from kernel.messages.bodies import Micros

BATCH: Final = 50
FIRST_PAUSE: Final = 10 * 1_000_000
LONGEST_PAUSE: Final = 15 * 60 * 1_000_000
_MAX_ERROR: Final = 500
MAX_MESSAGE: Final = 200
ANSWERED: Final = "call.answered"
FILE_MISSING: Final = ("event_file_missing", "省级链路上没有该事件所附的文件")

log = get_logger(__name__)

Handle = Callable[[Session, str, Mapping[str, object], int, int], None]
"""Makes one event's effect: session, kind, body, now, when it arrived; raises what it refuses."""


class ProvinceQueue:
    """Queues calls; ``linked`` says whether anybody will make them."""

    def __init__(self, *, linked: bool) -> None:
        """Say honestly on pages whether there is a link."""
        self._linked = linked

    def enqueue(self, session: Session, call: Outgoing, now: int) -> None:
        """Queue a call; the same key again is the same call."""
        if session.scalar(select(ProvinceCall.id).where(ProvinceCall.key == call.key)):
            return
        session.add(
            ProvinceCall(
                id=new_id(),
                operation=call.operation,
                key=call.key,
                case_no=call.case_no,
                peer=call.peer,
                body=json.dumps(dict(call.body), ensure_ascii=False, sort_keys=True),
                digests=json.dumps(list(call.digests)),
                state=CallState.WAITING,
                attempts=0,
                error="",
                created_at=now,
                next_at=now,
                done_at=None,
                expires_at=call.expires_at,
                answer="",
                answered_at=None,
            )
        )
        session.flush()

    def withdraw(self, session: Session, key: str, now: int) -> None:
        """Do not make the call of ``key`` any more, unless it was made."""
        session.execute(
            update(ProvinceCall)
            .where(ProvinceCall.key == key, ProvinceCall.state == CallState.WAITING)
            .values(state=CallState.WITHDRAWN, done_at=now)
            .execution_options(synchronize_session=False)
        )

    def state_of(self, session: Session, case_no: str) -> str:
        """What became of the case's calls, a line each; empty where there are none."""
        calls = session.scalars(
            select(ProvinceCall)
            .where(ProvinceCall.case_no == case_no)
            .order_by(ProvinceCall.created_at)
            .limit(BATCH)
        ).all()
        words = []
        for call in calls:
            said = call.state.label
            if call.state is CallState.WAITING and not self._linked:
                said = "等待省级链路接通，尚未发送"
            elif call.error:
                said = f"{said}（{call.error}）"
            if call.answer:
                said = f"{said}，答复：{call.answer}"
            words.append(f"{OPERATIONS.get(call.operation, call.operation)}：{said}")
        return "\n".join(words)


OPERATIONS: Final = {
    "handOverCase": "移送属地",
    "pushReviewedCase": "推送异地窗口",
    "reportPaperPosted": "告知纸质寄出",
    "reportConclusion": "告知收件机构办结",
    "answerRestraint": "反馈法院",
    "requestPayment": "缴款通知",
    "askHousing": "住建网签备案查询",
    "sendMessage": "短信",
    "trackDelivery": "证书邮寄",
}
"""The contract's calls as pages name them."""


class CallAnswered(Body):
    """What a counterpart made of a call of ours, named by its key."""

    key: Annotated[str, Field(min_length=1, max_length=64)]
    words: Annotated[str, Field(min_length=1, max_length=200)]
    answered_at: Micros


def deliver(database: Database, link: Link, clock: Clock) -> int:
    """Make the calls that are due, oldest first; answers how many were taken."""
    now = now_micros(clock)
    _expire(database, now)
    with database.reading() as session:
        due = session.scalars(
            select(ProvinceCall)
            .where(ProvinceCall.state == CallState.WAITING, ProvinceCall.next_at <= now)
            .order_by(ProvinceCall.next_at, ProvinceCall.created_at)
            .limit(BATCH)
        ).all()
    taken = 0
    for call in due:
        try:
            link.send(call.operation, call.key, json.loads(call.body), json.loads(call.digests))
        except UnavailableError as error:
            _note(database, call.id, clock, error, state=CallState.WAITING)
            break  # The way is closed for all of them.
        except RefusedError as error:
            _note(database, call.id, clock, error, state=CallState.REFUSED)
        else:
            _note(database, call.id, clock, None, state=CallState.DELIVERED)
            taken += 1
    return taken


def collect(database: Database, link: Link, clock: Clock, handle: Handle) -> int:
    """Take every waiting event, each with its effect in one transaction; answers how many.

    An event whose file the hub does not have is kept without effect; one whose file came damaged
    waits for the next time. Neither holds up what stands behind it.
    """
    taken = 0
    for event in link.events():
        try:
            for digest in digests_of(event):
                link.fetch(digest)
        except RefusedError:
            _keep_refused(database, event, now_micros(clock), RefusedError(*FILE_MISSING))
        except UnavailableError as error:
            if error.code != FILE_DIFFERS:
                raise
            log.warning("province.file_differs", kind=event.kind)
            continue
        else:
            _take(database, event, now_micros(clock), handle)
        link.acknowledge(event.id)
        taken += 1
    return taken


def _take(database: Database, event: Event, now: int, handle: Handle) -> None:
    """Effect and record together; what is refused is recorded with its code and no effect."""
    try:
        with database.begin() as session:
            if session.get(ProvinceEvent, event.id) is not None:
                return
            take_effect(session, event, now, now, handle)
            session.add(_kept(event, now, None))
    except UnavailableError:
        raise
    except TongbanError as refused:
        _keep_refused(database, event, now, refused)


def take_effect(session: Session, event: Event, now: int, arrived: int, handle: Handle) -> None:
    """Make the effect of ``event``, which ``arrived`` now or earlier; raises what it refuses."""
    if event.kind == ANSWERED:
        _keep_answer(session, event.body)
    else:
        handle(session, event.kind, event.body, now, arrived)


def _keep_refused(database: Database, event: Event, now: int, why: TongbanError) -> None:
    log.warning("province.event_refused", kind=event.kind, code=why.code)
    with database.begin() as session:
        if session.get(ProvinceEvent, event.id) is None:
            session.add(_kept(event, now, why))


def _keep_answer(session: Session, body: Mapping[str, object]) -> None:
    """Note what the counterpart said; an older answer never replaces a newer one."""
    try:
        said = CallAnswered.model_validate_json(json.dumps(dict(body)))
    except ValidationError as error:
        raise InvalidValueError("event_invalid", "事件内容不符合约定的格式") from error
    call = session.scalar(select(ProvinceCall).where(ProvinceCall.key == said.key))
    if call is None:
        raise NotFoundError("call_unknown", "对方答复的调用不是本平台发出的")
    if call.answered_at is None or call.answered_at <= said.answered_at:
        call.answer, call.answered_at = said.words, said.answered_at


def _expire(database: Database, now: int) -> None:
    with database.begin() as session:
        session.execute(
            update(ProvinceCall)
            .where(ProvinceCall.state == CallState.WAITING, ProvinceCall.expires_at <= now)
            .values(state=CallState.EXPIRED, done_at=now, error="超过时效，不再发送")
            .execution_options(synchronize_session=False)
        )


def _kept(event: Event, now: int, why: TongbanError | None) -> ProvinceEvent:
    return ProvinceEvent(
        id=event.id,
        kind=event.kind,
        body=json.dumps(dict(event.body), ensure_ascii=False, sort_keys=True),
        received_at=now,
        code=why.code if why else "",
        message=why.message[:MAX_MESSAGE] if why else "",
        state=EventState.REFUSED if why else EventState.TAKEN,
        settled_by="",
        settled_at=None,
        reason="",
    )


def digests_of(event: Event) -> list[str]:
    """The files that belong to ``event``."""
    listed = event.body.get("materials")
    if not isinstance(listed, list):
        return []
    return [str(m["digest"]) for m in listed if isinstance(m, dict) and "digest" in m]


def _note(
    database: Database, call_id: str, clock: Clock, error: TongbanError | None, *, state: CallState
) -> None:
    now = now_micros(clock)
    with database.begin() as session:
        call = session.get(ProvinceCall, call_id)
        if call is None:
            raise NotFoundError("call_unknown", "没有这次调用")
        call.attempts += 1
        if state is CallState.WAITING and call.state is not CallState.WAITING:
            return  # It was withdrawn while it was tried.
        call.state = state
        call.error = error.message[:_MAX_ERROR] if error else ""
        call.next_at = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(call.attempts - 1, 10))
        if state is not CallState.WAITING:
            call.done_at = now
