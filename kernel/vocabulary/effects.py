"""What recording does to the register, and the parts people take in a case: one list for all zones.

The portal names them on forms, the platform records them, the intranet mirrors them, so that all
three need the same words. Which of the effects a register can record is its own affair.
"""

from typing import Final

from kernel.vocabulary.coded import Coded


class Effect(Coded):
    """What recording a case does to the register."""

    FIRST_REGISTRATION = "first_registration", "首次登记"
    TRANSFER = "transfer", "转移登记"
    HOLDER_CHANGE = "holder_change", "权利人信息变更登记"
    UNIT_CHANGE = "unit_change", "不动产信息变更登记"
    UNIT_DIVISION = "unit_division", "不动产单元分割、合并登记"
    RIGHT_CANCELLATION = "right_cancellation", "权利注销登记"
    CORRECTION = "correction", "更正登记"
    REPLACEMENT = "replacement", "补发、换发证书"
    MORTGAGE = "mortgage", "抵押权登记"
    MORTGAGE_CHANGE = "mortgage_change", "抵押权变更登记"
    MORTGAGE_TRANSFER = "mortgage_transfer", "抵押权转移登记"
    MORTGAGE_CANCELLATION = "mortgage_cancellation", "抵押权注销登记"
    EASEMENT = "easement", "地役权登记"
    EASEMENT_CHANGE = "easement_change", "地役权变更登记"
    EASEMENT_CANCELLATION = "easement_cancellation", "地役权注销登记"
    RESIDENCE = "residence", "居住权登记"
    RESIDENCE_CANCELLATION = "residence_cancellation", "居住权注销登记"
    ADVANCE_NOTICE = "advance_notice", "预告登记"
    ADVANCE_NOTICE_CHANGE = "advance_notice_change", "预告登记变更"
    ADVANCE_NOTICE_TRANSFER = "advance_notice_transfer", "预告登记转移"
    ADVANCE_NOTICE_CANCELLATION = "advance_notice_cancellation", "预告登记注销"
    OBJECTION = "objection", "异议登记"
    OBJECTION_CANCELLATION = "objection_cancellation", "异议登记注销"
    SEIZURE = "seizure", "查封登记"
    SEIZURE_RENEWAL = "seizure_renewal", "续行查封登记"
    SEIZURE_RELEASE = "seizure_release", "解除查封登记"


OPENS_UNIT: Final = frozenset({Effect.FIRST_REGISTRATION, Effect.ADVANCE_NOTICE})
"""What may be recorded on a unit that is not on the register yet, and puts it there."""


class CaseRole(Coded):
    """The part somebody takes in a case."""

    TRANSFEROR = "transferor", "转让方"
    TRANSFEREE = "transferee", "受让方"
    MORTGAGOR = "mortgagor", "抵押人"
    MORTGAGEE = "mortgagee", "抵押权人"
    NEW_MORTGAGEE = "new_mortgagee", "受让的抵押权人"
    HOLDER = "holder", "权利人"
    HEIR = "heir", "继承人（受遗赠人）"
    BENEFICIARY = "beneficiary", "预告登记、居住权或地役权的权利人"
    OBLIGOR = "obligor", "预告登记、居住权或地役权的义务人"
    OBJECTOR = "objector", "异议申请人"
    COURT = "court", "人民法院"


EFFECT_PATTERN: Final = f"^({'|'.join(effect.value for effect in Effect)})$"
"""What a message may call an effect."""
ROLE_PATTERN: Final = f"^({'|'.join(role.value for role in CaseRole)})$"
"""What messages, forms and catalogues may call a part."""
