"""A medium is lost: what was on it is asked for again, under the same numbers.

The exchange keeps every bundle until a receipt covers it. Whoever declares a loss leaves a request
beside the spool (``resend``, docs/spec/spool.md); the same bytes lie ready for the next medium as
soon as the exchange has looked, without waiting for the other side to miss them. Should the medium
be found and read after all, every message on it is known already and has no second effect.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from ferry.ledger.book import View
from ferry.release import bundles_of
from ferry.station import Station
from kernel import requests
from kernel.clock import now_micros
from kernel.logs import get_logger

NAMES_A_REQUEST: Final = 500
"""Names of at most 91 characters; a request takes 64 KiB."""

log = get_logger(__name__)


def ask_again(station: Station, view: View, numbers: Iterable[str], by: str) -> list[str]:
    """Ask the exchange to offer again what was on ``numbers`` and is not confirmed.

    Answers the names. Asked twice, it changes nothing more.
    """
    kept = station.spool.kept_names(station.destination)
    lost: set[str] = set()
    for number in numbers:
        lost |= bundles_of(station, view.medium(number)) or set()
    ready = {entry.name for entry in station.spool.ready(station.destination)}
    names = sorted((lost & kept) - ready)
    left = iter(names)
    while some := list(islice(left, NAMES_A_REQUEST)):
        body = {"names": " ".join(some), "destination": station.destination.value}
        requests.ask(station.spool.folder, "resend", body, by, now_micros(station.clock))
    log.info("ferry.asked_again", files=len(names))
    return names
