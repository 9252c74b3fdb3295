"""Writing one entry: its log and certificate number, the rows it changes, its audit and message."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor, CaseView
from extranet_zone.register.lapse import day_of, settle
from extranet_zone.register.models import RegisterEntry
from extranet_zone.register.plans import Plan, carried_out
from extranet_zone.register.services.numbers import next_log_no, next_serial
from extranet_zone.register.services.posting import post_entry
from extranet_zone.register.services.writing import write_difference
from extranet_zone.register.unit_state import UnitState, to_json
from kernel import audit
from kernel.clock import BEIJING, from_micros
from kernel.db import new_id
from kernel.vocabulary.certificate import CertificateNo

SEIZURE: Final = "seizure"
"""What an entry is about when no right is recorded."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One case under recording: who records it, when, and in whose name numbers are given."""

    session: Session
    case: CaseView
    actor: Actor
    now: int
    authority: str
    province: str


def write_entry(
    doing: Recording, stored: UnitState, plan: Plan, part: int = 1
) -> tuple[RegisterEntry, UnitState]:
    """Write the case's entry number ``part`` on ``stored``; answers it and the unit after it."""
    session, case, day = doing.session, doing.case, day_of(doing.now)
    log_no = next_log_no(session)
    certificate_no = _draw_number(doing, plan)
    plan = plan.numbered(certificate_no)
    after = carried_out(settle(stored, day), plan, day)
    entry = RegisterEntry(
        id=new_id(),
        log_no=log_no,
        case_no=case.case_no,
        part=part,
        unit_no=stored.unit_no,
        effect=case.effect,
        about=plan.about.value if plan.about else SEIZURE,
        registration_type=case.registration_type,
        right_type=plan.right_type,
        certificate_no=certificate_no,
        before=to_json(stored),
        after=to_json(after),
        recorder=doing.actor.login,
        recorder_name=doing.actor.display_name,
        recorded_at=doing.now,
        day=day.isoformat(),
    )
    session.add(entry)
    session.flush()
    write_difference(session, entry, stored, after)
    _audit(doing, entry)
    post_entry(session, entry, case, plan, stored, after)
    return entry, after


def _draw_number(doing: Recording, plan: Plan) -> str:
    kind = plan.certificate_kind
    if kind is None:
        return ""
    year = from_micros(doing.now).astimezone(BEIJING).year
    serial = next_serial(doing.session, doing.authority, year, kind)
    return str(CertificateNo(doing.province, year, doing.authority, kind, serial))


def _audit(doing: Recording, entry: RegisterEntry) -> None:
    actor = doing.actor
    audit.record(
        doing.session,
        audit.AuditEntry(
            actor=actor.login,
            act="register.record",
            object_kind="unit",
            object_id=entry.unit_no,
            case_no=entry.case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail={
                "log_no": entry.log_no,
                "entry": entry.id,
                "effect": entry.effect.value,
                "certificate_no": entry.certificate_no,
            },
        ),
    )
