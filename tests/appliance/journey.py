"""The main job: one 存量房转移登记 crosses three networks and comes back, driven by people.

Eight steps, in the order of the law; each says in which network it happens and what carries the
case on. Nothing here looks into a database: people use pages, the ferry operator the command line.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from appliance.browser import Browser
from appliance.ferryman import Trip
from appliance.layout import Layout
from appliance.people import Applicant, Clerk, GivenUpError, OpenBrowser, is_genuine
from appliance.sample.materials import main_materials, write_materials
from appliance.sample.people import (
    BUYER,
    EXTRANET_STAFF,
    INTRANET_STAFF,
    SELLER,
    Staff,
    staff_with,
)
from kernel.durable import write_durably

CLOSING_ROUNDS: Final = 20
TRIP_SECONDS: Final = 90
STEPS: Final = (
    ("网上申请", "互联网", ""),
    ("上联取走申请和材料", "互联网 → 电子政务外网", "上联（双向 TLS）"),
    ("预审、收件、受理", "电子政务外网", ""),
    ("单向光闸送入内网", "电子政务外网 → 业务内网", "单向光闸"),
    ("空间审核", "业务内网", ""),
    ("光盘摆渡送出结果", "业务内网 → 电子政务外网", "光盘摆渡"),
    ("审核、登簿、缮证、发证、归档", "电子政务外网", ""),
    ("查看进度、下载并验证证书", "互联网", "上联（双向 TLS）"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something a watcher is told: the step's number from 1, and words; ``done`` ends the step."""

    step: int
    words: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the journey ended with."""

    case_no: str
    certificate_no: str
    pdf_bytes: int
    steps: tuple[tuple[str, str], ...]
    seconds: float


Tell = Callable[[Event], None]

# The states of a case on the extranet after each act of the main way, as its page names them.
_COURSE: Final = (
    "applied",
    "preliminary_passed",
    "collected",
    "in_spatial_review",
    "accepted",
    "first_examined",
    "awaiting_payment",
    "examined",
    "recorded",
    "engrossed",
    "issued",
    "archived",
)


@dataclass(frozen=True, slots=True)
class Act:
    """One act on the extranet: whose, which, what state it leads to, what a watcher is told."""

    role: str
    action: str
    state: str
    words: str
    reference: str = ""
    """What the act must name, where it must."""


_ACCEPTING: Final = (
    Act("preliminary_reviewer", "pass_preliminary", "preliminary_passed", "预审通过"),
    Act("intake_clerk", "collect", "collected", "已收件"),
    Act("acceptance_clerk", "accept", "in_spatial_review", "已受理，开始计时"),
)
_RECORDING: Final = (
    Act("first_examiner", "examine_first", "first_examined", "初审通过"),
    Act("second_examiner", "examine_second", "awaiting_payment", "复审通过（另一人），通知缴费"),
    Act("acceptance_clerk", "confirm_payment", "examined", "已缴登记费", "样例缴款凭证 0001"),
    Act("recorder", "record", "recorded", "已登簿，记入登簿日志"),
    Act("engrossing_clerk", "engross", "engrossed", "已缮证"),
    Act("issuing_clerk", "issue", "issued", "已发证"),
    Act("archive_clerk", "archive", "archived", "已归档"),
)


def states_from(state: str) -> frozenset[str]:
    """``state`` and everything after it on the main way."""
    return frozenset(_COURSE[_COURSE.index(state) :])


@dataclass(slots=True)
class Notebook:
    """What the people remember between two starts: the draft's address and the case number."""

    path: Path
    draft: str = ""
    case_no: str = ""
    certificate_no: str = ""

    @classmethod
    def open(cls, path: Path) -> "Notebook":
        """Read the notebook, or start a new one."""
        if not path.exists():
            return cls(path)
        return cls(path, **json.loads(path.read_text("utf-8")))

    def note(self, **known: str) -> None:
        """Write something down."""
        for name, value in known.items():
            setattr(self, name, value)
        text = json.dumps(
            {"draft": self.draft, "case_no": self.case_no, "certificate_no": self.certificate_no}
        )
        with write_durably(self.path) as file:
            file.write(text.encode())


def ferried(layout: Layout, clerk: Clerk, case_no: str) -> Iterator[Trip]:
    """Trips with the disc, each as it is made, until the extranet has the case's conclusion."""
    deadline = time.monotonic() + TRIP_SECONDS
    while clerk.state(case_no) not in states_from("accepted"):
        if time.monotonic() > deadline:
            raise GivenUpError("空间审核结论没有送达外网")
        trip = layout.ferrymen.make_trip()
        if trip is not None:
            yield trip
        time.sleep(1)


@dataclass(slots=True)
class Journey:
    """Drives the case once; every person keeps their own browser."""

    layout: Layout
    tell: Tell
    seed: int = 1
    open_browser: OpenBrowser = Browser

    @property
    def notebook(self) -> Notebook:
        """What was written down so far."""
        return Notebook.open(self.layout.base / "journey.json")

    def run(self) -> Outcome:
        """The whole way, from wherever an earlier run left it; raises when it did not arrive."""
        started = time.monotonic()
        with ExitStack() as stack:
            citizen = Applicant(self.layout.url("internet"), BUYER, self.open_browser)
            stack.enter_context(closing(citizen))
            draft, case_no = self.apply(citizen)
            reviewer = stack.enter_context(closing(self._reviewer()))
            self._review(case_no, reviewer)
            self._ferry_until_accepted(case_no)
            self._act_all(7, case_no, _RECORDING)
            number, pdf = self._collect(citizen, draft, reviewer)
            self._close_the_loop()
            self.notebook.note(certificate_no=number)
            steps = tuple(citizen.steps(draft))
        return Outcome(case_no, number, len(pdf), steps, time.monotonic() - started)

    def begin(self) -> str:
        """Steps 1 to 5: the case number, its conclusion waits in the intranet for the ferry."""
        with (
            closing(Applicant(self.layout.url("internet"), BUYER, self.open_browser)) as citizen,
            closing(self._reviewer()) as reviewer,
        ):
            _draft, case_no = self.apply(citizen)
            self._review(case_no, reviewer)
        return case_no

    def ferry(self) -> str:
        """Step 6 alone, of the case that was begun: its number, its conclusion is outside."""
        case_no = self.notebook.case_no
        self._ferry_until_accepted(case_no)
        return case_no

    def _review(self, case_no: str, reviewer: Clerk) -> None:
        """Steps 2 to 5: from the portal to the surveyor's conclusion."""
        with self._step(2), closing(self._clerk("preliminary_reviewer")) as clerk:
            clerk.until("申请到达外网", lambda: bool(clerk.state(case_no)))
            self.tell(Event(2, f"外网已取得办件 {case_no}"))
        self._act_all(3, case_no, _ACCEPTING)
        with self._step(4):
            reviewer.until("办件到达内网", lambda: bool(reviewer.state(case_no)))
            self.tell(Event(4, "内网已接收办件和材料"))
        with self._step(5):
            reviewer.act(case_no, "conclude_pass", {"passed"}, opinion="图形与登记一致，同意")
            self.tell(Event(5, "空间审核通过，结论待摆渡"))

    @contextmanager
    def _step(self, number: int) -> Iterator[None]:
        self.tell(Event(number, "进行中"))
        yield
        self.tell(Event(number, "完成", done=True))

    def _at(self, zone: str, staff: Staff, pages: str) -> Clerk:
        clerk = Clerk(self.layout.url(zone), staff, pages, self.open_browser)
        clerk.sign_in()
        return clerk

    def _clerk(self, role: str) -> Clerk:
        return self._at("extranet", staff_with(role, EXTRANET_STAFF), "/cases")

    def _reviewer(self) -> Clerk:
        return self._at("intranet", staff_with("spatial_reviewer", INTRANET_STAFF), "/reviews")

    def main_unit(self) -> dict[str, str]:
        """The flat that is sold: the first unit of the sample register."""
        with (self.layout.samples / "register.jsonl").open(encoding="utf-8") as lines:
            found: dict[str, str] = json.loads(next(lines))
        return found

    def _materials(self) -> list[tuple[str, Path, str]]:
        folder = self.layout.samples / "materials"
        materials = main_materials(self.seed)
        paths = write_materials(folder, materials)
        return [
            (material.code, path, material.media_type)
            for material, path in zip(materials, paths, strict=True)
        ]

    def apply(self, citizen: Applicant) -> tuple[str, str]:
        """Step 1 alone: the draft's address and the case number."""
        book = self.notebook
        with self._step(1):
            citizen.register()
            citizen.sign_in()
            if book.case_no:
                self.tell(Event(1, f"继续办件 {book.case_no}"))
                return book.draft, book.case_no
            self.tell(Event(1, "准备 30 页扫描材料（样例）"))
            files = self._materials()
            size = sum(path.stat().st_size for _code, path, _type in files) / 1024 / 1024
            self.tell(Event(1, "填写申请"))
            draft = book.draft or citizen.start("transfer-existing", "fusion")
            book.note(draft=draft)
            unit = self.main_unit()
            self.tell(Event(1, f"选择不动产单元 {unit['unit_no']}"))
            citizen.choose_unit(draft, quote(unit["unit_no"]), unit["unit_no"])
            citizen.fill(
                draft,
                "parties",
                {
                    "transferor_name": SELLER.name,
                    "transferor_document_type": "1",
                    "transferor_document_no": SELLER.identity_no,
                    "transferor_phone": SELLER.phone,
                },
            )
            citizen.fill(
                draft,
                "facts",
                {
                    "situation": "sale",
                    "reason": "买卖",
                    "amount_yuan": "850000",
                    "ownership": "0",
                },
            )
            self.tell(Event(1, f"上传材料 {len(files)} 个文件，{size:.1f} MB"))
            citizen.upload(draft, files)
            case_no = citizen.sign_and_submit(draft)
            book.note(case_no=case_no)
            self.tell(Event(1, f"已签名提交，办件编号 {case_no}"))
        return draft, case_no

    def _act_all(self, step: int, case_no: str, acts: Sequence[Act]) -> None:
        """Each act by the person whose post it is, at a browser of their own."""
        with self._step(step):
            for act in acts:
                with closing(self._clerk(act.role)) as clerk:
                    if act.action in self._by_counterparts:
                        self._await(clerk, case_no, act)
                        continue
                    named = {"reference": act.reference} if act.reference else {}
                    clerk.act(case_no, act.action, states_from(act.state), **named)
                self.tell(Event(step, act.words))

    @property
    def _by_counterparts(self) -> frozenset[str]:
        """The acts that nobody does where the hub answers."""
        return frozenset({"confirm_payment"}) if self.layout.sandbox else frozenset()

    def _await(self, clerk: Clerk, case_no: str, act: Act) -> None:
        past = states_from(act.state)
        clerk.until(act.words, lambda: clerk.state(case_no) in past)
        self.tell(Event(7, f"{act.words}（财政、税务由联调沙箱应答）"))

    def _ferry_until_accepted(self, case_no: str) -> None:
        """Trips with the disc until the extranet has the conclusion."""
        with self._step(6), closing(self._clerk("first_examiner")) as clerk:
            for trip in ferried(self.layout, clerk, case_no):
                words = f"光盘 {trip.medium}：{trip.files} 个文件，已回读核对并导入"
                self.tell(Event(6, words))
            self.tell(Event(6, "外网已收到空间审核结论"))

    def _collect(self, citizen: Applicant, draft: str, reviewer: Clerk) -> tuple[str, bytes]:
        with self._step(8):
            number, code, pdf = citizen.certificate(draft)
            self.tell(Event(8, f"已下载 {number}"))
            with closing(self.open_browser(self.layout.url("internet"))) as anybody:
                if not is_genuine(anybody, number, code):
                    raise GivenUpError("证书没有通过公开验证")
                if is_genuine(anybody, number, "AAAAAAAAAA"):
                    raise GivenUpError("错误的验证码被当作真的")
            self.tell(Event(8, "任何人可验证：真实有效"))
            unit = self.main_unit()["unit_no"]
            reviewer.until(
                "内网登记簿镜像",
                lambda: number in reviewer.open(f"/mirror?unit_no={unit}").html,
            )
            self.tell(Event(8, "登簿记录已进入内网镜像"))
        return number, pdf

    def _close_the_loop(self) -> None:
        """Receipts for the gate come home on a disc, receipts for the disc go in by the gate."""
        admin = staff_with("system_administrator", EXTRANET_STAFF)
        inner = staff_with("system_administrator", INTRANET_STAFF)
        with (
            closing(self._at("extranet", admin, "/cases")) as outside,
            closing(self._at("intranet", inner, "/reviews")) as inside,
        ):
            for _ in range(CLOSING_ROUNDS):
                if not outside.unconfirmed() and not inside.unconfirmed():
                    return
                self.layout.ferrymen.make_trip()
                time.sleep(1.5)
            raise GivenUpError(
                f"回执没有结清：外网 {outside.unconfirmed()}，内网 {inside.unconfirmed()}"
            )
