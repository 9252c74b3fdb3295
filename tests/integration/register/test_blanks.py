"""Claims about the stock of blank certificates."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from integration.register.stock_samples import NOW, RECORDER, case, line
from sqlalchemy import select

from extranet_zone.blanks.models import Blank, BlankStatus
from extranet_zone.blanks.services import (
    blank_of,
    levels,
    receive_blanks,
    spoil_blank,
    take_blank,
)
from extranet_zone.catalogue.schema import Effect
from extranet_zone.certificates.models import Certificate
from extranet_zone.certificates.pdf import Issuer
from extranet_zone.certificates.services import CertificateService
from extranet_zone.register.services import RegisterService, load_register
from kernel.db import Database
from kernel.errors import ConflictError, InvalidValueError, NotFoundError, RefusedError
from kernel.keys import generate
from kernel.keys.documents import make_signer
from kernel.materials import MaterialsStore
from kernel.paper.fonts import Fonts
from kernel.vocabulary.certificate import CertificateKind
from kernel.vocabulary.zones import Zone

TITLE = CertificateKind.TITLE


def receive(database: Database, first: str, last: str) -> int:
    with database.begin() as session:
        return receive_blanks(session, TITLE, first, last, RECORDER, NOW)


def record(database: Database, number: int = 1, **facts: str) -> str:
    load_register(database, [line(number)], NOW)
    with database.begin() as session:
        made = case(Effect.TRANSFER, number, number, **facts)
        return RegisterService("济源市").record_case(session, made, RECORDER, NOW).entry_id


def take(database: Database, entry: str) -> str:
    with database.begin() as session:
        return take_blank(session, TITLE, entry, RECORDER, NOW)


def in_stock(database: Database) -> tuple[int, int, int]:
    with database.reading() as session:
        level = levels(session)[0]
    return level.in_stock, level.used, level.spoiled


def test_lowest_number_goes_first_and_is_kept_when_it_is_spoiled(database: Database) -> None:
    assert receive(database, "D41000000009", "D41000000011") == 3
    entry = record(database)
    assert take(database, entry) == "D41000000009"
    with database.begin() as session:
        spoil_blank(session, " d41000000009", "打印错位", RECORDER, NOW + 1)
    assert take(database, entry) == "D41000000010"
    assert in_stock(database) == (1, 1, 1)
    with database.reading() as session:
        spoiled = session.get_one(Blank, "D41000000009")
        assert (spoiled.note, spoiled.entry_id) == ("打印错位", entry)
        assert blank_of(session, entry) == "D41000000010"


def test_exhausted_stock_is_a_clear_refusal(database: Database) -> None:
    receive(database, "000001", "000001")
    take(database, record(database, 1))
    with pytest.raises(RefusedError) as refused:
        take(database, record(database, 2))
    assert refused.value.code == "blank_stock_exhausted"
    with pytest.raises(RefusedError), database.begin() as session:
        take_blank(session, CertificateKind.REGISTRATION, "x" * 32, RECORDER, NOW)


def test_one_certificate_takes_one_blank(database: Database) -> None:
    receive(database, "000001", "000005")
    entry = record(database)
    take(database, entry)
    with pytest.raises(ConflictError) as refused:
        take(database, entry)
    assert refused.value.code == "blank_assigned"
    assert in_stock(database) == (4, 1, 0)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("000001", "0000010", "blank_number"),
        ("A000001", "B000002", "blank_number"),
        ("1", "2", "blank_number"),
        ("000002", "000001", "blank_range"),
        ("000001", "900000", "blank_range"),
        ("000005", "000007", "blank_known"),
    ],
)
def test_what_is_no_delivery_is_refused(
    database: Database, first: str, last: str, code: str
) -> None:
    receive(database, "000006", "000006")
    with pytest.raises((InvalidValueError, ConflictError)) as refused:
        receive(database, first, last)
    assert refused.value.code == code
    assert in_stock(database) == (1, 0, 0)


def test_spoiling_needs_a_reason_and_a_number_that_was_received(database: Database) -> None:
    receive(database, "000001", "000001")
    for number, reason, error in (
        ("000001", " ", InvalidValueError),
        ("000009", "污损", NotFoundError),
    ):
        with pytest.raises(error), database.begin() as session:
            spoil_blank(session, number, reason, RECORDER, NOW)


def test_eight_clerks_take_eighty_blanks_each_once(database: Database) -> None:
    receive(database, "000001", "000080")
    load_register(database, [line(number) for number in range(1, 81)], NOW)
    entries = [record(database, number) for number in range(1, 81)]
    start = threading.Barrier(8)

    def work(clerk: int) -> list[str]:
        start.wait()
        return [take(database, entry) for entry in entries[clerk::8]]

    with ThreadPoolExecutor(8) as clerks:
        taken = [number for numbers in clerks.map(work, range(8)) for number in numbers]
    assert sorted(taken) == [f"{number:06d}" for number in range(1, 81)]
    with database.reading() as session:
        statuses = set(session.scalars(select(Blank.status)))
    assert statuses == {BlankStatus.USED}


def test_paper_certificate_is_not_engrossed_without_a_blank(
    database: Database, tmp_path: Path
) -> None:
    service = CertificateService(
        MaterialsStore(tmp_path / "materials"),
        generate(Zone.EXTRANET, tmp_path / "keys"),
        make_signer(tmp_path / "keys", "济源市自然资源和规划局", datetime.now(UTC)),
        Issuer("济源市自然资源和规划局", "https://localhost", sample=True),
        Fonts.load(system=()),
    )
    entry = record(database)
    asked = case(Effect.TRANSFER, paper_certificate="1")
    with pytest.raises(RefusedError) as refused, database.begin() as session:
        service.engross(session, asked, RECORDER, NOW)
    assert refused.value.code == "blank_stock_exhausted"
    with database.reading() as session:
        assert session.scalars(select(Certificate)).all() == []
    receive(database, "000001", "000009")
    with database.begin() as session:
        service.engross(session, asked, RECORDER, NOW)
        service.engross(session, asked, RECORDER, NOW)
    with database.reading() as session:
        assert blank_of(session, entry) == "000001"
