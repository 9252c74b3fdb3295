"""What is handed to the applicant on paper, and what their papers exempt them from."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from extranet_zone.cases.services import documents
from extranet_zone.cases.services.exemptions import grant_exemption
from extranet_zone.cases.views.desk import Desk
from extranet_zone.roles import Permission
from kernel.web.access import Rules

RULES: Rules = {
    # Documents name the applicant whole.
    "cases.document": Permission.CASES_REVEAL.value,
    "cases.exempt": Permission.CASES_ACT.value,
}


def add_pages(pages: Blueprint, desk: Desk) -> None:
    """Documents as PDF, and granting an exemption from the fee."""

    @pages.get("/<case_no>/documents/<code>", defaults={"number": 0})
    @pages.get("/<case_no>/documents/<code>/<int:number>")
    def document(case_no: str, code: str, number: int) -> Response:
        with desk.database.begin() as session:
            pdf = documents.document(session, desk.work, case_no, code, number, desk.actor())
        return Response(
            pdf,
            mimetype="application/pdf",
            headers={
                "Content-Disposition": f'inline; filename="{code}-{case_no}.pdf"',
                "Cache-Control": "no-store",
            },
        )

    @pages.post("/<case_no>/exemption")
    def exempt(case_no: str) -> BaseResponse:
        code, ground = request.form.get("exemption", ""), request.form.get("ground", "")
        with desk.database.begin() as session:
            grant_exemption(session, desk.work, case_no, code, ground, desk.actor(), desk.now())
        return redirect(url_for("cases.show", case_no=case_no), 303)
