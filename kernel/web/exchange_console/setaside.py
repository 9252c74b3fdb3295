"""What lies in quarantine, with what to do about each reason."""

import json
import re
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Final

from kernel.decisions import Decision, DecisionBook
from kernel.errors import NotFoundError
from kernel.spool import Quarantined, Spool

MAX_LOOKED_AT: Final = 1000
_FILE: Final = re.compile(r"[0-9]{16}-[0-9a-f]{8}-[a-z0-9_]{1,64}")
_DAMAGED: Final = "传送中损坏。不必处理：下一次回执之后自动补发。反复出现时检查光闸设备或光盘"
_KEYS: Final = "先核对信任文件，问对端是否换过密钥。密钥补齐之后可由两人放行，重新核验"
_WAY: Final = "送错了网，检查承运程序和光闸设备的配置。本网不能处理，不要放行"
_ORDER: Final = "交换流的次序或摘要不符。先按“交换流已停止”的说明查明，再由两人决定"
_CONTENT: Final = (
    "包本身无误，其中的消息不被本网业务规则接受，其余已处理。通知对端业务人员更正后重发"
)
_OTHER: Final = "按原因核对。确认是本侧的问题并已改正的，可由两人放行，重新核验"
_REMEDIES: Final = {
    **dict.fromkeys(
        (
            "truncated",
            "not_a_bundle",
            "front_too_large",
            "padding_not_zero",
            "end_missing",
            "trailing_bytes",
            "member_unexpected",
            "blob_digest",
            "name_mismatch",
            "name_invalid",
            "header_invalid",
            "header_not_canonical",
            "signature_invalid",
            "beacon_malformed",
            "not_a_file",
        ),
        _DAMAGED,
    ),
    **dict.fromkeys(
        ("key_unknown", "key_revoked", "wrong_zone_key", "recipient_unknown", "decryption_failed"),
        _KEYS,
    ),
    **dict.fromkeys(("wrong_destination", "wrong_origin"), _WAY),
    **dict.fromkeys(("epoch_changed", "equivocation", "chain_broken", "stream_halted"), _ORDER),
}


@dataclass(frozen=True, slots=True)
class SetAside:
    """One file in quarantine with the advice for its reason."""

    item: Quarantined
    remedy: str
    decision: Decision | None = None

    @property
    def subject(self) -> str:
        """What a decision about it is filed under."""
        return _subject(self.item.file)


def remedy_of(found: Quarantined) -> str:
    """What to do about a file that was set aside."""
    if found.carrier == "exchange" and found.code not in _REMEDIES:
        return _CONTENT
    return _REMEDIES.get(found.code, _OTHER)


def listed(spool: Spool, book: DecisionBook, first: int, count: int) -> list[SetAside]:
    """Some of what lies in quarantine, the newest first, from place ``first``."""
    names = _names(spool)[first : first + count]
    return [_judged(item, book) for item in map(partial(_read, spool), names) if item]


def undecided(spool: Spool, book: DecisionBook) -> list[Quarantined]:
    """What of the newest still needs somebody."""
    names = [name for name in _names(spool)[:MAX_LOOKED_AT] if not book.is_decided(_subject(name))]
    return [item for item in map(partial(_read, spool), names) if item]


def _subject(name: str) -> str:
    """What a decision about a quarantined file is filed under."""
    return f"quarantine-{name}"


def _names(spool: Spool) -> list[str]:
    """What lies there by name, the newest first; a stray file is nobody's."""
    found = (path.stem for path in (spool.folder / "quarantine").glob("*.json"))
    return sorted((name for name in found if _FILE.fullmatch(name)), reverse=True)


def _read(spool: Spool, name: str) -> Quarantined | None:
    """One reason; None when it is no reason (any more)."""
    try:
        said = json.loads((spool.folder / "quarantine" / f"{name}.json").read_text("utf-8"))
        return Quarantined(**{field.name: said[field.name] for field in fields(Quarantined)})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _judged(item: Quarantined, book: DecisionBook) -> SetAside:
    row = SetAside(item, remedy_of(item))
    return replace(row, decision=book.of(row.subject))


def named(spool: Spool, book: DecisionBook, file: str) -> SetAside:
    """One of it.

    Raises :class:`NotFoundError` (``quarantined_unknown``).
    """
    found = _read(spool, file) if _FILE.fullmatch(file) else None
    if found is None:
        raise NotFoundError("quarantined_unknown", "隔离区里没有这个文件")
    return _judged(found, book)
