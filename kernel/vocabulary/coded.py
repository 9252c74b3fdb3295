"""An enumeration whose members are the codes of a standard, each with its Chinese label."""

from enum import StrEnum
from typing import Self

from kernel.errors import InvalidValueError
from kernel.vocabulary.normal import compact


class Coded(StrEnum):
    """Base of coded dictionaries: a member *is* its code as text and knows its ``label``.

    Members are written ``NAME = "code", "中文"`` in the order in which pages list them.
    """

    label: str

    def __new__(cls, code: str, label: str = "") -> Self:
        """Make the member whose value is ``code``; ``Cls(code)`` finds it again."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member

    @property
    def code(self) -> str:
        """The code of the standard, as it stands in exchange files and in the database."""
        return str(self.value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The member with this code.

        Raises:
            InvalidValueError: ``dictionary_code``; the dictionary has no such code.
        """
        try:
            return cls(compact(text))
        except ValueError:
            raise InvalidValueError(
                "dictionary_code", "代码不在字典中", dictionary=cls.__name__
            ) from None

    @classmethod
    def has(cls, text: str) -> bool:
        """Whether ``text`` is, exactly, a code of this dictionary."""
        return any(member.value == text for member in cls)

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Code and label of every member, in order, as a form's selection takes them."""
        return [(member.code, member.label) for member in cls]
