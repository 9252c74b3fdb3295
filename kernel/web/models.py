"""Accounts and signed-in sessions."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Count, Digest, Flag, Id, Json, KernelBase, Micros


class Account(KernelBase):
    """A person who can sign in; shared accounts do not exist."""

    __tablename__ = "account"

    id: Mapped[Id] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(200))
    roles: Mapped[Json]
    """A JSON list of role codes of the zone."""
    disabled: Mapped[Flag]
    must_change: Mapped[Flag]
    """1 while the password was given by somebody else."""
    failures: Mapped[Count]
    """Wrong passwords in a row; kept here so that a restart does not forget them."""
    locked_until: Mapped[Micros | None]
    created: Mapped[Micros]
    signed_in_at: Mapped[Micros | None]


class WebSession(KernelBase):
    """A signed-in browser; the cookie's secret is stored only as its SHA-256."""

    __tablename__ = "web_session"

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"), index=True)
    created: Mapped[Micros]
    seen_at: Mapped[Micros]
