"""The exchange page of every zone: what is in flight, confirmed, missing, set aside."""

from collections import defaultdict
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.bundle import BundleName
from kernel.db import Database
from kernel.exchange.models import (
    BeaconIn,
    BeaconOut,
    BundleOut,
    BundleOutState,
    OutboxMessage,
    StreamIn,
    StreamInState,
    StreamOut,
)
from kernel.exchange.receipts import gaps_between
from kernel.exchange.sealing import waiting_count
from kernel.spool import Quarantined, Spool
from kernel.vocabulary.zones import CARRIER_OF, Zone, peers_of

MAX_SHOWN = 50
_STATES = {
    BundleOutState.SEALED: "待承运",
    BundleOutState.CARRIED: "在途",
    BundleOutState.CONFIRMED: "已确认",
}


@dataclass(frozen=True, slots=True)
class OutRow:
    """One stream we send: counts of bundles by where they are; ``oldest`` microseconds UTC."""

    label: str
    highest: int
    confirmed: int
    sealed: int
    carried: int
    oldest: int | None


@dataclass(frozen=True, slots=True)
class Peer:
    """A zone we send to."""

    zone: str
    label: str
    carrier: str
    streams: tuple[OutRow, ...]
    waiting: int
    beacon: int
    beacon_at: int | None


@dataclass(frozen=True, slots=True)
class InRow:
    """One stream we receive."""

    label: str
    sequence: int
    promised: int
    missing: int
    active: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """A zone that sends to us."""

    zone: str
    label: str
    carrier: str
    streams: tuple[InRow, ...]
    beacon: int
    beacon_at: int | None
    unconfirmed: int


@dataclass(frozen=True, slots=True)
class BundleRow:
    """One of our bundles, with the cases it is about."""

    name: str
    destination: str
    size: int
    sealed_at: int
    state: str
    offers: int
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page shows."""

    peers: tuple[Peer, ...]
    origins: tuple[Origin, ...]
    bundles: tuple[BundleRow, ...]
    quarantined: tuple[Quarantined, ...]
    case_no: str


def blueprint(zone: Zone, database: Database, spool: Spool) -> Blueprint:
    """``/exchange``, endpoint ``exchange.show``."""
    pages = Blueprint("exchange", __name__)

    @pages.get("/exchange")
    def show() -> str:
        case_no = request.args.get("case_no", "").strip()[:20]
        with database.reading() as session:
            page = look(session, zone, spool, case_no)
        return render_template("frame/exchange.html", page=page)

    return pages


def look(session: Session, zone: Zone, spool: Spool, case_no: str) -> Page:
    """Gather the page; every list is bounded."""
    return Page(
        peers=tuple(_peer(session, zone, to) for to in peers_of(zone)),
        origins=tuple(
            _origin(session, spool, way[0], zone) for way in CARRIER_OF if way[1] is zone
        ),
        bundles=tuple(_bundles(session, case_no)),
        quarantined=tuple(spool.quarantined(MAX_SHOWN)),
        case_no=case_no,
    )


def _peer(session: Session, zone: Zone, to: Zone) -> Peer:
    counts: dict[tuple[str, BundleOutState], int] = {
        (stream, state): count
        for stream, state, count in session.execute(
            select(BundleOut.stream, BundleOut.state, func.count())
            .where(BundleOut.destination == to)
            .group_by(BundleOut.stream, BundleOut.state)
        )
    }
    oldest = dict(
        session.execute(
            select(BundleOut.stream, func.min(BundleOut.sealed_at))
            .where(BundleOut.destination == to, BundleOut.state != BundleOutState.CONFIRMED)
            .group_by(BundleOut.stream)
        ).all()
    )
    heads = session.scalars(select(StreamOut).where(StreamOut.destination == to)).all()
    beacon = session.get(BeaconOut, to)
    return Peer(
        zone=to.value,
        label=to.label,
        carrier=CARRIER_OF[(zone, to)].label,
        streams=tuple(
            OutRow(
                label=head.stream.label,
                highest=head.sequence,
                confirmed=counts.get((head.stream, BundleOutState.CONFIRMED), 0),
                sealed=counts.get((head.stream, BundleOutState.SEALED), 0),
                carried=counts.get((head.stream, BundleOutState.CARRIED), 0),
                oldest=oldest.get(head.stream),
            )
            for head in sorted(heads, key=lambda head: head.stream.priority)
        ),
        waiting=waiting_count(session, to),
        beacon=beacon.counter if beacon else 0,
        beacon_at=beacon.published_at if beacon else None,
    )


def _origin(session: Session, spool: Spool, origin: Zone, zone: Zone) -> Origin:
    waiting: dict[str, list[int]] = defaultdict(list)
    for entry in spool.arrivals(origin):
        if isinstance(entry.parsed, BundleName):
            waiting[entry.parsed.stream].append(entry.parsed.sequence)
    rows = session.scalars(select(StreamIn).where(StreamIn.origin == origin)).all()
    beacon = session.get(BeaconIn, origin)
    return Origin(
        zone=origin.value,
        label=origin.label,
        carrier=CARRIER_OF[(origin, zone)].label,
        streams=tuple(
            InRow(
                label=row.stream.label,
                sequence=row.sequence,
                promised=max(row.promised, row.sequence),
                missing=sum(
                    last - first + 1
                    for first, last in gaps_between(row.sequence, waiting[row.stream], row.promised)
                ),
                active=row.state is StreamInState.ACTIVE,
            )
            for row in sorted(rows, key=lambda row: row.stream.priority)
        ),
        beacon=beacon.counter if beacon else 0,
        beacon_at=beacon.received_at if beacon else None,
        unconfirmed=beacon.unconfirmed if beacon else 0,
    )


def _bundles(session: Session, case_no: str) -> list[BundleRow]:
    statement = select(BundleOut).order_by(BundleOut.sealed_at.desc()).limit(MAX_SHOWN)
    if case_no:
        about = select(OutboxMessage.bundle).where(OutboxMessage.case_no == case_no)
        statement = statement.where(BundleOut.digest.in_(about))
    else:
        statement = statement.where(BundleOut.state != BundleOutState.CONFIRMED)
    found = session.scalars(statement).all()
    cases: dict[str, set[str]] = defaultdict(set)
    for digest, number in session.execute(
        select(OutboxMessage.bundle, OutboxMessage.case_no)
        .where(
            OutboxMessage.bundle.in_([bundle.digest for bundle in found]),
            OutboxMessage.case_no.is_not(None),
        )
        .limit(MAX_SHOWN * 20)
    ):
        if digest is not None and number is not None:
            cases[digest].add(number)
    return [
        BundleRow(
            bundle.name,
            bundle.destination.label,
            bundle.size,
            bundle.sealed_at,
            _STATES[bundle.state],
            bundle.offers,
            tuple(sorted(cases[bundle.digest])[:5]),
        )
        for bundle in found
    ]
