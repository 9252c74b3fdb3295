"""What the kernel and udev may say of a device, by umockdev: which of it is a registered stick."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("umockdev-run") is None, reason="umockdev is not installed"
)
SERIAL = "60A44C413FDF"
MAKE = "Kingston_DataTraveler_3.0"
PCI = "/devices/pci0000:00/0000:00:14.0"
ON_USB = f"{PCI}/usb1/1-1/1-1:1.0/host9/target9:0:0/9:0:0:0/block"
ON_SATA = "/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block"
OURS = {"ID_FS_LABEL": "TONGBAN_JY000001"}
LOOK = """
import json, sys
from pathlib import Path
from ferry.sticks import require_registered
from kernel.errors import TongbanError
device, serials = Path(sys.argv[1]), json.loads(sys.argv[2])
assert device.is_block_device()
try:
    print(json.dumps({"stick": require_registered(device, serials)}))
except TongbanError as error:
    print(json.dumps(error.as_json()))
"""


@dataclass(frozen=True)
class Plugged:
    """One device as the kernel names it, and what udev found out."""

    node: str
    path: str
    properties: dict[str, str]
    numbers: tuple[int, int] = (65, 144)

    def described(self) -> str:
        """In umockdev's format: the USB device above, and the block device."""
        major, minor = self.numbers
        said = {
            "DEVNAME": f"/dev/{self.node}",
            "DEVTYPE": "disk",
            "MAJOR": str(major),
            "MINOR": str(minor),
            "SUBSYSTEM": "block",
            **self.properties,
        }
        lines = [f"P: {self.path}/{self.node}", f"N: {self.node}"]
        lines += [f"E: {name}={value}" for name, value in sorted(said.items())]
        lines += [f"A: dev={major}:{minor}", ""]
        if "/usb1/" in self.path:
            hub = [f"P: {PCI}/usb1/1-1", "E: DEVTYPE=usb_device", "E: SUBSYSTEM=usb", ""]
            lines = hub + lines
        return "\n".join(lines) + "\n"


def seen(folder: Path, device: Plugged, serials: list[str]) -> dict[str, object]:
    """What the ferry makes of ``device`` where ``serials`` are registered."""
    file = folder / "device.umockdev"
    file.write_text(device.described())
    program = [sys.executable, "-c", LOOK, f"/dev/{device.node}", json.dumps(serials)]
    said = subprocess.check_output(["umockdev-run", "--device", str(file), "--", *program])
    answer: dict[str, object] = json.loads(said)
    return answer


def usb(**properties: str) -> Plugged:
    return Plugged("sdz", ON_USB, {"ID_BUS": "usb", **OURS, **properties})


@pytest.mark.parametrize(
    ("device", "serials"),
    [
        (usb(ID_SERIAL=f"{MAKE}_{SERIAL}", ID_SERIAL_SHORT=SERIAL), [SERIAL]),
        (usb(ID_SERIAL=f"{MAKE}_{SERIAL}", ID_SERIAL_SHORT=SERIAL), [f"{MAKE}_{SERIAL}"]),
    ],
    ids=["by its number", "by its number with its make"],
)
def test_a_registered_stick_is_one(tmp_path: Path, device: Plugged, serials: list[str]) -> None:
    assert seen(tmp_path, device, serials) == {"stick": True}


@pytest.mark.parametrize(
    ("device", "serials"),
    [
        (usb(ID_SERIAL=f"{MAKE}_0001", ID_SERIAL_SHORT="0001"), [SERIAL]),
        (usb(ID_SERIAL=f"{MAKE}_{SERIAL}", ID_SERIAL_SHORT=SERIAL), [SERIAL[:-1], SERIAL.lower()]),
        (usb(ID_SERIAL=MAKE), [MAKE]),
        (usb(), [SERIAL, ""]),
        # A stick may call itself what it likes; it hangs on USB all the same.
        (usb(ID_BUS="ata", ID_CDROM="1", ID_SERIAL_SHORT="0001"), [SERIAL]),
    ],
    ids=["another", "nearly the same", "a make without a number", "nothing said", "in disguise"],
)
def test_any_other_stick_is_refused(tmp_path: Path, device: Plugged, serials: list[str]) -> None:
    assert seen(tmp_path, device, serials)["error"] == "stick_unregistered"


@pytest.mark.parametrize(
    "device",
    [
        Plugged("sda", ON_SATA, {"ID_BUS": "ata", "ID_SERIAL_SHORT": "S1"}, (8, 0)),
        Plugged("sr0", ON_USB, {"ID_BUS": "usb", "ID_CDROM": "1", **OURS}, (11, 0)),
    ],
    ids=["a built-in disk", "an optical drive on USB"],
)
def test_what_is_no_stick_needs_no_number(tmp_path: Path, device: Plugged) -> None:
    assert seen(tmp_path, device, []) == {"stick": False}
