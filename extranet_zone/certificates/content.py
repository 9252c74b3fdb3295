"""What a certificate says, drawn from the register's entry alone; pure.

The entry keeps the state of the unit as it was recorded, so that a certificate that is made later,
or made again, says the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from extranet_zone.register.states import RightKind
from kernel.clock import BEIJING, from_micros
from kernel.vocabulary.certificate import CertificateKind, CertificateNo
from kernel.vocabulary.coded import Coded
from kernel.vocabulary.dictionaries import (
    AdvanceNoticeKind,
    DocumentKind,
    MortgageKind,
    OwnershipForm,
    RegistrationType,
    RightType,
)
from kernel.vocabulary.masks import mask_identity
from kernel.vocabulary.unit import FixtureKind, UnitNo

NOTHING: Final = "/"
"""How a certificate fills a field that has nothing."""
MAX_NAMES: Final = 6
"""Holders that stand in the field itself; more of them are listed in the notes."""
STATUTE: Final = (
    "根据《中华人民共和国民法典》等法律法规，为保护不动产权利人合法权益，"
    "对不动产权利人申请登记的本证所列不动产权利，经审查核实，准予登记，颁发此证。"
)
PROOF: Final = (
    "根据《中华人民共和国民法典》等法律法规，为保护申请人合法权益，"
    "对申请人申请登记的本证明所列不动产权利或登记事项，经审查核实，准予登记，颁发此证明。"
)
PRECEDENCE: Final = (
    "本电子证照依据不动产登记簿生成；记载不一致的，除有证据证明登记簿确有错误外，以登记簿为准。"
)


_WORDS: Final = {
    "content": "内容",
    "period": "期限",
    "dominant_unit_no": "需役地不动产单元号",
    "suit_no": "起诉材料",
}
"""Facts of easements, rights of residence, notices and objections that a certificate prints."""


class _Holder(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    document_type: str
    document_no: str
    share: str


class _Right(BaseModel):
    model_config = ConfigDict(frozen=True)

    kind: str
    right_type: str
    certificate_no: str
    sharing: str
    facts: dict[str, str]
    holders: Annotated[list[_Holder], Field(min_length=1)]


class _Snapshot(BaseModel):
    model_config = ConfigDict(frozen=True)

    unit_no: str
    location: str
    use: str
    area: str
    nature: str
    term: str
    rights: list[_Right]


@dataclass(frozen=True, slots=True)
class EntryView:
    """What a certificate needs of the entry it is made for."""

    case_no: str
    log_no: int
    registration_type: str
    certificate_no: str
    recorded_at: int
    recorder_name: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the certificate's table."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything printed but authority, codes and picture."""

    number: CertificateNo
    statute: str
    fields: tuple[Line, ...]
    notes: tuple[str, ...]
    holders: tuple[str, ...]
    unit_no: str
    location: str
    right_type: str
    recorded_on: date


def content_of(entry: EntryView) -> Content:
    """What the certificate of ``entry`` says.

    The entry is the register's own: one whose state lacks the right of its number is a bug.
    """
    state = _Snapshot.model_validate(json.loads(entry.after))
    number = CertificateNo.parse(entry.certificate_no)
    right = next(r for r in state.rights if r.certificate_no == entry.certificate_no)
    ownership = next((r for r in state.rights if r.kind == "ownership"), None)
    if number.kind is CertificateKind.TITLE:
        fields = _title_fields(state, right, entry)
    else:
        fields = _registration_fields(state, right, ownership)
    return Content(
        number=number,
        statute=STATUTE if number.kind is CertificateKind.TITLE else PROOF,
        fields=fields,
        notes=_notes(entry, state, right),
        holders=tuple(holder.name for holder in right.holders),
        unit_no=state.unit_no,
        location=state.location,
        right_type=right.right_type,
        recorded_on=from_micros(entry.recorded_at).astimezone(BEIJING).date(),
    )


def _title_fields(state: _Snapshot, right: _Right, entry: EntryView) -> tuple[Line, ...]:
    return (
        Line("权利人", _names(right.holders)),
        Line("共有情况", _sharing(right)),
        Line("坐落", state.location),
        Line("不动产单元号", _grouped(state.unit_no)),
        Line("权利类型", _label(RightType, right.right_type)),
        Line("权利性质", state.nature or NOTHING),
        Line("用途", state.use),
        Line("面积", _area(state)),
        Line("使用期限", state.term or NOTHING),
        Line("权利其他状况", _other_state(right, entry)),
    )


def _registration_fields(
    state: _Snapshot, right: _Right, ownership: _Right | None
) -> tuple[Line, ...]:
    obligors = _names(ownership.holders) if ownership else right.facts.get("obligors", NOTHING)
    return (
        Line("证明权利或事项", _proven(right)),
        Line("权利人（申请人）", _names(right.holders)),
        # An objection is made against the holder; it binds nobody to anything.
        Line("义务人", NOTHING if right.kind == "objection" else obligors),
        Line("坐落", state.location),
        Line("不动产单元号", _grouped(state.unit_no)),
        Line("其他", _other_text(right, ownership)),
    )


def _proven(right: _Right) -> str:
    """What a registration certificate proves, in the words of the certificate."""
    if right.kind == "advance_notice" and right.facts.get("notice_kind"):
        return _label(AdvanceNoticeKind, right.facts["notice_kind"])
    return RightKind(right.kind).label


def _other_state(right: _Right, entry: EntryView) -> str:
    lines = [f"登记类型：{_label(RegistrationType, entry.registration_type)}"]
    if right.facts.get("reason"):
        lines.append(f"登记原因：{right.facts['reason']}")
    lines += [f"{holder.name}：{_document(holder)}" for holder in right.holders[:MAX_NAMES]]
    return "\n".join(lines)


def _other_text(right: _Right, ownership: _Right | None) -> str:
    facts = right.facts
    lines = [f"不动产权证书号：{ownership.certificate_no}"] if ownership else []
    lines += [f"{title}：{facts[code]}" for code, title in _WORDS.items() if facts.get(code)]
    if right.kind == "mortgage":
        lines += _mortgage_lines(facts)
    return "\n".join(lines) or NOTHING


def _mortgage_lines(facts: Mapping[str, str]) -> list[str]:
    lines = []
    if facts.get("mortgage_kind"):
        lines.append(f"抵押方式：{_label(MortgageKind, facts['mortgage_kind'])}")
    if facts.get("amount_fen", "").isdecimal():
        word = "最高债权额" if facts.get("mortgage_kind") == "2" else "被担保主债权数额"
        lines.append(f"{word}：{_yuan(int(facts['amount_fen']))}元")
    if facts.get("debt_from") and facts.get("debt_to"):
        lines.append(f"债务履行期限：{_day(facts['debt_from'])}起{_day(facts['debt_to'])}止")
    return lines


def _notes(entry: EntryView, state: _Snapshot, right: _Right) -> tuple[str, ...]:
    lines = [
        f"业务编号：{entry.case_no}",
        f"登簿日志：第{entry.log_no}号",
        f"登簿人：{entry.recorder_name}",
    ]
    if right.facts.get("former_certificate_no"):
        lines.append(f"原不动产权证书号：{right.facts['former_certificate_no']}")
    mortgages = [found for found in state.rights if found.kind == "mortgage"]
    if right.kind == "ownership" and mortgages:
        lines.append(f"登簿时该不动产上有抵押权{len(mortgages)}项：")
        lines += [f"　{found.certificate_no}" for found in mortgages]
    if len(right.holders) > MAX_NAMES:
        lines.append("权利人：")
        lines += [
            f"　{place}. {holder.name}，{_document(holder)}"
            + (f"，份额{holder.share}" if holder.share else "")
            for place, holder in enumerate(right.holders, 1)
        ]
    return (*lines, PRECEDENCE)


def _names(holders: Sequence[_Holder]) -> str:
    names = "、".join(holder.name for holder in holders[:MAX_NAMES])
    if len(holders) > MAX_NAMES:
        return f"{names}等{len(holders)}人（详见附记）"
    return names


def _sharing(right: _Right) -> str:
    label = _label(OwnershipForm, right.sharing)
    if right.sharing != OwnershipForm.BY_SHARES or len(right.holders) > MAX_NAMES:
        return label
    shares = "，".join(f"{holder.name} {holder.share}" for holder in right.holders)
    return f"{label}：{shares}"


def _document(holder: _Holder) -> str:
    kind = _label(DocumentKind, holder.document_type)
    return f"{kind} {mask_identity(holder.document_no)}" if holder.document_no else kind


def _grouped(unit_no: str) -> str:
    return " ".join((unit_no[:6], unit_no[6:12], unit_no[12:19], unit_no[19:]))


def _area(state: _Snapshot) -> str:
    is_house = UnitNo(state.unit_no).fixture_kind is FixtureKind.HOUSE
    return f"{'房屋建筑面积' if is_house else '宗地面积'}：{state.area}平方米"


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.year}年{day.month}月{day.day}日"


def _label(dictionary: type[Coded], code: str) -> str:
    return dictionary(code).label if dictionary.has(code) else code
