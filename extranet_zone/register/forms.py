"""What browsers send about the register, turned into frozen requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from extranet_zone.cases.ports import Actor
from extranet_zone.register.services.inquiry import Claim
from extranet_zone.register.services.search import Look, Purpose, SearchBy
from kernel.clock import BEIJING, to_micros
from kernel.errors import InvalidValueError
from kernel.vocabulary.normal import is_digits

MAX_TEXT = 100
MAX_GROUND = 100
_MAX_DIGITS = 15
_DAY_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Query:
    """A search; without ``text`` the page only shows its form."""

    by: SearchBy
    text: str
    purpose: Purpose | None
    ground: str


def parse_query(arguments: Mapping[str, str]) -> Query:
    """The search somebody asks for; what makes no sense is the first choice."""
    by = arguments.get("by", "")
    return Query(
        by=SearchBy(by) if SearchBy.has(by) else SearchBy.UNIT_NO,
        text=arguments.get("text", "").strip()[:MAX_TEXT],
        purpose=parse_purpose(arguments),
        ground=parse_ground(arguments),
    )


def parse_purpose(arguments: Mapping[str, str]) -> Purpose | None:
    """The stated purpose, if one of those that exist was chosen."""
    purpose = arguments.get("purpose", "")
    return Purpose(purpose) if Purpose.has(purpose) else None


def parse_ground(arguments: Mapping[str, str]) -> str:
    """The ground somebody gives for a look; may be empty."""
    return arguments.get("ground", "").strip()[:MAX_GROUND]


def require_look(arguments: Mapping[str, str], actor: Actor) -> Look:
    """Who looks and why.

    Raises :class:`InvalidValueError` with code ``purpose_missing``.
    """
    return Look(require_purpose(parse_purpose(arguments)), parse_ground(arguments), actor)


def parse_claim(form: Mapping[str, str]) -> Claim:
    """What somebody says of a unit."""
    names = ("unit_no", "owner_name", "owner_document", "certificate_no")
    return Claim(*(form.get(name, "").strip()[:MAX_TEXT] for name in names))


def parse_instant(text: str, otherwise: int) -> int:
    """Microseconds UTC of what is typed in Beijing's time, never later than ``otherwise``.

    A day (``2026-01-31``) is its end, a minute (``2026-01-31T09:30``) its beginning.

    Raises :class:`InvalidValueError` with code ``instant_invalid``.
    """
    if not text.strip():
        return otherwise
    try:
        instant = datetime.fromisoformat(text.strip()[:MAX_TEXT])
    except ValueError:
        raise InvalidValueError(
            "instant_invalid", "时点应为日期，或日期加时刻，如 2026-01-31", field="at"
        ) from None
    if len(text.strip()) == _DAY_LENGTH:
        instant = datetime.combine(instant.date(), time(23, 59, 59, 999_999))
    # What is typed is always Beijing's time; a stated zone would only be a slip.
    return min(max(to_micros(instant.replace(tzinfo=BEIJING)), 0), otherwise)


def require_purpose(purpose: Purpose | None) -> Purpose:
    """The purpose, because there is no look at the register without one.

    Raises :class:`InvalidValueError` with code ``purpose_missing``.
    """
    if purpose is None:
        raise InvalidValueError("purpose_missing", "请选择查询目的", field="purpose")
    return purpose


def parse_day(text: str, otherwise: date) -> date:
    """The day in ``text``, never later than ``otherwise``; anything else is ``otherwise``."""
    try:
        return min(date.fromisoformat(text), otherwise)
    except ValueError:
        return otherwise


def parse_after(text: str) -> int:
    """A log number to go on after; anything else is the beginning."""
    return int(text) if is_digits(text) and len(text) <= _MAX_DIGITS else 0
