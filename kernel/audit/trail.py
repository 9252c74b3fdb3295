"""Writing the audit trail: records are collected during an act and chained just before its commit.

Each record's digest is SHA-256 over ``0x00`` and the canonical JSON of the record, which includes
the digest of the record before it (RFC 6962 leaf prefix, so that a Merkle tree can be laid over the
same leaves later). The chain's head row is locked last, so records never deadlock with the act.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.audit.models import AuditHead, AuditRecord
from kernel.clock import Clock, now_micros
from kernel.db import Database, lock_row

GENESIS: Final = "0" * 64
_PENDING: Final = "audit.pending"
MAX_PENDING: Final = 10_000
"""Records one transaction may write; more than this is a runaway loop."""


class AuditResult(StrEnum):
    """How the act ended."""

    DONE = "done"
    DENIED = "denied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act to be recorded.

    ``actor`` is an account's login or ``system:<part>``; ``detail`` holds what an auditor needs to
    judge the act (numbers, codes, before and after), never identity numbers or passwords.
    """

    actor: str
    act: str
    object_kind: str
    object_id: str
    case_no: str | None = None
    roles: tuple[str, ...] = ()
    source: str = ""
    result: AuditResult = AuditResult.DONE
    detail: Mapping[str, str | int | None] = field(default_factory=dict)


def attach(database: Database, zone: str, clock: Clock) -> None:
    """Make every write transaction of ``database`` chain the records it collected."""

    def write(session: Session) -> None:
        _chain(session, zone, now_micros(clock))

    database.before_commit(write)


def record(session: Session, entry: AuditEntry) -> None:
    """Add ``entry`` to the transaction of ``session``; it exists if and only if that commits."""
    pending = session.info.setdefault(_PENDING, [])
    if len(pending) >= MAX_PENDING:
        raise RuntimeError("one transaction collected too many audit records")
    pending.append(entry)


def digest_of(body: str) -> str:
    """The chain digest of a record's canonical JSON."""
    return hashlib.sha256(b"\x00" + body.encode()).hexdigest()


def _chain(session: Session, zone: str, at: int) -> None:
    pending: list[AuditEntry] = session.info.pop(_PENDING, [])
    if not pending:
        return
    statement = select(AuditHead).where(AuditHead.id == 1)
    if lock_row(session.connection()):
        statement = statement.with_for_update()
    head = session.scalars(statement).one()
    for entry in pending:
        body = _canonical(entry, zone, head.n + 1, at, head.digest)
        digest = digest_of(body)
        session.add(
            AuditRecord(
                n=head.n + 1,
                at=at,
                actor=entry.actor,
                act=entry.act,
                object_kind=entry.object_kind,
                object_id=entry.object_id,
                case_no=entry.case_no,
                result=entry.result.value,
                body=body,
                previous=head.digest,
                digest=digest,
            )
        )
        head.n += 1
        head.digest = digest
    session.flush()


def _canonical(entry: AuditEntry, zone: str, n: int, at: int, previous: str) -> str:
    return json.dumps(
        {
            "n": n,
            "at": at,
            "zone": zone,
            "actor": entry.actor,
            "roles": sorted(entry.roles),
            "act": entry.act,
            "object": [entry.object_kind, entry.object_id],
            "case": entry.case_no,
            "source": entry.source,
            "result": entry.result.value,
            "detail": dict(entry.detail),
            "previous": previous,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
