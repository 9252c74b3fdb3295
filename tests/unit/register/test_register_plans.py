"""Properties: whatever lawful cases a unit meets in whatever order, its invariants hold."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from integration.register.every_effect import COURT, OTHER_COURT, view
from integration.register.stock_samples import BANK, BUYER, NOW, SELLER, party

from extranet_zone.cases.ports import CaseView, PartyView
from extranet_zone.register.lapse import day_of, settle
from extranet_zone.register.plans import New, carried_out, plan_of
from extranet_zone.register.rules import blank_unit, obstacles
from extranet_zone.register.states import RightKind
from extranet_zone.register.unit_state import UnitState, from_json, to_json
from kernel.vocabulary.effects import CaseRole, Effect

PEOPLE = (SELLER, BUYER, ("王五", "41900119850505005X"))
DAY = 86_400_000_000
WHO = st.sampled_from(PEOPLE)
SHARES = st.sampled_from(["", "1/2", "1/3", "2/3", "1/4", "3/4"])
ROLES = st.sampled_from([role.value for role in CaseRole if role is not CaseRole.COURT])
PARTIES = st.lists(st.builds(party, ROLES, WHO | st.just(BANK), SHARES), max_size=4)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "ownership": st.sampled_from(["0", "1", "2", ""]),
        "amount_fen": st.sampled_from(["1", "100", "x", ""]),
        "mortgage_kind": st.sampled_from(["1", "2", "9"]),
        "transfer_excluded": st.just("1"),
        "share_transfer": st.just("1"),
        "notice_kind": st.sampled_from(["1", "2", "3", "4", "5"]),
        "registrable_on": st.sampled_from(["2026-01-01", "soon"]),
        "objection_risk_known": st.just("1"),
        "mortgagee_consent": st.just("1"),
        "suit_no": st.just("诉1"),
        "document_no": st.sampled_from(["文1", "文2", "文3", " "]),
        "seizure_document_no": st.sampled_from(["文1", "文2"]),
        "term_months": st.sampled_from(["1", "36", "37", "0", "x"]),
        "preliminary": st.just("1"),
        "debtor": st.sampled_from([who[0] for who in PEOPLE]),
        "served_at": st.sampled_from(["2026-01-04T09:00:00", "2025-12-01", "2999-01-01", "?"]),
        "location": st.sampled_from(["甲路1号", "乙路2号"]),
        "use": st.sampled_from(["住宅", "商业"]),
        "area_m2": st.sampled_from(["88.8", "1e3", "-1", "NaN", "8.888"]),
    },
)
COURTS = st.lists(st.sampled_from([COURT, OTHER_COURT]), max_size=2)
CASES = st.builds(
    lambda effect, parties, courts, facts: view(effect, (*parties, *courts), 1, 1, **facts),
    st.sampled_from(Effect),
    PARTIES,
    COURTS,
    FACTS,
)
SALES = st.builds(
    lambda shares, facts: view(
        Effect.TRANSFER,
        tuple(party("transferee", who, share) for who, share in zip(PEOPLE, shares, strict=False)),
        1,
        1,
        **facts,
    ),
    st.lists(SHARES, min_size=1, max_size=3),
    st.fixed_dictionaries({"ownership": st.sampled_from(["", "1", "2"])}),
)
"""Sales to several, with shares that sum to one or do not: by chance they would be rare."""
OWNERS_ACT = {
    Effect.TRANSFER: "transferor",
    Effect.MORTGAGE: "mortgagor",
    Effect.MORTGAGE_CHANGE: "mortgagor",
    Effect.UNIT_CHANGE: "holder",
    Effect.RIGHT_CANCELLATION: "holder",
    Effect.REPLACEMENT: "holder",
    Effect.EASEMENT: "obligor",
    Effect.RESIDENCE: "obligor",
    Effect.ADVANCE_NOTICE: "obligor",
}


def helped(case: CaseView, state: UnitState, *, help_it: bool) -> CaseView:
    """Half of the cases get the registered owners in the part they must play: more are lawful."""
    role = OWNERS_ACT.get(case.effect)
    if not help_it or role is None or state.ownership is None:
        return case
    owners: tuple[PartyView, ...] = tuple(
        party(role, (holder.name, holder.document_no), holder.share)
        for holder in state.ownership.holders
    )
    return replace(case, parties=(*owners, *(p for p in case.parties if p.role != role)))


def record(state: UnitState, case: CaseView, place: int, now: int) -> UnitState | None:
    """The unit after the case, or nothing when the rules are against it."""
    day = day_of(now)
    known = state if state.rights or state.seizures or state.location else None
    found = obstacles(known, case.effect, case.parties, case.facts, day, right_type="4")
    if any(obstacle.blocking for obstacle in found):
        return None
    before = settle(state, day)
    plan = plan_of(before, case, New(f"{place:032x}", now))
    assert all(right in before.rights for right in plan.ends)
    return carried_out(before, plan.numbered(f"证{place}"), day)


def require_sound(state: UnitState, day: date) -> None:
    assert len(state.of(RightKind.OWNERSHIP)) <= 1
    for right in state.rights:
        assert right.holders
        shares = [holder.share for holder in right.holders]
        if right.kind is RightKind.OWNERSHIP and any(shares):
            assert sum(map(Fraction, shares)) == 1
    numbers = [right.certificate_no for right in state.rights]
    assert len(set(numbers)) == len(numbers)
    assert [one.kind.is_queued for one in state.seizures] == [
        place > 0 for place in range(len(state.seizures))
    ]
    arrivals = [one.arrived_at for one in state.seizures]
    assert arrivals == sorted(arrivals)
    assert settle(state, day) == state
    assert from_json(to_json(state)) == state


STEPS = st.lists(st.tuples(CASES | SALES, st.booleans(), st.integers(0, 40)), max_size=25)


@given(STEPS)
def test_invariants_hold_whatever_is_recorded(steps: Sequence[tuple[CaseView, bool, int]]) -> None:
    first = view(Effect.FIRST_REGISTRATION, (party("holder", SELLER),), 1, 1)
    facts = {"location": "甲路1号", "use": "住宅", "area_m2": "88.8"}
    state = record(blank_unit("u"), replace(first, facts=facts), 0, NOW)
    assert state is not None
    now = NOW
    for place, (case, help_it, days) in enumerate(steps, 1):
        now += days * DAY + 1
        after = record(state, helped(case, state, help_it=help_it), place, now)
        if after is not None:
            state = after
        require_sound(settle(state, day_of(now)), day_of(now))


@given(STEPS, st.integers(0, 24))
def test_a_seized_unit_keeps_its_owner_until_released_or_lapsed(
    steps: Sequence[tuple[CaseView, bool, int]], months: int
) -> None:
    first = view(Effect.FIRST_REGISTRATION, (party("holder", SELLER),), 1, 1)
    facts = {"location": "甲路1号", "use": "住宅", "area_m2": "88.8"}
    state = record(blank_unit("u"), replace(first, facts=facts), 0, NOW)
    assert state is not None
    order = view(
        Effect.SEIZURE, (COURT,), 1, 1, document_no="文0", term_months=str(months % 12 + 1)
    )
    state = record(state, order, 1, NOW + 1)
    assert state is not None
    for place, (case, help_it, _days) in enumerate(steps, 2):
        if case.effect is Effect.SEIZURE_RELEASE:
            continue
        after = record(state, helped(case, state, help_it=help_it), place, NOW + place)
        if after is None:
            continue
        assert len(after.mortgages) <= len(state.mortgages)
        if case.effect in {Effect.TRANSFER, Effect.MORTGAGE, Effect.RIGHT_CANCELLATION}:
            raise AssertionError(f"{case.effect} of a seized unit")
        state = after
    assert state.seizures
    assert settle(state, day_of(NOW) + timedelta(days=365 * 200)).seizures == ()
