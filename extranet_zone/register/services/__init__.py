"""What the register does: reading, recording, loading the stock, the recording log."""

from extranet_zone.register.services.log import DayCount, LogDay, log_days, log_entries
from extranet_zone.register.services.reading import unit_state
from extranet_zone.register.services.recording import RegisterService
from extranet_zone.register.services.search import FoundUnit, Purpose, SearchBy, open_unit, search
from extranet_zone.register.services.stock import LoadReport, load_register, publish_units

__all__ = [
    "DayCount",
    "FoundUnit",
    "LoadReport",
    "LogDay",
    "Purpose",
    "RegisterService",
    "SearchBy",
    "load_register",
    "log_days",
    "log_entries",
    "open_unit",
    "publish_units",
    "search",
    "unit_state",
]
