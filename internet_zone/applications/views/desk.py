"""What the pages of an application share."""

from collections.abc import Mapping
from dataclasses import dataclass

from internet_zone.applications.models import Application
from internet_zone.applications.services import drafts
from internet_zone.catalogue.items import Item
from kernel.clock import Clock, now_micros
from kernel.db import Database
from kernel.materials import MaterialsStore
from kernel.web.access import require_person


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need."""

    database: Database
    clock: Clock
    store: MaterialsStore
    items: Mapping[str, Item]

    def now(self) -> int:
        """Microseconds UTC."""
        return now_micros(self.clock)

    def own(self, number: str) -> tuple[Application, Item]:
        """The signed-in person's application and its item; 404 for anybody else's."""
        with self.database.reading() as session:
            application = drafts.own(session, require_person(), number)
        return application, self.items[application.item_code]

    def is_editable(self, application: Application) -> bool:
        """Whether the signed-in person may still fill it in."""
        return drafts.is_editable(application, require_person())
