"""A unit as it stood at a past instant, from the entries around that instant; pure.

An entry keeps the state before and after it, so the last entry until the instant says what stood
there, or else the first one after it says what stood there before. What lapsed by law in between is
settled at the day of the instant. Of the time before the stock was loaded the register knows only
what the stock says of the days on which its rights were recorded.
"""

from dataclasses import replace

from extranet_zone.register.lapse import day_of, settle
from extranet_zone.register.unit_state import UnitState, from_json


def state_at(until: str | None, since: str | None, now: UnitState, at: int) -> UnitState:
    """The unit at ``at``, microseconds UTC.

    ``until`` is what the last entry recorded until then has as after, ``since`` what the first one
    after it has as before; ``now`` is the unit's present state, for a unit without entries.
    """
    if until is not None:
        known = from_json(until)
    else:
        stock = now if since is None else from_json(since)
        known = replace(
            stock,
            rights=tuple(right for right in stock.rights if right.recorded_at <= at),
            seizures=tuple(row for row in stock.seizures if row.recorded_at <= at),
        )
    return settle(known, day_of(at))
