"""Filling and searching the unit directory."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from internet_zone.units.models import ListedUnit
from kernel.errors import InvalidValueError
from kernel.messages import UnitsPublished
from kernel.vocabulary.unit import UnitNo

MAX_FOUND: Final = 20
MAX_WORDS: Final = 6
MIN_CHARACTERS: Final = 2
_AFTER_ALL: Final = "\U0010ffff"


def take_units(session: Session, body: UnitsPublished, now: int) -> None:
    """Add or correct the units of one page of the directory; the same page twice is one page.

    A unit that was closed by splitting or merging leaves the directory.

    Raises :class:`InvalidValueError` (``unit_…``) when one of the numbers is none; then the whole
    page is refused.
    """
    numbers = [str(UnitNo.parse(listed.unit_no)) for listed in body.units]
    known = {
        unit.unit_no: unit
        for unit in session.scalars(select(ListedUnit).where(ListedUnit.unit_no.in_(numbers)))
    }
    for number, listed in zip(numbers, body.units, strict=True):
        unit = known.get(number)
        if listed.closed:
            if unit is not None:
                session.delete(known.pop(number))
            continue
        if unit is None:
            unit = known[number] = ListedUnit(unit_no=number)
            session.add(unit)
        unit.location, unit.use, unit.published_at = listed.location, listed.use, now


def unlisted_number(session: Session, words: str) -> str:
    """The unit number in ``words``, when it is one of the directory's city that is not listed.

    Empty otherwise. A flat that is sold on plan is on no register yet, and so in no directory.
    """
    try:
        unit = UnitNo.parse(words)
    except InvalidValueError:
        return ""
    ours = select(ListedUnit.unit_no).where(ListedUnit.unit_no.startswith(unit.district)).limit(1)
    if session.get(ListedUnit, str(unit)) is not None or session.scalar(ours) is None:
        return ""
    return str(unit)


def search_units(session: Session, words: str) -> Sequence[ListedUnit]:
    """At most twenty units: by unit number when it is one, else by the words of the location.

    Every word must occur. Locations that begin with what was typed come first: an index finds
    them, so that looking on through the whole directory is needed only when there are few.
    """
    words = " ".join(words.split())[:100]
    try:
        number = str(UnitNo.parse(words))
    except InvalidValueError:
        number = ""
    if number:
        unit = session.get(ListedUnit, number)
        return [unit] if unit else []
    if len(words) < MIN_CHARACTERS:
        return []
    first = session.scalars(
        select(ListedUnit)
        .where(ListedUnit.location >= words, ListedUnit.location < words + _AFTER_ALL)
        .order_by(ListedUnit.location)
        .limit(MAX_FOUND)
    ).all()
    # A database may collate so that the range holds more than the beginning; the text decides.
    found = [unit for unit in first if unit.location.startswith(words)]
    if len(found) >= MAX_FOUND:
        return found
    known = {unit.unit_no for unit in found}
    further = session.scalars(
        select(ListedUnit)
        .where(
            *(
                ListedUnit.location.contains(word, autoescape=True)
                for word in words.split(" ")[:MAX_WORDS]
            )
        )
        .order_by(ListedUnit.location)
        .limit(MAX_FOUND)
    ).all()
    return [*found, *(unit for unit in further if unit.unit_no not in known)][:MAX_FOUND]
