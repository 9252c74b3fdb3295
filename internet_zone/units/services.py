"""Filling and searching the unit directory."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from internet_zone.units.models import ListedUnit
from kernel.errors import InvalidValueError
from kernel.messages import UnitsPublished
from kernel.vocabulary.unit import UnitNo

MAX_FOUND = 20
MIN_WORDS = 2


def take_units(session: Session, body: UnitsPublished, now: int) -> None:
    """Add or correct the units of one page of the directory."""
    for listed in body.units:
        unit = session.get(ListedUnit, listed.unit_no)
        if unit is None:
            unit = ListedUnit(unit_no=listed.unit_no)
            session.add(unit)
        unit.location, unit.use, unit.published_at = listed.location, listed.use, now


def search_units(session: Session, words: str) -> Sequence[ListedUnit]:
    """At most twenty units: by unit number when it is one, else by the start of the location."""
    words = " ".join(words.split())[:100]
    try:
        number = str(UnitNo.parse(words))
    except InvalidValueError:
        number = ""
    if number:
        found = session.get(ListedUnit, number)
        return [found] if found else []
    if len(words) < MIN_WORDS:
        return []
    return session.scalars(
        select(ListedUnit)
        .where(ListedUnit.location.contains(words, autoescape=True))
        .order_by(ListedUnit.location)
        .limit(MAX_FOUND)
    ).all()
