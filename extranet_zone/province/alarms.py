"""What of the province link needs a person: calls late or refused, events without effect."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extranet_zone.province.models import CallState, EventState, ProvinceCall, ProvinceEvent
from kernel.alarms import Alarm

LATE: Final = 3600 * 1_000_000
"""A call that failed and is not through after this long is late; microseconds."""
SAID_FOR: Final = 3 * 24 * 3600 * 1_000_000
"""How long a refusal is told; it stands on the case's page for ever."""
MAX_KINDS: Final = 10


def province_alarms(session: Session, now: int) -> Iterator[Alarm]:
    """At most one alarm a kind, the oldest moment with it."""
    call, event = ProvinceCall, ProvinceEvent
    late = session.execute(
        select(func.count(), func.min(call.created_at)).where(
            call.state == CallState.WAITING, call.attempts > 0, call.created_at < now - LATE
        )
    ).one()
    if late[0]:
        yield Alarm("province_late", f"{late[0]} 次调用发不出去", late[1])
    refused = session.execute(
        select(func.count(), func.min(call.done_at)).where(
            call.state.in_((CallState.REFUSED, CallState.EXPIRED)), call.done_at > now - SAID_FOR
        )
    ).one()
    if refused[0]:
        yield Alarm("province_refused", f"{refused[0]} 次调用被拒收或逾期", refused[1])
    events = session.execute(
        select(event.kind, event.code, func.count(), func.min(event.received_at))
        .where(event.state.in_((EventState.REFUSED, EventState.REQUESTED)))
        .group_by(event.kind, event.code)
        .order_by(event.kind, event.code)
        .limit(MAX_KINDS)
    ).all()
    if events:
        words = "；".join(f"{kind}（{code}）{count} 件" for kind, code, count, _first in events)
        yield Alarm("province_event_refused", words, min(row[3] for row in events))
