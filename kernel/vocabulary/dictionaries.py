"""Dictionaries of the registration database standard (TD/T 1066), to be confirmed.

Codes and labels come from professional knowledge of 不动产登记数据库标准; they are to be confirmed
against the official text before a legal deployment. Each class names the field of the standard
that it fills. A correction is an edit of one line here and a migration of stored codes.
"""

from kernel.vocabulary.coded import Coded


class RegistrationType(Coded):
    """DJLX 登记类型: what kind of entry is asked for."""

    FIRST = "100", "首次登记"
    TRANSFER = "200", "转移登记"
    CHANGE = "300", "变更登记"
    CANCELLATION = "400", "注销登记"
    CORRECTION = "500", "更正登记"
    OBJECTION = "600", "异议登记"
    ADVANCE_NOTICE = "700", "预告登记"
    SEIZURE = "800", "查封登记"
    OTHER = "900", "其他登记"


class RightType(Coded):
    """QLLX 权利类型; mortgage, residence, notices and seizures have tables of their own."""

    COLLECTIVE_LAND_OWNERSHIP = "1", "集体土地所有权"
    STATE_LAND_OWNERSHIP = "2", "国家土地所有权"
    STATE_CONSTRUCTION_LAND = "3", "国有建设用地使用权"
    STATE_CONSTRUCTION_LAND_HOUSE = "4", "国有建设用地使用权/房屋所有权"
    HOMESTEAD = "5", "宅基地使用权"
    HOMESTEAD_HOUSE = "6", "宅基地使用权/房屋所有权"
    COLLECTIVE_CONSTRUCTION_LAND = "7", "集体建设用地使用权"
    COLLECTIVE_CONSTRUCTION_LAND_HOUSE = "8", "集体建设用地使用权/房屋所有权"
    CONTRACTED_LAND = "9", "土地承包经营权"
    CONTRACTED_LAND_FOREST = "10", "土地承包经营权/林木所有权"
    FOREST_LAND = "11", "林地使用权"
    FOREST_LAND_TREES = "12", "林地使用权/林木使用权"
    GRASSLAND = "13", "草原使用权"
    AQUACULTURE = "14", "水域滩涂养殖权"
    SEA_AREA = "15", "海域使用权"
    SEA_AREA_STRUCTURE = "16", "海域使用权/构筑物所有权"
    UNINHABITED_ISLAND = "17", "无居民海岛使用权"
    UNINHABITED_ISLAND_STRUCTURE = "18", "无居民海岛使用权/构筑物所有权"
    EASEMENT = "19", "地役权"
    WATER_INTAKE = "20", "取水权"
    PROSPECTING = "21", "探矿权"
    MINING = "22", "采矿权"
    OTHER = "23", "其他权利"


class HolderKind(Coded):
    """QLRLX 权利人类型."""

    PERSON = "1", "个人"
    COMPANY = "2", "企业"
    PUBLIC_INSTITUTION = "3", "事业单位"
    STATE_ORGAN = "4", "国家机关"
    OTHER = "99", "其他"


class DocumentKind(Coded):
    """ZJZL 证件种类: by what a person proves who they are."""

    IDENTITY_CARD = "1", "身份证"
    HONG_KONG_MACAO_TAIWAN = "2", "港澳台身份证"
    PASSPORT = "3", "护照"
    HOUSEHOLD_REGISTER = "4", "户口簿"
    MILITARY_CARD = "5", "军官证（士兵证）"
    ORGANISATION_CODE = "6", "组织机构代码"
    BUSINESS_LICENCE = "7", "营业执照（统一社会信用代码）"
    OTHER = "99", "其他"

    @property
    def holder(self) -> HolderKind:
        """Whom it commonly proves: papers of a person a person, all others a company."""
        return HolderKind.PERSON if self in _OF_PERSONS else HolderKind.COMPANY


_OF_PERSONS = frozenset(
    {
        DocumentKind.IDENTITY_CARD,
        DocumentKind.HONG_KONG_MACAO_TAIWAN,
        DocumentKind.PASSPORT,
        DocumentKind.HOUSEHOLD_REGISTER,
        DocumentKind.MILITARY_CARD,
    }
)


class OwnershipForm(Coded):
    """GYFS 共有方式; under ``BY_SHARES`` the shares sum to one."""

    SOLE = "0", "单独所有"
    JOINT = "1", "共同共有"
    BY_SHARES = "2", "按份共有"
    OTHER = "3", "其他共有"


class MortgageKind(Coded):
    """DYFS 抵押方式."""

    ORDINARY = "1", "一般抵押"
    MAXIMUM_AMOUNT = "2", "最高额抵押"


class AdvanceNoticeKind(Coded):
    """YGDJZL 预告登记种类."""

    PRESALE_PURCHASE = "1", "预售商品房买卖预告登记"
    OTHER_PURCHASE = "2", "其他不动产买卖预告登记"
    PRESALE_MORTGAGE = "3", "预售商品房抵押权预告登记"
    OTHER_MORTGAGE = "4", "其他不动产抵押权预告登记"

    @property
    def is_mortgage(self) -> bool:
        """Whether the notice secures a mortgage, not a purchase."""
        return self in {AdvanceNoticeKind.PRESALE_MORTGAGE, AdvanceNoticeKind.OTHER_MORTGAGE}


class SeizureKind(Coded):
    """CFLX 查封类型."""

    SEIZURE = "1", "查封"
    QUEUED = "2", "轮候查封"
    PRELIMINARY = "3", "预查封"
    QUEUED_PRELIMINARY = "4", "轮候预查封"

    @property
    def is_queued(self) -> bool:
        """Whether it waits for an earlier one to be released."""
        return self in {SeizureKind.QUEUED, SeizureKind.QUEUED_PRELIMINARY}

    @property
    def in_effect(self) -> "SeizureKind":
        """What it becomes when its turn comes; a seizure in effect stays what it is."""
        if self is SeizureKind.QUEUED:
            return SeizureKind.SEIZURE
        if self is SeizureKind.QUEUED_PRELIMINARY:
            return SeizureKind.PRELIMINARY
        return self

    @property
    def queued(self) -> "SeizureKind":
        """What it is while an earlier one is in effect; a queued one stays what it is."""
        if self is SeizureKind.SEIZURE:
            return SeizureKind.QUEUED
        if self is SeizureKind.PRELIMINARY:
            return SeizureKind.QUEUED_PRELIMINARY
        return self
