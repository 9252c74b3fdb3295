"""The receipt of collection (收件回执) as PDF: number, item, who decides, what was handed in."""

from collections.abc import Sequence
from typing import Final

import segno
from fpdf import FPDF
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case
from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services.work import CaseWork, load_visible
from extranet_zone.cases.transitions import is_being_entered
from kernel import audit
from kernel.clock import beijing_text, from_micros
from kernel.errors import ConflictError
from kernel.paper.fonts import Fonts
from kernel.vocabulary.case_no import CaseNo
from kernel.vocabulary.districts import District
from kernel.vocabulary.masks import mask_name

MARGIN: Final = 20.0
LINE: Final = 8.0
QR_SIZE: Final = 30.0
_WIDTH: Final = 210.0


def receipt(session: Session, work: CaseWork, case_no: str, actor: Actor) -> bytes:
    """The PDF; giving it out is audited.

    Raises :class:`ConflictError` with code ``not_collected`` while the case is being entered.
    """
    case = load_visible(session, work, case_no, actor)
    if is_being_entered(case.state):
        raise ConflictError("not_collected", "尚未收件，不能出具收件回执")
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act="case.receipt_printed",
            object_kind="case",
            object_id=case_no,
            case_no=case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
        ),
    )
    return _drawn(case, _lines(session, work, case))


def _lines(session: Session, work: CaseWork, case: Case) -> list[tuple[str, str]]:
    item = work.item_of(session, case)
    home, here = District.parse(case.home_authority).name, District.parse(work.authority).name
    lines = [
        ("办件编号", CaseNo.parse(case.case_no).grouped()),
        ("事项", item.title),
        ("申请人", mask_name(case.applicant)),
        ("不动产单元号", case.unit_no),
        ("坐落", case.location or "以登记簿记载为准"),
        ("收件机构", f"{here}不动产登记机构"),
        ("办理机构", f"{home}不动产登记机构"),
        ("收件时间", beijing_text(from_micros(case.submitted_at))),
    ]
    lines += [
        (f"材料 {n}", f"{material.title}　{material.pages} 页")
        for n, material in enumerate(case.materials, 1)
    ]
    lines.append(
        (
            "后续步骤",
            "受理决定、审核、缴纳税费（如有）、登簿、发证；进度可凭办件编号在“一窗办事”平台查询",
        )
    )
    return lines


def _drawn(case: Case, lines: Sequence[tuple[str, str]]) -> bytes:
    fonts = Fonts.load()
    fonts.fallbacks_for("".join(text for line in lines for text in line))
    pdf = FPDF(format="A4")
    pdf.set_title(f"收件回执 {case.case_no}")
    pdf.set_creation_date(from_micros(case.submitted_at))
    pdf.add_font("text", fname=fonts.text)
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(auto=True, margin=MARGIN)
    pdf.add_page()
    pdf.set_font("text", size=22)
    pdf.cell(0, 16, "收件回执", align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("text", size=11)
    label_width = 32.0
    for label, text in lines:
        pdf.cell(label_width, LINE, label)
        pdf.multi_cell(_WIDTH - 2 * MARGIN - label_width, LINE, text, new_x="LMARGIN", new_y="NEXT")
    _draw_code(pdf, case.case_no)
    return bytes(pdf.output())


def _draw_code(pdf: FPDF, text: str) -> None:
    """The QR code at the right of the title, drawn as squares."""
    modules = segno.make_qr(text, error="m").matrix
    size = QR_SIZE / len(modules)
    page, left = pdf.page, _WIDTH - MARGIN - QR_SIZE
    pdf.page = 1
    pdf.set_fill_color(0)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                pdf.rect(left + x * size, MARGIN + y * size, size, size, style="F")
    pdf.page = page
