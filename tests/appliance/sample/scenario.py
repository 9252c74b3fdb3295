"""Two hundred cases on the sample stock: what is applied for, by whom, and how it must end.

Rules:

1. every case has a unit of its own, and none is the main unit;
2. a case that is to be recorded meets nothing on the register that blocks it;
3. a case that is to be refused is a disposal of a seized unit;
4. a case that is to be handed back is sound, but its scan of the identity card cannot be read.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any, Final

from appliance.sample.materials import Material, case_materials
from appliance.sample.names import BANKS, Organisation, bank_named, invented_name
from appliance.sample.people import Citizen, citizen_of, phone_of
from appliance.sample.texts import Named
from kernel.errors import RefusedError

DEFAULT_CASES: Final = 200
REFUSED_CASES: Final = 4
HANDED_BACK_CASES: Final = 6
_WEIGHTS: Final = (
    ("transfer-existing", 50),
    ("mortgage-first", 25),
    ("mortgage-cancel", 13),
    ("change-details", 12),
)
_ONLINE: Final = 0.4
_TWO_BUYERS: Final = 0.25
_DEBT_YEARS: Final = (5, 10, 20, 30)
_DEBT_FROM: Final = date(2026, 1, 5)


class Ending(StrEnum):
    """How a case must end."""

    RECORDED = "recorded"
    REFUSED = "refused"
    HANDED_BACK = "handed_back"


@dataclass(frozen=True, slots=True)
class ScenarioParty:
    """A party as the application states it; the fields of the message contract."""

    role: str
    name: str
    kind: str
    document_type: str
    document_no: str
    phone: str
    share: str


@dataclass(frozen=True, slots=True)
class ScenarioCase:
    """One case. ``facts`` are pairs of the catalogue's field code and its value."""

    number: int
    mode: str
    item_code: str
    unit_no: str
    location: str
    applicant: Citizen
    """Who registers on the portal and submits."""
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
        "clean": _pool(unit for unit in units if not unit["mortgages"] and not _kinds(unit)),
        "mortgaged": _pool(unit for unit in units if unit["mortgages"] and not _kinds(unit)),
        "seized": _pool(unit for unit in units if "seizure" in _kinds(unit)),
    }
    planned = _plan(cases, random)
    made = []
    for number, (item_code, ending) in enumerate(planned, 1):
        pool = "mortgaged" if item_code == "mortgage-cancel" else "clean"
        unit = next(pools["seized" if ending is Ending.REFUSED else pool], None)
        if unit is None:
            raise RefusedError("sample_too_small", "样例登记簿中没有足够的合适单元，请增加单元数")
        made.append(_case(number, item_code, ending, unit, seed, random))
    return tuple(made)


def write_scenario(path: Path, cases: Sequence[ScenarioCase]) -> None:
    """Write one JSON object a line; ``facts`` as an object, applicants with login and password."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for case in cases:
            line = asdict(case)
            line["facts"] = dict(case.facts)
            line["applicant"]["password"] = case.applicant.password
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _pool(units: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return iter(list(units))


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
    endings = [Ending.REFUSED] * refused + [Ending.RECORDED] * (cases - refused - handed_back)
    endings += [Ending.HANDED_BACK] * handed_back
    planned = list(zip(items, endings, strict=True))
    random.shuffle(planned)
    return planned


def _case(
    number: int, item_code: str, ending: Ending, unit: dict[str, Any], seed: int, random: Random
) -> ScenarioCase:
    parties, facts = _MAKERS[item_code](unit, number, seed, random)
    applicant = next((party for party in parties if party.kind == "1"), None)
    return ScenarioCase(
        number=number,
        mode="online" if random.random() < _ONLINE else "fusion",
        item_code=item_code,
        unit_no=unit["unit_no"],
        location=unit["location"],
        applicant=_account_of(applicant, unit, number),
        parties=parties,
        facts=tuple(facts.items()),
        ending=ending,
        note=_NOTES[ending],
        seed=f"{seed}:{number}",
    )


_NOTES: Final = {
    Ending.RECORDED: "",
    Ending.REFUSED: "不动产存在查封登记，解封前不予办理",
    Ending.HANDED_BACK: "身份证明扫描件无法辨认，请重新扫描后提交",
}


def _account_of(party: ScenarioParty | None, unit: dict[str, Any], number: int) -> Citizen:
    """The portal account: the first natural person, or the owner when a bank applies."""
    if party is not None:
        return Citizen(party.name, party.document_no, party.phone)
    owner = unit["holders"][0]
    return Citizen(owner["name"], owner["document_no"], _phone(number, 0))


def _transfer(
    unit: dict[str, Any], number: int, seed: int, random: Random
) -> tuple[tuple[ScenarioParty, ...], dict[str, str]]:
    buyers = 2 if random.random() < _TWO_BUYERS else 1
    by_shares = buyers > 1 and random.random() < 1 / 2
    people = [citizen_of(seed, 100_000 + number * 10 + place) for place in range(buyers)]
    acquirers = tuple(
        _person("transferee", buyer.name, buyer.identity_no, _phone(number, 5 + place), share)
        for place, (buyer, share) in enumerate(
            (buyer, "1/2" if by_shares else "") for buyer in people
        )
    )
    price = int(float(unit["area_m2"]) * (4200 + random.random() * 2600)) * 100
    ownership = "0" if buyers == 1 else "2" if by_shares else "1"
    facts = {"reason": "买卖", "amount_fen": str(price), "ownership": ownership}
    return (*_owners("transferor", unit, number), *acquirers), facts


def _mortgage(
    unit: dict[str, Any], number: int, _seed: int, random: Random
) -> tuple[tuple[ScenarioParty, ...], dict[str, str]]:
    bank = BANKS[int(random.random() * len(BANKS))]
    amount = int(float(unit["area_m2"]) * (2000 + random.random() * 2500)) // 1000 * 1000 * 100
    until = _DEBT_FROM.replace(
        year=_DEBT_FROM.year + _DEBT_YEARS[int(random.random() * len(_DEBT_YEARS))]
    )
    facts = {
        "amount_fen": str(amount),
        "mortgage_kind": "1" if random.random() < 3 / 4 else "2",
        "debt_from": _DEBT_FROM.isoformat(),
        "debt_to": until.isoformat(),
    }
    return (*_owners("mortgagor", unit, number), _bank(bank)), facts


def _cancellation(
    unit: dict[str, Any], _number: int, _seed: int, _random: Random
) -> tuple[tuple[ScenarioParty, ...], dict[str, str]]:
    mortgage = unit["mortgages"][0]
    facts = {"reason": "主债权消灭", "certificate_no": mortgage["certificate_no"]}
    return (_bank(bank_named(mortgage["mortgagee"])),), facts


def _change(
    unit: dict[str, Any], number: int, _seed: int, random: Random
) -> tuple[tuple[ScenarioParty, ...], dict[str, str]]:
    """The first holder has a new given name; the others take part as they are registered."""
    first, *others = _owners("holder", unit, number)
    name = first.name
    while name == first.name:
        name = first.name[0] + invented_name(random)[1:]
    changed = _person("holder", name, first.document_no, first.phone, first.share)
    facts = {
        "reason": "姓名变更",
        "former_name": first.name,
        "former_document_no": first.document_no,
    }
    return (changed, *others), facts


_Maker = Callable[
    [dict[str, Any], int, int, Random], tuple[tuple[ScenarioParty, ...], dict[str, str]]
]
_MAKERS: Final[dict[str, _Maker]] = {
    "transfer-existing": _transfer,
    "mortgage-first": _mortgage,
    "mortgage-cancel": _cancellation,
    "change-details": _change,
}


def _owners(role: str, unit: dict[str, Any], number: int) -> Iterator[ScenarioParty]:
    for place, holder in enumerate(unit["holders"]):
        yield _person(
            role, holder["name"], holder["document_no"], _phone(number, place), holder["share"]
        )


def _person(role: str, name: str, identity_no: str, phone: str, share: str) -> ScenarioParty:
    return ScenarioParty(role, name, "1", "1", identity_no, phone, share)


def _bank(bank: Organisation) -> ScenarioParty:
    return ScenarioParty("mortgagee", bank.name, "2", "7", bank.credit_code, "", "")


def _phone(number: int, place: int) -> str:
    """Ten numbers for each case."""
    return phone_of(1_000_000 + number * 10 + place)
