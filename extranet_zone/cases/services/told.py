"""What a document of a case is made from, and the lines it is made into."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseStep, SupplementNotice
from extranet_zone.cases.services.work import CaseWork
from extranet_zone.cases.states import Action
from extranet_zone.cases.transitions import WORKFLOW
from extranet_zone.catalogue.schema import CatalogueItem

Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Told:
    """What a document is made from: the case, the step it tells of, the notice where it is one."""

    session: Session
    work: CaseWork
    case: Case
    item: CatalogueItem
    act: CaseStep | None
    """Nothing for what is filled in before any act."""
    notice: SupplementNotice | None = None

    @property
    def step(self) -> CaseStep:
        """The step it tells of."""
        if self.act is None:
            raise ValueError("a form tells of no step")
        return self.act

    @property
    def at(self) -> int:
        """When what it tells happened: the step, or the application."""
        return self.case.submitted_at if self.act is None else self.act.at

    @property
    def basis(self) -> str:
        """The legal basis of the step, as the table has it."""
        source = self.step.source
        return WORKFLOW.row(source, Action(self.step.action)).basis if source else ""
