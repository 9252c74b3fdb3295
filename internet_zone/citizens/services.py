"""Registering a citizen."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from internet_zone.citizens.models import Citizen
from internet_zone.roles import Role
from kernel.clock import BEIJING, from_micros
from kernel.errors import ConflictError, InvalidValueError
from kernel.vocabulary.identity import IdentityNumber
from kernel.vocabulary.phone import PhoneNo
from kernel.web.accounts import Accounts


@dataclass(frozen=True, slots=True)
class Registration:
    """What a citizen typed."""

    name: str
    identity_no: str
    phone: str
    password: str


def register(session: Session, accounts: Accounts, wanted: Registration, now: int) -> str:
    """A new citizen's account id; the phone number is the login.

    Raises :class:`InvalidValueError` (``name_missing``, ``identity_…``, ``phone_…``,
    ``password_weak``) and :class:`ConflictError` (``already_registered``).
    """
    name = " ".join(wanted.name.split())
    if not 2 <= len(name) <= 50:  # noqa: PLR2004 - two characters make a name
        raise InvalidValueError("name_missing", "请填写姓名", field="name")
    today = from_micros(now).astimezone(BEIJING).date()
    identity = IdentityNumber.parse(wanted.identity_no, today=today)
    phone = PhoneNo.parse(wanted.phone)
    taken = session.scalars(
        select(Citizen.account_id).where(
            or_(Citizen.identity_no == identity.text, Citizen.phone == phone.text)
        )
    ).first()
    if taken:
        raise _already_registered()
    try:
        account_id = accounts.create(
            session,
            login=phone.text,
            display_name=name,
            password=wanted.password,
            roles=[Role.CITIZEN.value],
            now=now,
            must_change=False,
            actor="self",
        )
        session.add(
            Citizen(
                account_id=account_id,
                name=name,
                identity_no=identity.text,
                phone=phone.text,
                registered_at=now,
            )
        )
        session.flush()
    except IntegrityError:
        # The same person at the same moment in another window: the database decides who was first.
        raise _already_registered() from None
    return account_id


def _already_registered() -> ConflictError:
    return ConflictError("already_registered", "该身份证号或手机号已注册，请直接登录")


def citizen_of(session: Session, account_id: str) -> Citizen:
    """The person behind an account."""
    return session.get_one(Citizen, account_id)
