import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from integration.register.divisions import house, split
from integration.register.every_effect import life_of_a_flat
from integration.register.stock_samples import NOW, RECORDER, case, line
from sqlalchemy import func, select

from extranet_zone.catalogue.schema import Effect
from extranet_zone.certificates.content import EntryView, content_of
from extranet_zone.certificates.models import Certificate
from extranet_zone.certificates.pdf import Issuer, render
from extranet_zone.certificates.services import (
    CertificateService,
    find_certificate,
    list_certificates,
)
from extranet_zone.register.models import RegisterEntry
from extranet_zone.register.services import RegisterService, load_register
from kernel.audit import AuditRecord
from kernel.certificates import require_pdf, verify_statement
from kernel.db import Database
from kernel.errors import ConflictError, NotFoundError, RefusedError
from kernel.keys import TrustStore, ZoneKeys, generate
from kernel.keys.documents import DocumentSigner, make_signer
from kernel.materials import MaterialsStore
from kernel.paper.fonts import Fonts
from kernel.vocabulary.certificate import CertificateKind
from kernel.vocabulary.zones import Zone

REGISTER = RegisterService("济源市")
ISSUER = Issuer("济源市自然资源和规划局", "https://bdc.example.gov.cn", sample=True)


@pytest.fixture
def keys(tmp_path: Path) -> ZoneKeys:
    return generate(Zone.EXTRANET, tmp_path / "keys")


@pytest.fixture
def store(tmp_path: Path) -> MaterialsStore:
    return MaterialsStore(tmp_path / "materials")


@pytest.fixture
def signer(tmp_path: Path) -> DocumentSigner:
    return make_signer(tmp_path / "keys", ISSUER.authority, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def certificates(
    store: MaterialsStore, keys: ZoneKeys, signer: DocumentSigner
) -> CertificateService:
    return CertificateService(store, keys, signer, ISSUER, Fonts.load(system=()))


def record(database: Database, effect: Effect, serial: int = 1, **facts: str) -> None:
    with database.begin() as session:
        REGISTER.record_case(session, case(effect, 1, serial, **facts), RECORDER, NOW + serial)


def test_engrossed_certificate_can_be_checked_by_anybody(
    database: Database, certificates: CertificateService, store: MaterialsStore, keys: ZoneKeys
) -> None:
    load_register(database, [line()], NOW)
    record(database, Effect.TRANSFER)
    with database.begin() as session:
        [made] = certificates.engross(session, case(Effect.TRANSFER), RECORDER, NOW + 9)
    trust = TrustStore(keys.public(purpose) for purpose in keys.purposes())
    statement = verify_statement(made.statement, trust, datetime(2026, 2, 1, tzinfo=UTC))
    with store.open(made.pdf) as file:
        pdf = file.read()
    require_pdf(statement, hashlib.sha256(pdf).hexdigest())
    assert len(pdf) == made.pdf_size
    assert statement.certificate_no == made.certificate_no
    assert statement.holders_masked == ("李*",)


def test_engrossing_again_answers_the_same_certificate(
    database: Database, certificates: CertificateService
) -> None:
    load_register(database, [line()], NOW)
    record(database, Effect.TRANSFER)
    with database.begin() as session:
        first = certificates.engross(session, case(Effect.TRANSFER), RECORDER, NOW + 9)
    with database.begin() as session:
        second = certificates.engross(session, case(Effect.TRANSFER), RECORDER, NOW + 99)
    assert first == second
    with database.reading() as session:
        made = select(func.count()).select_from(Certificate)
        audited = select(func.count()).where(AuditRecord.act == "certificate.engross")
        assert (session.scalar(made), session.scalar(audited)) == (1, 1)
        assert certificates.engrossed(session, case(Effect.TRANSFER).case_no) == first


def test_cancellation_gives_no_certificate(
    database: Database, certificates: CertificateService
) -> None:
    load_register(database, [line()], NOW)
    record(database, Effect.MORTGAGE)
    record(database, Effect.MORTGAGE_CANCELLATION, 2)
    cancellation = case(Effect.MORTGAGE_CANCELLATION, 1, 2)
    with database.begin() as session:
        assert certificates.engross(session, cancellation, RECORDER, NOW + 9) == ()
        assert certificates.engrossed(session, cancellation.case_no) == ()


def test_a_division_gives_each_new_unit_its_certificates(
    database: Database, certificates: CertificateService, keys: ZoneKeys
) -> None:
    load_register(database, [line()], NOW)
    record(database, Effect.MORTGAGE, amount_fen="100")
    division = split(1, 2, mortgagee_consent="1")
    with database.begin() as session:
        REGISTER.record_case(session, division, RECORDER, NOW + 2)
        made = certificates.engross(session, division, RECORDER, NOW + 9)
        assert certificates.engrossed(session, division.case_no) == made
    trust = TrustStore(keys.public(purpose) for purpose in keys.purposes())
    stated = [verify_statement(m.statement, trust, datetime(2026, 2, 1, tzinfo=UTC)) for m in made]
    assert [(s.unit_no, s.kind) for s in stated] == [
        (house(1, n), kind)
        for n in (11, 12)
        for kind in (CertificateKind.TITLE, CertificateKind.REGISTRATION)
    ]
    with database.reading() as session:
        assert all(find_certificate(session, m.certificate_no).valid for m in made)
        entries = session.scalars(select(RegisterEntry).order_by(RegisterEntry.part)).all()
    title, whole = entries[-4], entries[-3].after
    view = EntryView(title.case_no, title.log_no, "300", title.certificate_no, 1, "", whole)
    # The title shows the mortgage that was carried over, although it was recorded before it.
    assert "登簿时该不动产上有抵押权1项：" in content_of(view).notes


def test_case_that_was_not_recorded_is_not_engrossed(
    database: Database, certificates: CertificateService
) -> None:
    with pytest.raises(ConflictError) as refused, database.begin() as session:
        certificates.engross(session, case(Effect.TRANSFER), RECORDER, NOW)
    assert refused.value.code == "not_recorded"


def test_certificate_holds_until_its_right_ends(
    database: Database, certificates: CertificateService
) -> None:
    load_register(database, [line()], NOW)
    record(database, Effect.MORTGAGE)
    with database.begin() as session:
        [made] = certificates.engross(session, case(Effect.MORTGAGE), RECORDER, NOW + 9)
    with database.reading() as session:
        assert find_certificate(session, made.certificate_no).valid
    record(database, Effect.MORTGAGE_CANCELLATION, 2)
    with database.reading() as session:
        assert not find_certificate(session, made.certificate_no).valid
        assert [view.valid for view in list_certificates(session)] == [False]


def test_unknown_certificate_is_not_found(database: Database) -> None:
    with pytest.raises(NotFoundError), database.reading() as session:
        find_certificate(session, "豫（2026）济源市不动产权第0000009号")


def test_certificate_that_cannot_be_printed_leaves_nothing_behind(
    database: Database, certificates: CertificateService
) -> None:
    load_register(database, [line(location="\U00020bb7家院子")], NOW)
    record(database, Effect.TRANSFER)
    with pytest.raises(RefusedError) as refused, database.begin() as session:
        certificates.engross(session, case(Effect.TRANSFER), RECORDER, NOW + 9)
    assert refused.value.code == "glyph_missing"
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Certificate)) == 0


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("advance_notice", "预售商品房买卖预告登记"),
        ("easement", "地役权"),
        ("residence", "居住权"),
        ("objection", "异议登记"),
    ],
)
def test_every_kind_of_right_has_its_certificate(database: Database, kind: str, word: str) -> None:
    for place, made in enumerate(life_of_a_flat(1, 1)):
        with database.begin() as session:
            recorded = REGISTER.record_case(session, made, RECORDER, NOW + place)
            entry = session.get_one(RegisterEntry, recorded.entry_id)
        if entry.about == kind:
            break
    content = content_of(
        EntryView(
            entry.case_no,
            entry.log_no,
            entry.registration_type,
            entry.certificate_no,
            entry.recorded_at,
            entry.recorder_name,
            entry.after,
        )
    )
    assert content.number.kind is CertificateKind.REGISTRATION
    assert content.fields[0].text == word
    pdf = render(content, ISSUER, "ABCDEFGHIJ", Fonts.load(system=()))
    assert pdf.startswith(b"%PDF-")
