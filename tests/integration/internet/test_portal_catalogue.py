"""Claims about the portal's catalogue: what the platform published, and nothing else."""

import re

import pytest
from appliance.sample.people import BUYER
from portal_office import FACTS, PARTIES, UNIT, Browser, PortalOffice

from extranet_zone.catalogue.reading import PACKAGED, read_edition
from internet_zone.catalogue.models import PublishedEdition
from internet_zone.catalogue.services import PortalCatalogue
from kernel.catalogue.edition import Edition
from kernel.catalogue.publication import Publication
from kernel.errors import RefusedError
from kernel.messages import ApplicationSubmitted, BlobRef, CataloguePublished, Kind

ITEM = "transfer-existing"


@pytest.fixture
def packaged() -> Edition:
    return read_edition(PACKAGED)


def without(edition: Edition, code: str, number: int = 3) -> Edition:
    items = tuple(item for item in edition.items if item.code != code)
    slots = tuple(slot for slot in edition.slots if slot.item != code)
    return edition.model_copy(update={"number": number, "items": items, "slots": slots})


def test_a_guide_says_everything_from_the_one_file(office: PortalOffice, packaged: Edition) -> None:
    browser = office.browser()
    for item in packaged.items:
        page = browser.get(f"/guides/{item.code}")
        assert page.status_code == 200, item.code
        bases = [basis.removesuffix(" [K]") for basis in item.basis]
        for words in (item.summary, item.promised, *item.conditions, *bases):
            assert words in page.text, (item.code, words)
        for rule in item.materials:
            assert rule.title in page.text
        for situation in item.situations if len(item.situations) > 1 else ():
            assert situation.title in page.text


def test_an_item_that_needs_the_window_is_not_applied_for_online(
    office: PortalOffice, buyer: Browser
) -> None:
    page = buyer.get("/guides/first-registration-house").text
    assert "到登记大厅窗口办理" in page
    assert 'name="mode"' not in page
    answer = buyer.post(
        "/applications", "/account/password", item_code="first-registration-house", mode="online"
    )
    assert answer.status_code == 422
    assert 'data-code="channel_closed"' in answer.text


def test_what_the_register_cannot_record_is_shown_with_its_reason_and_not_offered(
    office: PortalOffice, buyer: Browser, packaged: Edition
) -> None:
    closed = Publication(edition=packaged, closed={ITEM: "登记簿尚不能办理转移登记"})
    office.publish_catalogue(closed, office.now + 1)
    assert "登记簿尚不能办理转移登记" in buyer.get(f"/guides/{ITEM}").text
    answer = buyer.post("/applications", "/account/password", item_code=ITEM, mode="online")
    assert answer.status_code == 422


def test_before_anything_is_published_there_is_nothing_to_apply_for(office: PortalOffice) -> None:
    with office.database.begin() as session:
        session.delete(session.get_one(PublishedEdition, 2))
    assert "事项清单尚未发布" in office.browser().get("/").text
    assert office.browser().get(f"/guides/{ITEM}").status_code == 404


def test_a_draft_follows_the_edition_in_force_and_signing_pins_it(
    office: PortalOffice, buyer: Browser, packaged: Edition
) -> None:
    draft = buyer.start()
    buyer.fill(draft)
    items = tuple(
        item.model_copy(update={"promised_working_days": 2}) if item.code == ITEM else item
        for item in packaged.items
    )
    second = packaged.model_copy(update={"number": 3, "items": items})
    office.publish_catalogue(Publication(edition=second, closed={}))
    assert buyer.sign(draft).status_code == 303
    body = ApplicationSubmitted.model_validate_json(office.outbox()[0].body)
    assert body.edition == 3
    third = packaged.model_copy(update={"number": 3})
    office.publish_catalogue(Publication(edition=third, closed={}))
    assert "自受理之日起 2 个工作日" in buyer.get(draft).text


def test_a_draft_whose_item_has_left_is_looked_at_and_thrown_away_but_not_signed(
    office: PortalOffice, buyer: Browser, packaged: Edition
) -> None:
    draft = buyer.start()
    buyer.fill(draft)
    office.publish_catalogue(Publication(edition=without(packaged, ITEM), closed={}))
    assert "已经从事项清单中撤下" in buyer.get(draft).text
    answer = buyer.sign(draft)
    assert answer.status_code == 422
    assert office.outbox() == []
    assert "存量房转移登记" in buyer.get("/applications").text
    assert buyer.post(f"{draft}/discard", draft).status_code == 303


def test_an_earlier_publication_that_arrives_late_changes_nothing(
    office: PortalOffice, packaged: Edition
) -> None:
    closed = Publication(edition=packaged, closed={ITEM: "暂停"})
    office.publish_catalogue(closed, office.now - 1)
    with office.database.reading() as session:
        assert PortalCatalogue().offer(session, ITEM, office.now).closed == ""
    office.publish_catalogue(closed, office.now + 1)
    with office.database.reading() as session:
        assert PortalCatalogue().offer(session, ITEM, office.now).closed == "暂停"


def test_a_document_that_is_not_what_was_said_is_refused(office: PortalOffice) -> None:
    import io  # noqa: PLC0415 - only here

    good = office.store.put(io.BytesIO(b"{}"), 10)
    body = CataloguePublished(number=1, document=good.digest, size=2, published_at=office.now + 9)
    reference = BlobRef(digest=good.digest, size=2, media_type="application/json")
    for blobs in ([], [reference]):
        with pytest.raises(RefusedError, match="catalogue_document"):
            office.receive(Kind.CATALOGUE_PUBLISHED, body, blobs)
    with office.database.reading() as session:
        assert PortalCatalogue().offer(session, ITEM, office.now).edition.number == 2


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"house_kind": "public_unpaid"}, "未补缴土地价款"),
        ({"situation": "restructuring"}, "企业改制"),
    ],
)
def test_an_excluded_application_is_not_signed_and_is_sent_to_the_hall(
    office: PortalOffice, buyer: Browser, facts: dict[str, str], words: str
) -> None:
    draft = buyer.start()
    buyer.fill(draft)
    answer = buyer.post(f"{draft}/facts", **{**FACTS, **facts})
    assert answer.status_code == 303
    page = buyer.get(draft).text
    assert 'id="out-of-scope"' in page
    assert words in page
    answer = buyer.sign(draft)
    assert answer.status_code == 422
    assert "属地登记大厅" in answer.text
    assert office.outbox() == []


def test_a_person_s_shop_is_excluded_by_the_directory_s_use(
    office: PortalOffice, buyer: Browser
) -> None:
    from kernel.messages import UnitListed, UnitsPublished  # noqa: PLC0415 - only here

    shop = UnitListed(unit_no=UNIT, location="济源市济水大街1号", use="商业")
    office.receive(Kind.UNITS_PUBLISHED, UnitsPublished(units=[shop]))
    draft = buyer.start()
    buyer.fill(draft)
    assert "个人非住宅" in buyer.get(draft).text
    assert buyer.sign(draft).status_code == 422


def test_the_situation_decides_what_is_asked_for(office: PortalOffice, buyer: Browser) -> None:
    draft = buyer.start()
    buyer.fill(draft)
    buyer.post(f"{draft}/facts", **{**FACTS, "situation": "exchange"})
    assert "缺少材料：互换协议" in buyer.get(draft).text
    page = buyer.get(f"{draft}/materials").text
    assert "互换协议" in page
    assert "存量房买卖合同" not in re.sub(r"(?s)<tbody>.*?</tbody>", "", page)


def test_a_company_that_sells_is_asked_for_land_value_tax(
    office: PortalOffice, buyer: Browser
) -> None:
    draft = buyer.start()
    assert 'name="land_vat"' in buyer.get(f"{draft}/facts").text  # Not known yet: may be given.
    buyer.post(f"{draft}/parties", **PARTIES)
    assert 'name="land_vat"' not in buyer.get(f"{draft}/facts").text
    company = {
        **PARTIES,
        "transferor_document_type": "7",
        "transferor_document_no": "91410000MA3X00000X",
    }
    refused = buyer.post(f"{draft}/parties", **company)
    if refused.status_code == 422:
        company["transferor_document_no"] = _credit_code()
        assert buyer.post(f"{draft}/parties", **company).status_code == 303
    answer = buyer.post(f"{draft}/facts", **FACTS)
    assert answer.status_code == 422
    assert "请选择是否涉及土地增值税" in answer.text
    assert buyer.post(f"{draft}/facts", **FACTS, land_vat="yes").status_code == 303
    assert "涉及土地增值税的单位房转让" in buyer.get(draft).text


def _credit_code() -> str:
    """A well-formed, invented unified social credit code."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = "91419001MA3X0000A"
    total = sum(alphabet.index(c) * pow(3, n, 31) for n, c in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


def test_a_withdrawn_item_s_page_is_not_found(office: PortalOffice, packaged: Edition) -> None:
    office.publish_catalogue(Publication(edition=without(packaged, "objection"), closed={}))
    assert office.browser().get("/guides/objection").status_code == 404
    assert office.browser(BUYER).get("/guides/transfer-gift").status_code == 200
