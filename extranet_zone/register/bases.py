"""The law each rule of the register rests on: data, a correction is an edit of this file.

Every entry is marked [K]: it comes from professional knowledge and is to be confirmed against the
official text before a legal deployment.
"""

from typing import Final

BASES: Final = {
    "effect_unsupported": "《不动产登记暂行条例》第三条 [K]",
    "unit_unknown": "《不动产登记暂行条例》第八条 [K]",
    "ownership_missing": "《不动产登记暂行条例实施细则》第二十四条 [K]",
    "unit_seized": "《民法典》第三百九十九条、《不动产登记暂行条例实施细则》第九十条 [K]",
    "seizure_on_record": "《不动产登记暂行条例实施细则》第九十条 [K]",
    "objection_on_record": "《民法典》第二百二十条、《不动产登记暂行条例实施细则》第八十四条 [K]",
    "advance_notice": "《民法典》第二百二十一条、《不动产登记暂行条例实施细则》第八十五条 [K]",
    "transferor_not_holder": "《不动产登记暂行条例》第十四条、《民法典》第三百零一条 [K]",
    "mortgagor_not_holder": "《民法典》第三百零一条、第三百九十五条 [K]",
    "mortgage_missing": "《不动产登记暂行条例实施细则》第七十条 [K]",
    "mortgagee_mismatch": "《不动产登记暂行条例实施细则》第七十条 [K]",
    "mortgage_ambiguous": "《不动产登记暂行条例实施细则》第七十条 [K]",
    "transfer_excluded": "《民法典》第四百零六条 [K]",
    "transfer_with_mortgage": "《民法典》第四百零六条 [K]",
    "shares_incomplete": "《民法典》第二百九十八条 [K]",
    "shares_sum": "《民法典》第二百九十八条 [K]",
    "sole_with_several": "《民法典》第二百九十七条 [K]",
    "holder_not_registered": "《不动产登记暂行条例实施细则》第二十六条 [K]",
    "other_case_pending": "《不动产登记暂行条例实施细则》第四条 [K]",
}
"""Legal basis by the code of the obstacle."""
