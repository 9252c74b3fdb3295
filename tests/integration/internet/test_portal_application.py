"""Claims about an application from the empty draft to the progress page, page by page."""

import json

import pytest
from appliance.sample.people import AGENTS, BUYER, SELLER
from portal_office import (
    FACTS,
    LOCATION,
    OTHER_UNIT,
    PARTIES,
    REQUIRED,
    UNIT,
    Browser,
    PortalOffice,
    picture,
)

from extranet_zone.catalogue.reading import PACKAGED, read_edition
from kernel.catalogue.item import Item
from kernel.messages import ApplicationSubmitted


def test_a_citizen_fills_in_signs_submits_and_follows(office: PortalOffice, buyer: Browser) -> None:
    draft = buyer.start()
    assert buyer.get(draft).text.count("待完成") == 4
    assert LOCATION in buyer.get(f"{draft}/unit?words=济水大街 3号楼").text
    buyer.fill(draft)
    page = buyer.get(draft).text
    assert "待完成" not in page
    assert LOCATION in page
    check = buyer.get(f"{draft}/sign").text
    for shown in (LOCATION, SELLER.name, "850,000.00 元", "单独所有", "4 个文件"):
        assert shown in check
    answer = buyer.sign(draft)
    assert answer.status_code == 303
    page = buyer.get(draft).text
    case_no = buyer.case_no(draft)
    assert case_no.startswith("W20260105000001")
    assert "接下来会发生什么" in page
    assert "网上申请已提交" in page
    assert "互联网" in page
    assert case_no in buyer.get("/applications").text


def test_what_is_sent_is_what_was_filled_in(office: PortalOffice, buyer: Browser) -> None:
    _draft, case_no = office.submitted(buyer)
    first, *rest = office.outbox()
    assert first.kind == "application.submitted"
    body = ApplicationSubmitted.model_validate_json(first.body)
    assert (body.case_no, body.unit_no, body.mode) == (case_no, UNIT, "fusion")
    assert [(party.role, party.name) for party in body.parties] == [
        ("transferee", BUYER.name),
        ("transferor", SELLER.name),
    ]
    assert body.parties[0].document_no == BUYER.identity_no
    assert body.edition == 2
    assert body.facts == {
        "situation": "sale",
        "reason": "买卖",
        "amount_fen": "85000000",
        "ownership": "0",
    }
    assert body.signed_by == BUYER.name
    assert "真实、合法、有效" in body.declaration
    assert [material.code for material in body.materials] == list(REQUIRED)
    assert [message.kind for message in rest] == ["materials.delivered"]
    sent = {blob["digest"] for blob in json.loads(rest[0].blobs)}
    assert sent == {material.digest for material in body.materials}


def test_the_exchange_seals_the_application_with_its_files(
    office: PortalOffice, buyer: Browser
) -> None:
    from internet_zone.app import make_exchange  # noqa: PLC0415 - the wiring is the claim
    from kernel.vocabulary.zones import Zone  # noqa: PLC0415 - as above

    office.submitted(buyer)
    make_exchange(office.portal).tick()
    ready = [entry.name for entry in office.portal.spool.ready(Zone.EXTRANET)]
    assert any(name.startswith("review-") for name in ready)
    assert any(name.startswith("materials-") for name in ready)


@pytest.mark.parametrize(
    ("item_code", "parties", "facts"),
    [
        (
            "mortgage-first",
            {
                "mortgagor_name": SELLER.name,
                "mortgagor_document_type": "1",
                "mortgagor_document_no": SELLER.identity_no,
            },
            {
                "amount_yuan": "500,000.5",
                "mortgage_kind": "1",
                "debt_from": "2026-01-05",
                "debt_to": "2046-01-04",
            },
        ),
        (
            "mortgage-cancel",
            {},
            {"reason": "债务已清偿", "certificate_no": "豫（2026）济源市不动产证明第0000001号"},
        ),
        (
            "change-details",
            {},
            {
                "reason": "改名",
                "former_name": "钱样",
                "former_document_no": BUYER.identity_no,
            },
        ),
    ],
)
def test_every_item_can_be_applied_for(
    office: PortalOffice,
    buyer: Browser,
    item_code: str,
    parties: dict[str, str],
    facts: dict[str, str],
) -> None:
    draft = buyer.start(item_code, "online")
    buyer.post(f"{draft}/unit", f"{draft}/unit?words={UNIT}", unit_no=UNIT)
    if parties:
        assert buyer.post(f"{draft}/parties", **parties).status_code == 303
    assert buyer.post(f"{draft}/facts", **facts).status_code == 303
    required = [rule.code for rule in _item(item_code).materials if rule.required]
    files = [(code, "扫描.png", picture(n, "PNG")) for n, code in enumerate(required)]
    assert buyer.upload(draft, files).status_code == 303
    answer = buyer.sign(draft)
    assert answer.status_code == 303, answer.text
    assert len(office.outbox()) == 2


def test_owners_by_shares_state_shares_that_make_one(office: PortalOffice, buyer: Browser) -> None:
    draft = buyer.start()
    buyer.fill(draft)
    buyer.post(f"{draft}/facts", **{**FACTS, "ownership": "2"})
    assert "只填写了一个受让方" in buyer.get(draft).text
    spouse = AGENTS[0]
    second = {
        **PARTIES,
        "applicant_share": "1/2",
        "transferee_2_name": spouse.name,
        "transferee_2_document_type": "1",
        "transferee_2_document_no": spouse.identity_no,
        "transferee_2_share": "1/3",
    }
    buyer.post(f"{draft}/parties", **second)
    assert "合计为 1" in buyer.get(draft).text
    assert buyer.sign(draft).status_code == 422
    buyer.post(f"{draft}/parties", **{**second, "transferee_2_share": "１／２"})
    assert buyer.sign(draft).status_code == 303
    body = ApplicationSubmitted.model_validate_json(office.outbox()[0].body)
    assert [(party.name, party.share) for party in body.parties] == [
        (BUYER.name, "1/2"),
        (spouse.name, "1/2"),
        (SELLER.name, ""),
    ]


def test_another_person_can_be_added_without_losing_what_was_typed(buyer: Browser) -> None:
    draft = buyer.start()
    assert "transferor_2_name" not in buyer.get(f"{draft}/parties").text
    for role in ("transferor", "transferee"):
        answer = buyer.post(f"{draft}/parties", **PARTIES, add=role)
        assert answer.status_code == 200
        assert f'name="{role}_2_name"' in answer.text
        assert f'name="{role}_3_name"' not in answer.text
    assert SELLER.identity_no in answer.text
    assert "待完成" in buyer.get(draft).text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"transferor_document_no": SELLER.identity_no[:-1] + "1"}, "校验位不符"),
        ({"transferor_name": ""}, "请填写转让方的姓名"),
        ({"transferor_phone": "110"}, "11位"),
        ({"transferor_document_type": "7"}, "统一社会信用代码"),
        (
            {
                "transferor_2_name": SELLER.name,
                "transferor_2_document_no": SELLER.identity_no,
            },
            "填写了两次",
        ),
    ],
)
def test_a_wrong_counterpart_is_refused_beside_its_field(
    buyer: Browser, changed: dict[str, str], words: str
) -> None:
    draft = buyer.start()
    answer = buyer.post(f"{draft}/parties", **{**PARTIES, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'class="error"' in answer.text


def test_a_unit_that_is_not_in_the_directory_cannot_be_chosen(buyer: Browser) -> None:
    draft = buyer.start()
    page = f"{draft}/unit?words={UNIT}"
    answer = buyer.post(f"{draft}/unit", page, unit_no=UNIT[:-1] + "9")
    assert answer.status_code == 422
    assert "目录中没有" in answer.text


NEW_UNIT = UNIT[:-1] + "9"


def test_a_flat_sold_on_plan_is_applied_for_although_no_directory_has_it(buyer: Browser) -> None:
    draft = buyer.start("advance-notice-purchase")
    page = f"{draft}/unit?words={NEW_UNIT}"
    assert f'value="{NEW_UNIT}"' in buyer.get(page).text
    assert buyer.post(f"{draft}/unit", page, unit_no=NEW_UNIT).status_code == 303
    assert "尚未登记的房屋" in buyer.get(f"{draft}/unit").text


@pytest.mark.parametrize("unit_no", ["410105" + UNIT[6:], "尚未登记", UNIT[:-1]])
def test_only_a_unit_of_the_directory_s_city_may_be_new(buyer: Browser, unit_no: str) -> None:
    draft = buyer.start("advance-notice-purchase")
    page = f"{draft}/unit?words={unit_no}"
    assert 'name="unit_no"' not in buyer.get(page).text
    assert buyer.post(f"{draft}/unit", page, unit_no=unit_no).status_code == 422


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (UNIT, [UNIT]),
        (" ".join([UNIT[:6], UNIT[6:]]).lower(), [UNIT]),
        ("济水大街", [UNIT]),
        ("3号楼 济水大街", [UNIT]),
        ("济源市", [UNIT, OTHER_UNIT]),
        ("沁园路 3号楼", []),
        ("济", []),
        ("%%", []),
    ],
)
def test_units_are_found_by_number_or_by_every_word(
    buyer: Browser, words: str, found: list[str]
) -> None:
    page = buyer.get(f"{buyer.start()}/unit?words={words}").text
    assert [unit for unit in (UNIT, OTHER_UNIT) if f'value="{unit}"' in page] == found


def test_a_discarded_draft_is_gone(buyer: Browser) -> None:
    draft = buyer.start()
    assert buyer.post(f"{draft}/discard", draft, discard="1").status_code == 303
    assert buyer.get(draft).status_code == 404
    assert draft not in buyer.get("/applications").text
    assert buyer.post(f"{draft}/discard", "/account/password").status_code == 404


def test_drafts_are_bounded(buyer: Browser) -> None:
    for _ in range(20):
        buyer.start()
    page = "/guides/change-details"
    answer = buyer.post("/applications", page, item_code="change-details", mode="online")
    assert answer.status_code == 422
    assert "too_many_drafts" in answer.text


@pytest.mark.parametrize(
    ("item_code", "mode"), [("no-such", "fusion"), ("transfer-existing", "by-post"), ("", "")]
)
def test_unknown_items_and_modes_are_not_found(buyer: Browser, item_code: str, mode: str) -> None:
    page = "/guides/change-details"
    answer = buyer.post("/applications", page, item_code=item_code, mode=mode)
    assert answer.status_code == 404


def test_what_was_handed_back_is_applied_for_again_without_typing(
    office: PortalOffice, buyer: Browser
) -> None:
    draft, case_no = office.submitted(buyer)
    assert buyer.post(f"{draft}/again", "/account/password").status_code == 409
    office.report(case_no, "hand_back", "预审退回", note="身份证照片模糊", ended=True)
    page = buyer.get(draft).text
    assert "身份证照片模糊" in page
    answer = buyer.post(f"{draft}/again", draft, again="1")
    fresh = answer.headers["Location"]
    assert fresh != draft
    assert "待完成" not in buyer.get(fresh).text
    assert buyer.sign(fresh).status_code == 303
    assert buyer.case_no(fresh) != case_no


def test_the_list_is_cut_into_pages(office: PortalOffice, buyer: Browser) -> None:
    for _ in range(21):
        draft = buyer.start()
        buyer.fill(draft)
        assert buyer.sign(draft).status_code == 303
    first, second = buyer.get("/applications").text, buyer.get("/applications?page=1").text
    assert first.count("/applications/") - second.count("/applications/") == 19
    assert "下一页" in first
    assert "上一页" in second
    assert buyer.get("/applications?page=99999999999999999999").status_code == 200


def _item(code: str) -> Item:
    found = read_edition(PACKAGED).item(code)
    assert found is not None
    return found
