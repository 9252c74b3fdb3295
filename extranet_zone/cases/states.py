"""Where a case stands, what can be done to it, and what may hold for it: names alone; pure.

The table that says what is lawful is ``transitions``; what each act needs beside it is ``rules``.
"""

from enum import StrEnum
from typing import Final

from kernel.vocabulary.coded import Coded


class Mode(Coded):
    """By which of the plan's four ways a case is handled (plan 三（三）)."""

    OFFLINE = "offline", "线下"
    FUSION = "fusion", "线上线下融合"
    ONLINE = "online", "线上不见面"
    COURT = "court", "网络司法查控"


class State(Coded):
    """Where a case stands."""

    ENTERED = "entered", "窗口录入中"
    APPLIED = "applied", "待预审"
    PRELIMINARY_SUPPLEMENT = "preliminary_supplement", "预审待补正"
    PRELIMINARY_PASSED = "preliminary_passed", "预审通过待收件"
    COLLECTED_FOR_OTHER = "collected_for_other", "代收件，纸质待邮寄"
    PAPER_POSTED = "paper_posted", "代收件，纸质已寄属地"
    REMOTE_CONCLUDED = "remote_concluded", "属地已办结"
    PAPER_IN_TRANSIT = "paper_in_transit", "异地已收件，纸质在途"
    COLLECTED = "collected", "已收件待受理"
    AWAITING_SUPPLEMENT = "awaiting_supplement", "已告知待补正"
    SECOND_NOTICE_PENDING = "second_notice_pending", "再次补正待批准"
    IN_SPATIAL_REVIEW = "in_spatial_review", "空间审核中"
    ACCEPTED = "accepted", "已受理待初审"
    SPATIALLY_FAILED = "spatially_failed", "空间审核未通过"
    FIRST_EXAMINED = "first_examined", "已初审待复审"
    SECOND_EXAMINED = "second_examined", "已复审待核定"
    EXAMINED = "examined", "已审核待登簿"
    ANNOUNCED = "announced", "公告中"
    AWAITING_PAYMENT = "awaiting_payment", "已审核待缴费（挂起）"
    SUSPENDED = "suspended", "中止办理（挂起）"
    RECORDED = "recorded", "已登簿待缮证"
    ENGROSSED = "engrossed", "已缮证待发证"
    ISSUED = "issued", "已办结"
    HANDED_BACK = "handed_back", "预审退回"
    DECLINED = "declined", "不予受理"
    REFUSED = "refused", "不予登记"
    WITHDRAWN = "withdrawn", "已撤回"
    TERMINATED = "terminated", "已终止"
    ARCHIVED = "archived", "已归档"
    RESTRAINT_RECEIVED = "restraint_received", "查控已接收"
    RESTRAINT_ACCEPTED = "restraint_accepted", "查控已受理"
    RESTRAINT_EXAMINED = "restraint_examined", "查控已审核"
    RESTRAINT_RECORDED = "restraint_recorded", "查控已登簿"
    RESTRAINT_WITH_PERSON = "restraint_with_person", "查控转人工"
    RESTRAINT_REJECTED = "restraint_rejected", "查控未能执行待反馈"
    RESTRAINT_ANSWERED = "restraint_answered", "查控已反馈"


class Action(Coded):
    """What is done to a case; the label is the button's."""

    COLLECT = "collect", "收件"
    COLLECT_FOR_OTHER = "collect_for_other", "代收件并移送属地"
    DISCARD_ENTRY = "discard_entry", "放弃录入"
    POST_PAPER = "post_paper", "登记纸质材料寄出"
    CONCLUDE_REMOTELY = "conclude_remotely", "属地办结"
    ASK_PRELIMINARY_SUPPLEMENT = "ask_preliminary_supplement", "预审补正告知"
    PASS_PRELIMINARY = "pass_preliminary", "预审通过"
    HAND_BACK = "hand_back", "预审退回"
    COLLECTED_ELSEWHERE = "collected_elsewhere", "异地机构已收件"
    RECEIVE_PAPER = "receive_paper", "登记纸质材料收到"
    PAPER_DIFFERS = "paper_differs", "纸质与电子材料不符"
    ACCEPT = "accept", "受理并送空间审核"
    ACCEPT_DIRECT = "accept_direct", "受理"
    NOTIFY_SUPPLEMENT = "notify_supplement", "一次性补正告知"
    REQUEST_SECOND_NOTICE = "request_second_notice", "申请再次补正告知"
    APPROVE_SECOND_NOTICE = "approve_second_notice", "批准再次补正告知"
    REJECT_SECOND_NOTICE = "reject_second_notice", "不同意再次补正告知"
    RECEIVE_SUPPLEMENT = "receive_supplement", "登记补正材料收到"
    DECLINE = "decline", "不予受理"
    SPATIAL_PASS = "spatial_pass", "空间审核通过"
    SPATIAL_FAIL = "spatial_fail", "空间审核未通过"
    EXAMINE_FIRST = "examine_first", "初审通过"
    EXAMINE_SECOND = "examine_second", "复审通过"
    EXAMINE_FINAL = "examine_final", "核定通过"
    RETURN_TO_FIRST = "return_to_first", "退回初审"
    REFUSE = "refuse", "不予登记"
    START_ANNOUNCEMENT = "start_announcement", "开始公告"
    END_ANNOUNCEMENT = "end_announcement", "公告期满无异议"
    AWAIT_PAYMENT = "await_payment", "挂起等待缴费"
    CONFIRM_PAYMENT = "confirm_payment", "登记缴费完成"
    SUSPEND = "suspend", "中止办理"
    RESUME = "resume", "恢复办理"
    TERMINATE = "terminate", "终止办理"
    RECORD = "record", "登簿"
    ENGROSS = "engross", "缮证"
    ISSUE = "issue", "电子发证办结"
    ISSUE_AT_WINDOW = "issue_at_window", "窗口发证办结"
    ISSUE_BY_POST = "issue_by_post", "邮寄发证办结"
    ARCHIVE = "archive", "归档"
    WITHDRAW = "withdraw", "登记撤回申请"
    ACCEPT_RESTRAINT = "accept_restraint", "自动受理查控"
    EXAMINE_RESTRAINT = "examine_restraint", "自动审核查控"
    RECORD_RESTRAINT = "record_restraint", "查控登簿"
    HAND_TO_PERSON = "hand_to_person", "转人工"
    SETTLE_RESTRAINT = "settle_restraint", "人工核实后执行"
    REJECT_RESTRAINT = "reject_restraint", "不能执行"
    ANSWER_RESTRAINT = "answer_restraint", "反馈法院"


class Guard(Coded):
    """What holds for a case beside its state: its way, its item, what is still open."""

    FOR_HOME = "for_home", "属地为本机构"
    FOR_OTHER = "for_other", "属地为其他机构"
    WINDOW_CHECK = "window_check", "须到窗口核验"
    NO_WINDOW_CHECK = "no_window_check", "不见面办理"
    COLLECTED_HERE = "collected_here", "由本机构收件"
    COLLECTED_THERE = "collected_there", "由异地机构收件"
    AUTOMATIC_ACCEPTANCE = "automatic_acceptance", "事项启用自动受理"
    SPATIAL_REVIEW = "spatial_review", "事项须空间审核"
    NO_SPATIAL_REVIEW = "no_spatial_review", "事项不须空间审核"
    ONE_LEVEL = "one_level", "一级审核"
    TWO_LEVELS = "two_levels", "两级审核"
    THREE_LEVELS = "three_levels", "三级审核"
    NOT_YET_NOTIFIED = "not_yet_notified", "尚未一次性告知"
    NOTIFIED = "notified", "已一次性告知"
    PAPER_AWAITED = "paper_awaited", "纸质材料未到"
    PAPER_SETTLED = "paper_settled", "纸质材料已到或无须"
    ANNOUNCEMENT_DUE = "announcement_due", "须公告而未公告"
    NO_ANNOUNCEMENT_DUE = "no_announcement_due", "无须公告或已公告"
    ANNOUNCEMENT_OVER = "announcement_over", "公告期已满"
    OWED = "owed", "税费未缴清"
    NOTHING_OWED = "nothing_owed", "税费已缴清或无须"
    COURT_INQUIRY = "court_inquiry", "查询类查控"
    COURT_CONTROL = "court_control", "查封、续封、解封类查控"


EXCLUSIVE: Final = (
    frozenset({Guard.FOR_HOME, Guard.FOR_OTHER}),
    frozenset({Guard.WINDOW_CHECK, Guard.NO_WINDOW_CHECK}),
    frozenset({Guard.COLLECTED_HERE, Guard.COLLECTED_THERE}),
    frozenset({Guard.SPATIAL_REVIEW, Guard.NO_SPATIAL_REVIEW}),
    frozenset({Guard.ONE_LEVEL, Guard.TWO_LEVELS, Guard.THREE_LEVELS}),
    frozenset({Guard.NOT_YET_NOTIFIED, Guard.NOTIFIED}),
    frozenset({Guard.PAPER_AWAITED, Guard.PAPER_SETTLED}),
    frozenset({Guard.ANNOUNCEMENT_DUE, Guard.NO_ANNOUNCEMENT_DUE}),
    frozenset({Guard.OWED, Guard.NOTHING_OWED}),
    frozenset({Guard.COURT_INQUIRY, Guard.COURT_CONTROL}),
)
"""Of each group exactly one holds for a case."""

REGISTERED: Final = frozenset({State.RECORDED, State.ENGROSSED, State.ISSUED})
"""The case has changed the register and is not yet filed away."""
CONCLUDED: Final = frozenset(
    {
        State.ISSUED,
        State.HANDED_BACK,
        State.DECLINED,
        State.REFUSED,
        State.WITHDRAWN,
        State.TERMINATED,
        State.ARCHIVED,
        State.REMOTE_CONCLUDED,
        State.RESTRAINT_ANSWERED,
    }
)
"""For whoever applied, the case is over; what may follow is the office's own filing."""


class MaterialState(StrEnum):
    """Whether a file of the case can be worked with."""

    AWAITED = "awaited"
    PRESENT = "present"
    DAMAGED = "damaged"
    SUPERSEDED = "superseded"

    @property
    def label(self) -> str:
        """What pages call it."""
        return _MATERIAL_LABELS[self]


_MATERIAL_LABELS: Final = {
    MaterialState.AWAITED: "传输中",
    MaterialState.PRESENT: "已到达",
    MaterialState.DAMAGED: "文件损坏",
    MaterialState.SUPERSEDED: "已由补正材料替换",
}


def is_concluded(state: State) -> bool:
    """Whether the case is over for whoever applied."""
    return state in CONCLUDED
