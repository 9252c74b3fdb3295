"""Recording (登簿): the act that takes legal effect, in one transaction with all that follows.

The steps, in this order; the order of locks is the same for every recording, so two of them never
wait for each other in a ring:

1. units that are not on the register are opened when the effect may open them;
2. the rows of the units are locked by raising their versions, in the order of their numbers;
3. a case that was recorded before is refused (``already_recorded``);
4. the rules are asked again, on what is committed now and settled at the day of the recording;
5. log number and certificate number are drawn;
6. the entry is written with the state before and after, and the rows follow it; a case that splits
   or merges units has an entry for each unit and right, and the lineage is written with them;
7. the act is audited and every entry posted to the intranet and the portal.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from extranet_zone.cases.ports import (
    Actor,
    CaseView,
    Inquiry,
    Obstacle,
    Recorded,
    RegisterFacts,
    SeizureStanding,
    UnitRecord,
)
from extranet_zone.register import rules
from extranet_zone.register.lapse import day_of, settle
from extranet_zone.register.models import RegisterEntry, Unit
from extranet_zone.register.plans import New, plan_of
from extranet_zone.register.rules import Waiting, blank_unit
from extranet_zone.register.rules.division import named_units
from extranet_zone.register.services.court_inquiry import facts_of_state, inquire, queue_of
from extranet_zone.register.services.division import record_division, units_of
from extranet_zone.register.services.entries import Recording, write_entry
from extranet_zone.register.services.reading import unit_state
from kernel.clock import Clock, SystemClock, now_micros
from kernel.db import new_id
from kernel.errors import ConflictError, InvalidValueError, RefusedError
from kernel.vocabulary.effects import OPENS_UNIT, Effect
from kernel.vocabulary.unit import UnitNo

OtherCase = Callable[[Session, str, str], bool]
"""Whether another case than ``case_no`` (third) is unfinished on ``unit_no`` (second)."""


def no_other_case(_session: Session, _unit_no: str, _case_no: str) -> bool:
    """For programs and tests that have no cases: there is never another one."""
    return False


class RegisterService:
    """The register as case work asks for it (:class:`extranet_zone.cases.ports.Register`)."""

    def __init__(
        self,
        authority: str,
        other_case: OtherCase = no_other_case,
        province: str = "豫",
        *,
        earlier_case: OtherCase = no_other_case,
        clock: Clock | None = None,
    ) -> None:
        """Number certificates in the name of ``authority`` (济源市).

        ``other_case`` and ``earlier_case`` tell of unfinished cases on a unit, the latter of those
        accepted before.
        """
        self._authority: Final = authority
        self._province: Final = province
        self._other_case: Final = other_case
        self._earlier_case: Final = earlier_case
        self._clock: Final = clock or SystemClock()

    @property
    def recordable(self) -> frozenset[Effect]:
        """The effects this register can record; any other meets ``effect_unsupported``."""
        return rules.RECORDABLE

    def facts(self, session: Session, unit_no: str) -> RegisterFacts | None:
        """What stands on the register for ``unit_no`` today; nothing when it is not on it."""
        found = unit_state(session, unit_no)
        if found is None:
            return None
        return facts_of_state(settle(found, day_of(now_micros(self._clock))))

    def queue(self, session: Session, unit_no: str) -> Sequence[SeizureStanding]:
        """The seizures of the unit today, by rank."""
        return queue_of(session, unit_no, day_of(now_micros(self._clock)))

    def inquire(
        self, session: Session, inquiry: Inquiry, actor: Actor, limit: int
    ) -> Sequence[UnitRecord]:
        """At most ``limit`` records, by unit number; each look is audited with its ground."""
        return inquire(session, inquiry, actor, limit, now_micros(self._clock))

    def obstacles(self, session: Session, case: CaseView) -> Sequence[Obstacle]:
        """What stands in the way of the case today, blocking ones first."""
        return self._obstacles(session, case, now_micros(self._clock))

    def record_case(self, session: Session, case: CaseView, actor: Actor, now: int) -> Recorded:
        """Record the case in the caller's transaction.

        Raises :class:`ConflictError` (``already_recorded``), :class:`RefusedError`
        (``register_obstacle``, whose detail names the obstacle) and what :meth:`UnitNo.parse`
        raises for a unit that would be opened.
        """
        doing = Recording(session, case, actor, now, self._authority, self._province)
        numbers, opening = units_of(doing)
        if case.effect in OPENS_UNIT:
            opening |= {case.unit_no}
        opened = {number for number in numbers if number in opening and _open(session, number, now)}
        for number in numbers:
            _lock_unit(session, number)
        _require_unrecorded(session, case.case_no)
        self._require_clear(session, case, opened, now)
        if case.effect is Effect.UNIT_DIVISION:
            return record_division(doing)
        stored = unit_state(session, case.unit_no) or blank_unit(case.unit_no)
        plan = plan_of(settle(stored, day_of(now)), case, New(new_id(), now))
        entry, _ = write_entry(doing, stored, plan)
        return Recorded(entry.id, entry.log_no, entry.certificate_no)

    def _obstacles(
        self, session: Session, case: CaseView, now: int, opened: Collection[str] = ()
    ) -> Sequence[Obstacle]:
        """What the rules say; what the case itself has opened is not on the register for them."""
        numbers = {case.unit_no, *named_units(case.effect, case.facts)}
        states = {
            number: None if number in opened else unit_state(session, number) for number in numbers
        }
        return rules.obstacles(
            states.pop(case.unit_no),
            case.effect,
            case.parties,
            case.facts,
            day_of(now),
            right_type=case.right_type,
            waiting=self._waiting(session, case),
            named=states,
        )

    def _waiting(self, session: Session, case: CaseView) -> Waiting:
        if self._earlier_case(session, case.unit_no, case.case_no):
            return Waiting.EARLIER
        if self._other_case(session, case.unit_no, case.case_no):
            return Waiting.SOMEBODY
        return Waiting.NOBODY

    def _require_clear(
        self, session: Session, case: CaseView, opened: Collection[str], now: int
    ) -> None:
        for obstacle in self._obstacles(session, case, now, opened):
            if obstacle.blocking:
                raise RefusedError(
                    "register_obstacle", f"登记簿限制：{obstacle.message}", obstacle=obstacle.code
                )


def _open(session: Session, unit_no: str, now: int) -> bool:
    """Put a blank unit on the register, which the entry then fills; false when it is there."""
    if session.get(Unit, unit_no) is not None:
        return False
    parsed = UnitNo.parse(unit_no)
    if parsed.text != unit_no:
        raise InvalidValueError("unit_characters", "不动产单元号含有不规范的字符")
    blank = Unit(
        unit_no=unit_no,
        parcel_no=parsed.parcel_no,
        location="",
        use="",
        area="",
        nature="",
        term="",
        loaded_at=now,
        version=0,
    )
    try:
        with session.begin_nested():
            session.add(blank)
    except IntegrityError:
        # Another transaction opened it at the same moment; what stands there is asked next.
        return False
    return True


def _lock_unit(session: Session, unit_no: str) -> None:
    session.execute(
        update(Unit)
        .where(Unit.unit_no == unit_no)
        .values(version=Unit.version + 1)
        .execution_options(synchronize_session=False)
    )


def _require_unrecorded(session: Session, case_no: str) -> None:
    known = session.scalar(select(RegisterEntry.log_no).where(RegisterEntry.case_no == case_no))
    if known is not None:
        raise ConflictError("already_recorded", "该业务已登簿，不能重复登簿", log_no=known)
