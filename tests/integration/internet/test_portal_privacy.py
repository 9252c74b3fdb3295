"""Claims about whose applications are whose."""

import pytest
from appliance.sample.people import BUYER, SELLER
from portal_office import PDF, Browser, PortalOffice
from sqlalchemy import select

from internet_zone.applications.models import Application, Upload


@pytest.fixture
def stranger(office: PortalOffice) -> Browser:
    return office.browser(SELLER)


def test_every_page_of_somebody_elses_draft_is_not_found(
    office: PortalOffice, buyer: Browser, stranger: Browser
) -> None:
    draft = buyer.start()
    buyer.fill(draft)
    with office.database.reading() as session:
        upload_id = session.scalars(select(Upload.id)).first()
    pages = [
        rule.rule
        for rule in office.app.url_map.iter_rules()
        if rule.rule.startswith("/applications/<")
    ]
    assert len(pages) >= 10
    for rule in office.app.url_map.iter_rules():
        if not rule.rule.startswith("/applications/<"):
            continue
        path = rule.rule.replace("<number>", draft.rpartition("/")[2])
        path = path.replace("<upload_id>", str(upload_id))
        if "GET" in (rule.methods or ()):
            assert stranger.get(path).status_code == 404, path
        else:
            answer = stranger.post(path, "/account/password", signed_by=BUYER.name, agreed="yes")
            assert answer.status_code == 404, path
    with office.database.reading() as session:
        application = session.scalars(select(Application)).one()
        assert application.state.value == "draft"
        assert len(application.materials) == 4


def test_somebody_elses_case_and_certificate_are_not_found(
    office: PortalOffice, buyer: Browser, stranger: Browser
) -> None:
    draft, case_no = office.submitted(buyer)
    office.issue(office.certificate(case_no))
    with buyer.get(f"{draft}/certificate") as answer:
        assert answer.data == PDF
    assert stranger.get(draft).status_code == 404
    assert stranger.get(f"{draft}/certificate").status_code == 404
    assert case_no not in stranger.get("/applications").text


def test_what_does_not_exist_looks_like_what_is_not_ones_own(
    buyer: Browser, stranger: Browser
) -> None:
    draft = buyer.start()
    absent = draft[:-4] + "0000"
    assert stranger.get(draft).text.count("application_unknown") == stranger.get(absent).text.count(
        "application_unknown"
    )


def test_a_form_without_its_token_changes_nothing(office: PortalOffice, buyer: Browser) -> None:
    draft = buyer.start()
    answer = buyer.client.post(f"{draft}/discard", data={})
    assert answer.status_code == 400
    assert buyer.get(draft).status_code == 200
