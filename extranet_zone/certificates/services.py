"""Engrossing (缮证): from a recorded entry to a PDF in the store and a signed statement."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.blanks.services import take_blank
from extranet_zone.cases.ports import Actor, CaseView, Engrossed
from extranet_zone.certificates.content import Content, EntryView, content_of
from extranet_zone.certificates.models import Certificate
from extranet_zone.certificates.pdf import MAX_PDF_BYTES, Issuer, render
from extranet_zone.certificates.signing import sign_pdf
from extranet_zone.register.models import RegisterEntry, Right
from extranet_zone.register.states import RightStatus
from kernel import audit
from kernel.certificates import Statement, new_verification_code, sign_statement
from kernel.clock import from_micros
from kernel.errors import ConflictError, NotFoundError
from kernel.keys import ZoneKeys
from kernel.keys.documents import DocumentSigner
from kernel.materials import MaterialsStore
from kernel.paper.fonts import Fonts
from kernel.vocabulary.masks import mask_name

PAGE: Final = 50
PAPER: Final = "paper_certificate"
"""The fact of a case, value ``1``: a paper certificate is asked for besides the electronic one."""
MAX_NAMED: Final = 20
"""Holders a statement names; a statement has a bounded length."""


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate as a page shows it; ``valid`` as long as the right it shows is current."""

    certificate: Certificate
    valid: bool


class CertificateService:
    """Certificates as case work asks for them (:class:`extranet_zone.cases.ports.Certificates`)."""

    def __init__(
        self,
        store: MaterialsStore,
        keys: ZoneKeys,
        signer: DocumentSigner,
        issuer: Issuer,
        fonts: Fonts,
    ) -> None:
        """Print in the name of ``issuer``; ``signer`` signs the PDF, ``keys`` the statement."""
        self._store: Final = store
        self._keys: Final = keys
        self._signer: Final = signer
        self._issuer: Final = issuer
        self._fonts: Final = fonts

    def engross(
        self, session: Session, case: CaseView, actor: Actor, now: int
    ) -> tuple[Engrossed, ...]:
        """Make the certificates of a recorded case, one for each entry that gives one.

        Repeating it answers the same certificates. Where paper is asked for, the next blank is
        taken for each. Raises :class:`ConflictError` (``not_recorded``),
        :class:`kernel.errors.RefusedError` (``glyph_missing``, ``blank_stock_exhausted``) and
        :class:`kernel.errors.SettingsError` (``key_missing``).
        """
        known = self.engrossed(session, case.case_no)
        if known:
            return known
        entries = _entries_of(session, case.case_no)
        # What a certificate shows besides its own right is the unit as the whole case left it.
        afters = {entry.unit_no: entry.after for entry in entries}
        made = [
            self._make(session, entry, afters[entry.unit_no], case, actor, now)
            for entry in entries
            if entry.certificate_no
        ]
        return tuple(_engrossed(certificate) for certificate in made)

    def _make(
        self,
        session: Session,
        entry: RegisterEntry,
        after: str,
        case: CaseView,
        actor: Actor,
        now: int,
    ) -> Certificate:
        content = content_of(_view(entry, after))
        code = new_verification_code()
        printed = render(content, self._issuer, code, self._fonts)
        pdf = sign_pdf(printed, self._signer, from_micros(now))
        digest = hashlib.sha256(pdf).hexdigest()
        statement = _statement(content, entry, self._issuer, code, digest, now)
        certificate = Certificate(
            entry_id=entry.id,
            certificate_no=entry.certificate_no,
            case_no=entry.case_no,
            unit_no=entry.unit_no,
            kind=content.number.kind,
            pdf=digest,
            pdf_size=len(pdf),
            statement=sign_statement(statement, self._keys),
            verification_code=code,
            engrossed_by=actor.login,
            engrossed_at=now,
        )
        # The file is durable before the row that names it; without the row it is only litter.
        self._store.put(io.BytesIO(pdf), MAX_PDF_BYTES)
        session.add(certificate)
        session.flush()
        if case.facts.get(PAPER) == "1":
            take_blank(session, content.number.kind, entry.id, actor, now)
        _audit(session, "certificate.engross", certificate, actor)
        return certificate

    def engrossed(self, session: Session, case_no: str) -> tuple[Engrossed, ...]:
        """The certificates made for the case, in the order of their entries."""
        certificates = session.scalars(
            select(Certificate)
            .join(RegisterEntry, RegisterEntry.id == Certificate.entry_id)
            .where(Certificate.case_no == case_no)
            .order_by(RegisterEntry.part)
        )
        return tuple(_engrossed(certificate) for certificate in certificates)


def find_certificate(session: Session, certificate_no: str) -> CertificateView:
    """The certificate with this number, and whether it still holds.

    Raises :class:`NotFoundError` with code ``certificate_unknown``.
    """
    certificate = session.scalar(
        select(Certificate).where(Certificate.certificate_no == certificate_no)
    )
    if certificate is None:
        raise NotFoundError("certificate_unknown", "没有此证号的电子证照")
    return _viewed(session, [certificate])[0]


def list_certificates(session: Session, before: int | None = None) -> list[CertificateView]:
    """The ``PAGE`` certificates engrossed last, or last before the instant ``before``."""
    statement = select(Certificate).order_by(
        Certificate.engrossed_at.desc(), Certificate.entry_id.desc()
    )
    if before is not None:
        statement = statement.where(Certificate.engrossed_at < before)
    return _viewed(session, session.scalars(statement.limit(PAGE)).all())


def open_certificate(session: Session, entry_id: str, actor: Actor) -> Certificate:
    """The certificate of an entry; that its file was opened is audited.

    Raises :class:`NotFoundError` with code ``certificate_unknown``.
    """
    certificate = session.get(Certificate, entry_id)
    if certificate is None:
        raise NotFoundError("certificate_unknown", "没有此电子证照")
    _audit(session, "certificate.viewed", certificate, actor)
    return certificate


def _viewed(session: Session, found: Sequence[Certificate]) -> list[CertificateView]:
    current = set(
        session.scalars(
            select(Right.certificate_no).where(
                Right.certificate_no.in_([row.certificate_no for row in found]),
                Right.status == RightStatus.CURRENT,
            )
        )
    )
    return [CertificateView(row, row.certificate_no in current) for row in found]


def _entries_of(session: Session, case_no: str) -> Sequence[RegisterEntry]:
    entries = session.scalars(
        select(RegisterEntry).where(RegisterEntry.case_no == case_no).order_by(RegisterEntry.part)
    ).all()
    if not entries:
        raise ConflictError("not_recorded", "该业务尚未登簿，不能缮证")
    return entries


def _view(entry: RegisterEntry, after: str) -> EntryView:
    return EntryView(
        case_no=entry.case_no,
        log_no=entry.log_no,
        registration_type=entry.registration_type,
        certificate_no=entry.certificate_no,
        recorded_at=entry.recorded_at,
        recorder_name=entry.recorder_name,
        after=after,
    )


def _statement(
    content: Content, entry: RegisterEntry, issuer: Issuer, code: str, digest: str, now: int
) -> Statement:
    holders = tuple(mask_name(name) for name in content.holders[:MAX_NAMED])
    if len(content.holders) > MAX_NAMED:
        holders = (*holders, f"等{len(content.holders)}人")
    return Statement(
        certificate_no=entry.certificate_no,
        kind=content.number.kind,
        authority=issuer.authority,
        unit_no=entry.unit_no,
        location=content.location,
        holders_masked=holders,
        registration_type=entry.registration_type,
        right_type=content.right_type,
        recorded_at=entry.recorded_at,
        issued_at=now,
        pdf_sha256=digest,
        verification_code=code,
    )


def _engrossed(certificate: Certificate) -> Engrossed:
    return Engrossed(
        certificate_no=certificate.certificate_no,
        unit_no=certificate.unit_no,
        statement=certificate.statement,
        pdf=certificate.pdf,
        pdf_size=certificate.pdf_size,
    )


def _audit(session: Session, act: str, certificate: Certificate, actor: Actor) -> None:
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act=act,
            object_kind="certificate",
            object_id=certificate.entry_id,
            case_no=certificate.case_no,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail={"certificate_no": certificate.certificate_no, "pdf": certificate.pdf},
        ),
    )
