"""The portal's side of a case: a draft, then a submitted case whose course the extranet reports."""

from enum import StrEnum
from typing import Final

from internet_zone.roles import Role
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
