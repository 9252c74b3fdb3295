"""The rules of clocks, read from ``rules.toml``: length, basis and words of each."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from extranet_zone.clocks.states import NUMBERS, ClockKind
from kernel.errors import SettingsError
from kernel.settings import Settings

RULES_FILE: Final = Path(__file__).with_name("rules.toml")

Measure = Literal["working_days", "half_days", "promised_days", "seconds", "open"]


class ClockRule(Settings):
    """One kind of clock; ``length`` counts in what ``measure`` names (0 for what has none)."""

    kind: ClockKind
    measure: Measure
    length: Annotated[int, Field(ge=0, le=86_400)]
    starts: str
    ends: str
    basis: Annotated[str, Field(min_length=4, max_length=200)]
    wording: Annotated[str, Field(min_length=4, max_length=300)]

    @property
    def number(self) -> str:
        """The plan's number, ``C1`` to ``C9``."""
        return NUMBERS[self.kind]


class _File(Settings):
    clock: list[ClockRule]


ClockRules = Mapping[ClockKind, ClockRule]


def load_rules(path: Path = RULES_FILE) -> ClockRules:
    """The rule of every kind.

    Raises :class:`SettingsError` with code ``clock_rules_invalid`` when the file cannot be read, a
    kind is missing or stands twice.
    """
    try:
        rules = _File.model_validate(tomllib.loads(path.read_text("utf-8"))).clock
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError("clock_rules_invalid", f"时限规则文件 {path.name} 有误") from error
    found = {rule.kind: rule for rule in rules}
    if len(found) != len(rules) or set(found) != set(ClockKind):
        raise SettingsError("clock_rules_invalid", f"时限规则文件 {path.name} 须恰好列出每种时限")
    return found
