"""What lies before the carriers: offered, noted as carried, offered again, released."""

from sqlalchemy import select

from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.exchange import restore
from kernel.exchange.models import OPEN, BundleOut, BundleOutState
from kernel.exchange.receipts import Settled
from kernel.logs import get_logger
from kernel.spool import Spool
from kernel.vocabulary.zones import Zone, peers_of

log = get_logger(__name__)


def recover(database: Database, spool: Spool, zone: Zone) -> None:
    """Remove what was never recorded, offer what was never offered.

    Raises :class:`kernel.errors.UnavailableError` (``database_older``) on a restored database for
    which no new epoch was opened.
    """
    for to in peers_of(zone):
        kept = spool.kept_names(to)
        with database.reading() as session:
            open_ones = {
                bundle.name: bundle.state
                for bundle in session.scalars(
                    select(BundleOut).where(BundleOut.destination == to, BundleOut.state.in_(OPEN))
                )
            }
            restore.require_not_older(session, to, kept - open_ones.keys())
        for name in kept - open_ones.keys():
            spool.release(to, name)
        for name, state in open_ones.items():
            if state is BundleOutState.SEALED:
                spool.offer(to, name)


def note_carried(database: Database, spool: Spool, zone: Zone, clock: Clock) -> None:
    """A bundle that is not ready any more was taken by its carrier."""
    for to in peers_of(zone):
        with database.reading() as session:
            sealed = session.scalars(
                select(BundleOut).where(
                    BundleOut.destination == to, BundleOut.state == BundleOutState.SEALED
                )
            ).all()
        taken = [row.digest for row in sealed if not spool.is_ready(to, row.name)]
        if not taken:
            continue
        now = now_micros(clock)
        with database.begin() as session:
            for digest in taken:
                bundle = session.get_one(BundleOut, digest)
                if bundle.state is BundleOutState.SEALED:
                    bundle.state = BundleOutState.CARRIED
                    bundle.carried_at = now


def act_on(spool: Spool, destination: Zone, settled: Settled) -> None:
    """Do in the spool what receipts changed in the database."""
    for name in settled.confirmed + settled.superseded:
        spool.release(destination, name)
    for name in settled.missing:
        if spool.offer(destination, name):
            log.warning("exchange.offered_again", destination=destination.value, file=name)
