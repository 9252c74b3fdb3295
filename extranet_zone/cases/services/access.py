"""Looking at what is not shown by default: every look is an audited act."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from extranet_zone.cases.models import CaseMaterial
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.acts import ActRequest
from extranet_zone.cases.services.shown import PartyShown, whole_parties
from extranet_zone.cases.services.work import CaseWork, load_visible
from extranet_zone.cases.states import MaterialState
from kernel import audit
from kernel.errors import ConflictError, NotFoundError, RefusedError


@dataclass(frozen=True, slots=True)
class MaterialFile:
    """A file that may be sent to a browser; ``media_type`` is what inspection found."""

    path: Path
    file_name: str
    media_type: str
    digest: str


def reveal_parties(
    session: Session, work: CaseWork, case_no: str, actor: Actor
) -> tuple[PartyShown, ...]:
    """The parties unmasked, with a record of who looked.

    Raises :class:`NotFoundError` with code ``case_unknown``.
    """
    case = load_visible(session, work, case_no, actor)
    _record(session, actor, "case.parties_revealed", case_no, parties=len(case.parties))
    return whole_parties(case, work.item_of(session, case))


def open_material(
    session: Session, work: CaseWork, case_no: str, position: int, actor: Actor
) -> MaterialFile:
    """A file of the case, with a record of who looked.

    Raises :class:`RefusedError`: ``material_unknown``, ``material_awaited``, or
    ``material_damaged``: what failed inspection is not handed to a browser.
    """
    load_visible(session, work, case_no, actor)
    material = session.get(CaseMaterial, (case_no, position))
    if material is None:
        raise NotFoundError("material_unknown", "没有这份材料")
    if material.state is MaterialState.AWAITED:
        raise ConflictError("material_awaited", "这份材料尚未传到")
    if material.state is MaterialState.DAMAGED or material.defect:
        raise RefusedError("material_damaged", "这份材料未通过安全检查，不能打开")
    _record(session, actor, "material.viewed", case_no, position=position)
    return MaterialFile(
        path=work.store.path(material.digest),
        file_name=material.file_name,
        media_type=material.media_type,
        digest=material.digest,
    )


def record_refusal(
    session: Session, request: ActRequest, actor: Actor, refusal: RefusedError
) -> None:
    """Keep that somebody tried an act and why it was refused; the act itself left nothing."""
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act=f"case.{request.action.value}",
            object_kind="case",
            object_id=request.case_no,
            case_no=request.case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            result=audit.AuditResult.DENIED,
            detail={"code": refusal.code},
        ),
    )


def record_foreign(session: Session, case_no: str, actor: Actor) -> None:
    """Keep that somebody of one authority tried to open another authority's case."""
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act="case.foreign_opened",
            object_kind="case",
            object_id=case_no,
            case_no=case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            result=audit.AuditResult.DENIED,
            detail={"authority": actor.authority},
        ),
    )


def _record(session: Session, actor: Actor, act: str, case_no: str, **detail: int) -> None:
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act=act,
            object_kind="case",
            object_id=case_no,
            case_no=case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail=detail,
        ),
    )
