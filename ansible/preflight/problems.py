"""What is wrong with a view: always with the file and the line that say it."""

from dataclasses import dataclass
from pathlib import Path

EXIT_OK = 0
EXIT_REFUSED = 3
EXIT_UNAVAILABLE = 5


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem; ``line`` counts from 1, ``code`` is stable (docs/manual/sysadmin.md)."""

    file: str
    line: int
    code: str
    message: str
    variable: str = ""

    def as_json(self) -> dict[str, str | int]:
        """As ``--json`` prints it."""
        return {
            "file": self.file,
            "line": self.line,
            "variable": self.variable,
            "code": self.code,
            "message": self.message,
            "text": str(self),
        }

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: [{self.code}] {self.message}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands."""

    file: Path
    line: int

    def problem(self, code: str, message: str, variable: str = "") -> Problem:
        """A problem at this place."""
        return Problem(str(self.file), self.line, code, message, variable)


class UnreadableError(Exception):
    """A file that cannot be read at all; what follows from it would only confuse."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class ToolMissingError(Exception):
    """The controller lacks a program that the check needs."""
