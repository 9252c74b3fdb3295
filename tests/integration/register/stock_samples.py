"""A small stock for the register's tests, and cases on it."""

import json
from datetime import date

from extranet_zone.cases.ports import Actor, CaseView, PartyView
from extranet_zone.catalogue.schema import Effect
from kernel.vocabulary.case_no import CaseNo, CaseOrigin

NOW = 1_767_576_600_000_000  # 2026-01-05 09:30 in Beijing
RECORDER = Actor("recorder1", "孔登簿", frozenset({"recorder"}))
SELLER = ("张三", "41900119800101001X")
BUYER = ("李四", "419001198202020028")
BANK = ("济源农商银行股份有限公司", "91419001MA40000000")


def unit_no(number: int) -> str:
    return f"419001001001GB{number:05d}F00010001"


def line(number: int = 1, **changed: object) -> bytes:
    return json.dumps(
        {
            "unit_no": unit_no(number),
            "parcel_no": unit_no(number)[:19],
            "location": f"济源市沁园街道示范路{number}号院1幢1单元101室",
            "use": "住宅",
            "area_m2": "98.50",
            "right_type": "4",
            "certificate_no": f"豫（2018）济源市不动产权第{number:07d}号",
            "recorded_on": "2018-03-02",
            "holders": [
                {
                    "name": SELLER[0],
                    "document_type": "1",
                    "document_no": SELLER[1],
                    "share": "",
                }
            ],
            "sharing": "0",
            "mortgages": [],
            "restrictions": [],
            **changed,
        },
        ensure_ascii=False,
    ).encode()


def party(role: str, person: tuple[str, str], share: str = "") -> PartyView:
    kind, document = ("2", "7") if person == BANK else ("1", "1")
    return PartyView(role, person[0], kind, document, person[1], "", share)


def case(effect: Effect, number: int = 1, serial: int = 1, **facts: str) -> CaseView:
    parties: dict[Effect, tuple[PartyView, ...]] = {
        Effect.TRANSFER: (party("transferor", SELLER), party("transferee", BUYER)),
        Effect.MORTGAGE: (party("mortgagor", SELLER), party("mortgagee", BANK)),
        Effect.MORTGAGE_CANCELLATION: (party("mortgagee", BANK),),
        Effect.HOLDER_CHANGE: (party("holder", ("张叁", SELLER[1])),),
    }[effect]
    registration = {
        Effect.TRANSFER: "200",
        Effect.MORTGAGE: "100",
        Effect.MORTGAGE_CANCELLATION: "400",
        Effect.HOLDER_CHANGE: "300",
    }[effect]
    return CaseView(
        case_no=str(CaseNo.make(CaseOrigin.ONLINE, date(2026, 1, 5), serial)),
        item_code="sample",
        item_title="样例事项",
        effect=effect,
        registration_type=registration,
        right_type="4",
        unit_no=unit_no(number),
        applicant=SELLER[0],
        parties=parties,
        facts=facts,
    )
