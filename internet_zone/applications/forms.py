"""What the application's forms say, checked before a service sees it."""

import re
from collections.abc import Mapping
from typing import Final

from internet_zone.applications.services import Counterpart
from internet_zone.catalogue.items import ROLES, Item
from kernel.errors import InvalidValueError
from kernel.vocabulary.credit import CreditCode
from kernel.vocabulary.identity import IdentityNumber
from kernel.vocabulary.phone import PhoneNo

DOCUMENT_TYPES: Final = [("1", "身份证"), ("7", "营业执照（统一社会信用代码）")]
MAX_NAME: Final = 100


def parse_counterparts(
    item: Item, form: Mapping[str, str]
) -> tuple[list[Counterpart], dict[str, str]]:
    """One counterpart for each other role of the item, and errors by field name."""
    found: list[Counterpart] = []
    errors: dict[str, str] = {}
    for role in item.other_roles:
        name = " ".join(form.get(f"{role}_name", "").split())
        kind = form.get(f"{role}_document_type", "1")
        if not 2 <= len(name) <= MAX_NAME:  # noqa: PLR2004 - two characters make a name
            errors[f"{role}_name"] = f"请填写{ROLES[role]}的姓名或名称"
        number = _checked(errors, f"{role}_document_no", form, kind)
        phone = ""
        if form.get(f"{role}_phone", "").strip():
            try:
                phone = PhoneNo.parse(form[f"{role}_phone"]).text
            except InvalidValueError as error:
                errors[f"{role}_phone"] = error.message
        found.append(Counterpart(role, name, "7" if kind == "7" else "1", number, phone))
    return found, errors


def _checked(errors: dict[str, str], field: str, form: Mapping[str, str], kind: str) -> str:
    text = form.get(field, "")[:40]
    try:
        return CreditCode.parse(text).text if kind == "7" else IdentityNumber.parse(text).text
    except InvalidValueError as error:
        errors[field] = error.message
        return ""


def parse_facts(item: Item, form: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The answers to the item's questions, and errors by field name."""
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    for fact in item.facts:
        text = form.get(fact.code, "").strip()[:200]
        if fact.required and not text:
            errors[fact.code] = f"请填写{fact.title}"
        elif text and not re.fullmatch(fact.pattern, text):
            errors[fact.code] = f"{fact.title}的格式不正确"
        if text:
            values[fact.code] = text
    return values, errors
