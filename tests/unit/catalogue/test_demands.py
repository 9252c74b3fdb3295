"""Claims about what a case is asked for: waived by live sources, by condition, told at once."""

from dataclasses import replace

import pytest

from kernel.catalogue.demands import Standing, asked, defects, demands, parties_asked, questions
from kernel.catalogue.edition import Edition
from kernel.catalogue.item import Item
from kernel.catalogue.subjects import Stated, Taken, residential, subjects_of_case

UNIT = "419001001001GB00001F00010001"
SALE = Stated(
    UNIT,
    "online",
    {"situation": "sale", "reason": "买卖", "amount_fen": "100", "ownership": "0"},
    [Taken("transferor", "1", "1"), Taken("transferee", "1", "1")],
    {"application-form", "identity", "title-certificate", "contract"},
)


def item_of(edition: Edition, code: str = "transfer-existing") -> Item:
    found = edition.item(code)
    assert found is not None
    return found


def standings(edition: Edition, stated: Stated) -> dict[str, Standing]:
    item = item_of(edition)
    found = demands(edition, item, subjects_of_case(item, stated))
    return {demand.rule.code: demand.standing for demand in found}


def test_a_live_source_waives_its_material_and_a_dead_one_does_not(packaged: Edition) -> None:
    assert standings(packaged, SALE)["identity"] is Standing.REQUIRED
    live = packaged.model_copy(
        update={
            "sources": tuple(
                source.model_copy(update={"live": source.code == "identity"})
                for source in packaged.sources
            )
        }
    )
    assert standings(live, SALE)["identity"] is Standing.WAIVED
    without = replace(SALE, materials=set(SALE.materials) - {"identity"})
    assert defects(live, item_of(live), without) == ()
    assert [d.about for d in defects(packaged, item_of(packaged), without)] == ["identity"]


def test_what_hangs_on_an_unstated_answer_is_undetermined_and_not_missed(
    packaged: Edition,
) -> None:
    stated = replace(SALE, facts={})
    assert standings(packaged, stated)["contract"] is Standing.UNDETERMINED
    codes = {defect.about for defect in defects(packaged, item_of(packaged), stated)}
    assert codes == {"situation", "reason", "amount_fen", "ownership"}


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"parties": [Taken("transferee", "1", "1")]}, ["party_missing"]),
        ({"facts": {**SALE.facts, "ownership": "1"}}, ["shares_sum"]),
        ({"facts": {**SALE.facts, "ownership": "9"}}, ["fact_invalid"]),
        ({"facts": {**SALE.facts, "amount_fen": "0"}}, ["fact_invalid"]),
        ({"facts": {**SALE.facts, "reason": "长" * 101}}, ["fact_invalid"]),
        ({"facts": {**SALE.facts, "reason": ""}}, ["fact_missing"]),
        ({"materials": set()}, ["materials_incomplete"] * 4),
    ],
)
def test_each_defect_has_its_code(
    packaged: Edition, changed: dict[str, object], codes: list[str]
) -> None:
    assert defects(packaged, item_of(packaged), SALE) == ()
    found = defects(packaged, item_of(packaged), replace(SALE, **changed))  # type: ignore[arg-type]
    assert [defect.code for defect in found] == codes


def test_a_part_admits_only_its_kinds(packaged: Edition) -> None:
    item = item_of(packaged, "transfer-new-home")
    stated = replace(SALE, materials=set())
    found = [d for d in defects(packaged, item, stated) if d.code == "party_kind"]
    assert [defect.words for defect in found] == ["开发企业应为企业"]


@pytest.mark.parametrize("shares", [("1/2", "1/3"), ("1/2", ""), ("1/0", "1/2")])
def test_shares_that_do_not_make_one_are_a_defect(
    packaged: Edition, shares: tuple[str, str]
) -> None:
    owners = [Taken("transferee", "1", "1", share) for share in shares]
    stated = replace(
        SALE, parties=[SALE.parties[0], *owners], facts={**SALE.facts, "ownership": "2"}
    )
    assert [d.code for d in defects(packaged, item_of(packaged), stated)] == ["shares_sum"]
    good = [Taken("transferee", "1", "1", "1/2")] * 2
    assert (
        defects(packaged, item_of(packaged), replace(stated, parties=[SALE.parties[0], *good]))
        == ()
    )


def test_dates_keep_their_order(packaged: Edition) -> None:
    item = item_of(packaged, "mortgage-first")
    facts = {
        "amount_fen": "1",
        "mortgage_kind": "1",
        "debt_from": "2026-01-05",
        "debt_to": "2026-01-04",
    }
    stated = Stated(UNIT, "online", facts, ())
    assert "债务履行终止日不能早于债务履行起始日" in {
        defect.words for defect in defects(packaged, item, stated)
    }


def test_fields_parts_and_questions_follow_the_situation(packaged: Edition) -> None:
    item = item_of(packaged, "residence-cancel")
    waived = subjects_of_case(item, Stated(UNIT, "online", {"situation": "waived"}, ()))
    died = subjects_of_case(item, Stated(UNIT, "online", {"situation": "died"}, ()))
    assert [part.role for part in parties_asked(item, waived)] == ["beneficiary"]
    assert [part.role for part in parties_asked(item, died)] == ["beneficiary", "obligor"]
    lost = item_of(packaged, "replacement-certificate")
    for situation, expected in (("lost", True), ("damaged", False)):
        subjects = subjects_of_case(lost, Stated(UNIT, "online", {"situation": situation}, ()))
        assert ("declared_on" in {a.fact.code for a in asked(lost, subjects)}) is expected
        assert ("pledged" in {q.code for q in questions(lost, subjects)}) is expected


@pytest.mark.parametrize(
    ("use", "expected"),
    [("城镇住宅用地/住宅", {"yes"}), ("商业", {"no"}), ("非住宅", {"no"}), ("", None)],
)
def test_the_use_says_whether_it_is_a_dwelling(use: str, expected: set[str] | None) -> None:
    found = residential(use).get("unit.residential")
    assert (set(found) if found is not None else None) == expected
