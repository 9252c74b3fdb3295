"""The portal's side of a case: a draft, then a submitted case whose course the extranet reports."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from internet_zone.roles import Role
from kernel.errors import ConflictError
from kernel.workflow import Transition, Workflow


class State(StrEnum):
    """Where an application is, as the portal knows."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ENDED = "ended"
    DISCARDED = "discarded"

    @property
    def label(self) -> str:
        """What the applicant reads."""
        return _LABELS[self]


class Action(StrEnum):
    """What can happen to an application."""

    EDIT = "edit"
    SUBMIT = "submit"
    DISCARD = "discard"
    END = "end"


_LABELS: Final = {
    State.DRAFT: "草稿",
    State.SUBMITTED: "办理中",
    State.ENDED: "已办结",
    State.DISCARDED: "已删除",
}
_T = Transition[State, Action]
_PLAN: Final = "实施方案三（三）2.(1) 网上申请"

APPLICATION: Final = Workflow(
    "网上申请",
    State.DRAFT,
    (
        _T(State.DRAFT, Action.EDIT, State.DRAFT, Role.CITIZEN, _PLAN, "填写"),
        _T(
            State.DRAFT,
            Action.SUBMIT,
            State.SUBMITTED,
            Role.CITIZEN,
            _PLAN,
            "签名并提交",
            event="application.submitted",
        ),
        _T(State.DRAFT, Action.DISCARD, State.DISCARDED, Role.CITIZEN, _PLAN, "删除草稿"),
        _T(
            State.SUBMITTED,
            Action.END,
            State.ENDED,
            "system",
            "实施方案三（二）2 结果实时反馈",
            "办结",
        ),
    ),
    finals=(State.ENDED, State.DISCARDED),
)

OPEN_STATES: Final = (State.DRAFT,)
"""Where an application waits for its applicant."""
SHOWN_STATES: Final = tuple(state for state in State if state is not State.DISCARDED)
"""What its applicant still finds."""


def may_edit(state: State, roles: Collection[str]) -> bool:
    """Whether somebody with ``roles`` may fill in what is in ``state``."""
    return any(row.action is Action.EDIT for row in APPLICATION.actions(state, roles))


def is_over(state: State) -> bool:
    """Whether the case has come to its end."""
    return state is State.ENDED


def require_over(state: State) -> None:
    """Only what has ended may be applied for again.

    Raises :class:`ConflictError` with code ``not_over``.
    """
    if not is_over(state):
        raise ConflictError("not_over", "这份申请还没有办结，不能据此重新申请")
