"""Errors name the party at fault, carry a stable code, a Chinese message and an exit code.

Three families, and nothing else, are shown to a person:

* :class:`RefusedError`: a rule of registration, of the office or of the settings forbids the act;
* :class:`RejectedBundleError`: bytes that came from elsewhere are not what they must be;
* :class:`UnavailableError`: the environment (disk, network, drive, database) cannot serve now.

A bug is none of these: it stays a bare Python exception and ends the process or the request.
Codes are lower-case ASCII words joined by ``_``; once published a code never changes its meaning.
"""

from typing import ClassVar

# Exit codes of every command line of the project; docs/manual/exit-codes.md explains each.
EXIT_OK = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_REJECTED = 4
EXIT_UNAVAILABLE = 5


class TongbanError(Exception):
    """An error a person is shown: ``code`` is stable, ``message`` is Chinese, nothing personal.

    ``detail`` holds values for logs and JSON output; it must not hold personal data.
    """

    exit_code: ClassVar[int] = EXIT_BUG
    http_status: ClassVar[int] = 500

    def __init__(self, code: str, message: str, **detail: str | int | None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        return f"[{self.code}] {self.message}"

    def as_json(self) -> dict[str, object]:
        """The shape every command prints under ``--json`` and every machine interface answers."""
        return {"error": self.code, "message": self.message, "detail": dict(self.detail)}


class RefusedError(TongbanError):
    """A rule forbids the act; the person who asked can change the request."""

    exit_code = EXIT_REFUSED
    http_status = 422


class InvalidValueError(RefusedError):
    """One value (a number, a code, a field) is not well formed; detail may name the field."""

    http_status = 422


class ForbiddenError(RefusedError):
    """The person may not do this, whatever the values are."""

    http_status = 403


class NotFoundError(RefusedError):
    """There is no such thing, or the person may not know that there is one."""

    http_status = 404


class ConflictError(RefusedError):
    """Somebody else was faster, or the act was done already."""

    http_status = 409


class TooManyRequestsError(RefusedError):
    """The same address asked too often; trying again after a while is right."""

    http_status = 429


class RejectedBundleError(TongbanError):
    """Bytes received on a carrier are not acceptable; they go to quarantine under ``code``."""

    exit_code = EXIT_REJECTED
    http_status = 422


class UnavailableError(TongbanError):
    """The environment cannot serve now; trying again later, unchanged, is right."""

    exit_code = EXIT_UNAVAILABLE
    http_status = 503


class SettingsError(RefusedError):
    """A settings file is missing, unreadable, or has an unknown, missing or wrong key."""
