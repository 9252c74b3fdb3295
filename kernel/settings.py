"""One TOML file per process, read whole into a frozen model; no environment overlay.

On an audited host the file must be the whole truth: an unknown key, a missing key and a value of
the wrong kind are refused at start, with the file and the key named.
"""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from kernel.errors import SettingsError


class Settings(BaseModel):
    """Base of every settings table: frozen, unknown keys forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)


SettingsModel = TypeVar("SettingsModel", bound=Settings)

_KINDS = {
    "extra_forbidden": "未知的配置项",
    "missing": "缺少配置项",
}


def load(path: Path, model: type[SettingsModel]) -> SettingsModel:
    """Read ``path`` as ``model``.

    Raises :class:`kernel.errors.SettingsError` with code ``settings_missing`` (no such file),
    ``settings_unreadable`` (not TOML), or ``settings_invalid`` (wrong keys or values); the message
    names the file and every wrong key, never a value, because values may be secret paths.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise SettingsError("settings_missing", f"找不到配置文件 {path}") from None
    except OSError as error:
        raise SettingsError(
            "settings_unreadable", f"配置文件 {path} 无法读取：{error.strerror}"
        ) from error
    try:
        table = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            "settings_unreadable", f"配置文件 {path} 不是有效的 TOML：{error}"
        ) from error
    try:
        return model.model_validate(table)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in found['loc']) or '（整个文件）'}："
            f"{_KINDS.get(found['type'], '值不正确（' + found['msg'] + '）')}"
            for found in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsError(
            "settings_invalid", f"配置文件 {path} 有误——" + "；".join(lines), file=str(path)
        ) from None
