"""Checking the audit trail: numbers without gaps, digests right, links unbroken."""

import json
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.audit.models import AuditHead, AuditRecord
from kernel.audit.trail import GENESIS, digest_of

_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class ChainReport:
    """``records`` checked; ``broken_at`` is the first bad record's number, ``reason`` Chinese."""

    records: int
    head: str
    broken_at: int | None = None
    reason: str = ""

    @property
    def intact(self) -> bool:
        """Whether every record and the head agree."""
        return self.broken_at is None


def verify_chain(session: Session) -> ChainReport:
    """Walk the whole chain once; memory stays flat however long it is."""
    expected_n, previous = 1, GENESIS
    statement = select(AuditRecord).order_by(AuditRecord.n).execution_options(yield_per=_BATCH)
    # Closed when the walk ends early: the cursor is the server's.
    with closing(session.scalars(statement)) as rows:
        for row in rows:
            reason = _defect(row, expected_n, previous)
            if reason:
                return ChainReport(expected_n - 1, previous, expected_n, reason)
            expected_n, previous = expected_n + 1, row.digest
            session.expunge(row)
    head = session.scalars(select(AuditHead).where(AuditHead.id == 1)).one()
    if (head.n, head.digest) != (expected_n - 1, previous):
        return ChainReport(
            expected_n - 1, previous, expected_n, "链尾与链头记录不一致，末尾可能被截断"
        )
    return ChainReport(expected_n - 1, previous)


def _defect(row: AuditRecord, expected_n: int, previous: str) -> str:
    if row.n != expected_n:
        return "序号不连续，中间记录缺失"
    if row.previous != previous:
        return "与前一条记录的链接不符"
    if digest_of(row.body) != row.digest:
        return "记录内容与摘要不符，记录被改动"
    body = json.loads(row.body)
    columns = (
        row.n,
        row.at,
        row.actor,
        row.act,
        [row.object_kind, row.object_id],
        row.case_no,
        row.result,
        row.previous,
    )
    hashed = tuple(
        body[key] for key in ("n", "at", "actor", "act", "object", "case", "result", "previous")
    )
    return "" if columns == hashed else "检索列与被摘要的内容不符"
