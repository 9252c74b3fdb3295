"""Inspectors that need nothing but the bytes: messages, media types, bombs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gate.inspection.blobs import Blob
from kernel.bundle import BundleHeader
from kernel.bundle.header import MAX_MESSAGES_BYTES
from kernel.errors import InvalidValueError, RejectedBundleError, TongbanError
from kernel.logs import get_logger
from kernel.materials import inspect_content, require_type
from kernel.messages import decode
from kernel.messages.envelope import MAX_MESSAGE_BYTES

MEDIA_TYPES: Final = ("image/jpeg", "image/png", "application/pdf")

log = get_logger(__name__)

CODES: Final = {
    "upload_empty": ("media_type_mismatch", "材料是空的"),
    "upload_too_large": ("blob_too_large", "材料超过单个文件的上限"),
    "upload_type_mismatch": ("media_type_mismatch", "材料内容与声明的类型不符"),
    "upload_archive": ("archive_nested", "材料内藏有压缩包"),
    "upload_attachments": ("archive_nested", "PDF 材料内含附件"),
    "upload_too_many_pixels": ("content_bomb", "图片材料像素过多"),
    "upload_too_many_pages": ("content_bomb", "PDF 材料页数过多"),
    "upload_expands": ("content_bomb", "PDF 材料展开后过大"),
    "upload_encrypted": ("content_encrypted", "PDF 材料设有密码，无法检查"),
    "upload_damaged": ("content_damaged", "材料不完整或已损坏"),
    "failed": ("content_damaged", "材料无法解析"),
    "slow": ("content_bomb", "材料解析用时过长"),
}


@dataclass(frozen=True, slots=True)
class MessagesFound:
    """Messages by kind, and the case numbers they name, sorted."""

    kinds: dict[str, int]
    case_numbers: tuple[str, ...]


def read_messages(header: BundleHeader, blob: Blob) -> MessagesFound:
    """Validate every message against its route and against what the header lists.

    Raises :class:`RejectedBundleError`: ``messages_too_large``, ``messages_malformed``,
    ``messages_count``, ``messages_mismatch``, or as :func:`kernel.messages.decode`.
    """
    if blob.size > MAX_MESSAGES_BYTES:
        raise RejectedBundleError("messages_too_large", "消息总长度超过允许的上限")
    if sum(1 for _line in _lines(blob)) != len(header.messages):
        raise RejectedBundleError("messages_count", "消息数量与交换包头不符")
    cases: set[str] = set()
    for line, listed in zip(_lines(blob), header.messages, strict=True):
        message = decode(line, header.origin, header.destination)
        if (message.id, message.kind) != (listed.id, listed.kind):
            raise RejectedBundleError("messages_mismatch", "消息与交换包头所列不符")
        if isinstance(case_no := getattr(message.body, "case_no", None), str):
            cases.add(case_no)
    kinds = Counter(message.kind for message in header.messages)
    return MessagesFound(dict(sorted(kinds.items())), tuple(sorted(cases)))


def _lines(blob: Blob) -> Iterator[bytes]:
    """One bounded line at a time, without its end."""
    with blob.open() as source:
        left = blob.size
        while left:
            line = source.readline(MAX_MESSAGE_BYTES + 2)
            left -= len(line)
            if not line.endswith(b"\n"):
                if left:
                    raise RejectedBundleError("message_size", "消息超过允许的长度")
                raise RejectedBundleError("messages_malformed", "消息内容没有完整的行")
            yield line[:-1]


@dataclass(frozen=True, slots=True)
class MediaTypes:
    """Only types that are allowed, and whose first bytes are what the header says."""

    allowed: frozenset[str]

    def inspect(self, blob: Blob) -> None:
        """Refuse ``media_type_refused``, ``media_type_mismatch``, ``blob_too_large``."""
        if blob.media_type not in self.allowed:
            raise RejectedBundleError(
                "media_type_refused", f"不允许的材料类型{blob.words}", blob=blob.digest
            )
        with blob.open() as source, _Refusing(blob):
            require_type(source, blob.size, blob.media_type)


@dataclass(frozen=True, slots=True)
class Bombs:
    """Only what is whole, unpacks to a bounded size and hides no archive."""

    def inspect(self, blob: Blob) -> None:
        """Refuse the codes ``content_*`` and ``archive_nested``."""
        with blob.open() as source, _Refusing(blob):
            inspect_content(source, blob.size, blob.media_type)


class _Refusing:
    """Turns what an upload is refused for into what a bundle is set aside for.

    A parser that fails in a way nobody foresaw has met something hostile: the blob does not pass,
    and the next file is not held up.
    """

    def __init__(self, blob: Blob) -> None:
        self._blob = blob

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, InvalidValueError):
            raise refusal(error.code, self._blob) from None
        if isinstance(error, Exception) and not isinstance(error, TongbanError):
            log.warning("gate.parser_failed", blob=self._blob.digest, kind=type(error).__name__)
            raise refusal("failed", self._blob) from None


def refusal(found: str, blob: Blob) -> RejectedBundleError:
    """What a bundle is set aside for when ``blob`` is refused as an upload is for ``found``.

    ``failed``: the parser broke on it; ``slow``: it would not come to an end.
    """
    code, message = CODES.get(found, ("content_damaged", "材料不符合要求"))
    return RejectedBundleError(code, f"{message}{blob.words}", blob=blob.digest)
