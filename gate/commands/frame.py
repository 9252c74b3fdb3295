"""What every command of the gate begins with."""

import tomllib
from pathlib import Path

from gate.diode.settings import LinkSettings
from gate.settings import GateSettings
from kernel import logs
from kernel.errors import SettingsError
from kernel.facts import CarrierFacts
from kernel.program.settings import load_resolved


def load_side(path: Path, side: str | None = None) -> GateSettings:
    """The settings, whose folders must exist.

    Raises :class:`SettingsError`: ``gate_side`` when ``side`` is given and the file is the other
    side's, ``folder_missing``.
    """
    settings = load_resolved(path, GateSettings)
    logs.at_level(settings.log.level)
    if side is not None and settings.side != side:
        raise SettingsError("gate_side", f"配置文件 {path} 是另一侧的，本命令需要 side = {side}")
    for folder in (settings.spool.folder, settings.drop.folder):
        if not folder.is_dir():
            raise SettingsError("folder_missing", f"配置中的目录 {folder} 不存在")
    return settings


def facts_of(path: Path) -> tuple[str, CarrierFacts | None]:
    """The program whose settings these are and what it said last; its folders may be missing.

    The file is one of the gate's sides, or, with ``end``, one of the one-way link's ends.
    """
    if _is_link(path):
        link = load_resolved(path, LinkSettings)
        return f"gate-link-{link.end}", CarrierFacts.read(
            link.state.folder, f"gate-link-{link.end}"
        )
    settings = load_resolved(path, GateSettings)
    program = f"gate-{settings.side}"
    return program, CarrierFacts.read(settings.spool.folder, program)


def _is_link(path: Path) -> bool:
    try:
        return "end" in tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        # Whoever loads it properly says what is wrong.
        return False
