"""States and acts as a table: one row is one unit of law, and nothing outside the table is lawful.

A workflow is checked when it is built, so a wrong table fails at start-up and in every test:

1. no two rows have the same source, action, role and guards;
2. rows with the same source and action differ only in role, basis, label and guards, so that an
   act has one effect whoever does it; or their guards exclude each other;
3. every member of the state enumeration can be reached from a starting state;
4. a final state has no row that leaves it;
5. from every other state a row leads on, and some final state, if there is one, can be reached.

A *guard* is the name of something that holds for the matter at hand (its kind, its way, what is
still owed). The table only knows names: what holds is handed over with the question, so variants
of a procedure stay data. Of the guards of one *exclusive* group at most one ever holds.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from kernel.errors import ConflictError, ForbiddenError

StateT = TypeVar("StateT", bound=StrEnum)
ActionT = TypeVar("ActionT", bound=StrEnum)


# No slots: on Python 3.11 ``Transition[S, A](...)`` raises for a frozen, slotted, generic class.
@dataclass(frozen=True)
class Transition(Generic[StateT, ActionT]):
    """In ``source``, somebody with ``role`` may do ``action``, on ``basis``; then ``target`` holds.

    ``label`` is what the button says, ``event`` the message or record the act gives rise to, and
    ``materials`` the codes of what must be on file before it.
    """

    source: StateT
    action: ActionT
    target: StateT
    role: str
    basis: str
    label: str
    event: str | None = None
    materials: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    """Names of everything that must hold; empty where the row holds for every matter."""


class Workflow(Generic[StateT, ActionT]):
    """A checked table of transitions; immutable, free of any state of its own."""

    def __init__(
        self,
        name: str,
        initial: StateT,
        transitions: Iterable[Transition[StateT, ActionT]],
        finals: Collection[StateT],
        *,
        other_starts: Collection[StateT] = (),
        exclusive: Collection[frozenset[str]] = (),
    ) -> None:
        """Check and index the table; matters begin in ``initial`` or one of ``other_starts``.

        Raises:
            ValueError: the table breaks one of the module's rules; the text says which and where.
        """
        self.name: Final = name
        self.initial: Final = initial
        self.starts: Final = (initial, *other_starts)
        self.exclusive: Final = tuple(exclusive)
        self.transitions: Final = tuple(transitions)
        self.finals: Final = frozenset(finals)
        self.states: Final = tuple(type(initial))
        self._rows: Final[dict[tuple[StateT, ActionT], list[Transition[StateT, ActionT]]]] = {}
        for row in self.transitions:
            self._rows.setdefault((row.source, row.action), []).append(row)
        self._require_distinct_rows()
        self._require_one_effect()
        self._require_reachable()
        self._require_finals_stay()
        self._require_ways_on()

    def target(
        self,
        state: StateT,
        action: ActionT,
        roles: Collection[str],
        holds: Collection[str] = (),
    ) -> StateT:
        """The state after ``action``, for somebody with ``roles``, where the guards ``holds`` hold.

        Raises:
            ConflictError: ``transition_not_allowed``; nobody may do this in ``state``.
            ConflictError: ``wrong_way_for_item``; a guard of every row does not hold.
            ForbiddenError: ``role_not_allowed``; others may, these roles may not.
        """
        rows = self._require_fitting(state, action, holds)
        for row in rows:
            if row.role in roles:
                return row.target
        raise ForbiddenError(
            "role_not_allowed",
            f"您的岗位不能办理“{rows[0].label}”",
            workflow=self.name,
            state=state.value,
            action=action.value,
        )

    def row(self, state: StateT, action: ActionT) -> Transition[StateT, ActionT]:
        """The first declared row of ``action`` in ``state``; event and materials are its.

        Raises:
            ConflictError: ``transition_not_allowed``; nobody may do this in ``state``.
        """
        return self._require_rows(state, action)[0]

    def actions(
        self, state: StateT, roles: Collection[str], holds: Collection[str] | None = None
    ) -> tuple[Transition[StateT, ActionT], ...]:
        """What somebody with ``roles`` may do in ``state``: a row an action, in declared order.

        ``holds`` leaves out rows whose guards do not hold; without it guards are not looked at.
        """
        chosen: dict[ActionT, Transition[StateT, ActionT]] = {}
        for row in self.transitions:
            if row.source == state and row.role in roles and (holds is None or _fits(row, holds)):
                chosen.setdefault(row.action, row)
        return tuple(chosen.values())

    def is_final(self, state: StateT) -> bool:
        """Whether nothing more can be done in ``state``."""
        return state in self.finals

    def to_mermaid(self) -> str:
        """The table as a Mermaid state diagram with Chinese labels, for people to sign.

        States, actions and roles show their ``label`` where their enumeration gives one.
        """
        lines = ["stateDiagram-v2"]
        lines += [f'    state "{_shown(state)}" as {_node(state)}' for state in self.states]
        lines += [f"    [*] --> {_node(start)}" for start in self.starts]
        for (source, _), rows in self._rows.items():
            for target in dict.fromkeys(row.target for row in rows):
                edges = [row for row in rows if row.target == target]
                roles = "、".join(dict.fromkeys(_shown(row.role) for row in edges))
                edge = f"{_node(source)} --> {_node(target)}"
                lines.append(f"    {edge} : {_plain(edges[0].label)}（{roles}）")
        lines += [f"    {_node(state)} --> [*]" for state in self.states if self.is_final(state)]
        return "\n".join(lines) + "\n"

    def _require_rows(self, state: StateT, action: ActionT) -> list[Transition[StateT, ActionT]]:
        rows = self._rows.get((state, action))
        if rows is None:
            raise ConflictError(
                "transition_not_allowed",
                f"当前状态“{_shown(state)}”不能办理“{self._action_label(action)}”",
                workflow=self.name,
                state=state.value,
                action=action.value,
            )
        return rows

    def _require_fitting(
        self, state: StateT, action: ActionT, holds: Collection[str]
    ) -> list[Transition[StateT, ActionT]]:
        rows = self._require_rows(state, action)
        fitting = [row for row in rows if _fits(row, holds)]
        if fitting:
            return fitting
        missing = next(guard for guard in rows[0].guards if guard not in holds)
        raise ConflictError(
            "wrong_way_for_item",
            f"不能办理“{rows[0].label}”：前提“{_shown(missing)}”不成立",
            workflow=self.name,
            state=state.value,
            action=action.value,
        )

    def _action_label(self, action: ActionT) -> str:
        return next((row.label for row in self.transitions if row.action == action), _shown(action))

    def _require_distinct_rows(self) -> None:
        seen: set[tuple[StateT, ActionT, str, frozenset[str]]] = set()
        for row in self.transitions:
            key = (row.source, row.action, row.role, frozenset(row.guards))
            if key in seen:
                self._fail(f"duplicate row {row.source} {row.action} {row.role}")
            seen.add(key)

    def _require_one_effect(self) -> None:
        for (source, action), rows in self._rows.items():
            for n, one in enumerate(rows):
                for other in rows[n + 1 :]:
                    same = (one.event, one.materials) == (other.event, other.materials)
                    if not same or (
                        one.target != other.target and not self._exclude(one.guards, other.guards)
                    ):
                        self._fail(
                            f"rows of {source} {action} differ in target, event or materials"
                        )

    def _exclude(self, one: Collection[str], other: Collection[str]) -> bool:
        return any(
            a != b for group in self.exclusive for a in group & set(one) for b in group & set(other)
        )

    def _require_reachable(self) -> None:
        reached = self._closure(set(self.starts), forward=True)
        self._fail_for("unreachable", [state for state in self.states if state not in reached])

    def _require_finals_stay(self) -> None:
        left = {row.source for row in self.transitions} & self.finals
        self._fail_for("final, but a row leaves it", [s for s in self.states if s in left])

    def _require_ways_on(self) -> None:
        sources = {row.source for row in self.transitions}
        ends = [s for s in self.states if s not in sources and s not in self.finals]
        self._fail_for("a dead end, but not final", ends)
        if self.finals:
            ending = self._closure(set(self.finals), forward=False)
            self._fail_for(
                "without a way to a final state", [s for s in self.states if s not in ending]
            )

    def _closure(self, start: set[StateT], *, forward: bool) -> set[StateT]:
        reached = set(start)
        while True:
            further = {
                row.target if forward else row.source
                for row in self.transitions
                if (row.source if forward else row.target) in reached
            }
            if further <= reached:
                return reached
            reached |= further

    def _fail_for(self, fault: str, states: list[StateT]) -> None:
        if states:
            self._fail(f"{', '.join(states)}: {fault}")

    def _fail(self, fault: str) -> None:
        raise ValueError(f"workflow {self.name}: {fault}")


def _fits(row: Transition[StateT, ActionT], holds: Collection[str]) -> bool:
    return all(guard in holds for guard in row.guards)


def _shown(value: str) -> str:
    label = getattr(value, "label", None)
    return _plain(label if isinstance(label, str) else str(value))


def _node(state: StrEnum) -> str:
    # Mermaid reads a hyphen as part of an arrow, and "end" as a keyword.
    return "s_" + "".join(c if c.isalnum() else "_" for c in state.value)


def _plain(text: str) -> str:
    return text.replace(":", "：").replace(";", "；").replace('"', "”").replace("\n", " ")
