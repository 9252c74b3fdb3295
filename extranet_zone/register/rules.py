"""What on the register stands in the way of a case; pure.

The rules, each with its basis in :mod:`extranet_zone.register.bases`:

1. nothing is done to a unit that is not on the register, or whose ownership is not on it;
2. a seized unit is not transferred or mortgaged; other acts are only warned of it;
3. an objection warns; an advance notice blocks disposal in which its beneficiary has no part;
4. who disposes are exactly the registered holders, by name and document number;
5. a mortgage is cancelled with the consent of the mortgagee it was recorded for;
6. a mortgaged unit may be transferred, the mortgage stays, unless its entry excludes transfer;
7. shares are given for all or for none, and sum to one;
8. a change of particulars names one registered holder, and leaves the others as they are;
9. another unfinished case on the same unit warns: cases are recorded in the order of acceptance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from extranet_zone.cases.ports import Obstacle, PartyView
from extranet_zone.catalogue.schema import Effect
from extranet_zone.register.bases import BASES
from kernel.vocabulary.dictionaries import OwnershipForm
from kernel.vocabulary.normal import compact

DISPOSALS: Final = frozenset({Effect.TRANSFER, Effect.MORTGAGE})
EXCLUDES_TRANSFER: Final = "transfer_excluded"
"""The fact of a mortgage that says the parties excluded transfer; its value is ``1``."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A holder of a right with everything the register has of them."""

    name: str
    kind: str
    document_type: str
    document_no: str
    share: str

    @property
    def key(self) -> tuple[str, str]:
        """What two mentions of one person have in common, however they were typed."""
        return compact(self.name), compact(self.document_no).upper()


@dataclass(frozen=True, slots=True)
class RightState:
    """A current right."""

    id: str
    right_type: str
    certificate_no: str
    sharing: str
    holders: tuple[Holder, ...]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit with its current rights and open restrictions."""

    unit_no: str
    location: str
    use: str
    area: str
    nature: str
    term: str
    ownership: RightState | None
    mortgages: tuple[RightState, ...]
    seizures: int
    objections: int
    beneficiaries: tuple[str, ...]
    """Of the open advance notices."""


def obstacles(
    unit: UnitState | None,
    effect: Effect,
    parties: Sequence[PartyView],
    facts: Mapping[str, str],
    *,
    other_case: bool = False,
) -> tuple[Obstacle, ...]:
    """Everything the register has against ``effect``, blocking obstacles first."""
    if unit is None:
        return (_block("unit_unknown", "登记簿上没有该不动产单元"),)
    if effect not in RECORDABLE:
        return (_block("effect_unsupported", f"登记簿尚不能办理{effect.label}"),)
    found = [*_restrictions(unit, effect, parties), *_EFFECT_RULES[effect](unit, parties, facts)]
    if other_case:
        found.append(_warn("other_case_pending", "该单元另有未办结的业务，应按受理顺序登簿"))
    return tuple(sorted(found, key=lambda obstacle: not obstacle.blocking))


def holders_of(parties: Sequence[PartyView], *roles: str) -> tuple[Holder, ...]:
    """The parties in ``roles`` as holders."""
    return tuple(
        Holder(party.name, party.kind, party.document_type, party.document_no, party.share)
        for party in parties
        if party.role in roles
    )


def sharing_of(holders: Sequence[Holder], stated: str) -> str:
    """共有方式 of new holders: as stated, otherwise what their number and shares say."""
    if OwnershipForm.has(stated):
        return stated
    if len(holders) == 1:
        return OwnershipForm.SOLE.code
    by_shares = any(holder.share for holder in holders)
    return (OwnershipForm.BY_SHARES if by_shares else OwnershipForm.JOINT).code


def mortgages_to_cancel(
    unit: UnitState, parties: Sequence[PartyView], facts: Mapping[str, str]
) -> tuple[RightState, ...]:
    """The current mortgages that the case can mean; exactly one when the case is clear."""
    mortgagees = holders_of(parties, "mortgagee")
    stated = compact(facts.get("certificate_no", ""))
    return tuple(
        mortgage
        for mortgage in unit.mortgages
        if _same_people(mortgage.holders, mortgagees)
        and (not stated or compact(mortgage.certificate_no) == stated)
    )


def changed_holders(
    ownership: RightState, parties: Sequence[PartyView], facts: Mapping[str, str]
) -> tuple[Holder, ...] | None:
    """The holders after a change of particulars; nothing when it is not clear whose change it is.

    Parties who are registered just so take part as co-owners; the remaining one replaces the
    holder that the former name or document number names, and keeps that holder's share.
    """
    registered = {holder.key for holder in ownership.holders}
    new = [holder for holder in holders_of(parties, "holder") if holder.key not in registered]
    if len(new) != 1:
        return None
    former = [holder for holder in ownership.holders if _is_former(holder, new[0], facts)]
    if len(former) != 1:
        return None
    changed = replace(new[0], share=former[0].share)
    return tuple(changed if holder is former[0] else holder for holder in ownership.holders)


def _is_former(holder: Holder, new: Holder, facts: Mapping[str, str]) -> bool:
    name = compact(facts.get("former_name", ""))
    number = compact(facts.get("former_document_no", "")).upper()
    if name or number:
        return (not name or holder.key[0] == name) and (not number or holder.key[1] == number)
    return holder.key[0] == new.key[0] or (bool(holder.key[1]) and holder.key[1] == new.key[1])


def _restrictions(
    unit: UnitState, effect: Effect, parties: Sequence[PartyView]
) -> Iterator[Obstacle]:
    if unit.seizures and effect in DISPOSALS:
        yield _block("unit_seized", f"该单元有{unit.seizures}项查封，解封前不得处分")
    elif unit.seizures:
        yield _warn("seizure_on_record", f"该单元有{unit.seizures}项查封，请注意")
    if unit.objections and effect in DISPOSALS:
        yield _warn("objection_on_record", f"该单元有{unit.objections}项异议登记，应告知申请人")
    acquirers = {compact(party.name) for party in parties if party.role in _ACQUIRERS}
    strangers = [name for name in unit.beneficiaries if compact(name) not in acquirers]
    if strangers and effect in DISPOSALS:
        yield _block("advance_notice", "该单元有预告登记，未经预告登记权利人同意不得处分")


_ACQUIRERS: Final = frozenset({"transferee", "mortgagee"})


def _transfer_rules(
    unit: UnitState, parties: Sequence[PartyView], facts: Mapping[str, str]
) -> Iterator[Obstacle]:
    yield from _disposer_rules(unit, parties, "transferor", "转让方")
    if any(mortgage.facts.get(EXCLUDES_TRANSFER) == "1" for mortgage in unit.mortgages):
        yield _block("transfer_excluded", "抵押权登记载明禁止转让，须抵押权人同意后变更")
    elif unit.mortgages:
        yield _warn("transfer_with_mortgage", "该单元已抵押，转让应通知抵押权人，抵押权不受影响")
    yield from _share_rules(holders_of(parties, "transferee"), facts.get("ownership", ""))


def _mortgage_rules(
    unit: UnitState, parties: Sequence[PartyView], _facts: Mapping[str, str]
) -> Iterator[Obstacle]:
    yield from _disposer_rules(unit, parties, "mortgagor", "抵押人")


def _cancellation_rules(
    unit: UnitState, parties: Sequence[PartyView], facts: Mapping[str, str]
) -> Iterator[Obstacle]:
    if not unit.mortgages:
        yield _block("mortgage_missing", "登记簿上没有可注销的抵押权")
        return
    meant = mortgages_to_cancel(unit, parties, facts)
    if not meant:
        yield _block("mortgagee_mismatch", "申请的抵押权人或证明号与登记簿记载的抵押权不一致")
    elif len(meant) > 1:
        yield _block("mortgage_ambiguous", "有多项抵押权符合，请填写不动产登记证明号")


def _change_rules(
    unit: UnitState, parties: Sequence[PartyView], facts: Mapping[str, str]
) -> Iterator[Obstacle]:
    if unit.ownership is None:
        yield _block("ownership_missing", "登记簿上没有该单元的现势权利")
    elif changed_holders(unit.ownership, parties, facts) is None:
        yield _block("holder_not_registered", "变更前的姓名（名称）或证件号与登记簿记载不一致")


_EFFECT_RULES: Final = {
    Effect.TRANSFER: _transfer_rules,
    Effect.MORTGAGE: _mortgage_rules,
    Effect.MORTGAGE_CANCELLATION: _cancellation_rules,
    Effect.HOLDER_CHANGE: _change_rules,
}
RECORDABLE: Final = frozenset(_EFFECT_RULES)
"""The effects that this register can record; any other is refused before anything is written."""


def _disposer_rules(
    unit: UnitState, parties: Sequence[PartyView], role: str, title: str
) -> Iterator[Obstacle]:
    if unit.ownership is None:
        yield _block("ownership_missing", "登记簿上没有该单元的现势权利")
        return
    disposers = {holder.key for holder in holders_of(parties, role)}
    if disposers != {holder.key for holder in unit.ownership.holders}:
        yield _block(
            f"{role}_not_holder",
            f"{title}与登记簿记载的全体权利人不一致（姓名、证件号须相同，共有人须共同申请）",
        )


def _share_rules(holders: Sequence[Holder], stated: str) -> Iterator[Obstacle]:
    if stated == OwnershipForm.SOLE and len(holders) > 1:
        yield _block("sole_with_several", "共有方式为单独所有，但受让方不止一人")
    shares = [holder.share for holder in holders if holder.share]
    if not shares and stated != OwnershipForm.BY_SHARES:
        return
    if len(shares) != len(holders):
        yield _block("shares_incomplete", "按份共有须填写每一共有人的份额")
    elif sum(Fraction(share) for share in shares) != 1:
        yield _block("shares_sum", "各共有人的份额之和不等于1")


def _same_people(registered: Sequence[Holder], stated: Sequence[Holder]) -> bool:
    """By name, and by document number wherever the stock has one."""
    if len(registered) != len(stated):
        return False
    by_name = {holder.key[0]: holder.key[1] for holder in stated}
    return all(
        name in by_name and (not number or by_name[name] == number)
        for name, number in (holder.key for holder in registered)
    )


def _block(code: str, message: str) -> Obstacle:
    return Obstacle(code, message, blocking=True, basis=BASES[code])


def _warn(code: str, message: str) -> Obstacle:
    return Obstacle(code, message, blocking=False, basis=BASES[code])
