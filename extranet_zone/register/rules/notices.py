"""What advance notices and objections need; pure."""

from collections.abc import Iterator
from typing import Final

from extranet_zone.cases.ports import Obstacle
from extranet_zone.register.lapse import REGISTRABLE_ON, SUIT
from extranet_zone.register.rules.charges import of_beneficiary
from extranet_zone.register.rules.found import Asked, Rules, found
from extranet_zone.register.rules.ownership import is_day, opened_unit
from extranet_zone.register.rules.people import all_holders_act, holders_of, meant, needs
from extranet_zone.register.rules.restraint import NOTICE_KIND
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import RightState
from kernel.vocabulary.dictionaries import AdvanceNoticeKind

_PRESALE: Final = frozenset(
    {AdvanceNoticeKind.PRESALE_PURCHASE, AdvanceNoticeKind.PRESALE_MORTGAGE}
)


def advance_notice(asked: Asked) -> Iterator[Obstacle]:
    """Its kind, its parties, the unit; of one kind there is one notice on a unit."""
    kind = asked.facts.get(NOTICE_KIND, "")
    if not AdvanceNoticeKind.has(kind):
        yield found("notice_kind")
        return
    if any(
        right.facts.get(NOTICE_KIND, kind) == kind
        for right in asked.unit.of(RightKind.ADVANCE_NOTICE)
    ):
        yield found("notice_repeated")
    yield from needs(asked, "预告登记权利人", "beneficiary")
    yield from _registrable_on(asked)
    if asked.unit.ownership is None and AdvanceNoticeKind(kind) in _PRESALE:
        # A unit that is not built has nobody on the register yet; the seller takes part.
        yield from needs(asked, "预告登记义务人", "obligor")
        yield from opened_unit(asked)
    else:
        yield from all_holders_act(asked, "obligor")


def one_notice(asked: Asked) -> Iterator[Obstacle]:
    """A notice is changed or cancelled by its beneficiary."""
    yield from _registrable_on(asked)
    meant_ones = of_beneficiary(asked, RightKind.ADVANCE_NOTICE)
    if not meant_ones:
        yield found("notice_missing")
    elif len(meant_ones) > 1:
        yield found("notice_ambiguous")


def notice_transfer(asked: Asked) -> Iterator[Obstacle]:
    """A notice goes with the claim it secures, from its beneficiary to who takes the claim."""
    yield from one_notice(asked)
    yield from needs(asked, "受让方", "transferee")


def objection(asked: Asked) -> Iterator[Obstacle]:
    """Somebody else than the holder objects, once; or brings the proof of the suit for it."""
    yield from needs(asked, "异议申请人", "objector")
    objectors = holders_of(asked.parties, "objector")
    ownership = asked.unit.ownership
    if ownership is None:
        yield found("ownership_missing")
    elif {holder.key for holder in ownership.holders} & {holder.key for holder in objectors}:
        yield found("objector_is_holder")
    if objections_of(asked) and not asked.facts.get(SUIT):
        yield found("objection_repeated")


def objection_cancellation(asked: Asked) -> Iterator[Obstacle]:
    """An objection is withdrawn by who made it."""
    if not objections_of(asked):
        yield found("objection_missing")


def objections_of(asked: Asked) -> tuple[RightState, ...]:
    """The objections of who objects in the case."""
    objectors = holders_of(asked.parties, "objector")
    return meant(asked.unit.of(RightKind.OBJECTION), objectors, "")[:1]


def _registrable_on(asked: Asked) -> Iterator[Obstacle]:
    day = asked.facts.get(REGISTRABLE_ON, "")
    if day and not is_day(day):
        yield found("registrable_on_invalid")


NOTICES: Final[dict[str, Rules]] = {
    "advance_notice": advance_notice,
    "advance_notice_change": one_notice,
    "advance_notice_transfer": notice_transfer,
    "advance_notice_cancellation": one_notice,
    "objection": objection,
    "objection_cancellation": objection_cancellation,
}
"""The rules of each effect, by its value."""
