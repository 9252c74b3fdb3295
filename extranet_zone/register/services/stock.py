"""Loading the stock (存量数据): one line of JSON a unit, streamed, in transactions of bounded size.

A line is loaded whole or not at all; a bad one is reported with its number and code and the rest
goes on. A unit that is on the register already is left as it is, so that a load may be repeated.
What was loaded is published to the portal's directory in the same transaction.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from extranet_zone.register.lapse import SUIT
from extranet_zone.register.models import Right, RightHolder, Seizure, Unit
from extranet_zone.register.services.addresses import note_addresses
from extranet_zone.register.services.stock_line import (
    StockHolder,
    StockLine,
    StockRestriction,
    area_text,
    parse_line,
)
from extranet_zone.register.states import RightKind, RightStatus
from kernel import audit
from kernel.clock import BEIJING, to_micros
from kernel.db import Database, new_id
from kernel.errors import InvalidValueError
from kernel.exchange.outbox import post
from kernel.messages import Kind, UnitListed, UnitsPublished
from kernel.vocabulary.dictionaries import (
    DocumentKind,
    HolderKind,
    OwnershipForm,
    SeizureKind,
)
from kernel.vocabulary.zones import Zone

BATCH: Final = 500
"""Lines of one transaction, and units of one message."""
MAX_PAGE_BYTES: Final = 96 * 1024
"""Of one page of the directory; the message contract refuses larger ones."""
MAX_REPORTED: Final = 1000
"""Bad lines that are named; the rest is only counted."""
NOT_SAID: Final = "（存量数据未载明）"
_ORGANISATION: Final = frozenset({DocumentKind.ORGANISATION_CODE, DocumentKind.BUSINESS_LICENCE})


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not loaded."""

    line: int
    code: str
    message: str


@dataclass(slots=True)
class LoadReport:
    """What a load did; ``refused`` counts all bad lines, ``bad`` names the first ones."""

    loaded: int = 0
    known: int = 0
    refused: int = 0
    published: int = 0
    bad: list[BadLine] = field(default_factory=list)

    def refuse(self, line: int, error: InvalidValueError) -> None:
        """Count one bad line, and name it while there is room."""
        self.refused += 1
        if len(self.bad) < MAX_REPORTED:
            self.bad.append(BadLine(line, error.code, error.message))

    def as_json(self) -> dict[str, object]:
        """The shape the command prints."""
        return {
            "loaded": self.loaded,
            "known": self.known,
            "refused": self.refused,
            "published": self.published,
            "bad": [
                {"line": bad.line, "error": bad.code, "message": bad.message} for bad in self.bad
            ],
        }


def load_register(
    database: Database,
    lines: Iterable[bytes],
    now: int,
    progress: Callable[[LoadReport], object] = lambda _report: None,
) -> LoadReport:
    """Load ``lines`` (a file opened for reading bytes will do), ``BATCH`` lines a transaction.

    Interrupted and repeated it has the same outcome. ``progress`` is called after each batch.
    """
    report = LoadReport()
    for batch in _batches(enumerate(lines, 1)):
        good = list(_good_lines(batch, report))
        with database.begin() as session:
            new = _unknown(session, good, report)
            if new:
                _insert(session, new, now)
                report.published += publish_units(session, [_listed(line) for line in new], now)
                _audit(session, new, batch)
        report.loaded += len(new)
        progress(report)
    return report


def publish_units(session: Session, units: Sequence[UnitListed], now: int) -> int:
    """Post ``units`` to the portal in pages the message contract allows; answers how many units."""
    for page in _pages(units):
        post(
            session,
            origin=Zone.EXTRANET,
            destination=Zone.INTERNET,
            kind=Kind.UNITS_PUBLISHED,
            body=UnitsPublished(units=page),
            case_no=None,
            now=now,
        )
    return len(units)


def _batches(
    lines: Iterator[tuple[int, bytes]],
) -> Iterator[list[tuple[int, bytes]]]:
    batch: list[tuple[int, bytes]] = []
    for number, raw in lines:
        if raw.strip():
            batch.append((number, raw))
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _good_lines(batch: list[tuple[int, bytes]], report: LoadReport) -> Iterator[StockLine]:
    for number, raw in batch:
        try:
            yield parse_line(raw)
        except InvalidValueError as error:
            report.refuse(number, error)


def _unknown(session: Session, lines: list[StockLine], report: LoadReport) -> list[StockLine]:
    """The lines whose unit is not on the register, each unit once."""
    asked = [line.unit_no for line in lines]
    seen = set(session.scalars(select(Unit.unit_no).where(Unit.unit_no.in_(asked))))
    new = []
    for line in lines:
        if line.unit_no in seen:
            report.known += 1
        else:
            seen.add(line.unit_no)
            new.append(line)
    return new


def _insert(session: Session, lines: list[StockLine], now: int) -> None:
    rights: list[dict[str, Any]] = []  # rows of several tables: columns differ in type
    holders: list[dict[str, Any]] = []
    seizures: list[dict[str, Any]] = []
    for line in lines:
        ownership = _right(line, RightKind.OWNERSHIP, line.certificate_no, line.recorded_on, {})
        ownership["sharing"] = line.sharing
        rights.append(ownership)
        holders += [
            _holder(ownership["id"], position, holder)
            for position, holder in enumerate(line.holders, 1)
        ]
        for mortgage in line.mortgages:
            facts = {"amount_fen": str(int(mortgage.amount_yuan * 100))}
            if mortgage.excludes_transfer:
                facts["transfer_excluded"] = "1"
            right = _right(
                line, RightKind.MORTGAGE, mortgage.certificate_no, mortgage.recorded_on, facts
            )
            rights.append(right)
            holders.append(_named(right["id"], mortgage.mortgagee, HolderKind.COMPANY))
        seizures += _seizures(line)
        for notice in line.restrictions:
            if notice.kind != "seizure":
                right = _notice(line, notice)
                rights.append(right)
                holders.append(_named(right["id"], notice.by, HolderKind.OTHER))
    session.execute(insert(Unit), [_unit(line, now) for line in lines])
    addresses: dict[str, list[str]] = {}
    for line in lines:
        addresses.setdefault(line.parcel_no, []).append(line.location)
    note_addresses(session, addresses)
    session.execute(insert(Right), rights)
    session.execute(insert(RightHolder), holders)
    if seizures:
        session.execute(insert(Seizure), seizures)


def _named(right_id: str, name: str, kind: HolderKind) -> dict[str, Any]:
    """A holder of whom the stock has the name alone."""
    return {
        "right_id": right_id,
        "position": 1,
        "name": name,
        "kind": kind.value,
        "document_type": DocumentKind.OTHER.value,
        "document_no": "",
        "share": "",
    }


def _unit(line: StockLine, now: int) -> dict[str, Any]:
    return {
        "unit_no": line.unit_no,
        "parcel_no": line.parcel_no,
        "location": line.location,
        "use": line.use,
        "area": area_text(line.area_m2),
        "nature": line.nature,
        "term": line.term,
        "loaded_at": now,
        "version": 1,
    }


def _right(
    line: StockLine, kind: RightKind, certificate_no: str, recorded_on: date, facts: dict[str, str]
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "unit_no": line.unit_no,
        "kind": kind,
        "right_type": line.right_type,
        "certificate_no": certificate_no,
        "sharing": OwnershipForm.SOLE.value,
        "status": RightStatus.CURRENT,
        "recorded_at": _micros(recorded_on),
        "ended_at": None,
        "begun_by": None,
        "ended_by": None,
        "facts": json.dumps(facts, ensure_ascii=False, sort_keys=True),
    }


def _holder(right_id: str, position: int, holder: StockHolder) -> dict[str, Any]:
    is_organisation = holder.document_type in _ORGANISATION
    return {
        "right_id": right_id,
        "position": position,
        "name": holder.name,
        "kind": (HolderKind.COMPANY if is_organisation else HolderKind.PERSON).value,
        "document_type": holder.document_type,
        "document_no": holder.document_no,
        "share": holder.share,
    }


def _notice(line: StockLine, found: StockRestriction) -> dict[str, Any]:
    kind = RightKind(found.kind)
    facts = {"document_no": found.document}
    if kind is RightKind.OBJECTION:
        # Whether a suit was brought the stock does not say, so it does not lapse by itself.
        facts[SUIT] = NOT_SAID
    return _right(line, kind, "", found.recorded_on, facts)


def _seizures(line: StockLine) -> list[dict[str, Any]]:
    """By the day they were recorded: the first is in effect; the stock does not say the term."""
    found = sorted(
        (row for row in line.restrictions if row.kind == "seizure"),
        key=lambda row: row.recorded_on,
    )
    return [
        {
            "id": new_id(),
            "unit_no": line.unit_no,
            "kind": SeizureKind.QUEUED if place else SeizureKind.SEIZURE,
            "court": row.by,
            "document_no": row.document,
            "court_case_no": "",
            "debtor": "",
            # Served on one day, they keep the order of the file.
            "arrived_at": _micros(row.recorded_on) + place,
            "term_months": 0,
            "term_from": "",
            "term_to": "",
            "status": RightStatus.CURRENT,
            "recorded_at": _micros(row.recorded_on),
            "ended_at": None,
            "begun_by": None,
            "ended_by": None,
        }
        for place, row in enumerate(found)
    ]


def _micros(day: date) -> int:
    return to_micros(datetime.combine(day, time(), BEIJING))


def _listed(line: StockLine) -> UnitListed:
    return UnitListed(unit_no=line.unit_no, location=line.location, use=line.use)


def _pages(units: Sequence[UnitListed]) -> Iterator[list[UnitListed]]:
    page: list[UnitListed] = []
    size = 0
    for unit in units:
        length = len(unit.model_dump_json().encode()) + 1
        if page and (len(page) >= BATCH or size + length > MAX_PAGE_BYTES):
            yield page
            page, size = [], 0
        page.append(unit)
        size += length
    if page:
        yield page


def _audit(session: Session, lines: list[StockLine], batch: list[tuple[int, bytes]]) -> None:
    audit.record(
        session,
        audit.AuditEntry(
            actor="system:load-register",
            act="register.load",
            object_kind="unit",
            object_id=lines[0].unit_no,
            detail={"units": len(lines), "first_line": batch[0][0], "last_line": batch[-1][0]},
        ),
    )
