"""The authority's signature in the PDF: held against OpenSSL's and Poppler's eyes, and broken."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from fpdf import FPDF

from extranet_zone.certificates.commands import verify_certificate
from extranet_zone.certificates.signing import sign_pdf
from extranet_zone.certificates.verifying import (
    MAX_PDF_BYTES,
    DocumentTrust,
    load_document_trust,
    verify_pdf,
)
from kernel.errors import NotFoundError, RejectedBundleError, SettingsError
from kernel.keys.documents import (
    DocumentSigner,
    load_signer,
    make_signer,
    renew_signer,
    revoke_signer,
)

NAME = "济源市自然资源和规划局"
AT = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def printed() -> bytes:
    page = FPDF()
    page.add_page()
    return bytes(page.output())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def signer(folder: Path) -> DocumentSigner:
    return make_signer(folder, NAME, AT - timedelta(days=1))


@pytest.fixture
def trust(signer: DocumentSigner) -> DocumentTrust:
    return DocumentTrust((signer.root,))


@pytest.fixture
def signed(printed: bytes, signer: DocumentSigner) -> bytes:
    return sign_pdf(printed, signer, AT)


def refusal(content: bytes, trust: DocumentTrust) -> str:
    with pytest.raises(RejectedBundleError) as caught:
        verify_pdf(content, trust)
    return caught.value.code


def test_signature_says_who_and_when(
    signed: bytes, trust: DocumentTrust, signer: DocumentSigner
) -> None:
    found = verify_pdf(signed, trust)
    assert (found.signer, found.signed_at, found.serial) == (NAME, AT, signer.serial)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils is not installed")
def test_another_reader_finds_the_signature_valid_and_over_the_whole_document(
    signed: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "certificate.pdf"
    file.write_bytes(signed)
    said = subprocess.run(
        ["pdfsig", str(file)], capture_output=True, text=True, check=False, env={"TZ": "UTC"}
    ).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


def test_signer_is_good_in_the_eyes_of_openssl(signer: DocumentSigner, folder: Path) -> None:
    certificate = folder / f"document-{signer.serial}.crt"
    said = subprocess.run(
        ["openssl", "verify", "-CAfile", str(folder / "document-ca.crt"), str(certificate)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.strip().endswith("OK")


def test_every_changed_byte_that_the_signature_covers_is_noticed(
    signed: bytes, trust: DocumentTrust
) -> None:
    begin = signed.index(b"/Contents <") + len(b"/Contents <")
    end = signed.index(b">", begin)
    covered = [*range(0, begin, 41), *range(end + 1, len(signed), 41)]
    for position in covered:
        changed = bytearray(signed)
        changed[position] ^= 0x01
        with pytest.raises(RejectedBundleError):
            verify_pdf(bytes(changed), trust)


def test_signature_itself_is_never_taken_for_somebody_elses(
    signed: bytes, trust: DocumentTrust, signer: DocumentSigner
) -> None:
    # A copy of the root rides along unsigned, and padding follows: what is changed there may pass,
    # but never as another signer, time or document.
    begin = signed.index(b"/Contents <") + len(b"/Contents <")
    refused = 0
    for position in range(begin, signed.index(b">", begin), 97):
        changed = bytearray(signed)
        changed[position] = ord("0") if signed[position : position + 1] != b"0" else ord("F")
        try:
            found = verify_pdf(bytes(changed), trust)
        except RejectedBundleError:
            refused += 1
        else:
            assert (found.signer, found.serial, found.signed_at) == (NAME, signer.serial, AT)
    assert refused > 0


def test_bytes_added_behind_are_noticed(signed: bytes, trust: DocumentTrust) -> None:
    assert refusal(signed + b"\n% more\n", trust) == "pdf_changed"


def test_page_added_by_an_update_is_noticed(signed: bytes, trust: DocumentTrust) -> None:
    update = b"\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R /Size 2 >>\n%%EOF\n"
    assert refusal(signed + update, trust) in {"pdf_changed", "pdf_unreadable"}


def test_unsigned_pdf_is_no_certificate(printed: bytes, trust: DocumentTrust) -> None:
    assert refusal(printed, trust) == "pdf_unsigned"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\x00" * 1000])
def test_what_is_no_pdf_is_refused(content: bytes, trust: DocumentTrust) -> None:
    assert refusal(content, trust) == "pdf_unreadable"


def test_huge_file_is_refused_unread(trust: DocumentTrust) -> None:
    assert refusal(b"%PDF-" + b"0" * MAX_PDF_BYTES, trust) == "pdf_size"


def test_signer_of_another_root_of_the_same_name_is_refused(signed: bytes, tmp_path: Path) -> None:
    stranger = make_signer(tmp_path / "stranger", NAME, AT - timedelta(days=1))
    assert refusal(signed, DocumentTrust((stranger.root,))) == "pdf_signer_unknown"


def test_signature_that_states_a_time_before_its_signer_is_refused(
    printed: bytes, signer: DocumentSigner, trust: DocumentTrust
) -> None:
    early = sign_pdf(printed, signer, AT - timedelta(days=30))
    assert refusal(early, trust) == "pdf_signer_unknown"


def test_renewed_signer_signs_and_what_the_former_signed_stays_good(
    printed: bytes, signed: bytes, signer: DocumentSigner, folder: Path, trust: DocumentTrust
) -> None:
    renewed = renew_signer(folder, AT)
    assert renewed.serial != signer.serial
    assert verify_pdf(sign_pdf(printed, load_signer(folder), AT), trust).serial == renewed.serial
    assert verify_pdf(signed, trust).serial == signer.serial


def test_revoked_signer_fails_and_the_others_stay_good(
    printed: bytes, signed: bytes, signer: DocumentSigner, folder: Path
) -> None:
    first, second = signer, renew_signer(folder, AT)
    revoke_signer(folder, first.serial, AT)
    listed = load_document_trust([folder / "document-ca.crt"], [folder / "document-ca.crl"])
    assert refusal(signed, listed) == "pdf_signer_revoked"
    by_second = sign_pdf(printed, second, AT)
    assert verify_pdf(by_second, listed).serial == second.serial
    revoke_signer(folder, second.serial, AT)
    listed = load_document_trust([folder / "document-ca.crt"], [folder / "document-ca.crl"])
    assert refusal(signed, listed) == refusal(by_second, listed) == "pdf_signer_revoked"


def test_list_that_another_root_signed_is_refused(
    signer: DocumentSigner, folder: Path, tmp_path: Path
) -> None:
    stranger = make_signer(tmp_path / "stranger", NAME, AT)
    revoke_signer(tmp_path / "stranger", stranger.serial, AT)
    with pytest.raises(SettingsError) as caught:
        load_document_trust([folder / "document-ca.crt"], [tmp_path / "stranger/document-ca.crl"])
    assert caught.value.code == "crl_forged"
    assert signer.serial


def test_unknown_serial_is_not_revoked(signer: DocumentSigner, folder: Path) -> None:
    assert signer.serial
    with pytest.raises(NotFoundError) as caught:
        revoke_signer(folder, "1234", AT)
    assert caught.value.code == "signer_unknown"
    assert not (folder / "document-ca.crl").exists()


def test_keys_are_made_once_and_read_by_their_owner_alone(
    signer: DocumentSigner, folder: Path
) -> None:
    with pytest.raises(SettingsError) as caught:
        make_signer(folder, NAME, AT)
    assert caught.value.code == "key_exists"
    assert load_signer(folder) == signer
    (folder / "document.pem").chmod(0o644)
    with pytest.raises(SettingsError) as caught:
        load_signer(folder)
    assert caught.value.code == "key_file_mode"
    (folder / "document.pem").unlink()
    with pytest.raises(SettingsError) as caught:
        load_signer(folder)
    assert caught.value.code == "key_missing"


def test_auditor_checks_a_file_on_the_command_line(
    signed: bytes, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "证书.pdf"
    file.write_bytes(signed)
    arguments = [str(file), "--root", str(folder / "document-ca.crt")]
    answer = CliRunner().invoke(verify_certificate, arguments)
    assert answer.exit_code == 0, answer.output
    assert NAME in answer.output
    assert "没有提供吊销列表" in answer.output
    file.write_bytes(signed[:-400])
    answer = CliRunner().invoke(verify_certificate, arguments)
    assert isinstance(answer.exception, RejectedBundleError)


@pytest.mark.parametrize("name", ["", " ", NAME + "不动产登记中心"])
def test_a_name_that_no_certificate_can_carry_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make_signer(folder, name, AT)
    assert caught.value.code == "signer_name"
    assert not folder.exists()
