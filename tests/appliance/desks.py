"""Every desk of the office, each with a browser: any item from the application to the archive.

Each next step is taken by the person whose post it is.

The table of turns names, for every state, who has the next step and which buttons may take it; the
page decides which of them it offers. Nothing here looks into a database.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

from appliance.browser import Page
from appliance.journey import ferried
from appliance.layout import Layout
from appliance.people import Applicant, Clerk, GivenUpError, OpenBrowser
from appliance.sample.materials import Upload, write_papers
from appliance.sample.people import EXTRANET_STAFF, INTRANET_STAFF, Citizen, staff_with
from appliance.sample.twenty import Line

CHECKS: Final = ("scope", "applicant", "identity", "materials", "interview")
OTHER_CITY: Final = "410100"
END: Final = "archived"
# state: whose turn, which buttons, what the act must name
_TURNS: Final[Mapping[str, tuple[str, tuple[str, ...], str]]] = {
    "applied": ("preliminary_reviewer", ("pass_preliminary",), ""),
    "entered": ("intake_clerk", ("collect",), ""),
    "preliminary_passed": ("intake_clerk", ("collect",), ""),
    "paper_in_transit": ("acceptance_clerk", ("receive_paper",), "样例快递 0001"),
    "collected": ("acceptance_clerk", ("accept", "accept_direct"), ""),
    "accepted": ("first_examiner", ("examine_first",), ""),
    "first_examined": ("second_examiner", ("examine_second",), ""),
    "second_examined": ("final_examiner", ("examine_final",), ""),
    "awaiting_payment": ("acceptance_clerk", ("confirm_payment",), "样例缴款凭证 0001"),
    "examined": ("recorder", ("record",), ""),
    "recorded": ("engrossing_clerk", ("engross",), ""),
    "engrossed": ("issuing_clerk", (), ""),
    "issued": ("archive_clerk", ("archive",), ""),
}
_TAKEN_BY: Final = {"issue_at_window": "样例领取人", "issue_by_post": "样例快递 0003"}
"""How the certificate is given out is the line's, and what must be named with it."""
_IN_REVIEW: Final = "in_spatial_review"
_STATES: Final = frozenset({*_TURNS, _IN_REVIEW, END})


class OtherCity(Protocol):
    """The other city's authority, at the far end of the province's link."""

    def hand_over(self, line: Line, files: tuple[Upload, ...]) -> None:
        """Say that its window has collected a case of ours."""

    def collect(self, case_no: str) -> bool:
        """Collect what was applied for online; false while it has not been told of it."""


@dataclass(frozen=True, slots=True)
class Lived:
    """What became of a line: its number, every state on the way, its certificate."""

    case_no: str
    states: tuple[str, ...]
    certificate_no: str
    page: Page


@dataclass(slots=True)
class Desks:
    """The people of one appliance; ``folder`` takes the scans of the papers."""

    layout: Layout
    open_browser: OpenBrowser
    other_city: OtherCity
    folder: Path
    tell: Callable[[str], None]
    certificates: dict[str, str] = field(default_factory=dict)
    """What each item of the story brought, by its code."""
    _stack: ExitStack = field(default_factory=ExitStack)
    _clerks: dict[str, Clerk] = field(default_factory=dict)
    _citizens: dict[str, Applicant] = field(default_factory=dict)

    def close(self) -> None:
        """Close every browser."""
        self._stack.close()

    def clerk(self, role: str) -> Clerk:
        """Whoever holds the post, signed in once."""
        if role not in self._clerks:
            zone, pages = "extranet", "/cases"
            if role == "spatial_reviewer":
                zone, pages = "intranet", "/reviews"
            who = staff_with(role, INTRANET_STAFF if zone == "intranet" else EXTRANET_STAFF)
            clerk = Clerk(self.layout.url(zone), who, pages, self.open_browser)
            self._stack.enter_context(closing(clerk))
            clerk.sign_in()
            self._clerks[role] = clerk
        return self._clerks[role]

    def citizen(self, who: Citizen) -> Applicant:
        """A citizen with an account on the portal."""
        if who.phone not in self._citizens:
            citizen = Applicant(self.layout.url("internet"), who, self.open_browser)
            self._stack.enter_context(closing(citizen))
            citizen.register()
            citizen.sign_in()
            self._citizens[who.phone] = citizen
        return self._citizens[who.phone]

    def live(self, line: Line) -> Lived:
        """The whole way of one line; raises when it does not arrive."""
        facts = {name: self._meant(value) for name, value in line.facts.items()}
        files = write_papers(self.folder / line.item, line.item, line.papers)
        begin = {"window": self._enter, "handed_over": self._take_over}.get(line.way, self._apply)
        case_no = begin(line, facts, files)
        states = tuple(self._states(line, case_no))
        page = self.clerk("archive_clerk").open(f"/cases/{case_no}")
        found = re.search(r'id="certificate-no">(.*?)<', page.html)
        certificate_no = found[1] if found else ""
        self.certificates[line.item] = certificate_no
        return Lived(case_no, states, certificate_no, page)

    def _meant(self, value: str) -> str:
        return self.certificates[value[1:]] if value.startswith("@") else value

    def _enter(self, line: Line, facts: Mapping[str, str], files: tuple[Upload, ...]) -> str:
        values: dict[str, str | tuple[str, ...]] = {"checks": CHECKS}
        for n, party in enumerate(line.parties):
            values |= {
                f"role_{n}": party.role,
                f"name_{n}": party.name,
                f"document_type_{n}": party.document_type,
                f"document_no_{n}": party.document_no,
            }
        values |= {f"fact_{name}": value for name, value in facts.items()}
        return self.clerk("intake_clerk").enter(line.item, line.unit_no, values, files)

    def _apply(self, line: Line, facts: Mapping[str, str], files: tuple[Upload, ...]) -> str:
        if line.applicant is None:
            raise ValueError(f"{line.item}: nobody applies")
        citizen = self.citizen(line.applicant)
        draft = citizen.start(line.item, line.way.partition("_")[0])
        citizen.choose_unit(draft, quote(line.unit_no), line.unit_no)
        if line.parties:
            named = {}
            for party in line.parties:
                named[f"{party.role}_name"] = party.name
                named[f"{party.role}_document_type"] = party.document_type
                named[f"{party.role}_document_no"] = party.document_no
            citizen.fill(draft, "parties", named)
        citizen.fill(draft, "facts", dict(facts))
        citizen.upload(draft, files)
        city = OTHER_CITY if line.way == "fusion_elsewhere" else ""
        return citizen.sign_and_submit(draft, city)

    def _take_over(self, line: Line, facts: Mapping[str, str], files: tuple[Upload, ...]) -> str:
        self.other_city.hand_over(replace(line, facts=facts), files)
        clerk = self.clerk("acceptance_clerk")
        found: list[str] = []

        def look() -> bool:
            page = clerk.open(f"/cases?state=paper_in_transit&unit_no={line.unit_no}")
            found[:] = re.findall(r'href="/cases/(C\d+)"', page.html)
            return bool(found)

        clerk.until("异地收件移送", look)
        return found[0]

    def _states(self, line: Line, case_no: str) -> Iterator[str]:
        """Every state of the case in order, each taken to the next by whoever has the turn."""
        watcher = self.clerk("archive_clerk")
        watcher.until("办件到达外网", lambda: bool(watcher.state(case_no)))
        state = watcher.state(case_no)
        while state != END:
            self.tell(f"{line.item} {case_no} {state}")
            yield state
            if state == _IN_REVIEW:
                state = self._review(case_no)
            elif state == "preliminary_passed" and line.way == "fusion_elsewhere":
                state = self._await_other_city(case_no)
            else:
                state = self._turn(line, case_no, state)
        yield state

    def _turn(self, line: Line, case_no: str, state: str) -> str:
        if state not in _TURNS:
            raise GivenUpError(f"{line.item} {case_no} 停在 {state}")
        role, buttons, reference = _TURNS[state]
        if not buttons:
            buttons, reference = (line.issue,), _TAKEN_BY.get(line.issue, "")
        named = {"reference": reference} if reference else {}
        return self.clerk(role).act(case_no, buttons, _STATES - {state}, **named)

    def _review(self, case_no: str) -> str:
        reviewer, clerk = self.clerk("spatial_reviewer"), self.clerk("first_examiner")
        reviewer.until("办件到达内网", lambda: bool(reviewer.state(case_no)))
        reviewer.act(case_no, "conclude_pass", {"passed"}, opinion="图形与登记一致，同意")
        for _trip in ferried(self.layout, clerk, case_no):
            pass
        return clerk.state(case_no)

    def _await_other_city(self, case_no: str) -> str:
        clerk = self.clerk("acceptance_clerk")
        clerk.until("推送异地窗口", lambda: self.other_city.collect(case_no))
        clerk.until("异地收件", lambda: clerk.state(case_no) != "preliminary_passed")
        return clerk.state(case_no)
