"""Every rule of the register: its code, whether it blocks, its wording and the law it rests on.

Data: a correction is an edit of this file, and ``python -m extranet_zone register-rules`` prints it
as the page people sign. Every basis marked [K] comes from professional knowledge and is to be
confirmed against the official text before a legal deployment. ``{…}`` in a wording is filled by the
rule; no wording names a person.
"""

from dataclasses import dataclass
from typing import Final

_CODE: Final = "《民法典》"
_REGULATION: Final = "《不动产登记暂行条例》"
_DETAILS: Final = "《不动产登记暂行条例实施细则》"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: ``blocks`` forbids acceptance and recording, otherwise the clerk is told."""

    code: str
    blocks: bool
    wording: str
    basis: str


def _blocks(code: str, wording: str, basis: str) -> Rule:
    return Rule(code, blocks=True, wording=wording, basis=f"{basis} [K]")


def _warns(code: str, wording: str, basis: str) -> Rule:
    return Rule(code, blocks=False, wording=wording, basis=f"{basis} [K]")


_TABLE: Final = (
    # The unit and its ownership.
    _blocks("unit_unknown", "登记簿上没有该不动产单元", f"{_REGULATION}第八条"),
    _blocks("unit_facts_missing", "首次记载须填写坐落、用途和面积", f"{_REGULATION}第八条"),
    _blocks("unit_facts_invalid", "不动产面积或所填信息格式不正确", f"{_REGULATION}第八条"),
    _blocks("unit_facts_unchanged", "所填不动产信息与登记簿记载相同", f"{_DETAILS}第二十六条"),
    _blocks("right_type_unknown", "权利类型代码不在字典中", f"{_REGULATION}第五条"),
    _blocks("ownership_missing", "登记簿上没有该单元的现势权利", f"{_DETAILS}第二十四条"),
    _blocks("ownership_present", "该单元已有现势权利，不能再作首次登记", f"{_DETAILS}第二十四条"),
    _blocks("party_missing", "申请中没有{part}", f"{_REGULATION}第十四条"),
    # Splitting and merging.
    _blocks(
        "unit_closed",
        "该不动产单元已因分割或合并转为历史，请在新单元上办理",
        f"{_DETAILS}第二十六条",
    ),
    _blocks(
        "division_shape",
        "分割须填写两个以上新单元；合并须填写两个以上原单元和一个新单元",
        f"{_DETAILS}第二十六条第四项",
    ),
    _blocks("division_unit_unknown", "被合并的单元不在登记簿上", f"{_REGULATION}第八条"),
    _blocks(
        "division_unit_repeated",
        "填写的不动产单元号有重复",
        f"{_REGULATION}第八条",
    ),
    _blocks(
        "division_number_invalid",
        "填写的不动产单元号不符合编码规则",
        "《不动产单元设定与代码编制规则》（GB/T 37346）",
    ),
    _blocks(
        "division_number_taken",
        "新单元的不动产单元号已在登记簿上使用过，不得重复使用",
        f"{_REGULATION}第八条、《不动产单元设定与代码编制规则》（GB/T 37346）",
    ),
    _blocks(
        "division_elsewhere",
        "新旧单元须在同一地籍子区，房屋须在同一宗地",
        "《不动产单元设定与代码编制规则》（GB/T 37346）",
    ),
    _blocks(
        "division_holders_differ",
        "合并的各单元的权利人、共有情况、权利类型、权利性质和使用期限须相同",
        f"{_DETAILS}第二十六条第四项",
    ),
    _blocks(
        "division_mortgagee_consent",
        "该不动产已抵押，分割、合并须抵押权人书面同意",
        f"{_CODE}第四百零八条、{_DETAILS}第二十六条",
    ),
    _blocks(
        "division_others_consent",
        "有地役权、居住权、预告登记或异议登记，分割、合并须其权利人书面同意",
        f"{_CODE}第二百二十一条、第三百六十六条、第三百八十二条",
    ),
    _warns(
        "division_carries",
        "原单元上的{count}项其他权利将记载于每一新单元，顺位不变",
        "《最高人民法院关于适用〈民法典〉有关担保制度的解释》第三十八条",
    ),
    _warns(
        "division_area_differs",
        "新单元面积之和与原单元面积之和不相等，请核对权籍调查成果",
        f"{_REGULATION}第八条",
    ),
    # Restraint by courts.
    _blocks(
        "unit_seized",
        "该单元有{count}项查封，解封前不得处分",
        f"{_CODE}第三百九十九条、{_DETAILS}第九十条",
    ),
    _warns("seizure_on_record", "该单元有{count}项查封，请注意", f"{_DETAILS}第九十条"),
    _blocks("court_missing", "查封、续封、解封须由一个人民法院提出", f"{_DETAILS}第九十一条"),
    _blocks("document_missing", "须填写协助执行通知书文号", f"{_DETAILS}第九十一条"),
    _blocks(
        "seizure_term",
        "查封（续封）期限须为1至36个月",
        "《最高人民法院关于适用〈民事诉讼法〉的解释》第四百八十五条",
    ),
    _blocks("served_at_invalid", "送达时间格式不正确或晚于今日", f"{_DETAILS}第九十二条"),
    _blocks("seizure_repeated", "同一法院同一文号的查封已在登记簿上", f"{_DETAILS}第九十一条"),
    _blocks("seizure_queue_full", "轮候已达100项，须人工处理", f"{_DETAILS}第九十二条"),
    _blocks("seizure_missing", "登记簿上没有该法院该文号的有效查封", f"{_DETAILS}第九十三条"),
    _blocks("seizure_ambiguous", "该法院有多项查封，请填写原查封文号", f"{_DETAILS}第九十三条"),
    _blocks(
        "seizure_not_in_effect",
        "轮候查封尚未生效，没有可续的期限",
        f"{_DETAILS}第九十二条",
    ),
    _blocks(
        "debtor_not_holder",
        "被执行人不是登记簿记载的权利人，须人工核实",
        f"{_DETAILS}第九十条",
    ),
    _warns("seizure_queues", "已有查封，本次按送达先后列入轮候", f"{_DETAILS}第九十二条"),
    _warns(
        "seizure_rank_changes",
        "本次送达早于已登记的查封，登簿后按送达先后重新排列",
        f"{_DETAILS}第九十二条",
    ),
    # Objection and advance notice.
    _blocks(
        "objection_risk_not_accepted",
        "该单元有{count}项异议登记，须申请人书面承诺知悉并自担风险后方可继续",
        f"{_CODE}第二百二十条、{_DETAILS}第八十四条",
    ),
    _warns(
        "objection_on_record",
        "该单元有{count}项异议登记，申请人已承诺知悉并自担风险",
        f"{_CODE}第二百二十条、{_DETAILS}第八十四条",
    ),
    _blocks("objector_is_holder", "登记簿记载的权利人不能申请异议登记", f"{_DETAILS}第八十二条"),
    _blocks("objection_repeated", "该申请人的异议登记仍然有效", f"{_DETAILS}第八十三条"),
    _blocks("objection_missing", "登记簿上没有该申请人的有效异议登记", f"{_DETAILS}第八十四条"),
    _blocks(
        "advance_notice",
        "该单元有预告登记，未经预告登记权利人同意不得处分",
        f"{_CODE}第二百二十一条、{_DETAILS}第八十五条",
    ),
    _blocks("notice_kind", "预告登记种类代码不在字典中", f"{_DETAILS}第八十五条"),
    _blocks("notice_repeated", "该单元已有同类预告登记", f"{_DETAILS}第八十五条"),
    _blocks("notice_missing", "登记簿上没有该权利人的有效预告登记", f"{_DETAILS}第八十九条"),
    _blocks("notice_ambiguous", "有多项预告登记符合，请填写登记证明号", f"{_DETAILS}第八十九条"),
    _blocks("registrable_on_invalid", "能够办理登记之日格式不正确", f"{_CODE}第二百二十一条"),
    # Who must act.
    _blocks(
        "transferor_not_holder",
        "转让方与登记簿记载的全体权利人不一致（姓名、证件号须相同，共有人须共同申请）",
        f"{_REGULATION}第十四条、{_CODE}第三百零一条",
    ),
    _blocks(
        "mortgagor_not_holder",
        "抵押人与登记簿记载的全体权利人不一致（姓名、证件号须相同，共有人须共同申请）",
        f"{_CODE}第三百零一条、第三百九十五条",
    ),
    _blocks(
        "holder_not_holder",
        "申请人与登记簿记载的全体权利人不一致（姓名、证件号须相同，共有人须共同申请）",
        f"{_REGULATION}第十四条、{_CODE}第三百零一条",
    ),
    _blocks(
        "obligor_not_holder",
        "义务人与登记簿记载的全体权利人不一致（姓名、证件号须相同，共有人须共同申请）",
        f"{_REGULATION}第十四条、{_CODE}第三百零一条",
    ),
    _blocks(
        "holder_not_registered",
        "变更前的姓名（名称）或证件号与登记簿记载不一致",
        f"{_DETAILS}第二十六条",
    ),
    # Shares.
    _blocks("shares_incomplete", "按份共有须填写每一共有人的份额", f"{_CODE}第二百九十八条"),
    _blocks("shares_sum", "各共有人的份额之和不等于1", f"{_CODE}第二百九十八条"),
    _blocks(
        "shares_transferred",
        "受让份额之和与转让方登记的份额不相等",
        f"{_CODE}第二百九十八条、第三百零五条",
    ),
    _blocks("not_by_shares", "登记簿记载的不是按份共有，不能转让份额", f"{_CODE}第三百零一条"),
    _blocks("sole_with_several", "共有方式为单独所有，但权利人不止一人", f"{_CODE}第二百九十七条"),
    # Mortgages.
    _blocks("mortgage_missing", "登记簿上没有该项抵押权", f"{_DETAILS}第七十条"),
    _blocks(
        "mortgagee_mismatch",
        "申请的抵押权人或证明号与登记簿记载的抵押权不一致",
        f"{_DETAILS}第七十条",
    ),
    _blocks(
        "mortgage_ambiguous",
        "有多项抵押权符合，请填写不动产登记证明号",
        f"{_DETAILS}第七十条",
    ),
    _blocks("mortgage_kind", "抵押方式代码不在字典中", f"{_DETAILS}第六十六条"),
    _blocks(
        "transfer_excluded",
        "抵押权登记载明禁止或限制转让，须抵押权人同意",
        f"{_CODE}第四百零六条",
    ),
    _warns(
        "transfer_with_mortgage",
        "该单元已抵押，转让应通知抵押权人，抵押权不受影响",
        f"{_CODE}第四百零六条",
    ),
    _blocks(
        "mortgagee_consent",
        "该单元已抵押，须抵押权人同意或先注销抵押权",
        f"{_CODE}第四百零八条、{_DETAILS}第二十八条",
    ),
    _blocks(
        "other_mortgagee_consent",
        "变更对其他抵押权人有不利影响，须其书面同意",
        f"{_CODE}第四百零九条",
    ),
    # Easement and residence.
    _blocks("easement_missing", "登记簿上没有该项地役权", f"{_DETAILS}第六十二条"),
    _blocks("easement_ambiguous", "有多项地役权符合，请填写登记证明号", f"{_DETAILS}第六十二条"),
    _blocks("residence_missing", "登记簿上没有该项居住权", f"{_CODE}第三百七十条"),
    _blocks("residence_ambiguous", "有多项居住权符合，请填写登记证明号", f"{_CODE}第三百七十条"),
    _blocks("residence_not_dwelling", "居住权只能在住宅上设立", f"{_CODE}第三百六十六条"),
    _warns("residence_on_record", "该单元设有居住权，应告知申请人", f"{_CODE}第三百六十六条"),
    # Replacement, order of cases, effects.
    _blocks("certificate_unknown", "登记簿上没有该证号的现势权利", f"{_DETAILS}第二十二条"),
    _warns(
        "other_case_pending",
        "该单元另有未办结的业务，应按受理顺序登簿",
        f"{_DETAILS}第四条",
    ),
    _blocks(
        "earlier_case_pending",
        "该单元有受理在先的业务尚未办结，应按受理顺序登簿",
        f"{_DETAILS}第四条",
    ),
    _blocks("effect_unsupported", "登记簿尚不能办理{effect}", f"{_REGULATION}第三条"),
)
RULES: Final = {rule.code: rule for rule in _TABLE}
"""The rules by code."""
