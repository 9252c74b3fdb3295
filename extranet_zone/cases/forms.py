"""What browsers send about cases, turned into frozen requests."""

import re
from collections.abc import Mapping, Sequence

from werkzeug.datastructures import MultiDict

from extranet_zone.cases.services.acts import ActRequest
from extranet_zone.cases.services.entry import Entered, EnteredParty, holder_kind
from extranet_zone.cases.services.worklists import WorklistQuery
from extranet_zone.cases.states import Action, State
from extranet_zone.catalogue.schema import CatalogueItem
from kernel.catalogue.values import as_kept
from kernel.errors import InvalidValueError
from kernel.vocabulary.dictionaries import DocumentKind
from kernel.vocabulary.identity import IdentityNumber
from kernel.vocabulary.normal import compact, is_digits

_MAX_DIGITS = 9
_MAX_MATERIALS = 100
MAX_ROWS = 50
"""Rows of parties that the window's form may have."""
PARTY_FIELDS = ("role", "name", "document_type", "document_no", "phone", "share")
_SHARE = re.compile(r"[1-9][0-9]{0,5}/[1-9][0-9]{0,5}")


def parse_worklist(arguments: Mapping[str, str]) -> WorklistQuery:
    """The filters of a worklist; what makes no sense filters nothing."""
    state, claimed = arguments.get("state", ""), arguments.get("claimed", "")
    return WorklistQuery(
        item=arguments.get("item", "")[:40],
        state=state if State.has(state) else "",
        case_no=arguments.get("case_no", "")[:40],
        page=_number(arguments.get("page", "")) or 1,
        everything=arguments.get("all", "") == "1",
        claimed=claimed if claimed in ("mine", "nobody") else "",
        unit_no=arguments.get("unit_no", "")[:40],
        overdue=arguments.get("overdue", "") == "1",
    )


def parse_act(case_no: str, form: Mapping[str, str]) -> ActRequest:
    """The act that somebody asks for.

    Raises :class:`InvalidValueError`: ``action_unknown`` or ``version_invalid``.
    """
    action = form.get("action", "")
    if not Action.has(action):
        raise InvalidValueError("action_unknown", "没有这种办理", field="action")
    version = form.get("version", "")
    number = _number(version)
    if version and number is None:
        raise InvalidValueError("version_invalid", "页面版本不正确，请刷新后重试", field="version")
    # Browsers send line ends as CR LF.
    note = form.get("note", "").replace("\r\n", "\n")
    materials = form.getlist("materials") if isinstance(form, MultiDict) else []
    return ActRequest(
        case_no,
        Action(action),
        note,
        number,
        form.get("reference", ""),
        tuple(materials[:_MAX_MATERIALS]),
    )


def _number(text: str) -> int | None:
    return int(text) if is_digits(text) and len(text) <= _MAX_DIGITS else None


def parse_entry(form: Mapping[str, str], item: CatalogueItem) -> Entered:
    """What the window's form for ``item`` says; empty rows of parties are left out.

    Raises :class:`InvalidValueError`: ``party_incomplete``, ``document_type``, ``share_invalid``,
    ``fact_amount``, ``fact_date``.
    """
    if not isinstance(form, MultiDict):
        raise TypeError("a browser's form has lists")
    kinds = {part.role: part.kinds for part in item.parties}
    parties = []
    for n in range(MAX_ROWS):
        values = {field: form.get(f"{field}_{n}", "").strip() for field in PARTY_FIELDS}
        if not values["name"] and not values["document_no"]:
            continue
        parties.append(_party(values, n, kinds.get(values["role"], ())))
    facts = {fact.code: as_kept(fact, form.get(f"fact_{fact.field}", "")) for fact in item.asked}
    return Entered(tuple(parties), facts, frozenset(form.getlist("checks")))


def _party(values: Mapping[str, str], n: int, admitted: Sequence[str]) -> EnteredParty:
    if not values["name"] or not values["document_no"]:
        raise InvalidValueError(
            "party_incomplete", f"第 {n + 1} 行当事人须写全姓名和证件号码", field=f"name_{n}"
        )
    if not DocumentKind.has(values["document_type"]):
        raise InvalidValueError("document_type", "请选择证件种类", field=f"document_type_{n}")
    if values["share"] and not _SHARE.fullmatch(values["share"]):
        raise InvalidValueError("share_invalid", "份额写作 1/2 的形式", field=f"share_{n}")
    document_type = DocumentKind(values["document_type"])
    if document_type is DocumentKind.IDENTITY_CARD:
        IdentityNumber.parse(values["document_no"])
    return EnteredParty(
        role=values["role"],
        name=values["name"][:100],
        kind=holder_kind(document_type, admitted),
        document_type=values["document_type"],
        document_no=compact(values["document_no"]).upper()[:40],
        phone=values["phone"][:20],
        share=values["share"],
    )
