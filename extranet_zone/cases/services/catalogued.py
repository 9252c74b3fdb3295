"""A case measured against its item: what it lacks, whether it is open, what it costs and prints.

The portal answers the same questions by the same functions of ``kernel.catalogue``; here the
register and the authority's marks are known as well.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case
from extranet_zone.cases.ports import Obstacle, RegisterFacts
from extranet_zone.cases.services.work import CaseWork, facts_of, stated_facts
from extranet_zone.cases.states import Action, Mode
from extranet_zone.catalogue.marks import marks_of
from extranet_zone.catalogue.schema import CatalogueItem
from extranet_zone.catalogue.services import beijing_day
from kernel.catalogue.conditions import Subjects, Truth
from kernel.catalogue.counterparts import PRINTS
from kernel.catalogue.demands import Defect, defects, demands, notice_of_defects, questions
from kernel.catalogue.edition import Edition
from kernel.catalogue.exclusions import closed_for_remote, exclusions_of
from kernel.catalogue.fees import Bill, bill, grantable
from kernel.catalogue.subjects import Stated, Taken, objected, residential, subjects_of_case
from kernel.catalogue.tables import Question

REMOTE_MODES: Final = frozenset({Mode.FUSION, Mode.ONLINE})
"""The ways of 全豫通办; so is what one city collects for another, and what begins and stays at the
home authority's own window is not.
"""
NEEDS_OPEN_ITEM: Final = frozenset(
    {Action.PASS_PRELIMINARY, Action.COLLECT, Action.COLLECT_FOR_OTHER}
)
"""Where the plan's exclusions and closed items stop a case: at application and intake."""


GRANTED: Final = "granted_exemption"
"""The fact that an officer adds: code of the exemption the papers show."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A case with its item, its edition and everything that is known of it on ``day``."""

    edition: Edition
    item: CatalogueItem
    on_register: RegisterFacts | None
    """What stands on the register for the unit; nothing when it is not on it."""
    stated: Stated
    subjects: Subjects
    day: date
    closed: str
    """Why nobody can apply for the item just now; empty when anybody can."""
    is_remote: bool

    @property
    def granted(self) -> str:
        """Code of the exemption an officer has granted; empty for none."""
        return self.stated.facts.get(GRANTED, "")

    def defects(self) -> tuple[Defect, ...]:
        """What form and materials lack."""
        return defects(self.edition, self.item, self.stated)

    def notice(self) -> str:
        """The one complete notice of defects; empty when there are none."""
        found = self.defects()
        return notice_of_defects(self.item, found) if found else ""

    def openness(self) -> tuple[Obstacle, ...]:
        """What keeps the case out of 全豫通办, and what must be looked into for that.

        Blocking ones stop preliminary passing and intake of a case that came by 全豫通办, and
        nothing at the home authority's own window.
        """
        found = []
        if self.closed:
            found.append(Obstacle("item_closed", self.closed, blocking=True))
        if not self.is_remote:
            return tuple(found)
        found += [
            Obstacle(
                reason.code,
                f"不在“全豫通办”范围（{reason.words}），请到属地登记大厅办理",
                blocking=True,
                basis=reason.basis,
            )
            for reason in closed_for_remote(self.edition, self.item, self.subjects, self.day)
        ]
        found += [
            Obstacle(
                f"unsettled_{open_.rule.code}",
                f"请核实是否属于不列入“全豫通办”的情形：{open_.rule.words}",
                blocking=False,
                basis=open_.rule.basis,
            )
            for open_ in exclusions_of(self.edition, self.subjects, self.day)
            if open_.truth is Truth.UNKNOWN
        ]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ItemShown:
    """What follows from the item for this case, for the case page."""

    edition: str
    fee: tuple[tuple[str, str, str], ...]
    """Title, amount, legal basis of each line, and the whole."""
    fee_notes: tuple[str, ...]
    materials: tuple[tuple[str, str, str], ...]
    """Title, standing, and when or by what."""
    questions: tuple[str, ...]
    prints: tuple[str, ...]
    notice: str


def measured(session: Session, work: CaseWork, case: Case, now: int) -> Measured:
    """The case against its item, with what the register and the marks say of the unit.

    Raises :class:`kernel.errors.NotFoundError`: ``edition_gone`` or ``item_unknown``.
    """
    item = work.item_of(session, case)
    edition = work.catalogue.edition(session, case.edition)
    day = beijing_day(now)
    on_register = work.register.facts(session, case.unit_no)
    stated = Stated(
        unit_no=case.unit_no,
        mode=case.mode.value,
        facts=stated_facts(case, item),
        parties=[Taken(p.role, p.kind, p.document_type, p.share) for p in case.parties],
        materials={material.code for material in case.materials},
        unit={
            **residential(_use(case, on_register)),
            **objected(on_register.objections if on_register else None),
            **marks_of(session, case.unit_no, day),
        },
    )
    return Measured(
        edition=edition,
        item=item,
        on_register=on_register,
        stated=stated,
        subjects=subjects_of_case(item, stated),
        day=day,
        closed=work.catalogue.closed(edition).get(item.code, ""),
        is_remote=case.mode in REMOTE_MODES
        or case.home_authority != work.authority
        or (case.mode is Mode.OFFLINE and case.collecting_authority != work.authority),
    )


def _use(case: Case, on_register: RegisterFacts | None) -> str:
    """The unit's use by the register; by the form for a unit that is not on it yet."""
    return on_register.use if on_register is not None else facts_of(case).get("use", "")


def item_shown(found: Measured) -> ItemShown:
    """What the case page shows of the item."""
    cost = bill(found.edition, found.item, found.subjects, granted=found.granted)
    return ItemShown(
        edition=f"第 {found.edition.number} 版（{found.edition.name}）",
        fee=tuple((line.title, in_yuan(line.fen), line.basis) for line in cost.lines)
        + ((("合计", in_yuan(cost.fen), ""),) if cost.lines else ()),
        fee_notes=_fee_notes(found, cost),
        materials=tuple(
            (demand.rule.title, demand.standing.label, demand.source or demand.rule.when_text)
            for demand in demands(found.edition, found.item, found.subjects)
        ),
        questions=tuple(
            question_words(question, found.item)
            for question in questions(found.item, found.subjects)
        ),
        prints=tuple(PRINTS[code] for code in found.item.prints),
        notice=found.notice(),
    )


def _fee_notes(found: Measured, cost: Bill) -> tuple[str, ...]:
    """What is open about the fee: unknown amounts, exemptions that papers may show, taxes."""
    notes = list(cost.open_points)
    notes += [
        f"凭材料可减免：{rule.title}（{rule.basis}）"
        for rule in grantable(found.edition, found.item)
        if rule.code != found.granted
    ]
    if found.item.tax.involved:
        notes.append(f"税款金额未知：{found.item.tax.note or '由税务部门核定'}")
    return tuple(notes)


def question_words(question: Question, item: CatalogueItem) -> str:
    """A question of the interview, and whom it is put to."""
    asked_of = "、".join(item.role_titles[role] for role in question.asked_of)
    return f"{question.text}（问：{asked_of}）"


def in_yuan(fen: int | None) -> str:
    """An amount as people read it, also one that nobody knows yet."""
    if fen is None:
        return "金额未知，待核定"
    sign, (yuan, rest) = "-" if fen < 0 else "", divmod(abs(fen), 100)
    return f"{sign}{yuan:,}.{rest:02d} 元"
