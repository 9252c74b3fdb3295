"""A unit as it stands at one instant, as values; and the canonical JSON that entries keep of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from extranet_zone.register.states import RightKind
from kernel.vocabulary.dictionaries import SeizureKind
from kernel.vocabulary.normal import compact

FORMAT: Final = 2
"""Of the JSON; format 1 says only how many seizures and objections there were."""
UNSAID: Final = "（旧记录未载明）"
SINCE: Final = "ranked_since"
"""The fact of a right under a new certificate: since when it has its rank, microseconds UTC."""
UNIT_FACTS: Final = ("location", "use", "area", "nature", "term")
"""The particulars of a unit that an entry may change."""
LINEAGE: Final = ("predecessors", "successors")
"""What a state says of where a unit came from and what became of it (谱系)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A holder of a right with everything the register has of them."""

    name: str
    kind: str
    document_type: str
    document_no: str
    share: str

    @property
    def key(self) -> tuple[str, str]:
        """What two mentions of one person have in common, however they were typed."""
        return compact(self.name), compact(self.document_no).upper()


@dataclass(frozen=True, slots=True)
class RightState:
    """A right or notice in force; ``recorded_at`` is microseconds UTC."""

    id: str
    kind: RightKind
    right_type: str
    certificate_no: str
    sharing: str
    holders: tuple[Holder, ...]
    facts: Mapping[str, str]
    recorded_at: int = 0


@dataclass(frozen=True, slots=True)
class SeizureState:
    """A seizure in force or in the queue.

    ``arrived_at`` (microseconds UTC) is when the court's document was served: it decides the rank.
    A queued seizure has no ``term_from`` and ``term_to`` yet (``2026-01-31``, both days included);
    ``term_months`` is 0 where the stock does not say.
    """

    id: str
    kind: SeizureKind
    court: str
    document_no: str
    court_case_no: str
    debtor: str
    arrived_at: int
    term_months: int
    term_from: str
    term_to: str
    recorded_at: int = 0


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit with its rights in force, oldest first, and its seizures by rank."""

    unit_no: str
    location: str
    use: str
    area: str
    nature: str
    term: str
    rights: tuple[RightState, ...]
    seizures: tuple[SeizureState, ...]
    predecessors: tuple[str, ...] = ()
    """The units it came from by splitting or merging, in order of their numbers."""
    successors: tuple[str, ...] = ()
    """The units that took its place: it is history (历史), nothing is recorded on it any more."""

    @property
    def ownership(self) -> RightState | None:
        """The ownership or land use right; a unit has at most one."""
        return next(iter(self.of(RightKind.OWNERSHIP)), None)

    @property
    def mortgages(self) -> tuple[RightState, ...]:
        """The mortgages in force, by rank."""
        return tuple(sorted(self.of(RightKind.MORTGAGE), key=since))

    def of(self, kind: RightKind) -> tuple[RightState, ...]:
        """The rights of one kind, oldest first."""
        return tuple(right for right in self.rights if right.kind is kind)


def since(right: RightState) -> int:
    """Since when the right has its rank and its terms run: a new certificate does not change it."""
    return int(right.facts.get(SINCE, right.recorded_at))


def to_json(state: UnitState) -> str:
    """The state as canonical JSON: what an entry keeps as before and after."""
    body = {
        "format": FORMAT,
        "unit_no": state.unit_no,
        **{name: getattr(state, name) for name in UNIT_FACTS},
        "rights": [{**asdict(right), "facts": dict(right.facts)} for right in state.rights],
        "seizures": [asdict(seizure) for seizure in state.seizures],
    }
    # Only where there is a lineage: entries written before there was any stay as they are.
    body |= {name: list(getattr(state, name)) for name in LINEAGE if getattr(state, name)}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> UnitState:
    """The state in ``text``, of either format; ``text`` is the register's own."""
    body = json.loads(text)
    rights = tuple(_right(found) for found in body["rights"])
    if "format" in body:
        seizures = tuple(_seizure(found) for found in body["seizures"])
    else:
        seizures = tuple(_unsaid_seizure(place) for place in range(body["seizures"]))
        rights += tuple(
            _unsaid_right(RightKind.OBJECTION, UNSAID, place) for place in range(body["objections"])
        )
        rights += tuple(
            _unsaid_right(RightKind.ADVANCE_NOTICE, name, place)
            for place, name in enumerate(body["beneficiaries"])
        )
    particulars = {name: str(body[name]) for name in UNIT_FACTS}
    return UnitState(
        unit_no=body["unit_no"],
        rights=rights,
        seizures=seizures,
        predecessors=tuple(body.get("predecessors", ())),
        successors=tuple(body.get("successors", ())),
        **particulars,
    )


def _right(found: dict[str, Any]) -> RightState:  # decoded JSON
    return RightState(
        id=found["id"],
        kind=RightKind(found["kind"]),
        right_type=found["right_type"],
        certificate_no=found["certificate_no"],
        sharing=found["sharing"],
        holders=tuple(
            Holder(**{field.name: holder[field.name] for field in fields(Holder)})
            for holder in found["holders"]
        ),
        facts=found["facts"],
        recorded_at=found.get("recorded_at", 0),
    )


def _seizure(found: dict[str, Any]) -> SeizureState:  # decoded JSON
    return SeizureState(**{**found, "kind": SeizureKind(found["kind"])})


def _unsaid_right(kind: RightKind, name: str, place: int) -> RightState:
    holder = Holder(name, "99", "99", "", "")
    return RightState(f"unsaid-{kind.value}-{place}", kind, "23", "", "0", (holder,), {})


def _unsaid_seizure(place: int) -> SeizureState:
    kind = SeizureKind.QUEUED if place else SeizureKind.SEIZURE
    return SeizureState(f"unsaid-{place}", kind, UNSAID, "", "", "", place, 0, "", "")
