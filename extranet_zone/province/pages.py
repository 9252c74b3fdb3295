"""What the page of events shows: bounded, filtered, and nothing of a person.

An event is shown by the numbers that it names, for somebody to talk about it with its sender; what
else it says stays in the database.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.province.models import EventState, ProvinceEvent
from extranet_zone.province.services import ANSWERED

PAGE_ROWS: Final = 50
MAX_PAGE: Final = 2000
MAX_SHOWN: Final = 80
KINDS: Final[Mapping[str, str]] = {
    "case.handedOver": "异地移送办件",
    "case.paperPosted": "纸质材料寄出",
    "case.concluded": "属地机构办结",
    "restraint.requested": "法院查控请求",
    "bill.paid": "缴款结果",
    ANSWERED: "对方答复",
}
OPEN: Final = (EventState.REFUSED, EventState.REQUESTED)
FILTERS: Final[Mapping[str, tuple[str, Sequence[EventState]]]] = {
    "open": ("待处理", OPEN),
    "replayed": ("重新处理后已生效", (EventState.REPLAYED,)),
    "set_aside": ("不再处理", (EventState.SET_ASIDE,)),
    "all": ("全部", (*OPEN, EventState.REPLAYED, EventState.SET_ASIDE)),
}
"""Those that had their effect at once are no concern of the page."""
_NUMBERS: Final[Mapping[str, str]] = {
    "case_no": "办件号",
    "online_case_no": "网上办件号",
    "collecting_authority": "收件机构",
    "item_code": "事项",
    "unit_no": "单元号",
    "number": "缴款单序号",
    "request_no": "请求编号",
    "court_code": "法院代码",
    "court_case_no": "执行案号",
    "tracking_no": "快递单号",
}


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for."""

    show: str = "open"
    kind: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event."""

    id: str
    kind: str
    received_at: int
    about: tuple[tuple[str, str], ...]
    code: str
    message: str
    state: EventState
    settled_by: str
    settled_at: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of the list."""

    rows: tuple[EventRow, ...]
    page: int
    has_next: bool


def events(session: Session, query: Query) -> EventPage:
    """The events that match, the newest first."""
    _label, states = FILTERS.get(query.show, FILTERS["open"])
    page = min(max(query.page, 1), MAX_PAGE)
    wanted = select(ProvinceEvent).where(ProvinceEvent.state.in_(states))
    if query.kind in KINDS:
        wanted = wanted.where(ProvinceEvent.kind == query.kind)
    elif query.kind:
        wanted = wanted.where(ProvinceEvent.kind.not_in(KINDS))
    found = session.scalars(
        wanted.order_by(ProvinceEvent.received_at.desc(), ProvinceEvent.id)
        .offset((page - 1) * PAGE_ROWS)
        .limit(PAGE_ROWS + 1)
    ).all()
    return EventPage(tuple(map(_row, found[:PAGE_ROWS])), page, len(found) > PAGE_ROWS)


def _row(event: ProvinceEvent) -> EventRow:
    return EventRow(
        id=event.id,
        kind=KINDS.get(event.kind, f"未知种类（{event.kind}）"),
        received_at=event.received_at,
        about=_about(event),
        code=event.code,
        message=event.message,
        state=event.state,
        settled_by=event.settled_by,
        settled_at=event.settled_at,
        reason=event.reason,
    )


def _about(event: ProvinceEvent) -> tuple[tuple[str, str], ...]:
    """The numbers it names; of a kind that nobody knows nothing is shown."""
    if event.kind not in KINDS:
        return ()
    body = json.loads(event.body)
    return tuple(
        (label, str(body[name])[:MAX_SHOWN])
        for name, label in _NUMBERS.items()
        if isinstance(body.get(name), str | int) and body[name] != ""
    )
