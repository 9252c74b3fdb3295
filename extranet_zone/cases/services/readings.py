"""What a device read, put into the case that is being entered, by whoever enters it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseParty
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.rules import FACE_CHECK
from extranet_zone.cases.services.checks import (
    IDENTITY,
    Evidence,
    record_by_device,
    subject_of,
    subject_of_party,
)
from extranet_zone.cases.services.entry import (
    MAX_PARTIES,
    applicant_of,
    holder_kind,
    require_open_entry,
)
from extranet_zone.cases.services.work import CaseWork
from kernel.errors import ConflictError, InvalidValueError, NotFoundError, RefusedError
from kernel.vocabulary.dictionaries import DocumentKind


@dataclass(frozen=True, slots=True)
class ReadPerson:
    """Who the document says somebody is; a repr shows nothing."""

    name: str
    document_type: str
    document_no: str

    def __repr__(self) -> str:
        return "ReadPerson(…)"


@dataclass(frozen=True, slots=True)
class Place:
    """Which party it is: the row at ``position``, or with 0 a new one as ``role``."""

    position: int
    role: str


def identify(
    session: Session,
    work: CaseWork,
    case_no: str,
    person: ReadPerson,
    place: Place,
    evidence: Evidence,
    actor: Actor,
    now: int,
) -> str:
    """Fill a party from the document and keep the device's check; answers the person's digest.

    Raises as :func:`require_open_entry`, and :class:`RefusedError`: ``party_unknown``,
    ``party_role_unknown``, ``too_many_parties``.
    """
    case = require_open_entry(session, work, case_no, actor)
    item = work.item_of(session, case)
    party = _party(case, place)
    roles = {part.role: part for part in item.parties}
    role = party.role if party is not None else place.role
    if role not in roles:
        raise InvalidValueError("party_role_unknown", "本事项没有这种当事人", field="role")
    kind = holder_kind(DocumentKind(person.document_type), roles[role].kinds)
    if party is None:
        if len(case.parties) >= MAX_PARTIES:
            raise RefusedError("too_many_parties", f"当事人不能超过 {MAX_PARTIES} 个")
        party = CaseParty(
            position=max((row.position for row in case.parties), default=0) + 1,
            role=role,
            phone="",
            share="",
        )
        case.parties.append(party)
    party.name, party.kind = person.name, kind
    party.document_type, party.document_no = person.document_type, person.document_no
    case.applicant = case.signed_by = applicant_of(case.parties, item)
    case.signed_at = case.submitted_at = now
    session.flush()
    subject = subject_of(person.document_type, person.document_no, person.name)
    record_by_device(session, case, IDENTITY, subject, evidence, actor, now)
    return subject


def compare_face(
    session: Session,
    work: CaseWork,
    case_no: str,
    subject: str,
    evidence: Evidence,
    actor: Actor,
    now: int,
) -> None:
    """Keep how a face compared with the photo of a party's document.

    Raises as :func:`require_open_entry`, and :class:`ConflictError` (``face_of_nobody``) when the
    person on the photo is no party any more.
    """
    case = require_open_entry(session, work, case_no, actor)
    if subject not in {subject_of_party(party) for party in case.parties}:
        raise ConflictError("face_of_nobody", "照片上的人已不是本办件的当事人，请重新读取证件")
    record_by_device(session, case, FACE_CHECK, subject, evidence, actor, now)


def _party(case: Case, place: Place) -> CaseParty | None:
    if not place.position:
        return None
    found = next((row for row in case.parties if row.position == place.position), None)
    if found is None:
        raise NotFoundError("party_unknown", "没有这一行当事人，请刷新页面")
    return found
