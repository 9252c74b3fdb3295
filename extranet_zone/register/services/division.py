"""Recording a division: every entry of a case that splits or merges units, and their lineage."""

from collections.abc import Iterator

from extranet_zone.cases.ports import Recorded
from extranet_zone.register.lapse import day_of, settle
from extranet_zone.register.models import RegisterEntry, UnitLineage
from extranet_zone.register.plans import New, Step, division_of
from extranet_zone.register.rules import blank_unit
from extranet_zone.register.rules.division import merged_units, named_units, new_units
from extranet_zone.register.rules.found import Asked
from extranet_zone.register.services.entries import Recording, write_entry
from extranet_zone.register.services.reading import unit_state
from extranet_zone.register.unit_state import UnitState
from kernel.db import new_id


def record_division(doing: Recording) -> Recorded:
    """Close the units that end and open those that begin; the rules have been asked.

    Answers the entry that gives the first new unit its title.
    """
    case, day = doing.case, day_of(doing.now)
    ended = [case.unit_no, *merged_units(case.facts)]
    stored = {number: _stored(doing, number) for number in ended}
    settled = {number: settle(state, day) for number, state in stored.items()}
    asked = Asked(
        settled[case.unit_no], case.parties, case.facts, case.right_type, day, dict(settled)
    )
    steps = list(division_of(asked, case, _news(doing)))
    entries = _write(doing, steps, stored)
    closed = {entry.unit_no: entry.id for entry in entries if entry.unit_no in stored}
    opened = [
        next(entry for entry in entries if entry.unit_no == part.unit_no)
        for part in new_units(case.facts)
    ]
    doing.session.add_all(
        UnitLineage(
            predecessor=number, successor=title.unit_no, closed_by=closing, opened_by=title.id
        )
        for number, closing in closed.items()
        for title in opened
    )
    first = opened[0]
    return Recorded(first.id, first.log_no, first.certificate_no)


def units_of(doing: Recording) -> tuple[list[str], frozenset[str]]:
    """Every unit that recording the case locks, in the order of locks; and those it opens."""
    case = doing.case
    opened = frozenset(part.unit_no for part in new_units(case.facts)) - {""}
    return sorted({case.unit_no, *named_units(case.effect, case.facts)}), opened


def _write(
    doing: Recording, steps: list[Step], stored: dict[str, UnitState]
) -> list[RegisterEntry]:
    states, entries = dict(stored), []
    for part, step in enumerate(steps, 1):
        state = states.get(step.unit_no) or blank_unit(step.unit_no)
        entry, states[step.unit_no] = write_entry(doing, state, step.plan, part)
        entries.append(entry)
    return entries


def _stored(doing: Recording, number: str) -> UnitState:
    state = unit_state(doing.session, number)
    if state is None:
        raise ValueError("the rules let nobody divide a unit that is not there")
    return state


def _news(doing: Recording) -> Iterator[New]:
    while True:
        yield New(new_id(), doing.now)
