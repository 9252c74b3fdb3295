"""The course of a case as one table for the four ways: state, act, post, legal basis; pure.

A row is the unit of law. Nothing outside the table is lawful; variants are guards.
What an act needs beside its row (a reason, whole materials, a clear register, another person) and
what it does to clocks stands in ``rules``.

The legal bases are to be confirmed against the official texts before a legal deployment.
"""

from typing import Final

from extranet_zone.cases.states import EXCLUSIVE, REGISTERED, Guard, Mode, State
from extranet_zone.cases.states import Action as Act
from extranet_zone.cases.states import Guard as If
from extranet_zone.cases.states import State as At
from extranet_zone.roles import Role
from extranet_zone.roles import Role as By
from kernel.workflow import Transition, Workflow

PLAN_WINDOW: Final = "全豫通办实施方案三（三）1.线下"
PLAN_POST: Final = "全豫通办实施方案三（三）1.(1)纸质材料邮寄"
PLAN_PRELIMINARY: Final = "全豫通办实施方案三（三）2.(2)网上预审"
PLAN_INTAKE: Final = "全豫通办实施方案三（三）2.(3)异地收件"
PLAN_ONLINE: Final = "全豫通办实施方案三（三）3.线上不见面"
PLAN_COURT: Final = "全豫通办实施方案三（三）4.网络司法查控"
PLAN_ONCE: Final = "全豫通办实施方案三（三）1.(2)一次告知"
PLAN_PAYMENT: Final = "全豫通办实施方案三（三）1.(2)挂起不计时"
PLAN_SPACE: Final = "全豫通办实施方案三（二）3.业务内网"
PLAN_EXCLUDED: Final = "全豫通办实施方案三（六）暂不列入"
PLAN_ARCHIVE: Final = "全豫通办实施方案三（三）1.(2)归档"
REGULATION_17: Final = "不动产登记暂行条例第十七条"
REGULATION_18: Final = "不动产登记暂行条例第十八条、第十九条"
REGULATION_21: Final = "不动产登记暂行条例第二十一条"
REGULATION_22: Final = "不动产登记暂行条例第二十二条"
WITHDRAWAL: Final = "不动产登记暂行条例实施细则第十三条"
ANNOUNCING: Final = "不动产登记暂行条例实施细则第十七条"
ASSISTING: Final = "不动产登记暂行条例实施细则第九十条至第九十三条"
DISPUTE: Final = "不动产登记操作规范（试行）1.6"

_Row = Transition[At, Act]
_BEFORE_RECORDING: Final = (
    At.APPLIED,
    At.PRELIMINARY_SUPPLEMENT,
    At.PRELIMINARY_PASSED,
    At.PAPER_IN_TRANSIT,
    At.COLLECTED,
    At.AWAITING_SUPPLEMENT,
    At.SECOND_NOTICE_PENDING,
    At.IN_SPATIAL_REVIEW,
    At.ACCEPTED,
    At.SPATIALLY_FAILED,
    At.FIRST_EXAMINED,
    At.SECOND_EXAMINED,
    At.EXAMINED,
    At.ANNOUNCED,
    At.AWAITING_PAYMENT,
    At.SUSPENDED,
)
_UNDER_EXAMINATION: Final = (At.ACCEPTED, At.FIRST_EXAMINED, At.SECOND_EXAMINED, At.EXAMINED)
_TO_BE_FILED: Final = (At.ISSUED, At.DECLINED, At.REFUSED, At.WITHDRAWN, At.TERMINATED)


def _row(source: At, action: Act, target: At, role: Role, basis: str, *guards: Guard) -> _Row:
    return Transition(
        source, action, target, role, basis, action.label, f"case.{action.value}", guards=guards
    )


_INTAKE: Final = (
    _row(At.ENTERED, Act.COLLECT, At.COLLECTED, By.INTAKE_CLERK, PLAN_WINDOW, If.FOR_HOME),
    _row(
        At.ENTERED,
        Act.COLLECT_FOR_OTHER,
        At.COLLECTED_FOR_OTHER,
        By.INTAKE_CLERK,
        PLAN_WINDOW,
        If.FOR_OTHER,
    ),
    _row(At.ENTERED, Act.DISCARD_ENTRY, At.WITHDRAWN, By.INTAKE_CLERK, PLAN_WINDOW),
    _row(At.COLLECTED_FOR_OTHER, Act.POST_PAPER, At.PAPER_POSTED, By.INTAKE_CLERK, PLAN_POST),
    _row(
        At.COLLECTED_FOR_OTHER, Act.CONCLUDE_REMOTELY, At.REMOTE_CONCLUDED, By.SYSTEM, PLAN_WINDOW
    ),
    _row(At.PAPER_POSTED, Act.CONCLUDE_REMOTELY, At.REMOTE_CONCLUDED, By.SYSTEM, PLAN_WINDOW),
)
_PRELIMINARY: Final = (
    _row(
        At.APPLIED,
        Act.PASS_PRELIMINARY,
        At.PRELIMINARY_PASSED,
        By.PRELIMINARY_REVIEWER,
        PLAN_PRELIMINARY,
        If.WINDOW_CHECK,
    ),
    _row(
        At.APPLIED,
        Act.PASS_PRELIMINARY,
        At.COLLECTED,
        By.PRELIMINARY_REVIEWER,
        PLAN_ONLINE,
        If.NO_WINDOW_CHECK,
    ),
    _row(At.APPLIED, Act.HAND_BACK, At.HANDED_BACK, By.PRELIMINARY_REVIEWER, PLAN_PRELIMINARY),
    _row(
        At.APPLIED,
        Act.ASK_PRELIMINARY_SUPPLEMENT,
        At.PRELIMINARY_SUPPLEMENT,
        By.PRELIMINARY_REVIEWER,
        PLAN_PRELIMINARY,
    ),
    _row(
        At.PRELIMINARY_SUPPLEMENT, Act.RECEIVE_SUPPLEMENT, At.APPLIED, By.SYSTEM, PLAN_PRELIMINARY
    ),
    _row(
        At.PRELIMINARY_SUPPLEMENT,
        Act.HAND_BACK,
        At.HANDED_BACK,
        By.PRELIMINARY_REVIEWER,
        PLAN_PRELIMINARY,
    ),
    # An online case that passed before the table knew its own way still waits here: the row of
    # our own window is open to both ways.
    _row(
        At.PRELIMINARY_PASSED,
        Act.COLLECT,
        At.COLLECTED,
        By.INTAKE_CLERK,
        PLAN_INTAKE,
        If.COLLECTED_HERE,
    ),
    _row(
        At.PRELIMINARY_PASSED,
        Act.COLLECTED_ELSEWHERE,
        At.PAPER_IN_TRANSIT,
        By.SYSTEM,
        PLAN_INTAKE,
        If.COLLECTED_THERE,
    ),
)
_DECISION: Final = (
    _row(At.PAPER_IN_TRANSIT, Act.RECEIVE_PAPER, At.COLLECTED, By.ACCEPTANCE_CLERK, PLAN_POST),
    # Another city's window has collected what is not open to it: the system declines on arrival.
    _row(At.PAPER_IN_TRANSIT, Act.DECLINE, At.DECLINED, By.SYSTEM, PLAN_EXCLUDED),
    *(
        row
        for source in (At.PAPER_IN_TRANSIT, At.COLLECTED)
        for row in (
            _row(
                source,
                Act.ACCEPT,
                At.IN_SPATIAL_REVIEW,
                By.ACCEPTANCE_CLERK,
                REGULATION_17,
                If.SPATIAL_REVIEW,
            ),
            _row(
                source,
                Act.ACCEPT_DIRECT,
                At.ACCEPTED,
                By.ACCEPTANCE_CLERK,
                REGULATION_17,
                If.NO_SPATIAL_REVIEW,
            ),
            _row(source, Act.DECLINE, At.DECLINED, By.ACCEPTANCE_CLERK, REGULATION_17),
            _row(
                source,
                Act.NOTIFY_SUPPLEMENT,
                At.AWAITING_SUPPLEMENT,
                By.ACCEPTANCE_CLERK,
                PLAN_ONCE,
                If.NOT_YET_NOTIFIED,
            ),
            _row(
                source,
                Act.REQUEST_SECOND_NOTICE,
                At.SECOND_NOTICE_PENDING,
                By.ACCEPTANCE_CLERK,
                PLAN_ONCE,
                If.NOTIFIED,
            ),
        )
    ),
    _row(
        At.COLLECTED,
        Act.ACCEPT,
        At.IN_SPATIAL_REVIEW,
        By.SYSTEM,
        PLAN_ONLINE,
        If.AUTOMATIC_ACCEPTANCE,
        If.SPATIAL_REVIEW,
    ),
    _row(
        At.COLLECTED,
        Act.ACCEPT_DIRECT,
        At.ACCEPTED,
        By.SYSTEM,
        PLAN_ONLINE,
        If.AUTOMATIC_ACCEPTANCE,
        If.NO_SPATIAL_REVIEW,
    ),
    _row(
        At.SECOND_NOTICE_PENDING,
        Act.APPROVE_SECOND_NOTICE,
        At.AWAITING_SUPPLEMENT,
        By.FINAL_EXAMINER,
        PLAN_ONCE,
    ),
    _row(
        At.SECOND_NOTICE_PENDING,
        Act.REJECT_SECOND_NOTICE,
        At.COLLECTED,
        By.FINAL_EXAMINER,
        PLAN_ONCE,
    ),
    _row(At.AWAITING_SUPPLEMENT, Act.RECEIVE_SUPPLEMENT, At.COLLECTED, By.SYSTEM, PLAN_ONCE),
    _row(
        At.AWAITING_SUPPLEMENT, Act.RECEIVE_SUPPLEMENT, At.COLLECTED, By.ACCEPTANCE_CLERK, PLAN_ONCE
    ),
    _row(At.AWAITING_SUPPLEMENT, Act.DECLINE, At.DECLINED, By.ACCEPTANCE_CLERK, REGULATION_17),
)
_PAPER: Final = tuple(
    row
    for source in (At.IN_SPATIAL_REVIEW, *_UNDER_EXAMINATION)
    for row in (
        _row(source, Act.RECEIVE_PAPER, source, By.ACCEPTANCE_CLERK, PLAN_POST, If.PAPER_AWAITED),
    )
)
_DIFFERING: Final = tuple(
    _row(source, Act.PAPER_DIFFERS, At.COLLECTED, By.ACCEPTANCE_CLERK, PLAN_POST, If.WINDOW_CHECK)
    # Not from the spatial review: its conclusion would come back to a case that waits for none.
    for source in _UNDER_EXAMINATION
)
_EXAMINATION: Final = (
    _row(At.IN_SPATIAL_REVIEW, Act.SPATIAL_PASS, At.ACCEPTED, By.SYSTEM, PLAN_SPACE),
    _row(At.IN_SPATIAL_REVIEW, Act.SPATIAL_FAIL, At.SPATIALLY_FAILED, By.SYSTEM, PLAN_SPACE),
    _row(
        At.ACCEPTED, Act.EXAMINE_FIRST, At.EXAMINED, By.FIRST_EXAMINER, REGULATION_18, If.ONE_LEVEL
    ),
    *(
        _row(
            At.ACCEPTED,
            Act.EXAMINE_FIRST,
            At.FIRST_EXAMINED,
            By.FIRST_EXAMINER,
            REGULATION_18,
            more,
        )
        for more in (If.TWO_LEVELS, If.THREE_LEVELS)
    ),
    _row(
        At.FIRST_EXAMINED,
        Act.EXAMINE_SECOND,
        At.EXAMINED,
        By.SECOND_EXAMINER,
        REGULATION_18,
        If.TWO_LEVELS,
    ),
    _row(
        At.FIRST_EXAMINED,
        Act.EXAMINE_SECOND,
        At.SECOND_EXAMINED,
        By.SECOND_EXAMINER,
        REGULATION_18,
        If.THREE_LEVELS,
    ),
    _row(At.SECOND_EXAMINED, Act.EXAMINE_FINAL, At.EXAMINED, By.FINAL_EXAMINER, REGULATION_18),
    _row(At.FIRST_EXAMINED, Act.RETURN_TO_FIRST, At.ACCEPTED, By.SECOND_EXAMINER, REGULATION_18),
    _row(At.SECOND_EXAMINED, Act.RETURN_TO_FIRST, At.ACCEPTED, By.FINAL_EXAMINER, REGULATION_18),
    # A restraint may arrive after the examination; the recorder must not be stuck with it.
    _row(At.EXAMINED, Act.RETURN_TO_FIRST, At.ACCEPTED, By.RECORDER, REGULATION_18),
    _row(At.ANNOUNCED, Act.RETURN_TO_FIRST, At.ACCEPTED, By.SECOND_EXAMINER, ANNOUNCING),
    _row(At.ACCEPTED, Act.REFUSE, At.REFUSED, By.FIRST_EXAMINER, REGULATION_22),
    _row(At.SPATIALLY_FAILED, Act.REFUSE, At.REFUSED, By.FIRST_EXAMINER, REGULATION_22),
    _row(At.FIRST_EXAMINED, Act.REFUSE, At.REFUSED, By.SECOND_EXAMINER, REGULATION_22),
    _row(At.SECOND_EXAMINED, Act.REFUSE, At.REFUSED, By.FINAL_EXAMINER, REGULATION_22),
    _row(At.ANNOUNCED, Act.REFUSE, At.REFUSED, By.SECOND_EXAMINER, REGULATION_22),
    _row(
        At.EXAMINED,
        Act.START_ANNOUNCEMENT,
        At.ANNOUNCED,
        By.SYSTEM,
        ANNOUNCING,
        If.ANNOUNCEMENT_DUE,
    ),
    _row(
        At.ANNOUNCED,
        Act.END_ANNOUNCEMENT,
        At.EXAMINED,
        By.SECOND_EXAMINER,
        ANNOUNCING,
        If.ANNOUNCEMENT_OVER,
    ),
    _row(
        At.EXAMINED,
        Act.AWAIT_PAYMENT,
        At.AWAITING_PAYMENT,
        By.SYSTEM,
        PLAN_PAYMENT,
        If.NO_ANNOUNCEMENT_DUE,
        If.OWED,
    ),
    _row(
        At.AWAITING_PAYMENT,
        Act.CONFIRM_PAYMENT,
        At.EXAMINED,
        By.SYSTEM,
        PLAN_PAYMENT,
        If.NOTHING_OWED,
    ),
    _row(
        At.AWAITING_PAYMENT,
        Act.CONFIRM_PAYMENT,
        At.EXAMINED,
        By.ACCEPTANCE_CLERK,
        PLAN_PAYMENT,
    ),
    *(
        _row(source, Act.SUSPEND, At.SUSPENDED, By.SECOND_EXAMINER, DISPUTE)
        for source in _UNDER_EXAMINATION
    ),
    _row(At.SUSPENDED, Act.RESUME, At.ACCEPTED, By.SECOND_EXAMINER, DISPUTE),
    *(
        _row(source, Act.TERMINATE, At.TERMINATED, By.SECOND_EXAMINER, DISPUTE)
        for source in (At.SUSPENDED, At.AWAITING_PAYMENT)
    ),
)
_RECORDING: Final = (
    _row(
        At.EXAMINED,
        Act.RECORD,
        At.RECORDED,
        By.RECORDER,
        REGULATION_21,
        If.NO_ANNOUNCEMENT_DUE,
        If.NOTHING_OWED,
        If.PAPER_SETTLED,
    ),
    _row(At.RECORDED, Act.ENGROSS, At.ENGROSSED, By.ENGROSSING_CLERK, REGULATION_21),
    *(
        _row(At.ENGROSSED, issue, At.ISSUED, By.ISSUING_CLERK, REGULATION_21)
        for issue in (Act.ISSUE, Act.ISSUE_AT_WINDOW, Act.ISSUE_BY_POST)
    ),
    *(
        _row(source, Act.ARCHIVE, At.ARCHIVED, By.ARCHIVE_CLERK, PLAN_ARCHIVE)
        for source in _TO_BE_FILED
    ),
)
_WITHDRAWALS: Final = tuple(
    _row(source, Act.WITHDRAW, At.WITHDRAWN, By.ACCEPTANCE_CLERK, WITHDRAWAL)
    for source in _BEFORE_RECORDING
)
_COURT: Final = (
    _row(At.RESTRAINT_RECEIVED, Act.ACCEPT_RESTRAINT, At.RESTRAINT_ACCEPTED, By.SYSTEM, PLAN_COURT),
    _row(
        At.RESTRAINT_ACCEPTED, Act.EXAMINE_RESTRAINT, At.RESTRAINT_EXAMINED, By.SYSTEM, PLAN_COURT
    ),
    _row(
        At.RESTRAINT_EXAMINED,
        Act.RECORD_RESTRAINT,
        At.RESTRAINT_RECORDED,
        By.SYSTEM,
        ASSISTING,
        If.COURT_CONTROL,
    ),
    _row(
        At.RESTRAINT_EXAMINED,
        Act.ANSWER_RESTRAINT,
        At.RESTRAINT_ANSWERED,
        By.SYSTEM,
        PLAN_COURT,
        If.COURT_INQUIRY,
    ),
    *(
        _row(source, Act.HAND_TO_PERSON, At.RESTRAINT_WITH_PERSON, By.SYSTEM, PLAN_COURT)
        for source in (At.RESTRAINT_RECEIVED, At.RESTRAINT_ACCEPTED, At.RESTRAINT_EXAMINED)
    ),
    _row(
        At.RESTRAINT_WITH_PERSON,
        Act.SETTLE_RESTRAINT,
        At.RESTRAINT_EXAMINED,
        By.FIRST_EXAMINER,
        ASSISTING,
    ),
    _row(
        At.RESTRAINT_WITH_PERSON,
        Act.REJECT_RESTRAINT,
        At.RESTRAINT_REJECTED,
        By.FIRST_EXAMINER,
        ASSISTING,
    ),
    *(
        _row(source, Act.ANSWER_RESTRAINT, At.RESTRAINT_ANSWERED, By.SYSTEM, PLAN_COURT)
        for source in (At.RESTRAINT_RECORDED, At.RESTRAINT_REJECTED)
    ),
    _row(At.RESTRAINT_ANSWERED, Act.ARCHIVE, At.ARCHIVED, By.ARCHIVE_CLERK, PLAN_ARCHIVE),
)

WORKFLOW: Final = Workflow(
    "case",
    At.APPLIED,
    (
        *_INTAKE,
        *_PRELIMINARY,
        *_DECISION,
        *_PAPER,
        *_DIFFERING,
        *_EXAMINATION,
        *_RECORDING,
        *_WITHDRAWALS,
        *_COURT,
    ),
    finals={At.HANDED_BACK, At.REMOTE_CONCLUDED, At.ARCHIVED},
    other_starts=(At.ENTERED, At.PAPER_IN_TRANSIT, At.RESTRAINT_RECEIVED),
    exclusive=EXCLUSIVE,
)

STARTS: Final = {
    Mode.OFFLINE: (At.ENTERED, At.PAPER_IN_TRANSIT),
    Mode.FUSION: (At.APPLIED,),
    Mode.ONLINE: (At.APPLIED,),
    Mode.COURT: (At.RESTRAINT_RECEIVED,),
}
"""Where a case of each way begins; offline at our window, or handed over by another authority."""

_ASIDE: Final = frozenset(
    {
        Act.WITHDRAW,
        Act.RECEIVE_PAPER,
        Act.PAPER_DIFFERS,
        Act.TERMINATE,
        Act.SUSPEND,
        Act.DISCARD_ENTRY,
    }
)
"""What may be done at any time is nobody's next step."""


def states_open_to(roles: frozenset[str]) -> tuple[State, ...]:
    """The states in which somebody with ``roles`` has the next step."""
    return tuple(
        state
        for state in State
        if any(row.action not in _ASIDE for row in WORKFLOW.actions(state, roles))
    )


def states_before_recording() -> tuple[State, ...]:
    """The states of an open case that has changed nothing on the register yet."""
    return _BEFORE_RECORDING


def has_registered(state: State) -> bool:
    """Whether a case in ``state`` has changed the register."""
    return state in REGISTERED


def is_being_entered(state: State) -> bool:
    """Whether a case in ``state`` is still being entered at the window."""
    return any(
        row.source is state and row.action is Act.DISCARD_ENTRY for row in WORKFLOW.transitions
    )
