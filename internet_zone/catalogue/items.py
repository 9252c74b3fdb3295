"""The portal's edition of the service items (事项清单), read from ``items.toml`` at start.

The wording of conditions, times and fees is to be confirmed against the official guide before a
legal deployment; a correction is an edit of the file.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from kernel.settings import Settings

MODES = {"fusion": "网上申请，到窗口核验", "online": "全程网上办理"}
ROLES = {
    "transferor": "转让方",
    "transferee": "受让方",
    "mortgagor": "抵押人",
    "mortgagee": "抵押权人",
    "holder": "权利人",
}


class MaterialRule(Settings):
    """One material an item asks for."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    title: str
    required: bool
    hint: str = ""


class Fact(Settings):
    """One question of the item's form."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: str
    hint: str = ""
    required: bool = True
    pattern: str = r".{0,200}"


class Item(Settings):
    """One service item as the portal offers it."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    title: str
    summary: str
    promised: str
    fee: str
    applicant_role: Literal["transferor", "transferee", "mortgagor", "mortgagee", "holder"]
    other_roles: list[Literal["transferor", "transferee", "mortgagor", "mortgagee", "holder"]]
    declaration: str
    materials: list[MaterialRule]
    facts: list[Fact]

    def material(self, code: str) -> MaterialRule | None:
        """The rule of a material code."""
        return next((rule for rule in self.materials if rule.code == code), None)


class _File(Settings):
    item: list[Item]


def load_items() -> Mapping[str, Item]:
    """Items by code, in the file's order."""
    path = Path(__file__).with_name("items.toml")
    found = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
    return {item.code: item for item in found.item}
