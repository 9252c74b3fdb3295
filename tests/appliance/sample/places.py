"""Invented addresses: roads that do not exist in 济源, one set to each cadastral subarea."""

from typing import Final

CITY: Final = "济源市"
_TOWNSHIPS: Final = ("样泉街道", "样河街道", "样山街道", "样林街道", "样城街道")
_FIRST: Final = "云松竹兰梅桂柳杨枫荷菊榆槐桐棠"
_SECOND: Final = ("溪", "岭", "台", "苑", "湖", "谷")
_KINDS: Final = ("路", "街", "大道", "巷")
_NUMBERS_OF_A_ROAD: Final = 40


def parcel_location(subarea: int, serial: int) -> str:
    """The address of a parcel; roads belong to a subarea, numbers to a road."""
    road = (serial - 1) // _NUMBERS_OF_A_ROAD
    number = (serial - 1) % _NUMBERS_OF_A_ROAD + 1
    first = _FIRST[(subarea - 1) % len(_FIRST)]
    second = _SECOND[road % len(_SECOND)]
    kind = _KINDS[road // len(_SECOND) % len(_KINDS)]
    township = _TOWNSHIPS[(subarea - 1) % len(_TOWNSHIPS)]
    return f"{CITY}{township}{first}{second}{kind}{number}号"


def flat_location(location: str, building: int, stair: int, floor: int, door: int) -> str:
    """The address of one flat on a parcel."""
    return f"{location}院{building}幢{stair}单元{floor}{door:02d}室"
