"""Plans of what is recorded about the ownership of a unit; pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from extranet_zone.cases.ports import CaseView
from extranet_zone.register.lapse import REGISTRABLE_ON
from extranet_zone.register.plans.made import (
    FORMER,
    Maker,
    New,
    Plan,
    begin,
    ownership_of,
    renewed,
)
from extranet_zone.register.plans.notices import fulfilled
from extranet_zone.register.rules.found import Asked
from extranet_zone.register.rules.ownership import replaced, unit_facts
from extranet_zone.register.rules.people import (
    ACQUIRERS,
    SHARE_TRANSFER,
    changed_holders,
    holders_after_transfer,
    holders_of,
    sharing_of,
)
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import Holder, RightState, SeizureState
from kernel.vocabulary.dictionaries import SeizureKind
from kernel.vocabulary.effects import Effect


def _first_registration(asked: Asked, case: CaseView, new: New) -> Plan:
    holders = holders_of(case.parties, "holder")
    sharing = sharing_of(holders, case.facts.get("ownership", ""))
    begins = begin(new, RightKind.OWNERSHIP, case.right_type, holders, case.facts, sharing)
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
    former = ownership_of(asked)
    holders = holders_after_transfer(asked, former)
    of_shares = case.facts.get(SHARE_TRANSFER) == "1"
    stated = former.sharing if of_shares else case.facts.get("ownership", "")
    facts = {**case.facts, FORMER: former.certificate_no}
    begins = begin(
        new, RightKind.OWNERSHIP, former.right_type, holders, facts, sharing_of(holders, stated)
    )
    acquirers = holders_of(case.parties, *ACQUIRERS)
    secured = fulfilled(asked, acquirers, mortgage=False)
    return Plan(
        RightKind.OWNERSHIP,
        former.right_type,
        holders,
        begins=begins,
        ends=(former, *secured),
        seizures=_no_longer_preliminary(asked),
    )


def _holder_change(asked: Asked, case: CaseView, new: New) -> Plan:
    former = ownership_of(asked)
    holders = changed_holders(former, case.parties, case.facts) or former.holders
    return _new_title(former, case, new, holders, {})


def _unit_change(asked: Asked, case: CaseView, new: New) -> Plan:
    former = ownership_of(asked)
    return _new_title(former, case, new, former.holders, unit_facts(case.facts) or {})


def _correction(asked: Asked, case: CaseView, new: New) -> Plan:
    former = ownership_of(asked)
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
    begins = begin(new, RightKind.OWNERSHIP, former.right_type, holders, facts, former.sharing)
    return Plan(
        RightKind.OWNERSHIP,
        former.right_type,
        holders,
        begins=begins,
        ends=(former,),
        unit=unit,
    )


def _right_cancellation(asked: Asked, _case: CaseView, _new: New) -> Plan:
    former = ownership_of(asked)
    return Plan(RightKind.OWNERSHIP, former.right_type, former.holders, ends=(former,))


def _replacement(asked: Asked, case: CaseView, new: New) -> Plan:
    old = replaced(asked.unit, case.facts)
    if old is None:
        raise ValueError("the rules let nobody replace a certificate that is not there")
    reason = {"reason": case.facts.get("reason", "")}
    return Plan(
        old.kind, old.right_type, old.holders, begins=renewed(old, new, reason), ends=(old,)
    )


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


TITLES: Final[dict[Effect, Maker]] = {
    Effect.FIRST_REGISTRATION: _first_registration,
    Effect.TRANSFER: _transfer,
    Effect.HOLDER_CHANGE: _holder_change,
    Effect.UNIT_CHANGE: _unit_change,
    Effect.CORRECTION: _correction,
    Effect.RIGHT_CANCELLATION: _right_cancellation,
    Effect.REPLACEMENT: _replacement,
}
"""The plan of each effect."""
