"""The course of a case as a table: state, act, post, legal basis; pure.

Rules beside the table, which no row can express:

1. acts that speak against the applicant, or undo a colleague's work, need a reason
   (:data:`NEEDS_NOTE`);
2. nobody approves their own work (:data:`SEPARATED_FROM`);
3. an item with spatial review is accepted into it, an item without is accepted directly
   (:func:`is_open_to`);
4. nothing goes on without all materials, or against what stands on the register
   (:data:`NEEDS_MATERIALS`, :data:`NEEDS_CLEAR_REGISTER`).

The legal bases are to be confirmed against the official texts before a legal deployment.
"""

from enum import StrEnum
from typing import Final

from extranet_zone.roles import Role
from kernel.vocabulary.coded import Coded
from kernel.workflow import Transition, Workflow


class State(Coded):
    """Where a case stands."""

    APPLIED = "applied", "待预审"
    PRELIMINARY_PASSED = "preliminary_passed", "预审通过待收件"
    COLLECTED = "collected", "已收件待受理"
    IN_SPATIAL_REVIEW = "in_spatial_review", "空间审核中"
    ACCEPTED = "accepted", "已受理待初审"
    SPATIALLY_FAILED = "spatially_failed", "空间审核未通过"
    FIRST_EXAMINED = "first_examined", "已初审待复审"
    EXAMINED = "examined", "已审核待登簿"
    RECORDED = "recorded", "已登簿待缮证"
    ENGROSSED = "engrossed", "已缮证待发证"
    ISSUED = "issued", "已办结"
    HANDED_BACK = "handed_back", "预审退回"
    DECLINED = "declined", "不予受理"
    REFUSED = "refused", "不予登记"
    WITHDRAWN = "withdrawn", "已撤回"


class Action(Coded):
    """What is done to a case; the label is the button's."""

    PASS_PRELIMINARY = "pass_preliminary", "预审通过"
    HAND_BACK = "hand_back", "预审退回"
    COLLECT = "collect", "收件"
    ACCEPT = "accept", "受理并送空间审核"
    ACCEPT_DIRECT = "accept_direct", "受理"
    DECLINE = "decline", "不予受理"
    SPATIAL_PASS = "spatial_pass", "空间审核通过"
    SPATIAL_FAIL = "spatial_fail", "空间审核未通过"
    EXAMINE_FIRST = "examine_first", "初审通过"
    EXAMINE_SECOND = "examine_second", "复审通过"
    RETURN_TO_FIRST = "return_to_first", "退回初审"
    REFUSE = "refuse", "不予登记"
    RECORD = "record", "登簿"
    ENGROSS = "engross", "缮证"
    ISSUE = "issue", "发证办结"
    WITHDRAW = "withdraw", "登记撤回申请"


REGISTERED: Final = frozenset({State.RECORDED, State.ENGROSSED, State.ISSUED})
"""The case has changed the register."""


class MaterialState(StrEnum):
    """Whether a file of the case can be worked with."""

    AWAITED = "awaited"
    PRESENT = "present"
    DAMAGED = "damaged"

    @property
    def label(self) -> str:
        """What pages call it."""
        return _MATERIAL_LABELS[self]


_MATERIAL_LABELS: Final = {
    MaterialState.AWAITED: "传输中",
    MaterialState.PRESENT: "已到达",
    MaterialState.DAMAGED: "文件损坏",
}

_PLAN_PRELIMINARY: Final = "全豫通办实施方案三（三）2.(2)网上预审"
_PLAN_INTAKE: Final = "全豫通办实施方案三（三）2.(3)异地收件"
_REGULATION_17: Final = "不动产登记暂行条例第十七条"
_REGULATION_18: Final = "不动产登记暂行条例第十八条、第十九条"
_REGULATION_21: Final = "不动产登记暂行条例第二十一条"
_REGULATION_22: Final = "不动产登记暂行条例第二十二条"
_WITHDRAWAL: Final = "不动产登记暂行条例实施细则第十三条"
_PLAN_SPACE: Final = "全豫通办实施方案三（二）3.业务内网"


def _row(
    source: State, action: Action, target: State, role: Role, basis: str
) -> Transition[State, Action]:
    return Transition(
        source, action, target, role, basis, action.label, event=f"case.{action.value}"
    )


WORKFLOW: Final = Workflow(
    "case",
    State.APPLIED,
    (
        _row(
            State.APPLIED,
            Action.PASS_PRELIMINARY,
            State.PRELIMINARY_PASSED,
            Role.PRELIMINARY_REVIEWER,
            _PLAN_PRELIMINARY,
        ),
        _row(
            State.APPLIED,
            Action.HAND_BACK,
            State.HANDED_BACK,
            Role.PRELIMINARY_REVIEWER,
            _PLAN_PRELIMINARY,
        ),
        _row(
            State.PRELIMINARY_PASSED,
            Action.COLLECT,
            State.COLLECTED,
            Role.INTAKE_CLERK,
            _PLAN_INTAKE,
        ),
        _row(
            State.COLLECTED,
            Action.ACCEPT,
            State.IN_SPATIAL_REVIEW,
            Role.ACCEPTANCE_CLERK,
            _REGULATION_17,
        ),
        _row(
            State.COLLECTED,
            Action.ACCEPT_DIRECT,
            State.ACCEPTED,
            Role.ACCEPTANCE_CLERK,
            _REGULATION_17,
        ),
        _row(
            State.COLLECTED, Action.DECLINE, State.DECLINED, Role.ACCEPTANCE_CLERK, _REGULATION_17
        ),
        _row(
            State.IN_SPATIAL_REVIEW, Action.SPATIAL_PASS, State.ACCEPTED, Role.SYSTEM, _PLAN_SPACE
        ),
        _row(
            State.IN_SPATIAL_REVIEW,
            Action.SPATIAL_FAIL,
            State.SPATIALLY_FAILED,
            Role.SYSTEM,
            _PLAN_SPACE,
        ),
        _row(
            State.ACCEPTED,
            Action.EXAMINE_FIRST,
            State.FIRST_EXAMINED,
            Role.FIRST_EXAMINER,
            _REGULATION_18,
        ),
        _row(State.ACCEPTED, Action.REFUSE, State.REFUSED, Role.FIRST_EXAMINER, _REGULATION_22),
        _row(
            State.SPATIALLY_FAILED,
            Action.REFUSE,
            State.REFUSED,
            Role.FIRST_EXAMINER,
            _REGULATION_22,
        ),
        _row(
            State.FIRST_EXAMINED,
            Action.EXAMINE_SECOND,
            State.EXAMINED,
            Role.SECOND_EXAMINER,
            _REGULATION_18,
        ),
        _row(
            State.FIRST_EXAMINED,
            Action.RETURN_TO_FIRST,
            State.ACCEPTED,
            Role.SECOND_EXAMINER,
            _REGULATION_18,
        ),
        _row(
            State.FIRST_EXAMINED,
            Action.REFUSE,
            State.REFUSED,
            Role.SECOND_EXAMINER,
            _REGULATION_22,
        ),
        _row(State.EXAMINED, Action.RECORD, State.RECORDED, Role.RECORDER, _REGULATION_21),
        # A restraint may arrive after the examination; the recorder must not be stuck with it.
        _row(State.EXAMINED, Action.RETURN_TO_FIRST, State.ACCEPTED, Role.RECORDER, _REGULATION_18),
        _row(
            State.RECORDED, Action.ENGROSS, State.ENGROSSED, Role.ENGROSSING_CLERK, _REGULATION_21
        ),
        _row(State.ENGROSSED, Action.ISSUE, State.ISSUED, Role.ISSUING_CLERK, _REGULATION_21),
        *(
            _row(source, Action.WITHDRAW, State.WITHDRAWN, Role.ACCEPTANCE_CLERK, _WITHDRAWAL)
            for source in (
                State.APPLIED,
                State.PRELIMINARY_PASSED,
                State.COLLECTED,
                State.IN_SPATIAL_REVIEW,
                State.ACCEPTED,
                State.SPATIALLY_FAILED,
                State.FIRST_EXAMINED,
                State.EXAMINED,
            )
        ),
    ),
    finals={
        State.ISSUED,
        State.HANDED_BACK,
        State.DECLINED,
        State.REFUSED,
        State.WITHDRAWN,
    },
)

NEEDS_NOTE: Final = frozenset(
    {Action.HAND_BACK, Action.DECLINE, Action.REFUSE, Action.RETURN_TO_FIRST, Action.WITHDRAW}
)
"""Acts that must say why."""
NEEDS_MATERIALS: Final = frozenset({Action.PASS_PRELIMINARY, Action.COLLECT})
"""Acts that need every material of the case at hand and whole."""
NEEDS_CLEAR_REGISTER: Final = frozenset(
    {Action.PASS_PRELIMINARY, Action.ACCEPT, Action.ACCEPT_DIRECT, Action.RECORD}
)
"""Acts that a blocking obstacle on the register forbids."""
SEPARATED_FROM: Final = {
    Action.EXAMINE_SECOND: Action.EXAMINE_FIRST,
    Action.RECORD: Action.EXAMINE_SECOND,
}
"""Who did the latter last may not do the former: two levels of examination by different people,
and nobody records what they approved."""
STARTS_DECISION_CLOCK: Final = frozenset({Action.COLLECT})
"""Half a working day to accept or decline begins here."""
STARTS_PROMISE_CLOCK: Final = frozenset({Action.ACCEPT, Action.ACCEPT_DIRECT})
"""The item's promised time begins here and nowhere else."""

_CITIZEN_LABELS: Final = {
    Action.PASS_PRELIMINARY: "预审通过，请按通知到窗口核验或等待收件",
    Action.HAND_BACK: "预审未通过，申请已退回",
    Action.COLLECT: "已收件，等待受理决定",
    Action.ACCEPT: "已受理，正在进行空间审核",
    Action.ACCEPT_DIRECT: "已受理，进入审核",
    Action.DECLINE: "不予受理",
    Action.SPATIAL_PASS: "空间审核通过，进入审核",
    Action.SPATIAL_FAIL: "空间审核未通过，等待登记机构处理",
    Action.EXAMINE_FIRST: "初审通过",
    Action.EXAMINE_SECOND: "复审通过，等待登簿",
    Action.RETURN_TO_FIRST: "重新审核",
    Action.REFUSE: "不予登记",
    Action.RECORD: "已登簿",
    Action.ENGROSS: "证书已制作",
    Action.ISSUE: "已办结",
    Action.WITHDRAW: "申请已撤回",
}
_INTERNAL_NOTES: Final = frozenset({Action.RETURN_TO_FIRST})


def citizen_label(action: Action) -> str:
    """What the applicant reads when ``action`` was done."""
    return _CITIZEN_LABELS[action]


def shows_note(action: Action) -> bool:
    """Whether the act's reason is meant for the applicant."""
    return action in NEEDS_NOTE and action not in _INTERNAL_NOTES


def is_open_to(action: Action, *, spatial_review: bool) -> bool:
    """Whether an item with or without spatial review takes this way."""
    if action is Action.ACCEPT:
        return spatial_review
    if action is Action.ACCEPT_DIRECT:
        return not spatial_review
    return True


def states_open_to(roles: frozenset[str]) -> tuple[State, ...]:
    """The states in which somebody with ``roles`` has the next step, not only the withdrawal."""
    return tuple(
        state
        for state in State
        if any(row.action is not Action.WITHDRAW for row in WORKFLOW.actions(state, roles))
    )


def states_before_recording() -> tuple[State, ...]:
    """The states of an open case that has changed nothing on the register yet."""
    return tuple(
        state
        for state in State
        if any(
            row.source is state and row.action is Action.WITHDRAW for row in WORKFLOW.transitions
        )
    )
