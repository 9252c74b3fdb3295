"""Periodic inventory (盘点): what should lie here is counted by one hand and confirmed by another.

The ledger keeps all of it: what should be there when it began, a share of the written media drawn
by lot, what was found, what reading the drawn ones showed, and who confirmed the count (GB/T 22239
介质管理; the share is read again as ``restic check --read-data-subset`` reads a repository).
"""

import hashlib
import math
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ferry.contents import files_of, list_ours, sheet_of
from ferry.ledger.book import (
    INVENTORY_BEGIN,
    INVENTORY_CLOSE,
    INVENTORY_COUNT,
    INVENTORY_READ,
    Medium,
    View,
)
from ferry.ledger.chain import Detail, Line
from ferry.ledger.numbers import members, read_word, runs
from ferry.ledger.states import BLANK, KEPT, MediumAct, MediumState, Role
from ferry.manifest import Manifest
from ferry.medium import DiscReader, opened
from ferry.operators import Hand
from ferry.planning import NOWHERE
from ferry.progress import Progress
from ferry.repair.check import check
from ferry.repair.recover import OpenDevice, find_index
from ferry.station import Station
from ferry.sticks import require_registered
from ferry.writing import LABEL_PREFIX
from kernel.bundle import Receiver
from kernel.carriage import pass_on
from kernel.clock import from_micros
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    RejectedBundleError,
    UnavailableError,
)

DEFAULT_SHARE: Final = 5
"""Per cent of the written media that are read again."""
MAX_COUNTED: Final = 20_000
"""Numbers one command may name."""
INVENTORY_DAYS: Final = 92
"""A quarter: how old the last inventory may be."""
_DAY: Final = 86_400 * 1_000_000
_RUNS_A_LINE: Final = 1000
_WORN: Final = "medium_worn"
_WHOLE: Final = "whole"


@dataclass(slots=True)
class Inventory:
    """One inventory as its lines tell it."""

    id: str
    begun_at: int
    begun_by: str
    expected: set[str] = field(default_factory=set)
    sample: set[str] = field(default_factory=set)
    """Drawn by lot, to be read again."""
    found: set[str] = field(default_factory=set)
    counted_by: set[str] = field(default_factory=set)
    read: dict[str, str] = field(default_factory=dict)
    """By number: empty when it was whole, otherwise the code of what was found."""
    closed_by: str = ""
    closed_at: int = 0
    parts: set[int] = field(default_factory=set)
    """Lines of its beginning that are there: a power cut may have left the first ones alone."""

    @property
    def missing(self) -> set[str]:
        """Should be here, was not found."""
        return self.expected - self.found

    @property
    def strange(self) -> set[str]:
        """Was found, should not be here, or is not in the ledger at all."""
        return self.found - self.expected

    @property
    def unread(self) -> set[str]:
        """Was drawn and found, and has not been read."""
        return (self.sample & self.found) - self.read.keys()

    @property
    def bad(self) -> dict[str, str]:
        """Was read and is not what it was."""
        return {number: code for number, code in sorted(self.read.items()) if code}


@dataclass(frozen=True, slots=True)
class Standing:
    """Days since the shelf was counted, or first filled; what was missing then and still is."""

    days: int
    missing: int
    counted: bool
    empty: bool

    @property
    def due(self) -> bool:
        """Whether somebody should count now."""
        return self.days > INVENTORY_DAYS


def shelf(view: View, side: str) -> list[Medium]:
    """The media that should lie at ``side`` now.

    What was confirmed before anybody carried it away still lies where it was written.
    """
    return [
        medium
        for medium in sorted(view.media.values(), key=lambda one: one.number)
        if medium.state in KEPT[side]
        or (
            side == "export"
            and medium.state is MediumState.ACKNOWLEDGED
            and medium.last(MediumAct.HAND_OVER) is None
        )
    ]


def standing(view: View, side: str, now: int) -> Standing:
    """How ``side`` stands at ``now``, in microseconds, with counting its shelf."""
    here = shelf(view, side)
    closed = [one for one in all_of(view) if one.closed_by]
    if not here:
        return Standing(0, 0, counted=bool(closed), empty=True)
    since = closed[-1].closed_at if closed else min(one.history[0].at for one in here)
    missing = closed[-1].missing & {one.number for one in here} if closed else set()
    return Standing((now - since) // _DAY, len(missing), counted=bool(closed), empty=False)


def all_of(view: View) -> list[Inventory]:
    """Every inventory of the ledger, the oldest first."""
    known: dict[str, Inventory] = {}
    parts: dict[str, int] = {}
    for line in view.lines:
        name = str(line.detail.get("inventory", ""))
        if line.act == INVENTORY_BEGIN and name not in known:
            known[name] = Inventory(name, line.at, line.by)
            parts[name] = int(line.detail.get("parts", 1))
        if line.act in _ENTER and name in known:
            _ENTER[line.act](known[name], line)
    return [one for one in known.values() if len(one.parts) == parts[one.id]]


def current(view: View) -> Inventory:
    """The inventory that was begun and not closed.

    Raises :class:`NotFoundError` (``inventory_none``).
    """
    begun = all_of(view)
    if not begun or begun[-1].closed_by:
        raise NotFoundError("inventory_none", "没有进行中的盘点，请先执行 ferry inventory begin")
    return begun[-1]


def begin(station: Station, hand: Hand, share: int = DEFAULT_SHARE) -> Inventory:
    """Begin one: freeze what should be here, and draw ``share`` per cent of what is written.

    Raises :class:`ForbiddenError` (``role_not_allowed``), :class:`ConflictError`
    (``inventory_open``), :class:`RefusedError` (``shelf_empty``).
    """
    hand.require((Role.CUSTODIAN,))
    view = station.book.view()
    known = all_of(view)
    if known and not known[-1].closed_by:
        raise ConflictError("inventory_open", "上一次盘点还没有结束")
    here = shelf(view, station.settings.side)
    if not here:
        raise RefusedError("shelf_empty", "台账中没有应在本处的介质，无可盘点")
    written = [
        medium.number
        for medium in here
        if medium.state not in BLANK and medium.state is not MediumState.REJECTED
    ]
    drawn = math.ceil(len(written) * share / 100)
    # Whoever keeps the media must not know beforehand which will be read.
    sample = secrets.SystemRandom().sample(written, drawn)
    name = secrets.token_hex(8)
    _write(
        station,
        INVENTORY_BEGIN,
        hand,
        name,
        expected=[medium.number for medium in here],
        sample=sample,
    )
    return current(station.book.view())


def count(station: Station, hand: Hand, words: Iterable[str]) -> Inventory:
    """Note what was found; several times, until the shelf is done.

    Raises :class:`kernel.errors.InvalidValueError` (``medium_number``), :class:`RefusedError`
    (``label_differs`` when a scanned label is not that of the medium's cover sheet,
    ``too_many``), :class:`NotFoundError` (``inventory_none``).
    """
    view = station.book.view()
    open_one = current(view)
    found: set[str] = set()
    for word in words:
        numbers, digest = read_word(word)
        found.update(numbers)
        if len(found) > MAX_COUNTED:
            raise RefusedError("too_many", f"一次最多登记 {MAX_COUNTED} 个编号")
        medium = view.media.get(numbers[0])
        if digest and (medium is None or medium.detail("manifest") != digest):
            raise RefusedError(
                "label_differs", f"标签上的清单摘要与台账中介质 {numbers[0]} 的不一致，请核对实物"
            )
    if not found:
        raise RefusedError("nothing_counted", "没有给出任何介质编号")
    _write(station, INVENTORY_COUNT, hand, open_one.id, found=sorted(found))
    return current(station.book.view())


def read(station: Station, number: str, device: Path, progress: Progress) -> str:
    """Read medium ``number`` again and note its condition; answers the code, empty when whole.

    Raises :class:`NotFoundError` (``inventory_none``, ``medium_unknown``), :class:`RefusedError`
    (``medium_empty`` when nothing was ever written on it) and
    :class:`UnavailableError` (``medium_missing``, ``medium_gone``): these are not noted.
    """
    view = station.book.view()
    open_one = current(view)
    medium = view.medium(number)
    if not medium.detail("manifest"):
        raise RefusedError("medium_empty", f"介质 {number} 没有写过内容，不用复读")
    require_registered(device, station.settings.medium.usb_serials)
    try:
        code = _condition(station, medium, device, progress)
    except RejectedBundleError as error:
        code = error.code
    except UnavailableError as error:
        if error.code != "medium_read_error":
            raise
        code = error.code
    said = {"inventory": open_one.id, "result": code or _WHOLE}
    station.book.notes(INVENTORY_READ, None, [(number, said)])
    return code


def close(station: Station, hand: Hand) -> Inventory:
    """Confirm the count; by somebody who neither began it nor counted.

    Raises :class:`ForbiddenError` (``same_person``), :class:`ConflictError` (``not_counted``,
    ``sample_unread``), :class:`NotFoundError` (``inventory_none``).
    """
    open_one = current(station.book.view())
    if hand.operator.login in {open_one.begun_by, *open_one.counted_by}:
        raise ForbiddenError("same_person", "盘点须由未参加清点的另一人确认")
    if not open_one.counted_by:
        raise ConflictError("not_counted", "还没有登记清点结果")
    if open_one.unread:
        words = "、".join(runs(open_one.unread)[:10])
        raise ConflictError("sample_unread", f"抽中的介质还没有复读：{words}")
    _write(
        station,
        INVENTORY_CLOSE,
        hand,
        open_one.id,
        missing=sorted(open_one.missing),
        strange=sorted(open_one.strange),
        bad=sorted(open_one.bad),
    )
    return all_of(station.book.view())[-1]


def _condition(station: Station, medium: Medium, device: Path, progress: Progress) -> str:
    """Empty, or a code; raises :class:`RejectedBundleError` for what is not whole."""
    listing = list_ours(device)
    if listing.label != LABEL_PREFIX + medium.number:
        return "label_differs"
    with opened(device) as handle:
        content, _signature = sheet_of(handle, listing)
        # The ledger keeps the digest of the sheet that was verified then; its keys may be gone now.
        if hashlib.sha256(content).hexdigest() != medium.detail("manifest"):
            return "manifest_differs"
        manifest = Manifest.model_validate_json(content)
        then = Receiver(station.trust, station.destination, from_micros(manifest.created))
        total, done = max(1, sum(file.size for file in manifest.files)), 0
        for listed, file in files_of(listing, manifest):
            try:
                pass_on(DiscReader(handle, file), NOWHERE, then, listed.name)
            except RejectedBundleError as error:
                raise RejectedBundleError("medium_altered", "文件在介质上已损坏") from error
            done += listed.size
            progress("复读文件", done * 100 / total, total)
        whole = OpenDevice(handle)
        index = find_index(whole, everywhere=False)
        if index is None:
            return _WORN
        digest = medium.detail("image", index.digest)
        wrong = check(
            whole, medium.number, digest, lambda percent: progress("复读扇区", percent, total)
        )
    return "" if wrong is None else _WORN


def _write(station: Station, act: str, hand: Hand, name: str, **numbers: Sequence[str]) -> None:
    """Write lists of numbers as runs, on as many lines as they take."""
    words = {key: runs(value) for key, value in numbers.items()}
    lines = max(1, *(math.ceil(len(value) / _RUNS_A_LINE) for value in words.values()))
    said: list[tuple[str, dict[str, Detail]]] = []
    for part in range(lines):
        here = slice(part * _RUNS_A_LINE, (part + 1) * _RUNS_A_LINE)
        detail: dict[str, Detail] = {key: " ".join(value[here]) for key, value in words.items()}
        said.append(("", detail | {"inventory": name, "part": part + 1, "parts": lines}))
    station.book.notes(act, hand, said)


def _begun(one: Inventory, line: Line) -> None:
    one.expected.update(members(str(line.detail.get("expected", ""))))
    one.sample.update(members(str(line.detail.get("sample", ""))))
    one.parts.add(int(line.detail.get("part", 1)))


def _counted(one: Inventory, line: Line) -> None:
    one.found.update(members(str(line.detail.get("found", ""))))
    one.counted_by.add(line.by)


def _was_read(one: Inventory, line: Line) -> None:
    result = str(line.detail.get("result", ""))
    one.read[line.medium] = "" if result == _WHOLE else result
    # What was read is here.
    one.found.add(line.medium)


def _closed(one: Inventory, line: Line) -> None:
    one.closed_by, one.closed_at = line.by, line.at


_ENTER: Final = {
    INVENTORY_BEGIN: _begun,
    INVENTORY_COUNT: _counted,
    INVENTORY_READ: _was_read,
    INVENTORY_CLOSE: _closed,
}
