"""What every command of the gate begins with."""

from pathlib import Path

from gate.settings import GateSettings
from kernel.errors import SettingsError
from kernel.facts import CarrierFacts
from kernel.program.settings import load_resolved


def load_side(path: Path, side: str | None = None) -> GateSettings:
    """The settings, whose folders must exist.

    Raises :class:`SettingsError`: ``gate_side`` when ``side`` is given and the file is the other
    side's, ``folder_missing``.
    """
    settings = load_resolved(path, GateSettings)
    if side is not None and settings.side != side:
        raise SettingsError("gate_side", f"配置文件 {path} 是另一侧的，本命令需要 side = {side}")
    for folder in (settings.spool.folder, settings.drop.folder):
        if not folder.is_dir():
            raise SettingsError("folder_missing", f"配置中的目录 {folder} 不存在")
    return settings


def facts_of(path: Path) -> tuple[str, CarrierFacts | None]:
    """This side's program and what it said last; its folders need not be there for that."""
    settings = load_resolved(path, GateSettings)
    program = f"gate-{settings.side}"
    return program, CarrierFacts.read(settings.spool.folder, program)
