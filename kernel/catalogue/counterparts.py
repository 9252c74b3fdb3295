"""Who takes part in an item and what is printed for it: the words files use, and their titles."""

from typing import Final, Literal

Print = Literal[
    "application_form",
    "interview_record",
    "intake_receipt",
    "acceptance_notice",
    "declination_notice",
    "supplement_notice",
    "handback_notice",
    "refusal_notice",
    "withdrawal_notice",
    "announcement",
    "approval_form",
    "fee_notice",
    "title_certificate",
    "registration_certificate",
    "cancellation_notice",
    "restraint_reply",
    "archive_list",
]
PRINTS: Final = {
    "application_form": "不动产登记申请书",
    "interview_record": "询问笔录",
    "intake_receipt": "收件回执",
    "acceptance_notice": "受理通知书",
    "declination_notice": "不予受理告知书",
    "supplement_notice": "补正告知书",
    "handback_notice": "预审退回告知书",
    "refusal_notice": "不予登记告知书",
    "withdrawal_notice": "撤回申请确认书",
    "announcement": "登记公告",
    "approval_form": "登记审批表",
    "fee_notice": "缴费通知书",
    "title_certificate": "不动产权证书",
    "registration_certificate": "不动产登记证明",
    "cancellation_notice": "注销登记告知书",
    "restraint_reply": "协助执行回执",
    "archive_list": "归档目录",
}
"""What can be printed, and its title."""
Department = Literal[
    "tax", "housing", "finance", "court", "police", "civil_affairs", "utilities", "financial"
]
DEPARTMENTS: Final = {
    "tax": "税务",
    "housing": "住建",
    "finance": "财政（非税）",
    "court": "法院",
    "police": "公安",
    "civil_affairs": "民政",
    "utilities": "水电气暖",
    "financial": "金融机构",
}
Province = Literal[
    "portal",
    "remote_intake",
    "tax",
    "fee",
    "housing",
    "restraint",
    "electricity",
    "certificates",
    "supervision",
]
PROVINCE: Final = {
    "portal": "省网上“一窗办事”平台",
    "remote_intake": "省业务服务系统（异地收件）",
    "tax": "省在线缴税“总对总”",
    "fee": "省非税缴费“总对总”",
    "housing": "省住建协同“总对总”",
    "restraint": "省司法查控“总对总”",
    "electricity": "省电力联办“总对总”",
    "certificates": "省电子证照平台",
    "supervision": "省数据监管系统",
}
