"""Release: one person asks for what waits to go, another approves exactly that.

What was asked for is frozen by hard links beside the spool, so that it is there although the
exchange may withdraw it meanwhile, and costs no space. The approver signs its digest.
"""

import json
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from ferry.ledger.book import Medium, Trip, View
from ferry.ledger.states import UNDERWAY, MediumAct, MediumState, Role
from ferry.operators import Hand
from ferry.planning import Plan, Planned, Volume, link_into, nothing, plan
from ferry.station import Station
from kernel.bundle import BeaconName, parse_name
from kernel.durable import write_durably
from kernel.errors import ConflictError, RefusedError, RejectedBundleError
from kernel.logs import get_logger

PLAN_NAME = "plan.json"

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Requested:
    """A trip that was asked for: which medium takes what."""

    trip: str
    media: tuple[str, ...]
    files: int
    bytes: int
    content: str
    damaged: tuple[str, ...]
    too_large: tuple[str, ...]


def request(station: Station, hand: Hand, purpose: str) -> Requested:
    """Freeze what waits now and ask for its release on media from stock.

    Raises :class:`RefusedError` (``nothing_to_export``, ``purpose_missing``),
    :class:`ConflictError` (``stock_empty``), :class:`kernel.errors.ForbiddenError`.
    """
    hand.require((Role.MAKER,))
    if not purpose.strip():
        raise RefusedError("purpose_missing", "请写明摆渡事由")
    view = station.book.view()
    sweep(station, view)
    trip = secrets.token_hex(16)
    folder = trip_folder(station, trip)
    try:
        folder.mkdir(parents=True)
        ready = station.spool.ready_folder(station.destination)
        found = plan(station.settings, station.spool, station.receiver, link_into(ready, folder))
        if not found.files:
            raise RefusedError("nothing_to_export", "没有待摆渡的内容")
        media = _from_stock(station, view, len(found.volumes))
        with write_durably(folder / PLAN_NAME) as file:
            file.write(json.dumps([asdict(volume) for volume in found.volumes]).encode())
        station.book.act(
            MediumAct.REQUEST,
            media,
            hand,
            trip,
            purpose=purpose.strip()[:200],
            content=found.content,
            volumes=len(found.volumes),
            files=found.files,
            bytes=found.bytes,
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    log.info("ferry.requested", trip=trip, media=len(media), files=found.files, size=found.bytes)
    return Requested(
        trip, media, found.files, found.bytes, found.content, found.damaged, found.too_large
    )


def rehearse(station: Station, hand: Hand) -> tuple[tuple[str, ...], int, int]:
    """What :func:`request` would ask for: media, files and bytes; raises as it does."""
    hand.require((Role.MAKER,))
    found = plan(station.settings, station.spool, station.receiver, nothing)
    if not found.files:
        raise RefusedError("nothing_to_export", "没有待摆渡的内容")
    media = _from_stock(station, station.book.view(), len(found.volumes))
    return media, found.files, found.bytes


def _from_stock(station: Station, view: View, wanted: int) -> tuple[str, ...]:
    kind = station.settings.medium.kind
    stock = [one.number for one in view.in_state(MediumState.IN_STOCK) if one.kind == kind]
    if len(stock) < wanted:
        raise ConflictError(
            "stock_empty",
            f"需要 {wanted} 张 {kind} 介质，台账中在库空白的只有 {len(stock)} 张，请先登记",
        )
    return tuple(stock[:wanted])


def approve(station: Station, hand: Hand, trip: str) -> Trip:
    """Approve a trip, by somebody else than who asked.

    Raises as :func:`judge_approval`.
    """
    known = _unchanged(station, trip)
    return station.book.act(MediumAct.APPROVE, known.media, hand, trip, content=known.content).trip(
        trip
    )


def judge_approval(station: Station, hand: Hand, trip: str) -> Trip:
    """The trip that :func:`approve` would approve; nothing is written.

    Raises :class:`RejectedBundleError` (``trip_changed``) when what lies there is not what was
    asked for, and as :meth:`ferry.ledger.book.Book.act`.
    """
    known = _unchanged(station, trip)
    station.book.judge(MediumAct.APPROVE, known.media, hand)
    return known


def _unchanged(station: Station, trip: str) -> Trip:
    known = station.book.view().trip(trip)
    if plan_of(station, trip).content != known.content:
        raise RejectedBundleError("trip_changed", "备好的内容与申请时不一致，不能批准")
    return known


def withdraw(station: Station, hand: Hand, trip: str) -> None:
    """Take a trip back before anything was written; its media are blank stock again.

    Raises as :func:`judge_withdrawal`.
    """
    media = _unwritten(station, trip)
    station.book.act(MediumAct.WITHDRAW, media, hand, trip)
    for number in media:
        image_of(station, number).unlink(missing_ok=True)
    shutil.rmtree(trip_folder(station, trip), ignore_errors=True)


def judge_withdrawal(station: Station, hand: Hand, trip: str) -> tuple[str, ...]:
    """The media that :func:`withdraw` would put back into stock; nothing is written.

    Raises as :meth:`ferry.ledger.book.Book.act`: nothing is taken back once a medium was written.
    """
    media = _unwritten(station, trip)
    station.book.judge(MediumAct.WITHDRAW, media, hand)
    return media


def _unwritten(station: Station, trip: str) -> tuple[str, ...]:
    """What may be taken back; without such media all of them, which the act then refuses."""
    view = station.book.view()
    open_states = (MediumState.REQUESTED, MediumState.APPROVED, MediumState.STAGED)
    media = tuple(one.number for one in view.in_state(*open_states) if one.trip == trip)
    return media or view.trip(trip).media


def settle(station: Station) -> list[str]:
    """Note which media the other side has confirmed: nothing of them is kept any more.

    A medium with nothing but beacons is never confirmed itself; it has done its work when one that
    was written later is.
    """
    numbers = confirmed(station)
    if numbers:
        station.book.act(MediumAct.ACKNOWLEDGE, numbers, None)
    return numbers


def confirmed(station: Station) -> list[str]:
    """Media whose every bundle the other side has confirmed, not noted as that yet."""
    view = station.book.view()
    kept = station.spool.kept_names(station.destination)
    underway = view.in_state(*UNDERWAY - {MediumState.BURNED})
    bundles = {medium.number: bundles_of(station, medium) for medium in underway}
    found = [
        medium for medium in underway if (names := bundles[medium.number]) and not names & kept
    ]
    arrived = [*found, *view.in_state(MediumState.ACKNOWLEDGED, MediumState.ARCHIVED)]
    newest = max((_written_at(medium) for medium in arrived), default=0)
    found += [
        medium
        for medium in underway
        if bundles[medium.number] == set() and _written_at(medium) < newest
    ]
    return [medium.number for medium in found]


def _written_at(medium: Medium) -> int:
    proved = medium.last(MediumAct.VERIFY)
    return proved.at if proved else 0


def sweep(station: Station, view: View) -> None:
    """Remove frozen content that no medium waits for any more: a crash, a finished trip."""
    waiting = {
        medium.trip
        for medium in view.in_state(
            MediumState.REQUESTED, MediumState.APPROVED, MediumState.STAGED, MediumState.BURNED
        )
    }
    for folder in trip_folder(station, "x").parent.glob("*"):
        if folder.name not in waiting:
            shutil.rmtree(folder, ignore_errors=True)
    staged = {medium.number for medium in view.in_state(MediumState.STAGED, MediumState.BURNED)}
    for image in station.folder("images").glob("*.iso*"):
        if image.name.partition(".")[0] not in staged:
            image.unlink(missing_ok=True)


def plan_of(station: Station, trip: str) -> Plan:
    """What was frozen for a trip.

    Raises :class:`RejectedBundleError` (``trip_missing``).
    """
    try:
        volumes = json.loads((trip_folder(station, trip) / PLAN_NAME).read_bytes())
        return Plan(
            tuple(Volume(tuple(Planned(**file) for file in one["files"])) for one in volumes),
            (),
            (),
        )
    except (OSError, ValueError, TypeError, KeyError):
        raise RejectedBundleError("trip_missing", "找不到该次摆渡备好的内容，请重新申请") from None


def trip_folder(station: Station, trip: str) -> Path:
    """Where a trip's files are frozen; on the spool's filesystem."""
    return station.settings.spool.folder / "ferry" / trip


def image_of(station: Station, number: str) -> Path:
    """Where a medium's image lies until it is written and proved."""
    return station.folder("images") / f"{number}.iso"


def manifest_of(station: Station, number: str) -> Path:
    """Where the copy of a medium's cover sheet stays."""
    return station.folder("manifests") / f"{number}.json"


def bundles_of(station: Station, medium: Medium) -> set[str] | None:
    """Names of the bundles a medium was written with; None when its cover sheet is not kept."""
    try:
        files = json.loads(manifest_of(station, medium.number).read_bytes())["files"]
        names = {str(file["name"]) for file in files}
    except (OSError, ValueError, TypeError, KeyError):
        return None
    # Beacons are never confirmed one by one: the next receipt says what they brought.
    return {name for name in names if not isinstance(parse_name(name), BeaconName)}
