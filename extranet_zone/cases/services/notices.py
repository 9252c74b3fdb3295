"""What notices to an applicant say: what the act said, its reason, its legal basis."""

import json
from collections.abc import Callable
from typing import Final

from extranet_zone.cases.models import ArchiveFile
from extranet_zone.cases.services.catalogued import in_yuan
from extranet_zone.cases.services.payments import bills_of
from extranet_zone.cases.services.told import Lines, Told
from kernel.clock import beijing_text, from_micros
from kernel.vocabulary.districts import District

REMEDY: Final = (
    "对本决定不服的，可以自收到之日起60日内依法申请行政复议，"
    "或者自收到之日起6个月内依法向人民法院提起行政诉讼。"
)
"""行政复议法第二十条, 行政诉讼法第四十六条 [K]."""
_NEXT: Final = "审核、缴纳税费（如有）、登簿、发证；进度可凭办件编号在“一窗办事”平台查询"


def collected(told: Told) -> Lines:
    """What was collected, where and when."""
    here = District.parse(told.case.collecting_authority).name
    materials = [
        (f"材料 {n}", f"{material.title}　{material.pages} 页")
        for n, material in enumerate(told.case.materials, 1)
        if material.notice_no == 0
    ]
    return [
        ("收件机构", f"{here}不动产登记机构"),
        ("收件时间", beijing_text(from_micros(told.step.at))),
        *materials,
        ("后续步骤", f"受理决定、{_NEXT}"),
    ]


def accepted(told: Told) -> Lines:
    """That the case is accepted, and how long it may take."""
    days = told.case.promised_days or told.item.promised_working_days
    return [
        ("告知事项", "您提交的不动产登记申请符合受理条件，本机构决定予以受理。"),
        ("办理时限", f"自受理之日起 {days} 个工作日；补正、公告、缴纳税费等期间不计入"),
        ("依据", told.basis),
        ("后续步骤", _NEXT),
    ]


def asked(told: Told) -> Lines:
    """Everything that one notice of defects asks for."""
    notice = told.notice
    if notice is None:
        raise ValueError("a notice of defects tells of one")
    titles = {rule.code: rule.title for rule in told.item.materials}
    wanted = [titles.get(code, code) for code in json.loads(notice.materials)]
    return [
        ("告知次数", f"第 {notice.number} 次{'（网上预审）' if notice.preliminary else ''}"),
        ("告知事项", "您的申请需要补正以下全部内容："),
        *((f"第 {n} 项", words) for n, words in enumerate(json.loads(notice.defects), 1)),
        ("补交材料", "、".join(wanted) or "按上述各项提交"),
        ("补正方式", "在“一窗办事”平台上传，或者邮寄、送交受理窗口；补正期间不计入办理时限"),
        ("依据", told.basis),
    ]


def decided(words: str, *, remedy: bool = True) -> Callable[[Told], Lines]:
    """A decision in ``words`` with its reason, and how to fight it where one can."""

    def lines(told: Told) -> Lines:
        return [
            ("告知事项", words),
            ("理由", told.step.note),
            ("依据", told.basis),
            *([("救济途径", REMEDY)] if remedy else []),
        ]

    return lines


def owed(told: Told) -> Lines:
    """What is owed, each amount with its basis."""
    bills = bills_of(told.session, told.case.case_no)
    lines = [
        (f"应缴 {bill.number}", f"{bill.title}　{in_yuan(bill.amount_fen)}　{bill.basis}")
        for bill in bills
    ]
    amounts = [bill.amount_fen for bill in bills if bill.amount_fen is not None]
    lines.append(("合计", in_yuan(sum(amounts) if len(amounts) == len(bills) else None)))
    if told.item.tax.involved:
        lines.append(("税款", f"不在本通知内，金额未知：{told.item.tax.note or '由税务部门核定'}"))
    return [*lines, ("说明", "缴清后继续办理；等待缴费期间不计入办理时限"), ("依据", told.basis)]


def filed(told: Told) -> Lines:
    """Every paper in the closed file with its digest, as it was when the file was closed."""
    file = told.session.get_one(ArchiveFile, told.case.case_no)
    documents = json.loads(file.documents)
    return [
        ("归档时间", beijing_text(from_micros(file.archived_at))),
        ("件数", f"共 {len(documents)} 件，{sum(paper['pages'] for paper in documents)} 页"),
        *(
            (f"第 {n} 件", f"{paper['title']}　{paper['pages']} 页　{paper['digest']}")
            for n, paper in enumerate(documents, 1)
        ),
        ("目录摘要", file.digest),
    ]
