"""Rehearsals: messages that mean nothing, each its own bundle, in a stream of their own.

They show on the real way that nothing is lost: some may be withheld on purpose, and must come again
without anybody naming them. What became of them is published as ``drills/<id>.json`` below the
spool, so that the carrier's command can tell it.
"""

import json
import random
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.audit import AuditEntry, record
from kernel.durable import write_durably
from kernel.errors import InvalidValueError
from kernel.exchange.admission import Received
from kernel.exchange.models import (
    OPEN,
    BundleOut,
    BundleOutState,
    DrillMessage,
    DrillRun,
    OutboxMessage,
)
from kernel.exchange.outbox import post
from kernel.messages import ROUTES, DrillSent, Kind
from kernel.messages.bodies import MAX_DRILL_BYTES
from kernel.requests import Request
from kernel.vocabulary.zones import Zone

MAX_COUNT: Final = 1000
MAX_REPORTS: Final = 5
"""Rehearsals whose reports are kept up to date, the newest."""


def start_drill(session: Session, zone: Zone, request: Request, now: int) -> dict[str, object]:
    """Post the messages of a rehearsal; repeated under the same id, it does nothing.

    Raises :class:`InvalidValueError` (``drill_invalid``).
    """
    count, size = request.number("count") or 0, request.number("bytes") or 0
    lose = request.number("lose") or 0
    to = _destination(request, zone)
    if not (1 <= count <= MAX_COUNT and 0 <= size <= MAX_DRILL_BYTES and 0 <= lose <= count):
        raise InvalidValueError(
            "drill_invalid",
            f"演练为 1 至 {MAX_COUNT} 个包，每个至多 {MAX_DRILL_BYTES} 字节，扣留数不超过包数",
        )
    if session.get(DrillRun, request.id) is None:
        _post_all(session, zone, to, request, count, size, lose, now)
    return {"drill": request.id, "count": count, "lose": lose}


def _destination(request: Request, zone: Zone) -> Zone:
    try:
        to = Zone(request.text("destination") or "")
    except ValueError:
        to = zone
    if (Kind.DRILL_SENT, zone, to) not in ROUTES:
        raise InvalidValueError("drill_invalid", "这个方向不能演练")
    return to


def _post_all(
    session: Session,
    zone: Zone,
    to: Zone,
    request: Request,
    count: int,
    size: int,
    lose: int,
    now: int,
) -> None:
    session.add(
        DrillRun(
            id=request.id,
            destination=to,
            asked_by=request.by,
            started_at=now,
            size=size,
            lose=lose,
        )
    )
    withheld = set(random.SystemRandom().sample(range(1, count + 1), lose))
    for number in range(1, count + 1):
        message = post(
            session,
            origin=zone,
            destination=to,
            kind=Kind.DRILL_SENT,
            body=DrillSent(drill=request.id, number=number, of=count, filler="0" * size),
            case_no=None,
            now=now,
        )
        session.add(
            DrillMessage(
                id=message, drill=request.id, number=number, withheld=int(number in withheld)
            )
        )
    record(
        session,
        AuditEntry(
            actor=request.by,
            act="exchange.drill_started",
            object_kind="drill",
            object_id=request.id,
            detail={"destination": to.value, "count": count, "bytes": size, "lose": lose},
        ),
    )


def is_withheld(session: Session, message_ids: list[str]) -> bool:
    """Whether a bundle of these messages is to be lost on purpose, the first time."""
    found = session.scalars(
        select(DrillMessage.id).where(DrillMessage.id.in_(message_ids), DrillMessage.withheld == 1)
    ).first()
    return found is not None


def receive_drill(_session: Session, _received: Received) -> None:
    """A rehearsal has no effect; that it arrived is what the receipt says."""


def publish_reports(session: Session, spool: Path) -> None:
    """Write what became of the newest rehearsals, where it changed."""
    runs = session.scalars(
        select(DrillRun).order_by(DrillRun.started_at.desc()).limit(MAX_REPORTS)
    ).all()
    for run in runs:
        folder = spool / "drills"
        folder.mkdir(exist_ok=True)
        path = folder / f"{run.id}.json"
        said = json.dumps(report_of(session, run), ensure_ascii=False, indent=1).encode()
        if not path.exists() or path.read_bytes() != said:
            with write_durably(path) as file:
                file.write(said)


def report_of(session: Session, run: DrillRun) -> dict[str, object]:
    """Numbers of messages by what became of them; instants in microseconds UTC."""
    rows = session.execute(
        select(
            DrillMessage.number,
            DrillMessage.withheld,
            BundleOut.state,
            BundleOut.offers,
            BundleOut.carried_at,
            BundleOut.confirmed_at,
            BundleOut.exhausted_at,
        )
        .join(OutboxMessage, OutboxMessage.id == DrillMessage.id)
        .outerjoin(BundleOut, BundleOut.digest == OutboxMessage.bundle)
        .where(DrillMessage.drill == run.id)
        .order_by(DrillMessage.number)
    ).all()
    confirmed = [row for row in rows if row.state is BundleOutState.CONFIRMED]
    took = [row.confirmed_at - run.started_at for row in confirmed]
    return {
        "drill": run.id,
        "destination": run.destination.value,
        "started_at": run.started_at,
        "count": len(rows),
        "bytes": run.size,
        "sent": sum(1 for row in rows if row.carried_at is not None),
        "confirmed": len(confirmed),
        "missing": [row.number for row in rows if row.state is not BundleOutState.CONFIRMED],
        "waiting_for_receipt": [row.number for row in rows if row.state in OPEN],
        "withheld": [row.number for row in rows if row.withheld],
        "resent": [row.number for row in rows if (row.offers or 0) > 1],
        "exhausted": [row.number for row in rows if row.exhausted_at and row.state in OPEN],
        "first_confirmed_micros": min(took, default=None),
        "last_confirmed_micros": max(took, default=None),
        "done": len(confirmed) == len(rows),
    }
