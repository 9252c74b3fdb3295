"""Whether a certificate of the uplink is what the other side will accept."""

import ipaddress
from collections.abc import Iterator
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature


def certificate_faults(
    authority: str | None, certificate: str | None, host: str | None, now: datetime
) -> Iterator[str]:
    """What is wrong with ``certificate`` and its ``authority`` (PEM), in Chinese.

    ``host`` is the name or address it must be made out for; None for a client's.
    """
    if authority is None or certificate is None:
        yield "证书或其颁发者没有给出"
        return
    try:
        issuer = x509.load_pem_x509_certificate(authority.encode())
        leaf = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError:
        yield "证书或其颁发者无法读取"
        return
    for words, one in (("证书", leaf), ("证书颁发者", issuer)):
        if now < one.not_valid_before_utc:
            yield f"{words}尚未生效"
        if now > one.not_valid_after_utc:
            yield f"{words}已过期"
    if not _is_issued_by(leaf, issuer):
        yield "证书不是由一同给出的颁发者签发"
    if host is not None and not _names(leaf, host):
        yield f"证书不是发给 {host or '（未写上联地址）'} 的"


def _is_issued_by(leaf: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(leaf: x509.Certificate, host: str) -> bool:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    bare = host.removeprefix("[").removesuffix("]")
    try:
        return ipaddress.ip_address(bare) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        return bare.lower() in [name.lower() for name in names.get_values_for_type(x509.DNSName)]
