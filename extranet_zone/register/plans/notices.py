"""Plans of advance notices and objections; pure."""

from dataclasses import replace
from typing import Final

from extranet_zone.cases.ports import CaseView
from extranet_zone.register.lapse import SUIT
from extranet_zone.register.plans.made import Maker, New, Plan, begin, changed, ownership_of
from extranet_zone.register.rules.charges import of_beneficiary
from extranet_zone.register.rules.found import Asked
from extranet_zone.register.rules.notices import objections_of
from extranet_zone.register.rules.ownership import unit_facts
from extranet_zone.register.rules.people import holders_of, keys_of
from extranet_zone.register.rules.restraint import BETWEEN_NAMES, OBLIGORS, secures_mortgage
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import Holder, RightState
from kernel.vocabulary.effects import Effect


def fulfilled(
    asked: Asked, acquirers: tuple[Holder, ...], *, mortgage: bool
) -> tuple[RightState, ...]:
    """The notices that secured just this for just these people: they have done their work."""
    names = {key[0] for key in keys_of(acquirers)}
    return tuple(
        notice
        for notice in asked.unit.of(RightKind.ADVANCE_NOTICE)
        if {key[0] for key in keys_of(notice.holders)} == names
        and secures_mortgage(notice) is mortgage
    )


def _advance_notice(asked: Asked, case: CaseView, new: New) -> Plan:
    ownership = asked.unit.ownership
    right_type = ownership.right_type if ownership else case.right_type
    holders = holders_of(case.parties, "beneficiary")
    facts = {**case.facts, OBLIGORS: _names(holders_of(case.parties, "obligor"))}
    begins = begin(new, RightKind.ADVANCE_NOTICE, right_type, holders, facts)
    unit = {} if ownership else unit_facts(case.facts) or {}
    return Plan(RightKind.ADVANCE_NOTICE, right_type, holders, begins=begins, unit=unit)


def _notice_transfer(asked: Asked, case: CaseView, new: New) -> Plan:
    old = of_beneficiary(asked, RightKind.ADVANCE_NOTICE)[0]
    return changed(old, case, new, holders_of(case.parties, "transferee"))


def _objection(asked: Asked, case: CaseView, new: New) -> Plan:
    right_type = ownership_of(asked).right_type
    holders = holders_of(case.parties, "objector")
    standing = objections_of(asked)
    if standing:
        kept = {**standing[0].facts, SUIT: case.facts[SUIT]}
        amended = replace(standing[0], facts=kept)
        return Plan(RightKind.OBJECTION, right_type, holders, amends=(amended,))
    begins = begin(new, RightKind.OBJECTION, right_type, holders, case.facts)
    return Plan(RightKind.OBJECTION, right_type, holders, begins=begins)


def _objection_cancellation(asked: Asked, _case: CaseView, _new: New) -> Plan:
    ended = objections_of(asked)[0]
    return Plan(RightKind.OBJECTION, ended.right_type, ended.holders, ends=(ended,))


def _notice_change(asked: Asked, case: CaseView, new: New) -> Plan:
    return changed(of_beneficiary(asked, RightKind.ADVANCE_NOTICE)[0], case, new, None)


def _notice_cancellation(asked: Asked, _case: CaseView, _new: New) -> Plan:
    ended = of_beneficiary(asked, RightKind.ADVANCE_NOTICE)[0]
    return Plan(RightKind.ADVANCE_NOTICE, ended.right_type, ended.holders, ends=(ended,))


def _names(holders: tuple[Holder, ...]) -> str:
    return BETWEEN_NAMES.join(holder.name for holder in holders)


NOTICES: Final[dict[Effect, Maker]] = {
    Effect.ADVANCE_NOTICE: _advance_notice,
    Effect.ADVANCE_NOTICE_CHANGE: _notice_change,
    Effect.ADVANCE_NOTICE_TRANSFER: _notice_transfer,
    Effect.ADVANCE_NOTICE_CANCELLATION: _notice_cancellation,
    Effect.OBJECTION: _objection,
    Effect.OBJECTION_CANCELLATION: _objection_cancellation,
}
"""The plan of each effect."""
