"""Claims about the plan's sixteen exclusions: each with its wording, closing 通办 and only that."""

from dataclasses import replace
from datetime import date

import pytest

from kernel.catalogue.conditions import Truth
from kernel.catalogue.edition import Edition
from kernel.catalogue.exclusions import closed_by_item, closed_for_remote, exclusions_of
from kernel.catalogue.item import Item
from kernel.catalogue.subjects import Stated, Taken, residential, subjects_of_case

DAY = date(2026, 1, 5)
FLAT = "419001001001GB00001F00010001"
PERSON, COMPANY = "1", "2"
# The plan, 三（六）, word for word.
WORDS = {
    "a": "集体土地相关登记",
    "b": "承包经营权",
    "c": "林权",
    "d": "国有农用地使用权相关登记",
    "e": "国有土地使用权相关登记业务",
    "f": "需要实地查看的在建建筑物抵押",
    "g": "（需要实地查看的）房屋所有权首次登记和注销登记等",
    "h": "涉及土地增值税的单位房转让",
    "i": "个人非住宅的相关房屋登记业务",
    "j": "依职权的登记",
    "k": "市县（区）尚未完成登记的历史遗留问题",
    "l": "经认定的问题楼盘",
    "m": "未权籍调查和测绘的房屋",
    "n": "已购公有住房和经济适用住房未补缴土地价款（土地出让金）上市交易的",
    "o": "企业改制",
    "p": "非公证的继承登记等情形",
}


def item_of(edition: Edition, code: str) -> Item:
    found = edition.item(code)
    assert found is not None
    return found


def sale(unit_no: str = FLAT, kind: str = PERSON, use: str = "住宅", **facts: str) -> Stated:
    """A sale of which everything is known; by default an ordinary one of a flat."""
    known = {"situation": "sale", "house_kind": "commodity", "land_vat": "no", **facts}
    return Stated(
        unit_no,
        "online",
        known,
        [Taken("transferor", kind, "1"), Taken("transferee", PERSON, "1")],
        unit={"unit.marks": frozenset(), **residential(use)},
    )


def answers(edition: Edition, item: Item, stated: Stated) -> dict[str, Truth]:
    found = exclusions_of(edition, subjects_of_case(item, stated), DAY)
    return {one.rule.code: one.truth for one in found}


def test_the_sixteen_have_the_plan_s_words_a_basis_and_a_beginning(packaged: Edition) -> None:
    assert {rule.code: rule.words for rule in packaged.exclusions} == WORDS
    for rule in packaged.exclusions:
        assert "三（六）" in rule.basis
        assert rule.valid_from == "2021-06-11"


def test_an_ordinary_sale_meets_none(packaged: Edition) -> None:
    assert answers(packaged, item_of(packaged, "transfer-existing"), sale()) == {}


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("a", {"unit_no": "419001001001JC00001F00010001"}),
        ("b", {"unit_no": "419001001001GD00001F00010001"}),
        ("c", {"unit_no": "419001001001GB00001L00000001"}),
        ("c", {"unit_no": "419001001001GE00001F00010001"}),
        ("d", {"unit_no": "419001001001GN00001F00010001"}),
        ("e", {"unit_no": "419001001001GB00001W00000000"}),
        ("h", {"kind": COMPANY, "land_vat": "yes"}),
        ("i", {"use": "商业"}),
        ("i", {"use": "非住宅"}),
        ("n", {"house_kind": "public_unpaid"}),
        ("o", {"situation": "restructuring"}),
    ],
)
def test_each_that_a_sale_can_meet_is_met_alone(
    packaged: Edition, code: str, changed: dict[str, str]
) -> None:
    item = item_of(packaged, "transfer-existing")
    stated = sale(**changed)
    assert answers(packaged, item, stated) == {code: Truth.YES}
    closed = closed_for_remote(packaged, item, subjects_of_case(item, stated), DAY)
    assert [(reason.code, reason.words) for reason in closed] == [(f"excluded_{code}", WORDS[code])]


@pytest.mark.parametrize(
    ("code", "mark"), [("k", "legacy"), ("l", "problem_estate"), ("m", "unsurveyed")]
)
def test_the_authority_s_marks_exclude(packaged: Edition, code: str, mark: str) -> None:
    stated = replace(sale(), unit={**residential("住宅"), "unit.marks": frozenset({mark})})
    item = item_of(packaged, "transfer-existing")
    assert answers(packaged, item, stated) == {code: Truth.YES}


@pytest.mark.parametrize("situation", ["inheritance", "inheritance_will", "bequest"])
def test_inheritance_without_a_notary_is_excluded_and_with_one_is_not(
    packaged: Edition, situation: str
) -> None:
    item = item_of(packaged, "transfer-inheritance")
    stated = replace(sale(), parties=[Taken("heir", PERSON, "1")])
    bare = replace(stated, facts={"situation": situation})
    assert answers(packaged, item, bare)["p"] is Truth.YES
    notarial = replace(stated, facts={"situation": "inheritance_notarial"})
    assert "p" not in answers(packaged, item, notarial)


@pytest.mark.parametrize("code", ["first-registration-house", "cancel-ownership"])
def test_what_needs_a_site_visit_is_excluded(packaged: Edition, code: str) -> None:
    item = item_of(packaged, code)
    stated = replace(sale(), parties=[Taken("holder", COMPANY, "7")])
    assert answers(packaged, item, stated) == {"g": Truth.YES}
    without = item.model_copy(update={"flow": item.flow.model_copy(update={"site_visit": False})})
    assert answers(packaged, without, stated) == {}


def test_a_mortgage_of_what_is_being_built_is_excluded_where_a_visit_is_needed(
    packaged: Edition,
) -> None:
    item = item_of(packaged, "mortgage-first")
    built = item.model_copy(
        update={
            "flow": item.flow.model_copy(update={"site_visit": True}),
            "facts": (
                *item.facts,
                item.facts[1].model_copy(
                    update={"code": "mortgaged_kind", "options": (("4", "在建建筑物"),)}
                ),
            ),
        }
    )
    stated = replace(
        sale(mortgaged_kind="4"),
        parties=[Taken("mortgagor", COMPANY, "7"), Taken("mortgagee", COMPANY, "7")],
    )
    assert answers(packaged, built, stated) == {"f": Truth.YES}
    assert answers(packaged, item, stated) == {}


def test_what_the_authority_does_by_itself_is_excluded(packaged: Edition) -> None:
    item = item_of(packaged, "correction").model_copy(update={"initiator": "authority"})
    stated = replace(sale(), parties=[Taken("holder", PERSON, "1")])
    assert answers(packaged, item, stated) == {"j": Truth.YES}


def test_what_nobody_stated_is_to_be_looked_into_and_closes_nothing(packaged: Edition) -> None:
    item = item_of(packaged, "transfer-existing")
    stated = Stated(FLAT, "online", {}, [Taken("transferor", COMPANY, "7")])
    found = answers(packaged, item, stated)
    assert found == dict.fromkeys("hklmnop", Truth.UNKNOWN)
    assert closed_for_remote(packaged, item, subjects_of_case(item, stated), DAY) == ()


def test_an_exclusion_ends_with_its_last_day(packaged: Edition) -> None:
    rules = tuple(
        rule.model_copy(update={"valid_until": "2026-01-05"}) if rule.code == "o" else rule
        for rule in packaged.exclusions
    )
    edition = packaged.model_copy(update={"exclusions": rules})
    item = item_of(edition, "transfer-existing")
    subjects = subjects_of_case(item, sale(situation="restructuring"))
    assert len(exclusions_of(edition, subjects, DAY)) == 1
    assert exclusions_of(edition, subjects, date(2026, 1, 6)) == ()
    assert exclusions_of(edition, subjects, date(2021, 6, 10)) == ()


def test_the_first_phase_opens_only_what_costs_nothing(packaged: Edition) -> None:
    first = packaged.model_copy(update={"phase": 1})
    opened = {item.code for item in first.items if closed_by_item(first, item) is None}
    assert "change-details" in opened
    assert "transfer-existing" not in opened
    assert all(not item.has_tax_or_fee for item in first.items if item.code in opened)
