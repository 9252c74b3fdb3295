"""Accounts: creating, signing in with a lock after failures, changing a password, sessions.

Rules (GB/T 22239-2019 level 3, 8.1.4.1): one account a person; passwords of ten characters and
three classes; five failures lock for thirty minutes, counted in the database; a session ends after
idling and in any case after twelve hours.
"""

import hashlib
import json
import secrets
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kernel.audit import AuditEntry, AuditResult, record
from kernel.db import new_id
from kernel.errors import ConflictError, ForbiddenError, InvalidValueError
from kernel.web.models import Account, WebSession

MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 128
MIN_CLASSES: Final = 3
MAX_FAILURES: Final = 5
LOCK_MICROS: Final = 30 * 60 * 1_000_000
SESSION_MICROS: Final = 12 * 3600 * 1_000_000
TOUCH_MICROS: Final = 60 * 1_000_000
"""A session's last use is written at most once in this time, so reading a page writes nothing."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever is signed in, as services and audit see them."""

    account_id: str
    login: str
    display_name: str
    roles: frozenset[str]
    must_change: bool = False


class Accounts:
    """The rules of accounts over one hasher; every method works in the caller's transaction."""

    def __init__(self, hasher: PasswordHasher, idle_minutes: int) -> None:
        """``hasher`` sets the cost; OWASP's argon2id minimum is 19 MiB, two passes."""
        self._hasher = hasher
        self._idle = idle_minutes * 60 * 1_000_000
        # Checked for an unknown login, so that time does not tell who exists.
        self._dummy = hasher.hash(secrets.token_urlsafe(16))

    def create(
        self,
        session: Session,
        *,
        login: str,
        display_name: str,
        password: str,
        roles: Collection[str],
        now: int,
        must_change: bool,
        actor: str,
    ) -> str:
        """A new account's id.

        Raises :class:`InvalidValueError` (``password_weak``) or :class:`ConflictError`
        (``login_taken``).
        """
        require_strong(password)
        if session.scalars(select(Account.id).where(Account.login == login)).first():
            raise ConflictError("login_taken", "该登录名已存在")
        account = Account(
            id=new_id(),
            login=login,
            display_name=display_name,
            password_hash=self._hasher.hash(password),
            roles=json.dumps(sorted(roles)),
            disabled=0,
            must_change=int(must_change),
            failures=0,
            locked_until=None,
            created=now,
            signed_in_at=None,
        )
        session.add(account)
        session.flush()
        record(
            session,
            AuditEntry(
                actor,
                "account.create",
                "account",
                account.id,
                detail={"roles": ",".join(sorted(roles))},
            ),
        )
        return account.id

    def sign_in(
        self, session: Session, login: str, password: str, source: str, now: int
    ) -> "Attempt":
        """Check a password and, when it is right, open a session.

        Never raises for a wrong password: the failure must be counted, so the caller commits and
        then looks at :attr:`Attempt.token`.
        """
        account = session.scalars(
            select(Account).where(Account.login == login).with_for_update()
        ).one_or_none()
        locked = account is not None and (account.locked_until or 0) > now
        right = self._is_right(account.password_hash if account else self._dummy, password)
        if account is None or account.disabled or locked or not right:
            code = "account_locked" if locked else "sign_in_failed"
            if account is not None and not locked:
                self._count_failure(account, now)
            record(
                session,
                AuditEntry(
                    actor=account.login if account else "unknown",
                    act="session.sign_in",
                    object_kind="account",
                    object_id=account.id if account else "unknown",
                    source=source,
                    result=AuditResult.DENIED,
                    detail={"code": code},
                ),
            )
            return Attempt(None, code)
        account.failures, account.locked_until, account.signed_in_at = 0, None, now
        token = secrets.token_urlsafe(32)
        session.add(
            WebSession(digest=_digest(token), account_id=account.id, created=now, seen_at=now)
        )
        record(
            session,
            AuditEntry(account.login, "session.sign_in", "account", account.id, source=source),
        )
        return Attempt(token, "")

    def person(self, session: Session, token: str, now: int) -> tuple[Person, bool] | None:
        """Whose session ``token`` is, and whether :meth:`touch` is due; None when it has ended."""
        found = session.execute(
            select(WebSession, Account)
            .join(Account, Account.id == WebSession.account_id)
            .where(WebSession.digest == _digest(token))
        ).one_or_none()
        if found is None:
            return None
        web, account = found
        over = now - web.seen_at > self._idle or now - web.created > SESSION_MICROS
        if over or account.disabled:
            return None
        person = Person(
            account.id,
            account.login,
            account.display_name,
            frozenset(json.loads(account.roles)),
            bool(account.must_change),
        )
        return person, now - web.seen_at > TOUCH_MICROS

    def is_signed_in(self, session: Session, login: str, now: int) -> bool:
        """Whether the person has a session that has not ended."""
        return (
            session.scalar(
                select(WebSession.digest)
                .join(Account, Account.id == WebSession.account_id)
                .where(
                    Account.login == login,
                    Account.disabled == 0,
                    WebSession.seen_at >= now - self._idle,
                    WebSession.created >= now - SESSION_MICROS,
                )
                .limit(1)
            )
            is not None
        )

    def touch(self, session: Session, token: str, now: int) -> None:
        """Note that a session was used."""
        web = session.get(WebSession, _digest(token))
        if web is not None:
            web.seen_at = now

    def sign_out(self, session: Session, token: str, actor: str) -> None:
        """End one session for good."""
        session.execute(delete(WebSession).where(WebSession.digest == _digest(token)))
        record(session, AuditEntry(actor, "session.sign_out", "account", actor))

    def change_password(self, session: Session, account_id: str, old: str, new: str) -> None:
        """Give an account its own new password, and end its other sessions.

        Raises :class:`ForbiddenError` (``password_wrong``) or :class:`InvalidValueError`
        (``password_weak``, ``password_same``).
        """
        account = session.get_one(Account, account_id)
        self.require_password(session, account_id, old)
        require_strong(new)
        if old == new:
            raise InvalidValueError("password_same", "新密码不能与原密码相同")
        account.password_hash = self._hasher.hash(new)
        account.must_change = 0
        session.execute(delete(WebSession).where(WebSession.account_id == account_id))
        record(session, AuditEntry(account.login, "account.password", "account", account_id))

    def require_password(self, session: Session, account_id: str, password: str) -> None:
        """Ask for the password again before an act of weight.

        Raises :class:`ForbiddenError` with code ``password_wrong``.
        """
        account = session.get_one(Account, account_id)
        if not self._is_right(account.password_hash, password):
            raise ForbiddenError("password_wrong", "密码不正确")

    def purge(self, session: Session, now: int) -> None:
        """Remove sessions that have ended."""
        session.execute(
            delete(WebSession).where(
                (WebSession.seen_at < now - self._idle)
                | (WebSession.created < now - SESSION_MICROS)
            )
        )

    def _count_failure(self, account: Account, now: int) -> None:
        account.failures += 1
        if account.failures >= MAX_FAILURES:
            account.failures, account.locked_until = 0, now + LOCK_MICROS

    def _is_right(self, stored: str, password: str) -> bool:
        if len(password) > MAX_PASSWORD:
            return False
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


@dataclass(frozen=True, slots=True)
class Attempt:
    """How signing in ended: a token, or a code that says why not."""

    token: str | None
    code: str


def default_hasher() -> PasswordHasher:
    """Argon2id with 19 MiB and two passes: about 30 ms on an office server."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


_CLASSES: Final[tuple[Callable[[str], bool], ...]] = (
    str.islower,
    str.isupper,
    str.isdigit,
    lambda character: unicodedata.category(character)[0] in "PSZ",
    lambda character: unicodedata.category(character) == "Lo",
)


def require_strong(password: str) -> None:
    """Raises :class:`InvalidValueError` with code ``password_weak``."""
    classes = sum(any(rule(character) for character in password) for rule in _CLASSES)
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD or classes < MIN_CLASSES:
        raise InvalidValueError(
            "password_weak",
            f"密码至少 {MIN_PASSWORD} 位，且须包含大写字母、小写字母、数字、符号中的三类",
            field="password",
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
