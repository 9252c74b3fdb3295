"""What courts ask for over the network, and how a case keeps it among its facts; pure."""

from typing import Final

from extranet_zone.catalogue.schema import Effect
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.masks import mask_identity, mask_name


class Request(Coded):
    """What a court asks for."""

    INQUIRY = "inquiry", "查询"
    SEIZURE = "seizure", "查封"
    RENEWAL = "renewal", "续封"
    RELEASE = "release", "解封"


EFFECTS: Final = {
    # An inquiry records nothing and has no item: the item of the seizure lends it its course.
    Request.INQUIRY: Effect.SEIZURE,
    Request.SEIZURE: Effect.SEIZURE,
    Request.RENEWAL: Effect.SEIZURE_RENEWAL,
    Request.RELEASE: Effect.SEIZURE_RELEASE,
}
INQUIRY_TITLE: Final = "网络司法查询"
REQUEST: Final = "request"
FOUND: Final = "found"
NOT_EXECUTED: Final = "reason_not_executed"
DEBTOR: Final = "debtor"
DEBTOR_NO: Final = "debtor_document_no"

_TITLES: Final = {
    REQUEST: "要求",
    "court": "法院",
    "judge": "承办法官",
    "court_case_no": "案号",
    "document_no": "文书号",
    DEBTOR: "被执行人",
    DEBTOR_NO: "被执行人证件号",
    "served_at": "送达时间",
    FOUND: "查询、办理结果",
    NOT_EXECUTED: "未能执行的原因",
}


def shown(code: str, value: str) -> tuple[str, str] | None:
    """Title and value of a court's fact as a page may show it; nothing for any other fact."""
    if code not in _TITLES:
        return None
    if code == REQUEST and Request.has(value):
        value = Request(value).label
    elif code == DEBTOR_NO:
        value = mask_identity(value)
    elif code in {DEBTOR, "judge"}:
        value = mask_name(value)
    return _TITLES[code], value
