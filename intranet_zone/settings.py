"""The intranet's settings file."""

from kernel.program.settings import ZoneSettings


class IntranetSettings(ZoneSettings):
    """The whole file."""

    sample: bool = False
    """Whether pages say that all data is invented."""
