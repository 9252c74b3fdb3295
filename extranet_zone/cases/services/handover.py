"""A case on its way to another authority through the province, and what became of one of its."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseMaterial, CaseParty
from extranet_zone.cases.ports import Outgoing
from extranet_zone.cases.services.work import CaseWork, facts_of


def hand_over(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Queue ``handOverCase`` with the case and the digest of every page."""
    _queue(
        session,
        work,
        case,
        _To("handOverCase", "hand-over", case.home_authority),
        {
            "case_no": case.case_no,
            "collecting_authority": work.authority,
            "home_authority": case.home_authority,
            "collected_at": now,
        },
        now,
    )


def push_reviewed(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Queue ``pushReviewedCase``: the window the applicant chose may collect the case (S-098)."""
    if case.collecting_authority == work.authority:
        return
    _queue(
        session,
        work,
        case,
        _To("pushReviewedCase", "reviewed", case.collecting_authority),
        {
            "online_case_no": case.case_no,
            "collecting_authority": case.collecting_authority,
            "reviewed_at": now,
        },
        now,
    )


@dataclass(frozen=True, slots=True)
class _To:
    """Which call, what its key ends in, and who gets it."""

    operation: str
    key: str
    peer: str


def _queue(
    session: Session,
    work: CaseWork,
    case: Case,
    to: _To,
    about: Mapping[str, object],
    now: int,
) -> None:
    """Queue a call with the whole application and the digest of every page, once for its key."""
    work.province.enqueue(
        session,
        Outgoing(
            operation=to.operation,
            key=f"{case.case_no}:{to.key}",
            case_no=case.case_no,
            peer=to.peer,
            body={**_application(case), **about},
            digests=tuple(dict.fromkeys(material.digest for material in case.materials)),
        ),
        now,
    )


def _application(case: Case) -> dict[str, object]:
    """What was applied for, as the contract has it in every call that carries a case."""
    return {
        "item_code": case.item_code,
        "unit_no": case.unit_no,
        "applicant": case.applicant,
        "facts": facts_of(case),
        "parties": [_party(party) for party in case.parties],
        "materials": [_material(material) for material in case.materials],
    }


def _party(party: CaseParty) -> dict[str, str]:
    return {
        "role": party.role,
        "name": party.name,
        "kind": party.kind,
        "document_type": party.document_type,
        "document_no": party.document_no,
        "phone": party.phone,
        "share": party.share,
    }


def _material(material: CaseMaterial) -> dict[str, str | int]:
    return {
        "code": material.code,
        "title": material.title,
        "file_name": material.file_name,
        "digest": material.digest,
        "size": material.size,
        "media_type": material.media_type,
        "pages": material.pages,
    }
