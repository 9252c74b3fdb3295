"""What the people of a case sign: the application (申请书), the interview record (询问笔录)."""

from typing import Final

from extranet_zone.cases.services.catalogued import measured, question_words
from extranet_zone.cases.services.shown import facts_shown, whole_parties
from extranet_zone.cases.services.told import Lines, Told
from kernel.catalogue.demands import questions
from kernel.vocabulary.dictionaries import RegistrationType, RightType

DECLARATION: Final = (
    "本申请人对填写的上述内容及提交的申请材料的真实性负责。如有不实，申请人愿承担法律责任。"
)
"""What every application says (不动产登记申请书, 不动产登记操作规范) [K]."""
ADVICE: Final = "请如实回答以下询问；回答不实的，由被询问人承担相应的法律责任。"
HEARD: Final = "以上笔录已经本人核对，与本人所述一致。"
_YES_OR_NO: Final = "□ 是　　□ 否"
_BLANK: Final = "　\n　"
"""Room for an answer, or for a signature."""


def applied(told: Told) -> Lines:
    """Everything the applicants declare, and where each of them signs.

    Names and numbers stand whole: who signs must see what is signed, and the paper goes to the
    file. Giving it out is audited like every document.
    """
    case, item = told.case, told.item
    kind = f"{RegistrationType(item.registration_type).label}　{RightType(item.right_type).label}"
    lines: Lines = [("申请登记类型", kind)]
    parties = whole_parties(case, item)
    for party in parties:
        words = (party.name, f"{party.document_kind} {party.document_no}", party.phone, party.share)
        lines.append((party.role, "　".join(word for word in words if word.strip())))
    lines += facts_shown(case, item)
    lines += [
        (f"提交材料 {n}", f"{material.title}　{material.pages} 页")
        for n, material in enumerate(case.materials, 1)
    ]
    lines.append(("申请人声明", case.declaration or DECLARATION))
    return [*lines, *((f"{party.role}签名", _signature(party.name)) for party in parties)]


def interviewed(told: Told) -> Lines:
    """The questions of the item that this case calls for, with room for the answers.

    The answers are given in the window's presence and signed there (不动产登记暂行条例实施细则
    第十六条 names what is looked into); the signed record is one of the case's materials.
    """
    found = measured(told.session, told.work, told.case, told.at)
    lines: Lines = [("询问告知", ADVICE)]
    for n, question in enumerate(questions(found.item, found.subjects), 1):
        lines.append((f"问 {n}", question_words(question, found.item)))
        lines.append((f"答 {n}", _YES_OR_NO if question.answer == "yes_no" else _BLANK))
    lines.append(("核对", HEARD))
    for party in whole_parties(told.case, told.item):
        lines.append(("被询问人签名", f"{_signature(party.name)}（捺印）"))
    return [*lines, ("询问人签名", _signature("")), ("询问地点、时间", _BLANK)]


def _signature(name: str) -> str:
    return f"{name}{_BLANK}　　　　　　　　　　　　　　　　年　　　月　　　日"
