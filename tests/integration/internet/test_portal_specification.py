"""Claims about docs/spec/portal-forms.md: it names every page, field and button there is."""

import re
from pathlib import Path

from portal_office import Browser, PortalOffice

SPEC = (Path(__file__).parents[3] / "docs" / "spec" / "portal-forms.md").read_text("utf-8")
_NAME = re.compile(r'<(?:input|select|button)[^>]* name="([^"]+)"')
_BLOCK = re.compile(
    r"^(?:transferor|transferee|mortgagor|mortgagee|holder)(?:_\d+)?_"
    r"(?=(?:name|document_type|document_no|phone|share)$)"
)


def test_every_page_is_specified(office: PortalOffice) -> None:
    for rule in office.app.url_map.iter_rules():
        if "static" in rule.endpoint:
            continue
        path = rule.rule.replace("<number>", "<id>").replace("<upload_id>", "<upload id>")
        path = path.replace("<code>", "<item_code>")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert re.search(rf"`?{method}(?:`, `POST)? {re.escape(path)}`", SPEC), (method, path)


def test_every_field_and_button_is_specified(office: PortalOffice, buyer: Browser) -> None:
    draft = buyer.start()
    full = buyer.start()
    buyer.fill(full)
    done, case_no = office.submitted(buyer)
    office.report(case_no, "hand_back", "预审退回", ended=True)
    stranger = office.browser()
    pages = [stranger.get(path).text for path in ("/register", "/account/sign-in", "/verify")]
    pages += [buyer.get(path).text for path in ("/guides/transfer-existing", "/account/password")]
    tasks = ("", "/unit?words=济源市", "/parties", "/facts", "/materials", "/sign")
    pages += [buyer.get(f"{address}{task}").text for address in (draft, full) for task in tasks]
    pages += [buyer.get(done).text]
    for name in {name for page in pages for name in _NAME.findall(page)}:
        shown = _BLOCK.sub("<block>_", name)
        if shown.startswith("file_"):
            shown = "file_<material code>"
        assert f"`{shown}`" in SPEC or f"`{shown}=" in SPEC, name
