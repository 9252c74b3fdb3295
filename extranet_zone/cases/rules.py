"""What each act needs beside its row in the table, and what it sets off: one rule an act; pure.

1. acts that speak against the applicant, or undo a colleague's work, need a reason (``note``);
2. nobody approves their own work (``separated_from``): who did one of those last may not do this;
3. nothing goes on without all materials, or against what stands on the register (``materials``,
   ``clear_register``);
4. what is sent or handed over is named (``reference``): a tracking number, who took it, a receipt;
5. clocks begin, pause and end with acts alone (``clocks``).
"""

from dataclasses import dataclass
from typing import Final

from extranet_zone.cases.states import Action as Act
from extranet_zone.cases.states import State
from extranet_zone.clocks.states import ClockKind as K
from extranet_zone.clocks.states import ClockVerb as V
from extranet_zone.clocks.states import SuspensionReason as Why


@dataclass(frozen=True, slots=True)
class ClockEffect:
    """What an act does to one clock; with ``into``, only where it leads into that state."""

    verb: V
    kind: K
    reason: Why | None = None
    into: State | None = None


@dataclass(frozen=True, slots=True)
class ActRule:
    """What one act needs and sets off; ``told`` is what the applicant reads, empty for nothing."""

    told: str
    note: bool = False
    note_is_internal: bool = False
    materials: bool = False
    clear_register: bool = False
    separated_from: tuple[Act, ...] = ()
    reference: str = ""
    """What must be named, as the page asks for it; empty where nothing must."""
    asks_materials: bool = False
    """Whether the act names materials of the item's list (what has to be supplemented)."""
    automatic: bool = False
    """Whether the system does it by itself as soon as the table permits."""
    clocks: tuple[ClockEffect, ...] = ()


_DECISION_BEGINS: Final = (
    ClockEffect(V.START, K.DECISION, into=State.COLLECTED),
    ClockEffect(V.START, K.CONTACT, into=State.COLLECTED),
)
_DECISION_BEGINS_ON_THE_WAY: Final = (
    ClockEffect(V.START, K.DECISION),
    ClockEffect(V.START, K.CONTACT),
)
_DECIDED: Final = (ClockEffect(V.END, K.DECISION), ClockEffect(V.END, K.CONTACT))
_ACCEPTED: Final = (*_DECIDED, ClockEffect(V.START, K.HANDLING))
_NOTIFIED: Final = (
    ClockEffect(V.END, K.CONTACT),
    ClockEffect(V.SUSPEND, K.DECISION, Why.SUPPLEMENT),
)
_EVERYTHING_ENDS: Final = tuple(
    ClockEffect(V.END, kind) for kind in K if kind not in (K.SEALING, K.PUBLICATION)
)
_ISSUED: Final = (ClockEffect(V.END, K.HANDLING),)
_EXAMINATIONS: Final = (Act.EXAMINE_FIRST, Act.EXAMINE_SECOND, Act.EXAMINE_FINAL)

RULES: Final[dict[Act, ActRule]] = {
    Act.COLLECT: ActRule("已收件，等待受理决定", materials=True, clocks=_DECISION_BEGINS),
    Act.COLLECT_FOR_OTHER: ActRule(
        "已代收件，电子材料移送属地登记机构",
        materials=True,
        clocks=(ClockEffect(V.START, K.POST_PAPER),),
    ),
    Act.DISCARD_ENTRY: ActRule("", note=True, note_is_internal=True),
    Act.POST_PAPER: ActRule(
        "纸质材料已寄往属地登记机构",
        reference="快递单号",
        clocks=(ClockEffect(V.END, K.POST_PAPER),),
    ),
    Act.CONCLUDE_REMOTELY: ActRule("属地登记机构已办结"),
    Act.ASK_PRELIMINARY_SUPPLEMENT: ActRule(
        "预审需要补正，请在网上补充材料", note=True, asks_materials=True
    ),
    Act.PASS_PRELIMINARY: ActRule(
        "预审通过，请按通知到窗口核验或等待收件",
        materials=True,
        clear_register=True,
        clocks=_DECISION_BEGINS,
    ),
    Act.HAND_BACK: ActRule("预审未通过，申请已退回", note=True),
    Act.COLLECTED_ELSEWHERE: ActRule(
        "异地登记机构已收件，等待受理决定", clocks=_DECISION_BEGINS_ON_THE_WAY
    ),
    Act.RECEIVE_PAPER: ActRule("", reference="快递单号"),
    Act.PAPER_DIFFERS: ActRule(
        "纸质材料与电子材料不符，重新决定是否受理",
        note=True,
        clocks=(ClockEffect(V.END, K.HANDLING), *_DECISION_BEGINS_ON_THE_WAY),
    ),
    Act.ACCEPT: ActRule("已受理，正在进行空间审核", clear_register=True, clocks=_ACCEPTED),
    Act.ACCEPT_DIRECT: ActRule("已受理，进入审核", clear_register=True, clocks=_ACCEPTED),
    Act.NOTIFY_SUPPLEMENT: ActRule(
        "需要补正，请按一次性告知补充材料", note=True, asks_materials=True, clocks=_NOTIFIED
    ),
    Act.REQUEST_SECOND_NOTICE: ActRule("", note=True, note_is_internal=True, asks_materials=True),
    Act.APPROVE_SECOND_NOTICE: ActRule(
        "需要再次补正，请按告知补充材料",
        separated_from=(Act.REQUEST_SECOND_NOTICE,),
        clocks=_NOTIFIED,
    ),
    Act.REJECT_SECOND_NOTICE: ActRule(
        "", note=True, note_is_internal=True, separated_from=(Act.REQUEST_SECOND_NOTICE,)
    ),
    Act.RECEIVE_SUPPLEMENT: ActRule(
        "已收到补正材料", clocks=(ClockEffect(V.RESUME, K.DECISION, Why.SUPPLEMENT),)
    ),
    Act.DECLINE: ActRule("不予受理", note=True, clocks=_DECIDED),
    Act.SPATIAL_PASS: ActRule("空间审核通过，进入审核"),
    Act.SPATIAL_FAIL: ActRule("空间审核未通过，等待登记机构处理"),
    Act.EXAMINE_FIRST: ActRule("初审通过"),
    Act.EXAMINE_SECOND: ActRule("复审通过，等待登簿", separated_from=(Act.EXAMINE_FIRST,)),
    Act.EXAMINE_FINAL: ActRule(
        "核定通过，等待登簿", separated_from=(Act.EXAMINE_FIRST, Act.EXAMINE_SECOND)
    ),
    Act.RETURN_TO_FIRST: ActRule(
        "重新审核",
        note=True,
        note_is_internal=True,
        clocks=(ClockEffect(V.RESUME, K.HANDLING, Why.ANNOUNCEMENT),),
    ),
    Act.REFUSE: ActRule("不予登记", note=True, clocks=_EVERYTHING_ENDS),
    Act.START_ANNOUNCEMENT: ActRule(
        "审核完成，公告中",
        automatic=True,
        clocks=(ClockEffect(V.SUSPEND, K.HANDLING, Why.ANNOUNCEMENT),),
    ),
    Act.END_ANNOUNCEMENT: ActRule(
        "公告期满无异议", clocks=(ClockEffect(V.RESUME, K.HANDLING, Why.ANNOUNCEMENT),)
    ),
    Act.AWAIT_PAYMENT: ActRule(
        "审核完成，请缴纳税费后登簿",
        automatic=True,
        clocks=(
            ClockEffect(V.SUSPEND, K.HANDLING, Why.PAYMENT),
            ClockEffect(V.START, K.PAYMENT),
        ),
    ),
    Act.CONFIRM_PAYMENT: ActRule(
        "税费已缴清，等待登簿",
        reference="缴费凭证号",
        clocks=(
            ClockEffect(V.END, K.PAYMENT),
            ClockEffect(V.RESUME, K.HANDLING, Why.PAYMENT),
        ),
    ),
    Act.SUSPEND: ActRule(
        "中止办理", note=True, clocks=(ClockEffect(V.SUSPEND, K.HANDLING, Why.ORDER),)
    ),
    Act.RESUME: ActRule(
        "恢复办理", note=True, clocks=(ClockEffect(V.RESUME, K.HANDLING, Why.ORDER),)
    ),
    Act.TERMINATE: ActRule("办理终止", note=True, clocks=_EVERYTHING_ENDS),
    Act.RECORD: ActRule(
        "已登簿",
        clear_register=True,
        separated_from=_EXAMINATIONS,
        clocks=(ClockEffect(V.END, K.HANDLING), ClockEffect(V.START, K.SEALING)),
    ),
    Act.ENGROSS: ActRule("证书已制作", clocks=(ClockEffect(V.END, K.SEALING),)),
    Act.ISSUE: ActRule("已办结", clocks=_ISSUED),
    Act.ISSUE_AT_WINDOW: ActRule("证书已在窗口领取，已办结", reference="领取人", clocks=_ISSUED),
    Act.ISSUE_BY_POST: ActRule("证书已寄出，已办结", reference="快递单号", clocks=_ISSUED),
    Act.ARCHIVE: ActRule(""),
    Act.WITHDRAW: ActRule("申请已撤回", note=True, clocks=_EVERYTHING_ENDS),
    Act.ACCEPT_RESTRAINT: ActRule("", automatic=True),
    Act.EXAMINE_RESTRAINT: ActRule("", automatic=True),
    Act.RECORD_RESTRAINT: ActRule("", automatic=True),
    Act.HAND_TO_PERSON: ActRule("", note=True, note_is_internal=True),
    Act.SETTLE_RESTRAINT: ActRule("", note=True, note_is_internal=True),
    Act.REJECT_RESTRAINT: ActRule("", note=True, note_is_internal=True),
    Act.ANSWER_RESTRAINT: ActRule("", automatic=True, clocks=(ClockEffect(V.END, K.RESTRAINT),)),
}
"""Every act has a rule; a test says so."""


def rule_of(action: Act) -> ActRule:
    """The rule of an act."""
    return RULES[action]


def shows_note(action: Act) -> bool:
    """Whether the act's reason is meant for the applicant."""
    rule = RULES[action]
    return rule.note and not rule.note_is_internal


CHECKS: Final = {
    "scope": "申请登记的不动产属于受理机构登记范围，且不在暂不列入范围内",
    "applicant": "申请主体无误，代理的有授权委托",
    "identity": "申请人与其身份证明真实一致",
    "materials": "申请材料齐全、符合法定形式，能当场补正的已当场补正",
    "interview": "已就登记事项询问申请人并由其签字确认",
}
"""What the plan makes the window check before it collects; by the clerk's hand or by a device."""
FACE_CHECK: Final = "face"
FURTHER_CHECKS: Final = {FACE_CHECK: "申请人与其身份证明上的照片比对一致（人像比对）"}
"""What the window may check beside; no act waits for it."""
ALL_CHECKS: Final = CHECKS | FURTHER_CHECKS
