"""What of a zone's exchange needs a person: a pure, bounded list of what is known now.

What streams, peers and carriers show by their numbers is said where these are counted
(``kernel.web.exchange_console.watching``); here is what only the exchange's own records tell.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.alarms import Alarm
from kernel.exchange.models import BeaconIn, StreamIn
from kernel.vocabulary.zones import CARRIER_OF, Zone
from kernel.words import duration_text

MAX_SKEW_MICROS: Final = 5 * 60 * 1_000_000
"""A beacon from so far in the future was written by a wrong clock, here or there."""


def exchange_alarms(session: Session, zone: Zone, now: int) -> Iterator[Alarm]:
    """Clocks that disagree, and databases that are older than their word.

    At most one alarm a stream and direction, and one a peer: a handful, however bad things are.
    """
    origins = [origin for origin, to in CARRIER_OF if to is zone]
    for beacon in session.scalars(select(BeaconIn).where(BeaconIn.origin.in_(origins))):
        ahead = beacon.created - max(beacon.received_at, now)
        if ahead > MAX_SKEW_MICROS:
            words = f"{beacon.origin.label}的时钟比本网快 {duration_text(ahead)}"
            yield Alarm("clock_skew", words, beacon.received_at)
    for row in session.scalars(select(StreamIn).where(StreamIn.reopen.is_not(None))):
        words = f"来自{row.origin.label}的“{row.stream.label}”停在第 {row.sequence} 号"
        yield Alarm("restored_here", words)
