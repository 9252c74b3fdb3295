"""Taking a reading over into the case that is being entered, or throwing it away.

What a device read for one case goes into no other. Once decided, a reading's facts are wiped; its
digests stay as evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services import entry, readings
from extranet_zone.cases.services.checks import Evidence
from extranet_zone.cases.services.entry import NewFile
from extranet_zone.cases.services.readings import Place, ReadPerson
from extranet_zone.cases.services.work import CaseWork
from extranet_zone.window.contract import FILE_NEEDED, ReadingKind
from extranet_zone.window.models import ReadingState, ServiceWindow, WindowOrder, WindowReading
from extranet_zone.window.services.inbox import (
    audit_reading,
    identity_of,
    require_waiting,
    score_of,
)
from kernel.clock import BEIJING, from_micros
from kernel.errors import ConflictError, InvalidValueError, RefusedError

MAX_AT_ONCE: Final = 100
_NO_FACTS: Final = "{}"


@dataclass(frozen=True, slots=True)
class Compared:
    """How a comparison of faces came out."""

    score: float
    threshold: float

    @property
    def passed(self) -> bool:
        """Whether it is the same person by the office's threshold."""
        return self.score >= self.threshold

    @property
    def words(self) -> str:
        """For records; names nobody."""
        return f"得分 {self.score:g}，阈值 {self.threshold:g}"


def take_identity(
    session: Session,
    work: CaseWork,
    window: ServiceWindow,
    reading_id: str,
    case_no: str,
    place: Place,
    actor: Actor,
    now: int,
) -> None:
    """Fill a party from a document; the device's check of that person is made.

    Raises as :func:`readings.identify`, and :class:`RefusedError` (``document_expired``,
    ``reading_kind``), :class:`ConflictError` (``reading_of_other_case``).
    """
    row = _require(session, window, reading_id, case_no, {ReadingKind.IDENTITY})
    card = identity_of(row)
    today = from_micros(now).astimezone(BEIJING).date()
    if card.valid_until and date.fromisoformat(card.valid_until) < today:
        raise RefusedError("document_expired", "证件已过有效期，不能据以核验身份")
    person = ReadPerson(card.name.strip(), card.document_type, card.number)
    evidence = Evidence(row.id, row.digest, row.device)
    row.subject = readings.identify(session, work, case_no, person, place, evidence, actor, now)
    _decide(session, row, ReadingState.TAKEN, case_no, actor, now)


def take_face(
    session: Session,
    work: CaseWork,
    window: ServiceWindow,
    reading_id: str,
    case_no: str,
    threshold: float,
    actor: Actor,
    now: int,
) -> Compared:
    """Keep how a face compared; only from the threshold on it makes the check.

    Raises as :func:`readings.compare_face` and :func:`take_identity`.
    """
    row = _require(session, window, reading_id, case_no, {ReadingKind.FACE})
    asked = session.get_one(WindowOrder, row.order_id)
    photo = session.get_one(WindowReading, asked.reference_id)
    compared = Compared(score_of(row), threshold)
    evidence = Evidence(row.id, row.digest, row.device, compared.passed, compared.words)
    readings.compare_face(session, work, case_no, photo.subject, evidence, actor, now)
    row.subject = photo.subject
    _decide(session, row, ReadingState.TAKEN, case_no, actor, now)
    return compared


def take_files(
    session: Session,
    work: CaseWork,
    window: ServiceWindow,
    reading_ids: Sequence[str],
    case_no: str,
    material: str,
    actor: Actor,
    now: int,
) -> None:
    """Make readings files of a material of the case's item, in the order given.

    Raises as :func:`entry.add_files` and :func:`take_identity`, and :class:`InvalidValueError`
    (``reading_none``, ``too_many_readings``).
    """
    rows = [
        _require(session, window, reading_id, case_no, FILE_NEEDED)
        for reading_id in _bounded(reading_ids)
    ]
    files = [
        NewFile(material, row.file_name, row.file_digest, row.size, row.media_type, row.pages)
        for row in rows
    ]
    entry.add_files(session, work, case_no, files, actor)
    for row in rows:
        _decide(session, row, ReadingState.TAKEN, case_no, actor, now, material=material)


def discard(
    session: Session, window: ServiceWindow, reading_ids: Sequence[str], actor: Actor, now: int
) -> None:
    """Throw readings away; their files go when the worker next removes what is old."""
    for reading_id in _bounded(reading_ids):
        row = require_waiting(session, window.id, reading_id)
        _decide(session, row, ReadingState.DISCARDED, row.case_no, actor, now)


def _bounded(reading_ids: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(reading_ids))
    if not chosen:
        raise InvalidValueError("reading_none", "请先勾选设备数据", field="reading")
    if len(chosen) > MAX_AT_ONCE:
        raise InvalidValueError("too_many_readings", f"一次最多处理 {MAX_AT_ONCE} 项")
    return chosen


def _require(
    session: Session,
    window: ServiceWindow,
    reading_id: str,
    case_no: str,
    kinds: set[ReadingKind] | frozenset[ReadingKind],
) -> WindowReading:
    row = require_waiting(session, window.id, reading_id)
    if row.kind not in kinds:
        raise RefusedError("reading_kind", f"{row.kind.label}不能这样收入")
    if row.case_no is not None and row.case_no != case_no:
        raise ConflictError("reading_of_other_case", "这是为另一办件读取的，不能收入本办件")
    return row


def _decide(
    session: Session,
    row: WindowReading,
    state: ReadingState,
    case_no: str | None,
    actor: Actor,
    now: int,
    **detail: str,
) -> None:
    row.state, row.case_no, row.facts = state, case_no, _NO_FACTS
    row.decided_by, row.decided_at = actor.login, now
    session.flush()
    verb = "taken" if state is ReadingState.TAKEN else "discarded"
    audit_reading(session, f"window.reading_{verb}", row, actor, file=row.file_digest, **detail)
