"""Claims about the portal's catalogue: it asks for what the platform behind it expects."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from internet_zone.catalogue.items import Fact, Item, load_items

PLATFORM = Path(__file__).parents[3] / "extranet_zone" / "catalogue" / "items"
ITEMS = load_items()


def test_the_portal_offers_what_the_platform_has() -> None:
    assert set(ITEMS) == {path.stem for path in PLATFORM.glob("*.toml")}


@pytest.mark.parametrize("item", ITEMS.values(), ids=list(ITEMS))
def test_both_ask_for_the_same(item: Item) -> None:
    platform: dict[str, Any] = tomllib.loads((PLATFORM / f"{item.code}.toml").read_text("utf-8"))
    assert item.title == platform["title"]
    assert item.promised_working_days == platform["promised_working_days"]
    assert set(item.roles) == {party["role"] for party in platform["parties"]}
    assert [fact.code for fact in item.facts] == [fact["code"] for fact in platform["facts"]]
    asked = [(rule.code, rule.title, rule.required) for rule in item.materials]
    expected = [(rule["code"], rule["title"], rule["required"]) for rule in platform["materials"]]
    assert asked == [*expected, ("other", "其他材料", False)]


def test_an_amount_and_only_an_amount_is_kept_in_fen() -> None:
    with pytest.raises(ValueError, match="_fen"):
        Fact(code="amount", title="金额", kind="yuan")
    with pytest.raises(ValueError, match="options"):
        Fact(code="kind", title="方式", kind="choice")
    assert Fact(code="price_fen", title="价款", kind="yuan").shown("123456") == "1,234.56 元"


def test_the_portals_specification_names_every_field_and_material() -> None:
    text = (Path(__file__).parents[3] / "docs" / "spec" / "portal-forms.md").read_text("utf-8")
    for item in ITEMS.values():
        names = [item.code, *item.roles, *(fact.field for fact in item.facts)]
        names += [rule.code for rule in item.materials]
        assert [name for name in names if f"`{name}`" not in text] == []
