"""Many recorders at once on one register: processes with threads, each doing whatever is lawful.

They meet on purpose: few units for many recorders, stale views of them, transactions that die after
everything was done, units opened by two at once.
"""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from random import Random

from integration.register.every_effect import COURT, FLAT, view
from integration.register.stock_samples import BANK, BUYER, RECORDER, SELLER, line, party, unit_no

from extranet_zone.cases.ports import CaseView, PartyView
from extranet_zone.register.services import RegisterService, load_register, unit_state
from extranet_zone.register.unit_state import Holder, UnitState
from kernel import audit
from kernel.clock import SystemClock, from_micros, now_micros
from kernel.db import Database
from kernel.errors import RefusedError, TongbanError
from kernel.vocabulary.case_no import CaseNo, CaseOrigin
from kernel.vocabulary.effects import Effect

PEOPLE = (SELLER, BUYER, ("王五", "41900119850505005X"), ("赵六", "419001199001010033"))
DIES = 0.05
"""Of the transactions this share ends in a power cut after everything in it was done."""
NEW_UNITS = 1_000
"""Units from this number on are opened by whoever comes first."""


class PowerCutError(Exception):
    """What ends a transaction after everything in it was done."""


@dataclass(frozen=True)
class Shift:
    """What one process does."""

    url: str
    process: int
    threads: int
    seconds: float
    units: int


def run(url: str, *, processes: int, threads: int, seconds: float, units: int) -> Counter[str]:
    """Load ``units`` units, record for ``seconds``; answers how often what happened."""
    database = Database(url)
    audit.attach(database, "extranet", SystemClock())
    load_register(database, (line(number) for number in range(1, units + 1)), 1)
    database.dispose()
    shifts = [Shift(url, process, threads, seconds, units) for process in range(processes)]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        return sum(pool.map(work, shifts), Counter())


def work(shift: Shift) -> Counter[str]:
    """One process: its threads share a pool of connections."""
    database = Database(shift.url, pool_size=shift.threads)
    audit.attach(database, "extranet", SystemClock())
    end = time.monotonic() + shift.seconds
    numbers = [shift.process * shift.threads + thread for thread in range(shift.threads)]
    with ThreadPoolExecutor(shift.threads) as pool:
        tallies = pool.map(lambda number: _record(database, shift, number, end), numbers)
        total: Counter[str] = sum(tallies, Counter())
    database.dispose()
    return total


def _record(database: Database, shift: Shift, number: int, end: float) -> Counter[str]:
    random, tally, register = Random(number), Counter[str](), RegisterService("济源市")
    serial = 0
    while time.monotonic() < end:
        serial += 1
        unit = random.randrange(1, shift.units + 1)
        if random.random() < 0.1:
            unit = NEW_UNITS + random.randrange(shift.units)
        with database.reading() as session:
            state = unit_state(session, unit_no(unit))
        now = now_micros(SystemClock())
        case = replace(_lawful(random, state, unit, now), case_no=_case_no(number, serial))
        try:
            with database.begin() as session:
                register.record_case(session, case, RECORDER, now)
                if random.random() < DIES:
                    raise PowerCutError
            tally[case.effect.value] += 1
            tally["recorded"] += 1
        except PowerCutError:
            tally["died"] += 1
        except RefusedError as refused:
            tally[str(refused.detail.get("obstacle", refused.code))] += 1
            tally["refused"] += 1
        except TongbanError as error:
            tally[error.code] += 1
    return tally


def _case_no(recorder: int, serial: int) -> str:
    # A day for each recorder: no two of them ever have the same number.
    day = date.fromordinal(date(2026, 1, 1).toordinal() + recorder)
    return str(CaseNo.make(CaseOrigin.ONLINE, day, serial))


def _lawful(random: Random, state: UnitState | None, unit: int, now: int) -> CaseView:
    """A case that the unit, as it was just seen, may have."""
    if state is None or state.ownership is None:
        holder = (party("holder", random.choice(PEOPLE)),)
        return view(Effect.FIRST_REGISTRATION, holder, unit, 1, **FLAT)
    makers: list[Callable[[Random, UnitState, int, int], CaseView]] = [_seizure, _replacement]
    if state.seizures:
        makers += [_release, _release]
    else:
        makers += [_transfer, _transfer, _mortgage]
    if state.mortgages:
        makers += [_cancellation, _cancellation]
    return random.choice(makers)(random, state, unit, now)


def _owners(state: UnitState, role: str) -> tuple[PartyView, ...]:
    assert state.ownership is not None
    return tuple(_as_party(role, holder) for holder in state.ownership.holders)


def _as_party(role: str, holder: Holder) -> PartyView:
    return party(role, (holder.name, holder.document_no or "1"), holder.share)


def _transfer(random: Random, state: UnitState, unit: int, _now: int) -> CaseView:
    buyers = random.sample(PEOPLE, random.choice((1, 2)))
    shares = ("1/3", "2/3") if len(buyers) > 1 else ("",)
    parties = [party("transferee", who, share) for who, share in zip(buyers, shares, strict=True)]
    form = "2" if len(buyers) > 1 else "0"
    sellers = _owners(state, "transferor")
    return view(Effect.TRANSFER, (*sellers, *parties), unit, 1, ownership=form)


def _mortgage(_random: Random, state: UnitState, unit: int, _now: int) -> CaseView:
    parties = (*_owners(state, "mortgagor"), party("mortgagee", BANK))
    return view(Effect.MORTGAGE, parties, unit, 1, amount_fen="100000000")


def _cancellation(random: Random, state: UnitState, unit: int, _now: int) -> CaseView:
    chosen = random.choice(state.mortgages)
    lender = (party("mortgagee", BANK),)
    number = chosen.certificate_no
    return view(Effect.MORTGAGE_CANCELLATION, lender, unit, 1, certificate_no=number)


def _replacement(_random: Random, state: UnitState, unit: int, _now: int) -> CaseView:
    return view(Effect.REPLACEMENT, _owners(state, "holder"), unit, 1, reason="遗失")


def _seizure(random: Random, _state: UnitState, unit: int, now: int) -> CaseView:
    # Some documents were served earlier than those already recorded: the queue is put in order.
    served = from_micros(now - random.randrange(3_600_000_000)).astimezone(UTC)
    facts = {
        "document_no": f"样执{random.randrange(10**9)}",
        "term_months": str(random.randrange(1, 37)),
        "served_at": _iso(served),
    }
    return view(Effect.SEIZURE, (COURT,), unit, 1, **facts)


def _release(random: Random, state: UnitState, unit: int, _now: int) -> CaseView:
    document = random.choice(state.seizures).document_no
    return view(
        Effect.SEIZURE_RELEASE,
        (COURT,),
        unit,
        1,
        document_no="样解1",
        seizure_document_no=document,
    )


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds")
