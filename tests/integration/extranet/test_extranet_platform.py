"""Claims about the platform as its commands set it up: real register, real certificates."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from extranet_office import DIRECT_WAY, POST_OF, SPATIAL_WAY, STAFF, UNIT, Office
from sqlalchemy import select

from extranet_zone.__main__ import main
from extranet_zone.app import Platform, create_app, make_exchange, make_jobs, wire
from extranet_zone.cases.models import Case
from extranet_zone.cases.services import ActRequest, act, conclude_review, receive_application
from extranet_zone.cases.states import Action, State
from extranet_zone.cases.transitions import WORKFLOW
from extranet_zone.roles import Role
from extranet_zone.settings import ExtranetSettings
from kernel import logs
from kernel.clock import BEIJING, SetClock, now_micros
from kernel.errors import RefusedError, UnavailableError
from kernel.exchange.models import OutboxMessage
from kernel.keys import entry_text, generate
from kernel.keys.documents import make_signer
from kernel.messages import ApplicationSubmitted, Kind
from kernel.program.settings import load_resolved
from kernel.vocabulary.zones import Zone
from kernel.web.accounts import Accounts, default_hasher

SETTINGS = """
[database]
url = "sqlite:///zone.db"
[materials]
folder = "materials"
[spool]
folder = "spool"
[keys]
folder = "keys"
trust = "trust.toml"
[web]
host = "127.0.0.1"
port = 0
secret_file = "cookie.secret"
secure_cookies = false
"""
ACCOUNTS = """
[[account]]
login = "wang"
display_name = "王登簿"
password = "Sample-2026-pass"
roles = [{roles}]
"""
STOCK = {
    "unit_no": UNIT,
    "parcel_no": UNIT[:19],
    "location": "济源市沁园街道示范路1号院1幢1单元101室",
    "use": "住宅",
    "area_m2": "98.50",
    "right_type": "4",
    "certificate_no": "豫（2018）济源市不动产权第0000001号",
    "recorded_on": "2018-03-02",
    "holders": [{"name": "张三丰", "document_type": "1", "document_no": "419001198001011232"}],
    "sharing": "0",
}


@dataclass
class Host:
    """A folder with a platform set up by commands."""

    folder: Path
    clock: SetClock

    @property
    def settings(self) -> Path:
        return self.folder / "extranet.toml"

    def command(self, *arguments: str) -> dict[str, object]:
        answer = CliRunner().invoke(
            main,
            [*arguments, "--settings", str(self.settings), "--json"],
            catch_exceptions=False,
            standalone_mode=False,
        )
        # The command logged to the runner's stream, which is closed now.
        logs.configure("tests")
        found: dict[str, object] = json.loads(answer.stdout)
        return found

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, "utf-8")
        return str(self.folder / name)

    def wire(self) -> Platform:
        return wire(load_resolved(self.settings, ExtranetSettings), self.clock)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    keys = generate(Zone.EXTRANET, tmp_path / "keys")
    make_signer(tmp_path / "keys", "济源市自然资源和规划局", datetime.now(UTC))
    (tmp_path / "trust.toml").write_text(
        "".join(entry_text(keys.public(purpose)) for purpose in keys.purposes())
    )
    (tmp_path / "cookie.secret").write_text("0" * 64)
    (tmp_path / "extranet.toml").write_text(SETTINGS, "utf-8")
    return Host(tmp_path, SetClock(datetime(2026, 1, 5, 9, 30, tzinfo=BEIJING)))


@pytest.fixture
def platform(host: Host) -> Iterator[Platform]:
    host.command("migrate")
    host.command("load-register", host.file("stock.jsonl", json.dumps(STOCK)))
    platform = host.wire()
    yield platform
    platform.database.dispose()


def submit(platform: Platform, office: Office, item: str) -> ApplicationSubmitted:
    body = office.application(1, item)
    # The office's fakes make the application; its files must lie in the platform's own store.
    for material in body.materials:
        with office.store.open(material.digest) as file:
            platform.store.put(file, 10**6)
    with platform.database.begin() as session:
        receive_application(session, platform.work, body, now_micros(platform.clock))
    return body


@pytest.mark.parametrize(
    ("item", "certificates"), [("transfer-existing", 1), ("mortgage-first", 1)]
)
def test_a_case_goes_all_the_way_on_the_real_register(
    platform: Platform, tmp_path: Path, item: str, certificates: int
) -> None:
    office = Office(tmp_path / "elsewhere")
    body = submit(platform, office, item)
    case_no = body.case_no
    spatial = office.item(item).spatial_review
    way = list(SPATIAL_WAY if spatial else DIRECT_WAY)
    # Both cost a fee by the catalogue, which is paid before the entry is made.
    way.insert(way.index(Action.RECORD), Action.CONFIRM_PAYMENT)
    for action in way:
        with platform.database.begin() as session:
            now = now_micros(platform.clock)
            if action is Action.SPATIAL_PASS:
                conclude_review(session, office.conclusion(case_no), now)
            else:
                paid = "样例缴款凭证 1" if action is Action.CONFIRM_PAYMENT else ""
                request = ActRequest(case_no, action, reference=paid)
                act(session, platform.work, request, STAFF[POST_OF[action]], now)
    office.database.dispose()
    with platform.database.reading() as session:
        case = session.get(Case, case_no)
        assert case is not None
        assert case.state is State.ISSUED
        assert case.certificate_no.startswith("豫（2026）济源市不动产")
        kinds = session.scalars(select(OutboxMessage.kind)).all()
    assert kinds.count(Kind.REGISTER_RECORDED) == 1
    assert kinds.count(Kind.CERTIFICATE_ISSUED) == certificates


def test_a_stranger_s_application_does_not_pass_the_real_register(
    platform: Platform, tmp_path: Path
) -> None:
    office = Office(tmp_path / "elsewhere")
    case_no = submit(platform, office, "mortgage-cancel").case_no
    office.database.dispose()
    request = ActRequest(case_no, Action.PASS_PRELIMINARY)
    actor = STAFF[POST_OF[Action.PASS_PRELIMINARY]]
    with (
        pytest.raises(RefusedError, match="register_obstacle"),
        platform.database.begin() as session,
    ):
        act(session, platform.work, request, actor, now_micros(platform.clock))


def test_the_console_starts_with_every_page_s_permission_declared(platform: Platform) -> None:
    app = create_app(platform)
    paths = {rule.rule for rule in app.url_map.iter_rules()}
    assert {"/", "/cases", "/cases/<case_no>/acts", "/register", "/exchange"} <= paths


def test_the_worker_ticks_and_seals_what_was_posted(platform: Platform) -> None:
    exchange = make_exchange(platform)
    exchange.recover()
    jobs = make_jobs(platform, exchange, Accounts(default_hasher(), 15))
    assert [job.name for job in jobs] == ["exchange", "sessions", "window"]
    for job in jobs:
        job.function()
    assert list(platform.spool.ready(Zone.INTERNET))


def test_accounts_are_loaded_once(host: Host) -> None:
    host.command("migrate")
    file = host.file("accounts.toml", ACCOUNTS.format(roles='"recorder"'))
    assert host.command("accounts", "load", file) == {"created": 1, "listed": 1}
    assert host.command("accounts", "load", file) == {"created": 0, "listed": 1}


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        ('"system_administrator", "audit_administrator"', "administrators_separate"),
        ('"security_administrator", "recorder"', "administrator_with_business"),
        ('"system"', "role_not_assignable"),
    ],
)
def test_posts_that_must_stay_apart_are_refused_at_loading(
    host: Host, roles: str, code: str
) -> None:
    host.command("migrate")
    file = host.file("accounts.toml", ACCOUNTS.format(roles=roles))
    with pytest.raises(RefusedError, match=code):
        host.command("accounts", "load", file)


def test_the_workflow_command_prints_the_document() -> None:
    answer = CliRunner().invoke(main, ["workflow"])
    document = Path(__file__).parents[3] / "docs" / "workflow.md"
    assert answer.output == document.read_text("utf-8")


def test_serving_without_a_database_says_so_before_anything_starts(host: Host) -> None:
    with pytest.raises(UnavailableError, match="database_not_migrated"):
        CliRunner().invoke(
            main,
            ["serve", "--settings", str(host.settings)],
            catch_exceptions=False,
            standalone_mode=False,
        )
    logs.configure("tests")


def test_every_page_and_act_is_in_the_specification(platform: Platform) -> None:
    spec = (Path(__file__).parents[3] / "docs" / "spec" / "console-forms.md").read_text("utf-8")
    rules = create_app(platform).url_map.iter_rules()
    own = [rule for rule in rules if rule.endpoint.split(".")[0] in {"cases", "home", "catalogue"}]
    for rule in own:
        assert f" {re.sub('<int:', '<', rule.rule)}`" in spec
    for row in WORKFLOW.transitions:
        if row.role != Role.SYSTEM:
            assert f"| `{row.action.value}` |" in spec
            assert f"`{row.role}`" in spec
            assert f"`{row.target.value}`" in spec


def test_an_account_is_given_to_another_authority_only_if_it_is_there(host: Host) -> None:
    host.command("migrate")
    with pytest.raises(RefusedError, match="account_unknown"):
        host.command("accounts", "authority", "wang", "410100")
    file = host.file("accounts.toml", ACCOUNTS.format(roles='"recorder"'))
    host.command("accounts", "load", file)
    login = re.search(r'login = "([^"]+)"', ACCOUNTS)
    assert login is not None
    answer = host.command("accounts", "authority", login[1], "410100")
    assert answer == {"login": login[1], "authority": "410100"}
    with pytest.raises(RefusedError, match="district_unknown"):
        host.command("accounts", "authority", login[1], "999999")
