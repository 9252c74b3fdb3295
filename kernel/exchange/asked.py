"""What operators ask of the exchange through request files: ``resend`` and ``drill``."""

from typing import Final

from sqlalchemy import select

from kernel import requests
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import RefusedError
from kernel.exchange import drill, resending
from kernel.exchange.models import DrillRun
from kernel.logs import get_logger
from kernel.requests import Request
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone

RESEND: Final = "resend"
DRILL: Final = "drill"

log = get_logger(__name__)


def serve(database: Database, spool: Spool, zone: Zone, clock: Clock) -> int:
    """Do what was asked since the last look, and answer; a refusal is an answer too."""
    count = 0
    for kind in (RESEND, DRILL):
        for request in requests.waiting(spool.folder, kind):
            try:
                said = _do(database, spool, zone, request, now_micros(clock))
            except RefusedError as error:
                said = error.as_json()
            requests.answer(spool.folder, request, said)
            log.info("exchange.asked", kind=kind, request=request.id, by=request.by)
            count += 1
    return count


def _do(
    database: Database, spool: Spool, zone: Zone, request: Request, now: int
) -> dict[str, object]:
    if request.kind == DRILL:
        with database.begin() as session:
            return drill.start_drill(session, zone, request, now)
    with database.begin() as session:
        found = resending.resend(session, request)
    kept = {name: spool.offer(to, name) for to, name in found.offered}
    return {
        "offered": [name for name, is_kept in kept.items() if is_kept],
        "confirmed": list(found.confirmed),
        "not_kept": [name for name, is_kept in kept.items() if not is_kept],
    }


def publish(database: Database, spool: Spool) -> None:
    """Keep the reports of rehearsals up to date."""
    with database.reading() as session:
        if session.scalars(select(DrillRun.id).limit(1)).first() is not None:
            drill.publish_reports(session, spool.folder)
