"""What ends by law when its day has passed, without anybody recording it; pure.

The terms, each with its basis in :data:`TERMS`:

1. a seizure ends with the last day of its term unless it was renewed before; the next in the queue
   takes effect on the day after, and its own term begins then;
2. seizures rank by the arrival of the court's document; the first is in effect, the others queue;
3. an objection lapses when no suit was brought within 15 days of its recording;
4. an advance notice lapses 90 days after the registration it secures became possible.

Days are days in Beijing. Reading settles a unit at its own day, so nothing depends on a clerk or a
job that ends lapsed things in time; recording writes the settled state with the entry.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import RightState, SeizureState, UnitState, since
from kernel.clock import BEIJING, from_micros

MAX_SEIZURE_MONTHS: Final = 36
OBJECTION_DAYS: Final = 15
NOTICE_DAYS: Final = 90
SUIT: Final = "suit_no"
"""The fact of an objection that names the suit brought; with it the objection stays."""
REGISTRABLE_ON: Final = "registrable_on"
"""The fact of an advance notice: the day from which the registration it secures is possible."""
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the law and what it rests on; days or months as ``unit`` says."""

    what: str
    length: int
    unit: str
    basis: str


TERMS: Final = (
    Term(
        "查封（预查封）期限及每次续封期限，最长",
        MAX_SEIZURE_MONTHS,
        "个月",
        "《最高人民法院关于适用〈民事诉讼法〉的解释》第四百八十五条 [K]",
    ),
    Term(
        "异议登记后申请人未起诉即失效",
        OBJECTION_DAYS,
        "日",
        "《民法典》第二百二十条第二款 [K]",
    ),
    Term(
        "能够进行不动产登记之日起未申请登记，预告登记失效",
        NOTICE_DAYS,
        "日",
        "《民法典》第二百二十一条第二款 [K]",
    ),
)
"""Terms as data; a correction is an edit here."""


def day_of(micros: int) -> date:
    """The day in Beijing of an instant in microseconds UTC."""
    return from_micros(micros).astimezone(BEIJING).date()


def term_end(first: date, months: int) -> date:
    """The last day of a term of ``months`` that begins on ``first``: 2026-01-05 to 2029-01-04."""
    count = first.year * _MONTHS + first.month - 1 + months
    year, month = divmod(count, _MONTHS)
    last = monthrange(year, month + 1)[1]
    if first.day > last:
        return date(year, month + 1, last)
    return date(year, month + 1, first.day) - timedelta(days=1)


def last_day(right: RightState) -> date | None:
    """The last day on which ``right`` stands by itself; nothing when it does not lapse."""
    if right.kind is RightKind.OBJECTION and not right.facts.get(SUIT) and since(right):
        return day_of(since(right)) + timedelta(days=OBJECTION_DAYS)
    if right.kind is RightKind.ADVANCE_NOTICE and right.facts.get(REGISTRABLE_ON):
        return date.fromisoformat(right.facts[REGISTRABLE_ON]) + timedelta(days=NOTICE_DAYS)
    return None


def has_lapsed(right: RightState, day: date) -> bool:
    """Whether ``right`` no longer stands on ``day``."""
    last = last_day(right)
    return last is not None and last < day


def settle(state: UnitState, day: date) -> UnitState:
    """``state`` as it stands on ``day``; settling twice changes nothing more."""
    return replace(
        state,
        rights=tuple(right for right in state.rights if not has_lapsed(right, day)),
        seizures=settle_queue(state.seizures, day),
    )


def settle_queue(seizures: Sequence[SeizureState], day: date) -> tuple[SeizureState, ...]:
    """The seizures that stand on ``day`` by rank: the first in effect, the others queued."""
    queue = sorted(seizures, key=rank)
    begins = day
    while queue:
        head = _in_effect(queue[0], begins)
        if not head.term_to or date.fromisoformat(head.term_to) >= day:
            return (head, *(_queued(seizure) for seizure in queue[1:]))
        begins = date.fromisoformat(head.term_to) + timedelta(days=1)
        queue.pop(0)
    return ()


def rank(seizure: SeizureState) -> tuple[int, int, str]:
    """What orders seizures: arrival, then recording."""
    return seizure.arrived_at, seizure.recorded_at, seizure.id


def _in_effect(seizure: SeizureState, begins: date) -> SeizureState:
    if not seizure.kind.is_queued:
        return seizure
    if not seizure.term_months:
        return replace(seizure, kind=seizure.kind.in_effect, term_from=begins.isoformat())
    return replace(
        seizure,
        kind=seizure.kind.in_effect,
        term_from=begins.isoformat(),
        term_to=term_end(begins, seizure.term_months).isoformat(),
    )


def _queued(seizure: SeizureState) -> SeizureState:
    return replace(seizure, kind=seizure.kind.queued, term_from="", term_to="")
