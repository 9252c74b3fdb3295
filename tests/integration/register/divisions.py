"""Cases that split and merge units of the sample stock."""

from integration.register.every_effect import view
from integration.register.stock_samples import SELLER, party

from extranet_zone.cases.ports import CaseView
from kernel.vocabulary.effects import Effect

OWNER = (party("holder", SELLER),)


def house(number: int, house_no: int) -> str:
    """A flat beside the stock's one on the parcel ``number``."""
    return f"419001001001GB{number:05d}F0001{house_no:04d}"


def new_unit(place: int, unit_no: str, area: str = "49.25") -> dict[str, str]:
    """The facts of one new unit of a division."""
    return {
        f"part{place}_unit_no": unit_no,
        f"part{place}_location": f"济源市沁园街道示范路1号院1幢1单元10{place}室",
        f"part{place}_area_m2": area,
    }


def split(number: int, serial: int, **facts: str) -> CaseView:
    """The flat ``number`` becomes the flats 11 and 12 of its building."""
    parts = new_unit(1, house(number, 11)) | new_unit(2, house(number, 12))
    asked = {"situation": "split", "reason": "分割", **parts, **facts}
    return view(Effect.UNIT_DIVISION, OWNER, number, serial, **asked)


def merger(number: int, serial: int, others: tuple[str, ...], **facts: str) -> CaseView:
    """The flat ``number`` and ``others`` become the flat 21 of its building."""
    merged = {f"merged{place}_unit_no": other for place, other in enumerate(others, 2)}
    asked = {"situation": "merge", "reason": "合并", **merged} | new_unit(
        1, house(number, 21), "98.50"
    )
    return view(Effect.UNIT_DIVISION, OWNER, number, serial, **(asked | facts))
