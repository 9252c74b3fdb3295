"""Claims about disposals while an objection stands: what is asked, told and carried to the rule."""

import io
from dataclasses import replace

import pytest
from extranet_office import START, UNIT, Office, picture
from integration.register.every_effect import view
from integration.register.stock_samples import RECORDER, line, party

from extranet_zone.cases.ports import Actor
from extranet_zone.cases.services import receive_supplement
from extranet_zone.cases.services.pages import CasePage, case_page
from extranet_zone.cases.states import Action, State
from extranet_zone.catalogue.reading import PACKAGED, read_edition
from extranet_zone.catalogue.schema import Effect
from extranet_zone.register.models import RecordingLogHead
from extranet_zone.register.rules.restraint import DISPOSALS, RISK_KNOWN
from extranet_zone.register.services import RegisterService, load_register
from extranet_zone.roles import CASE_WORK
from kernel.catalogue.item import Item
from kernel.clock import to_micros
from kernel.errors import RefusedError
from kernel.messages import ApplicationSubmitted, Material, SupplementSubmitted

STATEMENT = "objection-statement"
ANYBODY = Actor("reader", "查看人员", frozenset(role.value for role in CASE_WORK))
DISPOSING = [item for item in read_edition(PACKAGED).items if item.effect in DISPOSALS]


@pytest.fixture
def disputed(office: Office) -> Office:
    """An office with the real register, on which somebody objects to the seller's ownership."""
    seller = {
        "name": "张三丰",
        "document_type": "1",
        "document_no": "419001198001011232",
        "share": "",
    }
    register = RegisterService("济源市", clock=office.clock)
    object.__setattr__(office.work, "register", register)
    load_register(office.database, [line(holders=[seller])], to_micros(START) - 1)
    objector = party("objector", ("王五", "41900119850505005X"))
    objection = view(Effect.OBJECTION, (objector,), 1, 900, content="主张共有")
    with office.database.begin() as session:
        session.add(RecordingLogHead(id=1, last=0))
        register.record_case(session, replace(objection, unit_no=UNIT), RECORDER, office.tick())
    return office


def material(office: Office) -> Material:
    content = picture("#445566")
    return Material(
        code=STATEMENT,
        title="书面承诺",
        file_name="statement.png",
        digest=office.store.put(io.BytesIO(content), 10**6).digest,
        size=len(content),
        media_type="image/png",
        pages=1,
    )


def application(
    office: Office, risk: str = "", serial: int = 1, *, stated: bool = False
) -> ApplicationSubmitted:
    body = office.application(serial)
    facts = {**body.facts, RISK_KNOWN: risk} if risk else body.facts
    handed = [*body.materials, material(office)] if stated else body.materials
    return body.model_copy(update={"facts": facts, "materials": handed})


def page(office: Office, case_no: str) -> CasePage:
    with office.database.reading() as session:
        return case_page(session, office.work, case_no, ANYBODY, office.now)


def codes(shown: CasePage) -> dict[str, bool]:
    return {obstacle.code: obstacle.blocking for obstacle in shown.obstacles}


def test_a_sale_under_an_objection_is_told_what_it_lacks_and_goes_on_with_it(
    disputed: Office,
) -> None:
    case_no = disputed.receive_body(application(disputed))
    shown = page(disputed, case_no)
    assert codes(shown)["objection_risk_not_accepted"]
    assert "缺少必交材料“知悉异议登记存在并自担风险的书面承诺”" in shown.defects
    assert any("是否知悉并自愿承担风险" in question for question in shown.demanded.questions)
    with pytest.raises(RefusedError, match="fact_missing"):
        disputed.do(case_no, Action.PASS_PRELIMINARY)
    reviewer = replace(ANYBODY, login="reviewer1")
    disputed.do(
        case_no,
        Action.ASK_PRELIMINARY_SUPPLEMENT,
        reviewer,
        "登记簿上有异议登记",
        materials=(STATEMENT,),
    )
    answer = SupplementSubmitted(
        case_no=case_no, notice=1, materials=[material(disputed)], submitted_at=disputed.now
    )
    with disputed.database.begin() as session:
        receive_supplement(session, disputed.work, answer, disputed.tick())
    shown = page(disputed, case_no)
    assert (shown.defects, codes(shown)["objection_on_record"]) == ((), False)
    disputed.advance_to(case_no, State.RECORDED)
    assert disputed.case(case_no).entry_id is not None


def test_the_form_alone_is_no_written_statement_and_both_together_are_enough(
    disputed: Office,
) -> None:
    case_no = disputed.receive_body(application(disputed, "1"))
    with pytest.raises(RefusedError, match="materials_incomplete"):
        disputed.do(case_no, Action.PASS_PRELIMINARY)
    other = disputed.receive_body(application(disputed, "1", 2, stated=True))
    disputed.do(other, Action.PASS_PRELIMINARY)


def test_who_does_not_bear_the_risk_is_not_registered(disputed: Office) -> None:
    case_no = disputed.receive_body(application(disputed, "0"))
    assert codes(page(disputed, case_no))["objection_risk_not_accepted"]


def test_without_an_objection_nobody_is_asked(office: Office) -> None:
    case_no = office.receive()
    shown = page(office, case_no)
    assert not any("异议" in words for words in (*shown.defects, *shown.demanded.questions))
    office.do(case_no, Action.PASS_PRELIMINARY)


@pytest.mark.parametrize("item", DISPOSING, ids=lambda item: item.code)
def test_every_item_that_disposes_asks_for_the_statement(item: Item) -> None:
    fact, statement = item.fact(RISK_KNOWN), item.material(STATEMENT)
    assert fact is not None
    assert statement is not None
    assert (statement.required, statement.states_fact) == (True, RISK_KNOWN)
    assert fact.when == statement.when is not None
    [question] = [asked for asked in item.interview if asked.code == "objection_risk_known"]
    assert (question.expected, question.when) == ("yes", fact.when)


def test_every_effect_that_disposes_has_an_item() -> None:
    assert {item.effect for item in DISPOSING} == DISPOSALS
