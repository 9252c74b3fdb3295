"""Settings tables that several programs have; each program composes its own file from them.

Relative paths are relative to the settings file, so that a folder with everything in it can move.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from kernel.errors import SettingsError
from kernel.retention import MIB, DiskMarks
from kernel.settings import Settings, load


class LogSettings(Settings):
    """``[log]``: least important level that is written."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class DatabaseSettings(Settings):
    """``[database]``: SQLAlchemy URL; ``sqlite:///relative.db`` is relative to the file."""

    url: str


class FolderSettings(Settings):
    """A table that only names a folder."""

    folder: Path


class KeySettings(Settings):
    """``[keys]``: the zone's private keys and the trust file with everybody's public ones."""

    folder: Path
    trust: Path


class WebSettings(Settings):
    """``[web]``: where the console listens; ``secret_file`` signs cookies."""

    host: str
    port: Annotated[int, Field(ge=0, le=65535)]
    secret_file: Path
    secure_cookies: bool
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    threads: Annotated[int, Field(ge=1, le=64)] = 8
    idle_minutes: Annotated[int, Field(ge=1, le=720)] = 15
    proxies: Annotated[int, Field(ge=0, le=5)] = 0
    """Reverse proxies in front, which name the visitor's address in ``X-Forwarded-For``."""


class ExchangeSettings(Settings):
    """``[exchange]``: how often the exchange works and how long silence may last, in seconds."""

    tick_seconds: Annotated[float, Field(ge=0.2, le=3600)] = 5
    beacon_seconds: Annotated[float, Field(ge=1, le=86_400)] = 60
    ferry_hours: Annotated[float, Field(ge=0.1, le=720)] = 26
    """Within which a ferry is expected: a disc a day, and a while to carry it."""
    hold_hours: Annotated[float, Field(ge=0, le=720)] = 4
    """How long bundles may wait while the gate is paused, before a forgotten pause is an alarm."""
    disk_low_mib: Annotated[int, Field(ge=0)] = 10_240
    """Free space below which people are warned."""
    disk_stop_mib: Annotated[int, Field(ge=0)] = 1_024
    """Free space below which only the urgent stream is sealed."""
    disk_floor_mib: Annotated[int, Field(ge=0)] = 128
    """Free space that nothing may use."""

    @property
    def marks(self) -> DiskMarks:
        """The same in bytes."""
        return DiskMarks(
            self.disk_low_mib * MIB, self.disk_stop_mib * MIB, self.disk_floor_mib * MIB
        )


class DiskSettings(Settings):
    """``[disk]``: a carrier's marks of free space, in MiB; 0 sets none."""

    low_mib: Annotated[int, Field(ge=0)] = 10_240
    """Free space below which people are warned."""
    stop_mib: Annotated[int, Field(ge=0)] = 1_024
    """Free space below which only court orders and beacons pass."""
    floor_mib: Annotated[int, Field(ge=0)] = 128
    """Free space that nothing may use."""

    @property
    def marks(self) -> DiskMarks:
        """The same in bytes."""
        return DiskMarks(self.low_mib * MIB, self.stop_mib * MIB, self.floor_mib * MIB)


class ZoneSettings(Settings):
    """The tables every zone's file has."""

    database: DatabaseSettings
    materials: FolderSettings
    spool: FolderSettings
    keys: KeySettings
    web: WebSettings
    exchange: ExchangeSettings = ExchangeSettings()
    log: LogSettings = LogSettings()


M = TypeVar("M", bound=Settings)


def load_resolved(path: Path, model: type[M]) -> M:
    """Read ``path`` as ``model`` with every relative path made absolute from the file's folder.

    Raises :class:`SettingsError` as :func:`kernel.settings.load` does.
    """
    base = path.resolve().parent
    resolved = _resolve(load(path, model), base)
    if not isinstance(resolved, model):
        raise SettingsError("settings_invalid", f"配置文件 {path} 有误")
    return resolved


def _resolve(settings: Settings, base: Path) -> Settings:
    changed: dict[str, object] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Settings):
            changed[name] = _resolve(value, base)
        elif isinstance(value, Path):
            changed[name] = base / value
        elif isinstance(value, str) and value.startswith("sqlite:///"):
            changed[name] = f"sqlite:///{base / value.removeprefix('sqlite:///')}"
    return settings.model_copy(update=changed)
