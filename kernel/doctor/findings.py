"""What an examination finds: one assertion a row."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """How an assertion came out."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    """Cannot be had on this kind of machine, such as kernel audit in a container."""


WORDS: Final = {
    Status.PASSED: "合格",
    Status.FAILED: "不合格",
    Status.NOT_APPLICABLE: "不适用",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One assertion: its stable code, the clause of GB/T 22239-2019, what is claimed, how it is."""

    code: str
    clause: str
    claim: str
    status: Status
    seen: str = ""

    def as_json(self) -> dict[str, str]:
        """For the report."""
        return {
            "code": self.code,
            "clause": self.clause,
            "claim": self.claim,
            "status": self.status.value,
            "seen": self.seen,
        }


def judge(code: str, clause: str, claim: str, *, good: bool, seen: object = "") -> Finding:
    """A finding that is either passed or failed."""
    return Finding(code, clause, claim, Status.PASSED if good else Status.FAILED, str(seen)[:400])


def not_here(code: str, clause: str, claim: str, why: str) -> Finding:
    """A finding that this machine cannot have."""
    return Finding(code, clause, claim, Status.NOT_APPLICABLE, why)
