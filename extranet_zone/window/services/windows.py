"""Registering windows, their tokens, and who sits where.

A token is 256 random bits, shown once and stored as its SHA-256. A seat is one person's while they
are signed in: who is signed out, or was idle too long, no longer holds it.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extranet_zone.cases.ports import Actor
from extranet_zone.window.models import ServiceWindow
from kernel import audit
from kernel.db import new_id
from kernel.errors import ConflictError, ForbiddenError, InvalidValueError, NotFoundError

MAX_WINDOWS: Final = 200
MAX_NAME: Final = 40
SEEN_MICROS: Final = 30 * 1_000_000
"""How often at most it is written down that an agent was heard of."""

Present = Callable[[Session, str, int], bool]
"""Whether the person with this login is signed in now."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """The window whose token was shown."""

    id: str
    name: str
    authority: str


def windows_of(session: Session, authority: str) -> Sequence[ServiceWindow]:
    """Every window of an authority, by name."""
    return session.scalars(
        select(ServiceWindow)
        .where(ServiceWindow.authority == authority)
        .order_by(ServiceWindow.name)
        .limit(MAX_WINDOWS)
    ).all()


def register_window(session: Session, authority: str, name: str, actor: Actor, now: int) -> str:
    """A new window; answers its id.

    Raises :class:`InvalidValueError` (``window_name``, ``too_many_windows``) and
    :class:`ConflictError` (``window_known``).
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidValueError("window_name", f"窗口名称应为 1 至 {MAX_NAME} 个字", field="name")
    of_authority = ServiceWindow.authority == authority
    count = session.scalar(select(func.count()).select_from(ServiceWindow).where(of_authority))
    if (count or 0) >= MAX_WINDOWS:
        raise InvalidValueError("too_many_windows", f"最多登记 {MAX_WINDOWS} 个窗口")
    if session.scalar(select(ServiceWindow.id).where(of_authority, ServiceWindow.name == name)):
        raise ConflictError("window_known", "已有同名的窗口")
    window = ServiceWindow(
        id=new_id(),
        authority=authority,
        name=name,
        created_by=actor.login,
        created_at=now,
        token_issued_by="",
    )
    session.add(window)
    session.flush()
    audit_window(session, "window.registered", window, actor, name=name)
    return window.id


def issue_token(session: Session, authority: str, window_id: str, actor: Actor, now: int) -> str:
    """A new token, shown this once; the one before is no longer any good.

    Raises :class:`NotFoundError` with code ``window_unknown``.
    """
    window = window_of(session, authority, window_id)
    token = secrets.token_urlsafe(32)
    window.token_digest = _digest(token)
    window.token_issued_at, window.token_issued_by = now, actor.login
    window.token_revoked_at = None
    audit_window(session, "window.token_issued", window, actor)
    return token


def revoke_token(session: Session, authority: str, window_id: str, actor: Actor, now: int) -> None:
    """End a token; again is no error. Raises :class:`NotFoundError`: ``window_unknown``."""
    window = window_of(session, authority, window_id)
    if window.token_digest is not None and window.token_revoked_at is None:
        window.token_revoked_at = now
        audit_window(session, "window.token_revoked", window, actor)


def admit(session: Session, token: str) -> Admitted:
    """Whose token it is.

    Raises :class:`ForbiddenError`: ``window_token_unknown`` or ``window_token_revoked``.
    """
    window = session.scalar(
        select(ServiceWindow).where(ServiceWindow.token_digest == _digest(token))
    )
    if window is None:
        raise ForbiddenError("window_token_unknown", "窗口令牌不正确，请重新登记窗口")
    if window.token_revoked_at is not None:
        raise ForbiddenError("window_token_revoked", "窗口令牌已撤销，请联系系统管理员")
    return Admitted(window.id, window.name, window.authority)


def is_heard_again(session: Session, window_id: str, now: int) -> bool:
    """Whether it should be written down that the agent was heard of."""
    seen = session.get_one(ServiceWindow, window_id).seen_at
    return seen is None or now - seen > SEEN_MICROS


def heard(session: Session, window_id: str, now: int) -> None:
    """Write down that the agent was heard of."""
    session.get_one(ServiceWindow, window_id).seen_at = now


def sit_down(
    session: Session, authority: str, window_id: str, present: Present, actor: Actor, now: int
) -> None:
    """Take the window's seat, and leave the one before.

    Raises :class:`NotFoundError` (``window_unknown``) and :class:`ConflictError`
    (``window_taken``) while somebody else who is signed in sits there.
    """
    window = window_of(session, authority, window_id)
    if window.seated_login == actor.login:
        return
    if window.seated_login is not None and present(session, window.seated_login, now):
        raise ConflictError("window_taken", "这个窗口已有人在座，请其离座后再坐")
    leave(session, actor)
    before = window.seated_login
    window.seated_login, window.seated_at = actor.login, now
    audit_window(session, "window.seated", window, actor, before=before)


def leave(session: Session, actor: Actor) -> None:
    """Leave the seat, where there is one."""
    window = session.scalar(
        select(ServiceWindow).where(ServiceWindow.seated_login == actor.login).with_for_update()
    )
    if window is not None:
        window.seated_login = window.seated_at = None
        session.flush()
        audit_window(session, "window.left", window, actor)


def seat_of(session: Session, authority: str, actor: Actor) -> ServiceWindow | None:
    """The window where the person sits, while it is one of the authority they work for."""
    return session.scalar(
        select(ServiceWindow).where(
            ServiceWindow.seated_login == actor.login, ServiceWindow.authority == authority
        )
    )


def require_seat(session: Session, authority: str, actor: Actor) -> ServiceWindow:
    """The same; raises :class:`ForbiddenError` with code ``window_not_seated``."""
    window = seat_of(session, authority, actor)
    if window is None:
        raise ForbiddenError("window_not_seated", "请先在“窗口设备”页选择您所在的窗口")
    return window


def window_of(session: Session, authority: str, window_id: str) -> ServiceWindow:
    """A window of the authority, its row held.

    Raises :class:`NotFoundError` (``window_unknown``), for another authority's too.
    """
    window = session.get(ServiceWindow, window_id, with_for_update=True)
    if window is None or window.authority != authority:
        raise NotFoundError("window_unknown", "没有这个窗口")
    return window


def audit_window(
    session: Session, act: str, window: ServiceWindow, actor: Actor, **detail: str | None
) -> None:
    """Record an act on a window."""
    audit.record(
        session,
        audit.AuditEntry(
            actor=actor.login,
            act=act,
            object_kind="window",
            object_id=window.id,
            roles=tuple(sorted(actor.roles)),
            source=actor.source,
            detail=detail,
        ),
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
