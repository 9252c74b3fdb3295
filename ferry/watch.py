"""Waits for media: udev says when one is inserted, and a periodic look makes up for lost events.

Only the drives and sticks named in the settings are read. A medium of ours in another drive is
logged and left alone; another stick, whatever is on it, is refused on record. A medium is told
apart by its label and volume, so one that stays in the drive is read once.
"""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

import pyudev

from ferry.sticks import is_registered, is_stick
from ferry.tray import is_optical, open_tray
from ferry.writing import LABEL_PREFIX
from kernel.errors import ConflictError, TongbanError, UnavailableError
from kernel.logs import get_logger

_POLL_SECONDS: Final = 0.5

log = get_logger(__name__)


@dataclass(slots=True)
class Watcher:
    """Calls ``ingest(device)`` once for every labelled medium in a registered drive.

    ``ingest`` answers whether everything was admitted; ``refuse`` puts a medium of ours in another
    drive on record; ``signal`` lets people hear or see what became of a medium, once; ``stand`` is
    called at every look.
    """

    devices: frozenset[str]
    serials: frozenset[str]
    ingest: Callable[[Path], bool]
    refuse: Callable[[Path], object]
    signal: Callable[[bool], object]
    stand: Callable[[], object]
    rescan_seconds: float
    _seen: dict[str, str] = field(default_factory=dict)
    _signalled: dict[str, str] = field(default_factory=dict)
    _stopping: bool = False

    def run(self) -> None:
        """Watch until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        context = pyudev.Context()
        while not self._stopping:
            monitor = _monitor(context)
            log.info("ferry.watching", devices=sorted(self.devices), sticks=sorted(self.serials))
            looked = float("-inf")
            while not self._stopping:
                # Level-triggered: an event only makes the look come earlier. The wait is short,
                # because a signal does not end it (PEP 475).
                if time.monotonic() - looked >= self.rescan_seconds:
                    self._look_around(context)
                    self.stand()
                    looked = time.monotonic()
                try:
                    device = monitor.poll(timeout=_POLL_SECONDS)
                except OSError as error:
                    # More events than the socket holds: the look of a new one makes up for them.
                    log.warning("ferry.events_lost", error=error)
                    time.sleep(_POLL_SECONDS)
                    break
                if device is not None:
                    self.consider(device)

    def consider(self, device: pyudev.Device) -> None:
        """Read the medium in ``device`` when it is ours, in a registered place, and new."""
        name = device.device_node or ""
        if device.action == "remove":
            # What udev knew of a stick is still said of it when it has gone.
            self._forget(name)
            return
        label = device.properties.get("ID_FS_LABEL", "")
        stick = device.device_type == "disk" and is_stick(device)
        stranger = stick and not is_registered(device, self.serials)
        if not stranger and not label.startswith(LABEL_PREFIX):
            self._forget(name)
            return
        mark = f"{label} {device.properties.get('ID_FS_UUID', '')}"
        if self._seen.get(name) == mark:
            return
        if not stick and name not in self.devices:
            log.warning("ferry.drive_not_registered", device=name, label=label[:32])
            self._seen[name] = mark
            self.refuse(Path(name))
            self._signal(name, mark, good=False)
            return
        try:
            good = self.ingest(Path(name))
        except TongbanError as error:
            log.error("ferry.ingest_failed", device=name, error=error)
            if not isinstance(error, UnavailableError | ConflictError):
                self._seen[name] = mark  # It will be no better the next time.
            self._signal(name, mark, good=False)
            return
        self._seen[name] = mark
        _eject(name)
        self._signalled.pop(name, None)
        self._signal(name, mark, good=good)

    def _signal(self, name: str, mark: str, *, good: bool) -> None:
        """Once for what is tried again at every look; a success after all is said anew."""
        if self._signalled.get(name) != mark:
            self._signalled[name] = mark
            self.signal(good)

    def _forget(self, name: str) -> None:
        self._seen.pop(name, None)
        self._signalled.pop(name, None)

    def _look_around(self, context: pyudev.Context) -> None:
        for device in context.list_devices(subsystem="block"):
            if device.device_node in self.devices or is_stick(device):
                self.consider(device)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def _monitor(context: pyudev.Context) -> pyudev.Monitor:
    monitor = pyudev.Monitor.from_netlink(context)
    monitor.filter_by(subsystem="block")
    # A service without rights over the network keeps what buffer the kernel gives everybody.
    with suppress(PermissionError):
        monitor.set_receive_buffer_size(16 * 1024 * 1024)
    monitor.start()
    return monitor


def _eject(name: str) -> None:
    """Open the tray of a real optical drive, so that the operator sees it is done."""
    if is_optical(Path(name)):
        try:
            open_tray(Path(name))
        except UnavailableError as error:
            log.warning("ferry.not_ejected", device=name, error=error)
