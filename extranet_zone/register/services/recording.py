"""Recording (登簿): the act that takes legal effect, in one transaction with all that follows.

The steps, in this order; the order of locks is the same for every recording, so two of them never
wait for each other in a ring:

1. a unit that is not on the register is opened when the effect may open one;
2. the unit's row is locked by raising its version;
3. a case that was recorded before is refused (``already_recorded``);
4. the rules are asked again, on what is committed now and settled at the day of the recording;
5. log number and certificate number are drawn;
6. the entry is written with the state before and after, and the rows follow it;
7. the act is audited and the entry posted to the intranet and the portal.
"""

from collections.abc import Callable, Sequence
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
from extranet_zone.register.plans import New, Plan, carried_out, plan_of
from extranet_zone.register.rules import OPENS_UNIT, Waiting, blank_unit
from extranet_zone.register.services.inquiry import facts_of_state, inquire, queue_of
from extranet_zone.register.services.numbers import next_log_no, next_serial
from extranet_zone.register.services.posting import post_entry
from extranet_zone.register.services.reading import unit_state
from extranet_zone.register.services.writing import write_difference
from extranet_zone.register.unit_state import UnitState, to_json
from kernel import audit
from kernel.clock import BEIJING, Clock, SystemClock, from_micros, now_micros
from kernel.db import new_id
from kernel.errors import ConflictError, InvalidValueError, RefusedError
from kernel.vocabulary.certificate import CertificateNo
from kernel.vocabulary.effects import Effect
from kernel.vocabulary.unit import UnitNo

SEIZURE: Final = "seizure"
"""What an entry is about when no right is recorded."""

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
        state = unit_state(session, case.unit_no)
        return self._obstacles(session, case, state, now_micros(self._clock))

    def record_case(self, session: Session, case: CaseView, actor: Actor, now: int) -> Recorded:
        """Record the case in the caller's transaction.

        Raises :class:`ConflictError` (``already_recorded``), :class:`RefusedError`
        (``register_obstacle``, whose detail names the obstacle) and what :meth:`UnitNo.parse`
        raises for a unit that would be opened.
        """
        opened = case.effect in OPENS_UNIT and _open_unit(session, case.unit_no, now)
        _lock_unit(session, case.unit_no)
        _require_unrecorded(session, case.case_no)
        stored = unit_state(session, case.unit_no)
        self._require_clear(session, case, None if opened else stored, now)
        stored = stored or blank_unit(case.unit_no)
        day = day_of(now)
        before = settle(stored, day)
        plan = plan_of(before, case, New(new_id(), now))
        log_no = next_log_no(session)
        certificate_no = self._draw_number(session, plan, now)
        plan = plan.numbered(certificate_no)
        after = carried_out(before, plan, day)
        entry = RegisterEntry(
            id=new_id(),
            log_no=log_no,
            case_no=case.case_no,
            unit_no=case.unit_no,
            effect=case.effect,
            about=plan.about.value if plan.about else SEIZURE,
            registration_type=case.registration_type,
            right_type=plan.right_type,
            certificate_no=certificate_no,
            before=to_json(stored),
            after=to_json(after),
            recorder=actor.login,
            recorder_name=actor.display_name,
            recorded_at=now,
            day=day.isoformat(),
        )
        session.add(entry)
        session.flush()
        write_difference(session, entry, stored, after)
        _audit(session, entry, actor)
        post_entry(session, entry, case, plan, stored, after)
        return Recorded(entry.id, log_no, certificate_no)

    def _obstacles(
        self, session: Session, case: CaseView, state: UnitState | None, now: int
    ) -> Sequence[Obstacle]:
        return rules.obstacles(
            state,
            case.effect,
            case.parties,
            case.facts,
            day_of(now),
            right_type=case.right_type,
            waiting=self._waiting(session, case),
        )

    def _waiting(self, session: Session, case: CaseView) -> Waiting:
        if self._earlier_case(session, case.unit_no, case.case_no):
            return Waiting.EARLIER
        if self._other_case(session, case.unit_no, case.case_no):
            return Waiting.SOMEBODY
        return Waiting.NOBODY

    def _require_clear(
        self, session: Session, case: CaseView, state: UnitState | None, now: int
    ) -> None:
        for obstacle in self._obstacles(session, case, state, now):
            if obstacle.blocking:
                raise RefusedError(
                    "register_obstacle", f"登记簿限制：{obstacle.message}", obstacle=obstacle.code
                )

    def _draw_number(self, session: Session, plan: Plan, now: int) -> str:
        kind = plan.certificate_kind
        if kind is None:
            return ""
        year = from_micros(now).astimezone(BEIJING).year
        serial = next_serial(session, self._authority, year, kind)
        return str(CertificateNo(self._province, year, self._authority, kind, serial))


def _open_unit(session: Session, unit_no: str, now: int) -> bool:
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


def _audit(session: Session, entry: RegisterEntry, actor: Actor) -> None:
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act="register.record",
            object_kind="unit",
            object_id=entry.unit_no,
            case_no=entry.case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail={
                "log_no": entry.log_no,
                "entry": entry.id,
                "effect": entry.effect.value,
                "certificate_no": entry.certificate_no,
            },
        ),
    )
