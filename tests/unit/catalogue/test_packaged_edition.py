"""Claims about the edition that comes with the program: every item of it, and every slot."""

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from extranet_zone.catalogue.document import catalogue_document
from extranet_zone.catalogue.reading import PACKAGED, packaged_number, read_edition
from kernel.catalogue.conditions import subjects_of
from kernel.catalogue.demands import Standing, defects, demands, notice_of_defects
from kernel.catalogue.edition import Edition
from kernel.catalogue.item import Item
from kernel.catalogue.publication import Publication, publication_from, to_bytes
from kernel.catalogue.subjects import Stated, Taken, subjects_of_case
from kernel.catalogue.tables import Fact
from kernel.vocabulary.dictionaries import RegistrationType, RightType
from kernel.vocabulary.effects import Effect

ROOT = Path(__file__).parents[3]
UNIT = "419001001001GB00001F00010001"
ITEMS = read_edition(PACKAGED).items
CONTENT = {2: "b859e83cb86f09fe2b5c2c58f1f3bc44c52c11bfcf14bdddfe5b85b5a60957b5"}
"""What each edition that the program brought consists of: SHA-256 over its files, by number."""
TWENTY = {
    "transfer-existing",
    "transfer-inheritance",
    "transfer-gift",
    "transfer-judgment",
    "transfer-new-home",
    "first-registration-house",
    "change-details",
    "change-unit",
    "cancel-ownership",
    "correction",
    "objection",
    "objection-cancel",
    "advance-notice-purchase",
    "advance-notice-mortgage",
    "advance-notice-transfer",
    "advance-notice-cancel",
    "mortgage-first",
    "mortgage-change",
    "mortgage-transfer",
    "mortgage-cancel",
    "mortgage-maximum",
    "replacement-certificate",
    "residence-first",
    "residence-cancel",
    "easement-first",
    "seizure",
    "seizure-renewal",
    "seizure-release",
}


def answer(fact: Fact) -> str:
    match fact.kind:
        case "yuan":
            return "100"
        case "choice":
            return fact.choices[0][0]
        case "date":
            return "2026-01-05"
        case "number":
            return str(fact.at_least)
        case "area":
            return "98.50"
        case _:
            return "甲"


def complete(item: Item, situation: str, edition: Edition) -> Stated:
    """A case of the item in which nothing is left out."""
    facts = {fact.code: answer(fact) for fact in item.facts}
    facts["situation"] = situation
    if item.fact("ownership"):
        facts["ownership"] = "0"
    parties = [Taken(part.role, part.kinds[0] if part.kinds else "1", "1") for part in item.parties]
    stated = Stated(UNIT, "online", facts, parties)
    needed = demands(edition, item, subjects_of_case(item, stated))
    handed = {demand.rule.code for demand in needed if demand.standing is Standing.REQUIRED}
    return Stated(UNIT, "online", facts, parties, handed)


def situations() -> Iterator[tuple[Item, str]]:
    for item in ITEMS:
        for code in [situation.code for situation in item.situations] or [""]:
            yield item, code


CASES = list(situations())


def test_the_items_that_make_up_a_city_s_business_are_worked_out() -> None:
    assert {item.code for item in ITEMS} >= TWENTY


def test_every_effect_the_register_knows_has_an_item() -> None:
    assert {item.effect for item in ITEMS} == set(Effect)


def test_there_are_106_slots_and_each_says_whether_it_is_open_and_why_not(
    packaged: Edition,
) -> None:
    assert sorted(slot.number for slot in packaged.slots) == list(range(1, 107))
    assert len({slot.title for slot in packaged.slots}) == len(packaged.slots)
    for slot in packaged.slots:
        assert slot.item or slot.reason, slot.title
        assert RegistrationType.has(slot.registration_type)
        assert not slot.right_type or RightType.has(slot.right_type)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
def test_every_item_uses_codes_of_the_standard_and_marks_what_is_to_be_confirmed(
    item: Item, packaged: Edition
) -> None:
    assert RegistrationType.has(item.registration_type)
    assert RightType.has(item.right_type)
    assert all("[K]" in basis for basis in item.basis)
    assert any(slot.item == item.code for slot in packaged.slots)
    assert (item.codes.provincial, item.codes.four_level) == ("", "")


@pytest.mark.parametrize(
    ("item", "situation"), CASES, ids=lambda value: getattr(value, "code", value)
)
def test_a_complete_case_of_every_situation_lacks_nothing(
    item: Item, situation: str, packaged: Edition
) -> None:
    stated = complete(item, situation, packaged)
    assert defects(packaged, item, stated) == ()
    assert stated.materials >= {"identity"} or item.initiator == "court"


@pytest.mark.parametrize(
    ("item", "situation"), CASES, ids=lambda value: getattr(value, "code", value)
)
def test_an_empty_case_is_told_everything_at_once(
    item: Item, situation: str, packaged: Edition
) -> None:
    whole = complete(item, situation, packaged)
    found = defects(
        packaged, item, Stated(UNIT, "online", {"situation": situation}, (), (), whole.unit)
    )
    abouts = {defect.about for defect in found if defect.code == "materials_incomplete"}
    # What hangs on an answer that is missing too cannot be told before the answer.
    unconditional = {rule.code for rule in item.materials if rule.required and rule.when is None}
    assert abouts >= unconditional
    notice = notice_of_defects(item, found)
    for number, defect in enumerate(found, 1):
        assert f"{number}. {defect.words}" in notice


def test_each_required_material_alone_is_missed(packaged: Edition) -> None:
    for item, situation in CASES:
        whole = complete(item, situation, packaged)
        for code in whole.materials:
            rest = set(whole.materials) - {code}
            stated = Stated(UNIT, "online", whole.facts, whole.parties, rest)
            assert [d.about for d in defects(packaged, item, stated)] == [code], (item.code, code)


def test_every_condition_of_an_item_can_hold_and_can_fail(packaged: Edition) -> None:
    """A material that no situation asks for, or every one, has the wrong condition."""
    for item in packaged.items:
        for rule in item.materials:
            if rule.when is None or subjects_of(rule.when) != ["situation"]:
                continue
            asked = set(rule.when.values)
            assert asked < {situation.code for situation in item.situations}, rule.code


def test_an_edition_survives_being_written_and_read(packaged: Edition) -> None:
    publication = Publication(edition=packaged, closed={"seizure": "登记簿尚不能办理"})
    again = publication_from(to_bytes(publication))
    assert again == publication
    assert to_bytes(again) == to_bytes(publication)


def test_the_generated_table_is_current(packaged: Edition) -> None:
    written = (ROOT / "docs/catalogue.md").read_text("utf-8")
    assert written == catalogue_document(packaged), "python -m extranet_zone catalogue document"


def test_every_key_of_the_format_is_in_the_specification() -> None:
    spec = (ROOT / "docs/spec/catalogue-item-v2.md").read_text("utf-8")
    from kernel.catalogue import edition, tables  # noqa: PLC0415 - all of their tables

    models = [
        found
        for module in (edition, tables)
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, tables.Table)
    ]
    keys = set(itertools.chain.from_iterable(model.model_fields for model in [*models, Item]))
    assert sorted(key for key in keys if f"`{key}`" not in spec and f"[{key}]" not in spec) == []


def test_an_edition_with_another_content_has_another_number(packaged: Edition) -> None:
    """Whoever changes it raises the number if a release had it, and notes the content here."""
    content = hashlib.sha256()
    for path in sorted(PACKAGED.rglob("*.toml")):
        content.update(path.relative_to(PACKAGED).as_posix().encode() + b"\0" + path.read_bytes())
    assert packaged_number() == packaged.number
    assert CONTENT[packaged.number] == content.hexdigest()
