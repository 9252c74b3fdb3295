"""Plans of what a court orders: the queue of seizures after it; pure."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from extranet_zone.cases.ports import CaseView
from extranet_zone.register.lapse import term_end
from extranet_zone.register.plans.made import Maker, New, Plan
from extranet_zone.register.rules.found import Asked
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
from extranet_zone.register.unit_state import SeizureState
from kernel.vocabulary.dictionaries import RightType, SeizureKind
from kernel.vocabulary.effects import Effect


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


SEIZURES: Final[dict[Effect, Maker]] = {
    Effect.SEIZURE: _seizure,
    Effect.SEIZURE_RENEWAL: _seizure_renewal,
    Effect.SEIZURE_RELEASE: _seizure_release,
}
"""The plan of each effect."""
