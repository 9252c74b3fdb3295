"""The portal's edition of the service items (事项清单), read from ``items.toml`` at start.

The wording of conditions, times and fees is to be confirmed against the official guide before a
legal deployment; a correction is an edit of the file.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from kernel.settings import Settings
from kernel.vocabulary.effects import ROLE_PATTERN, CaseRole

MODES: Final = {"fusion": "网上申请，到窗口核验", "online": "全程网上办理"}
MODE_HINTS: Final = {
    "fusion": "材料在网上提交，到家门口的任一“全豫通办”窗口核验一次",
    "online": "全程不见面，办结后在本平台下载电子证书",
}
ROLES: Final = {role.value: role.label for role in CaseRole}
Role = Annotated[str, Field(pattern=ROLE_PATTERN)]
FEN_SUFFIX: Final = "_fen"
YUAN_SUFFIX: Final = "_yuan"


class MaterialRule(Settings):
    """One material an item asks for."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    title: Annotated[str, Field(min_length=2, max_length=30)]
    required: bool
    hint: str = ""


class Fact(Settings):
    """One question of the item's form.

    ``yuan`` is asked in yuan and kept in fen, so its code ends in ``_fen``; ``choice`` has
    ``options``, pairs of code and words; ``date`` may say which date it must not lie before.
    """

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: Annotated[str, Field(min_length=2, max_length=40)]
    kind: Literal["text", "yuan", "choice", "date"] = "text"
    hint: str = ""
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()
    not_before: str = ""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Fact":
        if (self.kind == "choice") != bool(self.options):
            raise ValueError("a choice, and only a choice, has options")
        if (self.kind == "yuan") != self.code.endswith(FEN_SUFFIX):
            raise ValueError("an amount, and only an amount, has a code in _fen")
        return self

    @property
    def field(self) -> str:
        """The name of its form field."""
        if self.kind == "yuan":
            return self.code.removesuffix(FEN_SUFFIX) + YUAN_SUFFIX
        return self.code

    def shown(self, value: str) -> str:
        """The answer as people read it."""
        if self.kind == "yuan" and value.isdecimal():
            yuan, fen = divmod(int(value), 100)
            return f"{yuan:,}.{fen:02d} 元"
        return dict(self.options).get(value, value)


class Item(Settings):
    """One service item as the portal offers it."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    title: str
    summary: str
    conditions: list[str]
    basis: str
    promised_working_days: Annotated[int, Field(ge=1, le=30)]
    fee: str
    applicant_role: Role
    other_roles: list[Role]
    share_role: Role | None = None
    """Whose shares are asked for, where the right is shared out."""
    declaration: Annotated[str, Field(min_length=10, max_length=2000)]
    materials: Annotated[list[MaterialRule], Field(min_length=1, max_length=50)]
    facts: list[Fact]

    def material(self, code: str) -> MaterialRule | None:
        """The rule of a material code."""
        return next((rule for rule in self.materials if rule.code == code), None)

    @property
    def promised(self) -> str:
        """The promised time in words."""
        return f"自受理之日起 {self.promised_working_days} 个工作日"

    @property
    def roles(self) -> list[str]:
        """Every role, the applicant's first."""
        return [self.applicant_role, *self.other_roles]


class _File(Settings):
    item: list[Item]


def load_items() -> Mapping[str, Item]:
    """Items by code, in the file's order."""
    path = Path(__file__).with_name("items.toml")
    found = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
    return {item.code: item for item in found.item}
