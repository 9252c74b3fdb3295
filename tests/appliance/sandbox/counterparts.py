"""How each counterpart answers a call: what it tells us afterwards, as events.

Each function gets the call's body and key, and answers the events it sets off; it raises
:class:`RefusalError` where a real counterpart would refuse. Amounts and numbers are invented.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CITY: Final = "410300"
"""Division code of the other city that the sandbox plays."""
FEE_FEN: Final = 8_000
TAX_FEN: Final = 1_275_000
"""What the played treasury and tax authority settle where nobody knew the amount."""
ANSWERED: Final = "call.answered"

Told = tuple[str, Mapping[str, object]]
"""Kind and body of an event."""


class RefusalError(Exception):
    """The counterpart never takes this call; the text is Chinese and says why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A call as a counterpart gets it."""

    key: str
    body: Mapping[str, object]
    now: int
    collected_for_us: bool
    """Whether the case's number is one that the played city got or gave before."""

    def answer(self, words: str) -> Told:
        """The event that says what became of the call."""
        return ANSWERED, {"key": self.key, "words": words, "answered_at": self.now}


Answer = Callable[[Taken], Sequence[Told]]


def _hand_over(call: Taken) -> Sequence[Told]:
    return (call.answer(f"属地登记机构已收件（样例编号 S{call.body['case_no']}）"),)


def _paper_posted(call: Taken) -> Sequence[Told]:
    """With the paper there, the played city decides at once."""
    _require_known(call)
    return (
        call.answer("纸质材料已收到，与电子材料相符"),
        (
            "case.concluded",
            {"case_no": call.body["case_no"], "result": "属地登记机构已登簿、已发证（样例）"},
        ),
    )


def _push_reviewed(call: Taken) -> Sequence[Told]:
    """The played city collects the case that its applicant began online, and posts the paper."""
    body = call.body
    number = f"Y{body['online_case_no']}"
    carried = ("item_code", "unit_no", "applicant", "parties", "materials", "facts")
    return (
        call.answer("申请人已到窗口核验，已收件（样例）"),
        (
            "case.handedOver",
            {
                "case_no": number,
                "collecting_authority": body["collecting_authority"],
                **{name: body[name] for name in carried},
                "collected_at": call.now,
                "online_case_no": body["online_case_no"],
            },
        ),
        (
            "case.paperPosted",
            {
                "case_no": number,
                "collecting_authority": body["collecting_authority"],
                "tracking_no": f"样例快递{number}",
                "posted_at": call.now,
            },
        ),
    )


def _conclusion(call: Taken) -> Sequence[Told]:
    _require_known(call)
    return (call.answer("已告知申请人"),)


def _restraint(call: Taken) -> Sequence[Told]:
    return (call.answer("法院已收到反馈"),)


def _payment(call: Taken) -> Sequence[Told]:
    body = call.body
    is_tax = body["kind"] == "tax"
    known = body["amount_fen"]
    amount = known if known is not None else (TAX_FEN if is_tax else FEE_FEN)
    paper = "样例税收完税证明" if is_tax else "样例非税收入票据"
    return (
        call.answer("税款已核定并缴清（样例）" if is_tax else "已缴款（样例）"),
        (
            "bill.paid",
            {
                "case_no": body["case_no"],
                "number": body["number"],
                "receipt_no": f"{paper}{body['case_no']}-{body['number']}",
                "amount_fen": amount,
            },
        ),
    )


def _housing(call: Taken) -> Sequence[Told]:
    unit_no = str(call.body["unit_no"])
    return (call.answer(f"已网签备案，合同编号 样例{unit_no[-8:]}"),)


def _message(call: Taken) -> Sequence[Told]:
    return (call.answer("已送达手机"),)


def _delivery(call: Taken) -> Sequence[Told]:
    return (call.answer("已签收（样例）"),)


def _require_known(call: Taken) -> None:
    if not call.collected_for_us:
        raise RefusalError("没有这个办件")


ANSWERS: Final[Mapping[str, Answer]] = {
    "handOverCase": _hand_over,
    "pushReviewedCase": _push_reviewed,
    "reportPaperPosted": _paper_posted,
    "reportConclusion": _conclusion,
    "answerRestraint": _restraint,
    "requestPayment": _payment,
    "askHousing": _housing,
    "sendMessage": _message,
    "trackDelivery": _delivery,
}
NAMES: Final = {
    "handOverCase": "外地登记机构：接收移送",
    "pushReviewedCase": "外地登记机构：代为收件",
    "reportPaperPosted": "外地登记机构：纸质寄出",
    "reportConclusion": "外地登记机构：属地办结",
    "answerRestraint": "法院：查控反馈",
    "requestPayment": "财政、税务：缴款通知",
    "askHousing": "住建：网签备案查询",
    "sendMessage": "短信",
    "trackDelivery": "邮政：证书邮寄",
}
"""Every operation as the page names it."""
