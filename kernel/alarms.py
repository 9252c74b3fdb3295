"""Every alarm people may see, with what to do about it: one catalogue for all programs.

The exchange and the carriers say *that* something holds (a code, words and since when); what it
means and what to do stands here once, so that console, ``gate health``, metrics and the manual
(docs/manual/gate.md, a heading for each code) never disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kernel.facts import CarrierFacts

SILENT_MICROS: Final = 5 * 60 * 1_000_000
"""A carrier that has not finished a pass for this long is silent, however long its scans are."""
SILENT_PASSES: Final = 10
"""Or after this many missed passes, where passes are further apart."""
_STATION: Final = "ferry-"
"""What the names of the ferry's programs begin with."""


class Weight(StrEnum):
    """How soon somebody must come."""

    URGENT = "urgent"
    """Nothing crosses, or something wrong was tried: now."""
    WARNING = "warning"
    """It still works, or mends itself: today."""
    NOTICE = "notice"
    """Somebody decided so; it is said lest it be forgotten."""

    @property
    def label(self) -> str:
        """For people."""
        return _WEIGHT_LABELS[self]

    @property
    def rank(self) -> int:
        """0 is shown first."""
        return list(Weight).index(self)


_WEIGHT_LABELS: Final = {
    Weight.URGENT: "立即处理",
    Weight.WARNING: "当日处理",
    Weight.NOTICE: "提示",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code means: a short name, how much it weighs, why it comes and what to do."""

    label: str
    weight: Weight
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that holds now; ``since`` is microseconds UTC, None when nobody knows.

    ``words`` name the stream, zone or folder; they hold nothing personal.
    """

    code: str
    words: str
    since: int | None = None
    remedy: str = ""
    """Left empty, the catalogue's remedy holds."""

    @property
    def kind(self) -> Kind:
        """The catalogue's entry; a code it does not know weighs as a warning."""
        return KINDS.get(self.code, _UNKNOWN)

    @property
    def advice(self) -> str:
        """What to do."""
        return self.remedy or self.kind.remedy


_UNKNOWN: Final = Kind(
    "其他告警",
    Weight.WARNING,
    "程序报告了一种没有说明的情况。",
    "查看该程序的日志；日志中有同名事件和原因",
)

KINDS: Final = {
    # What a zone's exchange sees of a stream.
    "peer_silent": Kind(
        "对端静默",
        Weight.URGENT,
        "按约定应有对端的信标，但已有数个心跳周期没有收到：对端停机、光闸或摆渡中断，或对端时钟有误。",
        "对端无法被询问：先查本侧 gate receive 与光闸设备，再电话联系对端值守人员",
    ),
    "stream_gap": Kind(
        "交换包缺失",
        Weight.WARNING,
        "对端信标说已封装到某一序号，其中有的没有到：光闸丢失、过滤或尚在途中。后面的包等前面的到齐才处理。",
        "缺失清单随下一次摆渡送达对端并自动补发；急用时在发送侧执行 gate resend",
    ),
    "stream_halted": Kind(
        "交换流已停止",
        Weight.URGENT,
        "同一交换流同一序号先后出现两个签名有效而内容不同的包：对端从备份恢复，或签名密钥外泄。",
        "同一序号出现两个不同的包：两侧核对摘要，查明后由两人在控制台恢复",
    ),
    "confirmation_late": Kind(
        "长时间未得确认",
        Weight.WARNING,
        "包已被承运方取走，对端的回执迟迟未回：摆渡未进行，或对端没有处理。",
        "确认靠摆渡带回：检查摆渡是否按时进行；再看对端是否有告警",
    ),
    "not_carried": Kind(
        "承运方未取走",
        Weight.URGENT,
        "已封装的包一直无人取走：承运程序停止，投递目录写不进去，或光闸被暂停后长时间没有恢复。",
        "检查 gate send 是否在运行、投递目录是否可写；检修已结束的，执行 gate resume",
    ),
    "resend_exhausted": Kind(
        "多次补发仍缺失",
        Weight.URGENT,
        "同一个包自动补发达到上限，对端仍说缺失：多半是光闸设备按内容、大小或文件名过滤。",
        "检查光闸设备的过滤规则和对端隔离区，改正后执行 gate resend，自动补发重新开始",
    ),
    "receipt_disagrees": Kind(
        "回执与本侧不符",
        Weight.URGENT,
        "对端回执中的摘要与本侧封装的不同：一侧曾从备份恢复，或有人伪造回执。相关的包不会被当作已确认。",
        "报告安全管理员；查明本侧是从备份恢复的，停后台作业，执行 python -m <网>_zone new-epoch",
    ),
    "stream_reconciling": Kind(
        "等待对端对账",
        Weight.NOTICE,
        "交换流换了新纪元（从备份恢复、重建或处置不符之后），在对端回话之前不再封装新的包。",
        "不必处理：对端的下一次信标经摆渡带回后自动继续；迟迟没有时检查摆渡",
    ),
    "clock_skew": Kind(
        "时钟不一致",
        Weight.WARNING,
        "收到的信标写着将来的时刻：对端或本侧的时钟有误。次序不靠时钟，交换照常，但时限和有效期会判错。",
        "核对两侧的时间服务，改正走偏的一侧",
    ),
    "restored_here": Kind(
        "本侧曾从备份恢复",
        Weight.WARNING,
        "本侧数据库比已处理的内容旧，已请对端重发丢失的部分。",
        "不必处理：对端收到请求后自动续发；迟迟没有时检查摆渡或光闸",
    ),
    "peer_restored": Kind(
        "对端曾从备份恢复",
        Weight.WARNING,
        "对端说它的数据库是从备份恢复的，请求重发；本侧已开启新纪元，等待对账。",
        "与对端核实恢复的原因；对账后自动续发",
    ),
    "quarantine_waiting": Kind(
        "隔离区有待处理文件",
        Weight.WARNING,
        "有文件未通过核验（签名、摘要、接收方、格式、内容检查）而被隔离。好的文件不受影响。",
        "在“隔离区”页查看原因，由两人决定放行或退回",
    ),
    # What a carrier sees of itself.
    "carrier_silent": Kind(
        "承运程序没有动静",
        Weight.URGENT,
        "承运程序在运行时每做完一遍都写状态；状态过旧或没有，说明它没有运行或卡住。",
        "查看 gate send 或 gate receive 的系统服务和日志",
    ),
    "folder_unavailable": Kind(
        "目录不可用",
        Weight.URGENT,
        "投递目录不存在、未挂载或没有权限。",
        "检查投递目录是否已挂载、权限是否正确；恢复后自动继续",
    ),
    "folder_not_emptied": Kind(
        "投递目录未被搬空",
        Weight.WARNING,
        "发送侧放入投递目录的文件长时间没有被光闸设备搬走。",
        "检查光闸设备的搬运任务；文件留着不会丢，设备恢复后继续",
    ),
    "link_silent": Kind(
        "链路没有动静",
        Weight.URGENT,
        "单向链路接收端长时间没有收到发送端的任何数据报：发送端停机、光纤或网卡断开、地址或密钥不一致。",
        "检查发送端 gate link send 是否在运行、光纤与网卡指示灯；两侧用 gate link key 核对密钥指纹",
    ),
    "link_down": Kind(
        "链路发不出去",
        Weight.URGENT,
        "发送端的网卡或路由不可用，文件都留在投递目录。",
        "检查网卡、静态地址解析和路由；恢复后自动从头发送未发完的文件",
    ),
    "link_files_lost": Kind(
        "链路上有文件未能复原",
        Weight.WARNING,
        "丢失超出设定的冗余，文件没有进入接收侧；缺哪些块见 gate link report。",
        "不必立即处理：缺失清单随下一次摆渡送达对端并自动补发；经常出现时调高 promise 或降低 pace",
    ),
    "link_refused": Kind(
        "链路上有不明数据报",
        Weight.URGENT,
        "收到封印不符的数据报：链路密钥不一致、线路误码，或有人向接收端口发送数据。",
        "核对两侧密钥指纹；指纹一致时查明谁接入了这条链路",
    ),
    "link_stale": Kind(
        "链路上有旧会话的数据报",
        Weight.URGENT,
        "封印正确，但会话编号比已听到的旧：有人录下后重放，或发送端的时钟与状态目录一起被还原。",
        "确认发送端是否还原过；没有还原过的，查明谁接入了这条链路",
    ),
    "link_overrun": Kind(
        "接收端来不及处理",
        Weight.WARNING,
        "数据报到达比接收端处理得快，内核丢弃了一部分；冗余可能已补上。",
        "降低发送端 pace，或调大 receive_buffer_bytes",
    ),
    "link_loss_high": Kind(
        "链路丢失率超过设定",
        Weight.WARNING,
        "近来丢失的数据报多于 promise.loss：光纤或光模块劣化、网卡故障，或发送过快。",
        "检查光模块与光纤；降低 pace，或调高 promise.loss",
    ),
    "drop_changed": Kind(
        "投递目录中的文件被改动",
        Weight.WARNING,
        "链路发送端正在发送的文件变短了：有别的程序在改动投递目录。这个文件停在原处，不再发送。",
        "查明谁在改动投递目录。缺失会在下一次回执之后自动补发；急用时在发送侧执行 gate resend",
    ),
    "disk_low": Kind(
        "磁盘空间偏低",
        Weight.WARNING,
        "剩余空间低于预警线。",
        "清理或扩容；到达停封线后只收发紧急流",
    ),
    "disk_full": Kind(
        "磁盘空间不足",
        Weight.URGENT,
        "剩余空间低于停收线：发送侧停止封装和投递、接收侧让文件留在原处，只有紧急流照常。",
        "立即清理或扩容：除紧急流外已停止；没有文件会因此丢失",
    ),
    "spool_damaged": Kind(
        "本侧交换目录中的文件损坏",
        Weight.URGENT,
        "发送前重新核验时，本侧交换目录里的文件与其签名不符：磁盘损坏或被人改动。",
        "检查磁盘；执行 gate verify 找出损坏的文件，再由交换重新封装补发",
    ),
    # What a ferry station sees of its media and of the timetable.
    "station_silent": Kind(
        "摆渡站没有动静",
        Weight.URGENT,
        "摆渡站的值守服务定时写状态；过旧说明它停了（写盘侧 ferry work，读盘侧 ferry watch）。",
        "查看该站的系统服务和日志；没有值守服务的站，检查摆渡是否按时进行",
    ),
    "trip_missed": Kind(
        "车次没有出发",
        Weight.URGENT,
        "时刻表上的一次摆渡到时没有出发，而当时已有待运内容备在写盘侧。",
        "立即补走一次：ferry plan 看内容，再申请、审批、写出、贴标、交接；介质已写好的只差交接",
    ),
    "deadline_at_risk": Kind(
        "办件时限等着摆渡",
        Weight.URGENT,
        "有办件的结果尚未送出，再不出发就会超过承诺时限，或已经来不及。",
        "立即加开一次摆渡；已来不及的，送出后由外网受理人员按规定告知申请人",
    ),
    "trip_not_arrived": Kind(
        "车次没有到达",
        Weight.URGENT,
        "按时刻表应当送到的摆渡，读盘侧至今没有收到介质：没有出发、途中耽搁或遗失。",
        "电话联系写盘侧值守人员和递送人；确已遗失的由写盘侧报失，内容由下一次摆渡带上",
    ),
    "trip_incomplete": Kind(
        "一次摆渡没有到齐",
        Weight.WARNING,
        "一次摆渡分装几张介质，只收到其中一部分。到了的已照常导入；下一次摆渡到达后本告警解除。",
        "向递送人查明缺的那张；找到后放入即可，遗失的由写盘侧报失",
    ),
    "medium_overdue": Kind(
        "介质逾期未确认",
        Weight.URGENT,
        "介质写出后超过配置的时限，对端的回执仍未回来：还没有送出、途中遗失，或对端没有导入。",
        "向递送人和对端查明；确已遗失的执行 ferry lost，内容会由下一次摆渡带上",
    ),
    "medium_unfinished": Kind(
        "介质没有读完",
        Weight.WARNING,
        "介质已收到并开始读取，但中途取出、断电或损坏过重，没有导入完。",
        "把这张介质再放入一次；仍不行的，等下一次摆渡，缺的内容会自动带上",
    ),
    "medium_refused": Kind(
        "介质被整盘拒收",
        Weight.URGENT,
        "放入的介质不是本系统写出的、签名不符、送错了网，或编号重复；没有读入任何内容，一天内保持告警。",
        "留下介质不要退回，在“摆渡”页看原因；签名和编号不符的报告安全管理员，拿错盘的换正确的盘",
    ),
    "medium_coaster": Kind(
        "有作废介质未销毁",
        Weight.WARNING,
        "写出失败或回读不符的介质已作废，永不再用；上面可能有已加密的内容。",
        "由介质管理员销毁并执行 ferry destroy 登记；同一台光驱连续出现的，换一批介质或检修光驱",
    ),
    "stock_low": Kind(
        "空白介质不足",
        Weight.WARNING,
        "台账中在库空白的介质快用完了，用完以后不能申请摆渡。",
        "领取介质并执行 ferry stock 登记编号",
    ),
    "inventory_due": Kind(
        "介质盘点到期",
        Weight.WARNING,
        "本处保管的介质超过一个季度没有盘点。",
        "由介质管理员执行 ferry inventory begin，清点、复读后由另一人确认",
    ),
    "inventory_missing": Kind(
        "盘点缺少介质",
        Weight.URGENT,
        "上次盘点时应在本处的介质没有找到，至今没有说明去向。",
        "查找；确已遗失的执行 ferry lost 报失，内容会由下一次摆渡带上",
    ),
    "stick_unregistered": Kind(
        "插入了未登记的 U 盘",
        Weight.URGENT,
        "写盘机或读盘机上插入了序列号没有登记的 U 盘，程序拒绝读写，台账已记；一天内保持告警。",
        "查明谁插入的并收走；确需使用的，由系统管理员把序列号加入 medium.usb_serials",
    ),
    "drive_unregistered": Kind(
        "介质放进了未登记的光驱",
        Weight.WARNING,
        "本系统的介质放进了配置中没有登记的光驱，程序不读，台账已记；一天内保持告警。",
        "取出后放入登记的光驱；光驱是新换的，由系统管理员加入 watch.devices",
    ),
    "ledger_broken": Kind(
        "介质台账被改动",
        Weight.URGENT,
        "介质台账的摘要链或签名对不上：文件被程序以外的手改过，或磁盘损坏。摆渡已停止办理。",
        "停止使用该站，保留现场，交审计人员按备份和签名的交接单核对",
    ),
    # What the registration platform sees of its deadlines.
    "clock_overdue": Kind(
        "办理时限已超期",
        Weight.URGENT,
        "有办件的法定、承诺或内部时限已过而没有办结：无人接办、负责人缺勤，或在等待外部答复。",
        "在待办中按到期时间办理标红的办件；负责人缺勤的改派；统计见 clocks report",
    ),
    "calendar_missing": Kind(
        "工作日历未装入",
        Weight.WARNING,
        "本年的节假日安排没有装入工作日历，到期日无法计算；办件照常办理，装入后自动补算。",
        "执行 calendar seed 预填并与公布文本核对，calendar sign 签名后 calendar load 装入",
    ),
    # What the registration platform sees of the province link.
    "province_late": Kind(
        "省级链路发不出去",
        Weight.WARNING,
        "发给法院、外地机构、税务、财政等的调用一小时以上没有送达：链路不通、凭据失效或对方应答出错；程序会一直重试。",
        "检查 [province] 的地址、凭据和网络，与省中枢值班人员核对；办件页写明最近一次原因",
    ),
    "province_refused": Kind(
        "对方拒收或调用逾期",
        Weight.WARNING,
        "对方明确拒收，程序不再重发；或短信超过时效没有发出。三天内保持告警，办件页一直写明原因。",
        "按办件页“省级链路”的原因与对方核对，改用电话、公函或窗口办理",
    ),
    "province_event_refused": Kind(
        "对方送来的内容无法办理",
        Weight.URGENT,
        "省级链路送来的事件（如法院请求、缴款结果、移送办件）不合约定、对不上办件或与已有记录矛盾，已原样留存，没有生效。",
        "机构负责人在“省级链路”页查看原因：原因消除后重新处理；对方已更正重发或确实无需办理的，写明原因后不再处理；"
        "处理完以前保持告警",
    ),
    "paused": Kind(
        "已被暂停", Weight.NOTICE, "有人执行了 gate pause。", "原因消除后执行 gate resume"
    ),
    "drained": Kind(
        "已停止接新",
        Weight.NOTICE,
        "有人执行了 gate drain：已在途的做完，不接新的。",
        "检修结束后执行 gate resume",
    ),
}
"""By code; once published a code never changes its meaning."""


def worst_first(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """The most urgent first, and of these the oldest."""
    return tuple(
        sorted(alarms, key=lambda alarm: (alarm.kind.weight.rank, alarm.since or 0, alarm.code))
    )


def carrier_alarms(program: str, facts: CarrierFacts | None, now: int) -> tuple[Alarm, ...]:
    """What ``program`` says of itself, and its silence when it says nothing any more."""
    silent = "station_silent" if program.startswith(_STATION) else "carrier_silent"
    if facts is None:
        return (Alarm(silent, f"{program} 从未写出状态"),)
    said = tuple(Alarm(code, f"{program}：{words}") for code, words in facts.alarms)
    if not is_silent(facts, now):
        return said
    return (Alarm(silent, f"{program} 停止了工作", facts.passed_at), *said)


def is_silent(facts: CarrierFacts, now: int) -> bool:
    """Whether the last pass is too long ago to be normal."""
    scan = facts.gauges.get("scan_seconds", 0) * 1_000_000
    return now - facts.passed_at > max(SILENT_MICROS, SILENT_PASSES * scan)
