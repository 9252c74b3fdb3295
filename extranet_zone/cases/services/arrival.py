"""What arrives from the portal and from the intranet; every function may be repeated."""

import hashlib
import json
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import (
    Case,
    CaseMaterial,
    CaseParty,
    PaperState,
    SpatialConclusion,
)
from extranet_zone.cases.services import supplements
from extranet_zone.cases.services.acts import follow_up
from extranet_zone.cases.services.steps import (
    RECEIVED,
    SYSTEM,
    Report,
    move,
    report,
    was_reported,
)
from extranet_zone.cases.services.timing import apply_clocks
from extranet_zone.cases.services.work import CaseWork, circumstances, load_case
from extranet_zone.cases.states import Action, MaterialState, Mode
from extranet_zone.cases.transitions import WORKFLOW
from kernel import audit
from kernel.errors import ConflictError, InvalidValueError, RefusedError
from kernel.materials import MaterialsStore, inspect
from kernel.messages import (
    ApplicationSubmitted,
    Material,
    MaterialsDelivered,
    ProgressReported,
    ReviewConcluded,
    SupplementSubmitted,
)
from kernel.vocabulary.case_no import CaseNo
from kernel.vocabulary.zones import Zone

SPATIAL_RECEIVED: Final = "spatial_received"
SPATIAL_CONCLUDED: Final = "spatial_concluded"
_INTRANET: Final = "system:intranet"


def receive_application(
    session: Session, work: CaseWork, body: ApplicationSubmitted, now: int
) -> None:
    """Open the case of a submitted application; the same application twice opens one case.

    Raises :class:`RefusedError`: a malformed ``case_no``; ``edition_gone``; ``item_unknown``;
    ``case_no_taken`` when the number belongs to a different application.
    """
    CaseNo.parse(body.case_no)
    work.catalogue.item(session, body.edition, body.item_code)
    known = session.get(Case, body.case_no)
    if known is not None:
        _require_same_application(known, body)
        return
    on_register = work.register.facts(session, body.unit_no)
    case = Case(
        case_no=body.case_no,
        item_code=body.item_code,
        edition=body.edition,
        mode=Mode(body.mode),
        state=WORKFLOW.initial,
        unit_no=body.unit_no,
        location=on_register.location if on_register else "",
        applicant=body.applicant,
        facts=json.dumps(body.facts, ensure_ascii=False, sort_keys=True),
        declaration=body.declaration,
        signed_by=body.signed_by,
        signed_at=body.signed_at,
        submitted_at=body.submitted_at,
        received_at=now,
        due_note="",
        certificate_no="",
        home_authority=work.authority,
        collecting_authority=body.collecting_authority or work.authority,
        external_no=None,
        paper=PaperState.NONE,
        claimed_by="",
        parties=[
            CaseParty(position=n, **party.model_dump()) for n, party in enumerate(body.parties, 1)
        ],
        materials=[new_material(n, material) for n, material in enumerate(body.materials, 1)],
    )
    for material in case.materials:
        inspect_arrived(session, work.store, case.case_no, material)
    session.add(case)
    session.flush()
    audit_arrival(session, "case.received", case.case_no)
    report(
        session,
        case,
        Report(
            RECEIVED, "登记机构已收到申请", Zone.EXTRANET, SYSTEM.login, SYSTEM.display_name, now
        ),
        now,
    )


def deliver_materials(session: Session, work: CaseWork, body: MaterialsDelivered) -> None:
    """Look at files that have arrived; those of a case not yet known wait for it in the store."""
    rows = session.scalars(
        select(CaseMaterial)
        .where(
            CaseMaterial.case_no == body.case_no,
            CaseMaterial.digest.in_(body.digests),
            CaseMaterial.state == MaterialState.AWAITED,
        )
        .limit(len(body.digests) * 2 + 500)
    ).all()
    for material in rows:
        inspect_arrived(session, work.store, body.case_no, material)


def receive_supplement(
    session: Session, work: CaseWork, body: SupplementSubmitted, now: int
) -> None:
    """Take the applicant's answer to a notice of defects; the same one twice is nothing.

    Raises :class:`RefusedError`: ``case_unknown``, ``notice_not_open``, ``material_not_of_item``,
    or ``transition_not_allowed`` when the case no longer waits for it.
    """
    case = load_case(session, body.case_no, for_change=True)
    notice = supplements.open_notice(session, body.case_no, body.notice)
    if notice is None:
        return
    holds = circumstances(session, work, case, now)
    action = Action.RECEIVE_SUPPLEMENT
    target = WORKFLOW.target(case.state, action, SYSTEM.roles, holds)
    codes = {rule.code for rule in work.item_of(session, case).materials}
    if not codes.issuperset(material.code for material in body.materials):
        raise RefusedError("material_not_of_item", "补正材料不在本事项的材料清单中")
    first = supplements.next_position(case.materials)
    for n, material in enumerate(body.materials, first):
        row = new_material(n, material, notice.number)
        inspect_arrived(session, work.store, case.case_no, row)
        case.materials.append(row)
    supplements.supersede(case, notice.number)
    supplements.close_open(session, case, now)
    apply_clocks(session, work, case, action, target, SYSTEM, body.remark, now)
    move(session, case, action, target, SYSTEM, body.remark, now)
    follow_up(session, work, case, now)


def conclude_review(session: Session, body: ReviewConcluded, now: int) -> None:
    """Take over the intranet's conclusion and move the case on; the same one twice is nothing.

    Raises :class:`RefusedError`: ``case_unknown``, ``review_unit_differs``, ``review_not_awaited``
    (the case is not in spatial review) or ``review_already_concluded`` (with another content).
    """
    case = load_case(session, body.case_no, for_change=True)
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    known = session.get(SpatialConclusion, body.case_no)
    if known is not None:
        if known.digest == digest:
            return
        raise ConflictError("review_already_concluded", "该办件已有另一份空间审核结论")
    if body.unit_no != case.unit_no:
        raise RefusedError("review_unit_differs", "空间审核结论的不动产单元与办件不符")
    action = Action.SPATIAL_PASS if body.passed else Action.SPATIAL_FAIL
    try:
        target = WORKFLOW.target(case.state, action, SYSTEM.roles)
    except ConflictError:
        raise ConflictError(
            "review_not_awaited", "该办件不在空间审核中，不接收结论", state=case.state.value
        ) from None
    session.add(
        SpatialConclusion(
            case_no=body.case_no,
            passed=int(body.passed),
            opinion=body.opinion,
            checks=json.dumps([check.model_dump() for check in body.checks], ensure_ascii=False),
            reviewer=body.reviewer,
            received_at=body.received_at,
            concluded_at=body.concluded_at,
            digest=digest,
        )
    )
    for step, label, at, name in (
        (SPATIAL_RECEIVED, "业务内网已接收，开始空间审核", body.received_at, "业务内网"),
        (SPATIAL_CONCLUDED, "业务内网空间审核已有结论", body.concluded_at, body.reviewer),
    ):
        if not was_reported(session, case.case_no, Zone.INTRANET, step, at):
            report(session, case, Report(step, label, Zone.INTRANET, _INTRANET, name, at), now)
    move(session, case, action, target, SYSTEM, body.opinion, now)


def relay_progress(session: Session, body: ProgressReported, now: int) -> None:
    """Append a step the intranet reported and pass it on to the portal; repeated, it is nothing.

    Raises :class:`RefusedError`: ``case_unknown`` or ``progress_zone`` (only the intranet's own).
    """
    if body.zone != Zone.INTRANET.value:
        raise RefusedError("progress_zone", "业务内网只能报告本网的办理进度")
    case = load_case(session, body.case_no)
    if was_reported(session, body.case_no, Zone.INTRANET, body.step, body.at):
        return
    report(
        session,
        case,
        Report(body.step, body.label, Zone.INTRANET, _INTRANET, "业务内网", body.at, body.note),
        now,
    )


def _require_same_application(known: Case, body: ApplicationSubmitted) -> None:
    if (
        known.item_code,
        known.edition,
        known.unit_no,
        known.applicant,
        known.signed_at,
        known.submitted_at,
    ) != (
        body.item_code,
        body.edition,
        body.unit_no,
        body.applicant,
        body.signed_at,
        body.submitted_at,
    ):
        raise ConflictError("case_no_taken", "该办件号已属于另一份申请")


def new_material(position: int, material: Material, notice_no: int = 0) -> CaseMaterial:
    """A file that was listed and may not have arrived yet."""
    return CaseMaterial(
        position=position,
        state=MaterialState.AWAITED,
        defect="",
        notice_no=notice_no,
        **material.model_dump(),
    )


def inspect_arrived(
    session: Session, store: MaterialsStore, case_no: str, material: CaseMaterial
) -> None:
    """Check again on our side: the portal is the zone nearest to an attacker."""
    if not store.has(material.digest):
        return
    defect = _defect_of(store, material)
    material.state = MaterialState.DAMAGED if defect else MaterialState.PRESENT
    material.defect = defect
    if defect:
        audit_arrival(session, "material.damaged", case_no, defect=defect)


def _defect_of(store: MaterialsStore, material: CaseMaterial) -> str:
    try:
        found = inspect(store.path(material.digest), material.file_name)
    except InvalidValueError as defect:
        return defect.code
    return "" if found.media_type == material.media_type else "material_differs"


def audit_arrival(session: Session, act: str, case_no: str, **detail: str) -> None:
    """Record what came by itself, done by the system."""
    audit.record(
        session,
        audit.AuditEntry(
            actor=SYSTEM.login,
            act=act,
            object_kind="case",
            object_id=case_no,
            case_no=case_no,
            detail=detail,
        ),
    )


def handed_in(work: CaseWork, edition: int, now: int) -> dict[str, str | int]:
    """What every case that a counterpart sends begins with."""
    return {
        "edition": edition,
        "declaration": "",
        "received_at": now,
        "due_note": "",
        "certificate_no": "",
        "home_authority": work.authority,
        "claimed_by": "",
    }


def known_case(session: Session, authority: str, number: str) -> Case | None:
    """The case that stands for this number of another authority or court."""
    return session.scalars(
        select(Case).where(Case.collecting_authority == authority, Case.external_no == number)
    ).one_or_none()
