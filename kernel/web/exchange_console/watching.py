"""Everything that needs a person now, from the exchange and from the carriers."""

from sqlalchemy.orm import Session

from kernel.alarms import Alarm, worst_first
from kernel.web.exchange_console.carriers import carriers
from kernel.web.exchange_console.desk import Desk


def alarms_now(desk: Desk, _session: Session, now: int) -> tuple[Alarm, ...]:
    """What holds now, the worst first."""
    return worst_first(
        alarm for row in carriers(desk.zone, desk.spool, now) for alarm in row.alarms
    )
