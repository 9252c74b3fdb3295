"""An exemption from the fee that papers show (凭材料认定的减免): granted by who examines first.

It is granted before the examination, so that whoever examines after sees it; the applicant is told.
"""

import json

from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.catalogued import GRANTED, measured
from extranet_zone.cases.services.claims import require_free
from extranet_zone.cases.services.steps import Report, report
from extranet_zone.cases.services.work import CaseWork, circumstances, facts_of, load_visible
from extranet_zone.cases.states import Action
from extranet_zone.cases.transitions import WORKFLOW
from kernel import audit
from kernel.catalogue.fees import grantable
from kernel.errors import ConflictError, InvalidValueError
from kernel.vocabulary.zones import Zone

MAX_GROUND = 200


def grant_exemption(
    session: Session, work: CaseWork, case_no: str, code: str, ground: str, actor: Actor, now: int
) -> None:
    """Keep that the exemption ``code`` of the item applies, because of the papers in ``ground``.

    Raises :class:`ConflictError` (``exemption_not_now``: not at the first examination, or not this
    person's), ``claimed_by_other``; :class:`InvalidValueError`: ``fee_exemption``,
    ``exemption_ground``.
    """
    case = load_visible(session, work, case_no, actor, for_change=True)
    holds = circumstances(session, work, case, now)
    if Action.EXAMINE_FIRST not in {
        row.action for row in WORKFLOW.actions(case.state, actor.roles, holds)
    }:
        raise ConflictError("exemption_not_now", "登记费减免由初审人员在初审前认定")
    require_free(session, case, actor)
    found = measured(session, work, case, now)
    rules = {rule.code: rule for rule in grantable(found.edition, found.item)}
    if code not in rules:
        raise InvalidValueError("fee_exemption", "该事项没有这项减免", field="exemption")
    ground = ground.strip()
    if not ground or len(ground) > MAX_GROUND:
        raise InvalidValueError(
            "exemption_ground", f"请写明减免所凭的材料，不超过 {MAX_GROUND} 字", field="ground"
        )
    facts = facts_of(case) | {GRANTED: code}
    case.facts = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act="case.exemption_granted",
            object_kind="case",
            object_id=case_no,
            case_no=case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail={"exemption": code},
        ),
    )
    told = f"认定登记费减免：{rules[code].title}"
    report(
        session,
        case,
        Report(
            "exemption_granted", told, Zone.EXTRANET, actor.login, actor.display_name, now, ground
        ),
        now,
    )
