"""The signed statement of an electronic certificate: made by the extranet, checked by anybody."""

from kernel.certificates.statement import (
    Statement,
    new_verification_code,
    require_pdf,
    sign_statement,
    verify_statement,
)

__all__ = [
    "Statement",
    "new_verification_code",
    "require_pdf",
    "sign_statement",
    "verify_statement",
]
