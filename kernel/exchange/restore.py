"""After a restore from backup: leave every epoch on record before anything is sent again."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.bundle import BundleName, parse_name
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import InvalidValueError, RejectedBundleError, UnavailableError
from kernel.exchange import renewal
from kernel.exchange.models import OPEN, BundleOut, StreamOut
from kernel.spool import Spool
from kernel.vocabulary.zones import CARRIER_OF, Zone, peers_of

MAX_REASON = 200


def start_new_epochs(
    database: Database, spool: Spool, zone: Zone, reason: str, clock: Clock
) -> int:
    """Open new epochs for all of ``zone``'s streams; answers how many.

    Nothing that waits for a carrier is sent any more, and what the restored database does not know
    goes to quarantine as evidence. Sealing goes on by itself when the destinations have said what
    they applied. The caller holds the worker's lock. The clock must be right: beacon counters
    continue from it. Raises :class:`InvalidValueError` (``reason_missing``, ``reason_long``).
    """
    words = " ".join(reason.split())
    if not words:
        raise InvalidValueError("reason_missing", "请写明开启新纪元的原因")
    if len(words) > MAX_REASON:
        raise InvalidValueError("reason_long", f"原因不超过 {MAX_REASON} 字")
    now = now_micros(clock)
    for to in peers_of(zone):
        for entry in spool.ready(to):
            spool.carried(to, entry.name)
        with database.reading() as session:
            known = open_names(session, to)
        for name in spool.kept_names(to) - known:
            error = RejectedBundleError("epoch_unknown", "恢复后的数据库中没有这个交换包的记录")
            spool.quarantine(spool.kept(to) / name, error, "exchange", now)
    origins = tuple(origin for origin, to in CARRIER_OF if to is zone)
    with database.begin() as session:
        return renewal.open_epochs(session, peers_of(zone), origins, words, now)


def open_names(session: Session, to: Zone) -> set[str]:
    """Names of the bundles towards ``to`` that must be kept."""
    return set(
        session.scalars(
            select(BundleOut.name).where(BundleOut.destination == to, BundleOut.state.in_(OPEN))
        )
    )


def require_not_older(session: Session, to: Zone, kept: Iterable[str]) -> None:
    """Refuse to work on a database that is older than the spool beside it.

    A crash leaves at most one bundle that was never recorded, the next of its stream. Anything
    beyond was recorded once, so the database was restored and numbers would be used twice. Raises
    :class:`UnavailableError` with code ``database_older``.
    """
    heads = {
        row.stream: row.sequence
        for row in session.scalars(select(StreamOut).where(StreamOut.destination == to))
    }
    for name in kept:
        try:
            parsed = parse_name(name)
        except RejectedBundleError:
            continue
        if not isinstance(parsed, BundleName):
            continue
        if parsed.sequence > heads.get(parsed.stream, 0) + 1:
            raise UnavailableError(
                "database_older",
                "数据库比交换目录旧：可能是从备份恢复的。请先执行 new-epoch 命令，再启动后台作业",
            )
