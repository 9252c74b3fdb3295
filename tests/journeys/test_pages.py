"""Pages in a real Chromium without JavaScript: they work, fit a phone, and ask no other host."""

from collections.abc import Callable
from pathlib import Path

import pytest
from appliance.chromium import (
    PICTURES,
    ChromiumBrowser,
    open_page,
    require_fitting,
    require_keyboard,
    sign_in,
)
from appliance.journey import Journey
from appliance.people import Applicant, Clerk
from appliance.sample.people import (
    BUYER,
    EXTRANET_STAFF,
    INTRANET_STAFF,
    staff_with,
)
from appliance.station import Station
from journeys.check import require_whole
from playwright.sync_api import Browser, Page

from extranet_zone.catalogue.reading import packaged_number

Build = Callable[..., Station]
pytestmark = [pytest.mark.slow, pytest.mark.browser]


def require_map(page: Page, *, scripts: bool) -> None:
    """The map can be moved with JavaScript, and is a drawing without."""
    if scripts:
        page.wait_for_selector("#map[data-ready='1'] canvas")
        page.click("#map .ol-zoom-in")
    else:
        assert page.locator("#map svg path.subject").count() == 1


def test_consoles_fit_every_width_need_no_mouse_and_ask_no_other_host(
    build: Build, browser: Browser, tmp_path: Path
) -> None:
    station = build()
    outcome = Journey(station.layout, lambda _event: None).run()
    layout, case = station.layout, outcome.case_no
    unit = Journey(layout, lambda _event: None).main_unit()["unit_no"]
    draft = Journey(layout, lambda _event: None).notebook.draft.partition("/applications/")[2]
    examiner = staff_with("first_examiner", EXTRANET_STAFF)
    reviewer = staff_with("spatial_reviewer", INTRANET_STAFF)
    own = (BUYER.phone, BUYER.password)
    clerk = (examiner.login, examiner.password)
    inner = (reviewer.login, reviewer.password)
    operator = ("sysadmin", "Sample-sysadmin-2026")
    head, intake, engrosser = (
        (person.login, person.password)
        for person in map(staff_with, ("head_of_office", "intake_clerk", "engrossing_clerk"))
    )
    edition, look = packaged_number(), f"purpose=case_work&ground={case}"
    visits: list[tuple[str, tuple[str, str] | None, str, str]] = [
        ("internet", None, "/", "portal"),
        ("internet", None, "/guides/transfer-existing", "portal-guide"),
        ("internet", None, "/register", "portal-register"),
        ("internet", None, f"/verify?no={outcome.certificate_no}&code=AAAAAAAAAA", "portal-verify"),
        ("internet", own, "/applications", "portal-applications"),
        ("internet", own, f"/applications/{draft}", "portal-progress"),
        ("internet", operator, "/exchange", "internet-exchange"),
        ("extranet", clerk, "/cases?all=1", "extranet-worklist"),
        ("extranet", clerk, f"/cases/{case}", "extranet-case"),
        ("extranet", operator, "/catalogue", "extranet-catalogue"),
        ("extranet", operator, f"/catalogue/{edition}", "extranet-catalogue-edition"),
        ("extranet", clerk, f"/catalogue/{edition}/transfer-existing", "extranet-catalogue-item"),
        ("extranet", clerk, f"/register?by=unit_no&text={unit}&{look}", "extranet-register"),
        ("extranet", clerk, f"/register/units/{unit}?{look}", "extranet-unit"),
        ("extranet", clerk, "/register/verify", "extranet-verify"),
        ("extranet", clerk, "/register/log", "extranet-recording-log"),
        ("extranet", clerk, "/clocks", "extranet-clocks"),
        ("extranet", clerk, "/clocks/calendar", "extranet-calendar"),
        ("extranet", head, "/statistics", "extranet-statistics"),
        ("extranet", head, "/province", "extranet-province"),
        ("extranet", intake, "/cases/entry", "extranet-entry"),
        ("extranet", engrosser, "/blanks", "extranet-blanks"),
        ("extranet", intake, "/window", "extranet-window"),
        ("extranet", operator, "/window/registration", "extranet-windows"),
        ("extranet", operator, "/exchange", "extranet-exchange"),
        ("intranet", inner, "/reviews?all=1", "intranet-worklist"),
        ("intranet", inner, f"/reviews/{case}", "intranet-review"),
        ("intranet", inner, f"/mirror?unit_no={unit}", "intranet-mirror"),
        ("intranet", operator, "/exchange", "intranet-exchange"),
    ]
    for scripts in (False, True):
        for zone, who, address, name in visits:
            base = layout.url(zone)
            page, strays = open_page(browser, base, scripts=scripts)
            if who is not None:
                sign_in(page, base, *who)
            require_fitting(page, base + address, PICTURES / name, scripts=scripts)
            assert strays == [], (name, strays)
            if not scripts:
                require_keyboard(page, base + address)
            if name == "intranet-review":
                require_map(page, scripts=scripts)
            page.context.close()


def test_the_main_job_is_clicked_through_without_javascript(build: Build, browser: Browser) -> None:
    """Citizen, clerks, reviewer and a stranger who verifies: all in Chromium, scripts off."""
    station = build()

    def window(base: str) -> ChromiumBrowser:
        return ChromiumBrowser(base, browser)

    outcome = Journey(station.layout, lambda _event: None, open_browser=window).run()
    require_whole(station.layout, outcome)


def test_a_clerk_needs_no_javascript_and_no_mouse(build: Build, browser: Browser) -> None:
    """A clerk passes a case with the keyboard alone in a browser that runs no scripts."""
    station = build()
    layout = station.layout
    applicant = Applicant(layout.url("internet"), BUYER)
    _draft, case_no = Journey(layout, lambda _event: None).apply(applicant)
    applicant.close()
    staff = staff_with("preliminary_reviewer", EXTRANET_STAFF)
    waiting = Clerk(layout.url("extranet"), staff, "/cases")
    waiting.sign_in()
    waiting.until(
        "材料到齐",
        lambda: (
            "未到" not in waiting.open(f"/cases/{case_no}").text
            and waiting.state(case_no) == "applied"
        ),
    )
    waiting.close()
    page, _strays = open_page(browser, layout.url("extranet"), scripts=False)
    sign_in(page, layout.url("extranet"), staff.login, staff.password)
    page.goto(f"{layout.url('extranet')}/cases/{case_no}")
    button = page.locator("button[value=pass_preliminary]")
    for _ in range(80):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("#case-state").get_attribute("data-state") == "preliminary_passed"
    page.context.close()
