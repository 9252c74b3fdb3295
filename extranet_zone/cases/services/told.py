"""What a document of a case is made from, and the lines it is made into."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseStep, SupplementNotice
from extranet_zone.cases.states import Action
from extranet_zone.cases.transitions import WORKFLOW
from extranet_zone.catalogue.schema import CatalogueItem

Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Told:
    """What a document is made from: the case, the step it tells of, the notice where it is one."""

    session: Session
    case: Case
    item: CatalogueItem
    step: CaseStep
    notice: SupplementNotice | None = None

    @property
    def basis(self) -> str:
        """The legal basis of the step, as the table has it."""
        source = self.step.source
        return WORKFLOW.row(source, Action(self.step.action)).basis if source else ""
