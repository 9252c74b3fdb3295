"""What the machine must have: tools, the coding library, drives, sticks, events."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import pyudev

from ferry import tray
from ferry.doctor.finding import Finding, bad, good, warning
from ferry.dvdisaster import TOOL as DVDISASTER
from ferry.settings import FerrySettings
from ferry.sticks import is_registered, is_stick
from kernel.erasure import Erasure
from kernel.errors import UnavailableError

XORRISO_OLDEST: Final = (1, 5, 4)
"""Debian 12's, whose words :mod:`ferry.xorriso` reads."""
POLL_MSECS: Final = "sys/module/block/parameters/events_dfl_poll_msecs"
RECEIVE_BUFFER: Final = "proc/sys/net/core/rmem_default"
RECEIVE_LEAST: Final = 212_992
"""Bytes the kernel gives every socket by itself; a service without rights has no more."""
RULES: Final = "70-tongban-ferry.rules"
_VERSION: Final = re.compile(r"xorriso version\s*:\s*(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine below ``root``, which is ``/`` but in tests."""

    settings: FerrySettings
    root: Path = Path("/")

    def findings(self) -> Iterator[Finding]:
        """Everything about the machine."""
        yield self.xorriso()
        yield from self.tools()
        yield self.erasure()
        yield from self.drives()
        if self._listens:
            yield self.polling()
            yield self.receive_buffer()
            yield self.rules()
        yield from self.sticks()

    @property
    def _listens(self) -> bool:
        """Whether anything is waited for; a writing station asks its drive by itself."""
        watched = self.settings.watch.devices or self.settings.medium.usb_serials
        return self.settings.side == "ingest" and bool(watched)

    def _optical(self) -> list[Path]:
        named = {self.settings.medium.device, *map(Path, self.settings.watch.devices)}
        return sorted(path for path in named if tray.is_optical(path))

    def xorriso(self) -> Finding:
        """The program that writes and lists images."""
        remedy = "安装 Debian 软件包 xorriso（1.5.4 或更高版本）"
        found = shutil.which("xorriso")
        if found is None:
            return bad("xorriso", "没有安装 xorriso，无法读写介质", remedy)
        done = subprocess.run(
            [found, "-version"], capture_output=True, text=True, check=False, timeout=60
        )
        version = _VERSION.search(done.stdout + done.stderr)
        if version is None:
            return bad("xorriso", "xorriso 不能运行", remedy)
        number = tuple(int(part) for part in version.groups())
        words = ".".join(version.groups())
        if number < XORRISO_OLDEST:
            return bad("xorriso", f"xorriso {words} 过旧", remedy)
        return good("xorriso", f"xorriso {words}")

    def tools(self) -> Iterator[Finding]:
        """Programs that only some stations need."""
        if self._optical():
            if shutil.which(tray.TOOL):
                yield good("eject", "eject 已安装")
            else:
                yield warning(
                    "eject", "没有安装 eject，托盘不会自动开关", "安装 Debian 软件包 eject"
                )
        if shutil.which(DVDISASTER):
            yield good("dvdisaster", "dvdisaster 已安装，可制作带 RS03 的归档副本")
        else:
            yield good("dvdisaster", "没有安装 dvdisaster（可选，只用于归档副本的 RS03 纠错）")

    def erasure(self) -> Finding:
        """The coding library: a row is coded, sectors are lost, and they must come back."""
        medium = self.settings.medium
        remedy = "安装 Debian 软件包 libisal2，并检查内存和处理器"
        rows = [bytes([number + 1]) * 64 for number in range(medium.repair_data)]
        try:
            code = Erasure(medium.repair_data, medium.repair_parity)
            whole = dict(enumerate([*rows, *code.encode(rows)]))
        except (UnavailableError, OSError, ValueError) as error:
            return bad("libisal", f"纠错库不能使用（{error}）", remedy)
        for lost in range(min(medium.repair_parity, medium.repair_data)):
            del whole[lost]
        if code.restore(whole) != rows:
            return bad("libisal", "纠错库算错了，写出的介质将无法修复", remedy)
        words = f"每 {medium.repair_data} 个扇区可恢复任意 {medium.repair_parity} 个"
        return good("libisal", f"纠错库正常，{words}")

    def drives(self) -> Iterator[Finding]:
        """Every drive the settings name is there and may be opened."""
        optical = self._optical()
        for device in optical:
            if not device.exists():
                yield bad("drive", f"没有光驱 {device}", "检查接线、驱动（modprobe sr_mod）和配置")
            elif not os.access(device, os.R_OK | os.W_OK):
                yield bad(
                    "drive",
                    f"无权打开光驱 {device}",
                    "把运行账号加入 tongban-ferry 组",
                )
            else:
                yield good("drive", f"光驱 {device} 可以打开")
        device = self.settings.medium.device
        if device in optical:
            return
        if device.exists() and stat.S_ISBLK(device.stat().st_mode):
            yield good("drive", f"存储设备 {device} 已接入")
        elif str(device).startswith("/dev/"):
            yield warning("drive", f"存储设备 {device} 没有接入", "需要时插入已登记的 U 盘")
        elif device.parent.is_dir() and os.access(device.parent, os.W_OK):
            yield good("drive", f"映像文件 {device}")
        else:
            yield bad("drive", f"映像文件的目录 {device.parent} 不可写", "改正 medium.device")

    def polling(self) -> Finding:
        """Without polling the kernel raises no event for an inserted disc (FERRY trap)."""
        path = self.root / POLL_MSECS
        remedy = f"安装 {RULES} 后重启，或 echo 2000 > /{POLL_MSECS}"
        try:
            value = int(path.read_text("ascii"))
        except (OSError, ValueError):
            return warning("polling", f"读不到 /{POLL_MSECS}", remedy)
        if value <= 0:
            return bad("polling", "内核不查询光驱，放入介质没有任何事件", remedy)
        return good("polling", f"内核每 {value} 毫秒查询一次光驱")

    def receive_buffer(self) -> Finding:
        """Events that do not fit the socket's buffer are lost until the next periodic look."""
        remedy = f"sysctl net.core.rmem_default={RECEIVE_LEAST}"
        try:
            value = int((self.root / RECEIVE_BUFFER).read_text("ascii"))
        except (OSError, ValueError):
            return warning("receive_buffer", f"读不到 /{RECEIVE_BUFFER}", remedy)
        if value < RECEIVE_LEAST:
            return warning("receive_buffer", f"事件缓冲只有 {value} 字节，可能丢事件", remedy)
        return good("receive_buffer", f"事件缓冲 {value} 字节")

    def rules(self) -> Finding:
        """The udev rules are those of this version."""
        remedy = f"把 ferry/host/{RULES} 装到 /etc/udev/rules.d/ 并重启"
        shipped = resources.files("ferry.host").joinpath(RULES).read_bytes()
        try:
            installed = (self.root / "etc/udev/rules.d" / RULES).read_bytes()
        except OSError:
            return warning("udev_rules", f"没有安装 {RULES}，桌面程序可能抢先挂载介质", remedy)
        if installed != shipped:
            return warning("udev_rules", f"{RULES} 与本版本附带的不同", remedy)
        return good("udev_rules", f"{RULES} 已安装")

    def sticks(self) -> Iterator[Finding]:
        """Registered sticks, and strangers that are plugged in now."""
        serials = self.settings.medium.usb_serials
        doubles = {serial for serial in serials if serials.count(serial) > 1}
        if doubles:
            yield warning("sticks", "usb_serials 有重复的序列号", "删去重复项")
        plugged = [
            device
            for device in pyudev.Context().list_devices(subsystem="block", DEVTYPE="disk")
            if is_stick(device)
        ]
        strangers = [device for device in plugged if not is_registered(device, serials)]
        for device in strangers:
            yield warning(
                "sticks",
                f"{device.device_node} 上的 U 盘没有登记，不会读写",
                "拔下；如确需使用，登记其序列号（见系统管理员手册）",
            )
        if not doubles and not strangers:
            yield good("sticks", f"已登记 U 盘 {len(serials)} 个，接入 {len(plugged)} 个")
