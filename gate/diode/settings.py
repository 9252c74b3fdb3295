"""The one-way link's settings: one file for each end."""

from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gate.diode.frame import MAX_SYMBOL, OVERHEAD, UDP_IP_BYTES
from gate.diode.promise import Promise
from kernel.program.settings import FolderSettings, LogSettings
from kernel.settings import Settings

_ALIGNMENT = 64
"""Symbols of whole cache lines are coded fastest."""


class WireSettings(Settings):
    """``[link]``: where datagrams go to, or arrive; nothing ever comes back."""

    address: IPv4Address
    port: Annotated[int, Field(ge=1, le=65535)]
    key: Path
    mtu: Annotated[int, Field(ge=576, le=9000)] = 1500
    receive_buffer_bytes: Annotated[int, Field(ge=65_536, le=2_147_483_647)] = 33_554_432
    """The receiving socket's buffer; the end does not start when the kernel grants less."""

    @property
    def symbol(self) -> int:
        """Bytes of a symbol, so that a datagram fills a frame and is never cut in two."""
        room = self.mtu - UDP_IP_BYTES - OVERHEAD
        return min(MAX_SYMBOL, room - room % _ALIGNMENT)


class PromiseSettings(Settings):
    """``[promise]``: what the link is to survive; parity follows from it."""

    loss: Annotated[float, Field(ge=0, le=0.3)] = 0.05
    burst: Annotated[int, Field(ge=0, le=2000)] = 300
    depth: Annotated[int, Field(ge=1, le=256)] = 32
    full: Annotated[int, Field(ge=1, le=240)] = 200

    @property
    def promise(self) -> Promise:
        """For the coder."""
        return Promise(self.loss, self.burst, self.depth, self.full)

    @model_validator(mode="after")
    def _require_code(self) -> Self:
        self.promise.parity(self.full)
        return self


class PaceSettings(Settings):
    """``[pace]``: bytes a second on the wire. Nobody can say "slower", so it is always set."""

    bytes_per_second: Annotated[int, Field(ge=10_000, le=10_000_000_000)] = 60_000_000


class BoundSettings(Settings):
    """``[bounds]``: what the receiving end keeps at most, and how long it waits."""

    open_files: Annotated[int, Field(ge=8, le=1024)] = 256
    open_bytes: Annotated[int, Field(ge=1_048_576, le=8_589_934_592)] = 134_217_728
    """Memory for blocks that are not whole yet."""
    file_bytes: Annotated[int, Field(ge=1024, le=1_099_511_627_776)] = 214_748_364_800
    quiet_seconds: Annotated[float, Field(ge=0.5, le=3600)] = 30
    """A file of which nothing came for so long is given up."""
    silent_seconds: Annotated[float, Field(ge=2, le=86_400)] = 60
    """The sending end says something every second; after this it is taken to be dead."""
    memory_bytes: Annotated[int, Field(ge=268_435_456, le=68_719_476_736)] = 2_147_483_648
    """Address space of the receiving process, which reads what a foreign network sends."""


class LinkSettings(Settings):
    """One end of the link; ``drop`` is the gate's drop folder on this side."""

    end: Literal["send", "receive"]
    drop: FolderSettings
    state: FolderSettings
    """Where the end remembers its session and publishes its facts; the spool's folder when a
    zone's console is to show them."""
    link: WireSettings
    promise: PromiseSettings = PromiseSettings()
    pace: PaceSettings = PaceSettings()
    bounds: BoundSettings = BoundSettings()
    log: LogSettings = LogSettings()
