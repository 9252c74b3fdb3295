"""What clocks there are and what can be done to them; pure.

The numbers C1 to C9 are those of the plan's list of deadlines; what each measures, how long and by
which rule stands in ``rules.toml``.
"""

from typing import Final

from kernel.vocabulary.coded import Coded


class ClockKind(Coded):
    """One kind of deadline."""

    POST_PAPER = "post_paper", "纸质材料邮寄时限"
    DECISION = "decision", "受理决定时限"
    CONTACT = "contact", "补正告知时限"
    HANDLING = "promise", "承诺办结时限"
    PAYMENT = "payment", "等待缴纳税费"
    HOUSING = "housing", "住建交易备案"
    RESTRAINT = "restraint", "司法查控反馈"
    SEALING = "sealing", "电子证照加章"
    PUBLICATION = "publication", "事项清单发布"


NUMBERS: Final = {kind: f"C{n}" for n, kind in enumerate(ClockKind, 1)}
"""The plan's numbers, C1 to C9."""


class SuspensionReason(Coded):
    """Why a clock does not count for a while."""

    SUPPLEMENT = "supplement", "等待申请人补正"
    PAYMENT = "payment", "已审核，等待申请人缴纳税费"
    ANNOUNCEMENT = "announcement", "公告期"
    ORDER = "order", "司法、行政机关要求或权属争议中止"


class ClockVerb(Coded):
    """What an act does to a clock."""

    START = "start", "起算"
    END = "end", "停止"
    SUSPEND = "suspend", "挂起"
    RESUME = "resume", "恢复"
