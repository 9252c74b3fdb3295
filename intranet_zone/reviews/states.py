"""The states of a spatial review."""

from enum import StrEnum
from typing import Final

from intranet_zone.roles import Role
from kernel.workflow import Transition, Workflow


class State(StrEnum):
    """Where a review is."""

    RECEIVED = "received"
    PASSED = "passed"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """What reviewers read."""
        return _LABELS[self]


class Action(StrEnum):
    """What a reviewer can do."""

    CONCLUDE_PASS = "conclude_pass"  # noqa: S105 - an act, no password
    CONCLUDE_FAIL = "conclude_fail"


_LABELS: Final = {
    State.RECEIVED: "待审核",
    State.PASSED: "审核通过",
    State.FAILED: "审核不通过",
}
_T = Transition[State, Action]
_PLAN: Final = "实施方案三（二）3 空间图形数据及审核"

REVIEW: Final = Workflow(
    "空间审核",
    State.RECEIVED,
    (
        _T(
            State.RECEIVED,
            Action.CONCLUDE_PASS,
            State.PASSED,
            Role.SPATIAL_REVIEWER,
            _PLAN,
            "审核通过",
            event="review.concluded",
        ),
        _T(
            State.RECEIVED,
            Action.CONCLUDE_FAIL,
            State.FAILED,
            Role.SPATIAL_REVIEWER,
            _PLAN,
            "审核不通过",
            event="review.concluded",
        ),
    ),
    finals=(State.PASSED, State.FAILED),
)
