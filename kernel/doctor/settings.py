"""What a host should be like: ``/etc/tongban/doctor.toml``, written by the deployment."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from kernel.settings import Settings

Names = Annotated[list[str], Field(max_length=1000)]
MIN_LOG_DAYS = 180
"""网络安全法第二十一条: no less than six months."""


class Socket(Settings):
    """A socket that has to listen; all others must not."""

    protocol: Literal["tcp", "udp"]
    address: str
    port: Annotated[int, Field(ge=1, le=65535)]
    program: str
    purpose: str


class Unit(Settings):
    """A unit that has to be enabled and running; ``exposure`` by ``systemd-analyze security``."""

    name: str
    active: bool = True
    exposure: Annotated[float, Field(ge=0, le=10)] | None = None


class FileMode(Settings):
    """Owner, group and mode of a path; the mode may be stricter, never wider."""

    path: str
    owner: str
    group: str
    mode: Annotated[str, Field(pattern=r"^[0-7]{4}$")]
    clause: str
    purpose: str


class Line(Settings):
    """A line a settings file has to hold, as a regular expression; for what nobody can be asked."""

    path: str
    pattern: str
    clause: str
    purpose: str


class Answer(Settings):
    """A command that has to print what matches ``pattern``.

    ``kernel``: it can be asked only where the host has a kernel of its own.
    """

    command: Annotated[list[str], Field(min_length=1, max_length=20)]
    pattern: str
    clause: str
    purpose: str
    kernel: bool = False


class Packages(Settings):
    """``[packages]``."""

    present: Names
    absent: Names
    sources: Names
    """Files that name where software comes from; no other may be there."""


class Accounts(Settings):
    """``[accounts]``: who may sign in, who may become root."""

    people: Names
    administrators: Names
    administrators_group: str
    maximum_days: Annotated[int, Field(ge=1, le=365)]


class Firewall(Settings):
    """``[firewall]``: chains that drop by default, comments of every rule that opens something."""

    table: str
    chains: Names
    openings: Names


class Web(Settings):
    """``[web]``: the console as its visitors meet it."""

    address: str
    port: Annotated[int, Field(ge=1, le=65535)] = 443
    path: str = "/account/sign-in"
    cookie: str
    headers: dict[str, str]


class Logs(Settings):
    """``[logs]``: files that are rotated, and how long everything has to be kept."""

    days: Annotated[int, Field(ge=MIN_LOG_DAYS, le=36_500)]
    rotated: Names


class DoctorSettings(Settings):
    """The whole file."""

    zone: Literal["internet", "extranet", "intranet"]
    version: str
    sockets: list[Socket]
    packages: Packages
    accounts: Accounts
    units: list[Unit]
    masked: Names
    files: list[FileMode]
    lines: list[Line]
    answers: list[Answer]
    sysctl: dict[str, str]
    sshd: dict[str, str]
    firewall: Firewall
    audit_rules: Path
    logs: Logs
    web: Web
    clamd: Path | None = None
    signatures: Path = Path("/var/lib/clamav")
    signature_days: Annotated[int, Field(ge=1, le=365)] = 30
