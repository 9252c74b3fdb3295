"""Claims about editions: loaded whole, never lost, published once, each case under its own."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from extranet_console import ConsoleOffice
from extranet_office import STAFF, UNIT, Office
from sqlalchemy import delete, select

from extranet_zone.cases.models import Case
from extranet_zone.cases.services.pages import CasePage, case_page
from extranet_zone.cases.states import Action, State
from extranet_zone.catalogue.marks import MarkList, load_marks, marks_of, read_marks
from extranet_zone.catalogue.models import LoadedEdition, UnitMark
from extranet_zone.catalogue.publishing import publish
from extranet_zone.catalogue.reading import PACKAGED, read_edition
from extranet_zone.catalogue.schema import Effect
from extranet_zone.catalogue.services import Catalogue, beijing_day, load_edition
from extranet_zone.roles import Role
from kernel.audit.models import AuditRecord
from kernel.catalogue.edition import Edition
from kernel.catalogue.publication import publication_from
from kernel.errors import (
    ConflictError,
    NotFoundError,
    RefusedError,
    SettingsError,
    UnavailableError,
)
from kernel.messages import CataloguePublished, Kind

ITEM = "transfer-existing"
Change = Callable[[Edition], Edition]


def with_days(edition: Edition, number: int, days: int, valid_from: str = "2026-01-01") -> Edition:
    """The edition with another number and another promise for transfers."""
    items = tuple(
        item.model_copy(update={"promised_working_days": days}) if item.code == ITEM else item
        for item in edition.items
    )
    return edition.model_copy(update={"number": number, "valid_from": valid_from, "items": items})


def load(office: Office, edition: Edition) -> list[int]:
    with office.database.begin() as session:
        load_edition(session, edition, "sysadmin", office.tick())
        return publish(session, office.work.catalogue, office.store, office.now)


@pytest.fixture
def second() -> Edition:
    return with_days(read_edition(PACKAGED), 3, 4)


def test_a_running_case_keeps_its_edition_and_a_new_one_has_the_new(
    office: Office, second: Edition
) -> None:
    before = office.receive(1)
    load(office, second)
    after = office.receive_body(office.application(2).model_copy(update={"edition": 3}))
    for case_no in (before, after):
        office.advance_to(case_no, State.IN_SPATIAL_REVIEW)
    assert office.case(before).promised_days == 5
    assert office.case(after).promised_days == 4
    with office.database.reading() as session:
        assert office.work.catalogue.in_force(session, office.now).number == 3
        page = case_page(session, office.work, before, STAFF[Role.FIRST_EXAMINER], office.now)
    assert page.demanded.edition.startswith("第 2 版")


def test_a_case_whose_edition_has_gone_is_refused_clearly_and_goes_on_when_it_is_back(
    office: Office,
) -> None:
    case_no = office.receive()
    with office.database.begin() as session:
        session.execute(delete(LoadedEdition))
    with pytest.raises(NotFoundError, match="edition_gone") as gone:
        office.do(case_no, Action.PASS_PRELIMINARY)
    assert "第 2 版" in gone.value.message
    assert office.case(case_no).state is State.APPLIED
    load(office, read_edition(PACKAGED))
    assert office.do(case_no, Action.PASS_PRELIMINARY) is State.PRELIMINARY_PASSED


def test_an_application_under_an_edition_or_item_that_is_not_there_opens_no_case(
    office: Office,
) -> None:
    body = office.application()
    for change, code in (({"edition": 9}, "edition_gone"), ({"item_code": "x"}, "item_unknown")):
        with pytest.raises(NotFoundError, match=code):
            office.receive_body(body.model_copy(update=change))
    assert office.rows(Case) == 0


def test_the_same_edition_twice_is_nothing_and_another_content_is_refused(
    office: Office, second: Edition
) -> None:
    assert load(office, second) == [3]
    assert load(office, second) == []
    with pytest.raises(ConflictError, match="edition_differs"):
        load(office, with_days(second, 3, 3))
    with pytest.raises(ConflictError, match="edition_differs"):
        load(office, with_days(second, 2, 3))
    load(office, with_days(second, 5, 3))
    with pytest.raises(ConflictError, match="edition_number"):
        load(office, with_days(second, 4, 3))
    with office.database.reading() as session:
        acts = session.scalars(
            select(AuditRecord.object_id).where(AuditRecord.act == "catalogue.loaded")
        ).all()
    assert sorted(acts) == ["2", "3", "5"]


def test_an_edition_is_in_force_from_its_day_in_beijing(office: Office, second: Edition) -> None:
    tomorrow = (beijing_day(office.now) + timedelta(days=1)).isoformat()
    load(office, second.model_copy(update={"valid_from": tomorrow}))
    with office.database.reading() as session:
        assert office.work.catalogue.in_force(session, office.now).number == 2
    office.clock.advance(timedelta(days=1))
    with office.database.reading() as session:
        assert office.work.catalogue.in_force(session, office.now).number == 3


def test_without_an_edition_nothing_is_in_force(office: Office) -> None:
    with office.database.begin() as session:
        session.execute(delete(LoadedEdition))
    with (
        office.database.reading() as session,
        pytest.raises(UnavailableError, match="catalogue_empty"),
    ):
        office.work.catalogue.in_force(session, office.now)


def test_what_is_published_is_whole_and_is_sent_again_only_when_it_changes(office: Office) -> None:
    with office.database.begin() as session:
        assert publish(session, office.work.catalogue, office.store, office.tick()) == [2]
        assert publish(session, office.work.catalogue, office.store, office.tick()) == []
    (message,) = office.posted(Kind.CATALOGUE_PUBLISHED)
    body = CataloguePublished.model_validate_json(message.body)
    with office.store.open(body.document) as file:
        publication = publication_from(file.read())
    assert publication.edition == read_edition(PACKAGED)
    assert "seizure" in publication.closed
    assert ITEM not in publication.closed
    # A program that can record more opens more, and says so.
    grown = Catalogue(frozenset(Effect))
    with office.database.begin() as session:
        first = session.get_one(LoadedEdition, 2).published_at
        assert publish(session, grown, office.store, office.tick()) == [2]
        assert session.get_one(LoadedEdition, 2).published_at == first
    body = CataloguePublished.model_validate_json(office.posted(Kind.CATALOGUE_PUBLISHED)[1].body)
    with office.store.open(body.document) as file:
        assert publication_from(file.read()).closed == {}


def test_an_item_the_register_cannot_record_is_stopped_before_intake(office: Office) -> None:
    body = office.application().model_copy(
        update={"item_code": "objection", "facts": {"reason": "登记错误"}}
    )
    case_no = office.receive_body(body)
    page = _page(office, case_no)
    assert "item_closed" in {obstacle.code for obstacle in page.openness}
    assert any("尚不能办理" in offer.blocked for offer in page.offers)


EXCLUDED: dict[str, dict[str, str]] = {
    "excluded_o": {"situation": "restructuring"},
    "excluded_n": {"house_kind": "public_unpaid"},
}


@pytest.mark.parametrize("rule", EXCLUDED)
def test_an_excluded_case_passes_neither_preliminary_review_nor_intake(
    office: Office, rule: str
) -> None:
    body = office.application()
    facts = {**body.facts, **EXCLUDED[rule]}
    materials = [
        *body.materials,
        body.materials[0].model_copy(update={"code": "restructuring-approval"}),
    ]
    case_no = office.receive_body(body.model_copy(update={"facts": facts, "materials": materials}))
    with pytest.raises(RefusedError, match="not_open_remotely") as refused:
        office.do(case_no, Action.PASS_PRELIMINARY)
    assert refused.value.detail["rule"] == rule
    assert "属地登记大厅" in refused.value.message
    # It can be handed back with the reason; nothing is lost.
    reviewer = STAFF[Role.PRELIMINARY_REVIEWER]
    note = refused.value.message
    assert office.do(case_no, Action.HAND_BACK, reviewer, note) is State.HANDED_BACK


def test_an_exclusion_that_appears_after_preliminary_review_stops_intake(office: Office) -> None:
    case_no = office.receive()
    office.do(case_no, Action.PASS_PRELIMINARY)
    with office.database.begin() as session:
        load_marks(session, marks(UNIT[:24], "problem_estate"), "sysadmin", office.tick())
    with pytest.raises(RefusedError, match="not_open_remotely") as refused:
        office.do(case_no, Action.COLLECT)
    assert refused.value.detail["rule"] == "excluded_l"


def marks(prefix: str, kind: str, **more: str) -> MarkList:
    line = {"prefix": prefix, "kind": kind, "document": "济自然资〔2021〕1号", **more}
    return MarkList.model_validate({"marks": [{"valid_from": "2021-06-11", **line}]}, strict=False)


@pytest.mark.parametrize("length", [19, 24, 28])
def test_a_mark_is_on_every_unit_below_it_for_its_days(office: Office, length: int) -> None:
    listed = marks(UNIT[:length], "unsurveyed", valid_until="2026-01-05")
    with office.database.begin() as session:
        assert load_marks(session, listed, "sysadmin", office.now) == 1
        assert load_marks(session, listed, "sysadmin", office.now) == 0
    day = beijing_day(office.now)
    with office.database.reading() as session:
        assert marks_of(session, UNIT, day) == {"unit.marks": frozenset({"unsurveyed"})}
        assert marks_of(session, UNIT, day + timedelta(days=1)) == {"unit.marks": frozenset()}
        assert marks_of(session, "419001001001GB00002F00010001", day)["unit.marks"] == frozenset()
    assert office.rows(UnitMark) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("marks = 1", "marks_invalid"),
        ('[[marks]]\nprefix = "4190"', "marks_invalid"),
        ("marks = [", "marks_unreadable"),
    ],
)
def test_a_wrong_list_of_marks_is_refused_whole(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "marks.toml").write_text(text)
    with pytest.raises(SettingsError, match=code):
        read_marks(tmp_path / "marks.toml")


def test_the_case_page_tells_fee_prints_questions_and_the_one_notice(office: Office) -> None:
    body = office.application()
    case_no = office.receive_body(body.model_copy(update={"materials": body.materials[:1]}))
    shown = _page(office, case_no).demanded
    assert shown.fee[-1] == ("合计", "80.00 元", "")
    assert "不动产权证书" in shown.prints
    assert any("真实意思" in question for question in shown.questions)
    for number in (1, 2, 3):
        assert f"{number}. 缺少必交材料" in shown.notice
    standings = {title: standing for title, standing, _note in shown.materials}
    assert standings["存量房买卖合同"] == "必交"
    assert standings["互换协议"] == "不需要"


def _page(office: Office, case_no: str) -> CasePage:
    with office.database.reading() as session:
        actor = STAFF[Role.PRELIMINARY_REVIEWER]
        return case_page(session, office.work, case_no, actor, office.now)


def archive(change: tuple[str, str, str]) -> io.BytesIO:
    """The packaged edition as an archive, with one text of one file changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for path in sorted(PACKAGED.rglob("*.toml")):
            name = path.relative_to(PACKAGED).as_posix()
            text = path.read_text("utf-8")
            if name == "edition.toml":
                text = text.replace("number = 2", "number = 3")
            if name == change[0]:
                assert change[1] in text
                text = text.replace(change[1], change[2])
            file.writestr(name, text)
    made.seek(0)
    return made


def test_the_administrator_loads_an_edition_on_the_page_and_sees_what_changed(
    console: ConsoleOffice,
) -> None:
    browser = console.browser(Role.SYSTEM_ADMINISTRATOR)
    change = (f"items/{ITEM}.toml", "promised_working_days = 5", "promised_working_days = 4")
    answer = browser.post("/catalogue", "/catalogue", archive=(archive(change), "清单.zip"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/catalogue/3")
    page = browser.get("/catalogue").text
    assert 'data-edition="3" data-in-force="1"' in page
    assert "收到至发布" in page
    assert "4 天" in page  # From the first of January to the fifth.
    changed = browser.get("/catalogue/compare?before=2&after=3").text
    assert f"items[{ITEM}].promised_working_days" in changed
    assert browser.get("/catalogue/2").status_code == 200
    item = browser.get(f"/catalogue/3/{ITEM}").text
    assert "承诺 4 个工作日" in item
    assert browser.get("/catalogue/3/none").status_code == 404
    assert browser.get("/catalogue/9").status_code == 404
    assert browser.get("/catalogue/compare?before=x&after=2").status_code == 404


def test_what_a_new_release_brings_is_offered_once_and_loaded_by_the_administrator(
    console: ConsoleOffice,
) -> None:
    browser = console.browser(Role.SYSTEM_ADMINISTRATOR)
    assert "软件自带的第" not in browser.get("/catalogue").text
    with console.office.database.begin() as session:
        session.execute(delete(LoadedEdition))
        load_edition(session, with_days(read_edition(PACKAGED), 1, 5), "sysadmin", 1)
    page = browser.get("/catalogue").text
    assert 'data-edition="1" data-in-force="1"' in page
    assert "软件自带的第 2 版" in page
    assert "软件自带的第" not in console.browser(Role.INTAKE_CLERK).get("/catalogue").text
    assert browser.post("/catalogue", "/catalogue", packaged="1").status_code == 303
    page = browser.get("/catalogue").text
    assert 'data-edition="2" data-in-force="1"' in page
    assert "软件自带的第" not in page


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((f"items/{ITEM}.toml", "= 5", "= 50"), "catalogue_invalid"),
        (("edition.toml", "number = 3", "number = 2"), "edition_differs"),
    ],
)
def test_a_wrong_archive_is_refused_on_the_page_and_nothing_is_kept(
    console: ConsoleOffice, change: tuple[str, str, str], code: str
) -> None:
    browser = console.browser(Role.SYSTEM_ADMINISTRATOR)
    made = archive(change)
    if code == "edition_differs":
        with zipfile.ZipFile(made, "a") as file:
            file.writestr(
                "items/x.toml",
                (PACKAGED / f"items/{ITEM}.toml")
                .read_text()
                .replace(f'code = "{ITEM}"', 'code = "x"'),
            )
        made.seek(0)
    answer = browser.post("/catalogue", "/catalogue", archive=(made, "清单.zip"))
    assert answer.status_code in {409, 422}
    assert f'data-code="{code}"' in answer.text
    assert console.office.rows(LoadedEdition) == 1


def test_a_clerk_reads_the_catalogue_and_does_not_load_it(console: ConsoleOffice) -> None:
    browser = console.browser(Role.INTAKE_CLERK)
    page = browser.get("/catalogue")
    assert page.status_code == 200
    assert "检查并装入" not in page.text
    assert browser.get(f"/catalogue/2/{ITEM}").status_code == 200
    answer = browser.post("/catalogue", "/cases", archive="")
    assert answer.status_code == 403
