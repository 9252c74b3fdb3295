"""A driver of every kind with invented data that say so; for practice and tests.

Run as ``python -m extranet_zone.window.agent.simulated KIND``; reads one request, answers one line.
"""

import base64
import io
import json
import sys
from collections.abc import Mapping
from typing import Final

import click
from PIL import Image, ImageDraw

from extranet_zone.window.contract import DEVICE_KINDS, MAX_LINE, ReadingKind
from kernel.program.cli import run
from kernel.vocabulary.identity import check_digit

PROGRAM = "window-simulated"
_FIRST: Final = "41900119900307123"
NAME: Final = "样例申请人"
NUMBER: Final = _FIRST + check_digit(_FIRST)
"""Well formed and invented: nobody was given it."""
DEFAULT_SCORE: Final = 92.5


@click.command(help="模拟设备驱动：读一行请求，答一行样例数据（均为虚构）")
@click.argument("kind", type=click.Choice([kind.value for kind in DEVICE_KINDS]))
@click.option("--score", type=click.FloatRange(0, 100), default=DEFAULT_SCORE, help="人像比对得分")
@click.option("--nothing", is_flag=True, help="答“没有读到”")
def main(kind: str, score: float, *, nothing: bool) -> None:
    """Answer one request."""
    asked = json.loads(sys.stdin.buffer.readline(MAX_LINE))
    head = {"contract": 1, "request": asked["request"]}
    if nothing:
        said: Mapping[str, object] = {**head, "status": "nothing", "message": "模拟：未放置证件"}
    else:
        said = {**head, **_read(ReadingKind(kind), asked["request"], score)}
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")


def _read(kind: ReadingKind, request: str, score: float) -> dict[str, object]:
    facts: dict[str, object] = {}
    if kind is ReadingKind.IDENTITY:
        facts = {"name": NAME, "document_type": "1", "document_no": NUMBER, "valid_until": ""}
    elif kind is ReadingKind.FACE:
        facts = {"score": score}
    content = base64.b64encode(_picture(kind, request)).decode()
    return {
        "status": "ok",
        "device": f"模拟设备（{kind.label}）",
        "simulated": True,
        "facts": facts,
        "file": {"media_type": "image/png", "content": content},
    }


def _picture(kind: ReadingKind, request: str) -> bytes:
    """A sheet that says it is a sample; the request's number makes each one another."""
    picture = Image.new("RGB", (420, 300), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((8, 8, 411, 291), outline="gray", width=3)
    pen.text((30, 40), f"SAMPLE {kind.value}", fill="black", font_size=30)
    pen.text((30, 100), "invented data, no person", fill="black", font_size=22)
    pen.text((30, 150), request, fill="gray", font_size=14)
    pen.line((30, 240, 150, 200, 230, 250, 380, 210), fill="navy", width=5)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    run(main, PROGRAM)
