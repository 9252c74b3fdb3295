"""The office with the register as it is deployed, its migrations and a small stock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from extranet_office import UNIT, Office
from integration.register.stock_samples import SELLER, line

from extranet_zone.cases.services.work import has_earlier_case, has_other_case
from extranet_zone.catalogue.services import Catalogue
from extranet_zone.province.services import ProvinceQueue
from extranet_zone.register.models import RecordingLogHead
from extranet_zone.register.services import RegisterService, load_register
from extranet_zone.register.services.reading import unit_state
from extranet_zone.register.unit_state import SeizureState

SECOND = "419001001001GB00002F00010001"
OWNER, OWNER_NO = SELLER


class RealOffice(Office):
    """Short words for what the register has after what happened."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        register = RegisterService(
            "济源市", has_other_case, earlier_case=has_earlier_case, clock=self.clock
        )
        self.work = replace(
            self.work,
            catalogue=Catalogue(register.recordable),
            register=register,
            province=ProvinceQueue(linked=True),
        )
        with self.database.begin() as session:
            session.add(RecordingLogHead(id=1, last=0))
        load_register(self.database, [line(1, unit_no=UNIT), line(2, unit_no=SECOND)], self.now)

    def seizures(self, unit_no: str = UNIT) -> list[SeizureState]:
        with self.database.reading() as session:
            state = unit_state(session, unit_no)
        assert state is not None
        return list(state.seizures)


@contextmanager
def open_real_office(folder: Path) -> Iterator[RealOffice]:
    office = RealOffice(folder)
    try:
        yield office
    finally:
        office.database.dispose()
