"""What a plan is, and what plans are made of; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from extranet_zone.cases.ports import CaseView
from extranet_zone.register.lapse import day_of
from extranet_zone.register.rules.found import Asked
from extranet_zone.register.rules.people import sharing_of
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import SINCE, Holder, RightState, SeizureState, since
from kernel.vocabulary.certificate import CertificateKind

FORMER: Final = "former_certificate_no"
"""The fact of a right that names the certificate it was recorded under before."""


@dataclass(frozen=True, slots=True)
class New:
    """What a plan is given for what it begins: an id, and the instant in microseconds UTC."""

    id: str
    now: int

    @property
    def day(self) -> date:
        """The day in Beijing."""
        return day_of(self.now)


@dataclass(frozen=True, slots=True)
class Plan:
    """What recording does. ``seizures`` is the queue after it, or nothing where it stays."""

    about: RightKind | None
    """What the entry is about; nothing for a seizure."""
    right_type: str
    holders: tuple[Holder, ...] = ()
    """Whom the entry names; the mirror gets them."""
    begins: RightState | None = None
    ends: tuple[RightState, ...] = ()
    amends: tuple[RightState, ...] = ()
    unit: Mapping[str, str] = field(default_factory=dict)
    seizures: tuple[SeizureState, ...] | None = None
    predecessors: tuple[str, ...] = ()
    """Where the unit comes from, for the entry that opens one by a division."""
    successors: tuple[str, ...] = ()
    """What takes the unit's place, for the entry that closes one."""

    @property
    def certificate_kind(self) -> CertificateKind | None:
        """Which certificate what begins gives; nothing when nothing begins."""
        if self.begins is None:
            return None
        is_title = self.begins.kind is RightKind.OWNERSHIP
        return CertificateKind.TITLE if is_title else CertificateKind.REGISTRATION

    def numbered(self, certificate_no: str) -> "Plan":
        """The plan with the number drawn for it."""
        if self.begins is None:
            return self
        return replace(self, begins=replace(self.begins, certificate_no=certificate_no))


Maker = Callable[[Asked, CaseView, New], Plan]


def begin(
    new: New,
    kind: RightKind,
    right_type: str,
    holders: tuple[Holder, ...],
    facts: Mapping[str, str],
    sharing: str = "",
) -> RightState:
    """A right that begins; its number is drawn later."""
    kept = {code: value for code, value in facts.items() if value}
    return RightState(
        new.id, kind, right_type, "", sharing or sharing_of(holders, ""), holders, kept, new.now
    )


def renewed(
    old: RightState,
    new: New,
    facts: Mapping[str, str],
    holders: tuple[Holder, ...] | None = None,
) -> RightState:
    """``old`` under a new certificate: what the case does not say stays."""
    said = {code: value for code, value in facts.items() if value and code != "certificate_no"}
    kept = {**old.facts, **said, FORMER: old.certificate_no, SINCE: str(since(old))}
    if holders is None:
        return replace(old, id=new.id, facts=kept, recorded_at=new.now)
    return replace(
        old,
        id=new.id,
        facts=kept,
        recorded_at=new.now,
        holders=holders,
        sharing=sharing_of(holders, ""),
    )


def ownership_of(asked: Asked) -> RightState:
    """The ownership that the rules have found."""
    if asked.unit.ownership is None:
        raise ValueError("the rules let nobody act on an ownership that is not there")
    return asked.unit.ownership


def changed(old: RightState, case: CaseView, new: New, holders: tuple[Holder, ...] | None) -> Plan:
    """A plan that puts ``old`` under a new certificate with what the case changes."""
    begins = renewed(old, new, case.facts, holders)
    return Plan(old.kind, old.right_type, begins.holders, begins=begins, ends=(old,))
