"""What counterparts begin by themselves: a court's request, a case that a city collected."""

import secrets
from collections.abc import Mapping
from typing import Final

from appliance.sample.materials import case_materials
from appliance.sample.texts import Named
from appliance.sandbox.counterparts import CITY
from appliance.sandbox.store import Store

COURT: Final = ("洛阳市中级人民法院（样例）", "410300")
ITEM: Final = "transfer-existing"
_FACTS: Final = {"situation": "sale", "reason": "买卖", "amount_fen": "85000000", "ownership": "0"}
COURT_FACTS: Final = ("debtor", "debtor_document_no", "term_months", "seizure_document_no")
_LONGEST: Final = 200


def request_of_court(store: Store, form: Mapping[str, str]) -> str:
    """Let a court's request wait to be fetched; answers its number. Empty fields are left out."""
    number = form.get("request_no") or f"CK-{secrets.token_hex(4)}"
    facts = {name: form[name][:_LONGEST] for name in COURT_FACTS if form.get(name)}
    if form.get("preliminary"):
        facts["preliminary"] = "1"
    store.tell(
        f"court-{secrets.token_hex(8)}",
        "restraint.requested",
        {
            "request_no": number,
            "court": form.get("court") or COURT[0],
            "court_code": form.get("court_code") or COURT[1],
            "court_case_no": form.get("court_case_no") or f"（2026）豫03执{number}号",
            "judge": "样法官",
            "document_no": form.get("document_no") or f"（2026）豫03执{number}号之一",
            "request": form["request"],
            "unit_no": form.get("unit_no", "")[:_LONGEST],
            "facts": facts,
            "requested_at": store.now,
        },
    )
    return number


def case_of_city(store: Store, form: Mapping[str, str]) -> str:
    """Let a sale that the played city collected wait to be fetched, files and all; its number."""
    number = f"Y{secrets.token_hex(6)}"
    seller = Named(form["seller"], form["seller_no"])
    buyer = Named(form["buyer"], form["buyer_no"])
    listed = []
    for material in case_materials(ITEM, number, (buyer, seller)):
        digest = store.keep(material.data)
        listed.append(
            {
                "code": material.code,
                "title": material.title,
                "file_name": material.file_name,
                "digest": digest,
                "size": len(material.data),
                "media_type": material.media_type,
                "pages": material.pages,
            }
        )
    parties = [
        {"role": role, "name": one.name, "document_type": "1", "document_no": one.document_no}
        for role, one in (("transferor", seller), ("transferee", buyer))
    ]
    store.tell(
        f"city-{number}",
        "case.handedOver",
        {
            "case_no": number,
            "collecting_authority": CITY,
            "item_code": ITEM,
            "unit_no": form["unit_no"],
            "applicant": buyer.name,
            "parties": parties,
            "materials": listed,
            "facts": _FACTS,
            "collected_at": store.now,
            "online_case_no": "",
        },
    )
    return number
