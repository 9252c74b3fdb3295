"""The electronic certificate as a PDF: A4 across, laid out like the opened paper certificate.

The same certificate gives the same pages: nothing of the machine, the time of printing or chance
enters them; only the signature that :mod:`extranet_zone.certificates.signing` adds differs each
time. A title certificate is one spread with the statute and one with table and notes; a
registration certificate has both on one sheet. Notes that do not fit go on over further sheets.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final
from urllib.parse import quote

from extranet_zone.certificates.canvas import HEIGHT, MARGIN, MIDDLE, Box, Canvas
from extranet_zone.certificates.content import Content
from kernel.paper.fonts import Fonts
from kernel.vocabulary.certificate import CertificateKind

MAX_PDF_BYTES: Final = 1024 * 1024
_TOP: Final = MARGIN + 12
_BOTTOM: Final = HEIGHT - MARGIN - 14
_LEFT: Final = Box(MARGIN + 11, _TOP, MIDDLE - MARGIN - 22, _BOTTOM - _TOP)
_RIGHT: Final = Box(MIDDLE + 11, _TOP, MIDDLE - MARGIN - 22, _BOTTOM - _TOP)
_HEADING: Final = 17.0
"""Height of the line with the number, above table and notes."""
_MANY_FIELDS: Final = 6
_WHOLE_PAGE: Final = 100.0
"""A cover higher than this has half a sheet to itself."""
_TALL: Final = frozenset({"权利其他状况", "其他"})
"""The field that takes the height which the others leave."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues, and where anybody can check; ``sample`` prints a watermark."""

    authority: str
    portal_url: str
    sample: bool


def render(content: Content, issuer: Issuer, code: str, fonts: Fonts) -> bytes:
    """The PDF of one certificate.

    Raises :class:`kernel.errors.RefusedError` with code ``glyph_missing``.
    """
    return _Certificate(content, issuer, code, fonts).pages()


class _Certificate:
    def __init__(self, content: Content, issuer: Issuer, code: str, fonts: Fonts) -> None:
        self._content = content
        self._issuer = issuer
        self._code = code
        portal = issuer.portal_url.rstrip("/")
        self._url = f"{portal}/verify?no={quote(str(content.number))}&code={code}"
        printed = "".join(
            [issuer.authority, content.statute, *content.notes, str(content.number)]
            + [part for line in content.fields for part in (line.label, line.text)]
        )
        self._canvas = Canvas(
            fonts,
            printed,
            title=f"{content.number.kind.label} {content.number}",
            author=issuer.authority,
            created=datetime.combine(content.recorded_on, time(), UTC),
            watermark="样例" if issuer.sample else "",
        )

    def pages(self) -> bytes:
        if self._content.number.kind is CertificateKind.TITLE:
            rest = self._title()
        else:
            rest = self._registration()
        while rest:
            rest = self._continuation(rest)
        return self._canvas.output(f"核验码 {_spaced(self._code)}")

    def _title(self) -> list[str]:
        self._canvas.new_sheet()
        self._cover(_LEFT)
        self._statute(_RIGHT)
        self._canvas.new_sheet()
        self._number(_LEFT)
        over = self._table(_below_heading(_LEFT))
        self._canvas.heading("附记", _RIGHT, 15)
        return self._canvas.framed_text([*over, *self._content.notes], _below_heading(_RIGHT))

    def _registration(self) -> list[str]:
        self._canvas.new_sheet()
        self._cover(Box(_LEFT.x, _LEFT.y, _LEFT.width, 62))
        self._statute(Box(_LEFT.x, _LEFT.y + 50, _LEFT.width, _LEFT.height - 50))
        self._number(_RIGHT)
        table = _below_heading(_RIGHT)
        notes = 44.0
        over = self._table(Box(table.x, table.y, table.width, table.height - notes))
        return self._canvas.row(
            "附记",
            "\n".join([*over, *self._content.notes]),
            Box(table.x, table.bottom - notes, table.width, notes),
            size=9.5,
        )

    def _cover(self, box: Box) -> None:
        label = self._content.number.kind.label
        if box.height < _WHOLE_PAGE:
            middle, size = box.y + box.height * 0.4, 28.0
        else:
            middle, size = box.y + box.height * 0.42, 36.0
            self._canvas.rosette(box.x + box.width / 2, middle - 2, 56)
            self._canvas.centred(str(self._content.number), box, box.bottom - 22, 12.5)
        self._canvas.display(label, box, middle, size)
        self._canvas.centred("（电子证照）", box, middle + 16, 14)

    def _statute(self, box: Box) -> None:
        canvas = self._canvas
        canvas.paragraph(self._content.statute, Box(box.x, box.y + 8, box.width, 60), 14.5)
        day = self._content.recorded_on
        base = box.bottom - 52
        canvas.right_aligned("登记机构（章）", box, base, 13)
        canvas.right_aligned(self._issuer.authority, box, base + 10, 13)
        canvas.right_aligned(f"{day.year}年{day.month}月{day.day}日", box, base + 20, 13)
        canvas.qr(self._url, box.x, base + 2, 34)
        canvas.small("扫码核验真伪", box.x, base + 41, 34)
        canvas.small(f"核验码 {_spaced(self._code)}", box.x - 2, base + 46, 38)

    def _number(self, box: Box) -> None:
        self._canvas.centred(str(self._content.number), box, box.y + 6, 13.5)

    def _table(self, box: Box) -> list[str]:
        """The table; answers what its rows had no room for, to be printed with the notes."""
        fields = self._content.fields
        tall = box.height * (0.28 if len(fields) > _MANY_FIELDS else 0.4)
        others = (box.height - tall) / (len(fields) - 1)
        y, over = box.y, []
        for line in fields:
            height = tall if line.label in _TALL else others
            rest = self._canvas.row(line.label, line.text, Box(box.x, y, box.width, height))
            if rest:
                over.append(f"{line.label}（续）：{''.join(rest)}")
            y += height
        return over

    def _continuation(self, rest: list[str]) -> list[str]:
        self._canvas.new_sheet()
        for box in (_LEFT, _RIGHT):
            self._canvas.heading("附记", box, 15)
            rest = self._canvas.framed_text(rest, _below_heading(box))
        return rest


def _below_heading(box: Box) -> Box:
    return Box(box.x, box.y + _HEADING, box.width, box.height - _HEADING)


def _spaced(code: str) -> str:
    return f"{code[:5]} {code[5:]}"
