"""What stands on the pages of sample materials; names and numbers are invented on the way."""

from dataclasses import dataclass
from random import Random
from typing import Final

from appliance.sample.names import invented_identity, invented_name

PAGES: Final = {
    "application-form": "不动产登记申请书",
    "identity": "申请人身份证明",
    "title-certificate": "不动产权属证书",
    "contract": "存量房买卖合同",
    "tax-proof": "契税完税凭证",
    "loan-contract": "主债权合同",
    "mortgage-contract": "抵押合同",
    "extinction-proof": "抵押权消灭证明",
    "change-proof": "信息变更证明",
}
"""Codes of the catalogue's materials with the heading of their first page."""

_CLAUSES: Final = (
    "甲方保证对上述不动产享有完整的处分权，不存在未告知乙方的查封、抵押或者其他权利限制。",
    "乙方应当按照本合同约定的期限和方式支付价款；逾期支付的，按日支付逾期价款万分之五的违约金。",
    "双方应当自本合同签订之日起三十日内，共同向不动产登记机构申请办理转移登记。",
    "因办理登记所发生的税费，由双方按照国家规定各自承担；没有规定的，由双方协商承担。",
    "不动产交付使用前的水、电、燃气、物业等费用由甲方结清，交付后的费用由乙方承担。",
    "本合同未尽事宜，由双方另行签订补充协议；补充协议与本合同具有同等效力。",
    "因履行本合同发生的争议，由双方协商解决；协商不成的，向不动产所在地人民法院提起诉讼。",
    "本合同一式三份，甲乙双方各执一份，不动产登记机构留存一份，自双方签字之日起生效。",
)
_CLAUSES_A_PAGE: Final = 12
_FORMS: Final = {
    "application-form": (
        "申请登记事由：国有建设用地使用权/房屋所有权",
        "登记类型：按所附材料办理",
        "是否分别持证：否　　是否申请电子证照：是",
        "本申请人对填写的上述内容及提交的申请材料的真实性负责。",
        "如有不实，申请人愿承担法律责任。",
    ),
    "identity": ("性别：/　民族：样", "住址：济源市样泉街道云溪路1号", "签发机关：样例公安局"),
    "title-certificate": (
        "权利类型：国有建设用地使用权/房屋所有权",
        "权利性质：出让/市场化商品房",
        "用途：城镇住宅用地/住宅",
        "使用期限：国有建设用地使用权 2010年1月1日起2080年1月1日止",
        "附记：样例证书，不具有法律效力。",
    ),
    "tax-proof": (
        "税务机关：样例税务局",
        "税种：契税　　品目名称：存量房（商品住房买卖）",
        "税款所属时期：2026年1月1日至2026年1月31日",
        "金额合计（大写）：壹万贰仟叁佰肆拾伍元整",
        "妥善保管，手写无效。",
    ),
    "extinction-proof": ("兹证明上述抵押权所担保的债权已经全部清偿，抵押权消灭，同意注销登记。",),
    "change-proof": ("兹证明上述人员姓名已经变更，变更前后为同一人。",),
}


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody as a material names them."""

    name: str
    document_no: str


def invented_pair(random: Random) -> tuple[Named, Named]:
    """Two people for materials that belong to no case."""
    first, second = (Named(invented_name(random), invented_identity(random)) for _ in range(2))
    return first, second


def lines_of(code: str, number: int, pair: tuple[Named, Named], random: Random) -> list[str]:
    """The lines of a material's page ``number``; long ones are for the page to wrap."""
    person, other = pair
    head = [
        f"编号：样{int(random.random() * 10**10):010d}",
        f"申请人：{person.name}　　证件号码：{person.document_no}",
        f"相对方：{other.name}　　证件号码：{other.document_no}",
        "",
    ]
    form = _FORMS.get(code)
    if form is not None:
        return [*head, *form]
    first = (number - 1) * _CLAUSES_A_PAGE + 1
    return [
        *(head if number == 1 else []),
        *(f"第{first + place}条　{random.choice(_CLAUSES)}" for place in range(_CLAUSES_A_PAGE)),
        "甲方（签字）：____________　　乙方（签字）：____________",
    ]
