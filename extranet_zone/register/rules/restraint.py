"""What seizures, objections and advance notices mean for what else is done to a unit; pure."""

from collections.abc import Iterator
from typing import Final

from extranet_zone.cases.ports import Obstacle
from extranet_zone.register.rules.found import Asked, found
from extranet_zone.register.states import RightKind
from kernel.vocabulary.dictionaries import SeizureKind
from kernel.vocabulary.effects import Effect
from kernel.vocabulary.normal import compact

DISPOSALS: Final = frozenset(
    {
        Effect.TRANSFER,
        Effect.MORTGAGE,
        Effect.MORTGAGE_CHANGE,
        Effect.EASEMENT,
        Effect.RESIDENCE,
        Effect.ADVANCE_NOTICE,
        Effect.RIGHT_CANCELLATION,
        Effect.UNIT_DIVISION,
    }
)
"""What disposes of the unit, so that a seizure or a notice stands against it."""
BY_COURT: Final = frozenset({Effect.SEIZURE, Effect.SEIZURE_RENEWAL, Effect.SEIZURE_RELEASE})
"""What a court orders: nothing that waits or is in dispute holds it up."""
RISK_KNOWN: Final = "objection_risk_known"
"""The fact, value ``1``: the applicants know of the objection and bear its risk, in writing."""
_TAKING_PART: Final = frozenset({"transferee", "mortgagee", "heir", "beneficiary"})
_NOTICES_STAY: Final = frozenset({Effect.MORTGAGE_CHANGE, Effect.UNIT_DIVISION})


def restraints(asked: Asked, effect: Effect) -> Iterator[Obstacle]:
    """What restrains ``effect`` whatever else it needs."""
    if asked.unit.successors:
        yield found("unit_closed")
    if effect in BY_COURT:
        return
    yield from _seized(asked, effect)
    if effect not in DISPOSALS:
        return
    objections = len(asked.unit.of(RightKind.OBJECTION))
    if objections and asked.facts.get(RISK_KNOWN) == "1":
        yield found("objection_on_record", count=objections)
    elif objections:
        yield found("objection_risk_not_accepted", count=objections)
    if effect not in _NOTICES_STAY and _strangers_have_notice(asked):
        yield found("advance_notice")


def _seized(asked: Asked, effect: Effect) -> Iterator[Obstacle]:
    count = len(asked.unit.seizures)
    if not count:
        return
    if effect in DISPOSALS and not _goes_to_the_debtor(asked, effect):
        yield found("unit_seized", count=count)
    else:
        yield found("seizure_on_record", count=count)


def _goes_to_the_debtor(asked: Asked, effect: Effect) -> bool:
    """A unit seized before it was registered may be registered for the debtor it was seized for.

    The preliminary seizure then goes on as a seizure (预查封转为查封).
    """
    if effect is not Effect.TRANSFER:
        return False
    head = asked.unit.seizures[0]
    acquirers = {compact(party.name) for party in asked.parties if party.role == "transferee"}
    return head.kind is SeizureKind.PRELIMINARY and acquirers == {compact(head.debtor)}


def _strangers_have_notice(asked: Asked) -> bool:
    present = {compact(party.name) for party in asked.parties if party.role in _TAKING_PART}
    return any(
        compact(holder.name) not in present
        for notice in asked.unit.of(RightKind.ADVANCE_NOTICE)
        for holder in notice.holders
    )
