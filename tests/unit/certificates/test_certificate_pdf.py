import io
import json
import unicodedata

import pytest
from pypdf import PdfReader

from extranet_zone.certificates.content import Content, EntryView, content_of
from extranet_zone.certificates.pdf import MAX_PDF_BYTES, Issuer, render
from kernel.errors import RefusedError
from kernel.paper.fonts import Fonts
from kernel.vocabulary.certificate import CertificateKind

TITLE_NO = "豫（2026）济源市不动产权第0000001号"
MORTGAGE_NO = "豫（2026）济源市不动产证明第0000001号"
CODE = "ABCDE23456"
ISSUER = Issuer("济源市自然资源和规划局", "https://bdc.example.gov.cn/", sample=True)


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    return Fonts.load(system=())


def holder(name: str, share: str = "") -> dict[str, str]:
    return {
        "name": name,
        "document_type": "1",
        "document_no": "419001198202020028",
        "share": share,
    }


def entry(
    *names: str, certificate_no: str = TITLE_NO, location: str = "济源市沁园街道示范路1号"
) -> EntryView:
    shares = f"1/{len(names)}" if len(names) > 1 else ""
    ownership = {
        "kind": "ownership",
        "right_type": "4",
        "certificate_no": TITLE_NO,
        "sharing": "2" if shares else "0",
        "facts": {"reason": "买卖", "former_certificate_no": "济房权证字第123号"},
        "holders": [holder(name, shares) for name in names],
    }
    mortgage = {
        "kind": "mortgage",
        "right_type": "4",
        "certificate_no": MORTGAGE_NO,
        "sharing": "0",
        "facts": {"amount_fen": "45000000", "debt_from": "2026-01-05", "debt_to": "2046-01-05"},
        "holders": [holder("济源农商银行")],
    }
    after = {
        "unit_no": "419001001001GB00001F00010001",
        "location": location,
        "use": "住宅",
        "area": "128.56",
        "nature": "",
        "term": "",
        "rights": [ownership, mortgage],
    }
    return EntryView(
        case_no="W202601050000017",
        log_no=12,
        registration_type="200",
        certificate_no=certificate_no,
        recorded_at=1_767_576_600_000_000,
        recorder_name="孔登簿",
        after=json.dumps(after),
    )


def fields(content: Content) -> dict[str, str]:
    return {line.label: line.text for line in content.fields}


def printed(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    text = "".join(page.extract_text() for page in pages)
    # pypdf reads fpdf2's two-byte codes of CFF fonts with a zero byte before each character.
    return "".join(unicodedata.normalize("NFKC", text.replace("\x00", "")).split())


def test_title_certificate_has_the_fields_of_the_paper_one() -> None:
    content = content_of(entry("李四"))
    assert list(fields(content)) == [
        "权利人",
        "共有情况",
        "坐落",
        "不动产单元号",
        "权利类型",
        "权利性质",
        "用途",
        "面积",
        "使用期限",
        "权利其他状况",
    ]
    assert fields(content)["权利性质"] == "/"
    assert fields(content)["面积"] == "房屋建筑面积：128.56平方米"


def test_registration_certificate_names_amount_and_obligor() -> None:
    content = content_of(entry("李四", certificate_no=MORTGAGE_NO))
    assert content.number.kind is CertificateKind.REGISTRATION
    assert fields(content)["义务人"] == "李四"
    assert "被担保主债权数额：450,000.00元" in fields(content)["其他"]
    assert "2026年1月5日起2046年1月5日止" in fields(content)["其他"]


def test_shares_stand_with_their_owners() -> None:
    assert fields(content_of(entry("李四", "王五")))["共有情况"] == "按份共有：李四 1/2，王五 1/2"


def test_document_numbers_are_masked() -> None:
    content = content_of(entry("李四"))
    text = "".join(line.text for line in content.fields) + "".join(content.notes)
    assert "419001198202020028" not in text
    assert "419***********0028" in text


def test_everything_the_certificate_says_is_on_the_paper(fonts: Fonts) -> None:
    content = content_of(entry("李四", "王五"))
    text = printed(render(content, ISSUER, CODE, fonts))
    for said in (*(line.text for line in content.fields), *content.notes, ISSUER.authority):
        for part in said.split("\n"):
            assert "".join(unicodedata.normalize("NFKC", part).split()) in text
    assert "ABCDE23456" in text


def test_same_certificate_is_the_same_file(fonts: Fonts) -> None:
    content = content_of(entry("李四"))
    assert render(content, ISSUER, CODE, fonts) == render(content, ISSUER, CODE, fonts)


def test_sample_is_marked_and_the_real_one_is_not(fonts: Fonts) -> None:
    content = content_of(entry("李四"))
    real = Issuer(ISSUER.authority, ISSUER.portal_url, sample=False)
    assert "样例" in printed(render(content, ISSUER, CODE, fonts))
    assert "样例" not in printed(render(content, real, CODE, fonts))


def test_many_holders_go_on_over_further_sheets(fonts: Fonts) -> None:
    content = content_of(entry(*(f"共有人{number}" for number in range(1, 51))))
    pdf = render(content, ISSUER, CODE, fonts)
    assert len(pdf) < MAX_PDF_BYTES
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 2
    assert "50.共有人50" in printed(pdf)


def test_text_too_long_for_its_row_goes_on_in_the_notes(fonts: Fonts) -> None:
    long = "".join(f"示范路{number}号" for number in range(1, 33))
    text = printed(render(content_of(entry("李四", location=long)), ISSUER, CODE, fonts))
    assert "坐落(续):" in text
    assert "32号" in text


def test_hanzi_of_the_general_standard_list_are_in_our_own_font(fonts: Fonts) -> None:
    assert fonts.fallbacks_for("镕淼喆堃\U0002cb2d\U0002b7c5") == ()


def test_character_nobody_has_is_refused_by_its_code_point(fonts: Fonts) -> None:
    content = content_of(entry("李\U00020bb7"))
    with pytest.raises(RefusedError) as refused:
        render(content, ISSUER, CODE, fonts)
    assert refused.value.code == "glyph_missing"
    assert refused.value.detail["code_points"] == "U+20BB7"


def test_rare_character_is_printed_from_the_systems_font() -> None:
    fonts = Fonts.load()
    if not fonts.system:
        pytest.skip("no system font with rare hanzi is installed")
    pdf = render(content_of(entry("李\U00020bb7")), ISSUER, CODE, fonts)
    assert "\U00020bb7" in printed(pdf)
