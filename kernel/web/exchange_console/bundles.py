"""Bundles both ways: found by case number, by state, one page at a time; and one bundle's page."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from kernel.errors import NotFoundError
from kernel.exchange.models import (
    BundleIn,
    BundleOut,
    BundleOutState,
    InboxMessage,
    InboxState,
    OutboxMessage,
)
from kernel.messages import Kind
from kernel.web.exchange_console.desk import PAGE_ROWS

B = TypeVar("B", BundleOut, BundleIn)
MAX_CASES_SHOWN: Final = 5
MAX_MESSAGES_SHOWN: Final = 500
_STATES: Final = {
    BundleOutState.SEALED: ("待承运", "amber"),
    BundleOutState.CARRIED: ("在途", ""),
    BundleOutState.CONFIRMED: ("已确认", "good"),
}
KIND_LABELS: Final[dict[str, str]] = {
    Kind.APPLICATION_SUBMITTED: "网上申请",
    Kind.MATERIALS_DELIVERED: "申请材料",
    Kind.PROGRESS_REPORTED: "办理进度",
    Kind.CERTIFICATE_ISSUED: "电子证照",
    Kind.UNITS_PUBLISHED: "不动产单元目录",
    Kind.REVIEW_REQUESTED: "空间审核请求",
    Kind.REVIEW_CONCLUDED: "空间审核结果",
    Kind.REGISTER_RECORDED: "登簿结果",
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
    cases: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where the next page goes on."""
        return f"{self.at}-{self.digest}"


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message of a bundle; its body is nobody's business here."""

    id: str
    kind: str
    case_no: str | None
    at: int
    state: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle with its messages and what happened to it, in order."""

    row: BundleRow
    epoch: str
    messages: tuple[MessageRow, ...]
    history: tuple[tuple[str, int], ...]


def find(session: Session, query: Query) -> tuple[list[BundleRow], str]:
    """A page of bundles, the newest first, and where the next one begins (empty: nowhere)."""
    found: list[BundleRow] = []
    if query.way is not Way.IN and query.wanted is not Wanted.REFUSED:
        found += [_out_row(bundle) for bundle in session.scalars(_outgoing(query))]
    if query.way is not Way.OUT and query.wanted in {Wanted.ALL, Wanted.REFUSED}:
        found += [_in_row(bundle) for bundle in session.scalars(_incoming(query))]
    found.sort(key=lambda row: (row.at, row.digest), reverse=True)
    page = found[:PAGE_ROWS]
    return _with_cases(session, page), page[-1].place if len(found) > PAGE_ROWS else ""


def outgoing(session: Session, digest: str) -> Bundle:
    """One bundle we sealed.

    Raises :class:`NotFoundError` (``bundle_unknown``).
    """
    bundle = session.get(BundleOut, digest)
    if bundle is None:
        raise NotFoundError("bundle_unknown", "没有这个交换包")
    messages = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.bundle == digest)
        .order_by(OutboxMessage.created, OutboxMessage.ordinal)
        .limit(MAX_MESSAGES_SHOWN)
    )
    steps = [
        ("封装", bundle.sealed_at),
        ("承运方取走", bundle.carried_at),
        ("对端确认", bundle.confirmed_at),
    ]
    return Bundle(
        _out_row(bundle),
        bundle.epoch,
        tuple(
            MessageRow(row.id, kind_label(row.kind), row.case_no, row.created, "已封装", None)
            for row in messages
        ),
        tuple((words, at) for words, at in steps if at is not None),
    )


def incoming(session: Session, digest: str) -> Bundle:
    """One bundle we applied.

    Raises :class:`NotFoundError` (``bundle_unknown``).
    """
    bundle = session.get(BundleIn, digest)
    if bundle is None:
        raise NotFoundError("bundle_unknown", "没有这个交换包")
    messages = session.scalars(
        select(InboxMessage)
        .where(InboxMessage.bundle == digest)
        .order_by(InboxMessage.received_at, InboxMessage.id)
        .limit(MAX_MESSAGES_SHOWN)
    )
    return Bundle(
        _in_row(bundle),
        bundle.epoch,
        tuple(
            MessageRow(
                row.id,
                kind_label(row.kind),
                row.case_no,
                row.received_at,
                "已办" if row.state is InboxState.APPLIED else "未被接受",
                row.code,
            )
            for row in messages
        ),
        (("核验无误并处理", bundle.applied_at),),
    )


def kind_label(kind: str) -> str:
    """What a message is about."""
    return KIND_LABELS.get(kind, kind)


def _outgoing(query: Query) -> Select[BundleOut]:
    statement = select(BundleOut).order_by(BundleOut.sealed_at.desc(), BundleOut.digest.desc())
    if query.case_no:
        about = select(OutboxMessage.bundle).where(OutboxMessage.case_no == query.case_no)
        statement = statement.where(BundleOut.digest.in_(about))
    if query.wanted is Wanted.OPEN:
        statement = statement.where(BundleOut.state != BundleOutState.CONFIRMED)
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


def _out_row(bundle: BundleOut) -> BundleRow:
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
    )


def _in_row(bundle: BundleIn) -> BundleRow:
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
