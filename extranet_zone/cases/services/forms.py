"""What is filled in and signed: the application form (申请书) and the interview record (询问笔录).

Both may be printed as soon as the case names who takes part: the applicant signs them at the
window before the case is collected, so that no act of the table can be waited for.
"""

from collections.abc import Mapping
from typing import Final

from extranet_zone.cases.services.catalogued import measured, question_words
from extranet_zone.cases.services.shown import PartyShown, facts_shown, whole_parties
from extranet_zone.cases.services.told import Lines, Told
from kernel.catalogue.demands import questions
from kernel.catalogue.item import Item
from kernel.catalogue.tables import Question

TO_TICK: Final = "□ 是　　□ 否"
TO_WRITE: Final = "　" * 24
_MOMENT: Final = "　　　　年　　月　　日　　时　　分"


def applied(told: Told) -> Lines:
    """Who applies, what the form says, what is handed in, what is declared."""
    case, item = told.case, told.item
    papers = [
        f"{n}. {material.title}（{material.pages} 页）"
        for n, material in enumerate(case.materials, 1)
    ]
    return [
        *((party.role, _whole(party)) for party in whole_parties(case, item)),
        *facts_shown(case, item),
        ("提交材料", "\n".join(papers) or "见收件回执"),
        ("申请人承诺", case.declaration),
    ]


def interviewed(told: Told) -> Lines:
    """The questions that this case needs, with what was answered or the place for it."""
    found = measured(told.session, told.work, told.case, told.case.submitted_at)
    asked_now = questions(told.item, found.subjects)
    return [
        ("询问时间", _MOMENT),
        ("询问地点", TO_WRITE),
        *(
            (f"第 {n} 问", _question(question, told.item, found.stated.facts))
            for n, question in enumerate(asked_now, 1)
        ),
        ("说明", "以上内容已由被询问人阅读（或者向其宣读），确认与其回答一致后签名"),
    ]


def applicants_sign(told: Told) -> tuple[str, ...]:
    """Everybody who takes part signs the form."""
    return tuple(
        f"{party.role} {party.name}（签名或者盖章）"
        for party in whole_parties(told.case, told.item)
    )


def asker_and_asked_sign(told: Told) -> tuple[str, ...]:
    """The officer, and everybody whom a question of the item is put to."""
    put_to = {role for question in told.item.interview for role in question.asked_of}
    asked_of = [party.name for party in told.case.parties if party.role in put_to]
    return ("询问人（签名）", *(f"被询问人 {name}（签名）" for name in asked_of))


def _whole(party: PartyShown) -> str:
    # The applicant signs for these very numbers and the register is kept by them: a masked one
    # could not be checked against the identity paper. Therefore giving it out is audited.
    lines = [party.name, f"{party.document_kind} {party.document_no}"]
    if party.phone:
        lines.append(f"联系电话 {party.phone}")
    if party.share:
        lines.append(f"份额 {party.share}")
    return "\n".join(lines)


def _question(question: Question, item: Item, answers: Mapping[str, str]) -> str:
    """The answer stands under the question's own code where the form asked the same."""
    field, value = item.fact(question.code), answers.get(question.code, "")
    if field is not None and value:
        answer = f"{field.shown(value)}（申请时所填）"
    else:
        answer = TO_TICK if question.answer == "yes_no" else TO_WRITE
    return f"{question_words(question, item)}\n答：{answer}"
