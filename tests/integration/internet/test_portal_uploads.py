"""Claims about uploads: what is good is kept, each bad file is named beside its material."""

import gc
import io
from pathlib import Path

import pytest
from appliance.sample.bad_files import write_bad_files
from portal_office import Browser, PortalOffice, digest_of, picture
from sqlalchemy import select

from internet_zone.applications.models import Upload
from internet_zone.applications.services import uploads

GOOD = ("identity", "好.jpg", picture(1))


@pytest.fixture
def draft(buyer: Browser) -> str:
    return buyer.start()


# The test client leaves the spooled body of a large request to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_each_bad_file_is_refused_with_its_reason_and_the_others_are_kept(
    office: PortalOffice, buyer: Browser, draft: str, tmp_path: Path
) -> None:
    bad = [file for file in write_bad_files(tmp_path / "bad") if file.code is not None]
    assert len(bad) >= 9
    files = [("contract", file.path.name, file.path.read_bytes()) for file in bad]
    answer = buyer.upload(draft, [GOOD, *files])
    assert answer.status_code == 422
    for file in bad:
        assert f'data-code="{file.code}"' in answer.text
        assert f'<span class="error">{file.path.name}' in answer.text
    assert _names(office) == ["好.jpg"]
    assert not list((tmp_path / "materials" / "parts").iterdir())
    del answer
    gc.collect()


def test_several_files_of_several_materials_go_in_one_request(
    office: PortalOffice, buyer: Browser, draft: str
) -> None:
    files = [("identity", f"{n}.jpg", picture(n)) for n in range(3)]
    files += [("contract", "合同.png", picture(9, "PNG"))]
    assert buyer.upload(draft, files).status_code == 303
    page = buyer.get(f"{draft}/materials").text
    assert "4 个文件" in page
    assert "合同.png" in page
    assert office.store.has(digest_of(files[0][2]))


def test_the_same_file_twice_is_one_file(office: PortalOffice, buyer: Browser, draft: str) -> None:
    for _ in range(2):
        assert buyer.upload(draft, [GOOD]).status_code == 303
    assert _names(office) == ["好.jpg"]


def test_a_file_can_be_removed_and_removing_it_again_is_harmless(
    office: PortalOffice, buyer: Browser, draft: str
) -> None:
    buyer.upload(draft, [GOOD, ("identity", "二.jpg", picture(2))])
    with office.database.reading() as session:
        upload_id = session.scalars(select(Upload.id).where(Upload.position == 0)).one()
    path = f"{draft}/materials/{upload_id}/remove"
    for _ in range(2):
        assert buyer.post(path, f"{draft}/materials", remove="1").status_code == 303
    assert _names(office) == ["二.jpg"]


def test_sending_without_choosing_a_file_says_nothing_and_keeps_everything(
    office: PortalOffice, buyer: Browser, draft: str
) -> None:
    buyer.upload(draft, [GOOD])
    assert buyer.upload(draft, [("identity", "", b"")]).status_code == 303
    assert _names(office) == ["好.jpg"]


def test_a_material_the_item_does_not_ask_for_is_ignored(
    office: PortalOffice, buyer: Browser, draft: str
) -> None:
    assert buyer.upload(draft, [("no-such", "x.jpg", picture(1))]).status_code == 303
    assert _names(office) == []


def test_what_there_is_no_room_for_is_refused_and_the_rest_is_kept(
    office: PortalOffice, buyer: Browser, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_FILES", 2)
    files = [("identity", f"{n}.jpg", picture(n)) for n in range(3)]
    answer = buyer.upload(draft, files)
    assert answer.status_code == 422
    assert 'data-code="too_many_files"' in answer.text
    assert _names(office) == ["0.jpg", "1.jpg"]


def test_an_application_is_bounded_in_bytes(
    office: PortalOffice, buyer: Browser, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", len(GOOD[2]) + 10)
    answer = buyer.upload(draft, [GOOD, ("identity", "二.jpg", picture(2))])
    assert answer.status_code == 422
    assert 'data-code="application_too_large"' in answer.text
    assert _names(office) == ["好.jpg"]


def test_a_request_larger_than_an_application_may_be_is_not_read(
    office: PortalOffice, buyer: Browser, draft: str
) -> None:
    answer = buyer.client.post(
        f"{draft}/materials",
        input_stream=io.BytesIO(b""),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(300 * 1024 * 1024)},
    )
    assert answer.status_code == 413
    assert "太大" in answer.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_upload_that_is_cut_off_leaves_nothing(
    office: PortalOffice, buyer: Browser, draft: str, tmp_path: Path
) -> None:
    start = (
        b'--x\r\nContent-Disposition: form-data; name="file_identity"; filename="a.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n"
    )
    answer = buyer.client.post(
        f"{draft}/materials",
        input_stream=io.BytesIO(start + picture(1)[:100]),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": "100000"},
    )
    assert answer.status_code == 400
    assert _names(office) == []
    assert not list((tmp_path / "materials" / "parts").iterdir())


def test_other_forms_do_not_take_what_an_upload_may(buyer: Browser, draft: str) -> None:
    answer = buyer.post(f"{draft}/facts", reason="长" * 1_000_000)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("C:\\scans\\合同.jpg", "合同.jpg"),
        ("../../etc/合同.jpg", "合同.jpg"),
        ("合\u202egpj.同.jpg", "合gpj.同.jpg"),
        ("页" * 100 + ".jpeg", "页" * 58 + "…" + ".jpeg"),
        ("\u200b", "未命名"),
    ],
)
def test_file_names_are_shown_without_folders_and_tricks(sent: str, shown: str) -> None:
    assert uploads.shown_name(sent) == shown
    assert len(shown) <= uploads.MAX_FILE_NAME


def _names(office: PortalOffice) -> list[str]:
    with office.database.reading() as session:
        return list(session.scalars(select(Upload.file_name).order_by(Upload.position)))
