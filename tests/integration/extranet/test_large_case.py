"""The largest case: what a bankruptcy or a whole building brings to one window."""

import io
import re

from extranet_office import STAFF, Office
from fpdf import FPDF
from test_documents import READER, give, text_of
from test_window_entry import entered, to_archive

from extranet_zone.cases.services import entry
from extranet_zone.cases.services.entry import NewFile
from extranet_zone.cases.services.pages import case_page
from extranet_zone.cases.states import Action
from extranet_zone.roles import Role
from kernel.materials.pdf import MAX_PAGES


def large_file(number: int) -> bytes:
    """A PDF of as many pages as one file may have, unlike every other."""
    pdf = FPDF()
    pdf.set_font("helvetica")
    for page in range(1, MAX_PAGES + 1):
        pdf.add_page()
        pdf.cell(0, 10, f"Sample {number}, page {page}")
    return bytes(pdf.output())


def test_a_case_of_ten_thousand_pages_is_collected_handled_and_archived(office: Office) -> None:
    """Twenty real files through the inspection of uploads, as a bankruptcy brings them."""
    case_no = entered(office)
    files = []
    for number in range(20):
        name = f"卷宗{number}.pdf"
        blob, found = office.store.put_inspected(io.BytesIO(large_file(number)), name, 10**8)
        assert found.pages == MAX_PAGES
        files.append(
            NewFile("change-proof", name, blob.digest, blob.size, found.media_type, found.pages)
        )
    with office.database.begin() as session:
        entry.add_files(session, office.work, case_no, files, STAFF[Role.INTAKE_CLERK])
    office.do(case_no, Action.COLLECT)
    with office.database.reading() as session:
        page = case_page(session, office.work, case_no, READER, office.now)
    assert sum(file.pages for file in page.materials) == 20 * MAX_PAGES + len(page.materials) - 20
    to_archive(office, case_no)
    text = text_of(give(office, case_no, "archive_list"))
    for file in files:
        assert f"{MAX_PAGES}页{file.digest}" in text
    assert re.search(r"共(\d+)件，100\d\d页", text)
