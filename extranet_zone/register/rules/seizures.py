"""What a court's seizure, its renewal and its release need; pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from extranet_zone.cases.ports import Obstacle
from extranet_zone.register.lapse import MAX_SEIZURE_MONTHS, rank
from extranet_zone.register.rules.found import Asked, Rules, found
from extranet_zone.register.unit_state import SeizureState
from kernel.clock import BEIJING, to_micros
from kernel.vocabulary.normal import compact, is_digits

DOCUMENT: Final = "document_no"
"""The fact: number of the court's document that the case executes."""
SEIZED_BY: Final = "seizure_document_no"
"""The fact of a renewal or release: number of the document by which the unit was seized."""
SERVED_AT: Final = "served_at"
"""The fact: when the document was served, ISO 8601 to the millisecond; otherwise the recording."""
TERM: Final = "term_months"
PRELIMINARY: Final = "preliminary"
"""The fact, value ``1``: a unit that is not registered for the debtor yet (预查封)."""
DEBTOR: Final = "debtor"
MAX_QUEUE: Final = 100
"""Seizures of one unit; the message that tells the mirror of them is bounded."""
_MAX_DIGITS: Final = 2


def court_of(asked: Asked) -> str:
    """The one court of the case, or nothing."""
    courts = [party.name for party in asked.parties if party.role == "court"]
    return courts[0] if len(courts) == 1 else ""


def months_of(text: str) -> int:
    """A term in months; 0 when it is none that the law allows."""
    if not is_digits(text) or len(text) > _MAX_DIGITS:
        return 0
    return int(text) if 1 <= int(text) <= MAX_SEIZURE_MONTHS else 0


def served_at(text: str) -> int | None:
    """The instant in microseconds UTC; a time without a zone is Beijing's."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return to_micros(instant if instant.tzinfo else instant.replace(tzinfo=BEIJING))


def seizures_meant(asked: Asked) -> tuple[SeizureState, ...]:
    """The seizures that a renewal or release can mean; exactly one when the case is clear."""
    document = compact(asked.facts.get(SEIZED_BY, ""))
    return tuple(
        seizure
        for seizure in asked.unit.seizures
        if compact(seizure.court) == compact(court_of(asked))
        and (not document or compact(seizure.document_no) == document)
    )


def seizure(asked: Asked) -> Iterator[Obstacle]:
    """Court, document, term, debtor; what the new seizure does to the queue is told."""
    yield from _ordered(asked)
    if not months_of(asked.facts.get(TERM, "")):
        yield found("seizure_term")
    document = compact(asked.facts.get(DOCUMENT, ""))
    if any(
        compact(other.court) == compact(court_of(asked)) and compact(other.document_no) == document
        for other in asked.unit.seizures
    ):
        yield found("seizure_repeated")
    if len(asked.unit.seizures) >= MAX_QUEUE:
        yield found("seizure_queue_full")
    yield from _debtor(asked)
    arrived = asked.facts.get(SERVED_AT, "")
    if arrived and not _is_past(asked, arrived):
        yield found("served_at_invalid")
    elif arrived and any(
        (served_at(arrived) or 0) < rank(other)[0] for other in asked.unit.seizures
    ):
        yield found("seizure_rank_changes")
    elif asked.unit.seizures:
        yield found("seizure_queues")


def renewal(asked: Asked) -> Iterator[Obstacle]:
    """One seizure that is in effect, and a term of at most three years more."""
    yield from _ordered(asked)
    if not months_of(asked.facts.get(TERM, "")):
        yield found("seizure_term")
    yield from _exactly_one(asked)
    meant = seizures_meant(asked)
    if len(meant) == 1 and meant[0].kind.is_queued:
        yield found("seizure_not_in_effect")


def release(asked: Asked) -> Iterator[Obstacle]:
    """One seizure of the court, in effect or queued."""
    yield from _ordered(asked)
    yield from _exactly_one(asked)


def _ordered(asked: Asked) -> Iterator[Obstacle]:
    if not court_of(asked):
        yield found("court_missing")
    if not asked.facts.get(DOCUMENT, "").strip():
        yield found("document_missing")


def _exactly_one(asked: Asked) -> Iterator[Obstacle]:
    meant = seizures_meant(asked)
    if not meant:
        yield found("seizure_missing")
    elif len(meant) > 1:
        yield found("seizure_ambiguous")


def _debtor(asked: Asked) -> Iterator[Obstacle]:
    if asked.facts.get(PRELIMINARY) == "1":
        return
    debtor, ownership = compact(asked.facts.get(DEBTOR, "")), asked.unit.ownership
    if ownership is None:
        yield found("ownership_missing")
    elif debtor and debtor not in {holder.key[0] for holder in ownership.holders}:
        yield found("debtor_not_holder")


def _is_past(asked: Asked, text: str) -> bool:
    instant = served_at(text)
    if instant is None:
        return False
    return datetime.fromisoformat(text).astimezone(BEIJING).date() <= asked.day


SEIZURES: Final[dict[str, Rules]] = {
    "seizure": seizure,
    "seizure_renewal": renewal,
    "seizure_release": release,
}
"""The rules of each effect, by its value."""
