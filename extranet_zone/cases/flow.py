"""What holds for one case beside its state: the guards of the table, worked out; pure."""

from dataclasses import dataclass

from extranet_zone.cases.states import Guard, Mode
from extranet_zone.catalogue.schema import CatalogueItem

_LEVELS = {1: Guard.ONE_LEVEL, 2: Guard.TWO_LEVELS, 3: Guard.THREE_LEVELS}
_VISITING = frozenset({Mode.OFFLINE, Mode.FUSION})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The facts that decide between variants; every one is read from rows, none is remembered."""

    item: CatalogueItem
    mode: Mode
    at_home: bool
    """Whether this platform's authority decides the case."""
    collected_here: bool
    spatially_passed: bool
    notified: bool
    """Whether a one-time notice of defects was sent before."""
    paper_awaited: bool
    announced: bool
    announcement_over: bool
    owed: bool
    court_inquiry: bool = False


def guards_of(what: Circumstances) -> frozenset[Guard]:
    """Every guard that holds."""
    flow = what.item.flow
    review = what.item.spatial_review and not what.spatially_passed
    announce = flow.announcement_working_days > 0 and not what.announced
    found = {
        Guard.FOR_HOME if what.at_home else Guard.FOR_OTHER,
        Guard.WINDOW_CHECK if what.mode in _VISITING else Guard.NO_WINDOW_CHECK,
        Guard.COLLECTED_HERE if what.collected_here else Guard.COLLECTED_THERE,
        Guard.SPATIAL_REVIEW if review else Guard.NO_SPATIAL_REVIEW,
        _LEVELS[flow.examination_levels],
        Guard.NOTIFIED if what.notified else Guard.NOT_YET_NOTIFIED,
        Guard.PAPER_AWAITED if what.paper_awaited else Guard.PAPER_SETTLED,
        Guard.ANNOUNCEMENT_DUE if announce else Guard.NO_ANNOUNCEMENT_DUE,
        Guard.OWED if what.owed else Guard.NOTHING_OWED,
        Guard.COURT_INQUIRY if what.court_inquiry else Guard.COURT_CONTROL,
    }
    if flow.automatic_acceptance and what.mode is Mode.ONLINE:
        found.add(Guard.AUTOMATIC_ACCEPTANCE)
    if what.announcement_over:
        found.add(Guard.ANNOUNCEMENT_OVER)
    return frozenset(found)
