"""A portal on a database of its own, the extranet that writes to it, and browsers in front."""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from appliance.sample.people import BUYER, SELLER, Citizen
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from extranet_zone.catalogue.reading import PACKAGED, read_edition
from internet_zone import app as wiring
from internet_zone.db import SCHEMA
from internet_zone.exchange.handlers import handlers
from internet_zone.settings import InternetSettings
from kernel.catalogue.publication import DOCUMENT_TYPE, Publication, to_bytes
from kernel.certificates import Statement, new_verification_code, sign_statement
from kernel.clock import SetClock, now_micros
from kernel.exchange import Received
from kernel.exchange.models import OutboxMessage
from kernel.keys import TrustStore, generate
from kernel.materials import MaterialsStore
from kernel.messages import (
    BlobRef,
    Body,
    CataloguePublished,
    CertificateIssued,
    Kind,
    Message,
    ProgressReported,
    UnitListed,
    UnitsPublished,
)
from kernel.migrate import upgrade
from kernel.spool import Spool
from kernel.vocabulary.certificate import CertificateKind
from kernel.vocabulary.zones import Zone
from kernel.web.accounts import Accounts

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
UNIT = "419001001001GB00001F00010001"
OTHER_UNIT = "419001001001GB00001F00010002"
LOCATION = "济源市济水大街1号3号楼1单元101"
REQUIRED = ("application-form", "identity", "title-certificate", "contract")
PDF = b"%PDF-1.7 sample certificate\n%%EOF\n"
PARTIES = {
    "transferor_name": SELLER.name,
    "transferor_document_type": "1",
    "transferor_document_no": SELLER.identity_no,
    "transferor_phone": SELLER.phone,
}
FACTS = {"situation": "sale", "reason": "买卖", "amount_yuan": "850000", "ownership": "0"}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def picture(number: int, kind: str = "JPEG") -> bytes:
    """A tiny picture that no other number gives."""
    made = io.BytesIO()
    colour = (number % 256, number // 256 % 256, 120)
    Image.new("RGB", (16, 16), colour).save(made, kind, comment=f"page {number}")
    return made.getvalue()


class Browser:
    """One person's browser: keeps cookies, sends a form with the token its page has."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, page: str | None = None, **fields: object) -> TestResponse:
        """Post ``fields`` to ``path``; the token is taken from ``page``, or from ``path``."""
        found = _TOKEN.search(self.client.get(page or path).text)
        assert found is not None, path
        return self.client.post(path, data={"csrf_token": found[1], **fields})

    def register(self, citizen: Citizen, **changed: str) -> TestResponse:
        fields = {
            "name": citizen.name,
            "identity_no": citizen.identity_no,
            "phone": citizen.phone,
            "password": citizen.password,
            "repeated": citizen.password,
        }
        return self.post("/register", **{**fields, **changed})

    def sign_in(self, login: str, password: str) -> TestResponse:
        return self.post("/account/sign-in", login=login, password=password)

    def start(self, item_code: str = "transfer-existing", mode: str = "fusion") -> str:
        """A new draft's address."""
        page = f"/guides/{item_code}"
        answer = self.post("/applications", page, item_code=item_code, mode=mode)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def upload(self, draft: str, files: Sequence[tuple[str, str, bytes]]) -> TestResponse:
        """Upload ``(material code, file name, bytes)`` in one request."""
        fields: dict[str, list[tuple[io.BytesIO, str]]] = {}
        for code, name, data in files:
            fields.setdefault(f"file_{code}", []).append((io.BytesIO(data), name))
        return self.post(f"{draft}/materials", None, **fields)

    def fill(self, draft: str) -> None:
        """Everything that signing asks for."""
        for task, fields in (
            ("unit", {"unit_no": UNIT}),
            ("parties", PARTIES),
            ("facts", FACTS),
        ):
            page = f"{draft}/{task}?words={UNIT}" if task == "unit" else None
            answer = self.post(f"{draft}/{task}", page, **fields)
            assert answer.status_code == 303, answer.text
        files = [(code, f"{code}.jpg", picture(n)) for n, code in enumerate(REQUIRED)]
        assert self.upload(draft, files).status_code == 303

    def sign(self, draft: str, **changed: str) -> TestResponse:
        """Sign as the buyer and submit."""
        fields = {"agreed": "yes", "signed_by": BUYER.name, "password": BUYER.password}
        return self.post(f"{draft}/sign", "/account/password", **{**fields, **changed})

    def back_again(self) -> "Browser":
        """The buyer signs in anew, after the clock went further than a session lasts."""
        assert self.sign_in(BUYER.phone, BUYER.password).status_code == 303
        return self

    def case_no(self, draft: str) -> str:
        found = re.search(r'id="case-no">(\w+)<', self.get(draft).text)
        assert found is not None
        return found[1]


class PortalOffice:
    """The portal with its keys, its clock and a directory of two units."""

    def __init__(self, folder: Path, url: str, *, proxies: int = 0, **limits: int) -> None:
        self.clock = SetClock(datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
        (folder / "cookie.secret").write_text("0" * 64)
        self.keys = generate(Zone.INTERNET, folder / "keys")
        self.extranet = generate(Zone.EXTRANET, folder / "extranet-keys")
        self.trust = TrustStore(
            own.public(purpose) for own in (self.keys, self.extranet) for purpose in own.purposes()
        )
        settings = InternetSettings.model_validate(
            {
                "database": {"url": url},
                "materials": {"folder": folder / "materials"},
                "spool": {"folder": folder / "spool"},
                "keys": {"folder": folder / "keys", "trust": folder / "trust.toml"},
                "web": {
                    "host": "127.0.0.1",
                    "port": 0,
                    "secret_file": folder / "cookie.secret",
                    "secure_cookies": False,
                    "proxies": proxies,
                },
                "uplink": {
                    "host": "127.0.0.1",
                    "port": 0,
                    "certificate": folder / "server.crt",
                    "key": folder / "server.key",
                    "client_authority": folder / "ca.crt",
                    "client_sha256": "0" * 64,
                },
                "limits": limits,
            }
        )
        self.database = wiring.open_database(settings, self.clock)
        upgrade(self.database, SCHEMA)
        self.store = MaterialsStore(folder / "materials")
        (folder / "spool").mkdir(exist_ok=True)
        self.portal = wiring.Portal(
            settings=settings,
            clock=self.clock,
            database=self.database,
            store=self.store,
            spool=Spool(folder / "spool"),
            keys=self.keys,
            trust=self.trust,
        )
        self.app: Flask = wiring.create_app(self.portal, QUICK)
        self.publish_catalogue(Publication(edition=read_edition(PACKAGED), closed={}))
        self.publish((UNIT, LOCATION), (OTHER_UNIT, "济源市沁园路7号2号楼502"))

    @property
    def now(self) -> int:
        return now_micros(self.clock)

    def browser(self, citizen: Citizen | None = None) -> Browser:
        """A browser, of a registered and signed-in citizen when one is named."""
        browser = Browser(self.app.test_client())
        if citizen is not None:
            browser.register(citizen)
            assert browser.sign_in(citizen.phone, citizen.password).status_code == 303
        return browser

    def operator(self) -> Browser:
        """The system administrator's browser."""
        with self.database.begin() as session:
            Accounts(QUICK, 15).create(
                session,
                login="sysadmin",
                display_name="系统管理员",
                password="Sample-2026-pass",
                roles=["system_administrator"],
                now=self.now,
                must_change=False,
                actor="system:test",
            )
        browser = self.browser()
        assert browser.sign_in("sysadmin", "Sample-2026-pass").status_code == 303
        return browser

    def receive(self, kind: Kind, body: Body, blobs: Sequence[BlobRef] = ()) -> None:
        """Have the portal take a message, as its exchange would."""
        message = Message(f"{0:032x}", kind.value, self.now, body, tuple(blobs))
        with self.database.begin() as session:
            handlers(self.trust, self.store)[kind](
                session, Received(message, Zone.EXTRANET, self.now)
            )

    def publish(self, *units: tuple[str, str]) -> None:
        listed = [UnitListed(unit_no=no, location=where, use="住宅") for no, where in units]
        self.receive(Kind.UNITS_PUBLISHED, UnitsPublished(units=listed))

    def publish_catalogue(self, publication: Publication, at: int | None = None) -> None:
        """An edition of the catalogue, as the platform sends it."""
        document = to_bytes(publication)
        blob = self.store.put(io.BytesIO(document), 1 << 24)
        body = CataloguePublished(
            number=publication.edition.number,
            document=blob.digest,
            size=blob.size,
            published_at=self.now if at is None else at,
        )
        reference = BlobRef(digest=blob.digest, size=blob.size, media_type=DOCUMENT_TYPE)
        self.receive(Kind.CATALOGUE_PUBLISHED, body, [reference])

    def report(self, case_no: str, step: str, label: str, **more: object) -> None:
        fields = {"zone": "extranet", "at": self.now, **more}
        body = ProgressReported.model_validate(
            {"case_no": case_no, "step": step, "label": label, **fields}
        )
        self.receive(Kind.PROGRESS_REPORTED, body)

    def certificate(
        self, case_no: str, serial: int = 1, pdf: bytes = PDF, **changed: object
    ) -> CertificateIssued:
        """A certificate as the extranet would send it; the PDF lies in the store already."""
        digest = self.store.put(io.BytesIO(pdf), 1 << 20).digest
        fields: dict[str, object] = {
            "certificate_no": f"豫（2026）济源市不动产权第{serial:07d}号",
            "kind": CertificateKind.TITLE,
            "authority": "济源市自然资源和规划局",
            "unit_no": UNIT,
            "location": LOCATION,
            "holders_masked": ("钱*夏",),
            "registration_type": "200",
            "right_type": "4",
            "recorded_at": self.now,
            "issued_at": self.now,
            "pdf_sha256": digest,
            "verification_code": new_verification_code(),
        }
        statement = Statement(**{**fields, **changed})  # type: ignore[arg-type]  # as tests say
        return CertificateIssued(
            case_no=case_no,
            certificate_no=statement.certificate_no,
            unit_no=statement.unit_no,
            statement=sign_statement(statement, self.extranet),
            pdf=digest,
            pdf_size=len(pdf),
        )

    def issue(self, body: CertificateIssued) -> None:
        blob = BlobRef(digest=body.pdf, size=body.pdf_size, media_type="application/pdf")
        self.receive(Kind.CERTIFICATE_ISSUED, body, [blob])

    def outbox(self) -> list[OutboxMessage]:
        """Every message that waits, in order."""
        with self.database.reading() as session:
            return list(
                session.scalars(
                    select(OutboxMessage).order_by(OutboxMessage.created, OutboxMessage.ordinal)
                )
            )

    def submitted(self, browser: Browser) -> tuple[str, str]:
        """A complete application of the buyer: its address and case number."""
        draft = browser.start()
        browser.fill(draft)
        assert browser.sign(draft).status_code == 303
        return draft, browser.case_no(draft)


@contextmanager
def open_portal(
    folder: Path, url: str, *, proxies: int = 0, **limits: int
) -> Iterator[PortalOffice]:
    office = PortalOffice(folder, url, proxies=proxies, **limits)
    try:
        yield office
    finally:
        office.database.dispose()


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
