"""An invented register stock on the sample parcels, one JSON object a line, of any length.

Rules of the stock:

1. the first unit belongs to the sample seller alone and nothing stands against it;
2. a shorter stock of the same seed is the beginning of a longer one;
3. certificate numbers are counted per year and kind, without gaps, in the order of the lines;
4. whatever its length from :data:`FEWEST`, it has a mortgage, two seizures, an objection and an
   advance notice, each on a unit with one holder.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from appliance.sample.names import BANKS, invented_identity, invented_name
from appliance.sample.parcels import Parcel, move_parcels
from appliance.sample.people import SELLER
from appliance.sample.places import CITY, flat_location
from kernel.vocabulary.certificate import CertificateKind, CertificateNo
from kernel.vocabulary.unit import UnitNo

DEFAULT_UNITS: Final = 400
MOST_UNITS: Final = 1_000_000
FEWEST: Final = 20
SMALLEST_PARCEL_M2: Final = 80.0
"""Slivers and garden strips carry no building."""
FLATS_FROM_M2: Final = 1500.0
"""From this size a parcel carries a building of flats."""
_FLOORS: Final = 6
_STAIRS: Final = 2
_DOORS: Final = 2
_FIRST_DAY: Final = date(2016, 3, 1)
_DAYS: Final = (date(2024, 12, 27) - _FIRST_DAY).days

# Which lines carry what for certain; further ones come by chance.
_MORTGAGED_LINE: Final = 3
_CERTAIN: Final = {
    7: "seizure",
    11: "objection",
    13: "advance_notice",
    17: "seizure",
    37: "seizure",
    57: "seizure",
}
MORTGAGED: Final = 0.20
"""Share of units with a mortgage."""
_PRIVATE: Final = 0.5
"""Share of mortgages that secure a loan between people, not of a bank."""
_SEIZED: Final = 0.02
_OBJECTED: Final = 0.005
_NOTICED: Final = 0.005
_JOINT: Final = 0.22
_BY_SHARES: Final = 0.30
_SHARES: Final = (("1/2", "1/2"), ("1/3", "2/3"), ("1/4", "3/4"))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a unit is and how big it is."""

    unit_no: str
    parcel_no: str
    location: str
    use: str
    area: float


@dataclass(slots=True)
class _Numbers:
    """The certificate numbers given so far."""

    given: Counter[tuple[int, CertificateKind]] = field(default_factory=Counter)

    def next(self, kind: CertificateKind, day: date) -> str:
        self.given[day.year, kind] += 1
        return str(CertificateNo("豫", day.year, CITY, kind, self.given[day.year, kind]))


def stock(
    parcels: Sequence[Parcel], seed: int, units: int, mortgaged: float = MORTGAGED
) -> Iterator[dict[str, Any]]:
    """``units`` units one after the other, as the register's loader takes them."""
    random = Random(f"register:{seed}")
    numbers = _Numbers()
    places = _places(parcels, random)
    for index in range(units):
        yield _line(next(places), index, numbers, random, mortgaged)


def write_register(
    folder: Path,
    seed: int,
    units: int = DEFAULT_UNITS,
    parcels: Sequence[Parcel] | None = None,
    mortgaged: float = MORTGAGED,
) -> Path:
    """Write ``register.jsonl``; memory does not grow with ``units``."""
    path = folder / "register.jsonl"
    parcels = move_parcels().parcels if parcels is None else parcels
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in stock(parcels, seed, units, mortgaged):
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    return path


def _places(parcels: Sequence[Parcel], random: Random) -> Iterator[_Place]:
    """Units without end: every round puts one more building on each parcel."""
    chosen = [parcel for parcel in parcels if parcel.area_m2 >= SMALLEST_PARCEL_M2]
    random.shuffle(chosen)
    # The first unit is a flat, as most units of a city are.
    first = next(parcel for parcel in chosen if parcel.area_m2 >= FLATS_FROM_M2)
    chosen.remove(first)
    chosen.insert(0, first)
    building = 0
    while True:
        building += 1
        for parcel in chosen:
            if parcel.area_m2 >= FLATS_FROM_M2:
                yield from _flats(parcel, building, random)
            else:
                yield _house(parcel, building, random)


def _flats(parcel: Parcel, building: int, random: Random) -> Iterator[_Place]:
    house = 0
    for stair in range(1, _STAIRS + 1):
        for floor in range(1, _FLOORS + 1):
            for door in range(1, _DOORS + 1):
                house += 1
                yield _Place(
                    str(UnitNo.of_house(parcel.parcel_no, building, house)),
                    parcel.parcel_no,
                    flat_location(parcel.location, building, stair, floor, door),
                    "城镇住宅用地/住宅",
                    round(60 + random.random() * 85, 2),
                )


def _house(parcel: Parcel, building: int, random: Random) -> _Place:
    shop = random.random() < _BY_SHARES / 4
    ground = parcel.area_m2 * (0.25 + random.random() * 0.2)
    return _Place(
        str(UnitNo.of_house(parcel.parcel_no, building, 1)),
        parcel.parcel_no,
        f"{parcel.location}{building}幢",
        "商服用地/商业服务" if shop else "城镇住宅用地/住宅",
        round(min(ground * 2, 260 + random.random() * 80), 2),
    )


def _line(
    place: _Place, index: int, numbers: _Numbers, random: Random, mortgaged: float
) -> dict[str, Any]:
    recorded = _FIRST_DAY + timedelta(days=int(random.random() * _DAYS))
    if index == 0:
        sharing, holders = "0", [_holder(SELLER.name, SELLER.identity_no)]
    else:
        sharing, holders = _holders(random, alone=index in _CERTAIN)
    begun = recorded.replace(day=1) - timedelta(days=900)
    shop = place.use.startswith("商服")
    return {
        "unit_no": place.unit_no,
        "parcel_no": place.parcel_no,
        "location": place.location,
        "use": place.use,
        "area_m2": f"{place.area:.2f}",
        "right_type": "4",
        "certificate_no": numbers.next(CertificateKind.TITLE, recorded),
        "recorded_on": recorded.isoformat(),
        "holders": holders,
        "sharing": sharing,
        "mortgages": _mortgages(index, place, recorded, numbers, random, mortgaged),
        "restrictions": _restrictions(index, recorded, random),
        "nature": "出让/自建房" if "室" not in place.location else "出让/市场化商品房",
        "term": f"国有建设用地使用权 {begun.year}年{begun.month}月{begun.day}日起"
        f"{begun.year + (40 if shop else 70)}年{begun.month}月{begun.day}日止",
    }


def _holders(random: Random, *, alone: bool) -> tuple[str, list[dict[str, str]]]:
    """共有方式 and the holders."""
    first = _holder(invented_name(random), invented_identity(random))
    if alone or random.random() >= _JOINT:
        return "0", [first]
    second = _holder(invented_name(random), invented_identity(random))
    if random.random() >= _BY_SHARES:
        return "1", [first, second]
    shares = _SHARES[int(random.random() * len(_SHARES))]
    return "2", [
        holder | {"share": share} for holder, share in zip((first, second), shares, strict=True)
    ]


def _holder(name: str, identity_no: str) -> dict[str, str]:
    return {"name": name, "document_type": "1", "document_no": identity_no, "share": ""}


def _mortgages(
    index: int,
    place: _Place,
    recorded: date,
    numbers: _Numbers,
    random: Random,
    mortgaged: float,
) -> list[dict[str, Any]]:
    chance, size, delay = random.random(), random.random(), random.random()
    if index == 0 or (index != _MORTGAGED_LINE and chance >= mortgaged):
        return []
    day = recorded + timedelta(days=int(delay * 30))
    bank = BANKS[int(size * 997) % len(BANKS)].name
    lender = invented_name(random) if random.random() < _PRIVATE else bank
    return [
        {
            "mortgagee": lender,
            "amount_yuan": int(place.area * (2500 + size * 3000)) // 10000 * 10000 + 50000,
            "certificate_no": numbers.next(CertificateKind.REGISTRATION, day),
            "recorded_on": day.isoformat(),
        }
    ]


def _restrictions(index: int, recorded: date, random: Random) -> list[dict[str, Any]]:
    chance, serial = random.random(), int(random.random() * 9000) + 1000
    name = invented_name(random)
    day = (recorded + timedelta(days=serial % 300 + 31)).isoformat()
    year = day[:4]
    if index == 0:
        return []
    kind: str | None = None
    if chance < _SEIZED:
        kind = "seizure"
    elif chance < _SEIZED + _OBJECTED:
        kind = "objection"
    elif chance < _SEIZED + _OBJECTED + _NOTICED:
        kind = "advance_notice"
    kind = _CERTAIN.get(index, kind)
    if kind is None:
        return []
    by, document = {
        "seizure": ("样例人民法院", f"（{year}）豫样执{serial}号之一协助执行通知书"),
        "objection": (name, f"样异字（{year}）{serial}号异议登记申请书"),
        "advance_notice": (name, f"样预字（{year}）{serial}号预告登记申请书"),
    }[kind]
    return [{"kind": kind, "by": by, "document": document, "recorded_on": day}]
