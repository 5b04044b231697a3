"""JPEG, taken as the samples that Pillow decodes from it; libjpeg refuses other depths than 8."""

from typing import Final

from hybridcodec.sources import pillow
from hybridcodec.sources.format import Format, Opened
from hybridcodec.sources.parts import jpeg

_START: Final = b"\xff\xd8"


def _unopened(data: bytes) -> str:
    return jpeg.unusual_coding(data) if data.startswith(_START) else ""


JPEG: Final = Format(
    name="JPEG",
    suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
    read=Opened(pillow.by_mode, pillow.take, jpeg.left_out, unopened=_unopened),
    marks=((0, b"\xff\xd8\xff"),),
)
