"""The audit trail: who did what to which object, hash-chained, in the act's own transaction."""

from kernel.audit.models import AuditHead, AuditRecord
from kernel.audit.trail import AuditEntry, AuditResult, attach, record
from kernel.audit.verify import ChainReport, verify_chain

__all__ = [
    "AuditEntry",
    "AuditHead",
    "AuditRecord",
    "AuditResult",
    "ChainReport",
    "attach",
    "record",
    "verify_chain",
]
