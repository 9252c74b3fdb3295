"""A test machine in QEMU, in software alone: its drive is filled, its sticks come and go.

QEMU is told by QMP what happens to the hardware; the guest agent runs commands within. Nothing of
the machine outlives it: the root disk is only read, what is written to it is thrown away.
"""

import base64
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from appliance.machine_image import Image

WAIT_SECONDS: Final = 240
"""For anything: software emulation is slow, and the host may be busy."""
_STOP_SECONDS: Final = 30
_LOOK_SECONDS: Final = 0.3


class MachineError(RuntimeError):
    """QEMU or the guest agent answered with an error."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ran within the machine: its exit code and what it printed."""

    code: int
    raw: bytes
    words: str

    @property
    def out(self) -> str:
        """What it printed, as text."""
        return self.raw.decode("utf-8", errors="replace")


@dataclass(slots=True)
class Wire:
    """Questions and answers as JSON lines over a socket: QMP, and the guest agent's protocol."""

    path: Path
    greets: bool
    _socket: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_UNIX))
    _rest: bytes = b""

    def open(self) -> None:
        """Connect, and read the greeting where there is one."""
        self._socket.settimeout(WAIT_SECONDS)
        self._socket.connect(str(self.path))
        if self.greets:
            self._line()
            self.ask("qmp_capabilities")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def ask(self, command: str, **arguments: object) -> Any:  # JSON of any shape
        """The answer to ``command``; what QEMU tells meanwhile is passed over."""
        names = {name.replace("_", "-"): value for name, value in arguments.items()}
        question = {"execute": command} | ({"arguments": names} if names else {})
        if command == "qmp_capabilities":
            question = {"execute": command}
        self._socket.sendall(json.dumps(question).encode() + b"\n")
        while True:
            said = json.loads(self._line())
            if "error" in said:
                raise MachineError(f"{command}: {said['error']}")
            if "return" in said:
                return said["return"]

    def _line(self) -> bytes:
        while b"\n" not in self._rest:
            got = self._socket.recv(65536)
            if not got:
                raise MachineError("the machine hung up")
            self._rest += got
        line, _, self._rest = self._rest.partition(b"\n")
        return line


@dataclass(slots=True)
class Machine:
    """A running machine; ``folder`` holds its sockets and the console's log."""

    folder: Path
    qmp: Wire
    agent: Wire
    process: subprocess.Popen[bytes]

    @property
    def console(self) -> str:
        """What the kernel and systemd said on the serial line."""
        return (self.folder / "console.log").read_text("utf-8", errors="replace")

    def run(self, *command: str, give: bytes = b"", check: bool = True) -> Done:
        """Run a command within, as root; ``give`` goes to its standard input."""
        started = self.agent.ask(
            "guest-exec",
            path=command[0],
            arg=list(command[1:]),
            capture_output=True,
            input_data=base64.b64encode(give).decode(),
        )
        state: dict[str, Any] = {}

        def ended() -> bool:
            state.update(self.agent.ask("guest-exec-status", pid=started["pid"]))
            return bool(state["exited"])

        wait_for(ended)
        if state.get("out-truncated"):
            raise MachineError(f"{command}: too much output")
        out, words = (base64.b64decode(state.get(name, "")) for name in ("out-data", "err-data"))
        done = Done(int(state.get("exitcode", -1)), out, words.decode("utf-8", errors="replace"))
        if check and done.code:
            raise MachineError(f"{' '.join(command)}: {done}")
        return done

    def insert(self, disc: Path) -> None:
        """Put ``disc`` into the optical drive, as a person does."""
        self.qmp.ask(
            "blockdev-change-medium",
            **{
                "id": "drive",
                "filename": str(disc),
                "format": "raw",
                "read-only-mode": "read-only",
            },
        )

    def tray_open(self) -> bool:
        """Whether the drive's tray is open."""
        return any(one.get("tray_open", False) for one in self.qmp.ask("query-block"))

    def plug(self, stick: str, content: Path, serial: str, *, slow: int = 0) -> None:
        """Plug in a USB stick that can be written to; ``slow`` is its bytes a second."""
        file = {"driver": "file", "filename": str(content)}
        node: Mapping[str, object] = {"driver": "raw", "file": file}
        if slow:
            self.qmp.ask(
                "object-add",
                qom_type="throttle-group",
                id=f"{stick}-pace",
                limits={"bps-total": slow},
            )
            node = {"driver": "throttle", "throttle-group": f"{stick}-pace", "file": node}
        self.qmp.ask("blockdev-add", node_name=f"{stick}-node", **node)
        self.qmp.ask(
            "device_add",
            driver="usb-storage",
            id=stick,
            bus="usb.0",
            drive=f"{stick}-node",
            serial=serial,
        )

    def unplug(self, stick: str) -> None:
        """Pull it out, whatever is being read."""
        self.qmp.ask("device_del", id=stick)
        nodes = self.qmp.ask("query-named-block-nodes")
        paced = any(
            one["drv"] == "throttle" for one in nodes if one["node-name"] == f"{stick}-node"
        )

        def released() -> bool:
            with suppress(MachineError):
                self.qmp.ask("blockdev-del", node_name=f"{stick}-node")
                return True
            return False

        wait_for(released)
        if paced:
            self.qmp.ask("object-del", id=f"{stick}-pace")


@contextmanager
def machine(folder: Path, image: Image, parcel: Path) -> Iterator[Machine]:
    """Start a machine with the disk ``parcel`` beside its own, and end it.

    Raises :class:`MachineError` when it does not come up.
    """
    qmp, agent = Wire(folder / "qmp", greets=True), Wire(folder / "agent", greets=False)
    with (folder / "qemu.log").open("wb") as log:
        process = subprocess.Popen(
            _command(folder, image, parcel), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    running = Machine(folder, qmp, agent, process)
    try:
        wait_for(lambda: (qmp.path.exists() and agent.path.exists()) or process.poll() is not None)
        if process.poll() is not None:
            raise MachineError((folder / "qemu.log").read_text())
        qmp.open()
        agent.open()
        agent.ask("guest-ping")
        yield running
    finally:
        with suppress(MachineError, OSError):
            qmp.ask("quit")
        qmp.close()
        agent.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(folder: Path, image: Image, parcel: Path) -> list[str]:
    words = "root=/dev/vda rw console=ttyS0 panic=-1 quiet systemd.show_status=1"
    disks = (f"file={image.disk},snapshot=on", f"file={parcel},readonly=on")
    return [
        *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"),
        *("-m", "1024", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-kernel", str(image.kernel), "-initrd", str(image.initrd), "-append", words),
        *(word for disk in disks for word in ("-drive", f"{disk},if=virtio,format=raw")),
        *("-serial", f"file:{folder / 'console.log'}"),
        *("-qmp", f"unix:{folder / 'qmp'},server=on,wait=off"),
        *("-device", "virtio-serial-pci"),
        *("-chardev", f"socket,path={folder / 'agent'},server=on,wait=off,id=agent"),
        *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
        *("-device", "virtio-scsi-pci,id=scsi", "-device", "scsi-cd,bus=scsi.0,id=drive"),
        *("-device", "qemu-xhci,id=usb"),
    ]


def wait_for(so: Callable[[], bool]) -> None:
    """Wait until ``so``; raises :class:`MachineError` when it never comes to be."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not so():
        if time.monotonic() > deadline:
            raise MachineError("it did not happen")
        time.sleep(_LOOK_SECONDS)
