"""Receiving blanks, taking the next one for a certificate, spoiling one.

A blank is claimed by a conditional update: of two who take at once the second sees that it is gone
and takes the next. The lowest number goes first, so that the stock is used up in order.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from extranet_zone.blanks.models import Blank, BlankStatus
from extranet_zone.cases.ports import Actor
from kernel import audit
from kernel.errors import ConflictError, InvalidValueError, NotFoundError, RefusedError
from kernel.vocabulary.certificate import CertificateKind
from kernel.vocabulary.normal import compact

MAX_BATCH: Final = 10_000
"""Blanks received at once; a delivery is smaller."""
LOW: Final = 50
"""Below this many of a kind the page asks for a new delivery."""
PAGE: Final = 50
MAX_TRIES: Final = 64
"""Others who may take the very blank somebody wants, one after the other."""
MAX_REASON: Final = 200
_NUMBER: Final = re.compile(r"([A-Z]{0,4})([0-9]{6,14})")


@dataclass(frozen=True, slots=True)
class Level:
    """How many blanks of a kind are where."""

    kind: CertificateKind
    in_stock: int
    used: int
    spoiled: int

    @property
    def is_low(self) -> bool:
        """Whether a new delivery should be asked for."""
        return self.in_stock < LOW


def receive_blanks(
    session: Session, kind: CertificateKind, first: str, last: str, actor: Actor, now: int
) -> int:
    """Take the blanks from ``first`` to ``last`` into stock; answers how many.

    Raises :class:`InvalidValueError` (``blank_number``, ``blank_range``) and
    :class:`ConflictError` (``blank_known``) when one of them was received before.
    """
    numbers = _range(first, last)
    known = session.scalar(
        select(Blank.number).where(Blank.number.between(numbers[0], numbers[-1])).limit(1)
    )
    if known is not None:
        raise ConflictError("blank_known", f"印制编号 {known} 已入库", number=known)
    session.execute(
        insert(Blank),
        [
            {
                "number": number,
                "kind": kind,
                "status": BlankStatus.IN_STOCK,
                "received_by": actor.login,
                "received_at": now,
                "entry_id": None,
                "taken_by": "",
                "taken_at": None,
                "note": "",
            }
            for number in numbers
        ],
    )
    _audit(session, "blank.received", numbers[0], actor, {"count": len(numbers)})
    return len(numbers)


def take_blank(
    session: Session, kind: CertificateKind, entry_id: str, actor: Actor, now: int
) -> str:
    """Take the next blank of ``kind`` for the certificate of an entry; answers its number.

    Raises :class:`ConflictError` (``blank_assigned``: the entry has one that is not spoiled) and
    :class:`RefusedError` (``blank_stock_exhausted``).
    """
    assigned = blank_of(session, entry_id)
    if assigned is not None:
        raise ConflictError("blank_assigned", f"该证已用印制编号 {assigned}", number=assigned)
    for _ in range(MAX_TRIES):
        number = session.scalar(
            select(func.min(Blank.number)).where(
                Blank.kind == kind, Blank.status == BlankStatus.IN_STOCK
            )
        )
        if number is None:
            break
        claimed = session.execute(
            update(Blank)
            .where(Blank.number == number, Blank.status == BlankStatus.IN_STOCK)
            .values(status=BlankStatus.USED, entry_id=entry_id, taken_by=actor.login, taken_at=now)
            .execution_options(synchronize_session=False)
        )
        if claimed.rowcount == 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
            _audit(session, "blank.taken", number, actor, {"entry": entry_id})
            return number
    raise RefusedError("blank_stock_exhausted", f"空白{kind.label}已用完，请先入库再缮证")


def blank_of(session: Session, entry_id: str) -> str | None:
    """The printed number that the certificate of an entry was printed on, if any."""
    return session.scalar(
        select(Blank.number).where(Blank.entry_id == entry_id, Blank.status == BlankStatus.USED)
    )


def spoil_blank(session: Session, number: str, reason: str, actor: Actor, now: int) -> None:
    """Write a blank off, in stock or printed on; its number stays with the reason.

    Raises :class:`NotFoundError` (``blank_unknown``), :class:`ConflictError` (``blank_spoiled``)
    and :class:`InvalidValueError` (``reason_missing``).
    """
    if not reason.strip():
        raise InvalidValueError("reason_missing", "请填写作废原因", field="reason")
    blank = session.get(Blank, compact(number).upper(), with_for_update=True)
    if blank is None:
        raise NotFoundError("blank_unknown", "没有这个印制编号的空白证书")
    if blank.status is BlankStatus.SPOILED:
        raise ConflictError("blank_spoiled", "这个印制编号已经作废")
    blank.status, blank.note = BlankStatus.SPOILED, reason.strip()[:MAX_REASON]
    blank.taken_by, blank.taken_at = actor.login, now
    _audit(session, "blank.spoiled", blank.number, actor, {"entry": blank.entry_id})


def levels(session: Session) -> Sequence[Level]:
    """The stock of each kind, also when there is none."""
    rows = session.execute(
        select(Blank.kind, Blank.status, func.count()).group_by(Blank.kind, Blank.status)
    )
    counts = {(kind, status): count for kind, status, count in rows}
    return [
        Level(kind, *(counts.get((kind, status), 0) for status in BlankStatus))
        for kind in CertificateKind
    ]


def latest(session: Session) -> Sequence[Blank]:
    """The blanks taken or spoiled last."""
    return session.scalars(
        select(Blank)
        .where(Blank.taken_at.is_not(None))
        .order_by(Blank.taken_at.desc(), Blank.number)
        .limit(PAGE)
    ).all()


def _range(first: str, last: str) -> list[str]:
    low, high = (_NUMBER.fullmatch(compact(text).upper()) for text in (first, last))
    if low is None or high is None or (low[1], len(low[2])) != (high[1], len(high[2])):
        raise InvalidValueError("blank_number", "印制编号应为字母和6至14位数字，首末位数相同")
    count = int(high[2]) - int(low[2]) + 1
    if not 1 <= count <= MAX_BATCH:
        raise InvalidValueError("blank_range", f"一次入库应为1至{MAX_BATCH}本")
    start, width = int(low[2]), len(low[2])
    return [f"{low[1]}{start + place:0{width}d}" for place in range(count)]


def _audit(
    session: Session, act: str, number: str, actor: Actor, detail: dict[str, str | int | None]
) -> None:
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act=act,
            object_kind="blank",
            object_id=number,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail=detail,
        ),
    )
