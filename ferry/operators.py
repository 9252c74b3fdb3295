"""The people at the ferry: each signs with a key of their own that only their passphrase opens.

The register is a file of the station's state folder; whoever can write there is the station's
administrator. A line of the ledger that somebody signed cannot be written by anybody else.
"""

import base64
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import Field, ValidationError

from ferry.ledger.chain import Line
from ferry.ledger.states import Role
from kernel.durable import exclusive, write_durably
from kernel.errors import ConflictError, ForbiddenError, InvalidValueError, SettingsError
from kernel.settings import Settings

MIN_PASSPHRASE: Final = 10
MAX_OPERATORS: Final = 200
HUMAN_ROLES: Final = (Role.MAKER, Role.APPROVER, Role.COURIER, Role.CUSTODIAN)
_LOGIN: Final = r"^[a-z][a-z0-9_.-]{1,31}$"


class _Entry(Settings):
    login: Annotated[str, Field(pattern=_LOGIN)]
    name: Annotated[str, Field(min_length=1, max_length=40, pattern=r'^[^"\\\n]+$')]
    roles: Annotated[list[str], Field(min_length=1, max_length=4)]
    public: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
    active: bool = True


class _File(Settings):
    operator: Annotated[list[_Entry], Field(max_length=MAX_OPERATORS)] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody of the register."""

    login: str
    name: str
    roles: frozenset[Role]
    public: bytes
    active: bool

    def has_signed(self, line: Line) -> bool:
        """Whether the line's signature is this person's."""
        try:
            signature = base64.b64decode(line.signature, validate=True)
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, line.said())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class Hand:
    """Somebody whose passphrase was right: may sign until the command ends."""

    operator: Operator
    _key: Ed25519PrivateKey

    def sign(self, content: bytes) -> bytes:
        """An Ed25519 signature."""
        return self._key.sign(content)

    def require(self, roles: Collection[Role]) -> None:
        """Raises :class:`ForbiddenError` (``role_not_allowed``) without one of ``roles``."""
        if not self.operator.roles & set(roles):
            raise ForbiddenError("role_not_allowed", "您的岗位不能办理此项")


class Operators:
    """The register in ``folder``."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, made when missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / "operators.toml"

    def all(self) -> list[Operator]:
        """Everybody, in order of enrolment.

        Raises :class:`SettingsError` (``operators_invalid``).
        """
        try:
            table = tomllib.loads(self._path.read_text("utf-8"))
            found = _File.model_validate(table)
            return [
                Operator(
                    entry.login,
                    entry.name,
                    frozenset(Role(role) for role in entry.roles),
                    base64.b64decode(entry.public),
                    entry.active,
                )
                for entry in found.operator
            ]
        except FileNotFoundError:
            return []
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError, ValueError):
            raise SettingsError(
                "operators_invalid", f"操作员名册 {self._path} 内容不正确"
            ) from None

    def find(self, login: str) -> Operator | None:
        """Somebody by login."""
        return next((one for one in self.all() if one.login == login), None)

    def enrol(self, login: str, name: str, roles: Collection[Role], passphrase: str) -> Operator:
        """Make somebody's key and enter them.

        Raises :class:`InvalidValueError` (``passphrase_short``, ``operator_invalid``),
        :class:`ConflictError` (``operator_exists``). Maker and approver never are one person.
        """
        if len(passphrase) < MIN_PASSPHRASE:
            raise InvalidValueError("passphrase_short", f"口令至少 {MIN_PASSPHRASE} 个字符")
        if {Role.MAKER, Role.APPROVER} <= set(roles):
            raise InvalidValueError("operator_invalid", "经办与审批不能由同一人担任")
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        try:
            entry = _Entry(
                login=login,
                name=name,
                roles=sorted(role.value for role in roles),
                public=base64.b64encode(public).decode(),
            )
        except ValidationError:
            raise InvalidValueError("operator_invalid", "登录名或姓名不合要求") from None
        with exclusive(self._folder / "operators.lock"):
            known = self.all()
            if any(one.login == login for one in known):
                raise ConflictError("operator_exists", f"操作员 {login} 已在名册中")
            if len(known) >= MAX_OPERATORS:
                raise ConflictError("operators_full", f"名册已满（{MAX_OPERATORS} 人）")
            pem = key.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
            )
            with write_durably(self._key_path(login)) as file:
                file.write(pem)
            self._key_path(login).chmod(0o600)
            content = self._path.read_text("utf-8") if self._path.exists() else ""
            with write_durably(self._path) as file:
                file.write((content + _entry_text(entry)).encode())
        return Operator(login, name, frozenset(roles), public, active=True)

    def unlock(self, login: str, passphrase: str) -> Hand:
        """Somebody's signing hand.

        Raises :class:`ForbiddenError` (``operator_refused``), the same for an unknown login as for
        a wrong passphrase.
        """
        refused = ForbiddenError("operator_refused", "登录名或口令不正确，或该操作员已停用")
        operator = self.find(login)
        if operator is None or not operator.active:
            raise refused
        try:
            key = load_pem_private_key(self._key_path(login).read_bytes(), passphrase.encode())
        except (OSError, ValueError, TypeError):
            raise refused from None
        if not isinstance(key, Ed25519PrivateKey):
            raise refused
        if key.public_key().public_bytes_raw() != operator.public:
            raise refused
        return Hand(operator, key)

    def _key_path(self, login: str) -> Path:
        return self._folder / f"operator-{login}.pem"


def _entry_text(entry: _Entry) -> str:
    roles = ", ".join(f'"{role}"' for role in entry.roles)
    return (
        f'\n[[operator]]\nlogin = "{entry.login}"\nname = "{entry.name}"\n'
        f'roles = [{roles}]\npublic = "{entry.public}"\nactive = true\n'
    )
