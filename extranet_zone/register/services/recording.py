"""Recording (登簿): the act that takes legal effect, in one transaction with all that follows.

The steps, in this order; the order of locks is the same for every recording, so two of them never
wait for each other in a ring:

1. the unit's row is locked by raising its version;
2. a case that was recorded before is refused (``already_recorded``);
3. the rules are asked again, on what is committed now;
4. log number and certificate number are drawn;
5. rights end and begin, the entry is written with the state before and after;
6. the act is audited and the entry posted to the intranet.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from extranet_zone.cases.ports import (
    Actor,
    CaseView,
    Obstacle,
    Recorded,
    RegisterFacts,
    RegisterHolder,
)
from extranet_zone.catalogue.schema import Effect
from extranet_zone.register import rules
from extranet_zone.register.models import (
    RegisterEntry,
    Right,
    RightHolder,
    RightKind,
    RightStatus,
    Unit,
)
from extranet_zone.register.rules import Holder, RightState, UnitState
from extranet_zone.register.services.numbers import next_log_no, next_serial
from extranet_zone.register.services.reading import snapshot, unit_state
from kernel import audit
from kernel.clock import BEIJING, from_micros
from kernel.db import new_id
from kernel.errors import ConflictError, RefusedError, UnavailableError
from kernel.exchange.outbox import post
from kernel.messages import Kind, Party, RegisterRecorded
from kernel.vocabulary.certificate import CertificateKind, CertificateNo
from kernel.vocabulary.zones import Zone

CERTIFICATE_KINDS: Final = {
    Effect.TRANSFER: CertificateKind.TITLE,
    Effect.HOLDER_CHANGE: CertificateKind.TITLE,
    Effect.MORTGAGE: CertificateKind.REGISTRATION,
}
"""Which certificate an effect gives; a cancellation gives none."""
_MAX_FACTS: Final = 48
"""Facts of the case that travel; the contract allows 50, two are the register's own."""

OtherCase = Callable[[Session, str, str], bool]
"""Whether another case than ``case_no`` (third) is unfinished on ``unit_no`` (second)."""


def no_other_case(_session: Session, _unit_no: str, _case_no: str) -> bool:
    """For programs and tests that have no cases: there is never another one."""
    return False


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which rights end, which one begins (with which kind), and whom the entry is about."""

    ends: tuple[RightState, ...]
    begins: RightState | None
    kind: RightKind
    holders: tuple[Holder, ...]
    right_type: str


class RegisterService:
    """The register as case work asks for it (:class:`extranet_zone.cases.ports.Register`)."""

    def __init__(
        self, authority: str, other_case: OtherCase = no_other_case, province: str = "豫"
    ) -> None:
        """Number certificates in the name of ``authority`` (济源市)."""
        self._authority: Final = authority
        self._province: Final = province
        self._other_case: Final = other_case

    @property
    def recordable(self) -> frozenset[Effect]:
        """The effects this register can record; any other meets ``effect_unsupported``."""
        return rules.RECORDABLE

    def facts(self, session: Session, unit_no: str) -> RegisterFacts | None:
        """What stands on the register for ``unit_no``; nothing when it is not on it."""
        state = unit_state(session, unit_no)
        if state is None:
            return None
        ownership = state.ownership
        return RegisterFacts(
            unit_no=state.unit_no,
            location=state.location,
            use=state.use,
            area=state.area,
            certificate_no=ownership.certificate_no if ownership else "",
            holders=tuple(
                RegisterHolder(holder.name, holder.document_type, holder.document_no, holder.share)
                for holder in (ownership.holders if ownership else ())
            ),
            mortgages=len(state.mortgages),
            seizures=state.seizures,
        )

    def obstacles(self, session: Session, case: CaseView) -> Sequence[Obstacle]:
        """What stands in the way of the case, blocking ones first."""
        return self._obstacles(session, case, unit_state(session, case.unit_no))

    def record_case(self, session: Session, case: CaseView, actor: Actor, now: int) -> Recorded:
        """Record the case in the caller's transaction.

        Raises :class:`ConflictError` (``already_recorded``), :class:`RefusedError`
        (``register_obstacle``, whose detail names the obstacle).
        """
        _lock_unit(session, case.unit_no)
        _require_unrecorded(session, case.case_no)
        state = unit_state(session, case.unit_no)
        self._require_clear(session, case, state)
        if state is None:
            raise UnavailableError("register_inconsistent", "登记簿数据不一致")
        log_no = next_log_no(session)
        certificate_no = self._draw_number(session, case.effect, now)
        plan = _plan(state, case, certificate_no)
        entry = RegisterEntry(
            id=new_id(),
            log_no=log_no,
            case_no=case.case_no,
            unit_no=case.unit_no,
            effect=case.effect,
            registration_type=case.registration_type,
            right_type=plan.right_type,
            certificate_no=certificate_no,
            before=snapshot(state),
            after=snapshot(_after(state, plan)),
            recorder=actor.login,
            recorder_name=actor.display_name,
            recorded_at=now,
            day=f"{from_micros(now).astimezone(BEIJING):%Y-%m-%d}",
        )
        session.add(entry)
        session.flush()
        _apply(session, entry, plan)
        _audit(session, entry, actor)
        _post(session, entry, case, plan)
        return Recorded(entry.id, log_no, certificate_no)

    def _obstacles(
        self, session: Session, case: CaseView, state: UnitState | None
    ) -> Sequence[Obstacle]:
        return rules.obstacles(
            state,
            case.effect,
            case.parties,
            case.facts,
            other_case=self._other_case(session, case.unit_no, case.case_no),
        )

    def _require_clear(self, session: Session, case: CaseView, state: UnitState | None) -> None:
        for obstacle in self._obstacles(session, case, state):
            if obstacle.blocking:
                raise RefusedError(
                    "register_obstacle", f"登记簿限制：{obstacle.message}", obstacle=obstacle.code
                )

    def _draw_number(self, session: Session, effect: Effect, now: int) -> str:
        kind = CERTIFICATE_KINDS.get(effect)
        if kind is None:
            return ""
        year = from_micros(now).astimezone(BEIJING).year
        serial = next_serial(session, self._authority, year, kind)
        return str(CertificateNo(self._province, year, self._authority, kind, serial))


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


def _plan(state: UnitState, case: CaseView, certificate_no: str) -> _Plan:
    """What the case does; the rules have said that it may."""
    if case.effect is Effect.MORTGAGE_CANCELLATION:
        ends = rules.mortgages_to_cancel(state, case.parties, case.facts)
        holders = rules.holders_of(case.parties, "mortgagee")
        return _Plan(ends, None, RightKind.MORTGAGE, holders, ends[0].right_type)
    if state.ownership is None:
        raise UnavailableError("register_inconsistent", "登记簿数据不一致")
    former = state.ownership
    facts = {code: value for code, value in case.facts.items() if value}
    if case.effect is Effect.MORTGAGE:
        holders = rules.holders_of(case.parties, "mortgagee")
        sharing, ends, kind = rules.sharing_of(holders, ""), (), RightKind.MORTGAGE
    else:
        facts["former_certificate_no"] = former.certificate_no
        ends, kind = (former,), RightKind.OWNERSHIP
        if case.effect is Effect.HOLDER_CHANGE:
            holders = rules.changed_holders(former, case.parties, case.facts) or ()
            sharing = former.sharing
        else:
            holders = rules.holders_of(case.parties, "transferee")
            sharing = rules.sharing_of(holders, case.facts.get("ownership", ""))
    begins = RightState(new_id(), former.right_type, certificate_no, sharing, holders, facts)
    return _Plan(ends, begins, kind, holders, former.right_type)


def _after(state: UnitState, plan: _Plan) -> UnitState:
    ended = {right.id for right in plan.ends}
    mortgages = tuple(right for right in state.mortgages if right.id not in ended)
    if plan.begins is None:
        return replace(state, mortgages=mortgages)
    if plan.kind is RightKind.MORTGAGE:
        return replace(state, mortgages=(*mortgages, plan.begins))
    return replace(state, ownership=plan.begins, mortgages=mortgages)


def _apply(session: Session, entry: RegisterEntry, plan: _Plan) -> None:
    for ended in plan.ends:
        right = session.get_one(Right, ended.id)
        right.status, right.ended_by = RightStatus.ENDED, entry.id
        right.ended_at = entry.recorded_at
    new = plan.begins
    if new is None:
        return
    session.add(
        Right(
            id=new.id,
            unit_no=entry.unit_no,
            kind=plan.kind,
            right_type=new.right_type,
            certificate_no=new.certificate_no,
            sharing=new.sharing,
            status=RightStatus.CURRENT,
            recorded_at=entry.recorded_at,
            ended_at=None,
            begun_by=entry.id,
            ended_by=None,
            facts=json.dumps(dict(new.facts), ensure_ascii=False, sort_keys=True),
            holders=[
                RightHolder(
                    right_id=new.id,
                    position=position,
                    name=holder.name,
                    kind=holder.kind,
                    document_type=holder.document_type,
                    document_no=holder.document_no,
                    share=holder.share,
                )
                for position, holder in enumerate(new.holders, 1)
            ],
        )
    )


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


def _post(session: Session, entry: RegisterEntry, case: CaseView, plan: _Plan) -> None:
    facts = dict(list(case.facts.items())[:_MAX_FACTS])
    if plan.begins:
        facts["sharing"] = plan.begins.sharing
    if plan.ends:
        facts["former_certificate_no"] = plan.ends[0].certificate_no
    post(
        session,
        origin=Zone.EXTRANET,
        destination=Zone.INTRANET,
        kind=Kind.REGISTER_RECORDED,
        body=RegisterRecorded(
            entry_id=entry.id,
            log_no=entry.log_no,
            case_no=entry.case_no,
            unit_no=entry.unit_no,
            effect=entry.effect.value,
            registration_type=entry.registration_type,
            right_type=entry.right_type,
            certificate_no=entry.certificate_no,
            holders=[
                Party(
                    role="holder" if plan.kind is RightKind.OWNERSHIP else "mortgagee",
                    name=holder.name,
                    kind=holder.kind or "1",
                    document_type=holder.document_type,
                    document_no=holder.document_no,
                    share=holder.share,
                )
                for holder in plan.holders
            ],
            facts=facts,
            recorded_at=entry.recorded_at,
            recorder=entry.recorder_name,
        ),
        case_no=entry.case_no,
        now=entry.recorded_at,
    )
