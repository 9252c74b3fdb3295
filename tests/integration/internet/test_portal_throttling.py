"""Claims about the limits as the portal sets them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from appliance.sample.people import BUYER
from portal_office import PortalOffice, open_portal


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[PortalOffice]:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    with open_portal(tmp_path, url, registrations=2, sign_ins=3, verifications=2) as opened:
        yield opened


def test_registering_without_end_is_refused(strict: PortalOffice) -> None:
    browser = strict.browser()
    for _ in range(2):
        assert browser.register(BUYER, phone="1").status_code == 422
    answer = browser.register(BUYER)
    assert answer.status_code == 429
    assert "操作过于频繁" in answer.text
    assert "too_many_requests" in answer.text
    assert browser.get("/register").status_code == 200


def test_guessing_passwords_is_refused(strict: PortalOffice) -> None:
    browser = strict.browser()
    for _ in range(3):
        assert browser.sign_in(BUYER.phone, "wrong").status_code == 422
    assert browser.sign_in(BUYER.phone, "wrong").status_code == 429


def test_asking_for_certificates_without_end_is_refused_but_the_form_stays(
    strict: PortalOffice,
) -> None:
    browser = strict.browser()
    question = "/verify?no=豫（2026）济源市不动产权第0000001号&code=AAAAAAAAAA"
    assert [browser.get(question).status_code for _ in range(3)] == [200, 200, 429]
    assert browser.get("/verify").status_code == 200


def test_behind_a_proxy_visitors_are_told_apart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    with open_portal(tmp_path, url, verifications=1, proxies=1) as office:
        client = office.app.test_client()

        def ask(address: str) -> int:
            question = "/verify?no=豫（2026）济源市不动产权第0000001号&code=AAAAAAAAAA"
            return client.get(question, headers={"X-Forwarded-For": address}).status_code

        assert [ask("192.0.2.1"), ask("192.0.2.2"), ask("192.0.2.1")] == [200, 200, 429]
        assert ask("203.0.113.9, 192.0.2.2") == 429
