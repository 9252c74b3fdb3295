"""One bundle's page: what it is about and what happened to it, never what it says."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import NotFoundError
from kernel.exchange.models import BundleIn, BundleOut, InboxMessage, InboxState, OutboxMessage
from kernel.messages import Kind
from kernel.web.exchange_console.bundles import BundleRow, in_row, out_row

MAX_MESSAGES_SHOWN: Final = 500
KIND_LABELS: Final[dict[str, str]] = {
    Kind.APPLICATION_SUBMITTED: "网上申请",
    Kind.MATERIALS_DELIVERED: "申请材料",
    Kind.PROGRESS_REPORTED: "办理进度",
    Kind.CERTIFICATE_ISSUED: "电子证照",
    Kind.UNITS_PUBLISHED: "不动产单元目录",
    Kind.CATALOGUE_PUBLISHED: "事项清单",
    Kind.REVIEW_REQUESTED: "空间审核请求",
    Kind.REVIEW_CONCLUDED: "空间审核结果",
    Kind.REGISTER_RECORDED: "登簿结果",
    "drill.sent": "演练（不办业务）",
}


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message of a bundle; its body is nobody's business here."""

    id: str
    kind: str
    case_no: str | None
    at: int
    state: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle with its messages and what happened to it, in order."""

    row: BundleRow
    epoch: str
    messages: tuple[MessageRow, ...]
    history: tuple[tuple[str, int], ...]


def outgoing(session: Session, digest: str) -> Bundle:
    """One bundle we sealed.

    Raises :class:`NotFoundError` (``bundle_unknown``).
    """
    bundle = session.get(BundleOut, digest)
    if bundle is None:
        raise NotFoundError("bundle_unknown", "没有这个交换包")
    messages = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.bundle == digest)
        .order_by(OutboxMessage.created, OutboxMessage.ordinal)
        .limit(MAX_MESSAGES_SHOWN)
    )
    steps = [
        ("封装", bundle.sealed_at),
        ("承运方取走", bundle.carried_at),
        ("对端确认", bundle.confirmed_at),
    ]
    return Bundle(
        out_row(bundle),
        bundle.epoch,
        tuple(
            MessageRow(row.id, kind_label(row.kind), row.case_no, row.created, "已封装", None)
            for row in messages
        ),
        tuple((words, at) for words, at in steps if at is not None),
    )


def incoming(session: Session, digest: str) -> Bundle:
    """One bundle we applied.

    Raises :class:`NotFoundError` (``bundle_unknown``).
    """
    bundle = session.get(BundleIn, digest)
    if bundle is None:
        raise NotFoundError("bundle_unknown", "没有这个交换包")
    messages = session.scalars(
        select(InboxMessage)
        .where(InboxMessage.bundle == digest)
        .order_by(InboxMessage.received_at, InboxMessage.id)
        .limit(MAX_MESSAGES_SHOWN)
    )
    return Bundle(
        in_row(bundle),
        bundle.epoch,
        tuple(
            MessageRow(
                row.id,
                kind_label(row.kind),
                row.case_no,
                row.received_at,
                "已办" if row.state is InboxState.APPLIED else "未被接受",
                row.code,
            )
            for row in messages
        ),
        (("核验无误并处理", bundle.applied_at),),
    )


def kind_label(kind: str) -> str:
    """What a message is about."""
    return KIND_LABELS.get(kind, kind)
