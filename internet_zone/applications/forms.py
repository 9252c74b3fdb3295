"""What the application's forms say, checked before a service sees it.

Names of fields are listed in docs/spec/portal-forms.md; programs depend on them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from internet_zone.applications.services.parties import PartyDraft
from kernel.catalogue.conditions import Subjects, Truth, holds
from kernel.catalogue.demands import Asked, asked
from kernel.catalogue.item import Item
from kernel.catalogue.subjects import Stated, subjects_of_case
from kernel.catalogue.values import as_kept, as_typed, order_fault, value_fault
from kernel.errors import InvalidValueError
from kernel.vocabulary.credit import CreditCode
from kernel.vocabulary.dictionaries import DocumentKind
from kernel.vocabulary.identity import IdentityNumber
from kernel.vocabulary.normal import compact
from kernel.vocabulary.phone import PhoneNo

NOTHING: Final[Subjects] = {}
NOBODY: Final = Stated(unit_no="", mode="", facts={}, parties=())
DOCUMENT_TYPES: Final = [
    (kind.code, kind.label)
    for kind in (
        DocumentKind.IDENTITY_CARD,
        DocumentKind.HONG_KONG_MACAO_TAIWAN,
        DocumentKind.PASSPORT,
        DocumentKind.BUSINESS_LICENCE,
    )
]
PARTY_FIELDS: Final = ("name", "document_type", "document_no", "phone", "share")
APPLICANT_SHARE: Final = "applicant_share"
MAX_NAME: Final = 100
MIN_NAME: Final = 2
MAX_OF_ROLE: Final = 10
"""How many people of one role an application can name."""
_SHARE: Final = re.compile(r"[1-9][0-9]{0,5}/[1-9][0-9]{0,5}")
_TRAVEL_DOCUMENT: Final = re.compile(r"[0-9A-Z()]{5,30}")


@dataclass(frozen=True, slots=True)
class Block:
    """The fields of one person on the form; the first of another role must be filled in."""

    role: str
    prefix: str
    number: int
    required: bool


@dataclass(frozen=True, slots=True)
class PartiesForm:
    """The parties as the form states them."""

    applicant_share: str
    others: list[PartyDraft]


def blocks(
    item: Item, values: Mapping[str, str], more: str = "", subjects: Subjects = NOTHING
) -> list[Block]:
    """Every person the form has fields for: those that ``values`` names, one more of ``more``."""
    found: list[Block] = []
    for role in item.roles:
        first = 2 if role == item.applicant_role else 1
        named = (n for n in range(first, MAX_OF_ROLE + 1) if _is_named(values, role, n))
        last = max(named, default=1)  # Nobody but the applicant, or the one who must be named.
        if role == more:
            last = min(last + 1, MAX_OF_ROLE)
        found += [_block(item, role, number, subjects) for number in range(first, last + 1)]
    return found


def values_of(applicant_share: str, others: list[PartyDraft], item: Item) -> dict[str, str]:
    """The form's fields as they would have been sent for these parties."""
    values = {APPLICANT_SHARE: applicant_share}
    next_of = {role: 2 if role == item.applicant_role else 1 for role in item.roles}
    for other in others:
        prefix = _prefix(other.role, next_of[other.role])
        next_of[other.role] += 1
        for name in PARTY_FIELDS:
            values[f"{prefix}_{name}"] = getattr(other, name)
    return values


def parse_parties(
    item: Item, form: Mapping[str, str], subjects: Subjects = NOTHING
) -> tuple[PartiesForm, dict[str, str]]:
    """Everybody the form names beside the applicant, and errors by field name.

    A block beyond the first of its role that is left empty names nobody.
    """
    errors: dict[str, str] = {}
    named = [
        block
        for block in blocks(item, form, "", subjects)
        if block.required or _is_named(form, block.role, block.number)
    ]
    others = [_party(errors, block, form, item.role_titles) for block in named]
    seen: set[tuple[str, str]] = set()
    for block, other in zip(named, others, strict=True):
        if other.document_no and (other.role, other.document_no) in seen:
            errors[f"{block.prefix}_document_no"] = "同一个人填写了两次"
        seen.add((other.role, other.document_no))
    return PartiesForm(_share(errors, APPLICANT_SHARE, form), others), errors


def _prefix(role: str, number: int) -> str:
    return role if number == 1 else f"{role}_{number}"


def _block(item: Item, role: str, number: int, subjects: Subjects) -> Block:
    part = next(part for part in item.parties if part.role == role)
    needed = holds(part.when, subjects) is Truth.YES
    required = needed and role != item.applicant_role and number == 1
    return Block(role, _prefix(role, number), number, required)


def _is_named(values: Mapping[str, str], role: str, number: int) -> bool:
    prefix = _prefix(role, number)
    return any(
        values.get(f"{prefix}_{name}", "").strip()
        for name in ("name", "document_no", "phone", "share")
    )


def _party(
    errors: dict[str, str], block: Block, form: Mapping[str, str], titles: Mapping[str, str]
) -> PartyDraft:
    field = f"{block.prefix}_name"
    name = " ".join(form.get(field, "").split())
    if not MIN_NAME <= len(name) <= MAX_NAME:
        errors[field] = f"请填写{titles[block.role]}的姓名或名称"
    kind = form.get(f"{block.prefix}_document_type", DocumentKind.IDENTITY_CARD.code)
    if kind not in dict(DOCUMENT_TYPES):
        errors[f"{block.prefix}_document_type"] = "请选择证件种类"
        kind = DocumentKind.IDENTITY_CARD.code
    number = _document_no(errors, f"{block.prefix}_document_no", form, kind)
    phone = _phone(errors, f"{block.prefix}_phone", form)
    share = _share(errors, f"{block.prefix}_share", form)
    return PartyDraft(block.role, name, kind, number, phone, share)


def _document_no(errors: dict[str, str], field: str, form: Mapping[str, str], kind: str) -> str:
    text = form.get(field, "")[:60]
    try:
        if kind == DocumentKind.BUSINESS_LICENCE:
            return CreditCode.parse(text).text
        if kind == DocumentKind.IDENTITY_CARD:
            return IdentityNumber.parse(text).text
    except InvalidValueError as error:
        errors[field] = error.message
        return ""
    number = compact(text).upper()
    if not _TRAVEL_DOCUMENT.fullmatch(number):
        errors[field] = "证件号码应为 5 至 30 位字母或数字"
        return ""
    return number


def _phone(errors: dict[str, str], field: str, form: Mapping[str, str]) -> str:
    text = form.get(field, "").strip()
    if not text:
        return ""
    try:
        return PhoneNo.parse(text).text
    except InvalidValueError as error:
        errors[field] = error.message
        return ""


def _share(errors: dict[str, str], field: str, form: Mapping[str, str]) -> str:
    text = compact(form.get(field, ""))
    if text and not _SHARE.fullmatch(text):
        errors[field] = "份额请写成分数，例如 1/2"
        return ""
    return text


def parse_facts(
    item: Item, form: Mapping[str, str], stated: Stated = NOBODY
) -> tuple[dict[str, str], dict[str, str]]:
    """The answers to the item's questions, and errors by field name.

    ``stated`` is what is known beside the answers; what is not asked for in this case is dropped.
    """
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    for fact in item.asked:
        try:
            if text := as_kept(fact, form.get(fact.field, "")):
                values[fact.code] = text
        except InvalidValueError as error:
            errors[fact.field] = error.message
    found = _asked(item, stated, values)
    for field in found:
        fact = field.fact
        value = values.get(fact.code, "")
        if field.required and not value:
            verb = "选择" if fact.kind == "choice" else "填写"
            errors.setdefault(fact.field, f"请{verb}{fact.title}")
        elif words := value_fault(fact, value) or order_fault(item, fact, values):
            errors.setdefault(fact.field, words)
    shown = {field.fact.code for field in found}
    fields = {field.fact.field for field in found}
    return (
        {code: value for code, value in values.items() if code in shown},
        {field: words for field, words in errors.items() if field in fields},
    )


def fields(item: Item, stated: Stated, values: Mapping[str, str]) -> tuple[Asked, ...]:
    """The fields the form shows for what is typed so far; what cannot be read is not typed yet."""
    typed: dict[str, str] = {}
    for fact in item.asked:
        try:
            typed[fact.code] = as_kept(fact, values.get(fact.field, ""))
        except InvalidValueError:
            continue
    return _asked(item, stated, typed)


def _asked(item: Item, stated: Stated, facts: Mapping[str, str]) -> tuple[Asked, ...]:
    return asked(item, subjects_of_case(item, replace(stated, facts=facts)))


def fact_values(item: Item, facts: Mapping[str, str]) -> dict[str, str]:
    """The answers as the form's fields show them."""
    return {fact.field: as_typed(fact, facts.get(fact.code, "")) for fact in item.asked}
