"""Claims about verifying a certificate without an account."""

import gc
import io
from datetime import timedelta

import pytest
from appliance.sample.people import BUYER
from portal_office import LOCATION, PDF, Browser, PortalOffice
from sqlalchemy import select, update

from internet_zone.applications.models import Application
from internet_zone.certificates.models import IssuedCertificate
from internet_zone.certificates.views import MAX_PDF_BYTES
from kernel.messages import CertificateEnded, CertificateIssued, Kind
from kernel.vocabulary.certificate import CertificateKind


@pytest.fixture
def issued(office: PortalOffice, buyer: Browser) -> CertificateIssued:
    _draft, case_no = office.submitted(buyer)
    body = office.certificate(case_no, verification_code="ABCDEFGH23")
    office.issue(body)
    return body


def test_anybody_verifies_by_number_and_code(
    office: PortalOffice, issued: CertificateIssued
) -> None:
    page = office.browser().get(f"/verify?no={issued.certificate_no}&code=abcdefgh23").text
    assert 'data-result="genuine"' in page
    for shown in ("钱*夏", LOCATION, issued.unit_no, "2026-01-05 09:30", "核验时间"):
        assert shown in page
    assert BUYER.name not in page


def test_half_width_brackets_and_spaces_are_the_same_number(
    office: PortalOffice, issued: CertificateIssued
) -> None:
    typed = issued.certificate_no.replace("（", " (").replace("）", ") ")
    page = office.browser().get(f"/verify?no={typed}&code=ABCDEFGH23")
    assert 'data-result="genuine"' in page.text


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("豫（2026）济源市不动产权第0000001号", "ABCDEFGH24"),
        ("豫（2026）济源市不动产权第0000001号", "中文"),
        ("豫（2026）济源市不动产权第0000002号", "ABCDEFGH23"),
    ],
)
def test_a_wrong_code_is_answered_like_an_unknown_number(
    office: PortalOffice, issued: CertificateIssued, number: str, code: str
) -> None:
    answer = office.browser().get(f"/verify?no={number}&code={code}")
    assert answer.status_code == 200
    assert 'data-result="unknown"' in answer.text
    assert "钱*夏" not in answer.text


@pytest.mark.parametrize(("number", "code"), [("不是证号", "ABCDEFGH23"), ("豫", "")])
def test_what_is_no_number_is_said_so(office: PortalOffice, number: str, code: str) -> None:
    answer = office.browser().get(f"/verify?no={number}&code={code}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_the_code_must_be_given(office: PortalOffice, issued: CertificateIssued) -> None:
    answer = office.browser().get(f"/verify?no={issued.certificate_no}")
    assert answer.status_code == 422
    assert "验证码" in answer.text


def test_the_file_itself_verifies_and_one_changed_byte_does_not(
    office: PortalOffice, issued: CertificateIssued
) -> None:
    assert 'data-result="genuine"' in _verify_file(office, PDF)
    assert 'data-result="unknown"' in _verify_file(office, PDF.replace(b"sample", b"Sample"))


# The test client leaves the spooled body of a large request to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("content", [b"", b"GIF89a", b"%PDF-" + bytes(MAX_PDF_BYTES)])
def test_what_is_no_certificate_file_is_said_so(office: PortalOffice, content: bytes) -> None:
    page = _verify_file(office, content)
    assert "请选择电子证书的 PDF 文件" in page
    assert "data-result" not in page
    gc.collect()


def test_a_certificate_that_a_later_transfer_replaced_is_not_called_valid(
    office: PortalOffice, buyer: Browser, issued: CertificateIssued
) -> None:
    office.clock.advance(timedelta(days=30))
    _draft, case_no = office.submitted(buyer.back_again())
    later = office.certificate(
        case_no, 2, pdf=PDF + b"2", verification_code="ZZZZZZZZ77", holders_masked=("李*澜",)
    )
    office.issue(later)
    browser = office.browser()
    old = browser.get(f"/verify?no={issued.certificate_no}&code=ABCDEFGH23").text
    assert 'data-result="replaced"' in old
    assert "李*澜" not in old
    new = browser.get(f"/verify?no={later.certificate_no}&code=ZZZZZZZZ77").text
    assert 'data-result="genuine"' in new


def test_neither_a_co_owners_certificate_nor_a_mortgage_replaces_a_title(
    office: PortalOffice, buyer: Browser, issued: CertificateIssued
) -> None:
    office.issue(office.certificate(issued.case_no, 2, pdf=PDF + b"2"))
    office.clock.advance(timedelta(days=1))
    _draft, case_no = office.submitted(buyer.back_again())
    office.issue(
        office.certificate(
            case_no,
            kind=CertificateKind.REGISTRATION,
            certificate_no="豫（2026）济源市不动产证明第0000001号",
            registration_type="100",
            pdf=PDF + b"3",
        )
    )
    page = office.browser().get(f"/verify?no={issued.certificate_no}&code=ABCDEFGH23").text
    assert 'data-result="genuine"' in page


def test_a_row_that_was_tampered_with_is_not_genuine(
    office: PortalOffice, issued: CertificateIssued
) -> None:
    with office.database.begin() as session:
        changed = issued.statement.replace("A", "B", 1)
        session.execute(update(IssuedCertificate).values(statement=changed))
    page = office.browser().get(f"/verify?no={issued.certificate_no}&code=ABCDEFGH23").text
    assert 'data-result="unknown"' in page


def _verify_file(office: PortalOffice, content: bytes) -> str:
    answer = office.browser().post("/verify", pdf=(io.BytesIO(content), "证书.pdf"))
    return answer.text


@pytest.mark.parametrize(
    ("how", "label"), [("cancelled", "已注销"), ("superseded", "已失效"), ("lapsed", "已失效")]
)
def test_a_certificate_whose_right_has_ended_says_so_to_anybody_and_to_its_owner(
    office: PortalOffice, buyer: Browser, issued: CertificateIssued, how: str, label: str
) -> None:
    assert "data-ended" not in buyer.get(_address(office, issued)).text
    end = CertificateEnded(
        certificate_no=issued.certificate_no, unit_no=issued.unit_no, how=how, ended_at=office.now
    )
    office.receive(Kind.CERTIFICATE_ENDED, end)
    office.receive(Kind.CERTIFICATE_ENDED, end)
    page = office.browser().get(f"/verify?no={issued.certificate_no}&code=ABCDEFGH23").text
    assert 'data-result="ended"' in page
    assert label in page
    assert 'data-result="ended"' in _verify_file(office, PDF)
    owner = buyer.get(_address(office, issued)).text
    assert f'data-ended="{how}"' in owner
    assert label in owner


def test_an_end_that_comes_before_its_certificate_is_not_lost(
    office: PortalOffice, buyer: Browser
) -> None:
    _draft, case_no = office.submitted(buyer)
    body = office.certificate(case_no, verification_code="ABCDEFGH23")
    office.receive(
        Kind.CERTIFICATE_ENDED,
        CertificateEnded(
            certificate_no=body.certificate_no,
            unit_no=body.unit_no,
            how="superseded",
            ended_at=office.now,
        ),
    )
    office.issue(body)
    page = office.browser().get(f"/verify?no={body.certificate_no}&code=ABCDEFGH23").text
    assert 'data-result="ended"' in page


def _address(office: PortalOffice, issued: CertificateIssued) -> str:
    with office.database.reading() as session:
        application = session.scalars(
            select(Application).where(Application.case_no == issued.case_no)
        ).one()
        return f"/applications/{application.id}"
