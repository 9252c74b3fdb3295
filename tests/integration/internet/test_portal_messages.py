"""Claims about what arrives from the extranet: once in effect, and refused when it contradicts."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from appliance.sample.people import BUYER
from portal_office import LOCATION, OTHER_UNIT, UNIT, Browser, PortalOffice
from sqlalchemy import select

from internet_zone.certificates.models import IssuedCertificate
from internet_zone.progress.models import ProgressStep
from internet_zone.units.models import ListedUnit
from kernel.errors import RefusedError
from kernel.keys import generate
from kernel.messages import BlobRef, Kind
from kernel.vocabulary.case_no import CaseNo, CaseOrigin
from kernel.vocabulary.zones import Zone


def test_every_step_is_shown_with_network_time_note_and_due_time(
    office: PortalOffice, buyer: Browser
) -> None:
    draft, case_no = office.submitted(buyer)
    office.clock.advance(timedelta(minutes=90))
    office.report(case_no, "accept", "已受理", due_at=office.now + 86_400_000_000)
    office.clock.advance(timedelta(hours=20))
    office.report(case_no, "spatial", "空间审核通过", zone="intranet", note="无重叠")
    page = buyer.back_again().get(draft).text
    for words in (
        "互联网",
        "电子政务外网",
        "业务内网",
        "2026-01-05 11:00",
        "2026-01-06 11:00",
        "无重叠",
    ):
        assert words in page
    assert page.index("网上申请已提交") < page.index("已受理") < page.index("空间审核通过")
    listed = buyer.get("/applications").text
    assert "空间审核通过" in listed


def test_a_step_told_twice_is_one_step(office: PortalOffice, buyer: Browser) -> None:
    _draft, case_no = office.submitted(buyer)
    office.clock.advance(timedelta(minutes=1))
    for _ in range(2):
        office.report(case_no, "accept", "已受理")
    assert _steps(office) == ["submitted", "accept"]


def test_a_step_that_a_restored_zone_takes_again_is_one_step(
    office: PortalOffice, buyer: Browser
) -> None:
    _draft, case_no = office.submitted(buyer)
    for step in ("accept", "accept", "supplement", "accept"):
        office.clock.advance(timedelta(minutes=1))
        office.report(case_no, step, "如样例")
    # What happens again after something else is a step of its own.
    assert _steps(office) == ["submitted", "accept", "supplement", "accept"]


def test_steps_that_arrive_out_of_order_are_shown_in_order(
    office: PortalOffice, buyer: Browser
) -> None:
    draft, case_no = office.submitted(buyer)
    later = office.now + 7_200_000_000
    office.report(case_no, "record", "已登簿", at=later)
    office.report(case_no, "accept", "已受理", at=later - 60_000_000)
    page = buyer.get(draft).text
    assert page.index("已受理") < page.index("已登簿")


def test_steps_of_one_instant_are_shown_as_they_were_done(
    office: PortalOffice, buyer: Browser
) -> None:
    draft, case_no = office.submitted(buyer)
    acts = [f"第{number}步" for number in range(1, 13)]
    for number, label in enumerate(acts):
        office.report(case_no, f"step_{chr(97 + number)}", label, at=office.now + 60_000_000)
    page = buyer.get(draft).text
    places = [page.index(label) for label in acts]
    assert places == sorted(places)
    assert acts[-1] in buyer.get("/applications").text


def test_the_last_step_ends_the_application_also_when_told_twice(
    office: PortalOffice, buyer: Browser
) -> None:
    draft, case_no = office.submitted(buyer)
    assert "办理中" in buyer.get(draft).text
    for _ in range(2):
        office.report(case_no, "issue", "已办结", ended=True)
    page = buyer.get(draft).text
    assert "已办结" in page
    assert "接下来会发生什么" not in page
    assert "按此申请重新填写" not in page


def test_progress_of_a_case_nobody_submitted_here_is_refused(office: PortalOffice) -> None:
    unknown = str(CaseNo.make(CaseOrigin.ONLINE, office.clock.now().date(), 77))
    assert _refusal(lambda: office.report(unknown, "accept", "已受理")) == "case_unknown"
    assert _refusal(lambda: office.report("W202601050000010", "accept", "x")) == "case_no_check"
    assert _steps(office) == []


def test_progress_of_a_case_from_a_counter_is_taken(office: PortalOffice) -> None:
    counter = str(CaseNo.make(CaseOrigin.COUNTER, office.clock.now().date(), 1))
    office.report(counter, "accept", "已受理")
    assert _steps(office) == ["accept"]


def test_units_are_added_corrected_and_told_twice(office: PortalOffice) -> None:
    for _ in range(2):
        office.publish((UNIT, "更正后的坐落"), (OTHER_UNIT[:-1] + "3", "新单元"))
    with office.database.reading() as session:
        rows = session.scalars(select(ListedUnit).order_by(ListedUnit.unit_no)).all()
    assert rows[0].location == "更正后的坐落"
    assert len(rows) == 3


def test_a_page_with_a_number_that_is_none_is_refused_whole(office: PortalOffice) -> None:
    wrong = "X" * 28
    assert _refusal(lambda: office.publish((UNIT, "改"), (wrong, "坏"))).startswith("unit_")
    with office.database.reading() as session:
        assert session.get_one(ListedUnit, UNIT).location == LOCATION


def test_a_certificate_arrives_once_and_its_owner_downloads_it(
    office: PortalOffice, buyer: Browser
) -> None:
    draft, case_no = office.submitted(buyer)
    assert buyer.get(f"{draft}/certificate").status_code == 404
    body = office.certificate(case_no)
    for _ in range(2):
        office.issue(body)
    page = buyer.get(draft).text
    assert page.count(f"<strong>{body.certificate_no}</strong>") == 1
    with buyer.get(f"{draft}/certificate") as answer:
        assert answer.data.startswith(b"%PDF-")
        assert answer.mimetype == "application/pdf"
        assert "attachment" in answer.headers["Content-Disposition"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_certificate_that_contradicts_is_refused(office: PortalOffice, buyer: Browser) -> None:
    _draft, case_no = office.submitted(buyer)
    good = office.certificate(case_no)
    other_unit = office.certificate(case_no, 2, unit_no=OTHER_UNIT)
    unknown = str(CaseNo.make(CaseOrigin.ONLINE, office.clock.now().date(), 77))
    no_file = BlobRef(digest="0" * 64, size=1, media_type="application/pdf")
    cases = {
        "certificate_unit_differs": lambda: office.issue(other_unit),
        "case_unknown": lambda: office.issue(office.certificate(unknown)),
        "certificate_statement": lambda: office.issue(
            good.model_copy(update={"certificate_no": "豫（2026）济源市不动产权第0000009号"})
        ),
        "certificate_pdf": lambda: office.receive(Kind.CERTIFICATE_ISSUED, good, [no_file]),
    }
    for code, act in cases.items():
        assert _refusal(act) == code
    assert _certificates(office) == 0
    office.issue(good)
    assert _refusal(lambda: office.issue(office.certificate(case_no, 1))) == "certificate_differs"
    assert _certificates(office) == 1


def test_a_statement_that_the_extranet_did_not_sign_is_refused(
    office: PortalOffice, buyer: Browser, tmp_path: Path
) -> None:
    _draft, case_no = office.submitted(buyer)
    real, office.extranet = office.extranet, generate(Zone.EXTRANET, tmp_path / "forged")
    forged = office.certificate(case_no)
    office.extranet = real
    assert _refusal(lambda: office.issue(forged)) == "certificate_statement"


@pytest.mark.parametrize("kind", [Kind.PROGRESS_REPORTED, Kind.CERTIFICATE_ISSUED])
def test_both_kinds_of_database_take_it_twice(any_office: PortalOffice, kind: Kind) -> None:
    office = any_office
    _draft, case_no = office.submitted(office.browser(BUYER))
    body = office.certificate(case_no)
    for _ in range(2):
        if kind is Kind.CERTIFICATE_ISSUED:
            office.issue(body)
        else:
            office.report(case_no, "accept", "已受理")
    assert (_certificates(office), len(_steps(office))) in {(1, 1), (0, 2)}


def _steps(office: PortalOffice) -> list[str]:
    with office.database.reading() as session:
        return list(session.scalars(select(ProgressStep.step).order_by(ProgressStep.at)))


def _certificates(office: PortalOffice) -> int:
    with office.database.reading() as session:
        return len(session.scalars(select(IssuedCertificate.certificate_no)).all())


def _refusal(act: Callable[[], None]) -> str:
    with pytest.raises(RefusedError) as refused:
        act()
    return refused.value.code
