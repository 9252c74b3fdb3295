"""A registration office for tests: a database, fakes with memory, and applications."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from extranet_zone.cases.models import Case, CaseMaterial, CaseStep
from extranet_zone.cases.ports import (
    Actor,
    CaseView,
    Charge,
    Engrossed,
    Inquiry,
    Obstacle,
    Recorded,
    RegisterFacts,
    RegisterHolder,
    SeizureStanding,
    UnitRecord,
)
from extranet_zone.cases.services import (
    ActRequest,
    CaseWork,
    act,
    conclude_review,
    receive_application,
)
from extranet_zone.cases.states import Action, State
from extranet_zone.catalogue.reading import PACKAGED, packaged_number, read_edition
from extranet_zone.catalogue.schema import CatalogueItem, Effect
from extranet_zone.catalogue.services import Catalogue, load_edition
from extranet_zone.clocks.rules import load_rules
from extranet_zone.clocks.services import ClockKeeper
from extranet_zone.clocks.working_time import Hours
from extranet_zone.db import Base
from extranet_zone.province.services import ProvinceQueue
from extranet_zone.roles import CASE_WORK, Role
from kernel import audit
from kernel.catalogue.conditions import Subjects
from kernel.catalogue.edition import Edition
from kernel.catalogue.item import Item
from kernel.clock import BEIJING, SetClock, to_micros
from kernel.db import Database, KernelBase
from kernel.exchange.models import OutboxMessage
from kernel.materials import MaterialsStore
from kernel.messages import ApplicationSubmitted, Material, Party, ReviewCheck, ReviewConcluded
from kernel.vocabulary.case_no import CaseNo, CaseOrigin

HOME = "419001"
UNIT = "419001001001GB00001F00010001"
START = datetime(2026, 1, 5, 9, 30, tzinfo=BEIJING)
BUYER_ID = "41900119900307123X"


OFFICE_HOURS: Hours = ((time(9), time(12)), (time(13), time(17)))


REQUIRED = {
    "application-form",
    "identity",
    "title-certificate",
    "contract",
    "loan-contract",
    "mortgage-contract",
    "extinction-proof",
    "change-proof",
}
"""What a sale, a mortgage, its cancellation and a change of particulars are applied for with."""
FACTS = {
    "transfer-existing": {
        "situation": "sale",
        "reason": "买卖",
        "amount_fen": "85000000",
        "ownership": "0",
    },
    "mortgage-first": {
        "amount_fen": "50000000",
        "mortgage_kind": "1",
        "debt_from": "2026-01-05",
        "debt_to": "2046-01-04",
    },
    "mortgage-cancel": {"reason": "债务已清偿", "certificate_no": "豫（2021）证明第1号"},
    "change-details": {
        "reason": "改名",
        "former_name": "张三",
        "former_document_no": "419001198001011232",
    },
}


class PlainWeeks:
    """A calendar without holidays."""

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5

    def reason_of(self, day: date) -> str:
        return "" if day.weekday() < 5 else "周末"

    def hours_on(self, _day: date) -> Hours:
        return OFFICE_HOURS


@dataclass
class FakeRegister:
    """A register with memory."""

    standing: list[Obstacle] = field(default_factory=list)
    recorded: list[tuple[str, str]] = field(default_factory=list)
    fails: Exception | None = None
    objections: int = 0
    use: str = "城镇住宅用地/住宅"
    recordable: frozenset[Effect] = frozenset(
        {Effect.TRANSFER, Effect.MORTGAGE, Effect.MORTGAGE_CANCELLATION, Effect.HOLDER_CHANGE}
    )

    def facts(self, _session: Session, unit_no: str) -> RegisterFacts | None:
        if unit_no != UNIT:
            return None
        return RegisterFacts(
            unit_no=UNIT,
            location="济源市示范路1号1幢1单元101",
            use=self.use,
            area="98.50",
            certificate_no="豫（2021）济源市不动产权第0000001号",
            holders=(RegisterHolder("张三丰", "1", "419001198001011232", ""),),
            mortgages=0,
            seizures=0,
            objections=self.objections,
        )

    def obstacles(self, _session: Session, _case: CaseView) -> Sequence[Obstacle]:
        return self.standing

    def record_case(self, _session: Session, case: CaseView, actor: Actor, _now: int) -> Recorded:
        if self.fails:
            raise self.fails
        self.recorded.append((case.case_no, actor.login))
        n = len(self.recorded)
        return Recorded(f"{n:032x}", n, f"豫（2026）济源市不动产权第{n:07d}号")

    def queue(self, _session: Session, _unit_no: str) -> Sequence[SeizureStanding]:
        return ()

    def inquire(
        self, session: Session, inquiry: Inquiry, _actor: Actor, _limit: int
    ) -> Sequence[UnitRecord]:
        facts = self.facts(session, inquiry.unit_no)
        return (UnitRecord(facts, (), ()),) if facts is not None else ()


@dataclass
class FakeCertificates:
    """An engrossing office with memory."""

    made: dict[str, Engrossed] = field(default_factory=dict)
    gives_none: bool = False

    def engross(
        self, _session: Session, case: CaseView, _actor: Actor, _now: int
    ) -> Sequence[Engrossed]:
        if not self.gives_none:
            self.made[case.case_no] = Engrossed(
                "豫（2026）第1号", case.unit_no, "{}", "c" * 64, 1000
            )
        return self.engrossed(_session, case.case_no)

    def engrossed(self, _session: Session, case_no: str) -> Sequence[Engrossed]:
        return [self.made[case_no]] if case_no in self.made else []


@dataclass
class FakeFees:
    """A schedule of fees: nothing, until a test says otherwise."""

    due: list[Charge] = field(default_factory=list)

    def charges(
        self,
        _edition: Edition,
        _item: Item,
        _subjects: Subjects,
        _granted: str,
        _papers: frozenset[str] = frozenset(),
    ) -> Sequence[Charge]:
        return self.due


def person(login: str, *roles: Role) -> Actor:
    return Actor(login, f"{login}先生", frozenset(role.value for role in roles))


def picture(colour: str = "white") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (60, 80), colour).save(file, "PNG")
    return file.getvalue()


STAFF = {role: person(role.value.replace("_", "-"), role) for role in CASE_WORK}
POST_OF = {
    Action.PASS_PRELIMINARY: Role.PRELIMINARY_REVIEWER,
    Action.COLLECT: Role.INTAKE_CLERK,
    Action.ACCEPT: Role.ACCEPTANCE_CLERK,
    Action.ACCEPT_DIRECT: Role.ACCEPTANCE_CLERK,
    Action.EXAMINE_FIRST: Role.FIRST_EXAMINER,
    Action.EXAMINE_SECOND: Role.SECOND_EXAMINER,
    Action.CONFIRM_PAYMENT: Role.ACCEPTANCE_CLERK,
    Action.RECORD: Role.RECORDER,
    Action.ENGROSS: Role.ENGROSSING_CLERK,
    Action.ISSUE: Role.ISSUING_CLERK,
    Action.ARCHIVE: Role.ARCHIVE_CLERK,
}
SPATIAL_WAY = (
    Action.PASS_PRELIMINARY,
    Action.COLLECT,
    Action.ACCEPT,
    Action.SPATIAL_PASS,
    Action.EXAMINE_FIRST,
    Action.EXAMINE_SECOND,
    Action.RECORD,
    Action.ENGROSS,
    Action.ISSUE,
)
DIRECT_WAY = tuple(
    Action.ACCEPT_DIRECT if action is Action.ACCEPT else action
    for action in SPATIAL_WAY
    if action is not Action.SPATIAL_PASS
)


class Office:
    """One extranet with a database on disk, and short words for what happens in it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = SetClock(START)
        self.database = Database(f"sqlite:///{folder / 'extranet.db'}")
        KernelBase.metadata.create_all(self.database.engine)
        Base.metadata.create_all(self.database.engine)
        audit.attach(self.database, "extranet", self.clock)
        with self.database.begin() as session:
            session.add(audit.AuditHead(id=1, n=0, digest="0" * 64))
        self.store = MaterialsStore(folder / "materials")
        self.register = FakeRegister()
        self.certificates = FakeCertificates()
        self.fees = FakeFees()
        self.work = CaseWork(
            Catalogue(self.register.recordable),
            ClockKeeper(PlainWeeks(), load_rules()),
            self.store,
            self.register,
            self.certificates,
            ProvinceQueue(linked=False),
            HOME,
            self.fees,
        )
        with self.database.begin() as session:
            load_edition(session, read_edition(PACKAGED), "system:test", self.now)

    def item(self, code: str) -> CatalogueItem:
        with self.database.reading() as session:
            return self.work.catalogue.item(session, packaged_number(), code)

    @property
    def now(self) -> int:
        return to_micros(self.clock.now())

    def tick(self) -> int:
        self.clock.advance(timedelta(milliseconds=1))
        return self.now

    def application(
        self,
        serial: int = 1,
        item: str = "transfer-existing",
        *,
        arrived: bool = True,
        mode: Literal["fusion", "online"] = "fusion",
    ) -> ApplicationSubmitted:
        required = [m for m in self.item(item).materials if m.required and m.code in REQUIRED]
        materials = []
        for n, listed in enumerate(required):
            content = picture(f"#{n:02x}{serial % 256:02x}00")
            if arrived:
                digest = self.store.put(io.BytesIO(content), 10**6).digest
            else:
                digest = f"{serial:032x}{n:032x}"
            materials.append(
                Material(
                    code=listed.code,
                    title=listed.title,
                    file_name=f"{listed.code}.png",
                    digest=digest,
                    size=len(content),
                    media_type="image/png",
                    pages=1,
                )
            )
        roles = [party.role for party in self.item(item).parties]
        return ApplicationSubmitted(
            edition=packaged_number(),
            case_no=str(CaseNo.make(CaseOrigin.ONLINE, date(2026, 1, 5), serial)),
            mode=mode,
            item_code=item,
            unit_no=UNIT,
            applicant="李小四",
            parties=[
                Party(
                    role=role,
                    name="张三丰" if n == 0 else "李小四",
                    document_type="1",
                    document_no="419001198001011232" if n == 0 else BUYER_ID,
                    phone="13800000000",
                )
                for n, role in enumerate(roles)
            ],
            materials=materials,
            facts=FACTS[item],
            declaration="本人承诺所提交材料真实有效。",
            signed_by="李小四",
            signed_at=self.now - 10**6,
            submitted_at=self.now,
        )

    def receive(
        self, serial: int = 1, item: str = "transfer-existing", *, arrived: bool = True
    ) -> str:
        return self.receive_body(self.application(serial, item, arrived=arrived))

    def receive_body(self, body: ApplicationSubmitted) -> str:
        with self.database.begin() as session:
            receive_application(session, self.work, body, self.tick())
        return body.case_no

    def material(self, session: Session, case_no: str, position: int) -> CaseMaterial:
        found = session.get(CaseMaterial, (case_no, position))
        assert found is not None
        return found

    def clear_due(self, case_no: str) -> None:
        with self.database.begin() as session:
            case = session.get(Case, case_no)
            assert case is not None
            case.due_at = None

    def do(
        self,
        case_no: str,
        action: Action,
        actor: Actor | None = None,
        note: str = "",
        version: int | None = None,
        *,
        reference: str = "",
        materials: tuple[str, ...] = (),
    ) -> State:
        with self.database.begin() as session:
            return act(
                session,
                self.work,
                ActRequest(case_no, action, note, version, reference, materials),
                actor or STAFF[POST_OF[action]],
                self.tick(),
            )

    def conclude(self, case_no: str, *, passed: bool = True) -> None:
        with self.database.begin() as session:
            conclude_review(session, self.conclusion(case_no, passed=passed), self.tick())

    def conclusion(self, case_no: str, *, passed: bool = True, **change: object) -> ReviewConcluded:
        return ReviewConcluded(
            case_no=case_no,
            unit_no=UNIT,
            passed=passed,
            opinion="界址清楚，面积一致" if passed else "与相邻宗地重叠 1.25 平方米",
            checks=[ReviewCheck(code="overlap", label="重叠检查", passed=passed, finding="无重叠")],
            reviewer="内网审核员",
            received_at=self.now,
            concluded_at=self.now + 1,
        ).model_copy(update=change)

    def advance_to(self, case_no: str, state: State) -> None:
        """Take the case along its item's way until it stands in ``state``."""
        item = self.case(case_no).item_code
        spatial = self.item(item).spatial_review
        for action in SPATIAL_WAY if spatial else DIRECT_WAY:
            if self.case(case_no).state is state:
                return
            if action is Action.SPATIAL_PASS:
                self.conclude(case_no)
            else:
                self.do(case_no, action)
        assert self.case(case_no).state is state

    def case(self, case_no: str) -> Case:
        with self.database.reading() as session:
            found = session.get(Case, case_no)
            assert found is not None
            session.expunge(found)
            return found

    def steps(self, session: Session, case_no: str) -> list[CaseStep]:
        return list(
            session.scalars(
                select(CaseStep).where(CaseStep.case_no == case_no).order_by(CaseStep.position)
            )
        )

    def work_on(self, session: Session, case_no: str) -> Case:
        found = session.get(Case, case_no)
        assert found is not None
        return found

    def posted(self, kind: str) -> list[OutboxMessage]:
        with self.database.reading() as session:
            found = list(
                session.scalars(
                    select(OutboxMessage)
                    .where(OutboxMessage.kind == kind)
                    .order_by(OutboxMessage.created, OutboxMessage.ordinal)
                )
            )
            session.expunge_all()
            return found

    def rows(self, model: type[Base] | type[KernelBase]) -> int:
        with self.database.reading() as session:
            return len(session.scalars(select(model)).all())


@contextmanager
def open_office(folder: Path) -> Iterator[Office]:
    office = Office(folder)
    try:
        yield office
    finally:
        office.database.dispose()
