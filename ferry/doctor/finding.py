"""One thing that was looked at, how it stands, and what to do about it."""

from dataclasses import dataclass

from kernel.vocabulary.coded import Coded


class Grade(Coded):
    """How something stands."""

    GOOD = "good", "正常"
    WARNING = "warning", "注意"
    BAD = "bad", "故障"


@dataclass(frozen=True, slots=True)
class Finding:
    """``check`` is stable, ``said`` and ``remedy`` are Chinese; a good one has no remedy."""

    check: str
    grade: Grade
    said: str
    remedy: str = ""


def good(check: str, said: str) -> Finding:
    """As it should be."""
    return Finding(check, Grade.GOOD, said)


def warning(check: str, said: str, remedy: str) -> Finding:
    """A trip can be done; somebody should see to it."""
    return Finding(check, Grade.WARNING, said, remedy)


def bad(check: str, said: str, remedy: str) -> Finding:
    """A trip cannot be done, or would not be safe."""
    return Finding(check, Grade.BAD, said, remedy)
