"""What recording a case does to its unit; pure, and only asked once the rules have been met.

A plan ends rights, begins at most one, amends others, changes particulars of the unit and the queue
of seizures. :func:`carried_out` answers the unit after it. Invariants, whatever is recorded:

1. a unit has at most one ownership, and shares by which it is held sum to one;
2. what ends was in force, what begins has a number of its own where it gives a certificate;
3. of the seizures the one that arrived first is in effect, the others queue in order of arrival.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from extranet_zone.cases.ports import CaseView
from extranet_zone.register.lapse import REGISTRABLE_ON, SUIT, day_of, settle, term_end
from extranet_zone.register.rules.charges import mortgages_meant, of_beneficiary
from extranet_zone.register.rules.found import Asked
from extranet_zone.register.rules.notices import NOTICE_KIND, objections_of
from extranet_zone.register.rules.ownership import replaced, unit_facts
from extranet_zone.register.rules.people import (
    ACQUIRERS,
    SHARE_TRANSFER,
    changed_holders,
    holders_after_transfer,
    holders_of,
    keys_of,
    sharing_of,
)
from extranet_zone.register.rules.seizures import (
    DEBTOR,
    DOCUMENT,
    PRELIMINARY,
    SERVED_AT,
    TERM,
    court_of,
    months_of,
    seizures_meant,
    served_at,
)
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import (
    SINCE,
    Holder,
    RightState,
    SeizureState,
    UnitState,
    since,
)
from kernel.vocabulary.certificate import CertificateKind
from kernel.vocabulary.dictionaries import AdvanceNoticeKind, RightType, SeizureKind
from kernel.vocabulary.effects import Effect

FORMER: Final = "former_certificate_no"
"""The fact of a right that names the certificate it was recorded under before."""


@dataclass(frozen=True, slots=True)
class New:
    """What a plan is given for what it begins: an id, and the instant in microseconds UTC."""

    id: str
    now: int

    @property
    def day(self) -> date:
        """The day in Beijing."""
        return day_of(self.now)


@dataclass(frozen=True, slots=True)
class Plan:
    """What recording does. ``seizures`` is the queue after it, or nothing where it stays."""

    about: RightKind | None
    """What the entry is about; nothing for a seizure."""
    right_type: str
    holders: tuple[Holder, ...] = ()
    """Whom the entry names; the mirror gets them."""
    begins: RightState | None = None
    ends: tuple[RightState, ...] = ()
    amends: tuple[RightState, ...] = ()
    unit: Mapping[str, str] = field(default_factory=dict)
    seizures: tuple[SeizureState, ...] | None = None

    @property
    def certificate_kind(self) -> CertificateKind | None:
        """Which certificate what begins gives; nothing when nothing begins."""
        if self.begins is None:
            return None
        is_title = self.begins.kind is RightKind.OWNERSHIP
        return CertificateKind.TITLE if is_title else CertificateKind.REGISTRATION

    def numbered(self, certificate_no: str) -> "Plan":
        """The plan with the number drawn for it."""
        if self.begins is None:
            return self
        return replace(self, begins=replace(self.begins, certificate_no=certificate_no))


def plan_of(state: UnitState, case: CaseView, new: New) -> Plan:
    """What recording ``case`` does to ``state``, which is settled at the day of ``new``."""
    asked = Asked(state, case.parties, case.facts, case.right_type, new.day)
    return _PLANS[case.effect](asked, case, new)


def carried_out(state: UnitState, plan: Plan, day: date) -> UnitState:
    """The unit after ``plan``, settled at ``day``."""
    gone = {right.id for right in plan.ends}
    amended = {right.id: right for right in plan.amends}
    rights = [amended.get(right.id, right) for right in state.rights if right.id not in gone]
    if plan.begins is not None:
        rights.append(plan.begins)
    # By the clock, not by the order of recording: reading puts them in this order too, and of two
    # who record at once the one with the later clock may come first.
    rights.sort(key=lambda right: (right.recorded_at, right.id))
    seizures = state.seizures if plan.seizures is None else plan.seizures
    return settle(replace(state, rights=tuple(rights), seizures=seizures, **plan.unit), day)


def _begin(
    new: New,
    kind: RightKind,
    right_type: str,
    holders: tuple[Holder, ...],
    facts: Mapping[str, str],
    sharing: str = "",
) -> RightState:
    kept = {code: value for code, value in facts.items() if value}
    return RightState(
        new.id, kind, right_type, "", sharing or sharing_of(holders, ""), holders, kept, new.now
    )


def _renew(
    old: RightState,
    new: New,
    facts: Mapping[str, str],
    holders: tuple[Holder, ...] | None = None,
) -> RightState:
    """``old`` under a new certificate: what the case does not say stays."""
    said = {code: value for code, value in facts.items() if value and code != "certificate_no"}
    kept = {**old.facts, **said, FORMER: old.certificate_no, SINCE: str(since(old))}
    if holders is None:
        return replace(old, id=new.id, facts=kept, recorded_at=new.now)
    return replace(
        old,
        id=new.id,
        facts=kept,
        recorded_at=new.now,
        holders=holders,
        sharing=sharing_of(holders, ""),
    )


def _ownership(asked: Asked) -> RightState:
    if asked.unit.ownership is None:
        raise ValueError("the rules let nobody act on an ownership that is not there")
    return asked.unit.ownership


def _first_registration(asked: Asked, case: CaseView, new: New) -> Plan:
    holders = holders_of(case.parties, "holder")
    sharing = sharing_of(holders, case.facts.get("ownership", ""))
    begins = _begin(new, RightKind.OWNERSHIP, case.right_type, holders, case.facts, sharing)
    # From today the registration that a notice on the unit secures is possible.
    today = new.day.isoformat()
    amends = tuple(
        replace(notice, facts={**notice.facts, REGISTRABLE_ON: today})
        for notice in asked.unit.of(RightKind.ADVANCE_NOTICE)
        if not notice.facts.get(REGISTRABLE_ON)
    )
    unit = unit_facts(case.facts) or {}
    return Plan(
        RightKind.OWNERSHIP, case.right_type, holders, begins=begins, amends=amends, unit=unit
    )


def _transfer(asked: Asked, case: CaseView, new: New) -> Plan:
    former = _ownership(asked)
    holders = holders_after_transfer(asked, former)
    of_shares = case.facts.get(SHARE_TRANSFER) == "1"
    stated = former.sharing if of_shares else case.facts.get("ownership", "")
    facts = {**case.facts, FORMER: former.certificate_no}
    begins = _begin(
        new, RightKind.OWNERSHIP, former.right_type, holders, facts, sharing_of(holders, stated)
    )
    acquirers = holders_of(case.parties, *ACQUIRERS)
    fulfilled = _fulfilled(asked, acquirers, mortgage=False)
    return Plan(
        RightKind.OWNERSHIP,
        former.right_type,
        holders,
        begins=begins,
        ends=(former, *fulfilled),
        seizures=_no_longer_preliminary(asked),
    )


def _holder_change(asked: Asked, case: CaseView, new: New) -> Plan:
    former = _ownership(asked)
    holders = changed_holders(former, case.parties, case.facts) or former.holders
    return _new_title(former, case, new, holders, {})


def _unit_change(asked: Asked, case: CaseView, new: New) -> Plan:
    former = _ownership(asked)
    return _new_title(former, case, new, former.holders, unit_facts(case.facts) or {})


def _correction(asked: Asked, case: CaseView, new: New) -> Plan:
    former = _ownership(asked)
    holders = changed_holders(former, case.parties, case.facts) or former.holders
    return _new_title(former, case, new, holders, unit_facts(case.facts) or {})


def _new_title(
    former: RightState,
    case: CaseView,
    new: New,
    holders: tuple[Holder, ...],
    unit: Mapping[str, str],
) -> Plan:
    facts = {**case.facts, FORMER: former.certificate_no}
    begins = _begin(new, RightKind.OWNERSHIP, former.right_type, holders, facts, former.sharing)
    return Plan(
        RightKind.OWNERSHIP,
        former.right_type,
        holders,
        begins=begins,
        ends=(former,),
        unit=unit,
    )


def _right_cancellation(asked: Asked, _case: CaseView, _new: New) -> Plan:
    former = _ownership(asked)
    return Plan(RightKind.OWNERSHIP, former.right_type, former.holders, ends=(former,))


def _replacement(asked: Asked, case: CaseView, new: New) -> Plan:
    old = replaced(asked.unit, case.facts)
    if old is None:
        raise ValueError("the rules let nobody replace a certificate that is not there")
    reason = {"reason": case.facts.get("reason", "")}
    return Plan(old.kind, old.right_type, old.holders, begins=_renew(old, new, reason), ends=(old,))


def _mortgage(asked: Asked, case: CaseView, new: New) -> Plan:
    right_type = _ownership(asked).right_type
    holders = holders_of(case.parties, "mortgagee")
    begins = _begin(new, RightKind.MORTGAGE, right_type, holders, case.facts)
    fulfilled = _fulfilled(asked, holders, mortgage=True)
    return Plan(RightKind.MORTGAGE, right_type, holders, begins=begins, ends=fulfilled)


def _mortgage_change(asked: Asked, case: CaseView, new: New) -> Plan:
    return _changed(mortgages_meant(asked)[0], case, new, None)


def _mortgage_transfer(asked: Asked, case: CaseView, new: New) -> Plan:
    return _changed(mortgages_meant(asked)[0], case, new, holders_of(case.parties, "new_mortgagee"))


def _mortgage_cancellation(asked: Asked, case: CaseView, _new: New) -> Plan:
    ended = mortgages_meant(asked)[0]
    holders = holders_of(case.parties, "mortgagee")
    return Plan(RightKind.MORTGAGE, ended.right_type, holders, ends=(ended,))


def _changed(old: RightState, case: CaseView, new: New, holders: tuple[Holder, ...] | None) -> Plan:
    begins = _renew(old, new, case.facts, holders)
    return Plan(old.kind, old.right_type, begins.holders, begins=begins, ends=(old,))


def _charge(kind: RightKind, right_type: str) -> "Maker":
    def make(_asked: Asked, case: CaseView, new: New) -> Plan:
        holders = holders_of(case.parties, "beneficiary")
        begins = _begin(new, kind, right_type, holders, case.facts)
        return Plan(kind, right_type, holders, begins=begins)

    return make


def _change_of(kind: RightKind) -> "Maker":
    def make(asked: Asked, case: CaseView, new: New) -> Plan:
        return _changed(of_beneficiary(asked, kind)[0], case, new, None)

    return make


def _end_of(kind: RightKind) -> "Maker":
    def make(asked: Asked, _case: CaseView, _new: New) -> Plan:
        ended = of_beneficiary(asked, kind)[0]
        return Plan(kind, ended.right_type, ended.holders, ends=(ended,))

    return make


def _advance_notice(asked: Asked, case: CaseView, new: New) -> Plan:
    ownership = asked.unit.ownership
    right_type = ownership.right_type if ownership else case.right_type
    holders = holders_of(case.parties, "beneficiary")
    facts = {**case.facts, "obligors": _names(holders_of(case.parties, "obligor"))}
    begins = _begin(new, RightKind.ADVANCE_NOTICE, right_type, holders, facts)
    unit = {} if ownership else unit_facts(case.facts) or {}
    return Plan(RightKind.ADVANCE_NOTICE, right_type, holders, begins=begins, unit=unit)


def _notice_transfer(asked: Asked, case: CaseView, new: New) -> Plan:
    old = of_beneficiary(asked, RightKind.ADVANCE_NOTICE)[0]
    return _changed(old, case, new, holders_of(case.parties, "transferee"))


def _objection(asked: Asked, case: CaseView, new: New) -> Plan:
    right_type = _ownership(asked).right_type
    holders = holders_of(case.parties, "objector")
    standing = objections_of(asked)
    if standing:
        kept = {**standing[0].facts, SUIT: case.facts[SUIT]}
        amended = replace(standing[0], facts=kept)
        return Plan(RightKind.OBJECTION, right_type, holders, amends=(amended,))
    begins = _begin(new, RightKind.OBJECTION, right_type, holders, case.facts)
    return Plan(RightKind.OBJECTION, right_type, holders, begins=begins)


def _objection_cancellation(asked: Asked, _case: CaseView, _new: New) -> Plan:
    ended = objections_of(asked)[0]
    return Plan(RightKind.OBJECTION, ended.right_type, ended.holders, ends=(ended,))


def _seizure(asked: Asked, case: CaseView, new: New) -> Plan:
    is_preliminary = case.facts.get(PRELIMINARY) == "1"
    # It joins the queue; settling puts it into effect when nothing stands before it.
    seizure = SeizureState(
        id=new.id,
        kind=SeizureKind.QUEUED_PRELIMINARY if is_preliminary else SeizureKind.QUEUED,
        court=court_of(asked),
        document_no=case.facts[DOCUMENT].strip(),
        court_case_no=case.facts.get("court_case_no", ""),
        debtor=case.facts.get(DEBTOR, ""),
        arrived_at=served_at(case.facts.get(SERVED_AT, "")) or new.now,
        term_months=months_of(case.facts[TERM]),
        term_from="",
        term_to="",
        recorded_at=new.now,
    )
    return _of_court(asked, (*asked.unit.seizures, seizure))


def _seizure_renewal(asked: Asked, case: CaseView, _new: New) -> Plan:
    old = seizures_meant(asked)[0]
    months = months_of(case.facts[TERM])
    # The new term follows the old one without a gap; stock without a term begins one today.
    last = date.fromisoformat(old.term_to) if old.term_to else asked.day - timedelta(days=1)
    renewed = replace(old, term_to=term_end(last + timedelta(days=1), months).isoformat())
    queue = tuple(renewed if other is old else other for other in asked.unit.seizures)
    return _of_court(asked, queue)


def _seizure_release(asked: Asked, _case: CaseView, _new: New) -> Plan:
    released = seizures_meant(asked)[0]
    queue = tuple(other for other in asked.unit.seizures if other is not released)
    return _of_court(asked, queue)


def _of_court(asked: Asked, queue: tuple[SeizureState, ...]) -> Plan:
    ownership = asked.unit.ownership
    right_type = ownership.right_type if ownership else RightType.OTHER.code
    return Plan(None, right_type, seizures=queue)


def _no_longer_preliminary(asked: Asked) -> tuple[SeizureState, ...] | None:
    """Registered for the debtor, a unit seized before goes on as a seized one (预查封转为查封)."""
    if not asked.unit.seizures:
        return None
    full = {
        SeizureKind.PRELIMINARY: SeizureKind.SEIZURE,
        SeizureKind.QUEUED_PRELIMINARY: SeizureKind.QUEUED,
    }
    return tuple(
        replace(seizure, kind=full.get(seizure.kind, seizure.kind))
        for seizure in asked.unit.seizures
    )


def _fulfilled(
    asked: Asked, acquirers: tuple[Holder, ...], *, mortgage: bool
) -> tuple[RightState, ...]:
    """The notices that secured just this for just these people: they have done their work."""
    names = {key[0] for key in keys_of(acquirers)}
    return tuple(
        notice
        for notice in asked.unit.of(RightKind.ADVANCE_NOTICE)
        if {key[0] for key in keys_of(notice.holders)} == names
        and _secures_mortgage(notice) is mortgage
    )


def _secures_mortgage(notice: RightState) -> bool:
    kind = notice.facts.get(NOTICE_KIND, "")
    return AdvanceNoticeKind.has(kind) and AdvanceNoticeKind(kind).is_mortgage


def _names(holders: tuple[Holder, ...]) -> str:
    return "、".join(holder.name for holder in holders)


Maker = Callable[[Asked, CaseView, New], Plan]
_PLANS: Final[dict[Effect, Maker]] = {
    Effect.FIRST_REGISTRATION: _first_registration,
    Effect.TRANSFER: _transfer,
    Effect.HOLDER_CHANGE: _holder_change,
    Effect.UNIT_CHANGE: _unit_change,
    Effect.CORRECTION: _correction,
    Effect.RIGHT_CANCELLATION: _right_cancellation,
    Effect.REPLACEMENT: _replacement,
    Effect.MORTGAGE: _mortgage,
    Effect.MORTGAGE_CHANGE: _mortgage_change,
    Effect.MORTGAGE_TRANSFER: _mortgage_transfer,
    Effect.MORTGAGE_CANCELLATION: _mortgage_cancellation,
    Effect.EASEMENT: _charge(RightKind.EASEMENT, RightType.EASEMENT.code),
    Effect.EASEMENT_CHANGE: _change_of(RightKind.EASEMENT),
    Effect.EASEMENT_CANCELLATION: _end_of(RightKind.EASEMENT),
    Effect.RESIDENCE: _charge(RightKind.RESIDENCE, RightType.OTHER.code),
    Effect.RESIDENCE_CANCELLATION: _end_of(RightKind.RESIDENCE),
    Effect.ADVANCE_NOTICE: _advance_notice,
    Effect.ADVANCE_NOTICE_CHANGE: _change_of(RightKind.ADVANCE_NOTICE),
    Effect.ADVANCE_NOTICE_TRANSFER: _notice_transfer,
    Effect.ADVANCE_NOTICE_CANCELLATION: _end_of(RightKind.ADVANCE_NOTICE),
    Effect.OBJECTION: _objection,
    Effect.OBJECTION_CANCELLATION: _objection_cancellation,
    Effect.SEIZURE: _seizure,
    Effect.SEIZURE_RENEWAL: _seizure_renewal,
    Effect.SEIZURE_RELEASE: _seizure_release,
}
PLANNED: Final = frozenset(_PLANS)
"""The effects there is a plan for; a test holds it equal to what the rules let through."""
