"""Drives many cases of several types without a person, in bulk, as an office works.

Each phase goes over all cases: citizens submit, each post at the extranet takes its turn, reviewers
conclude, the ferry goes while something waits, and the rest follows. Pages and the ferry command
are all that is used; the count at the end looks at what the recording log and the register say.
"""

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

import requests

from appliance.layout import Layout
from appliance.people import Applicant, Clerk, GivenUpError, code_of
from appliance.sample.materials import write_materials
from appliance.sample.people import EXTRANET_STAFF, INTRANET_STAFF, staff_with
from appliance.sample.scenario import Ending, ScenarioCase, scenario

T = TypeVar("T")
WORKERS: Final = 3
FERRY_ROUNDS: Final = 200
_ORDER: Final = (
    "first_examined",
    "awaiting_payment",
    "examined",
    "recorded",
    "engrossed",
    "issued",
)
PAST_REVIEW: Final = frozenset({"accepted", *_ORDER})
_COURSE: Final = (
    ("first_examiner", "examine_first", "first_examined"),
    ("second_examiner", "examine_second", "awaiting_payment"),
    ("acceptance_clerk", "confirm_payment", "examined"),
    ("recorder", "record", "recorded"),
    ("engrossing_clerk", "engross", "engrossed"),
    ("issuing_clerk", "issue", "issued"),
)


@dataclass(slots=True)
class Tally:
    """What a run ended with; times in seconds."""

    endings: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    phases: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """The whole time."""
        return sum(self.phases.values())


@dataclass(slots=True)
class Office:
    """Everybody who works on the cases of one run."""

    layout: Layout
    say: Callable[[str], None]
    tally: Tally = field(default_factory=Tally)

    def run(self, count: int, seed: int) -> Tally:
        """Drive ``count`` cases to their ends; raises when one ends otherwise than it must."""
        with (self.layout.samples / "register.jsonl").open(encoding="utf-8") as lines:
            cases = scenario([json.loads(line) for line in lines], seed, count)
        numbers = self._phase("提交", lambda: self._submit_all(cases))
        self._phase("预审", lambda: self._review_preliminarily(cases, numbers))
        going = [
            (case, number)
            for case, number in zip(cases, numbers, strict=True)
            if case.ending is Ending.ISSUED
        ]
        self._phase("收件受理", lambda: self._accept(going))
        self._phase("空间审核", lambda: self._conclude([number for _case, number in going]))
        self._phase("摆渡", lambda: self._ferry([number for _case, number in going]))
        for role, action, state in _COURSE:
            past = frozenset(_ORDER[_ORDER.index(state) :])
            turn = partial(self._act_on, role, action, past, [number for _case, number in going])
            self._phase(action, turn)
        self._phase("结清回执", self._settle)
        for case in cases:
            self.tally.endings[case.ending.value] += 1
            self.tally.items[case.item_code] += 1
        return self.tally

    def _phase(self, name: str, work: Callable[[], T]) -> T:
        started = time.monotonic()
        self.say(f"{name}……")
        done = work()
        self.tally.phases[name] = time.monotonic() - started
        return done

    def _submit_all(self, cases: Sequence[ScenarioCase]) -> list[str]:
        with ThreadPoolExecutor(WORKERS) as pool, tempfile.TemporaryDirectory() as folder:
            return list(pool.map(lambda case: self._submit(case, Path(folder)), cases))

    def _submit(self, case: ScenarioCase, folder: Path) -> str:
        with closing(Applicant(self.layout.url("internet"), case.applicant)) as citizen:
            citizen.register()
            citizen.sign_in()
            draft = citizen.start(case.item_code, case.mode)
            citizen.choose_unit(draft, quote(case.unit_no), case.unit_no)
            others = case.parties[1:]
            if others:
                values: dict[str, str] = {}
                for other in others:
                    values[f"{other.role}_name"] = other.name
                    values[f"{other.role}_document_type"] = other.document_type
                    values[f"{other.role}_document_no"] = other.document_no
                    values[f"{other.role}_phone"] = other.phone
                citizen.fill(draft, "parties", values)
            if case.facts:
                citizen.fill(draft, "facts", dict(case.facts))
            materials = case.materials()
            paths = write_materials(folder / str(case.number), materials)
            files = [
                (item.code, path, item.media_type)
                for item, path in zip(materials, paths, strict=True)
            ]
            citizen.upload(draft, files)
            return citizen.sign_and_submit(draft)

    def _clerk(self, role: str) -> Clerk:
        clerk = Clerk(self.layout.url("extranet"), staff_with(role, EXTRANET_STAFF), "/cases")
        clerk.sign_in()
        return clerk

    def _act_on(self, role: str, action: str, past: frozenset[str], numbers: list[str]) -> None:
        named = {"reference": "样例缴款凭证"} if action == "confirm_payment" else {}
        with closing(self._clerk(role)) as clerk:
            for number in numbers:
                clerk.act(number, action, past, **named)

    def _review_preliminarily(self, cases: Sequence[ScenarioCase], numbers: list[str]) -> None:
        passed = {"preliminary_passed", "collected", "in_spatial_review", *PAST_REVIEW}
        with closing(self._clerk("preliminary_reviewer")) as clerk:
            for case, number in zip(cases, numbers, strict=True):
                if case.ending is Ending.ISSUED:
                    clerk.act(number, "pass_preliminary", passed)
                    continue
                if case.ending is Ending.REFUSED_BY_REGISTER:
                    self._require_obstacle(clerk, number)
                clerk.act(number, "hand_back", {"handed_back"}, note=case.note)

    @staticmethod
    def _require_obstacle(clerk: Clerk, number: str) -> None:
        """The register must forbid it, whatever the reviewer wants."""
        code = ""

        def try_once() -> bool:
            nonlocal code
            page = clerk.open(f"/cases/{number}")
            if page.status != requests.codes.ok or not page.has_form("action=pass_preliminary"):
                return False
            form = page.form("action=pass_preliminary")
            answer = clerk.send(page, form, {}, "action=pass_preliminary")
            code = code_of(answer) if answer is not None else ""
            return code not in {"", "materials_incomplete", "material_awaited"}

        clerk.until("登记簿限制", try_once)
        if code != "register_obstacle":
            raise GivenUpError(f"登记簿没有阻止 {number}：{code}")

    def _accept(self, going: Sequence[tuple[ScenarioCase, str]]) -> None:
        accepted = {"in_spatial_review", *PAST_REVIEW}
        self._act_on(
            "intake_clerk",
            "collect",
            frozenset({"collected", *accepted}),
            [number for _case, number in going],
        )
        with closing(self._clerk("acceptance_clerk")) as clerk:
            for _case, number in going:
                page = clerk.open(f"/cases/{number}")
                action = "accept" if page.has_form("action=accept") else "accept_direct"
                clerk.act(number, action, accepted)

    def _conclude(self, numbers: list[str]) -> None:
        with closing(self._clerk("first_examiner")) as clerk:
            waiting = [number for number in numbers if clerk.state(number) == "in_spatial_review"]
        staff = staff_with("spatial_reviewer", INTRANET_STAFF)
        with closing(Clerk(self.layout.url("intranet"), staff, "/reviews")) as reviewer:
            reviewer.sign_in()
            for number in waiting:
                reviewer.act(number, "conclude_pass", {"passed"}, opinion="图形与登记一致，同意")

    def _ferry(self, numbers: list[str]) -> None:
        with closing(self._clerk("first_examiner")) as clerk:
            for _ in range(FERRY_ROUNDS):
                if all(clerk.state(number) in PAST_REVIEW for number in numbers):
                    return
                self.layout.ferrymen.make_trip()
                time.sleep(1)
        raise GivenUpError("空间审核结论没有全部送达外网")

    def _settle(self) -> None:
        outside = Clerk(self.layout.url("extranet"), staff_with("system_administrator"), "/cases")
        inside = Clerk(
            self.layout.url("intranet"),
            staff_with("system_administrator", INTRANET_STAFF),
            "/reviews",
        )
        with closing(outside), closing(inside):
            outside.sign_in()
            inside.sign_in()
            for _ in range(FERRY_ROUNDS):
                if not outside.unconfirmed() and not inside.unconfirmed():
                    return
                self.layout.ferrymen.make_trip()
                time.sleep(1)
        raise GivenUpError("回执没有结清")
