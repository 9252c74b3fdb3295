"""What to do about each reason a file is set aside for: one table for console and commands."""

from typing import Final

_DAMAGED: Final = "传送中损坏。不必处理：下一次回执之后自动补发。反复出现时检查光闸设备或光盘"
_KEYS: Final = "先核对信任文件，问对端是否换过密钥。密钥补齐之后可由两人放行，重新核验"
_WAY: Final = "送错了网，检查承运程序和光闸设备的配置。本网不能处理，不要放行"
_ORDER: Final = "交换流的次序或摘要不符。先按“交换流已停止”的说明查明，再由两人决定"
_CONTENT: Final = (
    "包本身无误，其中的消息不被本网业务规则接受，其余已处理。通知对端业务人员更正后重发"
)
_SCHEMA: Final = "签名无误而内容不合约定，多半是两侧程序版本不同。核对版本，升级后可由两人放行"
_MATERIAL: Final = "签名无误而材料不合格。按材料摘要通知对端业务人员换掉该材料，不要放行"
_MALWARE: Final = "不要放行，不要在办公电脑上打开。报告安全管理员，通知对端按材料摘要查来源"
_SCANNER: Final = (
    "扫描程序停止、超时或材料超过其上限。恢复 clamd（或调大其上限）后由两人放行，重新检查"
)
_FOREIGN: Final = "不是交换系统的文件。查明谁把它放进目录，核对光闸设备的搬运任务，不要放行"
_PIECES: Final = (
    "等待缺片的文件超过上限。查明光闸为何大量丢失分片，或调大 pieces 的上限；所缺内容会自动补发"
)
_CHANGED: Final = (
    "链路发送端正在发送的文件变短，停在投递目录里不再发送。查明谁在改动投递目录；缺失会自动补发"
)
_OTHER: Final = "按原因核对。确认是本侧的问题并已改正的，可由两人放行，重新核验"

REMEDIES: Final = {
    "piece_bounds": _PIECES,
    "drop_changed": _CHANGED,
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
            "header_invalid",
            "header_not_canonical",
            "signature_invalid",
            "signature_malformed",
            "beacon_malformed",
            "piece_malformed",
            "piece_plan",
            "piece_digest",
        ),
        _DAMAGED,
    ),
    **dict.fromkeys(("name_invalid", "not_a_file", "bundle_too_large"), _FOREIGN),
    **dict.fromkeys(
        ("key_unknown", "key_revoked", "wrong_zone_key", "recipient_unknown", "decryption_failed"),
        _KEYS,
    ),
    **dict.fromkeys(("wrong_destination", "wrong_origin"), _WAY),
    **dict.fromkeys(
        (
            "epoch_changed",
            "epoch_unknown",
            "equivocation",
            "chain_broken",
            "stream_halted",
        ),
        _ORDER,
    ),
    **dict.fromkeys(
        (
            "messages_count",
            "messages_malformed",
            "messages_mismatch",
            "messages_too_large",
            "contents_malformed",
            "message_size",
            "message_schema",
            "message_route",
            "message_unhandled",
        ),
        _SCHEMA,
    ),
    **dict.fromkeys(
        (
            "media_type_refused",
            "media_type_mismatch",
            "blob_too_large",
            "archive_nested",
            "content_bomb",
            "content_encrypted",
            "content_damaged",
        ),
        _MATERIAL,
    ),
    "malware_found": _MALWARE,
    "scanner_unavailable": _SCANNER,
}
"""By code; a test holds it against every code that bundles are rejected with."""


def remedy_of(code: str, carrier: str) -> str:
    """What to do about a file that ``carrier`` set aside under ``code``."""
    if carrier == "exchange" and (code.startswith("message_") or code not in REMEDIES):
        # One message was refused, and the others of its bundle had their effect.
        return _CONTENT
    return REMEDIES.get(code, _OTHER)
