"""Case numbers of cases that are opened on this platform: at the window, or handed over."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from extranet_zone.cases.models import CounterNumber
from kernel.clock import BEIJING, from_micros
from kernel.vocabulary.case_no import CaseNo, CaseOrigin


def draw_case_no(session: Session, now: int) -> str:
    """The next number of today; the counter's row is locked until the transaction ends."""
    day = from_micros(now).astimezone(BEIJING).date()
    key = f"{day:%Y%m%d}"
    counter = session.get(CounterNumber, key, with_for_update=True, populate_existing=True)
    if counter is None:
        # The day's first: two at once meet at the primary key, and the later one goes on with
        # the row of the earlier.
        try:
            with session.begin_nested():
                session.add(CounterNumber(day=key, last=0))
        except IntegrityError:
            pass
        counter = session.get_one(CounterNumber, key, with_for_update=True, populate_existing=True)
    counter.last += 1
    return str(CaseNo.make(CaseOrigin.COUNTER, day, counter.last))
