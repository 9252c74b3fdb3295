"""Entering an application at the window: for our own authority, or for another's (异地收件).

A case that is being entered can be changed by whoever enters it and by nobody else; collecting it
(an act of the table) ends that. The same paper is collected once: a file that lies in an unfinished
case of the same item and unit is refused.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseMaterial, CaseParty, PaperState
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.rules import ALL_CHECKS
from extranet_zone.cases.services.checks import CHECKS_FACT, settle
from extranet_zone.cases.services.numbers import draw_case_no
from extranet_zone.cases.services.supplements import next_position
from extranet_zone.cases.services.work import CaseWork, facts_of, load_visible
from extranet_zone.cases.states import MaterialState, Mode, State, is_concluded
from extranet_zone.cases.transitions import STARTS, is_being_entered
from extranet_zone.catalogue.schema import CatalogueItem
from extranet_zone.roles import Role
from kernel import audit
from kernel.errors import ConflictError, ForbiddenError, InvalidValueError, RefusedError
from kernel.vocabulary.dictionaries import DocumentKind, HolderKind
from kernel.vocabulary.districts import city_of
from kernel.vocabulary.unit import UnitNo

MAX_FILES: Final = 500
MAX_PARTIES: Final = 50
MAX_OPEN_ENTRIES: Final = 50
DECLARATION: Final = "申请人承诺所提交的申请材料真实、有效，并对其真实性负责。"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A scanned file that lies in the materials store."""

    code: str
    file_name: str
    digest: str
    size: int
    media_type: str
    pages: int


@dataclass(frozen=True, slots=True)
class EnteredParty:
    """One party as typed."""

    role: str
    name: str
    kind: str
    document_type: str
    document_no: str
    phone: str
    share: str


@dataclass(frozen=True, slots=True)
class Entered:
    """What the window's form says: parties, answers, and which checks were made."""

    parties: tuple[EnteredParty, ...]
    facts: Mapping[str, str]
    checks: frozenset[str]


def open_entry(
    session: Session, work: CaseWork, item_code: str, unit_text: str, actor: Actor, now: int
) -> str:
    """A new case that is being entered; its home authority follows from the unit code.

    Raises :class:`RefusedError`: ``catalogue_empty``, ``item_unknown``, ``unit_…`` and
    ``district_unknown`` (the unit is not in the province), ``role_not_allowed``.
    """
    _require_may_enter(actor)
    edition = work.catalogue.in_force(session, now).number
    item = work.catalogue.item(session, edition, item_code)
    unit = UnitNo.parse(unit_text)
    home = city_of(unit.district).code
    on_register = work.register.facts(session, str(unit)) if home == work.authority else None
    case = Case(
        case_no=draw_case_no(session, now),
        item_code=item.code,
        edition=edition,
        mode=Mode.OFFLINE,
        state=STARTS[Mode.OFFLINE][0],
        unit_no=str(unit),
        location=on_register.location if on_register else "",
        applicant="",
        facts="{}",
        declaration=DECLARATION,
        signed_by="",
        signed_at=now,
        submitted_at=now,
        received_at=now,
        due_note="",
        certificate_no="",
        home_authority=home,
        collecting_authority=work.authority,
        external_no=None,
        paper=PaperState.NONE,
        claimed_by=actor.login,
        parties=[],
        materials=[],
    )
    session.add(case)
    session.flush()
    _audit(session, actor, "case.entered", case.case_no)
    return case.case_no


def save_entry(
    session: Session, work: CaseWork, case_no: str, entered: Entered, actor: Actor, now: int
) -> None:
    """Replace what the form says; files stay as they are.

    Raises :class:`RefusedError`: ``entry_closed``, ``entry_of_other``, ``too_many_parties``,
    ``party_role_unknown``, ``check_unknown``.
    """
    case = require_open_entry(session, work, case_no, actor)
    item = work.item_of(session, case)
    roles = {party.role for party in item.parties}
    if len(entered.parties) > MAX_PARTIES:
        raise RefusedError("too_many_parties", f"当事人不能超过 {MAX_PARTIES} 个")
    if any(party.role not in roles for party in entered.parties):
        raise InvalidValueError("party_role_unknown", "本事项没有这种当事人", field="role")
    if not entered.checks <= ALL_CHECKS.keys():
        raise InvalidValueError("check_unknown", "没有这项核验", field="checks")
    known = {fact.code for fact in item.asked}
    facts = {code: value for code, value in entered.facts.items() if code in known and value}
    facts[CHECKS_FACT] = facts_of(case).get(CHECKS_FACT, "")
    case.facts = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    # The old rows must be gone before new ones take their places.
    case.parties = []
    session.flush()
    case.parties = [
        CaseParty(
            position=n,
            role=party.role,
            name=party.name,
            kind=party.kind,
            document_type=party.document_type,
            document_no=party.document_no,
            phone=party.phone,
            share=party.share,
        )
        for n, party in enumerate(entered.parties, 1)
    ]
    case.applicant = case.signed_by = applicant_of(case.parties, item)
    case.signed_at = case.submitted_at = now
    settle(session, case, actor, now, ticked=entered.checks)
    _audit(session, actor, "case.entry_saved", case_no)


def holder_kind(document_type: DocumentKind, admitted: Sequence[str]) -> str:
    """权利人类型 by the paper; an organisation is what the role admits, a court no company."""
    kind = document_type.holder.code
    if kind == HolderKind.PERSON.code or not admitted or kind in admitted:
        return kind
    return admitted[0]


def applicant_of(parties: Sequence[CaseParty], item: CatalogueItem) -> str:
    """Whose case it is: whoever applies by the item, wherever their row stands on the form."""
    applying = [party.name for party in parties if party.role == item.applicant_role]
    return (applying or [party.name for party in parties] or [""])[0]


def add_files(
    session: Session, work: CaseWork, case_no: str, files: Sequence[NewFile], actor: Actor
) -> None:
    """Add scanned files; the same file for the same material is added once.

    Raises :class:`RefusedError`: ``entry_closed``, ``entry_of_other``, ``material_not_of_item``,
    ``too_many_files`` or :class:`ConflictError` ``paper_collected_twice``.
    """
    case = require_open_entry(session, work, case_no, actor)
    titles = {rule.code: rule.title for rule in work.item_of(session, case).materials}
    known = {(material.code, material.digest) for material in case.materials}
    for file in files:
        if file.code not in titles:
            raise RefusedError("material_not_of_item", "材料不在本事项的材料清单中")
        if (file.code, file.digest) in known:
            continue
        if len(case.materials) >= MAX_FILES:
            raise RefusedError("too_many_files", f"一个办件最多 {MAX_FILES} 个文件")
        _require_not_collected(session, case, file.digest)
        known.add((file.code, file.digest))
        case.materials.append(
            CaseMaterial(
                position=next_position(case.materials),
                code=file.code,
                title=titles[file.code],
                file_name=file.file_name,
                digest=file.digest,
                size=file.size,
                media_type=file.media_type,
                pages=file.pages,
                state=MaterialState.PRESENT,
                defect="",
                notice_no=0,
            )
        )
    _audit(session, actor, "case.files_added", case_no)


def remove_file(
    session: Session, work: CaseWork, case_no: str, position: int, actor: Actor
) -> None:
    """Take a file out; one that is gone already is no error."""
    case = require_open_entry(session, work, case_no, actor)
    case.materials[:] = [m for m in case.materials if m.position != position]
    _audit(session, actor, "case.file_removed", case_no)


def bare_name(file_name: str) -> str:
    """The end of the last part of what a sender calls a file."""
    return file_name.replace("\\", "/").rpartition("/")[2][-60:]


def open_entries(session: Session, actor: Actor) -> Sequence[Case]:
    """The cases that this person is entering, the latest first."""
    states = [state for state in State if is_being_entered(state)]
    return session.scalars(
        select(Case)
        .where(Case.claimed_by == actor.login, Case.state.in_(states))
        .order_by(Case.received_at.desc())
        .limit(MAX_OPEN_ENTRIES)
    ).all()


def require_open_entry(session: Session, work: CaseWork, case_no: str, actor: Actor) -> Case:
    """The case, while it is being entered by this person; its row is held.

    Raises :class:`ConflictError` (``entry_closed``) and :class:`ForbiddenError`
    (``entry_of_other``, ``role_not_allowed``).
    """
    case = load_visible(session, work, case_no, actor, for_change=True)
    if not is_being_entered(case.state):
        raise ConflictError("entry_closed", "这个办件已经收件，不能再改录入内容")
    _require_may_enter(actor)
    if case.claimed_by != actor.login:
        raise ForbiddenError("entry_of_other", "这个办件由他人录入，请由其完成或放弃")
    return case


_ENTERING: Final = frozenset({Role.INTAKE_CLERK.value})


def _require_may_enter(actor: Actor) -> None:
    if not _ENTERING & actor.roles:
        raise ForbiddenError("role_not_allowed", "您的岗位不能办理“窗口录入”")


def _require_not_collected(session: Session, case: Case, digest: str) -> None:
    others = session.scalars(
        select(Case)
        .join(CaseMaterial, CaseMaterial.case_no == Case.case_no)
        .where(
            CaseMaterial.digest == digest,
            Case.case_no != case.case_no,
            Case.item_code == case.item_code,
            Case.unit_no == case.unit_no,
        )
        .limit(MAX_FILES)
    )
    if any(not is_concluded(other.state) for other in others):
        raise ConflictError(
            "paper_collected_twice", "同一份材料已在该不动产单元的另一未办结办件中收过"
        )


def _audit(session: Session, actor: Actor, act: str, case_no: str) -> None:
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
        ),
    )
