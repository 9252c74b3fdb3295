"""The published calendar: seeded by the chinesecalendar library, refused where it does not know."""

from datetime import date

import chinese_calendar

from kernel.errors import RefusedError


class PublishedCalendar:
    """Holidays and make-up working days as 国务院办公厅 announced them, year by year."""

    def is_working_day(self, day: date) -> bool:
        """Whether ``day`` is worked.

        Raises :class:`RefusedError` with code ``calendar_unknown_year``.
        """
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            raise RefusedError(
                "calendar_unknown_year",
                f"{day.year} 年的节假日安排尚未装入工作日历，无法计算到期日",
                year=day.year,
            ) from None
