"""The query service of registered facts (查询验证): bound to a case, masked, always audited.

Rules (plan S-63: 为异地登记机构提供查询验证):

1. whoever asks is an authority of the province, names the clerk and the case it is asked for;
2. a question that yes or no can answer is answered so (:func:`verify`), not with a record;
3. a record (:func:`answer`) has only the parts that were asked for, people masked;
4. each question is audited with its ground, also one that finds nothing.

How a question comes in and the answer goes out is the province link's matter.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor
from extranet_zone.register.lapse import day_of, settle
from extranet_zone.register.services.pages import RightShown, SeizureShown, unit_page
from extranet_zone.register.services.reading import unit_state
from extranet_zone.register.services.search import Look, Purpose, audit_look, open_unit
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import Holder, UnitState
from kernel.errors import InvalidValueError, RefusedError
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.districts import CITIES
from kernel.vocabulary.normal import compact

_MAX_TEXT: Final = 100


class Part(Coded):
    """What may be asked for, as the plan names it."""

    UNIT = "unit", "不动产单元信息"
    RIGHTS = "rights", "不动产权利信息"
    RESTRICTIONS = "restrictions", "权利限制信息"


@dataclass(frozen=True, slots=True)
class Inquirer:
    """An authority (division code) that asks, its clerk, and its case."""

    authority: str
    clerk: str
    case_no: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says of a unit; an empty part is not asked."""

    unit_no: str
    owner_name: str
    owner_document: str
    certificate_no: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """Yes or no to each part of a claim; nothing where it was not asked."""

    unit_known: bool
    owner_matches: bool
    certificate_matches: bool | None
    seized: bool
    mortgaged: bool
    objected: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts that were asked for, people masked; ``at`` is microseconds UTC."""

    unit_no: str
    at: int
    unit: tuple[tuple[str, str], ...] = ()
    rights: tuple[RightShown, ...] = ()
    restrictions: tuple[SeizureShown, ...] = ()


def remote_look(inquirer: Inquirer) -> Look:
    """The look of another authority, with the case it is made for as its ground.

    Raises :class:`RefusedError` (``inquirer_unknown``) and :class:`InvalidValueError`
    (``inquiry_unbound``: no clerk or no case).
    """
    if inquirer.authority not in {city.code for city in CITIES}:
        raise RefusedError("inquirer_unknown", "查询机构不是“全豫通办”成员")
    clerk, case_no = inquirer.clerk.strip(), inquirer.case_no.strip()
    if not clerk or not case_no or len(clerk) > _MAX_TEXT or len(case_no) > _MAX_TEXT:
        raise InvalidValueError("inquiry_unbound", "查询须写明经办人和所办的办件号")
    actor = Actor(f"authority:{inquirer.authority}", clerk, frozenset())
    return Look(Purpose.REMOTE_AUTHORITY, f"{case_no}（{clerk}）", actor)


def answer(session: Session, look: Look, unit_no: str, parts: Collection[Part], now: int) -> Answer:
    """The parts of one unit's record as it stands now.

    Raises :class:`kernel.errors.NotFoundError` (``unit_unknown``).
    """
    page = unit_page(open_unit(session, unit_no, look, now, act="register.inquiry"))
    return Answer(
        unit_no=page.unit_no,
        at=now,
        unit=page.facts if Part.UNIT in parts else (),
        rights=page.current if Part.RIGHTS in parts else (),
        restrictions=page.seizures if Part.RESTRICTIONS in parts else (),
    )


def verify(session: Session, look: Look, claim: Claim, now: int) -> Verified:
    """Whether a claim is what the register says today; a unit that is not on it is all no."""
    unit_no = compact(claim.unit_no).upper()
    found = unit_state(session, unit_no)
    audit_look(session, "register.verify", unit_no[:_MAX_TEXT], look, found=int(found is not None))
    if found is None:
        asked = bool(claim.certificate_no)
        return Verified(
            unit_known=False,
            owner_matches=False,
            certificate_matches=False if asked else None,
            seized=False,
            mortgaged=False,
            objected=False,
        )
    state = settle(found, day_of(now))
    return Verified(
        unit_known=True,
        owner_matches=_owns(state, claim),
        certificate_matches=_certified(state, claim.certificate_no),
        seized=bool(state.seizures),
        mortgaged=bool(state.mortgages),
        objected=bool(state.of(RightKind.OBJECTION)),
    )


def _owns(state: UnitState, claim: Claim) -> bool:
    asked = Holder(claim.owner_name, "", "", claim.owner_document, "").key
    return all(asked) and any(
        holder.key == asked for holder in (state.ownership.holders if state.ownership else ())
    )


def _certified(state: UnitState, certificate_no: str) -> bool | None:
    if not certificate_no:
        return None
    # Numbers are stored with full-width brackets, people type either kind.
    wide = compact(certificate_no).replace("(", "（").replace(")", "）")
    narrow = compact(certificate_no)
    return any(right.certificate_no in (wide, narrow) for right in state.rights)
