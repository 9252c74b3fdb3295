"""What seizures, objections and advance notices mean for what else is done to a unit; pure."""

from collections.abc import Iterator
from typing import Final

from extranet_zone.cases.ports import Obstacle
from extranet_zone.register.rules.found import Asked, found
from extranet_zone.register.rules.people import ACQUIRERS
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import RightState
from kernel.vocabulary.dictionaries import AdvanceNoticeKind, SeizureKind
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
NOTICE_KIND: Final = "notice_kind"
"""The fact of an advance notice: 预告登记种类 of TD/T 1066."""
OBLIGORS: Final = "obligors"
"""The fact of an advance notice: the names of whoever gave it."""
BETWEEN_NAMES: Final = "、"
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
    if effect not in _NOTICES_STAY and _strangers_have_notice(asked, effect):
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


def _strangers_have_notice(asked: Asked, effect: Effect) -> bool:
    """Whether somebody has a notice who does not take part, and so has not agreed.

    A mortgage on what is bought on plan is secured by a notice that the buyer gave: it stands
    against everybody but that buyer, who must be registered before it can become a mortgage.
    """
    present = {compact(party.name) for party in asked.parties}
    acquirers = {compact(party.name) for party in asked.parties if party.role in ACQUIRERS}
    return any(
        compact(holder.name) not in present
        for notice in asked.unit.of(RightKind.ADVANCE_NOTICE)
        if not (effect is Effect.TRANSFER and _is_given_by(notice, acquirers))
        for holder in notice.holders
    )


def _is_given_by(notice: RightState, acquirers: set[str]) -> bool:
    """Whether the notice secures a mortgage that just these people will give."""
    givers = {compact(name) for name in notice.facts.get(OBLIGORS, "").split(BETWEEN_NAMES)}
    return secures_mortgage(notice) and givers == acquirers


def secures_mortgage(notice: RightState) -> bool:
    """Whether an advance notice secures a mortgage, not a transfer."""
    kind = notice.facts.get(NOTICE_KIND, "")
    return AdvanceNoticeKind.has(kind) and AdvanceNoticeKind(kind).is_mortgage
