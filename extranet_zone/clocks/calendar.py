"""The working calendar as loaded: signed editions, each year's newest in force."""

import threading
from collections.abc import Mapping
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.clocks.calendar_file import SignedCalendar, YearCalendar, verify
from extranet_zone.clocks.models import CalendarEdition
from extranet_zone.clocks.working_time import Hours
from kernel import audit
from kernel.clock import Clock
from kernel.db import Database
from kernel.errors import ConflictError, RefusedError, RejectedBundleError
from kernel.keys import TrustStore
from kernel.logs import get_logger

REFRESH_SECONDS: Final = 15.0
"""How long an edition that another process loaded may go unnoticed."""
MAX_LISTED: Final = 200
_SATURDAY: Final = 5
_WEEKEND: Final = "周末"
_MADE_UP: Final = "调休上班"

log = get_logger(__name__)


class KnownYears:
    """A working calendar over the years it was given; immutable."""

    def __init__(self, years: Mapping[int, YearCalendar]) -> None:
        """Answer for ``years``."""
        self._years = dict(years)
        self._off = {year: calendar.days_off for year, calendar in years.items()}

    def is_working_day(self, day: date) -> bool:
        """As :class:`extranet_zone.clocks.working_time.WorkingCalendar` says."""
        year = self._year(day)
        if day in self._off[day.year]:
            return False
        return day.weekday() < _SATURDAY or day in year.make_up

    def reason_of(self, day: date) -> str:
        """As :class:`extranet_zone.clocks.working_time.WorkingCalendar` says."""
        year = self._year(day)
        if day in year.make_up:
            return _MADE_UP
        name = self._off[day.year].get(day)
        return name or (_WEEKEND if day.weekday() >= _SATURDAY else "")

    def hours_on(self, day: date) -> Hours:
        """As :class:`extranet_zone.clocks.working_time.WorkingCalendar` says."""
        return self._year(day).hours

    def _year(self, day: date) -> YearCalendar:
        try:
            return self._years[day.year]
        except KeyError:
            raise RefusedError(
                "calendar_unknown_year",
                f"{day.year} 年的节假日安排尚未装入工作日历，无法计算到期日",
                year=day.year,
            ) from None


class LoadedCalendar:
    """The calendar in force, read again from the database every :data:`REFRESH_SECONDS`.

    Each edition's signature is checked again when it is read: a row that somebody changed in the
    database counts as not loaded.
    """

    def __init__(self, database: Database, trust: TrustStore, clock: Clock) -> None:
        """Read lazily; safe for several threads."""
        self._database, self._trust, self._clock = database, trust, clock
        self._known = KnownYears({})
        self._read_at: float | None = None
        self._lock = threading.Lock()

    def is_working_day(self, day: date) -> bool:
        """As :class:`extranet_zone.clocks.working_time.WorkingCalendar` says."""
        return self._fresh().is_working_day(day)

    def reason_of(self, day: date) -> str:
        """As :class:`extranet_zone.clocks.working_time.WorkingCalendar` says."""
        return self._fresh().reason_of(day)

    def hours_on(self, day: date) -> Hours:
        """As :class:`extranet_zone.clocks.working_time.WorkingCalendar` says."""
        return self._fresh().hours_on(day)

    def _fresh(self) -> KnownYears:
        now = self._clock.monotonic()
        with self._lock:
            if self._read_at is None or now - self._read_at >= REFRESH_SECONDS:
                with self._database.reading() as session:
                    self._known = KnownYears(self._verified(session))
                self._read_at = now
            return self._known

    def _verified(self, session: Session) -> dict[int, YearCalendar]:
        known: dict[int, YearCalendar] = {}
        for row in session.scalars(select(CalendarEdition).order_by(CalendarEdition.edition)):
            try:
                found = verify(row.text, self._trust, self._clock.now())
            except RejectedBundleError as rejected:
                log.error("calendar.rejected", year=row.year, code=rejected.code)
                continue
            known[found.calendar.year] = found.calendar
        return known


def load_edition(session: Session, signed: SignedCalendar, actor: str, now: int) -> bool:
    """Put an edition in force; the same one again changes nothing and answers False.

    Raises :class:`ConflictError` with code ``calendar_edition_old`` when this or a newer edition of
    the year is loaded with another content.
    """
    calendar = signed.calendar
    known = session.scalars(
        select(CalendarEdition)
        .where(CalendarEdition.year == calendar.year)
        .order_by(CalendarEdition.edition.desc())
        .limit(1)
    ).first()
    if known is not None and known.edition >= calendar.edition:
        if known.text == signed.text:
            return False
        raise ConflictError(
            "calendar_edition_old",
            f"{calendar.year} 年已装入第 {known.edition} 版，不能装入第 {calendar.edition} 版",
        )
    session.add(
        CalendarEdition(
            year=calendar.year,
            edition=calendar.edition,
            source=calendar.source,
            keyid=signed.keyid,
            text=signed.text,
            loaded_by=actor,
            loaded_at=now,
        )
    )
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor,
            act="calendar.loaded",
            object_kind="calendar",
            object_id=f"{calendar.year}-{calendar.edition}",
            detail={"keyid": signed.keyid},
        ),
    )
    return True


def loaded_editions(session: Session) -> list[dict[str, str | int]]:
    """Every loaded edition, the newest year and edition first, for pages and commands."""
    rows = session.scalars(
        select(CalendarEdition)
        .order_by(CalendarEdition.year.desc(), CalendarEdition.edition.desc())
        .limit(MAX_LISTED)
    )
    return [
        {
            "year": row.year,
            "edition": row.edition,
            "source": row.source,
            "keyid": row.keyid,
            "loaded_by": row.loaded_by,
            "loaded_at": row.loaded_at,
        }
        for row in rows
    ]
