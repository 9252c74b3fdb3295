"""Two hundred cases on the sample stock: what is applied for, by whom, and how it must end.

Rules:

1. every case has a unit of its own, and none is the main unit;
2. a case that is to be recorded meets nothing on the register that blocks it;
3. a case that is to be refused is a disposal of a seized unit;
4. a case that is to be handed back is sound, but its scan of the identity card cannot be read;
5. a case can go in through the portal as it is: a natural person applies, in the role the portal
   gives to the applicant, and each other role has one natural person. So units in common ownership
   and loans of banks stay out, and so do shops of natural persons, which the plan keeps out
   of 全豫通办.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any, Final

from appliance.sample.materials import Material, case_materials
from appliance.sample.names import BANKS, identity_of, invented_name
from appliance.sample.people import Citizen, phone_of
from appliance.sample.texts import Named
from kernel.errors import RefusedError

DEFAULT_CASES: Final = 200
REFUSED_CASES: Final = 4
HANDED_BACK_CASES: Final = 6
_WEIGHTS: Final = (
    ("transfer-existing", 60),
    ("mortgage-first", 20),
    ("mortgage-cancel", 10),
    ("change-details", 10),
)
_ONLINE: Final = 0.4
_BANK_NAMES: Final = frozenset(bank.name for bank in BANKS)
_DEBT_YEARS: Final = (5, 10, 20, 30)
_DEBT_FROM: Final = date(2026, 1, 5)


class Ending(StrEnum):
    """How a case must end.

    ``REFUSED_BY_REGISTER`` says that the register stands against it, wherever on its way that
    stops it; the present table stops it at the preliminary review already.
    """

    ISSUED = "issued"
    REFUSED_BY_REGISTER = "refused_by_register"
    HANDED_BACK = "handed_back"


@dataclass(frozen=True, slots=True)
class ScenarioParty:
    """A party as the application states it; a natural person with an identity card."""

    role: str
    name: str
    document_no: str
    phone: str
    kind: str = "1"
    document_type: str = "1"


@dataclass(frozen=True, slots=True)
class ScenarioCase:
    """One case. ``facts`` are pairs of the catalogue's field code and its value."""

    number: int
    mode: str
    item_code: str
    unit_no: str
    location: str
    applicant: Citizen
    """Who registers on the portal and submits; the first of the parties."""
    parties: tuple[ScenarioParty, ...]
    facts: tuple[tuple[str, str], ...]
    ending: Ending
    note: str
    """What the clerk writes who refuses or hands back; empty for the others."""
    seed: str

    def materials(self) -> tuple[Material, ...]:
        """Tiny scans of what the item requires; not the same bytes in any two cases."""
        first, last = self.parties[0], self.parties[-1]
        pair = (Named(first.name, first.document_no), Named(last.name, last.document_no))
        return case_materials(self.item_code, self.seed, pair)


def scenario(
    stock: Iterable[dict[str, Any]], seed: int, cases: int = DEFAULT_CASES
) -> tuple[ScenarioCase, ...]:
    """``cases`` cases on units of ``stock``, in the order in which they are submitted.

    Raises :class:`RefusedError` (``sample_too_small``) when the stock has too few suitable units.
    """
    units = list(stock)[1:]
    random = Random(f"scenario:{seed}")
    random.shuffle(units)
    pools = {
        pool: iter([unit for unit in units if _belongs(unit, pool)])
        for pool in ("clean", "mortgaged", "seized")
    }
    planned = _plan(cases, random)
    made = []
    for number, (item_code, ending) in enumerate(planned, 1):
        pool = "mortgaged" if item_code == "mortgage-cancel" else "clean"
        unit = next(pools["seized" if ending is Ending.REFUSED_BY_REGISTER else pool], None)
        if unit is None:
            raise RefusedError("sample_too_small", "样例登记簿中没有足够的合适单元，请增加单元数")
        made.append(_case(number, item_code, ending, unit, seed, random))
    return tuple(made)


def write_scenario(folder: Path, cases: Sequence[ScenarioCase]) -> Path:
    """Write ``scenario.jsonl``; ``facts`` as an object, applicants with their password."""
    path = folder / "scenario.jsonl"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for case in cases:
            line = asdict(case)
            line["facts"] = dict(case.facts)
            line["applicant"]["password"] = case.applicant.password
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


def _belongs(unit: dict[str, Any], pool: str) -> bool:
    if "住宅" not in unit["use"]:
        return False
    is_sole = len(unit["holders"]) == 1
    if pool == "seized":
        return is_sole and "seizure" in _kinds(unit)
    if _kinds(unit):
        return False
    if pool == "clean":
        return is_sole and not unit["mortgages"]
    return any(mortgage["mortgagee"] not in _BANK_NAMES for mortgage in unit["mortgages"])


def _kinds(unit: dict[str, Any]) -> set[str]:
    return {restriction["kind"] for restriction in unit["restrictions"]}


def _plan(cases: int, random: Random) -> list[tuple[str, Ending]]:
    """Items by weight, to the last one; then which of them end otherwise; then the order."""
    total = sum(weight for _item, weight in _WEIGHTS)
    items = [item for item, weight in _WEIGHTS for _case in range(cases * weight // total)]
    items += [_WEIGHTS[0][0]] * (cases - len(items))
    refused = min(REFUSED_CASES, cases // 20)
    handed_back = min(HANDED_BACK_CASES, cases // 20)
    # Transfers and mortgages stand first in the list: only a disposal is refused for a seizure.
    endings = [Ending.REFUSED_BY_REGISTER] * refused + [Ending.ISSUED] * (
        cases - refused - handed_back
    )
    endings += [Ending.HANDED_BACK] * handed_back
    planned = list(zip(items, endings, strict=True))
    random.shuffle(planned)
    return planned


def _case(
    number: int, item_code: str, ending: Ending, unit: dict[str, Any], seed: int, random: Random
) -> ScenarioCase:
    parties, facts = _MAKERS[item_code](unit, number, random)
    first = parties[0]
    return ScenarioCase(
        number=number,
        mode="online" if random.random() < _ONLINE else "fusion",
        item_code=item_code,
        unit_no=unit["unit_no"],
        location=unit["location"],
        applicant=Citizen(first.name, first.document_no, first.phone),
        parties=parties,
        facts=tuple(facts.items()),
        ending=ending,
        note=_NOTES[ending],
        seed=f"{seed}:{number}",
    )


_NOTES: Final = {
    Ending.ISSUED: "",
    Ending.REFUSED_BY_REGISTER: "不动产存在查封登记，解封前不予办理",
    Ending.HANDED_BACK: "身份证明扫描件无法辨认，请重新扫描后提交",
}
_Made = tuple[tuple[ScenarioParty, ...], dict[str, str]]


def _transfer(unit: dict[str, Any], number: int, random: Random) -> _Made:
    price = int(float(unit["area_m2"]) * (4200 + random.random() * 2600))
    facts = {
        "situation": "sale",
        "reason": "买卖",
        "amount_yuan": str(price),
        "ownership": "0",
    }
    buyer = _stranger("transferee", invented_name(random), number)
    return (buyer, _owner("transferor", unit, number)), facts


def _mortgage(unit: dict[str, Any], number: int, random: Random) -> _Made:
    amount = int(float(unit["area_m2"]) * (2000 + random.random() * 2500)) // 1000 * 1000
    years = _DEBT_YEARS[int(random.random() * len(_DEBT_YEARS))]
    until = _DEBT_FROM.replace(year=_DEBT_FROM.year + years) - timedelta(days=1)
    facts = {
        "amount_yuan": str(amount),
        "mortgage_kind": "1" if random.random() < 3 / 4 else "2",
        "debt_from": _DEBT_FROM.isoformat(),
        "debt_to": until.isoformat(),
    }
    lender = _stranger("mortgagee", invented_name(random), number)
    return (lender, _owner("mortgagor", unit, number)), facts


def _cancellation(unit: dict[str, Any], number: int, _random: Random) -> _Made:
    mortgage = unit["mortgages"][0]
    facts = {"reason": "债务已清偿", "certificate_no": mortgage["certificate_no"]}
    return (_stranger("mortgagee", mortgage["mortgagee"], number),), facts


def _change(unit: dict[str, Any], number: int, random: Random) -> _Made:
    """The holder has a new given name and the same number."""
    former = _owner("holder", unit, number)
    name = former.name
    while name == former.name:
        name = former.name[0] + invented_name(random)[1:]
    facts = {
        "reason": "姓名变更",
        "former_name": former.name,
        "former_document_no": former.document_no,
    }
    return (replace(former, name=name),), facts


_MAKERS: Final[dict[str, Callable[[dict[str, Any], int, Random], _Made]]] = {
    "transfer-existing": _transfer,
    "mortgage-first": _mortgage,
    "mortgage-cancel": _cancellation,
    "change-details": _change,
}


def _owner(role: str, unit: dict[str, Any], number: int) -> ScenarioParty:
    holder = unit["holders"][0]
    return ScenarioParty(role, holder["name"], holder["document_no"], _phone(number, 0))


def _stranger(role: str, name: str, number: int) -> ScenarioParty:
    """Somebody of whom the register has no number; theirs is made from the case's."""
    born = _FIRST_BORN + timedelta(days=number * 37 % _BORN_DAYS)
    return ScenarioParty(role, name, identity_of(born, number % 999 + 1), _phone(number, 1))


_FIRST_BORN: Final = date(1955, 1, 1)
_BORN_DAYS: Final = 45 * 365


def _phone(number: int, place: int) -> str:
    """Ten numbers for each case."""
    return phone_of(1_000_000 + number * 10 + place)
