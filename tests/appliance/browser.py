"""A person's browser over HTTP: keeps cookies, reads forms, fills them in, sends them.

It sees only what a person without JavaScript sees: pages, links and forms. A connection that breaks
because a program was restarted is tried again, as a person would press reload.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urljoin

import requests

PATIENCE_SECONDS: Final = 60.0
RELOAD_SECONDS: Final = 0.4
TIMEOUT: Final = (5, 120)
_BUSY: Final = frozenset({502, 503, 504})
_VOID: Final = frozenset({"input", "br", "hr", "img", "meta", "link", "col", "wbr"})


@dataclass(slots=True)
class Form:
    """A form as the page offers it: where it goes, what it holds, which buttons it has."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Page:
    """A page that was answered: status, address, text, links and forms."""

    url: str
    status: int
    html: str
    text: str
    links: list[tuple[str, str]]
    forms: list[Form]

    def form(self, *names: str) -> Form:
        """The first form that has every field or button of ``names``."""
        for form in self.forms:
            known = form.names | {name for name, _ in form.buttons}
            known |= {f"{name}={value}" for name, value in form.buttons}
            if known.issuperset(names):
                return form
        raise LookupError(f"no form with {names} at {self.url} ({self.status}): {self.text[:400]}")

    def has_form(self, *names: str) -> bool:
        """Whether :meth:`form` would find one."""
        try:
            self.form(*names)
        except LookupError:
            return False
        return True

    def link(self, words: str) -> str:
        """The address of the first link whose text holds ``words``."""
        for text, address in self.links:
            if words in text:
                return address
        raise LookupError(f"no link {words!r} at {self.url} ({self.status})")


class Navigator(Protocol):
    """What a person does with any browser; see :class:`Browser`."""

    def close(self) -> None: ...
    def get(self, address: str) -> Page: ...
    def download(self, address: str) -> bytes: ...
    def post(
        self,
        page: Page,
        form: Form,
        values: Mapping[str, str | Sequence[str]],
        files: Mapping[str, Sequence[tuple[Path, str]]] | None = None,
        *,
        button: tuple[str, str] | None = None,
    ) -> Page: ...


class Browser:
    """One person's browser."""

    def __init__(self, base: str, authority: Path | None = None) -> None:
        """At ``base``; ``authority`` has issued the certificates of the servers it meets."""
        self.base = base
        self._session = requests.Session()
        self._session.trust_env = False
        if authority is not None:
            self._session.verify = str(authority)

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def get(self, address: str) -> Page:
        """Open a page, with the patience of a person whose server is being restarted."""
        return _read(self._send("GET", address))

    def download(self, address: str) -> bytes:
        """Fetch a file."""
        return self._send("GET", address).content

    def post(
        self,
        page: Page,
        form: Form,
        values: Mapping[str, str | Sequence[str]],
        files: Mapping[str, Sequence[tuple[Path, str]]] | None = None,
        *,
        button: tuple[str, str] | None = None,
    ) -> Page:
        """Send ``form`` filled with ``values`` (and files), and follow to the page behind it.

        Not sent again when the connection breaks: whoever calls looks at the page first, as a
        person does, because the act may have happened.
        """
        data: dict[str, str | Sequence[str]] = {**form.fields, **values}
        if button is not None:
            data[button[0]] = button[1]
        address = urljoin(page.url, form.action)
        with ExitStack() as stack:
            parts = [
                (name, (path.name, stack.enter_context(path.open("rb")), media_type))
                for name, chosen in (files or {}).items()
                for path, media_type in chosen
            ]
            return _read(
                self._session.post(
                    address,
                    data=data,
                    files=parts or None,
                    timeout=TIMEOUT,
                    headers={"Referer": page.url},
                )
            )

    def _send(self, method: str, address: str) -> requests.Response:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._session.request(method, urljoin(self.base, address), timeout=TIMEOUT)
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise
            else:
                if answer.status_code not in _BUSY or time.monotonic() > deadline:
                    return answer
            time.sleep(RELOAD_SECONDS)


def _read(answer: requests.Response) -> Page:
    is_page = "html" in answer.headers.get("Content-Type", "")
    return read_page(answer.url, answer.status_code, answer.text if is_page else "")


def read_page(url: str, status: int, html: str) -> Page:
    """What a person finds on a page; ``html`` is empty for anything that is not one."""
    reader = _Reader()
    reader.feed(html)
    return Page(url, status, html, " ".join(reader.words()), reader.links, reader.forms)


class _Reader(HTMLParser):
    """Collects text, links and forms with their present values."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._text: list[str] = []
        self._open: list[str] = []
        self._link: tuple[str, list[str]] | None = None
        self._select: str | None = None
        self._area: tuple[str, list[str]] | None = None

    def words(self) -> Iterator[str]:
        """The visible words in order."""
        return (word for piece in self._text for word in piece.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "a" and "href" in given:
            self._link = (given["href"], [])
        elif tag == "input":
            self._take_input(given)
        elif tag == "button" and self.forms and given.get("name"):
            self.forms[-1].buttons.append((given["name"], given.get("value", "")))
        elif tag in {"select", "option"}:
            self._take_choice(tag, given)
        elif tag == "textarea" and given.get("name"):
            self._area = (given["name"], [])

    def _take_choice(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "select":
            self._select = given.get("name")
        if not self._select or not self.forms:
            return
        form = self.forms[-1]
        form.names.add(self._select)
        if tag == "option" and ("selected" in given or self._select not in form.fields):
            form.fields[self._select] = given.get("value", "")

    def _take_input(self, given: Mapping[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text").lower()
        if not name or not self.forms:
            return
        form = self.forms[-1]
        form.names.add(name)
        if kind == "file":
            form.files.append(name)
        elif kind in {"submit", "button"}:
            form.buttons.append((name, given.get("value", "")))
        elif kind not in {"checkbox", "radio"} or "checked" in given:
            form.fields[name] = given.get("value", "on" if kind == "checkbox" else "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link is not None:
            self.links.append((" ".join("".join(self._link[1]).split()), self._link[0]))
            self._link = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area is not None:
            if self.forms:
                self.forms[-1].fields[self._area[0]] = "".join(self._area[1])
                self.forms[-1].names.add(self._area[0])
            self._area = None
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)
        if self._link is not None:
            self._link[1].append(data)
        if not {"script", "style"} & set(self._open):
            self._text.append(data)
