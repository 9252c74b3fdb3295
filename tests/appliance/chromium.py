"""A person's browser in a real Chromium: the same acts as over HTTP, by filling in and clicking.

Scripts are off unless asked for: what the journey does here, an old office browser can do too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Locator, Request, Response
from playwright.sync_api import Page as ChromiumPage

from appliance.browser import Form, Page, read_page

ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS: Final = 120_000
WIDTHS: Final = (390, 768, 1366)
"""A phone, a tablet, an office screen."""
PICTURES: Final = Path(__file__).parents[2] / "build" / "screenshots"


class ChromiumBrowser:
    """One person's window; cookies are theirs alone."""

    def __init__(self, base: str, chromium: Chromium, *, scripts: bool = False) -> None:
        """A fresh profile in ``chromium``."""
        self.base = base
        self._context = chromium.new_context(java_script_enabled=scripts, locale="zh-CN")
        self._context.set_default_timeout(PATIENCE_MS)
        self._page = self._context.new_page()

    def close(self) -> None:
        """Close the window and forget its cookies."""
        self._context.close()

    def get(self, address: str) -> Page:
        """Open a page."""
        return self._read(self._page.goto(urljoin(self.base, address)))

    def download(self, address: str) -> bytes:
        """Click the link to ``address`` on the open page, and read the file that is saved.

        What would open in a tab of its own is asked for as that tab would, with the same cookies.
        """
        link = self._page.locator(f'a[href="{address}"]').first
        if link.get_attribute("target"):
            return self._context.request.get(urljoin(self._page.url, address)).body()
        with self._page.expect_download() as waiting:
            link.click()
        return Path(waiting.value.path()).read_bytes()

    def post(
        self,
        page: Page,
        form: Form,
        values: Mapping[str, str | Sequence[str]],
        files: Mapping[str, Sequence[tuple[Path, str]]] | None = None,
        *,
        button: tuple[str, str] | None = None,
    ) -> Page:
        """Fill in ``form`` on the open page, press its button, and wait for the page behind it."""
        if self._page.url.partition("#")[0] != page.url.partition("#")[0]:
            raise LookupError(f"the window shows {self._page.url}, not {page.url}")
        shown = self._page.locator("form").nth(page.forms.index(form))
        for name, value in values.items():
            _fill(shown, name, [value] if isinstance(value, str) else value)
        for name, chosen in (files or {}).items():
            shown.locator(f'[name="{name}"]').set_input_files([path for path, _type in chosen])
        wanted = "button" if button is None else f'button[name="{button[0]}"][value="{button[1]}"]'
        with self._page.expect_navigation() as arrived:
            shown.locator(wanted).first.click()
        return self._read(arrived.value)

    def _read(self, answer: Response | None) -> Page:
        if answer is None:
            raise LookupError(f"no answer at {self._page.url}")
        return read_page(self._page.url, answer.status, self._page.content())


def _fill(form: Locator, name: str, values: Sequence[str]) -> None:
    """Enter ``values`` as a person does with controls of their kind; only ticks can be several."""
    value = values[0]
    control = form.locator(f'[name="{name}"]')
    kind = control.first.get_attribute("type") or ""
    if kind in {"radio", "checkbox"}:
        for ticked in values:
            form.locator(f'[name="{name}"][value="{ticked}"]').check()
    elif control.first.evaluate("element => element.tagName") == "SELECT":
        control.first.select_option(value)
    else:
        control.first.fill(value)


def open_page(chromium: Chromium, base: str, *, scripts: bool) -> tuple[ChromiumPage, list[str]]:
    """A page of a fresh browser context, and every request that left for another host."""
    context = chromium.new_context(
        java_script_enabled=scripts, viewport={"width": 1366, "height": 900}, locale="zh-CN"
    )
    page = context.new_page()
    strays: list[str] = []

    def watch(request: Request) -> None:
        if not request.url.startswith((base, "data:", "blob:")):
            strays.append(request.url)

    page.on("request", watch)
    return page, strays


def sign_in(page: ChromiumPage, base: str, login: str, password: str) -> None:
    """Sign in with the keyboard alone."""
    page.goto(f"{base}/account/sign-in")
    page.fill("#login", login)
    page.fill("#password", password)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_role("button", name="退出").count() == 1


def require_fitting(page: ChromiumPage, address: str, picture: Path, *, scripts: bool) -> None:
    """At phone, tablet and desk width nothing is wider than the window; a picture is kept."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        if scripts:
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (address, width, wide)
        page.screenshot(path=picture.with_name(f"{picture.name}-{width}.png"), full_page=True)


_MARK: Final = """selector => {
    const groups = new Set();
    let count = 0;
    for (const one of document.querySelectorAll(selector)) {
        if (one.disabled || one.tabIndex < 0 || !one.getClientRects().length) continue;
        if (one.closest("details:not([open]) > :not(summary)")) continue;
        if (getComputedStyle(one).visibility === "hidden") continue;
        if (one.type === "radio") {  // The arrows go on within a group.
            const group = `${one.form ? [...document.forms].indexOf(one.form) : ""} ${one.name}`;
            const ticked = one.form?.querySelector(`input[name="${one.name}"]:checked`);
            if (groups.has(group) || (ticked && ticked !== one)) continue;
            groups.add(group);
        }
        one.dataset.stop = count++;
    }
    return count;
}"""
_STOPS: Final = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]"
_HERE: Final = """() => {
    const here = document.activeElement;
    const style = getComputedStyle(here);
    const seen = style.outlineStyle !== "none" || style.boxShadow !== "none";
    return [here.dataset.stop ?? "", seen, here.outerHTML.slice(0, 120)];
}"""
_PARTS: Final = 8
"""Stops within one control at most: a date and time is entered part by part."""


def require_keyboard(page: ChromiumPage, address: str) -> None:
    """The tab key alone comes to everything one can press or fill in, and one sees where one is."""
    page.goto(address)
    count: int = page.evaluate(_MARK, _STOPS)
    reached: set[str] = set()
    for _ in range(_PARTS * count):
        page.keyboard.press("Tab")
        stop, is_seen, what = page.evaluate(_HERE)
        if stop:
            assert is_seen, (address, "focus cannot be seen", what)
            reached.add(stop)
        if len(reached) == count:
            return
    missed = [str(n) for n in range(count) if str(n) not in reached]
    shown = [page.locator(f'[data-stop="{n}"]').evaluate("one => one.outerHTML") for n in missed]
    raise AssertionError((address, "not reached by the keyboard", shown[:5]))
