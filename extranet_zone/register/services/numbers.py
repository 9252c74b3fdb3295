"""Numbers without gaps and without doubles: the counter's row is the lock of its series.

A number is drawn by raising the row in the transaction of the recording: who comes second waits
for that transaction, and a transaction that fails gives its number back.
"""

from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from extranet_zone.register.models import CertificateCounter, RecordingLogHead
from kernel.errors import UnavailableError
from kernel.vocabulary.certificate import CertificateKind

_LOG: Final = 1


def next_log_no(session: Session) -> int:
    """The next number of the recording log.

    Raises :class:`UnavailableError` (``log_head_missing``) on a database that was not migrated.
    """
    raised = update(RecordingLogHead).where(RecordingLogHead.id == _LOG)
    session.execute(raised.values(last=RecordingLogHead.last + 1))
    number = session.scalar(select(RecordingLogHead.last).where(RecordingLogHead.id == _LOG))
    if number is None:
        raise UnavailableError("log_head_missing", "登簿日志计数缺失，请联系系统管理员")
    return number


def next_serial(session: Session, authority: str, year: int, kind: CertificateKind) -> int:
    """The next certificate number of ``authority`` in ``year``, from 1."""
    series = (
        CertificateCounter.authority == authority,
        CertificateCounter.year == year,
        CertificateCounter.kind == kind,
    )
    raised = update(CertificateCounter).where(*series).values(last=CertificateCounter.last + 1)
    number = select(CertificateCounter.last).where(*series)
    session.execute(raised)
    found = session.scalar(number)
    if found is None:
        _open_series(session, authority, year, kind)
        session.execute(raised)
        found = session.scalar(number)
    if found is None:
        raise UnavailableError("counter_missing", "证号计数缺失，请联系系统管理员")
    return found


def _open_series(session: Session, authority: str, year: int, kind: CertificateKind) -> None:
    """Make the row of a new year; another transaction may make it at the same moment."""
    try:
        with session.begin_nested():
            session.execute(
                insert(CertificateCounter).values(authority=authority, year=year, kind=kind, last=0)
            )
    except IntegrityError:
        # The other one committed; its row is there to be raised now.
        return
