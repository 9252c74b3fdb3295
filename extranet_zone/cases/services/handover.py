"""What we collected for another authority, handed over to it through the province."""

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseMaterial, CaseParty
from extranet_zone.cases.ports import Outgoing
from extranet_zone.cases.services.work import CaseWork, facts_of


def hand_over(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Queue ``handOverCase`` with the case and the digest of every page."""
    work.province.enqueue(
        session,
        Outgoing(
            operation="handOverCase",
            key=f"{case.case_no}:hand-over",
            case_no=case.case_no,
            peer=case.home_authority,
            body={
                "case_no": case.case_no,
                "collecting_authority": work.authority,
                "home_authority": case.home_authority,
                "item_code": case.item_code,
                "unit_no": case.unit_no,
                "applicant": case.applicant,
                "facts": facts_of(case),
                "parties": [_party(party) for party in case.parties],
                "materials": [_material(material) for material in case.materials],
                "collected_at": now,
            },
            digests=tuple(dict.fromkeys(material.digest for material in case.materials)),
        ),
        now,
    )


def push_reviewed(session: Session, work: CaseWork, case: Case, now: int) -> None:
    """Queue ``pushReviewedCase``: the window the applicant chose may collect the case (S-098)."""
    if case.collecting_authority == work.authority:
        return
    work.province.enqueue(
        session,
        Outgoing(
            operation="pushReviewedCase",
            key=f"{case.case_no}:reviewed",
            case_no=case.case_no,
            peer=case.collecting_authority,
            body={
                "online_case_no": case.case_no,
                "collecting_authority": case.collecting_authority,
                "item_code": case.item_code,
                "unit_no": case.unit_no,
                "applicant": case.applicant,
                "facts": facts_of(case),
                "parties": [_party(party) for party in case.parties],
                "materials": [_material(material) for material in case.materials],
                "reviewed_at": now,
            },
            digests=tuple(dict.fromkeys(material.digest for material in case.materials)),
        ),
        now,
    )


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
