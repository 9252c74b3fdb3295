"""Who must act, and the shares of those who acquire; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from extranet_zone.cases.ports import Obstacle, PartyView
from extranet_zone.register.rules.found import Asked, found
from extranet_zone.register.unit_state import Holder, RightState
from kernel.vocabulary.dictionaries import OwnershipForm
from kernel.vocabulary.normal import compact

ACQUIRERS: Final = ("transferee", "heir")
SHARE_TRANSFER: Final = "share_transfer"
"""The fact, value ``1``: only the transferors' shares are transferred, not the whole."""


def holders_of(parties: Sequence[PartyView], *roles: str) -> tuple[Holder, ...]:
    """The parties in ``roles`` as holders."""
    return tuple(
        Holder(party.name, party.kind, party.document_type, party.document_no, party.share)
        for party in parties
        if party.role in roles
    )


def keys_of(holders: Sequence[Holder]) -> set[tuple[str, str]]:
    """Who they are, however their names were typed."""
    return {holder.key for holder in holders}


def sharing_of(holders: Sequence[Holder], stated: str) -> str:
    """共有方式 of new holders: as stated, otherwise what their number and shares say."""
    if OwnershipForm.has(stated):
        return stated
    if len(holders) == 1:
        return OwnershipForm.SOLE.code
    by_shares = any(holder.share for holder in holders)
    return (OwnershipForm.BY_SHARES if by_shares else OwnershipForm.JOINT).code


def same_people(registered: Sequence[Holder], stated: Sequence[Holder]) -> bool:
    """Whether they are the same, by name, and by document number wherever the stock has one."""
    if len(registered) != len(stated):
        return False
    by_name = {holder.key[0]: holder.key[1] for holder in stated}
    return all(
        name in by_name and (not number or by_name[name] == number)
        for name, number in (holder.key for holder in registered)
    )


def meant(
    rights: Sequence[RightState], stated: Sequence[Holder], certificate_no: str
) -> tuple[RightState, ...]:
    """The rights that a case can mean; exactly one when the case is clear."""
    number = compact(certificate_no)
    return tuple(
        right
        for right in rights
        if same_people(right.holders, stated)
        and (not number or compact(right.certificate_no) == number)
    )


def changed_holders(
    ownership: RightState, parties: Sequence[PartyView], facts: Mapping[str, str]
) -> tuple[Holder, ...] | None:
    """The holders after a change of particulars; nothing when it is not clear whose change it is.

    Parties who are registered just so take part as co-owners; the remaining one replaces the
    holder that the former name or document number names, and keeps that holder's share.
    """
    registered = keys_of(ownership.holders)
    new = [holder for holder in holders_of(parties, "holder") if holder.key not in registered]
    if len(new) != 1:
        return None
    former = [holder for holder in ownership.holders if _is_former(holder, new[0], facts)]
    if len(former) != 1:
        return None
    changed = replace(new[0], share=former[0].share)
    return tuple(changed if holder is former[0] else holder for holder in ownership.holders)


def holders_after_transfer(asked: Asked, ownership: RightState) -> tuple[Holder, ...]:
    """Who has the unit after a transfer of the whole, or of the transferors' shares."""
    acquirers = holders_of(asked.parties, *ACQUIRERS)
    if asked.facts.get(SHARE_TRANSFER) != "1":
        return acquirers
    leaving = keys_of(holders_of(asked.parties, "transferor"))
    staying = [holder for holder in ownership.holders if holder.key not in leaving]
    return (*staying, *acquirers)


def all_holders_act(asked: Asked, role: str) -> Iterator[Obstacle]:
    """Joint owners act together: those in ``role`` are exactly the registered holders."""
    ownership = asked.unit.ownership
    if ownership is None:
        yield found("ownership_missing")
    elif keys_of(holders_of(asked.parties, role)) != keys_of(ownership.holders):
        yield found(f"{role}_not_holder")


def transferors_act(asked: Asked) -> Iterator[Obstacle]:
    """All holders transfer; heirs apply alone; a co-owner by shares may transfer theirs."""
    ownership = asked.unit.ownership
    leaving = holders_of(asked.parties, "transferor")
    if asked.facts.get(SHARE_TRANSFER) == "1" and ownership is not None:
        if ownership.sharing != OwnershipForm.BY_SHARES:
            yield found("not_by_shares")
        elif not leaving or not keys_of(leaving) <= keys_of(ownership.holders):
            yield found("transferor_not_holder")
        else:
            yield from _transferred_shares(asked, ownership, keys_of(leaving))
    elif leaving or not holders_of(asked.parties, "heir"):
        yield from all_holders_act(asked, "transferor")
    elif ownership is None:
        yield found("ownership_missing")


def shares_sum(holders: Sequence[Holder], stated: str) -> Iterator[Obstacle]:
    """Shares are given for all or for none, and sum to one."""
    if stated == OwnershipForm.SOLE and len(holders) > 1:
        yield found("sole_with_several")
    shares = [holder.share for holder in holders if holder.share]
    if not shares and stated != OwnershipForm.BY_SHARES:
        return
    if len(shares) != len(holders):
        yield found("shares_incomplete")
    elif sum(Fraction(share) for share in shares) != 1:
        yield found("shares_sum")


def needs(asked: Asked, part: str, *roles: str) -> Iterator[Obstacle]:
    """Somebody takes part in one of ``roles``."""
    if not holders_of(asked.parties, *roles):
        yield found("party_missing", part=part)


def _transferred_shares(
    asked: Asked, ownership: RightState, leaving: set[tuple[str, str]]
) -> Iterator[Obstacle]:
    acquired = [holder.share for holder in holders_of(asked.parties, *ACQUIRERS)]
    given = sum(Fraction(holder.share) for holder in ownership.holders if holder.key in leaving)
    if not acquired or not all(acquired):
        yield found("shares_incomplete")
    elif sum(Fraction(share) for share in acquired) != given:
        yield found("shares_transferred")


def _is_former(holder: Holder, new: Holder, facts: Mapping[str, str]) -> bool:
    name = compact(facts.get("former_name", ""))
    number = compact(facts.get("former_document_no", "")).upper()
    if name or number:
        return (not name or holder.key[0] == name) and (not number or holder.key[1] == number)
    return holder.key[0] == new.key[0] or (bool(holder.key[1]) and holder.key[1] == new.key[1])
