"""What the ledger says now: media, trips and who did what; and the only way to add to it.

An act is judged by the table of :mod:`ferry.ledger.states`, signed by whoever does it, and written
before anything it permits happens.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ferry.ledger.chain import Chain, Detail, Draft, Line
from ferry.ledger.states import UNDERWAY, WORKFLOW, MediumAct, MediumState, Role
from ferry.operators import Hand, Operators
from kernel.clock import Clock, now_micros
from kernel.errors import ConflictError, ForbiddenError, NotFoundError, RejectedBundleError

PROGRAM: Final = "program:ferry"
STOCK: Final = "stock"
INCIDENT: Final = "incident"
"""Acts beside the media's own: stock registered, something refused."""
INVENTORY_BEGIN: Final = "inventory_begin"
INVENTORY_COUNT: Final = "inventory_count"
INVENTORY_READ: Final = "inventory_read"
INVENTORY_CLOSE: Final = "inventory_close"
ARCHIVE_COPY: Final = "archive_copy"
_PEOPLES: Final = frozenset({INVENTORY_BEGIN, INVENTORY_COUNT, INVENTORY_CLOSE, ARCHIVE_COPY})
"""Acts that change no medium's state, and that only a person's signature makes believed."""


@dataclass(slots=True)
class Medium:
    """One medium as its lines tell it; instants microseconds UTC."""

    number: str
    kind: str = ""
    state: MediumState = MediumState.IN_STOCK
    trip: str = ""
    history: list[Line] = field(default_factory=list)

    @property
    def since(self) -> int:
        """When it came into its state."""
        return self.history[-1].at if self.history else 0

    def last(self, act: MediumAct) -> Line | None:
        """The newest line of ``act``."""
        return next((line for line in reversed(self.history) if line.act == act.value), None)

    def detail(self, name: str, default: str = "") -> str:
        """The newest word any line says about ``name``."""
        for line in reversed(self.history):
            if name in line.detail:
                return str(line.detail[name])
        return default


@dataclass(frozen=True, slots=True)
class Trip:
    """What was released together; ``maker`` and ``approver`` are logins."""

    id: str
    media: tuple[str, ...]
    maker: str
    purpose: str
    content: str
    """SHA-256 over every file's name and digest, in order: what the approver signed."""
    requested_at: int
    approver: str = ""


@dataclass(slots=True)
class View:
    """Everything the ledger says."""

    media: dict[str, Medium] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def medium(self, number: str) -> Medium:
        """Raises :class:`NotFoundError` (``medium_unknown``)."""
        try:
            return self.media[number]
        except KeyError:
            raise NotFoundError("medium_unknown", f"台账中没有介质 {number}") from None

    def trip(self, trip: str) -> Trip:
        """Raises :class:`NotFoundError` (``trip_unknown``)."""
        asked = [
            line for line in self.lines if line.trip == trip and line.act == MediumAct.REQUEST.value
        ]
        if not asked:
            raise NotFoundError("trip_unknown", f"台账中没有摆渡 {trip}")
        approved = [
            line.by
            for line in self.lines
            if line.trip == trip and line.act == MediumAct.APPROVE.value
        ]
        first = asked[0]
        return Trip(
            trip,
            tuple(line.medium for line in asked),
            first.by,
            str(first.detail.get("purpose", "")),
            str(first.detail.get("content", "")),
            first.at,
            approved[0] if approved else "",
        )

    def in_state(self, *states: MediumState) -> list[Medium]:
        """Media in any of ``states``, by number."""
        return sorted(
            (one for one in self.media.values() if one.state in states), key=lambda one: one.number
        )

    def overdue(self, now: int, allowed: int) -> list[Medium]:
        """Media underway for longer than ``allowed`` microseconds."""
        return [one for one in self.in_state(*UNDERWAY) if now - one.since > allowed]


class Book:
    """One side's ledger with its rules."""

    def __init__(self, chain: Chain, operators: Operators, clock: Clock) -> None:
        """Keep the ledger of ``chain``."""
        self._chain = chain
        self._operators = operators
        self._clock = clock
        self._checked: set[bytes] = set()
        """Signed lines found right, whole."""

    def view(self) -> View:
        """What the ledger says now, every line checked.

        Raises :class:`RejectedBundleError`: ``ledger_broken``; ``ledger_unsigned`` when a person's
        line was not signed by them.
        """
        view = View()
        known = {one.login: one for one in self._operators.all()}
        for line in self._chain.lines():
            if line.by == PROGRAM:
                _require_programs_own(view, line)
            elif line.text() in self._checked:
                pass
            elif line.by in known and known[line.by].has_signed(line):
                self._checked.add(line.text())
            else:
                raise _unsigned(line)
            _apply(view, line)
        return view

    def register(self, numbers: Sequence[str], kind: str, hand: Hand) -> None:
        """Enter blank media into stock.

        Raises :class:`ConflictError` (``medium_known``) and
        :class:`ForbiddenError` (``role_not_allowed``).
        """
        hand.require((Role.CUSTODIAN,))
        known = self.view().media
        for number in numbers:
            if number in known:
                raise ConflictError("medium_known", f"介质 {number} 已在台账中")
        words = " ".join(numbers)
        self._append([self._draft(STOCK, hand, numbers[0], kind=kind, numbers=words)], hand)

    def act(
        self,
        act: MediumAct,
        numbers: Iterable[str],
        hand: Hand | None,
        trip: str = "",
        **detail: Detail,
    ) -> View:
        """Do ``act`` on every medium of ``numbers``, or on none; ``hand`` None is the program.

        Raises :class:`ConflictError` (``transition_not_allowed``), :class:`ForbiddenError`
        (``role_not_allowed``, ``same_person``), :class:`NotFoundError` (``medium_unknown``).
        """
        view, numbers = self.view(), list(numbers)
        self._judge(view, act, numbers, hand)
        drafts = [
            self._draft(act.value, hand, number, trip or view.medium(number).trip, **detail)
            for number in numbers
        ]
        for line in self._append(drafts, hand):
            _apply(view, line)
        return view

    def arrive(self, number: str, trip: str, kind: str, **detail: Detail) -> View:
        """Note at the reading side that a medium is here; it may have been here before."""
        view = self.view()
        medium = view.media.get(number)
        drafts: list[Draft] = []
        if medium is None:
            drafts.append(self._draft(STOCK, None, number, trip, kind=kind, arrived=1))
        if medium is None or medium.state is MediumState.HANDED_OVER:
            drafts.append(self._draft(MediumAct.RECEIVE.value, None, number, trip, **detail))
        for line in self._append(drafts, None):
            _apply(view, line)
        return view

    def judge(self, act: MediumAct, numbers: Iterable[str], hand: Hand | None) -> View:
        """What :meth:`act` would refuse, refused; nothing is written. Raises as it does."""
        view = self.view()
        self._judge(view, act, numbers, hand)
        return view

    @staticmethod
    def _judge(view: View, act: MediumAct, numbers: Iterable[str], hand: Hand | None) -> None:
        roles = [Role.PROGRAM] if hand is None else sorted(hand.operator.roles)
        for number in numbers:
            medium = view.medium(number)
            WORKFLOW.target(medium.state, act, roles)
            if act is MediumAct.APPROVE and hand is not None:
                _require_another(medium, hand)

    def note(self, act: str, hand: Hand | None = None, medium: str = "", **detail: Detail) -> None:
        """Write something that changes no medium's state, such as an incident."""
        self.notes(act, hand, [(medium, detail)])

    def notes(
        self, act: str, hand: Hand | None, said: Iterable[tuple[str, Mapping[str, Detail]]]
    ) -> None:
        """Write several such lines together: a medium's number or nothing, and what is said."""
        drafts = [self._draft(act, hand, medium, "", **detail) for medium, detail in said]
        self._append(drafts, hand)

    def _draft(
        self, act: str, hand: Hand | None, medium: str, trip: str = "", **detail: Detail
    ) -> Draft:
        by = PROGRAM if hand is None else hand.operator.login
        return Draft(act, by, now_micros(self._clock), medium, trip, detail)

    def _append(self, drafts: list[Draft], hand: Hand | None) -> list[Line]:
        return self._chain.append(drafts, None if hand is None else hand.sign) if drafts else []


def _unsigned(line: Line) -> RejectedBundleError:
    return RejectedBundleError(
        "ledger_unsigned",
        f"介质台账第 {line.number} 行的签名与操作员不符，须由审计人员处理",
        line=line.number,
    )


def _require_programs_own(view: View, line: Line) -> None:
    """A program's lines are not signed, so they may only say what a program may do by itself.

    Otherwise whoever can write to the file could approve a trip in the program's name.
    """
    if line.act in _PEOPLES or (line.act == STOCK and not line.detail.get("arrived")):
        raise _unsigned(line)
    if MediumAct.has(line.act):
        medium = view.media.get(line.medium)
        if medium is None:
            raise _unsigned(line)
        try:
            WORKFLOW.target(medium.state, MediumAct(line.act), [Role.PROGRAM])
        except (ConflictError, ForbiddenError):
            raise _unsigned(line) from None


def _require_another(medium: Medium, hand: Hand) -> None:
    asked = medium.last(MediumAct.REQUEST)
    if asked is not None and asked.by == hand.operator.login:
        raise ForbiddenError("same_person", "申请人不能审批自己的申请")


def _apply(view: View, line: Line) -> None:
    view.lines.append(line)
    if line.act == STOCK:
        # What arrives at the reading side was handed over by the writing side's courier.
        state = MediumState.HANDED_OVER if line.detail.get("arrived") else MediumState.IN_STOCK
        kind = str(line.detail.get("kind", ""))
        for number in str(line.detail.get("numbers", line.medium)).split():
            view.media[number] = Medium(number, kind, state, line.trip, [line])
        return
    if not line.medium or not MediumAct.has(line.act):
        return
    medium = view.media[line.medium]
    act = MediumAct(line.act)
    medium.state = WORKFLOW.row(medium.state, act).target
    medium.trip = "" if act is MediumAct.WITHDRAW else line.trip or medium.trip
    medium.history.append(line)


def summary(media: Mapping[str, Medium]) -> dict[str, int]:
    """How many media are in each state; states nobody is in are left out."""
    counts: dict[str, int] = {}
    for medium in media.values():
        counts[medium.state.value] = counts.get(medium.state.value, 0) + 1
    return counts
