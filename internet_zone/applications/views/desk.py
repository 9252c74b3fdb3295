"""What the pages of an application share."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from internet_zone.applications.models import Application
from internet_zone.applications.services import drafts
from internet_zone.applications.services.measuring import Measured, measure
from internet_zone.catalogue.services import PortalCatalogue
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.errors import NotFoundError
from kernel.materials import MaterialsStore
from kernel.web.access import require_person


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need."""

    database: Database
    clock: Clock
    store: MaterialsStore
    catalogue: PortalCatalogue

    def now(self) -> int:
        """Microseconds UTC."""
        return now_micros(self.clock)

    def own(self, number: str) -> tuple[Application, Measured]:
        """The signed-in person's application, measured; 404 for anybody else's."""
        with self.database.reading() as session:
            application = drafts.own(session, require_person(), number)
            return application, measure(session, self.catalogue, application, self.now())

    def title_of(self, session: Session, application: Application) -> str:
        """The title of its item, or its code when its edition is not here."""
        try:
            return measure(session, self.catalogue, application, self.now()).item.title
        except NotFoundError:
            return application.item_code

    def is_editable(self, application: Application) -> bool:
        """Whether the signed-in person may still fill it in."""
        return drafts.is_editable(application, require_person())
