"""Claims about the link to the province's hub, over real HTTP by the written contract."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from appliance.sandbox.counterparts import ANSWERS
from extranet_office import STAFF, Office, picture
from integration.extranet.hub_contract import Contract
from integration.extranet.province_hub import TOKEN, Hub, running_hub
from sqlalchemy.orm import Session
from test_window_entry import ELSEWHERE, calls, entered, handed_over, only_case

from extranet_zone.cases.models import CaseMaterial
from extranet_zone.cases.services.incoming import handle_event
from extranet_zone.cases.states import Action, MaterialState
from extranet_zone.province.link import HttpLink
from extranet_zone.province.models import CallState
from extranet_zone.province.services import ANSWERED, OPERATIONS, collect, deliver
from extranet_zone.province.settings import ProvinceSettings
from extranet_zone.roles import Role
from kernel.errors import SettingsError


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with running_hub(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
def link(office: Office, hub: Hub, tmp_path: Path) -> HttpLink:
    token = tmp_path / "province.token"
    token.write_text(TOKEN)
    return HttpLink(ProvinceSettings(url=hub.url, token_file=token), office.store)


def handed(office: Office) -> str:
    case_no = entered(office, ELSEWHERE)
    office.do(case_no, Action.COLLECT_FOR_OTHER, STAFF[Role.INTAKE_CLERK])
    return case_no


def test_a_case_is_handed_over_with_every_page_and_once(
    office: Office, hub: Hub, link: HttpLink
) -> None:
    case_no = handed(office)
    assert deliver(office.database, link, office.clock) == 1
    [(operation, body)] = hub.calls.values()
    assert (operation, body["case_no"]) == ("handOverCase", case_no)
    materials = body["materials"]
    assert isinstance(materials, list)
    assert {material["digest"] for material in materials} == set(hub.files)
    assert deliver(office.database, link, office.clock) == 0
    assert [call.state for call in calls(office)] == [CallState.DELIVERED]


def test_both_calls_that_carry_a_case_say_the_application_alike_and_by_the_contract(
    office: Office,
) -> None:
    handed(office)
    reviewed = office.receive_body(
        office.application().model_copy(update={"collecting_authority": "410100"})
    )
    office.do(reviewed, Action.PASS_PRELIMINARY)
    over, pushed = (json.loads(call.body) for call in calls(office))
    contract = Contract()
    contract.judge_call("handOverCase", over)
    contract.judge_call("pushReviewedCase", pushed)
    assert contract.broken == []
    application = {"item_code", "unit_no", "applicant", "facts", "parties", "materials"}
    assert over.keys() & pushed.keys() == application | {"collecting_authority"}
    assert over["parties"][0].keys() == pushed["parties"][0].keys()
    assert over["materials"][0].keys() == pushed["materials"][0].keys()
    assert len(pushed["materials"]) == len(office.application().materials)


@pytest.mark.parametrize(
    ("status", "state"),
    [(409, CallState.REFUSED), (500, CallState.WAITING), (429, CallState.WAITING)],
)
def test_a_refusal_is_final_and_a_failure_is_tried_again(
    office: Office, hub: Hub, link: HttpLink, status: int, state: CallState
) -> None:
    handed(office)
    hub.status = status
    deliver(office.database, link, office.clock)
    [call] = calls(office)
    assert (call.state, call.attempts) == (state, 1)
    assert call.error


def test_a_hub_that_is_not_there_costs_nothing(office: Office, tmp_path: Path) -> None:
    handed(office)
    token = tmp_path / "province.token"
    token.write_text(TOKEN)
    link = HttpLink(ProvinceSettings(url="http://127.0.0.1:9", token_file=token), office.store)
    assert deliver(office.database, link, office.clock) == 0
    assert [call.state for call in calls(office)] == [CallState.WAITING]


def test_a_wrong_credential_is_tried_again_and_a_missing_one_stops_the_start(
    office: Office, hub: Hub, tmp_path: Path
) -> None:
    handed(office)
    token = tmp_path / "province.token"
    token.write_text("wrong")
    wrong = HttpLink(ProvinceSettings(url=hub.url, token_file=token), office.store)
    deliver(office.database, wrong, office.clock)
    assert [call.state for call in calls(office)] == [CallState.WAITING]
    with pytest.raises(SettingsError, match="province_token"):
        HttpLink(ProvinceSettings(url=hub.url, token_file=tmp_path / "none"), office.store)


def test_what_another_city_collected_arrives_with_its_files(
    office: Office, hub: Hub, link: HttpLink
) -> None:
    body = json.loads(json.dumps(handed_over(office)))
    content = picture("#777777")
    digest = hashlib.sha256(content).hexdigest()
    hub.store.keep(content)
    for material in body["materials"]:
        material |= {"digest": digest, "size": len(content)}
    hub.store.tell("e1", "case.handedOver", body)

    def handle(
        session: Session, kind: str, said: Mapping[str, object], now: int, arrived: int
    ) -> None:
        handle_event(session, office.work, kind, said, now, arrived)

    assert collect(office.database, link, office.clock, handle) == 1
    assert hub.store.waiting(1) == []
    case = only_case(office)
    with office.database.reading() as session:
        material = session.get_one(CaseMaterial, (case.case_no, 1))
        assert material.state is MaterialState.PRESENT


def test_the_contract_names_what_the_sandbox_and_the_platform_know() -> None:
    contract = Contract()
    ways = {"putFile", "getFile", "listEvents", "acknowledgeEvent"}
    assert set(contract.operations) == ways | set(ANSWERS) == ways | set(OPERATIONS)
    source = Path(handle_event.__code__.co_filename).read_text("utf-8")
    kinds = contract.document["components"]["schemas"]["Event"]["properties"]["kind"]["enum"]
    assert set(kinds) == set(contract.kinds)
    assert {kind for kind in kinds if f'case "{kind}":' not in source} == {ANSWERED}


def test_the_contract_notices_what_breaks_it() -> None:
    contract = Contract()
    contract.judge_call("sendMessage", {"case_no": "C1", "phone": "x", "words": ""})
    assert contract.broken == ["sendMessage: phone: 'x' does not match '^[0-9+]{5,20}$'"]
