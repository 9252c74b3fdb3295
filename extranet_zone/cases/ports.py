"""What case work asks of the register and of certificates, as protocols wired in ``app.py``.

Case work imports neither; register and certificates import this module. Every function runs in
the transaction of the act that calls it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from extranet_zone.catalogue.schema import Effect
from kernel.catalogue.conditions import Subjects
from kernel.catalogue.edition import Edition
from kernel.catalogue.item import Item


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account, or ``system:<part>`` for what the system does by itself."""

    login: str
    display_name: str
    roles: frozenset[str]
    source: str = ""
    """Where the request came from, for the audit trail."""
    authority: str = ""
    """Division code of the authority they work for; empty for the platform's own."""


@dataclass(frozen=True, slots=True)
class PartyView:
    """One party of a case with all its data."""

    role: str
    name: str
    kind: str
    document_type: str
    document_no: str
    phone: str
    share: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """What the register needs to know of a case."""

    case_no: str
    item_code: str
    item_title: str
    effect: Effect
    registration_type: str
    right_type: str
    unit_no: str
    applicant: str
    parties: tuple[PartyView, ...]
    facts: Mapping[str, str]

    def parties_as(self, *roles: str) -> tuple[PartyView, ...]:
        """The parties that take part in one of ``roles``, in their order."""
        return tuple(party for party in self.parties if party.role in roles)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something on the register that concerns the case.

    A blocking one forbids preliminary passing, acceptance and recording; the other kind is shown.
    ``message`` is Chinese and names no person; ``basis`` is the law it rests on.
    """

    code: str
    message: str
    blocking: bool
    basis: str = ""


@dataclass(frozen=True, slots=True)
class RegisterHolder:
    """A holder as the register has them."""

    name: str
    document_type: str
    document_no: str
    share: str


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """What the register says of one unit, to be compared with an application."""

    unit_no: str
    location: str
    use: str
    area: str | None
    """Square metres as text with two decimals."""
    certificate_no: str
    holders: tuple[RegisterHolder, ...]
    mortgages: int
    seizures: int
    objections: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """The entry a recording made; ``certificate_no`` is empty where the item gives none."""

    entry_id: str
    log_no: int
    certificate_no: str


@dataclass(frozen=True, slots=True)
class Engrossed:
    """A certificate whose PDF lies in the materials store and whose statement is signed."""

    certificate_no: str
    unit_no: str
    statement: str
    pdf: str
    pdf_size: int


@dataclass(frozen=True, slots=True)
class SeizureStanding:
    """One seizure of a unit; ``place`` 1 is in effect, more wait in the order of their service.

    ``served_at`` is microseconds UTC; the term's days (``2026-01-05``) are empty while it waits.
    """

    place: int
    kind: str
    court: str
    document_no: str
    served_at: int
    term_from: str
    term_to: str


@dataclass(frozen=True, slots=True)
class MortgageRecord:
    """A mortgage as a court is told of it."""

    certificate_no: str
    mortgagees: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """What a court is told of one unit."""

    facts: RegisterFacts
    mortgages: tuple[MortgageRecord, ...]
    seizures: tuple[SeizureStanding, ...]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What an authority asks of the register: one unit, or what a person has; and on what paper.

    A person is asked for by the exact name and document number together.
    """

    ground: str
    unit_no: str = ""
    owner: str = ""
    document_no: str = ""


class Register(Protocol):
    """The register, as far as case work needs it."""

    @property
    def recordable(self) -> frozenset[Effect]:
        """The effects it can record; a case with any other meets a blocking obstacle."""

    def facts(self, session: Session, unit_no: str) -> RegisterFacts | None:
        """What stands on the register for ``unit_no``; nothing when it is not on it."""

    def obstacles(self, session: Session, case: CaseView) -> Sequence[Obstacle]:
        """What stands in the way of the case, blocking ones first."""

    def record_case(self, session: Session, case: CaseView, actor: Actor, now: int) -> Recorded:
        """Write entry, log entry and certificate number, and post the entry to the intranet.

        A case that splits or merges units has several entries; the answer is the one that gives
        the first new unit its title.

        Raises :class:`kernel.errors.RefusedError` when a blocking obstacle has appeared.
        """

    def queue(self, session: Session, unit_no: str) -> Sequence[SeizureStanding]:
        """The seizures of the unit today, by rank."""

    def inquire(
        self, session: Session, inquiry: Inquiry, actor: Actor, limit: int
    ) -> Sequence[UnitRecord]:
        """At most ``limit`` records, by unit number; each look is audited with its ground."""


class Certificates(Protocol):
    """Certificates, as far as case work needs them."""

    def engross(
        self, session: Session, case: CaseView, actor: Actor, now: int
    ) -> Sequence[Engrossed]:
        """Make the certificates of a recorded case; none where the item gives none.

        Repeating it answers the same certificates.
        """

    def engrossed(self, session: Session, case_no: str) -> Sequence[Engrossed]:
        """The certificates made for the case."""


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount that a case owes before it may be recorded; ``kind`` is ``fee`` or ``tax``.

    ``amount_fen`` is nothing while nobody knows it: then it is settled where it is paid.
    """

    kind: str
    title: str
    amount_fen: int | None
    basis: str = ""


class FeeSchedule(Protocol):
    """What a case costs, by the catalogue's data."""

    def charges(
        self,
        edition: Edition,
        item: Item,
        subjects: Subjects,
        granted: str,
        papers: frozenset[str] = frozenset(),
    ) -> Sequence[Charge]:
        """Every amount above zero, exemptions applied; nothing for what is free.

        ``granted`` is the code of the exemption an officer has granted, or empty; ``papers`` the
        codes of what was handed in, which may prove that something was paid elsewhere.
        """


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One call to a counterpart, queued with the act that causes it.

    ``operation`` is the contract's operationId, ``key`` makes repetition harmless, ``body`` is the
    request as JSON, ``digests`` name the files that go with it in the materials store.
    """

    operation: str
    key: str
    case_no: str
    peer: str
    body: Mapping[str, object]
    digests: tuple[str, ...] = ()
    expires_at: int | None = None
    """Microseconds UTC from when the call is of no use any more; nothing for never."""


class Province(Protocol):
    """The way to other authorities and courts, which is the province's alone."""

    def enqueue(self, session: Session, call: Outgoing, now: int) -> None:
        """Queue a call; it is made if and only if the transaction commits, once for its key."""

    def withdraw(self, session: Session, key: str, now: int) -> None:
        """What was queued under ``key`` is not to be made any more; if it was made, it stays."""

    def state_of(self, session: Session, case_no: str) -> str:
        """What became of the case's calls, a line each for its page; empty where there are none."""
