"""Claims about the catalogue of service items."""

from pathlib import Path

import pytest

from extranet_zone.catalogue.schema import Effect
from extranet_zone.catalogue.services import ITEMS_FOLDER, load_catalogue
from kernel.errors import NotFoundError, SettingsError
from kernel.vocabulary.dictionaries import RegistrationType, RightType

SPEC = Path(__file__).parents[3] / "docs" / "spec" / "catalogue-item-v1.md"


def one_item(
    folder: Path, change: tuple[str, str] = ("", ""), name: str = "transfer-existing"
) -> None:
    text = (ITEMS_FOLDER / "transfer-existing.toml").read_text("utf-8")
    assert change[0] in text
    (folder / f"{name}.toml").write_text(text.replace(*change) if change[0] else text, "utf-8")


def test_the_four_items_have_their_effects_and_spatial_review() -> None:
    found = {item.code: (item.effect, item.spatial_review) for item in load_catalogue()}
    assert found == {
        "transfer-existing": (Effect.TRANSFER, True),
        "mortgage-first": (Effect.MORTGAGE, True),
        "mortgage-cancel": (Effect.MORTGAGE_CANCELLATION, False),
        "change-details": (Effect.HOLDER_CHANGE, False),
    }


def test_every_item_uses_codes_of_the_standard() -> None:
    for item in load_catalogue():
        assert RegistrationType.has(item.registration_type)
        assert RightType.has(item.right_type)


def test_every_basis_is_marked_as_to_be_confirmed() -> None:
    assert all("[K]" in item.basis for item in load_catalogue())


def test_every_key_of_an_item_is_in_the_specification() -> None:
    spec = SPEC.read_text("utf-8")
    for item in load_catalogue():
        assert all(f"`{key}`" in spec or f"[[{key}]]" in spec for key in type(item).model_fields)
        assert all(f"`{fact.code}`" in spec for fact in item.facts)


def test_an_unknown_item_is_not_found_but_keeps_a_title() -> None:
    catalogue = load_catalogue()
    with pytest.raises(NotFoundError, match="item_unknown"):
        catalogue.item("no-such-item")
    assert catalogue.title_of("no-such-item") == "no-such-item"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("promised_working_days = 5", "promised_working_days = 31"), "promised_working_days"),
        (('effect = "transfer"', 'effect = "gift"'), "effect"),
        (("edition = 1", "edition = 1\ncolour = 1"), "colour"),
        (('code = "identity"', 'code = "contract"'), "整个文件"),
        (('registration_type = "200"', 'registration_type = "20"'), "registration_type"),
    ],
)
def test_a_wrong_item_stops_the_start_and_is_named(
    tmp_path: Path, change: tuple[str, str], key: str
) -> None:
    one_item(tmp_path, change)
    with pytest.raises(SettingsError, match="catalogue_invalid") as refused:
        load_catalogue(tmp_path)
    assert "transfer-existing.toml" in refused.value.message
    assert key in refused.value.message


def test_a_file_must_be_named_after_its_item(tmp_path: Path) -> None:
    one_item(tmp_path, name="other")
    with pytest.raises(SettingsError, match="catalogue_invalid"):
        load_catalogue(tmp_path)


def test_a_catalogue_without_items_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="catalogue_empty"):
        load_catalogue(tmp_path)


def test_a_file_that_is_no_toml_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("code = ", "utf-8")
    with pytest.raises(SettingsError, match="catalogue_unreadable"):
        load_catalogue(tmp_path)
