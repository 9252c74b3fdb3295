"""What mortgages, easements and rights of residence need; pure."""

from collections.abc import Iterator
from typing import Final

from extranet_zone.cases.ports import Obstacle
from extranet_zone.register.rules.found import Asked, Rules, found
from extranet_zone.register.rules.people import all_holders_act, holders_of, meant, needs
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import Holder, RightState
from kernel.vocabulary.dictionaries import MortgageKind
from kernel.vocabulary.normal import is_digits

OTHERS_CONSENT: Final = "other_mortgagee_consent"
"""The fact, value ``1``: the other mortgagees have agreed to the change in writing."""
DWELLING: Final = "住宅"


def mortgage(asked: Asked) -> Iterator[Obstacle]:
    """All holders mortgage; the kind is one of the dictionary."""
    yield from all_holders_act(asked, "mortgagor")
    yield from needs(asked, "抵押权人", "mortgagee")
    yield from _mortgage_kind(asked)


def mortgage_change(asked: Asked) -> Iterator[Obstacle]:
    """One mortgage, its holder and the owners; others agree to what may harm them."""
    meant_ones = mortgages_meant(asked)
    yield from _exactly_one_mortgage(asked, meant_ones)
    yield from all_holders_act(asked, "mortgagor")
    yield from _mortgage_kind(asked)
    harmful = any(_raises(asked, right) for right in meant_ones)
    if harmful and len(asked.unit.mortgages) > 1 and asked.facts.get(OTHERS_CONSENT) != "1":
        yield found("other_mortgagee_consent")


def mortgage_transfer(asked: Asked) -> Iterator[Obstacle]:
    """One mortgage, its holder, and who takes it."""
    yield from _exactly_one_mortgage(asked, mortgages_meant(asked))
    yield from needs(asked, "受让的抵押权人", "new_mortgagee")


def mortgage_cancellation(asked: Asked) -> Iterator[Obstacle]:
    """A mortgage is cancelled with the consent of the mortgagee it was recorded for."""
    yield from _exactly_one_mortgage(asked, mortgages_meant(asked))


def mortgages_meant(asked: Asked) -> tuple[RightState, ...]:
    """The mortgages that the case can mean; exactly one when the case is clear."""
    return _meant(asked, RightKind.MORTGAGE, "mortgagee")


def easement(asked: Asked) -> Iterator[Obstacle]:
    """The holders of the servient unit, and the holder of the easement."""
    yield from all_holders_act(asked, "obligor")
    yield from needs(asked, "地役权人", "beneficiary")


def residence(asked: Asked) -> Iterator[Obstacle]:
    """A dwelling, all its holders, and who may live there."""
    yield from all_holders_act(asked, "obligor")
    yield from needs(asked, "居住权人", "beneficiary")
    if DWELLING not in asked.unit.use:
        yield found("residence_not_dwelling")


def one_easement(asked: Asked) -> Iterator[Obstacle]:
    """An easement is changed or cancelled by whom it was recorded for."""
    yield from _exactly_one(asked, RightKind.EASEMENT)


def one_residence(asked: Asked) -> Iterator[Obstacle]:
    """A right of residence is cancelled by whom it was recorded for."""
    yield from _exactly_one(asked, RightKind.RESIDENCE)


def of_beneficiary(asked: Asked, kind: RightKind) -> tuple[RightState, ...]:
    """The rights of one kind that a case of their beneficiary can mean."""
    return _meant(asked, kind, "beneficiary")


def _meant(asked: Asked, kind: RightKind, role: str) -> tuple[RightState, ...]:
    people: tuple[Holder, ...] = holders_of(asked.parties, role)
    return meant(asked.unit.of(kind), people, asked.facts.get("certificate_no", ""))


def _exactly_one_mortgage(asked: Asked, meant_ones: tuple[RightState, ...]) -> Iterator[Obstacle]:
    if not asked.unit.mortgages:
        yield found("mortgage_missing")
    elif not meant_ones:
        yield found("mortgagee_mismatch")
    elif len(meant_ones) > 1:
        yield found("mortgage_ambiguous")


def _exactly_one(asked: Asked, kind: RightKind) -> Iterator[Obstacle]:
    meant_ones = of_beneficiary(asked, kind)
    if not meant_ones:
        yield found(f"{kind.value}_missing")
    elif len(meant_ones) > 1:
        yield found(f"{kind.value}_ambiguous")


def _mortgage_kind(asked: Asked) -> Iterator[Obstacle]:
    kind = asked.facts.get("mortgage_kind", "")
    if kind and not MortgageKind.has(kind):
        yield found("mortgage_kind")


def _raises(asked: Asked, right: RightState) -> bool:
    """Whether more is secured, or for longer: that may harm who has another mortgage."""
    amount, former = asked.facts.get("amount_fen", ""), right.facts.get("amount_fen", "")
    if is_digits(amount) and (not is_digits(former) or int(amount) > int(former)):
        return True
    return asked.facts.get("debt_to", "") > right.facts.get("debt_to", "")


CHARGES: Final[dict[str, Rules]] = {
    "mortgage": mortgage,
    "mortgage_change": mortgage_change,
    "mortgage_transfer": mortgage_transfer,
    "mortgage_cancellation": mortgage_cancellation,
    "easement": easement,
    "easement_change": one_easement,
    "easement_cancellation": one_easement,
    "residence": residence,
    "residence_cancellation": one_residence,
}
"""The rules of each effect, by its value."""
