"""The ferry's settings: one file for the writing side, one for the reading side."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kernel.hours import Cron
from kernel.program.settings import FolderSettings, LogSettings
from kernel.settings import Settings

MARKING = "内部资料"
DVD_BYTES = 4_700_372_992
"""The lowest common size of DVD+R and DVD-R (2 295 104 sectors)."""
Kind = Literal["cd-r", "dvd-r", "bd-r", "usb", "image"]
"""Kinds of media; an image file plays a disc."""
Serial = Annotated[str, Field(pattern=r"^[!-~]{4,128}$")]
"""What udev calls ``ID_SERIAL_SHORT``, or ``ID_SERIAL`` with the make before it."""


class TrustSettings(Settings):
    """``[trust]``: the file with everybody's public keys; a carrier has no other key."""

    file: Path


class MediumSettings(Settings):
    """``[medium]``: where discs are written or read, and how much one takes, in bytes."""

    device: Path
    """An optical drive such as ``/dev/sr0``, a registered stick, or an image file."""
    kind: Kind = "image"
    capacity: Annotated[int, Field(ge=1_048_576, le=128_001_769_472)] = DVD_BYTES
    write_timeout_seconds: Annotated[int, Field(ge=10, le=86_400)] = 7200
    repair_data: Annotated[int, Field(ge=2, le=200)] = 20
    repair_parity: Annotated[int, Field(ge=1, le=50)] = 3
    """Sectors lost in every row of ``repair_data`` that come back; 3 of 20 cost 15 %."""
    usb_serials: Annotated[list[Serial], Field(max_length=256)] = Field(default_factory=list)
    """Sticks that may be used; any other is refused wherever it is plugged in."""


class StationSettings(Settings):
    """``[station]``: the writing station's own key, good for cover sheets alone."""

    key: Path


class ReleaseSettings(Settings):
    """``[release]``: how long a medium may be underway, and how its papers mark it."""

    overdue_hours: Annotated[int, Field(ge=1, le=2400)] = 24
    marking: Annotated[str, Field(min_length=1, max_length=8)] = MARKING
    """How labels and handover sheets mark the media (密级), as the office has decided."""


class WatchSettings(Settings):
    """``[watch]``: which drives are listened to; any other is refused and logged."""

    devices: Annotated[list[str], Field(max_length=32)] = Field(default_factory=list)
    """Device names such as ``/dev/sr0``."""
    rescan_seconds: Annotated[float, Field(ge=0.5, le=600)] = 10


class TimetableSettings(Settings):
    """``[timetable]``: when somebody goes, in Beijing time; on both sides the same.

    Cron expressions name days as ``mon-fri``. Without ``trips`` nothing is expected, and a trip is
    proposed only when a promised time needs one.
    """

    trips: Annotated[list[Cron], Field(max_length=48)] = Field(default_factory=list)
    """When a medium leaves as a rule, such as ``30 10 * * mon-fri``."""
    opens: Cron | None = None
    """Office hours of the writing side, with ``closes`` or not at all: nobody goes outside them."""
    closes: Cron | None = None
    holidays: bool = True
    """Whether published holidays are none of the office's days, and make-up days are."""
    travel_minutes: Annotated[int, Field(ge=1, le=10_080)] = 120
    """From leaving until the other side has admitted what was brought."""
    finish_minutes: Annotated[int, Field(ge=0, le=10_080)] = 60
    """What the other side still needs to finish a case after that."""
    prepare_minutes: Annotated[int, Field(ge=0, le=1440)] = 45
    """From request to handover: what comes later waits for the next trip."""
    grace_minutes: Annotated[int, Field(ge=0, le=1440)] = 30
    """How late a trip may leave or arrive before it is an alarm."""

    @model_validator(mode="after")
    def _require_hours(self) -> Self:
        if (self.opens is None) != (self.closes is None):
            raise ValueError("opens and closes belong together")
        return self


Command = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=400)]], Field(min_length=1, max_length=20)
]
"""A program with its arguments, the program by its whole path; no shell reads it."""


class SignalSettings(Settings):
    """``[signal]``: what is heard or seen after an automatic reading; nothing by default."""

    good_command: Command | None = None
    """Run after a medium was admitted whole, such as a player with a sound."""
    bad_command: Command | None = None
    """Run after a medium was refused, wholly or in part."""
    good_light: Path | None = None
    """A file that gets ``1`` and the other light ``0``: ``/sys/class/leds/<name>/brightness``."""
    bad_light: Path | None = None
    seconds: Annotated[float, Field(ge=0.1, le=60)] = 10
    """How long a command may run."""

    @model_validator(mode="after")
    def _require_paths(self) -> Self:
        for command in (self.good_command, self.bad_command):
            if command is not None and not Path(command[0]).is_absolute():
                raise ValueError("a command starts with the whole path of its program")
        return self


class FerrySettings(Settings):
    """One side of the ferry; ``origin`` and ``destination`` are zones."""

    side: Literal["export", "ingest"]
    origin: Literal["internet", "extranet", "intranet"]
    destination: Literal["internet", "extranet", "intranet"]
    spool: FolderSettings
    state: FolderSettings
    """Where ledger, register of operators and images lie."""
    medium: MediumSettings
    trust: TrustSettings
    station: StationSettings | None = None
    release: ReleaseSettings = ReleaseSettings()
    watch: WatchSettings = WatchSettings()
    timetable: TimetableSettings = TimetableSettings()
    signal: SignalSettings = SignalSettings()
    log: LogSettings = LogSettings()
