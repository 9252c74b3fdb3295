"""Plans of mortgages, easements and rights of residence; pure."""

from typing import Final

from extranet_zone.cases.ports import CaseView
from extranet_zone.register.plans.made import Maker, New, Plan, begin, changed, ownership_of
from extranet_zone.register.plans.notices import fulfilled
from extranet_zone.register.rules.charges import mortgages_meant, of_beneficiary
from extranet_zone.register.rules.found import Asked
from extranet_zone.register.rules.people import holders_of
from extranet_zone.register.states import RightKind
from kernel.vocabulary.dictionaries import RightType
from kernel.vocabulary.effects import Effect


def _mortgage(asked: Asked, case: CaseView, new: New) -> Plan:
    right_type = ownership_of(asked).right_type
    holders = holders_of(case.parties, "mortgagee")
    begins = begin(new, RightKind.MORTGAGE, right_type, holders, case.facts)
    secured = fulfilled(asked, holders, mortgage=True)
    return Plan(RightKind.MORTGAGE, right_type, holders, begins=begins, ends=secured)


def _mortgage_change(asked: Asked, case: CaseView, new: New) -> Plan:
    return changed(mortgages_meant(asked)[0], case, new, None)


def _mortgage_transfer(asked: Asked, case: CaseView, new: New) -> Plan:
    return changed(mortgages_meant(asked)[0], case, new, holders_of(case.parties, "new_mortgagee"))


def _mortgage_cancellation(asked: Asked, case: CaseView, _new: New) -> Plan:
    ended = mortgages_meant(asked)[0]
    holders = holders_of(case.parties, "mortgagee")
    return Plan(RightKind.MORTGAGE, ended.right_type, holders, ends=(ended,))


def _charge(kind: RightKind, right_type: str) -> Maker:
    def make(_asked: Asked, case: CaseView, new: New) -> Plan:
        holders = holders_of(case.parties, "beneficiary")
        begins = begin(new, kind, right_type, holders, case.facts)
        return Plan(kind, right_type, holders, begins=begins)

    return make


def _change_of(kind: RightKind) -> Maker:
    def make(asked: Asked, case: CaseView, new: New) -> Plan:
        return changed(of_beneficiary(asked, kind)[0], case, new, None)

    return make


def _end_of(kind: RightKind) -> Maker:
    def make(asked: Asked, _case: CaseView, _new: New) -> Plan:
        ended = of_beneficiary(asked, kind)[0]
        return Plan(kind, ended.right_type, ended.holders, ends=(ended,))

    return make


CHARGES: Final[dict[Effect, Maker]] = {
    Effect.MORTGAGE: _mortgage,
    Effect.MORTGAGE_CHANGE: _mortgage_change,
    Effect.MORTGAGE_TRANSFER: _mortgage_transfer,
    Effect.MORTGAGE_CANCELLATION: _mortgage_cancellation,
    Effect.EASEMENT: _charge(RightKind.EASEMENT, RightType.EASEMENT.code),
    Effect.EASEMENT_CHANGE: _change_of(RightKind.EASEMENT),
    Effect.EASEMENT_CANCELLATION: _end_of(RightKind.EASEMENT),
    Effect.RESIDENCE: _charge(RightKind.RESIDENCE, RightType.OTHER.code),
    Effect.RESIDENCE_CANCELLATION: _end_of(RightKind.RESIDENCE),
}
"""The plan of each effect."""
