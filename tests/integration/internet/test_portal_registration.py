"""Claims about registering and signing in."""

import pytest
from appliance.sample.people import BUYER, SELLER
from portal_office import Browser, PortalOffice
from sqlalchemy import select

from internet_zone.citizens.models import Citizen
from kernel.web.models import Account


def test_a_registered_citizen_signs_in_with_the_phone_number(office: PortalOffice) -> None:
    browser = office.browser()
    assert browser.register(BUYER).status_code == 303
    assert browser.sign_in(BUYER.phone, BUYER.password).status_code == 303
    assert BUYER.name in browser.get("/").text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("identity_no", BUYER.identity_no[:-1] + "0", "校验位不符"),
        ("identity_no", "41088119900903", "18位"),
        ("identity_no", "", "18位"),
        ("phone", "12345", "11位"),
        ("password", "short", "两次输入的密码不一致"),
        ("name", " ", "请填写姓名"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    office: PortalOffice, field: str, value: str, words: str
) -> None:
    assert BUYER.identity_no[-1] != "0"
    browser = office.browser()
    answer = browser.register(BUYER, **{field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'role="alert"' in answer.text
    assert _accounts(office) == 0


def test_a_weak_password_is_refused(office: PortalOffice) -> None:
    answer = office.browser().register(BUYER, password="aaaaaaaaaa", repeated="aaaaaaaaaa")
    assert answer.status_code == 422
    assert "密码至少" in answer.text


def test_a_refused_form_keeps_what_was_typed_but_not_the_password(office: PortalOffice) -> None:
    answer = office.browser().register(BUYER, phone="1")
    assert BUYER.name in answer.text
    assert BUYER.identity_no in answer.text
    assert BUYER.password not in answer.text


@pytest.mark.parametrize("changed", [{"phone": SELLER.phone}, {"identity_no": SELLER.identity_no}])
def test_one_person_has_one_account(office: PortalOffice, changed: dict[str, str]) -> None:
    browser = office.browser()
    assert browser.register(BUYER).status_code == 303
    answer = browser.register(BUYER, **changed)
    assert answer.status_code == 422
    assert "已注册" in answer.text
    assert _accounts(office) == 1


def test_the_identity_number_is_kept_normal_and_shown_masked(office: PortalOffice) -> None:
    browser = office.browser()
    typed = " ".join(BUYER.identity_no.lower())
    assert browser.register(BUYER, identity_no=typed).status_code == 303
    with office.database.reading() as session:
        assert session.scalars(select(Citizen.identity_no)).all() == [BUYER.identity_no]
    browser.sign_in(BUYER.phone, BUYER.password)
    draft = browser.start()
    for page in (draft, f"{draft}/parties", f"{draft}/sign"):
        assert BUYER.identity_no not in browser.get(page).text


def test_signing_out_ends_the_session(buyer: Browser) -> None:
    assert buyer.get("/applications").status_code == 200
    buyer.post("/account/sign-out", "/applications", sign_out="1")
    assert buyer.get("/applications").status_code == 302


def test_nobody_applies_without_an_account(office: PortalOffice) -> None:
    stranger = office.browser()
    assert stranger.get("/guides/transfer-existing").status_code == 200
    assert stranger.get("/applications").status_code == 302
    answer = stranger.post(
        "/applications", "/guides/transfer-existing", item_code="transfer-existing", mode="fusion"
    )
    assert answer.status_code == 403


def test_the_exchange_is_the_operators_and_applications_are_the_citizens(
    office: PortalOffice, buyer: Browser
) -> None:
    operator = office.operator()
    assert operator.get("/exchange").status_code == 200
    assert operator.get("/applications").status_code == 403
    assert buyer.get("/exchange").status_code == 403


def _accounts(office: PortalOffice) -> int:
    with office.database.reading() as session:
        return len(session.scalars(select(Account.id)).all())
