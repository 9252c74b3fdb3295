"""``--check``: whether an agent with these settings could work, each finding by itself."""

import shutil
from dataclasses import dataclass

from extranet_zone.window.agent.folder import ScanFolder
from extranet_zone.window.agent.settings import WindowSettings
from extranet_zone.window.agent.zone import Zone
from kernel.errors import EXIT_OK, EXIT_UNAVAILABLE, TongbanError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``code`` and ``exit_code`` are those of what is wrong."""

    what: str
    words: str
    code: str = ""
    exit_code: int = EXIT_OK

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"what": self.what, "ok": not self.code, "code": self.code, "message": self.words}


def findings(settings: WindowSettings) -> list[Finding]:
    """Everything looked at; nothing is started and nothing sent but one question."""
    return [_folder(settings), *_drivers(settings), _zone(settings)]


def _folder(settings: WindowSettings) -> Finding:
    try:
        folder = ScanFolder(settings.scan)
    except (TongbanError, OSError) as error:
        words = (
            error.message
            if isinstance(error, TongbanError)
            else f"扫描目录不可用：{error.strerror}"
        )
        return Finding("scan", words, "folder_unavailable", EXIT_UNAVAILABLE)
    waiting, refused = len(folder.claimed()), folder.refused_count()
    return Finding("scan", f"扫描目录可用，待发送 {waiting} 个，拒收 {refused} 个")


def _drivers(settings: WindowSettings) -> list[Finding]:
    found = []
    for driver in settings.drivers:
        program = driver.command[0]
        if shutil.which(program) is None:
            words = f"找不到驱动程序 {program}"
            found.append(Finding(driver.kind, words, "driver_missing", EXIT_UNAVAILABLE))
        else:
            found.append(Finding(driver.kind, f"驱动程序 {program} 可以启动"))
    return found


def _zone(settings: WindowSettings) -> Finding:
    try:
        zone = Zone(settings.zone)
        try:
            name, authority = zone.whoami()
        finally:
            zone.close()
    except TongbanError as error:
        return Finding("zone", error.message, error.code, error.exit_code)
    except OSError as error:
        words = f"证书文件不可用：{error}"
        return Finding("zone", words, "zone_unreachable", EXIT_UNAVAILABLE)
    return Finding("zone", f"登记平台应答：窗口“{name}”，登记机构 {authority}")
