"""An application measured against its item: what it lacks, what it asks, whether it is open.

The platform measures the case again by the same functions of ``kernel.catalogue`` when it arrives.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from internet_zone.applications.models import Application
from internet_zone.applications.states import OPEN_STATES
from internet_zone.catalogue.services import Offered, PortalCatalogue, beijing_day
from internet_zone.units.models import ListedUnit
from kernel.catalogue.conditions import Subjects
from kernel.catalogue.demands import Defect, Demand, Task, defects, demands
from kernel.catalogue.edition import Edition
from kernel.catalogue.exclusions import closed_for_remote
from kernel.catalogue.item import Item
from kernel.catalogue.subjects import (
    Stated,
    Taken,
    residential,
    subjects_of_case,
    with_statements,
)
from kernel.errors import NotFoundError

TASKS: Final = ("unit", "parties", "facts", "materials")
SCOPE: Final = "scope"
"""What no task mends: the application is outside of what can be applied for here."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An application with its item and everything that is known of it on ``day``."""

    offered: Offered
    stated: Stated
    subjects: Subjects
    day: date

    @property
    def edition(self) -> Edition:
        """The edition it is measured by."""
        return self.offered.edition

    @property
    def item(self) -> Item:
        """Its item."""
        return self.offered.item

    def demands(self) -> tuple[Demand, ...]:
        """Every material with its standing in this application."""
        return demands(self.edition, self.item, self.subjects)

    def missing(self) -> dict[str, str]:
        """What keeps it from being signed: task or ``scope`` to Chinese words; empty when nothing.

        Everything is told at once, in the order of the form.
        """
        lacking = defects(self.edition, self.item, self.stated)
        of = {task: [defect for defect in lacking if defect.task is task] for task in Task}
        words = {
            "unit": "" if self.stated.unit_no else "尚未选择不动产单元",
            "parties": _parties(of[Task.PARTIES]),
            "facts": _facts(of[Task.FACTS]),
            "materials": self._materials(of[Task.MATERIALS]),
            SCOPE: self.out_of_scope(),
        }
        return {task: told for task, told in words.items() if told}

    def out_of_scope(self) -> str:
        """Why the application cannot be made here at all; empty when it can."""
        if self.stated.mode not in self.offered.modes:
            return self.offered.closed or "这个事项不能这样申请，请到属地登记大厅办理"
        closed = closed_for_remote(self.edition, self.item, self.subjects, self.day)
        if not closed:
            return ""
        reasons = "；".join(reason.words for reason in closed)
        return f"不在“全豫通办”范围（{reasons}），请到属地登记大厅办理"

    def _materials(self, found: list[Defect]) -> str:
        titles = [rule.title for d in found if (rule := self.item.material(d.about)) is not None]
        return f"缺少材料：{'、'.join(titles)}" if titles else ""


def measure(
    session: Session, catalogue: PortalCatalogue, application: Application, now: int
) -> Measured:
    """The application against its item: a draft's as it is in force, otherwise as it was signed.

    Raises :class:`NotFoundError`: ``edition_gone`` or ``item_unknown``.
    """
    offered = _offered(session, catalogue, application, now)
    unit = session.get(ListedUnit, application.unit_no) if application.unit_no else None
    facts: dict[str, str] = json.loads(application.facts)
    uploaded = {upload.code for upload in application.materials}
    stated = Stated(
        unit_no=application.unit_no,
        mode=application.mode,
        facts=with_statements(offered.item, facts, uploaded),
        parties=[Taken(p.role, p.kind, p.document_type, p.share) for p in application.parties],
        materials=uploaded,
        unit=residential(unit.use if unit else ""),
    )
    subjects = subjects_of_case(offered.item, stated)
    return Measured(offered, stated, subjects, beijing_day(now))


def _offered(
    session: Session, catalogue: PortalCatalogue, application: Application, now: int
) -> Offered:
    code = application.item_code
    if application.state in OPEN_STATES:
        try:
            return catalogue.offer(session, code, now)
        except NotFoundError:
            # It has left the catalogue: the draft can still be looked at and thrown away.
            found = catalogue.of_edition(session, application.edition, code)
            return Offered(found.edition, found.item, "这个事项已经从事项清单中撤下")
    return catalogue.of_edition(session, application.edition, code)


def _parties(found: list[Defect]) -> str:
    if any(defect.code == "party_missing" for defect in found):
        return "尚未填写对方当事人"
    return "；".join(defect.words for defect in found)


def _facts(found: list[Defect]) -> str:
    return f"申请内容没有填写完整：{'；'.join(defect.words for defect in found)}" if found else ""
