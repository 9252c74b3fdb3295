"""The life of a medium as a table; one row is one rule of the office.

The writing side sees a medium from stock to acknowledgement, the reading side from the handover on.
The rules follow GB/T 22239 (介质管理: registration, custody, inventory) and the authority's own
"one matter, one disc".
"""

from typing import Final

from kernel.vocabulary.coded import Coded
from kernel.workflow import Transition, Workflow


class MediumState(Coded):
    """Where a medium is in its life."""

    IN_STOCK = "in_stock", "在库空白"
    REQUESTED = "requested", "已申请"
    APPROVED = "approved", "已批准"
    STAGED = "staged", "已备好内容"
    BURNED = "burned", "已写出"
    VERIFIED = "verified", "已回读核对"
    LABELLED = "labelled", "已贴标"
    HANDED_OVER = "handed_over", "已交出"
    RECEIVED = "received", "已收到"
    IMPORTED = "imported", "已导入"
    ACKNOWLEDGED = "acknowledged", "对端已确认"
    ARCHIVED = "archived", "已归档"
    LOST = "lost", "遗失"
    REJECTED = "rejected", "作废"
    DESTROYED = "destroyed", "已销毁"


class MediumAct(Coded):
    """What is done to a medium."""

    REQUEST = "request", "申请"
    APPROVE = "approve", "批准"
    WITHDRAW = "withdraw", "撤回"
    STAGE = "stage", "备好内容"
    BURN = "burn", "写出"
    VERIFY = "verify", "回读核对"
    LABEL = "label", "贴标"
    HAND_OVER = "hand_over", "交接"
    RECEIVE = "receive", "收到"
    IMPORT = "import", "导入"
    ACKNOWLEDGE = "acknowledge", "对端确认"
    ARCHIVE = "archive", "归档"
    DECLARE_LOST = "declare_lost", "报失"
    REJECT = "reject", "作废"
    DESTROY = "destroy", "销毁"


class Role(Coded):
    """Posts at the ferry; the programs act under their own name."""

    MAKER = "maker", "经办"
    APPROVER = "approver", "审批"
    COURIER = "courier", "递送"
    CUSTODIAN = "custodian", "介质管理"
    PROGRAM = "program", "程序"


_MEDIA: Final = "GB/T 22239 介质管理"
_RELEASE: Final = "导出须经他人审批"


def _rows(
    sources: tuple[MediumState, ...],
    act: MediumAct,
    target: MediumState,
    roles: tuple[Role, ...],
    basis: str = _MEDIA,
) -> list[Transition[MediumState, MediumAct]]:
    return [
        Transition(source, act, target, role, basis, act.label, event=f"medium.{act.value}")
        for source in sources
        for role in roles
    ]


_S = MediumState
_A = MediumAct
_WRITTEN: Final = (_S.BURNED, _S.VERIFIED, _S.LABELLED, _S.HANDED_OVER)

WORKFLOW: Final = Workflow(
    "medium",
    _S.IN_STOCK,
    (
        *_rows((_S.IN_STOCK,), _A.REQUEST, _S.REQUESTED, (Role.MAKER,), _RELEASE),
        *_rows((_S.REQUESTED,), _A.APPROVE, _S.APPROVED, (Role.APPROVER,), _RELEASE),
        *_rows(
            (_S.REQUESTED, _S.APPROVED, _S.STAGED),
            _A.WITHDRAW,
            _S.IN_STOCK,
            (Role.MAKER, Role.APPROVER, Role.CUSTODIAN),
        ),
        *_rows((_S.APPROVED,), _A.STAGE, _S.STAGED, (Role.PROGRAM,)),
        *_rows((_S.STAGED,), _A.BURN, _S.BURNED, (Role.MAKER, Role.PROGRAM)),
        *_rows((_S.BURNED,), _A.VERIFY, _S.VERIFIED, (Role.PROGRAM,)),
        *_rows((_S.VERIFIED,), _A.LABEL, _S.LABELLED, (Role.MAKER, Role.COURIER)),
        *_rows((_S.LABELLED,), _A.HAND_OVER, _S.HANDED_OVER, (Role.COURIER,)),
        *_rows((_S.HANDED_OVER,), _A.RECEIVE, _S.RECEIVED, (Role.COURIER, Role.PROGRAM)),
        *_rows((_S.RECEIVED,), _A.IMPORT, _S.IMPORTED, (Role.PROGRAM,)),
        # Receipts may be quicker than the people who label and carry.
        *_rows(
            (_S.VERIFIED, _S.LABELLED, _S.HANDED_OVER, _S.IMPORTED),
            _A.ACKNOWLEDGE,
            _S.ACKNOWLEDGED,
            (Role.PROGRAM,),
        ),
        *_rows(
            (*_WRITTEN, _S.RECEIVED, _S.IMPORTED, _S.ACKNOWLEDGED, _S.ARCHIVED),
            _A.DECLARE_LOST,
            _S.LOST,
            (Role.CUSTODIAN, Role.COURIER),
        ),
        *_rows(
            (_S.STAGED, _S.BURNED, _S.VERIFIED, _S.RECEIVED),
            _A.REJECT,
            _S.REJECTED,
            (Role.PROGRAM, Role.CUSTODIAN),
        ),
        *_rows((_S.IMPORTED, _S.ACKNOWLEDGED), _A.ARCHIVE, _S.ARCHIVED, (Role.CUSTODIAN,)),
        *_rows(
            (_S.IMPORTED, _S.ACKNOWLEDGED, _S.ARCHIVED, _S.REJECTED, _S.LOST),
            _A.DESTROY,
            _S.DESTROYED,
            (Role.CUSTODIAN,),
        ),
    ),
    (_S.DESTROYED,),
)

UNDERWAY: Final = frozenset({*_WRITTEN})
"""Written, and not known to have arrived: these are what an overdue trip is measured by."""
BLANK: Final = frozenset({_S.IN_STOCK, _S.REQUESTED, _S.APPROVED, _S.STAGED})
"""Nothing has been written on these."""
KEPT: Final = {
    "export": BLANK | {_S.BURNED, _S.VERIFIED, _S.LABELLED, _S.REJECTED, _S.ARCHIVED},
    "ingest": frozenset({_S.RECEIVED, _S.IMPORTED, _S.REJECTED, _S.ARCHIVED}),
}
"""Media that lie at a side, which an inventory there must find."""
