"""How many cases came, and what was done: by item, by mode, by the other city, over time.

An act counts on the day it was done, so that a case may be received in one period and recorded in
the next. What came is counted by the case, everything else by its steps.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from extranet_zone.cases.models import Case, CaseStep
from extranet_zone.cases.states import Action
from extranet_zone.statistics.services.scope import Scope
from kernel.vocabulary.coded import Coded

MAX_GROUPS: Final = 20_000
"""Groups read at once: items, modes, pairs of authorities and acts; a city has some hundreds."""
MAX_REASONS: Final = 50
_EPOCH: Final = date(1970, 1, 1)
_DAY_MICROS: Final = 86_400_000_000
_BEIJING_MICROS: Final = 8 * 3_600_000_000
_BY_DAY: Final = 62
"""Up to so many days the picture shows days, then months."""


class Measure(Coded):
    """What is counted, in the order of the table."""

    RECEIVED = "received", "收到"
    COLLECTED = "collected", "收件"
    ACCEPTED = "accepted", "受理"
    SUPPLEMENT = "supplement", "补正告知"
    SECOND_NOTICE = "second_notice", "再次告知"
    HANDED_BACK = "handed_back", "退回"
    DECLINED = "declined", "不予受理"
    REFUSED = "refused", "不予登记"
    WITHDRAWN = "withdrawn", "撤回、终止"
    RECORDED = "recorded", "登簿"
    ISSUED = "issued", "办结发证"
    ARCHIVED = "archived", "归档"


_ACTS: Final = {
    Action.COLLECT: Measure.COLLECTED,
    Action.COLLECT_FOR_OTHER: Measure.COLLECTED,
    Action.COLLECTED_ELSEWHERE: Measure.COLLECTED,
    Action.ACCEPT: Measure.ACCEPTED,
    Action.ACCEPT_DIRECT: Measure.ACCEPTED,
    Action.ACCEPT_RESTRAINT: Measure.ACCEPTED,
    Action.ASK_PRELIMINARY_SUPPLEMENT: Measure.SUPPLEMENT,
    Action.NOTIFY_SUPPLEMENT: Measure.SUPPLEMENT,
    Action.APPROVE_SECOND_NOTICE: Measure.SECOND_NOTICE,
    Action.HAND_BACK: Measure.HANDED_BACK,
    Action.DECLINE: Measure.DECLINED,
    Action.REFUSE: Measure.REFUSED,
    Action.REJECT_RESTRAINT: Measure.REFUSED,
    Action.WITHDRAW: Measure.WITHDRAWN,
    Action.TERMINATE: Measure.WITHDRAWN,
    Action.RECORD: Measure.RECORDED,
    Action.RECORD_RESTRAINT: Measure.RECORDED,
    Action.SETTLE_RESTRAINT: Measure.RECORDED,
    Action.ISSUE: Measure.ISSUED,
    Action.ISSUE_AT_WINDOW: Measure.ISSUED,
    Action.ISSUE_BY_POST: Measure.ISSUED,
    Action.ANSWER_RESTRAINT: Measure.ISSUED,
    Action.ARCHIVE: Measure.ARCHIVED,
}
_REFUSALS: Final = (
    Action.HAND_BACK,
    Action.DECLINE,
    Action.REFUSE,
    Action.TERMINATE,
    Action.REJECT_RESTRAINT,
)

Row = Counter[Measure]


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of cases: all, by item code, by mode's code, by the other city.

    ``for_others`` are those collected here for another authority, ``from_others`` those another
    authority collected for this one; both by the other's division code.
    """

    total: Row
    by_item: dict[str, Row]
    by_mode: dict[str, Row]
    for_others: dict[str, Row]
    from_others: dict[str, Row]


@dataclass(frozen=True, slots=True)
class Spread:
    """One day or month of the period, with what came and what was recorded in it."""

    label: str
    received: int
    recorded: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why cases were sent away, as it was told, and how many."""

    act: str
    words: str
    count: int


def counts(session: Session, scope: Scope) -> Counts:
    """Every number of the period. With a clerk, only what that clerk did."""
    found = Counts(Counter(), {}, {}, {}, {})
    group = (Case.item_code, Case.mode, Case.home_authority, Case.collecting_authority)
    if not scope.clerk:
        came = (
            select(*group, func.count())
            .where(*scope.within(Case.received_at), *scope.cases())
            .group_by(*group)
            .limit(MAX_GROUPS)
        )
        for item, mode, home, collecting, number in session.execute(came):
            _add(found, scope, Measure.RECEIVED, (item, mode, home, collecting), number)
    done = (
        select(*group, CaseStep.action, func.count())
        .join(CaseStep, CaseStep.case_no == Case.case_no)
        .where(*_acts(scope, tuple(_ACTS)), *scope.cases())
        .group_by(*group, CaseStep.action)
        .limit(MAX_GROUPS)
    )
    for item, mode, home, collecting, action, number in session.execute(done):
        _add(found, scope, _ACTS[Action(action)], (item, mode, home, collecting), number)
    return found


def trend(session: Session, scope: Scope) -> list[Spread]:
    """What came and what was recorded, day by day or month by month, empty ones too."""
    came: Counter[str] = Counter()
    recorded: Counter[str] = Counter()
    by_day = (scope.last - scope.first).days < _BY_DAY
    if not scope.clerk:
        day = _day(Case.received_at)
        rows = session.execute(
            select(day, func.count())
            .where(*scope.within(Case.received_at), *scope.cases())
            .group_by(day)
        )
        for number, count in rows:
            came[_label(number, by_day=by_day)] += count
    day = _day(CaseStep.at)
    wanted = tuple(act for act, measure in _ACTS.items() if measure is Measure.RECORDED)
    rows = session.execute(
        select(day, func.count())
        .join(Case, Case.case_no == CaseStep.case_no)
        .where(*_acts(scope, wanted), *scope.cases())
        .group_by(day)
    )
    for number, count in rows:
        recorded[_label(number, by_day=by_day)] += count
    first = (scope.first - _EPOCH).days
    days = range(first, (scope.last - _EPOCH).days + 1)
    labels = dict.fromkeys(_label(number, by_day=by_day) for number in days)
    return [Spread(label, came[label], recorded[label]) for label in labels]


def reasons(session: Session, scope: Scope) -> list[Reason]:
    """Why cases were sent away, the most frequent first; at most :data:`MAX_REASONS`."""
    number = func.count()
    rows = session.execute(
        select(CaseStep.action, CaseStep.note, number)
        .join(Case, Case.case_no == CaseStep.case_no)
        .where(*_acts(scope, _REFUSALS), *scope.cases())
        .group_by(CaseStep.action, CaseStep.note)
        .order_by(number.desc(), CaseStep.action, CaseStep.note)
        .limit(MAX_REASONS)
    )
    return [Reason(Action(action).label, note, count) for action, note, count in rows]


def _acts(scope: Scope, actions: Sequence[Action]) -> list[ColumnElement[bool]]:
    conditions = [
        *scope.within(CaseStep.at),
        CaseStep.action.in_([action.value for action in actions]),
        CaseStep.target.is_not(None),
    ]
    if scope.clerk:
        conditions.append(CaseStep.actor == scope.clerk)
    return conditions


def _add(
    found: Counts, scope: Scope, measure: Measure, key: tuple[str, str, str, str], number: int
) -> None:
    item, mode, home, collecting = key
    rows = [
        found.total,
        found.by_item.setdefault(item, Counter()),
        found.by_mode.setdefault(mode, Counter()),
    ]
    if home != scope.authority:
        rows.append(found.for_others.setdefault(home, Counter()))
    elif collecting != scope.authority:
        rows.append(found.from_others.setdefault(collecting, Counter()))
    for row in rows:
        row[measure] += number


def _day(instant: InstrumentedAttribute[int]) -> ColumnElement[int]:
    """The number of the day in Beijing since 1970; whole numbers divide wholly everywhere."""
    return (instant + _BEIJING_MICROS) // _DAY_MICROS


def _label(number: int, *, by_day: bool) -> str:
    day = _EPOCH + timedelta(days=int(number))
    return day.isoformat() if by_day else f"{day:%Y-%m}"
