"""``verify-certificate``: an auditor's check of a certificate's PDF, without a database."""

from pathlib import Path

import click

from extranet_zone.certificates.verifying import MAX_PDF_BYTES, load_document_trust, verify_pdf
from kernel.clock import beijing_text
from kernel.program.cli import emit, json_option

_EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(
    "verify-certificate",
    help="离线核验电子证照 PDF 的电子签名：谁签的、签名后是否被改动、签名证书是否被吊销",
)
@click.argument("file", type=_EXISTING)
@click.option(
    "--root", "roots", type=_EXISTING, multiple=True, required=True, help="登记机构的根证书（PEM）"
)
@click.option("--crl", "lists", type=_EXISTING, multiple=True, help="根证书签发的吊销列表（PEM）")
@json_option
def verify_certificate(
    file: Path, roots: tuple[Path, ...], lists: tuple[Path, ...], *, as_json: bool
) -> None:
    """Answer 0 when the signature holds; a rejected file says why with its code."""
    trust = load_document_trust(roots, lists)
    with file.open("rb") as opened:
        found = verify_pdf(opened.read(MAX_PDF_BYTES + 1), trust)
    unchecked = "" if lists else "\n没有提供吊销列表：未核对签名证书是否已被吊销"
    emit(
        as_json,
        {
            "signer": found.signer,
            "serial": found.serial,
            "signed_at": found.signed_at.isoformat(),
            "revocations_checked": bool(lists),
        },
        f"电子签名有效\n签名者：{found.signer}\n签名时间（签名者自述）：{beijing_text(found.signed_at)}\n"
        f"签名证书序列号：{found.serial}{unchecked}",
    )
