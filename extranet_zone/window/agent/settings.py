"""The agent's settings file, ``window.toml``."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kernel.errors import SettingsError
from kernel.program.settings import LogSettings
from kernel.settings import Settings

DeviceKind = Literal["identity_reader", "camera", "face", "signature_pad", "fingerprint"]


class ZoneSettings(Settings):
    """``[zone]``: where the platform answers, and this window's token."""

    url: Annotated[
        str, Field(pattern=r"^(https://[^ /]{1,100}|http://127\.0\.0\.1(:[0-9]{1,5})?)$")
    ]
    """Scheme, host and port; plain HTTP only to this very machine, for practice."""
    token_file: Path
    authority_file: Path | None = None
    """The certificate authority that vouches for the platform; no other is trusted."""

    @model_validator(mode="after")
    def _has_authority(self) -> Self:
        if self.url.startswith("https:") and self.authority_file is None:
            raise ValueError("https 须填写 authority_file")
        return self

    def token(self) -> str:
        """The token. Raises :class:`SettingsError` with code ``window_token_file``."""
        try:
            token = self.token_file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                "window_token_file", f"无法读取窗口令牌文件 {self.token_file}"
            ) from error
        if not token or any(not "!" <= sign <= "~" for sign in token):
            raise SettingsError("window_token_file", f"窗口令牌文件 {self.token_file} 内容不正确")
        return token


class ScanSettings(Settings):
    """``[scan]``: the folder into which scanner and high-speed camera save."""

    folder: Path
    settle_seconds: Annotated[float, Field(ge=0.1, le=60)] = 2
    """How long size and time of a file must stay the same before it is looked at."""
    patience_seconds: Annotated[float, Field(ge=1, le=3600)] = 60
    """How old a file that is not whole must be before it is refused."""
    keep_hours: Annotated[float, Field(ge=0, le=720)] = 24
    """How long delivered files stay on this computer."""


class DriverSettings(Settings):
    """``[[drivers]]``: the program that reads one kind of device."""

    kind: DeviceKind
    command: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    seconds: Annotated[float, Field(ge=1, le=100)] = 30
    """After this it is killed; an order stands for 120 seconds."""


class WindowSettings(Settings):
    """The whole file."""

    zone: ZoneSettings
    scan: ScanSettings
    drivers: Annotated[tuple[DriverSettings, ...], Field(max_length=5)] = ()
    poll_seconds: Annotated[float, Field(ge=0.2, le=60)] = 2
    """How often the platform is asked what was ordered."""
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _one_of_a_kind(self) -> Self:
        kinds = [driver.kind for driver in self.drivers]
        if len(set(kinds)) != len(kinds):
            raise ValueError("每种设备只能有一个驱动")
        return self

    def driver(self, kind: str) -> DriverSettings | None:
        """The driver for a kind of device, if there is one."""
        return next((driver for driver in self.drivers if driver.kind == kind), None)
