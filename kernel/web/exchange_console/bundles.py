"""Bundles both ways: found by case number, by state, one page at a time."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel.errors import InvalidValueError
from kernel.exchange.models import (
    OPEN,
    BundleIn,
    BundleOut,
    InboxMessage,
    OutboxMessage,
)
from kernel.web.exchange_console.desk import PAGE_ROWS

B = TypeVar("B", BundleOut, BundleIn)
_PLACE: Final = re.compile(r"([0-9]{1,17})-([0-9a-f]{1,128})")
MAX_CASES_SHOWN: Final = 5
_STATES: Final[dict[str, tuple[str, str]]] = {
    "sealed": ("待承运", "amber"),
    "carried": ("在途", ""),
    "confirmed": ("已确认", "good"),
    "superseded": ("已由新纪元代替", ""),
}


class Way(StrEnum):
    """Which direction is looked at."""

    BOTH = "both"
    OUT = "out"
    IN = "in"

    @property
    def label(self) -> str:
        """For people."""
        return {"both": "两个方向", "out": "发出的", "in": "收到的"}[self.value]


class Wanted(StrEnum):
    """Which bundles are looked at."""

    ALL = "all"
    OPEN = "open"
    RESENT = "resent"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        """For people."""
        return {
            "all": "全部",
            "open": "未确认",
            "resent": "补发过",
            "refused": "有消息未被接受",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for; ``before`` is the last row of the page before, or empty."""

    case_no: str = ""
    way: Way = Way.BOTH
    wanted: Wanted = Wanted.ALL
    before: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class BundleRow:
    """One bundle: ``at`` is when it was sealed or applied, microseconds UTC."""

    way: Way
    digest: str
    name: str
    zone: str
    stream: str
    sequence: int
    size: int
    messages: int
    at: int
    state: str
    colour: str
    offers: int
    open: bool = False
    """Whether somebody still waits for its receipt."""
    cases: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where the next page goes on."""
        return f"{self.at}-{self.digest}"


def read_place(said: str) -> tuple[int, str]:
    """Where a page goes on, as :attr:`BundleRow.place` says it.

    Raises :class:`InvalidValueError` (``page_unknown``).
    """
    found = _PLACE.fullmatch(said)
    if found is None:
        raise InvalidValueError("page_unknown", "没有这一页")
    return int(found[1]), found[2]


def find(session: Session, query: Query) -> tuple[list[BundleRow], str]:
    """A page of bundles, the newest first, and where the next one begins (empty: nowhere)."""
    found: list[BundleRow] = []
    if query.way is not Way.IN and query.wanted is not Wanted.REFUSED:
        found += [out_row(bundle) for bundle in session.scalars(_outgoing(query))]
    if query.way is not Way.OUT and query.wanted in {Wanted.ALL, Wanted.REFUSED}:
        found += [in_row(bundle) for bundle in session.scalars(_incoming(query))]
    found.sort(key=lambda row: (row.at, row.digest), reverse=True)
    page = found[:PAGE_ROWS]
    return _with_cases(session, page), page[-1].place if len(found) > PAGE_ROWS else ""


def _outgoing(query: Query) -> Select[BundleOut]:
    statement = select(BundleOut).order_by(BundleOut.sealed_at.desc(), BundleOut.digest.desc())
    if query.case_no:
        about = select(OutboxMessage.bundle).where(OutboxMessage.case_no == query.case_no)
        statement = statement.where(BundleOut.digest.in_(about))
    if query.wanted is Wanted.OPEN:
        statement = statement.where(BundleOut.state.in_(OPEN))
    if query.wanted is Wanted.RESENT:
        statement = statement.where(BundleOut.offers > 1)
    return _after(statement, BundleOut.sealed_at, BundleOut.digest, query)


def _incoming(query: Query) -> Select[BundleIn]:
    statement = select(BundleIn).order_by(BundleIn.applied_at.desc(), BundleIn.digest.desc())
    if query.case_no:
        about = select(InboxMessage.bundle).where(InboxMessage.case_no == query.case_no)
        statement = statement.where(BundleIn.digest.in_(about))
    if query.wanted is Wanted.REFUSED:
        statement = statement.where(BundleIn.refused.is_not(None))
    return _after(statement, BundleIn.applied_at, BundleIn.digest, query)


def _after(
    statement: Select[B],
    at: InstrumentedAttribute[int],
    digest: InstrumentedAttribute[str],
    query: Query,
) -> Select[B]:
    if query.before is not None:
        last_at, last_digest = query.before
        older: ColumnElement[bool] = or_(at < last_at, and_(at == last_at, digest < last_digest))
        statement = statement.where(older)
    return statement.limit(PAGE_ROWS + 1)


def out_row(bundle: BundleOut) -> BundleRow:
    """A bundle we sealed."""
    state, colour = _STATES[bundle.state]
    return BundleRow(
        way=Way.OUT,
        digest=bundle.digest,
        name=bundle.name,
        zone=bundle.destination.label,
        stream=bundle.stream.label,
        sequence=bundle.sequence,
        size=bundle.size,
        messages=bundle.messages,
        at=bundle.sealed_at,
        state=state,
        colour=colour,
        offers=bundle.offers,
        open=bundle.state in OPEN,
    )


def in_row(bundle: BundleIn) -> BundleRow:
    """A bundle we applied."""
    return BundleRow(
        way=Way.IN,
        digest=bundle.digest,
        name=bundle.name,
        zone=bundle.origin.label,
        stream=bundle.stream.label,
        sequence=bundle.sequence,
        size=bundle.size,
        messages=bundle.messages,
        at=bundle.applied_at,
        state="已处理" if bundle.refused is None else "部分未被接受",
        colour="good" if bundle.refused is None else "bad",
        offers=0,
    )


def _with_cases(session: Session, rows: Sequence[BundleRow]) -> list[BundleRow]:
    cases: dict[str, set[str]] = defaultdict(set)
    for table, way in ((OutboxMessage, Way.OUT), (InboxMessage, Way.IN)):
        wanted = [row.digest for row in rows if row.way is way]
        if not wanted:
            continue
        for digest, number in session.execute(
            select(table.bundle, table.case_no)
            .where(table.bundle.in_(wanted), table.case_no.is_not(None))
            .limit(PAGE_ROWS * 20)
        ):
            if digest is not None and number is not None:
                cases[digest].add(number)
    return [_with(row, cases[row.digest]) for row in rows]


def _with(row: BundleRow, cases: set[str]) -> BundleRow:
    shown = sorted(cases)
    more = ("…",) if len(shown) > MAX_CASES_SHOWN else ()
    return replace(row, cases=(*shown[:MAX_CASES_SHOWN], *more))
