"""The people of the sample case, each with a browser: they look first, act, and look again.

An act whose answer is lost because a program was killed is not repeated blindly: the person looks
at the page, and acts only when it still asks for it. That makes kills harmless to people.
"""

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import requests

from appliance.browser import Browser, Form, Navigator, Page
from appliance.sample.people import Citizen, Staff

LOOK_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = 180.0
_STATE: Final = re.compile(r'data-state="([a-z_]+)"')
_CODE: Final = re.compile(r'data-code="([a-z0-9_]+)"')
_OPEN: Final = re.compile(r'data-open="([0-9]+)"')
WAIT_CODES: Final = frozenset(
    {"materials_incomplete", "material_awaited", "materials_missing", "edited_meanwhile"}
)
"""Refusals that pass by themselves when what is on its way has arrived."""


class GivenUpError(RuntimeError):
    """Somebody waited longer than anybody would."""


def state_of(page: Page) -> str:
    """The state a case page shows, or empty."""
    found = _STATE.search(page.html)
    return found[1] if found else ""


def code_of(page: Page) -> str:
    """The code of the refusal a page shows, or empty."""
    found = _CODE.search(page.html)
    return found[1] if found else ""


Entered = Mapping[str, str | Sequence[str]]
"""What somebody fills in, by field; several ticks of one name are a sequence."""
OpenBrowser = Callable[[str], Navigator]
"""Opens somebody's browser at a zone's address."""


class Person:
    """Somebody at a browser."""

    def __init__(self, browser: Navigator, login: str, password: str) -> None:
        self.browser = browser
        self._login = login
        self._password = password

    def close(self) -> None:
        """Close the browser."""
        self.browser.close()

    def sign_in(self) -> None:
        """Sign in, however often it takes."""

        def try_once() -> bool:
            page = self.browser.get("/account/sign-in")
            if page.has_form("sign_out") or not page.has_form("login", "password"):
                return True
            form = page.form("login", "password")
            answer = self.browser.post(
                page, form, {"login": self._login, "password": self._password}
            )
            return answer.has_form("sign_out")

        self.until("登录", try_once)

    def open(self, address: str) -> Page:
        """Open a page, signing in again when the session has ended."""
        page = self.browser.get(address)
        if page.has_form("login", "password") and not page.has_form("sign_out"):
            self.sign_in()
            page = self.browser.get(address)
        return page

    def until(self, what: str, try_once: Callable[[], bool]) -> None:
        """Try again and again until it is so; connections that break are waited out."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(requests.RequestException):
                if try_once():
                    return
            time.sleep(LOOK_SECONDS)
        raise GivenUpError(f"等待“{what}”超时")

    def send(self, page: Page, form: Form, values: dict[str, str], button: str = "") -> Page | None:
        """Send a form; None when the answer was lost and one must look."""
        pressed = None
        if button:
            name, _, value = button.partition("=")
            pressed = (name, value)
        try:
            return self.browser.post(page, form, values, button=pressed)
        except requests.RequestException:
            return None


class Clerk(Person):
    """A member of staff who works on cases."""

    def __init__(
        self, base: str, staff: Staff, pages: str, open_browser: OpenBrowser = Browser
    ) -> None:
        super().__init__(open_browser(base), staff.login, staff.password)
        self._pages = pages

    def state(self, case_no: str) -> str:
        """The case's state as this console shows it; empty when it is not there."""
        page = self.open(f"{self._pages}/{case_no}")
        return state_of(page) if page.status == requests.codes.ok else ""

    def act(
        self, case_no: str, action: str | Sequence[str], past: Collection[str], **values: str
    ) -> str:
        """Do one act on a case as soon as its page offers it; answers the state after it.

        Of several acts the first that is offered is meant. ``past`` are the states the case can
        have once the act has happened: then nothing is done.
        """
        wanted = (action,) if isinstance(action, str) else action
        state = ""

        def try_once() -> bool:
            nonlocal state
            page = self.open(f"{self._pages}/{case_no}")
            if page.status != requests.codes.ok:
                return False
            state = state_of(page)
            if state in past:
                return True
            offered = next((one for one in wanted if page.has_form(f"action={one}")), "")
            if not offered:
                return False
            form = page.form(f"action={offered}")
            answer = self.send(page, form, values, f"action={offered}")
            if answer is None:
                return False
            code = code_of(answer) if answer.status >= requests.codes.bad_request else ""
            if code and code not in WAIT_CODES | {"transition_not_allowed"}:
                words = re.search(r'role="alert"[^>]*>(.*?)<', answer.html)
                raise GivenUpError(f"{offered} 被拒绝：{code} {words[1] if words else ''}")
            state = state_of(answer)  # The page behind the act must say that it is so.
            return answer.status == requests.codes.ok and state in past

        self.until("、".join(wanted), try_once)
        return state

    def enter(
        self, item: str, unit_no: str, values: Entered, files: Sequence[tuple[str, Path, str]]
    ) -> str:
        """Enter a case at the window with its scans, and answer its number; not yet collected."""
        page = self.open(f"{self._pages}/entry")
        page = self.browser.post(
            page, page.form("unit_no", "item"), {"unit_no": unit_no, "item": item}
        )
        found = re.fullmatch(rf".*{self._pages}/(\w+)/entry", page.url)
        if found is None:
            raise GivenUpError(f"窗口录入被拒绝：{code_of(page)}")
        page = self.browser.post(page, page.form("save"), values, _by_field(files))
        if page.status != requests.codes.ok:
            raise GivenUpError(f"录入内容被拒绝：{code_of(page)}")
        return found[1]

    def unconfirmed(self) -> int:
        """How many messages and bundles of this zone are not confirmed yet."""
        page = self.open("/exchange")
        found = _OPEN.findall(page.html)
        if not found:
            raise LookupError(f"no exchange page at {page.url} ({page.status})")
        return sum(int(number) for number in found)


class Applicant(Person):
    """A citizen on the portal."""

    def __init__(self, base: str, citizen: Citizen, open_browser: OpenBrowser = Browser) -> None:
        super().__init__(open_browser(base), citizen.phone, citizen.password)
        self.citizen = citizen

    def register(self) -> None:
        """Make an account; when the number is registered already, that is fine too."""

        def try_once() -> bool:
            page = self.browser.get("/register")
            answer = self.send(
                page,
                page.form("identity_no", "phone"),
                {
                    "name": self.citizen.name,
                    "identity_no": self.citizen.identity_no,
                    "phone": self.citizen.phone,
                    "password": self.citizen.password,
                    "repeated": self.citizen.password,
                },
            )
            return answer is not None and (
                answer.status == requests.codes.ok or "已注册" in answer.text
            )

        self.until("注册", try_once)

    def start(self, item_code: str, mode: str) -> str:
        """Begin a draft; answers its address."""
        address = ""

        def try_once() -> bool:
            nonlocal address
            page = self.open(f"/guides/{item_code}")
            if not page.has_form("item_code"):
                return False  # The catalogue has not arrived yet.
            answer = self.send(page, page.form("item_code"), {"mode": mode})
            if answer is None or answer.status != requests.codes.ok:
                return False
            address = answer.url
            return True

        self.until("开始申请", try_once)
        return address

    def choose_unit(self, draft: str, words: str, unit_no: str) -> None:
        """Look the unit up in the directory, which fills by itself, and choose it."""

        def try_once() -> bool:
            page = self.browser.get(f"{draft}/unit?words={words}")
            if not page.has_form("unit_no"):
                return False  # The directory has not arrived whole yet.
            answer = self.send(page, page.form("unit_no"), {"unit_no": unit_no})
            return answer is not None and answer.status == requests.codes.ok

        self.until("选择不动产单元", try_once)

    def fill(self, draft: str, task: str, values: dict[str, str]) -> None:
        """Fill in one task's form; saying the same twice changes nothing."""

        def try_once() -> bool:
            page = self.open(f"{draft}/{task}")
            answer = self.send(page, page.form("save"), values)
            if answer is not None and answer.status == requests.codes.unprocessable:
                raise GivenUpError(f"{task}: {answer.text[:300]}")
            return answer is not None and answer.status == requests.codes.ok

        self.until(task, try_once)

    def upload(self, draft: str, files: Sequence[tuple[str, Path, str]]) -> None:
        """Upload files, each under its material; what is there already is not doubled."""
        groups = _by_field(files)

        def try_once() -> bool:
            page = self.open(f"{draft}/materials")
            answer = self.browser.post(page, page.form("upload"), {}, groups)
            if answer.status == requests.codes.unprocessable:
                raise GivenUpError(answer.text[:300])
            return bool(answer.status == requests.codes.ok)

        self.until("上传材料", try_once)

    def sign_and_submit(self, draft: str, city: str = "") -> str:
        """Sign, submit, and answer the case number; ``city``: whose window will collect it."""
        case_no = ""

        def try_once() -> bool:
            nonlocal case_no
            page = self.open(draft)
            if found := re.search(r'id="case-no">(\w+)<', page.html):
                case_no = found[1]
                return True
            page = self.open(f"{draft}/sign")
            values = {
                "agreed": "yes",
                "signed_by": self.citizen.name,
                "password": self.citizen.password,
                **({"collecting_authority": city} if city else {}),
            }
            answer = self.send(page, page.form("signed_by"), values)
            if answer is not None and answer.status == requests.codes.unprocessable:
                raise GivenUpError(answer.text[:300])
            return False

        self.until("签名提交", try_once)
        return case_no

    def steps(self, draft: str) -> list[tuple[str, str]]:
        """The progress line: network and label of every step."""
        page = self.open(draft)
        return re.findall(
            r'<li class="zone-(\w+)">.*?<strong>(.*?)</strong>', page.html, flags=re.DOTALL
        )

    def certificate(self, draft: str) -> tuple[str, str, bytes]:
        """Number, verification code and PDF of the certificate, once it has arrived."""
        found: tuple[str, str, bytes] | None = None

        def try_once() -> bool:
            nonlocal found
            page = self.open(draft)
            number = re.search(r'id="certificate"><strong>(.*?)</strong>', page.html)
            code = re.search(r'id="verification-code">(\w+)<', page.html)
            if number is None or code is None:
                return False
            pdf = self.browser.download(page.link("下载"))
            if not pdf.startswith(b"%PDF-"):
                return False
            found = (number[1], code[1], pdf)
            return True

        self.until("电子证书", try_once)
        if found is None:
            raise GivenUpError("没有电子证书")
        return found


def _by_field(files: Sequence[tuple[str, Path, str]]) -> dict[str, list[tuple[Path, str]]]:
    groups: dict[str, list[tuple[Path, str]]] = {}
    for code, path, media_type in files:
        groups.setdefault(f"file_{code}", []).append((path, media_type))
    return groups


def is_genuine(browser: Navigator, number: str, code: str) -> bool:
    """Whether anybody who is not signed in is told that the certificate is genuine."""
    return 'data-result="genuine"' in browser.get(f"/verify?no={number}&code={code}").html
