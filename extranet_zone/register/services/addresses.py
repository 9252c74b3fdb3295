"""Finding units by a fragment of their address without reading all of them (ADR 20).

Rules:

1. a parcel (宗地) has the pairs of all the addresses that its units have or had: nothing is taken
   away, because a pair too many costs a look and a pair too few loses a unit;
2. the pairs narrow down where to look, the address itself decides;
3. words that everybody's address has narrow nothing: then the units are looked through in their
   order, and a page of them is found soon.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from sqlalchemy import Select, exists, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from extranet_zone.register.addresses import pairs_of
from extranet_zone.register.models import AddressPair, Unit

COMMON: Final = 1000
"""In so many parcels a pair tells nothing."""
MAX_PAIRS: Final = 24
_BATCH: Final = 400
"""Pairs that one statement asks for; SQLite takes 999 values at least."""


def note_addresses(session: Session, addresses: Mapping[str, Iterable[str]]) -> None:
    """Keep the pairs of ``addresses``, by number of the parcel, in the caller's transaction."""
    for parcel_no in sorted(addresses):
        pairs = sorted(pairs_of(addresses[parcel_no]))
        for start in range(0, len(pairs), _BATCH):
            _note(session, parcel_no, pairs[start : start + _BATCH])


def _note(session: Session, parcel_no: str, pairs: Collection[str]) -> None:
    known = set(
        session.scalars(
            select(AddressPair.pair).where(
                AddressPair.parcel_no == parcel_no, AddressPair.pair.in_(pairs)
            )
        )
    )
    rows = [{"pair": pair, "parcel_no": parcel_no} for pair in pairs if pair not in known]
    if rows and not _inserted(session, rows):
        # Somebody else notes an address of the parcel just now. Everybody inserts in the order of
        # the pairs, so that two who wait for each other cannot be.
        for row in rows:
            _inserted(session, [row])


def _inserted(session: Session, rows: list[dict[str, str]]) -> bool:
    try:
        with session.begin_nested():
            session.execute(insert(AddressPair), rows)
    except IntegrityError:
        return False
    return True


def narrowed(session: Session, statement: Select[Unit], words: Iterable[str]) -> Select[Unit]:
    """``statement`` for the parcels alone that may have an address with all the words."""
    counted = {pair: _parcels(session, pair) for pair in sorted(pairs_of(words))[:MAX_PAIRS]}
    if not counted:
        return statement
    rarest = min(counted, key=lambda pair: counted[pair])
    if counted[rarest] >= COMMON:
        return statement
    parcels = select(AddressPair.parcel_no).where(AddressPair.pair == rarest)
    for pair in counted:
        if pair != rarest:
            other = aliased(AddressPair)
            parcels = parcels.where(
                exists().where(other.pair == pair, other.parcel_no == AddressPair.parcel_no)
            )
    # Their numbers rather than the question: no planner then walks all units in their order.
    return statement.where(Unit.parcel_no.in_(session.scalars(parcels).all()))


def _parcels(session: Session, pair: str) -> int:
    """In how many parcels the pair is, counted up to :data:`COMMON`."""
    some = select(AddressPair.parcel_no).where(AddressPair.pair == pair).limit(COMMON).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0
