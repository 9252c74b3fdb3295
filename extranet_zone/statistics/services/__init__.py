"""What is counted, over which cases and days."""

from extranet_zone.statistics.services.counts import Counts, Measure, Spread, counts, reasons, trend
from extranet_zone.statistics.services.money import Issued, Money, issued, money
from extranet_zone.statistics.services.scope import MAX_DAYS, Scope
from extranet_zone.statistics.services.times import Times, times

__all__ = [
    "MAX_DAYS",
    "Counts",
    "Issued",
    "Measure",
    "Money",
    "Scope",
    "Spread",
    "Times",
    "counts",
    "issued",
    "money",
    "reasons",
    "times",
    "trend",
]
