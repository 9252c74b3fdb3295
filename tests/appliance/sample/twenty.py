"""The story of the twenty commonest items (``twenty.toml``), with people and units filled in."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from appliance.sample.names import BANKS, Organisation, identity_of
from appliance.sample.people import AGENTS, BUYER, SELLER, Citizen
from kernel.vocabulary.credit import check_character
from kernel.vocabulary.dictionaries import DocumentKind
from kernel.vocabulary.effects import Effect
from kernel.vocabulary.unit import UnitNo

NEW_BUILDING: Final = 99
"""A building that no line of the sample register has."""
_FAMILY: Final = Citizen("严清越", identity_of(date(1993, 4, 18), 105), "19900000005")
_CITIZENS: Final = {
    "seller": SELLER,
    "buyer": BUYER,
    "guest": AGENTS[0],
    "objector": AGENTS[1],
    "family": _FAMILY,
    "renamed": replace(_FAMILY, name="严清嘉"),
    "heir": Citizen("万星野", identity_of(date(1976, 7, 30), 106), "19900000006"),
    "child": Citizen("万予墨", identity_of(date(2001, 1, 9), 107), "19900000007"),
}
_BUILDER: Final = "914190005AMPLE010"
_ORGANISATIONS: Final = {
    "bank": BANKS[0],
    "other_bank": BANKS[1],
    "builder": Organisation("济源样例置业有限公司", _BUILDER + check_character(_BUILDER)),
}
_COURT: Final = ("样例人民法院", "样例法院0001")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who takes part, as forms ask for them."""

    role: str
    name: str
    document_type: str
    document_no: str


@dataclass(frozen=True, slots=True)
class Line:
    """One case of the story; see the head of ``twenty.toml``."""

    item: str
    unit_no: str
    way: str
    parties: tuple[Party, ...]
    facts: Mapping[str, str]
    papers: tuple[str, ...]
    effect: Effect
    certificate: str
    """``title``, ``registration``, or empty where the item gives none."""
    issue: str
    applicant: Citizen | None
    """Who applies on the portal; nobody at a window."""


def story(stock: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """The lines in order; ``stock`` is the sample register.

    ``main`` is the seller's flat, ``home`` one that is built in the story, ``estate`` one whose
    holder has died, ``debtor`` one that a court seizes, ``ruin`` a house that is pulled down.
    """
    clear = (line for line in stock[1:] if _is_clear(line))
    known = {"main": stock[0], **dict(zip(("estate", "ruin", "debtor"), clear, strict=False))}
    units = {name: line["unit_no"] for name, line in known.items()}
    units["home"] = str(UnitNo.of_house(stock[0]["parcel_no"], NEW_BUILDING, 1))
    parties = _everybody(known)
    words = {f"={name}": unit for name, unit in units.items()}
    words |= {f"={name}": party.name for name, party in parties.items()}
    words |= {f"#{name}": citizen.identity_no for name, citizen in _CITIZENS.items()}
    path = Path(__file__).with_suffix(".toml")
    return tuple(
        _line(given, units, parties, words)
        for given in tomllib.loads(path.read_text("utf-8"))["line"]
    )


def _is_clear(line: Mapping[str, Any]) -> bool:
    is_dwelling = "住宅" in line["use"]
    stands = line["mortgages"] or line["restrictions"]
    return is_dwelling and len(line["holders"]) == 1 and not stands


def _everybody(known: Mapping[str, Mapping[str, Any]]) -> dict[str, Party]:
    card, licence = DocumentKind.IDENTITY_CARD.code, DocumentKind.BUSINESS_LICENCE.code
    found = {
        name: Party("", citizen.name, card, citizen.identity_no)
        for name, citizen in _CITIZENS.items()
    }
    found |= {
        name: Party("", body.name, licence, body.credit_code)
        for name, body in _ORGANISATIONS.items()
    }
    for name, line in known.items():
        holder = line["holders"][0]
        found[f"holder of {name}"] = Party("", holder["name"], card, holder["document_no"])
    found["court"] = Party("", _COURT[0], DocumentKind.OTHER.code, _COURT[1])
    return found


def _line(
    given: Mapping[str, Any],
    units: Mapping[str, str],
    parties: Mapping[str, Party],
    words: Mapping[str, str],
) -> Line:
    applicant = given.get("applicant")
    return Line(
        item=given["item"],
        unit_no=units[given["unit"]],
        way=given["way"],
        parties=tuple(replace(parties[name], role=role) for role, name in given["parties"].items()),
        facts={field: words.get(value, value) for field, value in given["facts"].items()},
        papers=tuple(given["papers"].split()),
        effect=Effect(given["effect"]),
        certificate=given.get("certificate", ""),
        issue=given.get("issue", "issue_at_window"),
        applicant=_CITIZENS[applicant] if applicant else None,
    )
