"""Which USB sticks may be read or written: those whose serial number the settings name.

A serial number tells sticks apart, it proves nothing: sticks without one, and makes that give every
stick the same one, are not to be registered. What proves a medium is its signed cover sheet.
"""

import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final

import pyudev

from ferry.tray import is_optical
from kernel.errors import ForbiddenError, UnavailableError

UNREGISTERED: Final = "stick_unregistered"
_MAX_SERIAL: Final = 128


def is_stick(device: pyudev.Device) -> bool:
    """Whether a disk or partition hangs on USB, whatever it says about itself; no optical drive."""
    if is_optical(Path(device.device_node or "")):
        return False
    return device.find_parent("usb", "usb_device") is not None


def is_registered(device: pyudev.Device, serials: Collection[str]) -> bool:
    """Whether a stick's serial number, short or with its make, is among ``serials``."""
    properties = device.properties
    short = properties.get("ID_SERIAL_SHORT", "")
    # Without a number of its own the long form is the make alone.
    return bool(short) and (short in serials or properties.get("ID_SERIAL", "") in serials)


def require_registered(path: Path, serials: Collection[str]) -> bool:
    """Let pass what is no USB stick, and sticks that are registered; answers whether it is one.

    Raises :class:`ForbiddenError` (``stick_unregistered``), and :class:`UnavailableError`
    (``medium_gone``) when the device goes meanwhile.
    """
    try:
        about = path.stat()
    except OSError:
        return False  # Whoever opens it says what is wrong.
    if not stat.S_ISBLK(about.st_mode):
        return False
    try:
        device = pyudev.Devices.from_device_number(pyudev.Context(), "block", about.st_rdev)
    except pyudev.DeviceNotFoundError:
        raise UnavailableError("medium_gone", "介质已被取出或设备断开，请重新放入") from None
    stick = is_stick(device)
    if stick and not is_registered(device, serials):
        properties = device.properties
        serial = properties.get("ID_SERIAL_SHORT") or properties.get("ID_SERIAL", "")
        raise ForbiddenError(
            UNREGISTERED,
            "U 盘没有登记，不读也不写；如确需使用，由系统管理员登记序列号",
            serial=serial[:_MAX_SERIAL],
        )
    return stick
