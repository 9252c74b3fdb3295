"""Signing and submitting: the one act that makes a draft a case.

State, case number, audit record, progress and every message to the extranet commit together, and
whatever submits the same draft again (second click, second tab, retry after a crash) is answered
with the number it already has.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from internet_zone.applications.models import Application, CaseCounter
from internet_zone.applications.services import outgoing
from internet_zone.applications.services.drafts import entry, own_locked
from internet_zone.applications.services.measuring import measure
from internet_zone.applications.states import APPLICATION, Action
from internet_zone.catalogue.services import PortalCatalogue
from internet_zone.progress.services import note_progress
from kernel.audit import record
from kernel.clock import BEIJING, from_micros
from kernel.errors import InvalidValueError, NotFoundError, RefusedError
from kernel.messages import ProgressReported
from kernel.vocabulary.case_no import CaseNo, CaseOrigin
from kernel.vocabulary.districts import CITIES
from kernel.web.accounts import Accounts, Person

SYSTEM: Final = "system"
WINDOW_MODE: Final = "fusion"
"""The way in which the applicant comes to a window once, ours or another authority's."""


def submit(
    session: Session,
    accounts: Accounts,
    person: Person,
    application_id: str,
    catalogue: PortalCatalogue,
    signed_by: str,
    password: str,
    now: int,
    *,
    collecting_authority: str = "",
) -> str:
    """Sign and submit; answers the case number. A second submission answers the same number.

    ``collecting_authority`` is the division code of the authority whose window the applicant
    chose (到异地登记机构受理); empty for the home authority's.

    Raises :class:`RefusedError`: ``application_incomplete``; :class:`InvalidValueError`:
    ``signature_name``, ``authority_unknown``; :class:`kernel.errors.ForbiddenError`:
    ``password_wrong``.
    """
    application = own_locked(session, person, application_id)
    if application.case_no is not None:
        return application.case_no
    target = APPLICATION.target(application.state, Action.SUBMIT, person.roles)
    found = measure(session, catalogue, application, now)
    incomplete = found.missing()
    if incomplete:
        raise RefusedError("application_incomplete", "；".join(incomplete.values()))
    applicant = application.parties[0]
    if " ".join(signed_by.split()) != applicant.name:
        raise InvalidValueError("signature_name", "签名须与申请人姓名一致", field="signed_by")
    _require_authority(application, collecting_authority)
    accounts.require_password(session, person.account_id, password)
    case_no = _draw_case_no(session, now)
    application.state, application.case_no = target, case_no
    # From here on the case keeps the edition it was signed under.
    application.edition = found.edition.number
    application.signed_by, application.submitted_at = applicant.name, now
    outgoing.post_application(session, application, found.item, case_no, collecting_authority, now)
    outgoing.post_materials(session, application.materials, case_no, now)
    note_progress(
        session,
        ProgressReported(
            case_no=case_no,
            step="submitted",
            label="网上申请已提交",
            zone="internet",
            at=now,
            note="申请和材料正在送往电子政务外网",
        ),
    )
    record(session, entry(person, "application.submit", application_id, case_no))
    return case_no


def _require_authority(application: Application, code: str) -> None:
    """Only who comes to a window chooses one, and only one that takes part."""
    known = {city.code for city in CITIES}
    if code and (application.mode != WINDOW_MODE or code not in known):
        raise InvalidValueError(
            "authority_unknown", "请从列表中选择受理机构", field="collecting_authority"
        )


def of_case(session: Session, case_no: str) -> Application:
    """The application that became the case, whoever asks: for what the extranet reports.

    Raises :class:`NotFoundError` with code ``case_unknown``.
    """
    application = session.scalars(
        select(Application).where(Application.case_no == case_no).with_for_update()
    ).one_or_none()
    if application is None:
        raise NotFoundError("case_unknown", "没有这个办件")
    return application


def end(application: Application) -> None:
    """The extranet reported the last step of the case; hearing so again changes nothing."""
    if not APPLICATION.is_final(application.state):
        application.state = APPLICATION.target(application.state, Action.END, {SYSTEM})


def _draw_case_no(session: Session, now: int) -> str:
    day = from_micros(now).astimezone(BEIJING).date()
    key = f"{day:%Y%m%d}"
    counter = session.get(CaseCounter, key, with_for_update=True, populate_existing=True)
    if counter is None:
        # The day's first: two at once meet at the primary key, and the later one goes on with
        # the row of the earlier.
        try:
            with session.begin_nested():
                session.add(CaseCounter(day=key, last=0))
        except IntegrityError:
            pass
        counter = session.get_one(CaseCounter, key, with_for_update=True, populate_existing=True)
    counter.last += 1
    return str(CaseNo.make(CaseOrigin.ONLINE, day, counter.last))
