"""What may stand on a unit, and whether it stands: the words of the register's tables."""

from kernel.vocabulary.coded import Coded


class RightKind(Coded):
    """What sort of right or notice stands on a unit."""

    OWNERSHIP = "ownership", "所有权、使用权"
    MORTGAGE = "mortgage", "抵押权"
    EASEMENT = "easement", "地役权"
    RESIDENCE = "residence", "居住权"
    ADVANCE_NOTICE = "advance_notice", "预告登记"
    OBJECTION = "objection", "异议登记"


class RightStatus(Coded):
    """Whether a right, notice or seizure is in force as far as the entries say.

    What lapses by law ends with its day (:mod:`extranet_zone.register.lapse`); its row says so with
    the next entry on the unit.
    """

    CURRENT = "current", "现势"
    ENDED = "ended", "历史"
